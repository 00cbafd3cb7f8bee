-- Grain: row of the delivery that shares its key with another. Inputs: landed_accounts.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT account_id FROM landed_accounts
    WHERE account_id IS NOT NULL
    GROUP BY account_id
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    NULL::DATE AS business_date,
    landed.account_id AS value
FROM landed_accounts AS landed
SEMI JOIN repeated
    ON landed.account_id = repeated.account_id;
