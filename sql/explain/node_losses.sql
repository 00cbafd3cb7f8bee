-- Grain: node of the netting tree. Inputs: out_backtest.
-- Use: explain: the loss of each node beside its margins.
SELECT
    scope,
    scope_id,
    netted_margin_amount,
    loss_amount,
    worst_loss_amount,
    is_exceedance
FROM out_backtest
WHERE
    track = 'core_model'
    AND account_id = $account_id
    AND business_date = $business_date
    AND model_id = $model_id
    AND mpor_days = $mpor_days
ORDER BY list_position(['account', 'offset_group', 'product'], scope), scope_id;
