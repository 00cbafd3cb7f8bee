-- Grain: row of positions. Inputs: landed_positions, accounts_in_force.
-- Use: contract positions; zero rows = pass. An account that nobody
-- described; accounts are optional, so nothing is compared where none is known or delivered.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.account_id AS value
FROM landed_positions AS landed
ANTI JOIN accounts_in_force AS accounts ON landed.account_id = accounts.account_id
WHERE
    landed.account_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM accounts_in_force);
