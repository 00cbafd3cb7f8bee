-- Grain: that of each table. Inputs: history.*, raw_*, report_accounts, report_scope.
-- Use: in the session of one report, the tables of the report's queries hold nothing but the
-- accounts of report_accounts. Results of the scope in report_scope take the place of the firm's;
-- results that pool accounts of others are empty. A view of the same name cannot read the one it
-- hides, hence the tables under it.

-- noqa: disable=AM04
CREATE OR REPLACE TEMP VIEW core_accounts AS
SELECT *
FROM raw_accounts
WHERE account_id IN (SELECT account_id FROM report_accounts);

CREATE OR REPLACE TEMP VIEW core_positions AS
SELECT *
FROM raw_positions
WHERE account_id IN (SELECT account_id FROM report_accounts);

CREATE OR REPLACE TEMP VIEW core_margin_called AS
SELECT *
FROM raw_margin_called
WHERE account_id IN (SELECT account_id FROM report_accounts);

CREATE OR REPLACE TEMP VIEW core_collateral AS
SELECT *
FROM raw_collateral
WHERE account_id IN (SELECT account_id FROM report_accounts);

CREATE OR REPLACE TEMP VIEW out_margin AS
SELECT *
FROM history.out_margin
WHERE known_to IS NULL AND account_id IN (SELECT account_id FROM report_accounts);

CREATE OR REPLACE TEMP VIEW out_backtest AS
SELECT *
FROM history.out_backtest
WHERE known_to IS NULL AND account_id IN (SELECT account_id FROM report_accounts);

CREATE OR REPLACE TEMP VIEW out_calls AS
SELECT *
FROM history.out_calls
WHERE known_to IS NULL AND account_id IN (SELECT account_id FROM report_accounts);

CREATE OR REPLACE TEMP VIEW out_exceptions AS
SELECT *
FROM history.out_exceptions
WHERE known_to IS NULL AND account_id IN (SELECT account_id FROM report_accounts);

CREATE OR REPLACE TEMP VIEW out_exclusions AS
SELECT *
FROM history.out_exclusions
WHERE known_to IS NULL AND account_id IN (SELECT account_id FROM report_accounts);

CREATE OR REPLACE TEMP VIEW out_collateral_ratio AS
SELECT *
FROM history.out_collateral_ratio
WHERE known_to IS NULL AND account_id IN (SELECT account_id FROM report_accounts);

CREATE OR REPLACE TEMP VIEW out_coverage AS
SELECT * REPLACE ('firm' AS scope, 'firm' AS scope_id)
FROM history.out_coverage
WHERE known_to IS NULL AND (scope, scope_id) IN (SELECT (scope, scope_id) FROM report_scope)
UNION ALL
SELECT *
FROM history.out_coverage
WHERE
    known_to IS NULL
    AND scope = 'account'
    AND scope_id IN (SELECT account_id FROM report_accounts)
    AND 'member' IN (SELECT scope FROM report_scope);

CREATE OR REPLACE TEMP VIEW out_coverage_tests AS
SELECT * REPLACE ('firm' AS scope, 'firm' AS scope_id, NULL AS account_id)
FROM history.out_coverage_tests
WHERE known_to IS NULL AND (scope, scope_id) IN (SELECT (scope, scope_id) FROM report_scope)
UNION ALL
SELECT *
FROM history.out_coverage_tests
WHERE
    known_to IS NULL
    AND scope = 'account'
    AND scope_id IN (SELECT account_id FROM report_accounts)
    AND 'member' IN (SELECT scope FROM report_scope);

CREATE OR REPLACE TEMP VIEW out_cap_sweep AS
SELECT * REPLACE ('firm' AS scope, 'firm' AS scope_id)
FROM history.out_cap_sweep
WHERE known_to IS NULL AND (scope, scope_id) IN (SELECT (scope, scope_id) FROM report_scope)
UNION ALL
SELECT *
FROM history.out_cap_sweep
WHERE
    known_to IS NULL
    AND scope = 'account'
    AND scope_id IN (SELECT account_id FROM report_accounts)
    AND 'member' IN (SELECT scope FROM report_scope);

CREATE OR REPLACE TEMP VIEW out_cap_limit AS
SELECT * REPLACE ('firm' AS scope, 'firm' AS scope_id)
FROM history.out_cap_limit
WHERE known_to IS NULL AND (scope, scope_id) IN (SELECT (scope, scope_id) FROM report_scope)
UNION ALL
SELECT *
FROM history.out_cap_limit
WHERE
    known_to IS NULL
    AND scope = 'account'
    AND scope_id IN (SELECT account_id FROM report_accounts)
    AND 'member' IN (SELECT scope FROM report_scope);

CREATE OR REPLACE TEMP VIEW out_coverage_bootstrap AS
SELECT * REPLACE ('firm' AS scope, 'firm' AS scope_id)
FROM history.out_coverage_bootstrap
WHERE known_to IS NULL AND (scope, scope_id) IN (SELECT (scope, scope_id) FROM report_scope)
UNION ALL
SELECT *
FROM history.out_coverage_bootstrap
WHERE
    known_to IS NULL
    AND scope = 'account'
    AND scope_id IN (SELECT account_id FROM report_accounts)
    AND 'member' IN (SELECT scope FROM report_scope);

CREATE OR REPLACE TEMP VIEW out_procyclicality AS
SELECT * REPLACE ('firm' AS scope, 'firm' AS scope_id)
FROM history.out_procyclicality
WHERE known_to IS NULL AND (scope, scope_id) IN (SELECT (scope, scope_id) FROM report_scope)
UNION ALL
SELECT *
FROM history.out_procyclicality
WHERE
    known_to IS NULL
    AND scope = 'account'
    AND scope_id IN (SELECT account_id FROM report_accounts)
    AND 'member' IN (SELECT scope FROM report_scope);

CREATE OR REPLACE TEMP VIEW out_power AS
SELECT *
FROM history.out_power
WHERE FALSE;

CREATE OR REPLACE TEMP VIEW out_false_alarms AS
SELECT *
FROM history.out_false_alarms
WHERE FALSE;

CREATE OR REPLACE TEMP VIEW out_offset_pairs AS
SELECT *
FROM history.out_offset_pairs
WHERE FALSE;

CREATE OR REPLACE TEMP VIEW out_multiple_tests AS
SELECT *
FROM history.out_multiple_tests
WHERE FALSE;

-- Remarks quote rows, and rows belong to accounts; counts are of all data and give nobody away.
CREATE OR REPLACE TEMP VIEW out_contract_results AS
SELECT * REPLACE ('' AS message)
FROM history.out_contract_results
WHERE known_to IS NULL;

-- A file's name may name a member: its checksum stays.
CREATE OR REPLACE TEMP VIEW core_files AS
SELECT * REPLACE (kind || ' ' || left(file_sha256, 8) AS file_name)
FROM raw_files;
