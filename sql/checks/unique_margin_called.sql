-- Grain: row of the delivery that shares its key with another. Inputs: landed_margin_called.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT
        business_date,
        account_id
    FROM landed_margin_called
    GROUP BY business_date, account_id
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.account_id AS value
FROM landed_margin_called AS landed
SEMI JOIN repeated
    ON
        landed.business_date = repeated.business_date
        AND landed.account_id = repeated.account_id;
