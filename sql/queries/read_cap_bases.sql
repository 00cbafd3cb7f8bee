-- Grain: business_date, mpor_days, scope, scope_id, account_id. Inputs: out_backtest, out_margin,
-- out_hypothetical_margin.
-- Use: loss and the margins between which the cap lies, for the offset on trial as of a date. Rows
-- without a loss stay, so that windows are cut from the same dates as those of the coverage.
WITH written AS (
    SELECT
        business_date,
        model_id,
        mpor_days,
        account_id,
        node_level AS scope,
        node_id AS scope_id,
        level_credit_amount,
        cap_base_margin_amount
    FROM out_margin
    WHERE model_id = $model_id
    UNION ALL
    SELECT
        business_date,
        model_id,
        mpor_days,
        account_id,
        'hypothetical' AS scope,
        node_id AS scope_id,
        level_credit_amount,
        cap_base_margin_amount
    FROM out_hypothetical_margin
    WHERE model_id = $model_id AND node_level = 'account'
)

SELECT
    backtest.business_date,
    backtest.mpor_days,
    backtest.scope,
    backtest.scope_id,
    backtest.account_id,
    backtest.status,
    backtest.loss_amount,
    backtest.exceedance_class,
    written.level_credit_amount,
    written.cap_base_margin_amount,
    backtest.netted_margin_amount,
    backtest.capped_margin_amount
FROM out_backtest AS backtest
INNER JOIN written
    ON
        backtest.business_date = written.business_date
        AND backtest.model_id = written.model_id
        AND backtest.mpor_days = written.mpor_days
        AND backtest.account_id = written.account_id
        AND backtest.scope = written.scope
        AND backtest.scope_id = written.scope_id
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
