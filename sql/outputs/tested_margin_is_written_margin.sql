-- Grain: offending row of out_backtest. Inputs: out_backtest, out_margin.
-- Use: after the backtest; zero rows = pass. The margin that the core track tests is the margin
-- that the margin step wrote.
SELECT
    backtest.model_id,
    backtest.mpor_days,
    backtest.account_id,
    'tested margin differs from the margin written' AS problem
FROM out_backtest AS backtest
LEFT JOIN out_margin AS margin
    ON
        backtest.business_date = margin.business_date
        AND backtest.model_id = margin.model_id
        AND backtest.mpor_days = margin.mpor_days
        AND backtest.account_id = margin.account_id
        AND backtest.scope = margin.node_level
        AND backtest.scope_id = margin.node_id
WHERE
    backtest.business_date = $business_date
    AND backtest.track = 'core_model'
    AND backtest.tested_margin_amount IS DISTINCT FROM margin.capped_margin_amount
ORDER BY backtest.model_id, backtest.mpor_days, backtest.account_id;
