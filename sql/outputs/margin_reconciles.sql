-- Grain: model_id, mpor_days, account_id, problem. Inputs: out_margin.
-- Use: after the margin step; zero rows = pass. The credits of the tree levels add up to margin
-- without offsets less netted margin, and the capped margin of an account is not below the netted
-- one, nor above the greater of it and its cap base.
WITH accounts AS (
    SELECT * FROM out_margin
    WHERE business_date = $business_date AND node_level = 'account'
),

credits AS (
    SELECT
        model_id,
        mpor_days,
        account_id,
        sum(level_credit_amount) AS credit
    FROM out_margin
    WHERE business_date = $business_date
    GROUP BY model_id, mpor_days, account_id
)

SELECT
    accounts.model_id,
    accounts.mpor_days,
    accounts.account_id,
    'level credits do not add up to standalone less netted margin' AS problem
FROM accounts
INNER JOIN credits
    ON
        accounts.model_id = credits.model_id
        AND accounts.mpor_days = credits.mpor_days
        AND accounts.account_id = credits.account_id
WHERE abs(credits.credit - accounts.offset_credit_amount) > 0.01 + 1e-9 * abs(credits.credit)
UNION ALL
SELECT
    model_id,
    mpor_days,
    account_id,
    'capped margin lies outside netted margin and cap base' AS problem
FROM accounts
WHERE
    capped_margin_amount < netted_margin_amount - 0.01
    OR capped_margin_amount
    > greatest(netted_margin_amount, cap_base_margin_amount) + 0.01
ORDER BY model_id, mpor_days, account_id, problem;
