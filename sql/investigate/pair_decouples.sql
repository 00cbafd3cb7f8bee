-- Question: Who loses most of its offset credit if a pair of products stops offsetting?
-- Parameters:
--   product text, for example SP500: one product of the pair.
--   other_product text, for example WTI: the other one.
--   business_date date = newest: date of the positions.
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
-- Grain: one row an account that holds both, largest credit at stake first. Credit above product
--   level is shared among the pairs of an account in proportion to the product of their margins.
-- Inputs: out_margin, core_accounts.
-- Example:
--   account_id | product_margin_amount | other_product_margin_amount | credit_at_stake_amount
--   A-01       |              800000.0 |                    300000.0 |               120000.0
WITH nodes AS (
    SELECT
        account_id,
        node_level,
        node_id,
        netted_margin_amount,
        level_credit_amount
    FROM out_margin
    WHERE
        business_date = $business_date
        AND model_id = $model_id
        AND mpor_days = $mpor_days
),

products AS (
    SELECT
        account_id,
        max(netted_margin_amount) FILTER (WHERE node_id = $product) AS product_margin_amount,
        max(netted_margin_amount) FILTER (
            WHERE node_id = $other_product
        ) AS other_product_margin_amount,
        (sum(netted_margin_amount) ^ 2 - sum(netted_margin_amount ^ 2)) / 2 AS pair_weights
    FROM nodes
    WHERE node_level = 'product'
    GROUP BY account_id
),

credits AS (
    SELECT
        account_id,
        sum(level_credit_amount) AS credit_above_product_amount
    FROM nodes
    WHERE node_level != 'product'
    GROUP BY account_id
)

SELECT
    products.account_id,
    account.member_id,
    products.product_margin_amount,
    products.other_product_margin_amount,
    credits.credit_above_product_amount,
    round(
        credits.credit_above_product_amount
        * products.product_margin_amount
        * products.other_product_margin_amount
        / nullif(products.pair_weights, 0),
        4
    ) AS credit_at_stake_amount
FROM products
INNER JOIN credits ON products.account_id = credits.account_id
LEFT JOIN core_accounts AS account ON products.account_id = account.account_id
WHERE
    products.product_margin_amount IS NOT NULL
    AND products.other_product_margin_amount IS NOT NULL
ORDER BY credit_at_stake_amount DESC, products.account_id ASC;
