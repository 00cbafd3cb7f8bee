-- Grain: schema of the warehouse. Every version of inputs and results stands in schema history; the
-- views of the same name in schema main show the rows in force (known_to is null). Files, rows in
-- quarantine, exceptions and runs are tables of schema main.
-- Inputs: none. Use: applied once, in number order, by pipeline.warehouse; never edited later.
-- No primary keys on fact tables: partitions are replaced whole, uniqueness is a contract.

CREATE SCHEMA history;

CREATE TABLE raw_files (
    file_sha256 VARCHAR NOT NULL,
    file_name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    row_count BIGINT NOT NULL,
    quarantined_count BIGINT NOT NULL,
    known_from DATE
);

CREATE TABLE raw_quarantine (
    file_sha256 VARCHAR NOT NULL,
    file_name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    business_date DATE,
    column_name VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    row_content VARCHAR NOT NULL
);

CREATE TABLE history.raw_instruments (
    instrument_id VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    underlying VARCHAR,
    risk_factor VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    settlement VARCHAR NOT NULL,
    multiplier DOUBLE NOT NULL,
    expiry_date DATE,
    strike DOUBLE,
    option_type VARCHAR,
    premium_style VARCHAR,
    shock_type VARCHAR,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.raw_accounts (
    account_id VARCHAR NOT NULL,
    member_id VARCHAR NOT NULL,
    account_type VARCHAR NOT NULL,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.raw_prices (
    business_date DATE NOT NULL,
    instrument_id VARCHAR NOT NULL,
    settlement_price DOUBLE NOT NULL,
    implied_vol DOUBLE,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.raw_positions (
    business_date DATE NOT NULL,
    account_id VARCHAR NOT NULL,
    instrument_id VARCHAR NOT NULL,
    quantity DOUBLE NOT NULL,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.raw_fx_rates (
    business_date DATE NOT NULL,
    currency VARCHAR NOT NULL,
    rate DOUBLE NOT NULL,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.raw_margin_called (
    business_date DATE NOT NULL,
    account_id VARCHAR NOT NULL,
    called_amount DOUBLE NOT NULL,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.raw_collateral (
    business_date DATE NOT NULL,
    account_id VARCHAR NOT NULL,
    asset VARCHAR NOT NULL,
    amount DOUBLE NOT NULL,
    haircut_pct DOUBLE NOT NULL,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_margin (
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    confidence_pct DOUBLE NOT NULL,
    account_id VARCHAR NOT NULL,
    node_level VARCHAR NOT NULL,
    node_id VARCHAR NOT NULL,
    standalone_margin_amount DOUBLE NOT NULL,
    netted_margin_amount DOUBLE NOT NULL,
    offset_credit_amount DOUBLE NOT NULL,
    level_credit_amount DOUBLE NOT NULL,
    cap_base_margin_amount DOUBLE NOT NULL,
    capped_margin_amount DOUBLE NOT NULL,
    addon_amount DOUBLE NOT NULL,
    initial_margin_amount DOUBLE NOT NULL,
    maintenance_margin_amount DOUBLE NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_exclusions (
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    account_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_backtest (
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    scope_id VARCHAR NOT NULL,
    account_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    confidence_pct DOUBLE,
    margin_basis VARCHAR NOT NULL,
    loss_basis VARCHAR NOT NULL,
    horizon_end_date DATE,
    status VARCHAR NOT NULL,
    loss_amount DOUBLE,
    worst_loss_amount DOUBLE,
    standalone_margin_amount DOUBLE,
    netted_margin_amount DOUBLE,
    capped_margin_amount DOUBLE,
    tested_margin_amount DOUBLE,
    is_exceedance BOOLEAN,
    shortfall_amount DOUBLE,
    exceedance_class VARCHAR,
    parameter_hash VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_coverage (
    as_of_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    scope_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    window_name VARCHAR NOT NULL,
    window_days INTEGER NOT NULL,
    confidence_pct DOUBLE NOT NULL,
    margin_basis VARCHAR NOT NULL,
    loss_basis VARCHAR NOT NULL,
    observations BIGINT NOT NULL,
    exceedances BIGINT NOT NULL,
    expected_exceedances DOUBLE NOT NULL,
    coverage_pct DOUBLE,
    coverage_low_pct DOUBLE,
    coverage_high_pct DOUBLE,
    zone VARCHAR,
    largest_shortfall_amount DOUBLE NOT NULL,
    total_shortfall_amount DOUBLE NOT NULL,
    pending_count BIGINT NOT NULL,
    missing_price_count BIGINT NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_coverage_tests (
    as_of_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    scope_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    window_name VARCHAR NOT NULL,
    window_days INTEGER NOT NULL,
    confidence_pct DOUBLE NOT NULL,
    margin_basis VARCHAR NOT NULL,
    loss_basis VARCHAR NOT NULL,
    test VARCHAR NOT NULL,
    observations BIGINT NOT NULL,
    exceedances BIGINT NOT NULL,
    statistic DOUBLE,
    p_value DOUBLE,
    decision VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_contract_results (
    business_date DATE,
    contract VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    column_name VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    checked_count BIGINT NOT NULL,
    failed_count BIGINT NOT NULL,
    message VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE out_exceptions (
    exception_id VARCHAR NOT NULL,
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    scope_id VARCHAR NOT NULL,
    account_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    cause VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    reviewer VARCHAR NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE out_runs (
    run_id VARCHAR NOT NULL,
    command VARCHAR NOT NULL,
    business_date DATE,
    input_checksums VARCHAR NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    code_version VARCHAR NOT NULL,
    row_counts VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    known_from DATE,
    known_to DATE
);

CREATE VIEW raw_instruments AS
FROM history.raw_instruments
WHERE known_to IS NULL;

CREATE VIEW raw_accounts AS
FROM history.raw_accounts
WHERE known_to IS NULL;

CREATE VIEW raw_prices AS
FROM history.raw_prices
WHERE known_to IS NULL;

CREATE VIEW raw_positions AS
FROM history.raw_positions
WHERE known_to IS NULL;

CREATE VIEW raw_fx_rates AS
FROM history.raw_fx_rates
WHERE known_to IS NULL;

CREATE VIEW raw_margin_called AS
FROM history.raw_margin_called
WHERE known_to IS NULL;

CREATE VIEW raw_collateral AS
FROM history.raw_collateral
WHERE known_to IS NULL;

CREATE VIEW out_margin AS
FROM history.out_margin
WHERE known_to IS NULL;

CREATE VIEW out_exclusions AS
FROM history.out_exclusions
WHERE known_to IS NULL;

CREATE VIEW out_backtest AS
FROM history.out_backtest
WHERE known_to IS NULL;

CREATE VIEW out_coverage AS
FROM history.out_coverage
WHERE known_to IS NULL;

CREATE VIEW out_coverage_tests AS
FROM history.out_coverage_tests
WHERE known_to IS NULL;

CREATE VIEW out_contract_results AS
FROM history.out_contract_results
WHERE known_to IS NULL;

CREATE VIEW core_instruments AS
SELECT
    instrument_id,
    product,
    kind,
    underlying,
    risk_factor,
    currency,
    settlement,
    multiplier,
    expiry_date,
    strike,
    option_type,
    premium_style,
    shock_type,
    known_from
FROM raw_instruments;

CREATE VIEW core_accounts AS
SELECT
    account_id,
    member_id,
    account_type,
    known_from
FROM raw_accounts;

CREATE VIEW core_prices AS
SELECT
    business_date,
    instrument_id,
    settlement_price,
    implied_vol,
    known_from
FROM raw_prices;

CREATE VIEW core_positions AS
SELECT
    business_date,
    account_id,
    instrument_id,
    quantity,
    known_from
FROM raw_positions;

CREATE VIEW core_fx_rates AS
SELECT
    business_date,
    currency,
    rate,
    known_from
FROM raw_fx_rates;

CREATE VIEW core_margin_called AS
SELECT
    business_date,
    account_id,
    called_amount,
    known_from
FROM raw_margin_called;

CREATE VIEW core_collateral AS
SELECT
    business_date,
    account_id,
    asset,
    amount,
    haircut_pct,
    known_from
FROM raw_collateral;

CREATE VIEW core_calendar AS
SELECT
    business_date,
    row_number() OVER (ORDER BY business_date) AS date_number
FROM (SELECT DISTINCT business_date FROM raw_prices) AS price_dates;

CREATE VIEW core_files AS
SELECT
    file_sha256,
    file_name,
    kind,
    row_count,
    quarantined_count,
    known_from
FROM raw_files;

CREATE VIEW core_quarantine AS
SELECT
    file_sha256,
    file_name,
    kind,
    row_number,
    business_date,
    column_name,
    reason
FROM raw_quarantine;
