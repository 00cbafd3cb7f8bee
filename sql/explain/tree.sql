-- Grain: node of the netting tree. Inputs: out_margin.
-- Use: explain: margin with and without offsets at each node, account first.
SELECT
    node_level,
    node_id,
    standalone_margin_amount,
    netted_margin_amount,
    level_credit_amount,
    cap_base_margin_amount,
    capped_margin_amount,
    addon_amount
FROM out_margin
WHERE
    account_id = $account_id
    AND business_date = $business_date
    AND model_id = $model_id
    AND mpor_days = $mpor_days
ORDER BY list_position(['account', 'offset_group', 'product'], node_level), node_id;
