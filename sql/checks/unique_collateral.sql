-- Grain: row of the delivery that shares its key with another. Inputs: landed_collateral.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT
        business_date,
        account_id,
        asset
    FROM landed_collateral
    GROUP BY business_date, account_id, asset
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat_ws(' ', landed.account_id, landed.asset) AS value
FROM landed_collateral AS landed
SEMI JOIN repeated
    ON
        landed.business_date = repeated.business_date
        AND landed.account_id = repeated.account_id
        AND landed.asset = repeated.asset;
