-- Grain: mpor_days. Inputs: out_backtest.
-- Use: the loss of the positions of one date after one day, two days and so on, as far as
-- backtested.
SELECT
    mpor_days,
    horizon_end_date,
    loss_amount,
    worst_loss_amount,
    capped_margin_amount
FROM out_backtest
WHERE
    scope = 'account'
    AND account_id = $account_id
    AND business_date = $business_date
    AND model_id = $model_id
    AND track = 'core_model'
ORDER BY mpor_days;
