-- Grain: node_level, node_id. Inputs: out_margin, out_backtest.
-- Use: the netting tree of an account on one date: margin, credit and cap at each node, and the
-- loss of the node over the horizon where it is tested by itself.
SELECT
    margin.node_level,
    margin.node_id,
    margin.standalone_margin_amount,
    margin.netted_margin_amount,
    margin.level_credit_amount,
    margin.cap_base_margin_amount,
    margin.capped_margin_amount,
    backtest.loss_amount
FROM out_margin AS margin
LEFT JOIN out_backtest AS backtest
    ON
        margin.business_date = backtest.business_date
        AND margin.model_id = backtest.model_id
        AND margin.account_id = backtest.account_id
        AND margin.mpor_days = backtest.mpor_days
        AND margin.node_level = backtest.scope
        AND backtest.track = 'core_model'
        AND (margin.node_id = backtest.scope_id OR backtest.scope = 'account')
WHERE
    margin.account_id = $account_id
    AND margin.business_date = $business_date
    AND margin.model_id = $model_id
    AND margin.mpor_days = $mpor_days
ORDER BY
    list_position(['account', 'offset_group', 'product', 'instrument'], margin.node_level),
    margin.node_id;
