-- Grain: one exceedance of an account. Inputs: out_backtest, core_accounts,
-- out_exceptions.
-- Use: the exceedance log of the report and its annex, with what the register holds of each;
-- shortfall against the tested margin.
SELECT
    backtest.business_date,
    backtest.account_id,
    coalesce(account.member_id, '') AS member_id,
    backtest.model_id,
    backtest.track,
    backtest.mpor_days,
    backtest.margin_basis,
    backtest.loss_amount,
    backtest.worst_loss_amount,
    backtest.netted_margin_amount,
    backtest.capped_margin_amount,
    backtest.standalone_margin_amount,
    backtest.tested_margin_amount,
    backtest.shortfall_amount,
    backtest.exceedance_class,
    backtest.horizon_end_date,
    coalesce(register.exception_id, '') AS exception_id,
    coalesce(register.cause, '') AS cause,
    coalesce(register.status, '') AS status,
    coalesce(register.note, '') AS note,
    coalesce(register.reviewer, '') AS reviewer
FROM out_backtest AS backtest
LEFT JOIN core_accounts AS account ON backtest.account_id = account.account_id
LEFT JOIN out_exceptions AS register
    ON
        backtest.business_date = register.business_date
        AND backtest.model_id = register.model_id
        AND backtest.track = register.track
        AND backtest.account_id = register.account_id
        AND backtest.mpor_days = register.mpor_days
WHERE
    backtest.scope = 'account'
    AND backtest.is_exceedance
    AND backtest.horizon_end_date <= $as_of_date
    AND backtest.model_id IN (SELECT unnest($model_ids))
ORDER BY
    backtest.shortfall_amount DESC,
    backtest.business_date ASC,
    backtest.account_id ASC,
    backtest.model_id ASC,
    backtest.track ASC,
    backtest.mpor_days ASC;
