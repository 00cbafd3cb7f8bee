-- Grain: file_sha256, file_name. Inputs: core_files, and the current rows of every input table,
-- which alone hold the file a row came from.
-- Use: the input files of the run manifest, those marked whose rows were all replaced by later
-- ones.
WITH in_force AS (
    SELECT DISTINCT file_sha256 FROM raw_instruments
    UNION
    SELECT DISTINCT file_sha256 FROM raw_accounts
    UNION
    SELECT DISTINCT file_sha256 FROM raw_prices
    UNION
    SELECT DISTINCT file_sha256 FROM raw_positions
    UNION
    SELECT DISTINCT file_sha256 FROM raw_fx_rates
    UNION
    SELECT DISTINCT file_sha256 FROM raw_margin_called
    UNION
    SELECT DISTINCT file_sha256 FROM raw_collateral
)

SELECT
    core_files.file_name AS name,
    core_files.kind,
    core_files.file_sha256 AS sha256,
    core_files.row_count AS rows,
    core_files.row_count > core_files.quarantined_count
    AND in_force.file_sha256 IS NULL AS is_superseded
FROM core_files
LEFT JOIN in_force ON core_files.file_sha256 = in_force.file_sha256
ORDER BY core_files.kind, core_files.file_name, core_files.file_sha256;
