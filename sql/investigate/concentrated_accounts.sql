-- Question: Who is concentrated: which accounts hold most of the margin, and how much of theirs
--   stands in one product?
-- Parameters:
--   business_date date = newest: date of the positions.
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
-- Grain: one row an account, largest margin first.
-- Inputs: out_margin, core_accounts.
-- Example:
--   account_id | member_id | capped_margin_amount | share_pct | largest_product | product_share_pct
--   A-01       | M-1       |            1200000.0 |      41.2 | WTI             |              78.5
WITH products AS (
    SELECT
        account_id,
        arg_max(node_id, netted_margin_amount) AS largest_product,
        round(
            100 * max(netted_margin_amount) / nullif(sum(netted_margin_amount), 0), 2
        ) AS product_share_pct,
        round(
            sum(netted_margin_amount ^ 2) / nullif(sum(netted_margin_amount) ^ 2, 0), 4
        ) AS product_concentration
    FROM out_margin
    WHERE
        business_date = $business_date
        AND model_id = $model_id
        AND mpor_days = $mpor_days
        AND node_level = 'product'
    GROUP BY account_id
)

SELECT
    margin.account_id,
    account.member_id,
    margin.capped_margin_amount,
    round(
        100 * margin.capped_margin_amount / nullif(sum(margin.capped_margin_amount) OVER (), 0), 2
    ) AS share_pct,
    products.largest_product,
    products.product_share_pct,
    products.product_concentration
FROM out_margin AS margin
INNER JOIN products ON margin.account_id = products.account_id
LEFT JOIN core_accounts AS account ON margin.account_id = account.account_id
WHERE
    margin.business_date = $business_date
    AND margin.model_id = $model_id
    AND margin.mpor_days = $mpor_days
    AND margin.node_level = 'account'
ORDER BY margin.capped_margin_amount DESC, margin.account_id ASC;
