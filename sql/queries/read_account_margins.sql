-- Grain: business_date, mpor_days, account_id. Inputs: out_margin.
-- Use: the margins of whole accounts in a range of dates, for collateral ratios and margin calls.
SELECT
    business_date,
    mpor_days,
    account_id,
    standalone_margin_amount,
    addon_amount,
    initial_margin_amount,
    maintenance_margin_amount,
    parameter_hash,
    input_hash,
    known_from
FROM out_margin
WHERE
    model_id = $model_id
    AND node_level = 'account'
    AND business_date BETWEEN $first_date AND $last_date
ORDER BY business_date, mpor_days, account_id;
