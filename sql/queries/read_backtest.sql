-- Grain: one row of out_backtest. Inputs: out_backtest.
-- Use: what coverage up to an as-of date is counted from.
FROM out_backtest
WHERE business_date <= $as_of_date AND model_id = $model_id;
