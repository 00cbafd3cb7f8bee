-- Grain: offending row of out_backtest. Inputs: out_backtest, out_margin, out_hypothetical_margin.
-- Use: after the backtest; zero rows = pass. The margin that the core track tests is the margin
-- that the margin step wrote, and of hypothetical portfolios the one written with their losses.
-- Margins of instruments stand in out_backtest alone.
WITH written AS (
    SELECT
        business_date,
        model_id,
        mpor_days,
        account_id,
        node_level AS scope,
        node_id AS scope_id,
        capped_margin_amount
    FROM out_margin
    WHERE business_date = $business_date
    UNION ALL
    SELECT
        business_date,
        model_id,
        mpor_days,
        account_id,
        'hypothetical' AS scope,
        node_id AS scope_id,
        capped_margin_amount
    FROM out_hypothetical_margin
    WHERE business_date = $business_date AND node_level = 'account'
)

SELECT
    backtest.model_id,
    backtest.mpor_days,
    backtest.account_id,
    'tested margin differs from the margin written' AS problem
FROM out_backtest AS backtest
LEFT JOIN written
    ON
        backtest.business_date = written.business_date
        AND backtest.model_id = written.model_id
        AND backtest.mpor_days = written.mpor_days
        AND backtest.account_id = written.account_id
        AND backtest.scope = written.scope
        AND backtest.scope_id = written.scope_id
WHERE
    backtest.business_date = $business_date
    AND backtest.track = 'core_model'
    AND backtest.scope <> 'instrument'
    AND backtest.tested_margin_amount IS DISTINCT FROM written.capped_margin_amount
ORDER BY backtest.model_id, backtest.mpor_days, backtest.account_id;
