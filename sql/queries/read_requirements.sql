-- Grain: business_date, mpor_days, account_id. Inputs: out_margin.
-- Use: the capped margin of each account over time, for procyclicality.
SELECT
    business_date,
    mpor_days,
    account_id,
    capped_margin_amount AS margin_amount
FROM out_margin
WHERE
    node_level = 'account'
    AND model_id = $model_id
    AND business_date <= $as_of_date
ORDER BY business_date, mpor_days, account_id;
