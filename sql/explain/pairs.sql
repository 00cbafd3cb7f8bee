-- Grain: pair of products that the account holds. Inputs: offset_pairs, out_margin.
-- Use: explain: what the offsets behind the margin were granted and what losses justified.
WITH held AS (
    SELECT node_id
    FROM out_margin
    WHERE
        account_id = $account_id
        AND business_date = $business_date
        AND model_id = $model_id
        AND mpor_days = $mpor_days
        AND node_level = 'product'
)

SELECT
    product,
    other_product,
    account_days,
    exceedances,
    coverage_pct,
    granted_credit_pct,
    justified_credit_pct,
    variance_reduction_pct,
    offset_days,
    break_share_pct
FROM offset_pairs
WHERE
    model_id = $model_id
    AND mpor_days = $mpor_days
    AND window_name = 'all'
    AND product IN (SELECT held.node_id FROM held)
    AND other_product IN (SELECT held.node_id FROM held)
ORDER BY product, other_product;
