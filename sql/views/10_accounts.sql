-- Grain: account_id, version. Inputs: history.raw_accounts.
-- Use: who holds positions, slowly changing: join on account_id and, for an earlier state, on
-- valid_from and valid_to; is_current marks the rows in force.
CREATE OR REPLACE VIEW accounts AS
SELECT
    account_id,
    member_id,
    account_type,
    known_from AS valid_from,
    known_to AS valid_to,
    known_to IS NULL AS is_current
FROM history.raw_accounts;

COMMENT ON VIEW accounts IS
'One row per account_id and valid_from. Who holds positions, slowly changing: a correction '
'closes a version and opens the next.';
COMMENT ON COLUMN accounts.account_id IS
'Identifier of the account.';
COMMENT ON COLUMN accounts.member_id IS
'Clearing member that answers for the account.';
COMMENT ON COLUMN accounts.account_type IS
'Whose positions it holds: house, client_omnibus or client_individual.';
COMMENT ON COLUMN accounts.valid_from IS
'Date from which this version counts as known; 1970-01-01 for the first.';
COMMENT ON COLUMN accounts.valid_to IS
'Date from which another version took its place; null while it is in force.';
COMMENT ON COLUMN accounts.is_current IS
'Whether this version is in force: true on one row of each account.';
