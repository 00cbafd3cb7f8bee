-- Grain: business_date, model_id, mpor_days, account_id, node_level, node_id. Inputs: out_margin.
-- Use: the margins of one model in a range of dates, for the backtest.
SELECT
    business_date,
    mpor_days,
    account_id,
    node_level,
    node_id,
    confidence_pct,
    standalone_margin_amount,
    netted_margin_amount,
    capped_margin_amount,
    initial_margin_amount
FROM out_margin
WHERE model_id = $model_id AND business_date BETWEEN $first_date AND $last_date
ORDER BY business_date, mpor_days, account_id, node_level, node_id;
