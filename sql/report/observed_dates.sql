-- Grain: model_id, track, mpor_days, business_date. Inputs: out_backtest.
-- Use: the dates that windows are cut from: those whose horizon has ended by the as-of date.
SELECT DISTINCT
    model_id,
    track,
    mpor_days,
    business_date
FROM out_backtest
WHERE
    horizon_end_date <= $as_of_date
    AND scope = 'account'
    AND model_id IN (SELECT unnest($model_ids))
ORDER BY model_id, track, mpor_days, business_date;
