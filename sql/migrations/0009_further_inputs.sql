-- Grain: as stated by the comment of each table. Further kinds of input: rates, dividends, funding,
-- adjustments, published_margins and trader_positions; every version stands in schema history. And
-- the declared source that a file was read with.
-- Inputs: raw_files of 0001_schema.sql. Use: applied once, in number order, by pipeline.warehouse.

ALTER TABLE raw_files ADD COLUMN source VARCHAR DEFAULT '';

CREATE OR REPLACE VIEW core_files AS
SELECT
    file_sha256,
    file_name,
    kind,
    source,
    row_count,
    quarantined_count,
    known_from
FROM raw_files;

CREATE TABLE history.raw_rates (
    business_date DATE NOT NULL,
    currency VARCHAR NOT NULL,
    tenor_days DOUBLE NOT NULL,
    rate_pct DOUBLE NOT NULL,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW raw_rates AS
FROM history.raw_rates
WHERE known_to IS NULL;

CREATE VIEW core_rates AS
SELECT
    business_date,
    currency,
    tenor_days,
    rate_pct,
    known_from
FROM raw_rates;

CREATE TABLE history.raw_dividends (
    business_date DATE NOT NULL,
    instrument_id VARCHAR NOT NULL,
    dividend_price DOUBLE NOT NULL,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW raw_dividends AS
FROM history.raw_dividends
WHERE known_to IS NULL;

CREATE VIEW core_dividends AS
SELECT
    business_date,
    instrument_id,
    dividend_price,
    known_from
FROM raw_dividends;

CREATE TABLE history.raw_funding (
    business_date DATE NOT NULL,
    instrument_id VARCHAR NOT NULL,
    funding_pct DOUBLE NOT NULL,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW raw_funding AS
FROM history.raw_funding
WHERE known_to IS NULL;

CREATE VIEW core_funding AS
SELECT
    business_date,
    instrument_id,
    funding_pct,
    known_from
FROM raw_funding;

CREATE TABLE history.raw_adjustments (
    business_date DATE NOT NULL,
    instrument_id VARCHAR NOT NULL,
    event VARCHAR NOT NULL,
    quantity_factor DOUBLE NOT NULL,
    price_factor DOUBLE NOT NULL,
    final_price DOUBLE,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW raw_adjustments AS
FROM history.raw_adjustments
WHERE known_to IS NULL;

CREATE VIEW core_adjustments AS
SELECT
    business_date,
    instrument_id,
    event,
    quantity_factor,
    price_factor,
    final_price,
    known_from
FROM raw_adjustments;

CREATE TABLE history.raw_published_margins (
    business_date DATE NOT NULL,
    exchange VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    currency VARCHAR,
    initial_amount DOUBLE NOT NULL,
    maintenance_amount DOUBLE,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW raw_published_margins AS
FROM history.raw_published_margins
WHERE known_to IS NULL;

CREATE VIEW core_published_margins AS
SELECT
    business_date,
    exchange,
    product,
    currency,
    initial_amount,
    maintenance_amount,
    known_from
FROM raw_published_margins;

CREATE TABLE history.raw_trader_positions (
    business_date DATE NOT NULL,
    report VARCHAR NOT NULL,
    contract_code VARCHAR NOT NULL,
    contract VARCHAR NOT NULL,
    trader_category VARCHAR NOT NULL,
    long_quantity DOUBLE NOT NULL,
    short_quantity DOUBLE NOT NULL,
    spread_quantity DOUBLE,
    open_interest_quantity DOUBLE NOT NULL,
    file_sha256 VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW raw_trader_positions AS
FROM history.raw_trader_positions
WHERE known_to IS NULL;

CREATE VIEW core_trader_positions AS
SELECT
    business_date,
    report,
    contract_code,
    contract,
    trader_category,
    long_quantity,
    short_quantity,
    spread_quantity,
    open_interest_quantity,
    known_from
FROM raw_trader_positions;

COMMENT ON TABLE raw_files IS
'One row per file_sha256 and kind. Every file that was read, refused ones included; a declared '
'source may read several kinds from one file. A file with the same bytes has one row per kind, '
'under the name it last came with.';
COMMENT ON COLUMN raw_files.kind IS
'What the rows are, told by how the name begins or by the declared source: instruments, accounts, '
'prices, positions, fx_rates, margin_called, collateral, rates, dividends, funding, adjustments, '
'published_margins or trader_positions.';
COMMENT ON COLUMN raw_files.source IS
'Declared source that the file was read with, the empty text where it came in our own form.';

COMMENT ON VIEW core_files IS
'One row per file_sha256 and kind. Every file that was read, refused ones included; a declared '
'source may read several kinds from one file. A file with the same bytes has one row per kind, '
'under the name it last came with.';
COMMENT ON COLUMN core_files.kind IS
'What the rows are, told by how the name begins or by the declared source: instruments, accounts, '
'prices, positions, fx_rates, margin_called, collateral, rates, dividends, funding, adjustments, '
'published_margins or trader_positions.';
COMMENT ON COLUMN core_files.source IS
'Declared source that the file was read with, the empty text where it came in our own form.';
COMMENT ON COLUMN core_files.file_sha256 IS
'SHA-256 of the bytes of the file, in hexadecimal.';
COMMENT ON COLUMN core_files.file_name IS
'Name of the file, without its folder.';
COMMENT ON COLUMN core_files.row_count IS
'Rows in the file, loaded or not; blank lines are no rows. 0 where the rows could not be told '
'apart.';
COMMENT ON COLUMN core_files.quarantined_count IS
'Rows of the file in raw_quarantine. A row that was not loaded only because its date or the whole '
'delivery was stopped is not among them.';
COMMENT ON COLUMN core_files.known_from IS
'Latest business date of the rows loaded together with the file; null where no dated row was '
'loaded.';

COMMENT ON VIEW raw_rates IS
'One row per business_date, currency and tenor_days. Interest rates by currency and tenor, as '
'received. Rows in force; history.raw_rates holds every version.';
COMMENT ON COLUMN raw_rates.business_date IS
'Date of the rate.';
COMMENT ON COLUMN raw_rates.currency IS
'Currency of the rate.';
COMMENT ON COLUMN raw_rates.tenor_days IS
'Calendar days to maturity.';
COMMENT ON COLUMN raw_rates.rate_pct IS
'Rate a year, continuously compounded, in per cent; it may be negative.';
COMMENT ON COLUMN raw_rates.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_rates.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN raw_rates.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_rates IS
'One row per business_date, currency, tenor_days and version. Interest rates by currency and '
'tenor, as received. Every version; raw_rates shows the rows in force.';
COMMENT ON COLUMN history.raw_rates.business_date IS
'Date of the rate.';
COMMENT ON COLUMN history.raw_rates.currency IS
'Currency of the rate.';
COMMENT ON COLUMN history.raw_rates.tenor_days IS
'Calendar days to maturity.';
COMMENT ON COLUMN history.raw_rates.rate_pct IS
'Rate a year, continuously compounded, in per cent; it may be negative.';
COMMENT ON COLUMN history.raw_rates.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_rates.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN history.raw_rates.known_to IS
'Date from which another version of its key took the place of this row; null while the row is in '
'force.';

COMMENT ON VIEW core_rates IS
'One row per business_date, currency and tenor_days. Interest rates by currency and tenor, in '
'force and held to the contract. Optional.';
COMMENT ON COLUMN core_rates.business_date IS
'Date of the rate.';
COMMENT ON COLUMN core_rates.currency IS
'Currency of the rate.';
COMMENT ON COLUMN core_rates.tenor_days IS
'Calendar days to maturity.';
COMMENT ON COLUMN core_rates.rate_pct IS
'Rate a year, continuously compounded, in per cent; it may be negative.';
COMMENT ON COLUMN core_rates.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';

COMMENT ON VIEW raw_dividends IS
'One row per business_date and instrument_id. Cash dividends by ex-date, as received. Rows in '
'force; history.raw_dividends holds every version.';
COMMENT ON COLUMN raw_dividends.business_date IS
'Ex-date, the first date on which the price is without the dividend.';
COMMENT ON COLUMN raw_dividends.instrument_id IS
'Instrument that pays, as in instruments.';
COMMENT ON COLUMN raw_dividends.dividend_price IS
'Cash paid per unit of the instrument, in its quote currency.';
COMMENT ON COLUMN raw_dividends.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_dividends.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN raw_dividends.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_dividends IS
'One row per business_date, instrument_id and version. Cash dividends by ex-date, as received. '
'Every version; raw_dividends shows the rows in force.';
COMMENT ON COLUMN history.raw_dividends.business_date IS
'Ex-date, the first date on which the price is without the dividend.';
COMMENT ON COLUMN history.raw_dividends.instrument_id IS
'Instrument that pays, as in instruments.';
COMMENT ON COLUMN history.raw_dividends.dividend_price IS
'Cash paid per unit of the instrument, in its quote currency.';
COMMENT ON COLUMN history.raw_dividends.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_dividends.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN history.raw_dividends.known_to IS
'Date from which another version of its key took the place of this row; null while the row is in '
'force.';

COMMENT ON VIEW core_dividends IS
'One row per business_date and instrument_id. Cash dividends by ex-date, in force and held to the '
'contract. Optional.';
COMMENT ON COLUMN core_dividends.business_date IS
'Ex-date, the first date on which the price is without the dividend.';
COMMENT ON COLUMN core_dividends.instrument_id IS
'Instrument that pays, as in instruments.';
COMMENT ON COLUMN core_dividends.dividend_price IS
'Cash paid per unit of the instrument, in its quote currency.';
COMMENT ON COLUMN core_dividends.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';

COMMENT ON VIEW raw_funding IS
'One row per business_date and instrument_id. Funding paid on perpetual contracts, as received. '
'Rows in force; history.raw_funding holds every version.';
COMMENT ON COLUMN raw_funding.business_date IS
'Date over which the funding was paid.';
COMMENT ON COLUMN raw_funding.instrument_id IS
'Perpetual contract, as in instruments.';
COMMENT ON COLUMN raw_funding.funding_pct IS
'Paid by a long position to a short one over the date, in per cent of its value; negative is '
'received by the long one.';
COMMENT ON COLUMN raw_funding.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_funding.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN raw_funding.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_funding IS
'One row per business_date, instrument_id and version. Funding paid on perpetual contracts, as '
'received. Every version; raw_funding shows the rows in force.';
COMMENT ON COLUMN history.raw_funding.business_date IS
'Date over which the funding was paid.';
COMMENT ON COLUMN history.raw_funding.instrument_id IS
'Perpetual contract, as in instruments.';
COMMENT ON COLUMN history.raw_funding.funding_pct IS
'Paid by a long position to a short one over the date, in per cent of its value; negative is '
'received by the long one.';
COMMENT ON COLUMN history.raw_funding.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_funding.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN history.raw_funding.known_to IS
'Date from which another version of its key took the place of this row; null while the row is in '
'force.';

COMMENT ON VIEW core_funding IS
'One row per business_date and instrument_id. Funding paid on perpetual contracts, in force and '
'held to the contract. Optional.';
COMMENT ON COLUMN core_funding.business_date IS
'Date over which the funding was paid.';
COMMENT ON COLUMN core_funding.instrument_id IS
'Perpetual contract, as in instruments.';
COMMENT ON COLUMN core_funding.funding_pct IS
'Paid by a long position to a short one over the date, in per cent of its value; negative is '
'received by the long one.';
COMMENT ON COLUMN core_funding.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';

COMMENT ON VIEW raw_adjustments IS
'One row per business_date and instrument_id. Splits, delistings and other changes of an '
'instrument''s terms, as received. Rows in force; history.raw_adjustments holds every version.';
COMMENT ON COLUMN raw_adjustments.business_date IS
'First date on the new terms.';
COMMENT ON COLUMN raw_adjustments.instrument_id IS
'Instrument that changes, as in instruments.';
COMMENT ON COLUMN raw_adjustments.event IS
'Kind of corporate action: split, distribution, change of contract terms, or delisting.';
COMMENT ON COLUMN raw_adjustments.quantity_factor IS
'New quantity of one held before: 8 reads that one became eight, 0.125 that eight became one.';
COMMENT ON COLUMN raw_adjustments.price_factor IS
'New price or strike over the old one: 0.125 where one share became eight.';
COMMENT ON COLUMN raw_adjustments.final_price IS
'Price at which a delisted instrument expires, in its quote currency: 0 where nothing is paid; '
'required for a delisting, null otherwise.';
COMMENT ON COLUMN raw_adjustments.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_adjustments.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN raw_adjustments.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_adjustments IS
'One row per business_date, instrument_id and version. Splits, delistings and other changes of an '
'instrument''s terms, as received. Every version; raw_adjustments shows the rows in force.';
COMMENT ON COLUMN history.raw_adjustments.business_date IS
'First date on the new terms.';
COMMENT ON COLUMN history.raw_adjustments.instrument_id IS
'Instrument that changes, as in instruments.';
COMMENT ON COLUMN history.raw_adjustments.event IS
'Kind of corporate action: split, distribution, change of contract terms, or delisting.';
COMMENT ON COLUMN history.raw_adjustments.quantity_factor IS
'New quantity of one held before: 8 reads that one became eight, 0.125 that eight became one.';
COMMENT ON COLUMN history.raw_adjustments.price_factor IS
'New price or strike over the old one: 0.125 where one share became eight.';
COMMENT ON COLUMN history.raw_adjustments.final_price IS
'Price at which a delisted instrument expires, in its quote currency: 0 where nothing is paid; '
'required for a delisting, null otherwise.';
COMMENT ON COLUMN history.raw_adjustments.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_adjustments.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN history.raw_adjustments.known_to IS
'Date from which another version of its key took the place of this row; null while the row is in '
'force.';

COMMENT ON VIEW core_adjustments IS
'One row per business_date and instrument_id. Splits, delistings and other changes of an '
'instrument''s terms, in force and held to the contract. Optional.';
COMMENT ON COLUMN core_adjustments.business_date IS
'First date on the new terms.';
COMMENT ON COLUMN core_adjustments.instrument_id IS
'Instrument that changes, as in instruments.';
COMMENT ON COLUMN core_adjustments.event IS
'Kind of corporate action: split, distribution, change of contract terms, or delisting.';
COMMENT ON COLUMN core_adjustments.quantity_factor IS
'New quantity of one held before: 8 reads that one became eight, 0.125 that eight became one.';
COMMENT ON COLUMN core_adjustments.price_factor IS
'New price or strike over the old one: 0.125 where one share became eight.';
COMMENT ON COLUMN core_adjustments.final_price IS
'Price at which a delisted instrument expires, in its quote currency: 0 where nothing is paid; '
'required for a delisting, null otherwise.';
COMMENT ON COLUMN core_adjustments.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';

COMMENT ON VIEW raw_published_margins IS
'One row per business_date, exchange and product. Margin per contract as an exchange published '
'it, as received. Rows in force; history.raw_published_margins holds every version.';
COMMENT ON COLUMN raw_published_margins.business_date IS
'Date from which the margin is in force.';
COMMENT ON COLUMN raw_published_margins.exchange IS
'Exchange that published it.';
COMMENT ON COLUMN raw_published_margins.product IS
'Product, in the exchange''s own symbol.';
COMMENT ON COLUMN raw_published_margins.currency IS
'Currency of the amounts; empty where the publication does not say.';
COMMENT ON COLUMN raw_published_margins.initial_amount IS
'Initial margin of one contract, in the currency of the row, not in reporting currency.';
COMMENT ON COLUMN raw_published_margins.maintenance_amount IS
'Maintenance margin of one contract, in the currency of the row, not in reporting currency.';
COMMENT ON COLUMN raw_published_margins.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_published_margins.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN raw_published_margins.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_published_margins IS
'One row per business_date, exchange, product and version. Margin per contract as an exchange '
'published it, as received. Every version; raw_published_margins shows the rows in force.';
COMMENT ON COLUMN history.raw_published_margins.business_date IS
'Date from which the margin is in force.';
COMMENT ON COLUMN history.raw_published_margins.exchange IS
'Exchange that published it.';
COMMENT ON COLUMN history.raw_published_margins.product IS
'Product, in the exchange''s own symbol.';
COMMENT ON COLUMN history.raw_published_margins.currency IS
'Currency of the amounts; empty where the publication does not say.';
COMMENT ON COLUMN history.raw_published_margins.initial_amount IS
'Initial margin of one contract, in the currency of the row, not in reporting currency.';
COMMENT ON COLUMN history.raw_published_margins.maintenance_amount IS
'Maintenance margin of one contract, in the currency of the row, not in reporting currency.';
COMMENT ON COLUMN history.raw_published_margins.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_published_margins.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN history.raw_published_margins.known_to IS
'Date from which another version of its key took the place of this row; null while the row is in '
'force.';

COMMENT ON VIEW core_published_margins IS
'One row per business_date, exchange and product. Margin per contract as an exchange published '
'it, in force and held to the contract. Optional.';
COMMENT ON COLUMN core_published_margins.business_date IS
'Date from which the margin is in force.';
COMMENT ON COLUMN core_published_margins.exchange IS
'Exchange that published it.';
COMMENT ON COLUMN core_published_margins.product IS
'Product, in the exchange''s own symbol.';
COMMENT ON COLUMN core_published_margins.currency IS
'Currency of the amounts; empty where the publication does not say.';
COMMENT ON COLUMN core_published_margins.initial_amount IS
'Initial margin of one contract, in the currency of the row, not in reporting currency.';
COMMENT ON COLUMN core_published_margins.maintenance_amount IS
'Maintenance margin of one contract, in the currency of the row, not in reporting currency.';
COMMENT ON COLUMN core_published_margins.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';

COMMENT ON VIEW raw_trader_positions IS
'One row per business_date, report, contract_code and trader_category. Positions of trader '
'categories as a supervisor reports them, as received. Rows in force; '
'history.raw_trader_positions holds every version.';
COMMENT ON COLUMN raw_trader_positions.business_date IS
'Date of the positions, a Tuesday in the reports of the CFTC.';
COMMENT ON COLUMN raw_trader_positions.report IS
'Report that the row is from.';
COMMENT ON COLUMN raw_trader_positions.contract_code IS
'Contract market, in the reporter''s own code.';
COMMENT ON COLUMN raw_trader_positions.contract IS
'Contract and market in words.';
COMMENT ON COLUMN raw_trader_positions.trader_category IS
'Class that the regulator files the traders under, such as dealers or producers.';
COMMENT ON COLUMN raw_trader_positions.long_quantity IS
'Contracts that the category is long.';
COMMENT ON COLUMN raw_trader_positions.short_quantity IS
'Contracts that the category is short, as a number of at least 0.';
COMMENT ON COLUMN raw_trader_positions.spread_quantity IS
'Contracts that the category is both long and short; empty where the report has none.';
COMMENT ON COLUMN raw_trader_positions.open_interest_quantity IS
'Open interest of the whole contract market.';
COMMENT ON COLUMN raw_trader_positions.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_trader_positions.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN raw_trader_positions.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_trader_positions IS
'One row per business_date, report, contract_code, trader_category and version. Positions of '
'trader categories as a supervisor reports them, as received. Every version; raw_trader_positions '
'shows the rows in force.';
COMMENT ON COLUMN history.raw_trader_positions.business_date IS
'Date of the positions, a Tuesday in the reports of the CFTC.';
COMMENT ON COLUMN history.raw_trader_positions.report IS
'Report that the row is from.';
COMMENT ON COLUMN history.raw_trader_positions.contract_code IS
'Contract market, in the reporter''s own code.';
COMMENT ON COLUMN history.raw_trader_positions.contract IS
'Contract and market in words.';
COMMENT ON COLUMN history.raw_trader_positions.trader_category IS
'Class that the regulator files the traders under, such as dealers or producers.';
COMMENT ON COLUMN history.raw_trader_positions.long_quantity IS
'Contracts that the category is long.';
COMMENT ON COLUMN history.raw_trader_positions.short_quantity IS
'Contracts that the category is short, as a number of at least 0.';
COMMENT ON COLUMN history.raw_trader_positions.spread_quantity IS
'Contracts that the category is both long and short; empty where the report has none.';
COMMENT ON COLUMN history.raw_trader_positions.open_interest_quantity IS
'Open interest of the whole contract market.';
COMMENT ON COLUMN history.raw_trader_positions.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_trader_positions.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
COMMENT ON COLUMN history.raw_trader_positions.known_to IS
'Date from which another version of its key took the place of this row; null while the row is in '
'force.';

COMMENT ON VIEW core_trader_positions IS
'One row per business_date, report, contract_code and trader_category. Positions of trader '
'categories as a supervisor reports them, in force and held to the contract. Optional.';
COMMENT ON COLUMN core_trader_positions.business_date IS
'Date of the positions, a Tuesday in the reports of the CFTC.';
COMMENT ON COLUMN core_trader_positions.report IS
'Report that the row is from.';
COMMENT ON COLUMN core_trader_positions.contract_code IS
'Contract market, in the reporter''s own code.';
COMMENT ON COLUMN core_trader_positions.contract IS
'Contract and market in words.';
COMMENT ON COLUMN core_trader_positions.trader_category IS
'Class that the regulator files the traders under, such as dealers or producers.';
COMMENT ON COLUMN core_trader_positions.long_quantity IS
'Contracts that the category is long.';
COMMENT ON COLUMN core_trader_positions.short_quantity IS
'Contracts that the category is short, as a number of at least 0.';
COMMENT ON COLUMN core_trader_positions.spread_quantity IS
'Contracts that the category is both long and short; empty where the report has none.';
COMMENT ON COLUMN core_trader_positions.open_interest_quantity IS
'Open interest of the whole contract market.';
COMMENT ON COLUMN core_trader_positions.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date.';
