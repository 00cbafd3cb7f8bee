-- Grain: row of collateral. Inputs: landed_collateral, accounts_in_force.
-- Use: contract collateral; zero rows = pass. An account that nobody
-- described; accounts are optional, so nothing is compared where none is known or delivered.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.account_id AS value
FROM landed_collateral AS landed
ANTI JOIN accounts_in_force AS accounts ON landed.account_id = accounts.account_id
WHERE
    landed.account_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM accounts_in_force);
