-- Grain: one row of out_margin_levels. Inputs: out_margin_levels.
-- Use: the tail behind the margins of one model, for the tests of expected shortfall and of
-- coverage at several levels.
SELECT
    business_date,
    model_id,
    mpor_days,
    account_id,
    confidence_pct,
    quantile_amount,
    expected_shortfall_amount
FROM out_margin_levels
WHERE business_date <= $as_of_date AND model_id = $model_id
ORDER BY business_date, mpor_days, account_id, confidence_pct;
