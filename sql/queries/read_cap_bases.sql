-- Grain: business_date, mpor_days, scope, scope_id, account_id. Inputs: out_backtest, out_margin.
-- Use: loss and the margins between which the cap lies, for the offset on trial as of a date. Rows
-- without a loss stay, so that windows are cut from the same dates as those of the coverage.
SELECT
    backtest.business_date,
    backtest.mpor_days,
    backtest.scope,
    backtest.scope_id,
    backtest.account_id,
    backtest.status,
    backtest.loss_amount,
    backtest.exceedance_class,
    margin.level_credit_amount,
    margin.cap_base_margin_amount,
    backtest.netted_margin_amount,
    backtest.capped_margin_amount
FROM out_backtest AS backtest
INNER JOIN out_margin AS margin
    ON
        backtest.business_date = margin.business_date
        AND backtest.model_id = margin.model_id
        AND backtest.mpor_days = margin.mpor_days
        AND backtest.account_id = margin.account_id
        AND backtest.scope = margin.node_level
        AND backtest.scope_id = margin.node_id
WHERE
    backtest.model_id = $model_id
    AND backtest.track = 'core_model'
    AND backtest.horizon_end_date <= $as_of_date
ORDER BY
    backtest.business_date,
    backtest.mpor_days,
    backtest.scope,
    backtest.scope_id,
    backtest.account_id;
