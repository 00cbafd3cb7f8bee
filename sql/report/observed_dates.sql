-- Grain: model_id, mpor_days, business_date. Inputs: out_backtest.
-- Use: the dates of a window: those whose horizon has ended.
SELECT DISTINCT
    model_id,
    mpor_days,
    business_date
FROM out_backtest
WHERE
    track = 'core_model'
    AND status != 'pending'
    AND business_date <= $as_of_date
    AND model_id IN (SELECT unnest($model_ids))
ORDER BY model_id, mpor_days, business_date;
