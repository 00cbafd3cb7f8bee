-- Grain: business_date, account_id, asset. Inputs: core_collateral.
-- Use: the collateral held in a range of dates.
SELECT
    business_date,
    account_id,
    asset,
    amount,
    haircut_pct,
    known_from
FROM core_collateral
WHERE business_date BETWEEN $first_date AND $last_date
ORDER BY business_date, account_id, asset;
