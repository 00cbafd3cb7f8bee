-- Grain: model_id, mpor_days, account_id. Inputs: core_positions, out_margin, out_exclusions.
-- Use: after the margin step; zero rows = pass. Under each model and horizon computed on the date,
-- an account with positions has a margin, or stands among the exclusions with a reason; it never
-- just goes missing.
WITH held AS (
    SELECT DISTINCT account_id FROM core_positions
    WHERE business_date = $business_date AND quantity != 0
),

series AS (
    SELECT model_id, mpor_days FROM out_margin WHERE business_date = $business_date
    UNION
    SELECT model_id, mpor_days FROM out_exclusions WHERE business_date = $business_date
),

answered AS (
    SELECT model_id, mpor_days, account_id FROM out_margin
    WHERE business_date = $business_date AND node_level = 'account'
    UNION ALL
    SELECT model_id, mpor_days, account_id FROM out_exclusions
    WHERE business_date = $business_date
)

SELECT
    series.model_id,
    series.mpor_days,
    held.account_id,
    'account with positions has neither a margin nor an exclusion' AS problem
FROM held
CROSS JOIN series
ANTI JOIN answered
    ON
        series.model_id = answered.model_id
        AND series.mpor_days = answered.mpor_days
        AND held.account_id = answered.account_id
ORDER BY series.model_id, series.mpor_days, held.account_id;
