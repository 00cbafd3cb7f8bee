-- Grain: one row. Inputs: out_margin.
-- Use: explain: the dates on which an account has a margin of any model.
SELECT
    min(business_date) AS first_date,
    max(business_date) AS last_date
FROM out_margin
WHERE account_id = $account_id;
