-- Grain: business_date. Inputs: out_backtest, out_hypothetical_exclusions.
-- Use: which dates of a model hold results of hypothetical portfolios, and the hash of the inputs
-- they were computed from.
WITH held AS (
    SELECT
        business_date,
        input_hash
    FROM out_backtest
    WHERE scope = 'hypothetical' AND model_id = $model_id
    UNION ALL
    SELECT
        business_date,
        input_hash
    FROM out_hypothetical_exclusions
    WHERE model_id = $model_id
)

SELECT
    business_date,
    max(input_hash) AS input_hash
FROM held
GROUP BY business_date
ORDER BY business_date;
