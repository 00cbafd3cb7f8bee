-- Grain: row of out_margin. Inputs: landed_margin.
-- Use: contract margin; zero rows = pass. The offset credit is margin without offsets less netted
-- margin, and initial margin is not below maintenance margin, to a cent and a billionth.
SELECT
    file_number,
    row_number,
    business_date,
    concat_ws(' ', model_id, account_id, node_level, node_id) AS value
FROM landed_margin
WHERE
    abs(standalone_margin_amount - netted_margin_amount - offset_credit_amount)
    > 0.01 + 1e-9 * abs(standalone_margin_amount)
    OR initial_margin_amount
    < maintenance_margin_amount - 0.01 - 1e-9 * abs(maintenance_margin_amount);
