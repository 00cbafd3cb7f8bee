-- Grain: one exception. Inputs: out_exceptions, out_backtest.
-- Use: one exceedance with its margins and what the register holds of it, for its own report.
SELECT
    register.exception_id,
    register.business_date,
    register.account_id,
    register.model_id,
    register.track,
    register.mpor_days,
    register.exceedance_class,
    register.cause,
    register.status,
    register.note,
    register.reviewer,
    register.failed_level,
    register.failed_credit_amount,
    backtest.horizon_end_date,
    backtest.loss_amount,
    backtest.worst_loss_amount,
    backtest.standalone_margin_amount,
    backtest.netted_margin_amount,
    backtest.capped_margin_amount,
    backtest.tested_margin_amount,
    backtest.shortfall_amount,
    backtest.margin_basis,
    backtest.is_exceedance
FROM out_exceptions AS register
INNER JOIN out_backtest AS backtest
    ON
        register.business_date = backtest.business_date
        AND register.model_id = backtest.model_id
        AND register.track = backtest.track
        AND register.account_id = backtest.account_id
        AND register.mpor_days = backtest.mpor_days
        AND backtest.scope = 'account'
WHERE register.exception_id IN (SELECT unnest($exception_ids));
