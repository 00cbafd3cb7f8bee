-- Grain: result, business_date, model_id. Inputs: out_margin, out_exclusions, out_backtest.
-- Use: which results of real accounts are in force, and the hash of the inputs they were computed
-- from.
SELECT
    'margin' AS result,
    business_date,
    model_id,
    max(input_hash) AS input_hash
FROM out_margin
GROUP BY business_date, model_id
UNION ALL
SELECT
    'exclusions' AS result,
    business_date,
    model_id,
    max(input_hash) AS input_hash
FROM out_exclusions
GROUP BY business_date, model_id
UNION ALL
SELECT
    'backtest' AS result,
    business_date,
    model_id,
    max(input_hash) AS input_hash
FROM out_backtest
WHERE scope <> 'hypothetical'
GROUP BY business_date, model_id;
