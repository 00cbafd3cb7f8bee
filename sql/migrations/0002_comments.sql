-- Grain: comments of the warehouse. One on each table and view, which begins with the grain of its
-- rows, and one on each column: unit, sign and what null means.
-- Inputs: the tables and views of 0001_schema.sql. Use: applied once, in number order, by
-- pipeline.warehouse; read by any SQL client and by pipeline.steps.catalogue, which generates
-- docs/catalogue.md. DuckDB hands no comment of a table on to a view, so both have theirs; lines of
-- adjacent quotes are one text.

COMMENT ON TABLE raw_files IS
'One row per file_sha256. Every file that was read, refused ones included; a file with the same '
'bytes has one row, under the name it last came with.';
COMMENT ON COLUMN raw_files.file_sha256 IS
'SHA-256 of the bytes of the file, in hexadecimal.';
COMMENT ON COLUMN raw_files.file_name IS
'Name of the file, without its folder.';
COMMENT ON COLUMN raw_files.kind IS
'What the file holds, told by how its name begins: instruments, accounts, prices, positions, '
'fx_rates, margin_called or collateral.';
COMMENT ON COLUMN raw_files.row_count IS
'Rows in the file, loaded or not; blank lines are no rows. 0 where the rows could not be told '
'apart.';
COMMENT ON COLUMN raw_files.quarantined_count IS
'Rows of the file in raw_quarantine. A row that was not loaded only because its date or the whole '
'delivery was stopped is not among them.';
COMMENT ON COLUMN raw_files.known_from IS
'Latest business date of the rows loaded together with the file; null where no dated row was '
'loaded.';

COMMENT ON TABLE raw_quarantine IS
'One row per file_sha256, row_number, column_name and reason. Rows left out, each with the '
'reason: rows that could not be read, once with the first column at fault, and rows that a '
'contract leaves out, once for each rule. Reading the same file again replaces its rows.';
COMMENT ON COLUMN raw_quarantine.file_sha256 IS
'SHA-256 of the file, as in raw_files.';
COMMENT ON COLUMN raw_quarantine.file_name IS
'Name of the file, without its folder.';
COMMENT ON COLUMN raw_quarantine.kind IS
'What the file holds, as in raw_files: instruments, accounts, prices, positions, fx_rates, '
'margin_called or collateral.';
COMMENT ON COLUMN raw_quarantine.row_number IS
'Row in the file: in CSV the header is row 1, in Parquet the first row is row 1.';
COMMENT ON COLUMN raw_quarantine.business_date IS
'Business date of the row; null where it could not be read or the kind of file has none.';
COMMENT ON COLUMN raw_quarantine.column_name IS
'First column at fault in a row that could not be read; otherwise the column that the rule is '
'about.';
COMMENT ON COLUMN raw_quarantine.reason IS
'What is wrong with it, in words.';
COMMENT ON COLUMN raw_quarantine.row_content IS
'Values of the row joined by commas; an absent value is empty.';

COMMENT ON VIEW raw_instruments IS
'One row per instrument_id. What is traded, as received, with the file it came from. Rows in '
'force; history.raw_instruments holds every version.';
COMMENT ON COLUMN raw_instruments.instrument_id IS
'Identifier of the instrument, used by prices and positions.';
COMMENT ON COLUMN raw_instruments.product IS
'Product that the instrument belongs to; positions of one product net first.';
COMMENT ON COLUMN raw_instruments.kind IS
'What the instrument is: spot, future, perpetual or option.';
COMMENT ON COLUMN raw_instruments.underlying IS
'instrument_id that an option is written on; null for what is no option.';
COMMENT ON COLUMN raw_instruments.risk_factor IS
'Price series whose moves shock the instrument. Instruments that share one form a curve of nearby '
'contracts, unless one of them bears its name; an option moves with its underlying.';
COMMENT ON COLUMN raw_instruments.currency IS
'Currency that profit and loss are computed in before core_fx_rates convert them. For an inverse '
'contract the currency that its underlying is quoted in, not the coin it pays.';
COMMENT ON COLUMN raw_instruments.settlement IS
'How it pays: linear, in its currency, or inverse, in coin.';
COMMENT ON COLUMN raw_instruments.multiplier IS
'Units of the underlying in one contract, above 0; for an inverse future or perpetual its face '
'value in currency.';
COMMENT ON COLUMN raw_instruments.expiry_date IS
'Last trading date; null for what does not expire.';
COMMENT ON COLUMN raw_instruments.strike IS
'Strike price of an option, in currency per unit of the underlying; null for what is no option.';
COMMENT ON COLUMN raw_instruments.option_type IS
'Right of an option: call or put; null for what is no option.';
COMMENT ON COLUMN raw_instruments.premium_style IS
'How the premium of an option is paid: upfront or futures_style; null where it is not stated.';
COMMENT ON COLUMN raw_instruments.shock_type IS
'How moves of the price are measured: log, or absolute, which admits prices at or below zero; '
'null leaves it to the model.';
COMMENT ON COLUMN raw_instruments.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_instruments.known_from IS
'Date from which the row counts as known: 1970-01-01 until it is corrected, then the latest date '
'with prices when the correction was loaded, unless the load named another date.';
COMMENT ON COLUMN raw_instruments.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_instruments IS
'One row per instrument_id and version. What is traded, as received, with the file it came from. '
'Every version; raw_instruments shows the rows in force.';
COMMENT ON COLUMN history.raw_instruments.instrument_id IS
'Identifier of the instrument, used by prices and positions.';
COMMENT ON COLUMN history.raw_instruments.product IS
'Product that the instrument belongs to; positions of one product net first.';
COMMENT ON COLUMN history.raw_instruments.kind IS
'What the instrument is: spot, future, perpetual or option.';
COMMENT ON COLUMN history.raw_instruments.underlying IS
'instrument_id that an option is written on; null for what is no option.';
COMMENT ON COLUMN history.raw_instruments.risk_factor IS
'Price series whose moves shock the instrument. Instruments that share one form a curve of nearby '
'contracts, unless one of them bears its name; an option moves with its underlying.';
COMMENT ON COLUMN history.raw_instruments.currency IS
'Currency that profit and loss are computed in before core_fx_rates convert them. For an inverse '
'contract the currency that its underlying is quoted in, not the coin it pays.';
COMMENT ON COLUMN history.raw_instruments.settlement IS
'How it pays: linear, in its currency, or inverse, in coin.';
COMMENT ON COLUMN history.raw_instruments.multiplier IS
'Units of the underlying in one contract, above 0; for an inverse future or perpetual its face '
'value in currency.';
COMMENT ON COLUMN history.raw_instruments.expiry_date IS
'Last trading date; null for what does not expire.';
COMMENT ON COLUMN history.raw_instruments.strike IS
'Strike price of an option, in currency per unit of the underlying; null for what is no option.';
COMMENT ON COLUMN history.raw_instruments.option_type IS
'Right of an option: call or put; null for what is no option.';
COMMENT ON COLUMN history.raw_instruments.premium_style IS
'How the premium of an option is paid: upfront or futures_style; null where it is not stated.';
COMMENT ON COLUMN history.raw_instruments.shock_type IS
'How moves of the price are measured: log, or absolute, which admits prices at or below zero; '
'null leaves it to the model.';
COMMENT ON COLUMN history.raw_instruments.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_instruments.known_from IS
'Date from which the row counts as known: 1970-01-01 until it is corrected, then the latest date '
'with prices when the correction was loaded, unless the load named another date.';
COMMENT ON COLUMN history.raw_instruments.known_to IS
'Date from which another version took the place of this row; null while the row is in force.';

COMMENT ON VIEW core_instruments IS
'One row per instrument_id. What is traded, in force and held to the contract: an option has its '
'underlying, expiry, strike and type.';
COMMENT ON COLUMN core_instruments.instrument_id IS
'Identifier of the instrument, used by prices and positions.';
COMMENT ON COLUMN core_instruments.product IS
'Product that the instrument belongs to; positions of one product net first.';
COMMENT ON COLUMN core_instruments.kind IS
'What the instrument is: spot, future, perpetual or option.';
COMMENT ON COLUMN core_instruments.underlying IS
'instrument_id that an option is written on; null for what is no option.';
COMMENT ON COLUMN core_instruments.risk_factor IS
'Price series whose moves shock the instrument. Instruments that share one form a curve of nearby '
'contracts, unless one of them bears its name; an option moves with its underlying.';
COMMENT ON COLUMN core_instruments.currency IS
'Currency that profit and loss are computed in before core_fx_rates convert them. For an inverse '
'contract the currency that its underlying is quoted in, not the coin it pays.';
COMMENT ON COLUMN core_instruments.settlement IS
'How it pays: linear, in its currency, or inverse, in coin.';
COMMENT ON COLUMN core_instruments.multiplier IS
'Units of the underlying in one contract, above 0; for an inverse future or perpetual its face '
'value in currency.';
COMMENT ON COLUMN core_instruments.expiry_date IS
'Last trading date; null for what does not expire.';
COMMENT ON COLUMN core_instruments.strike IS
'Strike price of an option, in currency per unit of the underlying; null for what is no option.';
COMMENT ON COLUMN core_instruments.option_type IS
'Right of an option: call or put; null for what is no option.';
COMMENT ON COLUMN core_instruments.premium_style IS
'How the premium of an option is paid: upfront or futures_style; null where it is not stated.';
COMMENT ON COLUMN core_instruments.shock_type IS
'How moves of the price are measured: log, or absolute, which admits prices at or below zero; '
'null leaves it to the model.';
COMMENT ON COLUMN core_instruments.known_from IS
'Date from which the row counts as known: 1970-01-01 until it is corrected, then the latest date '
'with prices when the correction was loaded, unless the load named another date.';

COMMENT ON VIEW raw_accounts IS
'One row per account_id. Who holds positions, as received. Rows in force; history.raw_accounts '
'holds every version.';
COMMENT ON COLUMN raw_accounts.account_id IS
'Identifier of the account.';
COMMENT ON COLUMN raw_accounts.member_id IS
'Clearing member that answers for the account.';
COMMENT ON COLUMN raw_accounts.account_type IS
'Whose positions it holds: house, client_omnibus or client_individual.';
COMMENT ON COLUMN raw_accounts.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_accounts.known_from IS
'Date from which the row counts as known: 1970-01-01 until it is corrected, then the latest date '
'with prices when the correction was loaded, unless the load named another date.';
COMMENT ON COLUMN raw_accounts.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_accounts IS
'One row per account_id and version. Who holds positions, as received. Every version; '
'raw_accounts shows the rows in force.';
COMMENT ON COLUMN history.raw_accounts.account_id IS
'Identifier of the account.';
COMMENT ON COLUMN history.raw_accounts.member_id IS
'Clearing member that answers for the account.';
COMMENT ON COLUMN history.raw_accounts.account_type IS
'Whose positions it holds: house, client_omnibus or client_individual.';
COMMENT ON COLUMN history.raw_accounts.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_accounts.known_from IS
'Date from which the row counts as known: 1970-01-01 until it is corrected, then the latest date '
'with prices when the correction was loaded, unless the load named another date.';
COMMENT ON COLUMN history.raw_accounts.known_to IS
'Date from which another version took the place of this row; null while the row is in force.';

COMMENT ON VIEW core_accounts IS
'One row per account_id. Who holds positions, in force and held to the contract. Optional: where '
'no account is described, nothing is reported by member.';
COMMENT ON COLUMN core_accounts.account_id IS
'Identifier of the account.';
COMMENT ON COLUMN core_accounts.member_id IS
'Clearing member that answers for the account.';
COMMENT ON COLUMN core_accounts.account_type IS
'Whose positions it holds: house, client_omnibus or client_individual.';
COMMENT ON COLUMN core_accounts.known_from IS
'Date from which the row counts as known: 1970-01-01 until it is corrected, then the latest date '
'with prices when the correction was loaded, unless the load named another date.';

COMMENT ON VIEW raw_prices IS
'One row per business_date and instrument_id. Settlement prices, as received. Rows in force; '
'history.raw_prices holds every version.';
COMMENT ON COLUMN raw_prices.business_date IS
'Date of the settlement.';
COMMENT ON COLUMN raw_prices.instrument_id IS
'Instrument, as in core_instruments.';
COMMENT ON COLUMN raw_prices.settlement_price IS
'Settlement price in the instrument''s currency per unit of the underlying, of an inverse option '
'in coin; spot and futures prices may be zero or negative. Never null: a missing price stops its '
'date where the instrument is held and is quarantined where it is not.';
COMMENT ON COLUMN raw_prices.implied_vol IS
'Implied volatility a year as a decimal fraction, 0.2 for 20 %; null for what is no option, and '
'allowed to be null for an option that nobody holds or that expires.';
COMMENT ON COLUMN raw_prices.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_prices.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';
COMMENT ON COLUMN raw_prices.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_prices IS
'One row per business_date, instrument_id and version. Settlement prices, as received. Every '
'version; raw_prices shows the rows in force.';
COMMENT ON COLUMN history.raw_prices.business_date IS
'Date of the settlement.';
COMMENT ON COLUMN history.raw_prices.instrument_id IS
'Instrument, as in core_instruments.';
COMMENT ON COLUMN history.raw_prices.settlement_price IS
'Settlement price in the instrument''s currency per unit of the underlying, of an inverse option '
'in coin; spot and futures prices may be zero or negative. Never null: a missing price stops its '
'date where the instrument is held and is quarantined where it is not.';
COMMENT ON COLUMN history.raw_prices.implied_vol IS
'Implied volatility a year as a decimal fraction, 0.2 for 20 %; null for what is no option, and '
'allowed to be null for an option that nobody holds or that expires.';
COMMENT ON COLUMN history.raw_prices.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_prices.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';
COMMENT ON COLUMN history.raw_prices.known_to IS
'Date from which another version of its business_date took the place of this row; null while the '
'row is in force.';

COMMENT ON VIEW core_prices IS
'One row per business_date and instrument_id. Settlement prices, in force and held to the '
'contract: everything held on a date that has not expired has a price, and so has the underlying '
'of an option held.';
COMMENT ON COLUMN core_prices.business_date IS
'Date of the settlement.';
COMMENT ON COLUMN core_prices.instrument_id IS
'Instrument, as in core_instruments.';
COMMENT ON COLUMN core_prices.settlement_price IS
'Settlement price in the instrument''s currency per unit of the underlying, of an inverse option '
'in coin; spot and futures prices may be zero or negative. Never null: a missing price stops its '
'date where the instrument is held and is quarantined where it is not.';
COMMENT ON COLUMN core_prices.implied_vol IS
'Implied volatility a year as a decimal fraction, 0.2 for 20 %; null for what is no option, and '
'allowed to be null for an option that nobody holds or that expires.';
COMMENT ON COLUMN core_prices.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';

COMMENT ON VIEW raw_positions IS
'One row per business_date, account_id and instrument_id. Positions at the end of the date, as '
'received. Rows in force; history.raw_positions holds every version.';
COMMENT ON COLUMN raw_positions.business_date IS
'Date at whose end the position was held.';
COMMENT ON COLUMN raw_positions.account_id IS
'Account that holds it.';
COMMENT ON COLUMN raw_positions.instrument_id IS
'Instrument, as in core_instruments.';
COMMENT ON COLUMN raw_positions.quantity IS
'Contracts held: negative is short, zero is no position.';
COMMENT ON COLUMN raw_positions.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_positions.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';
COMMENT ON COLUMN raw_positions.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_positions IS
'One row per business_date, account_id, instrument_id and version. Positions at the end of the '
'date, as received. Every version; raw_positions shows the rows in force.';
COMMENT ON COLUMN history.raw_positions.business_date IS
'Date at whose end the position was held.';
COMMENT ON COLUMN history.raw_positions.account_id IS
'Account that holds it.';
COMMENT ON COLUMN history.raw_positions.instrument_id IS
'Instrument, as in core_instruments.';
COMMENT ON COLUMN history.raw_positions.quantity IS
'Contracts held: negative is short, zero is no position.';
COMMENT ON COLUMN history.raw_positions.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_positions.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';
COMMENT ON COLUMN history.raw_positions.known_to IS
'Date from which another version of its business_date took the place of this row; null while the '
'row is in force.';

COMMENT ON VIEW core_positions IS
'One row per business_date, account_id and instrument_id. Positions at the end of the date, in '
'force and held to the contract.';
COMMENT ON COLUMN core_positions.business_date IS
'Date at whose end the position was held.';
COMMENT ON COLUMN core_positions.account_id IS
'Account that holds it.';
COMMENT ON COLUMN core_positions.instrument_id IS
'Instrument, as in core_instruments.';
COMMENT ON COLUMN core_positions.quantity IS
'Contracts held: negative is short, zero is no position.';
COMMENT ON COLUMN core_positions.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';

COMMENT ON VIEW raw_fx_rates IS
'One row per business_date and currency. Exchange rates, as received. Rows in force; '
'history.raw_fx_rates holds every version.';
COMMENT ON COLUMN raw_fx_rates.business_date IS
'Date of the rate.';
COMMENT ON COLUMN raw_fx_rates.currency IS
'Currency, or coin, that is converted.';
COMMENT ON COLUMN raw_fx_rates.rate IS
'What one unit of the currency is worth in the reporting currency, above 0.';
COMMENT ON COLUMN raw_fx_rates.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_fx_rates.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';
COMMENT ON COLUMN raw_fx_rates.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_fx_rates IS
'One row per business_date, currency and version. Exchange rates, as received. Every version; '
'raw_fx_rates shows the rows in force.';
COMMENT ON COLUMN history.raw_fx_rates.business_date IS
'Date of the rate.';
COMMENT ON COLUMN history.raw_fx_rates.currency IS
'Currency, or coin, that is converted.';
COMMENT ON COLUMN history.raw_fx_rates.rate IS
'What one unit of the currency is worth in the reporting currency, above 0.';
COMMENT ON COLUMN history.raw_fx_rates.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_fx_rates.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';
COMMENT ON COLUMN history.raw_fx_rates.known_to IS
'Date from which another version of its business_date took the place of this row; null while the '
'row is in force.';

COMMENT ON VIEW core_fx_rates IS
'One row per business_date and currency. Exchange rates into the reporting currency, in force and '
'held to the contract; that currency itself needs none.';
COMMENT ON COLUMN core_fx_rates.business_date IS
'Date of the rate.';
COMMENT ON COLUMN core_fx_rates.currency IS
'Currency, or coin, that is converted.';
COMMENT ON COLUMN core_fx_rates.rate IS
'What one unit of the currency is worth in the reporting currency, above 0.';
COMMENT ON COLUMN core_fx_rates.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';

COMMENT ON VIEW raw_margin_called IS
'One row per business_date and account_id. Margin really called, as received. Rows in force; '
'history.raw_margin_called holds every version.';
COMMENT ON COLUMN raw_margin_called.business_date IS
'Date on whose positions the margin was called.';
COMMENT ON COLUMN raw_margin_called.account_id IS
'Account that it was called from.';
COMMENT ON COLUMN raw_margin_called.called_amount IS
'Margin in force, add-ons included, in reporting currency, at least 0. Where an account has no '
'row, the adequacy track tests its recomputed initial margin.';
COMMENT ON COLUMN raw_margin_called.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_margin_called.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';
COMMENT ON COLUMN raw_margin_called.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_margin_called IS
'One row per business_date, account_id and version. Margin really called, as received. Every '
'version; raw_margin_called shows the rows in force.';
COMMENT ON COLUMN history.raw_margin_called.business_date IS
'Date on whose positions the margin was called.';
COMMENT ON COLUMN history.raw_margin_called.account_id IS
'Account that it was called from.';
COMMENT ON COLUMN history.raw_margin_called.called_amount IS
'Margin in force, add-ons included, in reporting currency, at least 0. Where an account has no '
'row, the adequacy track tests its recomputed initial margin.';
COMMENT ON COLUMN history.raw_margin_called.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_margin_called.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';
COMMENT ON COLUMN history.raw_margin_called.known_to IS
'Date from which another version of its business_date took the place of this row; null while the '
'row is in force.';

COMMENT ON VIEW core_margin_called IS
'One row per business_date and account_id. Margin really called, in force and held to the '
'contract; what the adequacy track tests. Optional.';
COMMENT ON COLUMN core_margin_called.business_date IS
'Date on whose positions the margin was called.';
COMMENT ON COLUMN core_margin_called.account_id IS
'Account that it was called from.';
COMMENT ON COLUMN core_margin_called.called_amount IS
'Margin in force, add-ons included, in reporting currency, at least 0. Where an account has no '
'row, the adequacy track tests its recomputed initial margin.';
COMMENT ON COLUMN core_margin_called.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';

COMMENT ON VIEW raw_collateral IS
'One row per business_date, account_id and asset. Collateral held, as received. Rows in force; '
'history.raw_collateral holds every version.';
COMMENT ON COLUMN raw_collateral.business_date IS
'Date of the valuation.';
COMMENT ON COLUMN raw_collateral.account_id IS
'Account that the collateral was posted for.';
COMMENT ON COLUMN raw_collateral.asset IS
'What is held, for example cash or a bond.';
COMMENT ON COLUMN raw_collateral.amount IS
'Value before the haircut, in reporting currency, at least 0.';
COMMENT ON COLUMN raw_collateral.haircut_pct IS
'Share of the value that does not count, in per cent: 5 for 5 %.';
COMMENT ON COLUMN raw_collateral.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN raw_collateral.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';
COMMENT ON COLUMN raw_collateral.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.raw_collateral IS
'One row per business_date, account_id, asset and version. Collateral held, as received. Every '
'version; raw_collateral shows the rows in force.';
COMMENT ON COLUMN history.raw_collateral.business_date IS
'Date of the valuation.';
COMMENT ON COLUMN history.raw_collateral.account_id IS
'Account that the collateral was posted for.';
COMMENT ON COLUMN history.raw_collateral.asset IS
'What is held, for example cash or a bond.';
COMMENT ON COLUMN history.raw_collateral.amount IS
'Value before the haircut, in reporting currency, at least 0.';
COMMENT ON COLUMN history.raw_collateral.haircut_pct IS
'Share of the value that does not count, in per cent: 5 for 5 %.';
COMMENT ON COLUMN history.raw_collateral.file_sha256 IS
'SHA-256 of the file that brought this version of the row, as in raw_files.';
COMMENT ON COLUMN history.raw_collateral.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';
COMMENT ON COLUMN history.raw_collateral.known_to IS
'Date from which another version of its business_date took the place of this row; null while the '
'row is in force.';

COMMENT ON VIEW core_collateral IS
'One row per business_date, account_id and asset. Collateral held, in force and held to the '
'contract. Optional.';
COMMENT ON COLUMN core_collateral.business_date IS
'Date of the valuation.';
COMMENT ON COLUMN core_collateral.account_id IS
'Account that the collateral was posted for.';
COMMENT ON COLUMN core_collateral.asset IS
'What is held, for example cash or a bond.';
COMMENT ON COLUMN core_collateral.amount IS
'Value before the haircut, in reporting currency, at least 0.';
COMMENT ON COLUMN core_collateral.haircut_pct IS
'Share of the value that does not count, in per cent: 5 for 5 %.';
COMMENT ON COLUMN core_collateral.known_from IS
'Date from which the row counts as known: its business_date, or for a correction the latest date '
'with prices when it was loaded, unless the load named another date; never before business_date. '
'A correction replaces every row of its business_date.';

COMMENT ON VIEW core_calendar IS
'One row per business_date. The calendar: every date with a price in force. Lookbacks, horizons '
'and windows count its dates.';
COMMENT ON COLUMN core_calendar.business_date IS
'Date on which at least one instrument has a price.';
COMMENT ON COLUMN core_calendar.date_number IS
'Position of the date in the calendar, 1 for the first; it changes when an earlier date is '
'loaded.';

COMMENT ON VIEW out_margin IS
'One row per business_date, model_id, mpor_days, account_id, node_level and node_id. Margin of '
'each account at each node of its netting tree, with and without offsets. An account that holds '
'something whose history is too short has no row here but one in out_exclusions. Amounts are '
'rounded to 4 decimals. Rows in force; history.out_margin holds every version.';
COMMENT ON COLUMN out_margin.business_date IS
'Date of the positions; scenarios end on it.';
COMMENT ON COLUMN out_margin.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_margin.mpor_days IS
'Margin period of risk, in dates of core_calendar: each scenario is a move over so many dates.';
COMMENT ON COLUMN out_margin.confidence_pct IS
'Confidence of the model''s risk measure, one-tailed, in per cent: 97.5 for 97.5 %. Not the '
'coverage target, which out_coverage holds.';
COMMENT ON COLUMN out_margin.account_id IS
'Account that holds the positions.';
COMMENT ON COLUMN out_margin.node_level IS
'Level of the netting tree: product, offset_group or account. Amounts of one level hold those of '
'the level below; add up rows of one level only.';
COMMENT ON COLUMN out_margin.node_id IS
'Name of the node: the product, the offset group (a product in none is its own group), or the '
'account.';
COMMENT ON COLUMN out_margin.standalone_margin_amount IS
'Margin without offsets, in reporting currency, at least 0: the sum over the instruments below '
'the node of the margin of each alone.';
COMMENT ON COLUMN out_margin.netted_margin_amount IS
'Margin with every offset below the node, before the cap, in reporting currency, at least 0: the '
'risk measure of the node''s scenario losses, or the sum of the nodes below where the model lets '
'the level add margins.';
COMMENT ON COLUMN out_margin.offset_credit_amount IS
'Standalone less netted margin, in reporting currency. Negative where netting raises the '
'requirement.';
COMMENT ON COLUMN out_margin.level_credit_amount IS
'Part of the offset credit that this level alone earns, in reporting currency: netted margins of '
'the nodes just below (at product level the margins of its instruments) less the netted margin of '
'the node. Over all rows of an account on a date it adds up to the offset credit of the '
'account''s row.';
COMMENT ON COLUMN out_margin.cap_base_margin_amount IS
'What the cap is taken from, in reporting currency, at least 0: the netted margins of the cap''s '
'base level (product unless the model says otherwise) summed over the node; at that level and '
'below, the node''s own netted margin. With the instrument as base, the standalone margin.';
COMMENT ON COLUMN out_margin.capped_margin_amount IS
'Margin after the cap on offset credit, in reporting currency, at least 0: max(netted, base - cap '
'x (base - netted)), with cap_base_margin_amount as base. The margin that the core_model track '
'tests.';
COMMENT ON COLUMN out_margin.addon_amount IS
'Add-ons, in reporting currency, at least 0; 0 where the model has none. Never part of the capped '
'margin.';
COMMENT ON COLUMN out_margin.initial_margin_amount IS
'Initial margin, in reporting currency: maintenance margin times the model''s ratio of initial to '
'maintenance margin, which is at least 1. The adequacy track tests it where no called margin is '
'known.';
COMMENT ON COLUMN out_margin.maintenance_margin_amount IS
'Maintenance margin, in reporting currency, at least 0: the capped margin.';
COMMENT ON COLUMN out_margin.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_margin.input_hash IS
'Hash of what the row was computed from: version of the program, model, prices with the terms of '
'their instruments and rates of every date up to business_date, positions of business_date. 16 '
'hexadecimal digits; a run recomputes the date when it differs.';
COMMENT ON COLUMN out_margin.known_from IS
'Latest date from which an input of this date''s margin counts as known; the business_date itself '
'where no input was corrected later.';
COMMENT ON COLUMN out_margin.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_margin IS
'One row per business_date, model_id, mpor_days, account_id, node_level, node_id and version. '
'Margin of each account at each node of its netting tree, with and without offsets. An account '
'that holds something whose history is too short has no row here but one in out_exclusions. '
'Amounts are rounded to 4 decimals. Every version; out_margin shows the rows in force.';
COMMENT ON COLUMN history.out_margin.business_date IS
'Date of the positions; scenarios end on it.';
COMMENT ON COLUMN history.out_margin.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_margin.mpor_days IS
'Margin period of risk, in dates of core_calendar: each scenario is a move over so many dates.';
COMMENT ON COLUMN history.out_margin.confidence_pct IS
'Confidence of the model''s risk measure, one-tailed, in per cent: 97.5 for 97.5 %. Not the '
'coverage target, which out_coverage holds.';
COMMENT ON COLUMN history.out_margin.account_id IS
'Account that holds the positions.';
COMMENT ON COLUMN history.out_margin.node_level IS
'Level of the netting tree: product, offset_group or account. Amounts of one level hold those of '
'the level below; add up rows of one level only.';
COMMENT ON COLUMN history.out_margin.node_id IS
'Name of the node: the product, the offset group (a product in none is its own group), or the '
'account.';
COMMENT ON COLUMN history.out_margin.standalone_margin_amount IS
'Margin without offsets, in reporting currency, at least 0: the sum over the instruments below '
'the node of the margin of each alone.';
COMMENT ON COLUMN history.out_margin.netted_margin_amount IS
'Margin with every offset below the node, before the cap, in reporting currency, at least 0: the '
'risk measure of the node''s scenario losses, or the sum of the nodes below where the model lets '
'the level add margins.';
COMMENT ON COLUMN history.out_margin.offset_credit_amount IS
'Standalone less netted margin, in reporting currency. Negative where netting raises the '
'requirement.';
COMMENT ON COLUMN history.out_margin.level_credit_amount IS
'Part of the offset credit that this level alone earns, in reporting currency: netted margins of '
'the nodes just below (at product level the margins of its instruments) less the netted margin of '
'the node. Over all rows of an account on a date it adds up to the offset credit of the '
'account''s row.';
COMMENT ON COLUMN history.out_margin.cap_base_margin_amount IS
'What the cap is taken from, in reporting currency, at least 0: the netted margins of the cap''s '
'base level (product unless the model says otherwise) summed over the node; at that level and '
'below, the node''s own netted margin. With the instrument as base, the standalone margin.';
COMMENT ON COLUMN history.out_margin.capped_margin_amount IS
'Margin after the cap on offset credit, in reporting currency, at least 0: max(netted, base - cap '
'x (base - netted)), with cap_base_margin_amount as base. The margin that the core_model track '
'tests.';
COMMENT ON COLUMN history.out_margin.addon_amount IS
'Add-ons, in reporting currency, at least 0; 0 where the model has none. Never part of the capped '
'margin.';
COMMENT ON COLUMN history.out_margin.initial_margin_amount IS
'Initial margin, in reporting currency: maintenance margin times the model''s ratio of initial to '
'maintenance margin, which is at least 1. The adequacy track tests it where no called margin is '
'known.';
COMMENT ON COLUMN history.out_margin.maintenance_margin_amount IS
'Maintenance margin, in reporting currency, at least 0: the capped margin.';
COMMENT ON COLUMN history.out_margin.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_margin.input_hash IS
'Hash of what the row was computed from: version of the program, model, prices with the terms of '
'their instruments and rates of every date up to business_date, positions of business_date. 16 '
'hexadecimal digits; a run recomputes the date when it differs.';
COMMENT ON COLUMN history.out_margin.known_from IS
'Latest date from which an input of this date''s margin counts as known; the business_date itself '
'where no input was corrected later.';
COMMENT ON COLUMN history.out_margin.known_to IS
'Date from which another version of its business_date and model took the place of this row; null '
'while the row is in force.';

COMMENT ON VIEW out_exclusions IS
'One row per business_date, model_id, mpor_days and account_id. Account-days without a margin, '
'each with the reason; never silently a margin of zero. Rows in force; history.out_exclusions '
'holds every version.';
COMMENT ON COLUMN out_exclusions.business_date IS
'Date of the positions.';
COMMENT ON COLUMN out_exclusions.model_id IS
'Model that could not compute the margin.';
COMMENT ON COLUMN out_exclusions.mpor_days IS
'Margin period of risk, in dates of core_calendar.';
COMMENT ON COLUMN out_exclusions.account_id IS
'Account that holds positions and has no margin.';
COMMENT ON COLUMN out_exclusions.reason IS
'Why, as a sentence: how many moves the least known risk factor in use on the date has, and how '
'many the lookback needs.';
COMMENT ON COLUMN out_exclusions.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_exclusions.input_hash IS
'Hash of what the row was computed from: version of the program, model, prices with the terms of '
'their instruments and rates of every date up to business_date, positions of business_date. 16 '
'hexadecimal digits; a run recomputes the date when it differs.';
COMMENT ON COLUMN out_exclusions.known_from IS
'Latest date from which an input of this date''s margin counts as known; the business_date itself '
'where no input was corrected later.';
COMMENT ON COLUMN out_exclusions.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_exclusions IS
'One row per business_date, model_id, mpor_days, account_id and version. Account-days without a '
'margin, each with the reason; never silently a margin of zero. Every version; out_exclusions '
'shows the rows in force.';
COMMENT ON COLUMN history.out_exclusions.business_date IS
'Date of the positions.';
COMMENT ON COLUMN history.out_exclusions.model_id IS
'Model that could not compute the margin.';
COMMENT ON COLUMN history.out_exclusions.mpor_days IS
'Margin period of risk, in dates of core_calendar.';
COMMENT ON COLUMN history.out_exclusions.account_id IS
'Account that holds positions and has no margin.';
COMMENT ON COLUMN history.out_exclusions.reason IS
'Why, as a sentence: how many moves the least known risk factor in use on the date has, and how '
'many the lookback needs.';
COMMENT ON COLUMN history.out_exclusions.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_exclusions.input_hash IS
'Hash of what the row was computed from: version of the program, model, prices with the terms of '
'their instruments and rates of every date up to business_date, positions of business_date. 16 '
'hexadecimal digits; a run recomputes the date when it differs.';
COMMENT ON COLUMN history.out_exclusions.known_from IS
'Latest date from which an input of this date''s margin counts as known; the business_date itself '
'where no input was corrected later.';
COMMENT ON COLUMN history.out_exclusions.known_to IS
'Date from which another version of its business_date and model took the place of this row; null '
'while the row is in force.';

COMMENT ON VIEW out_backtest IS
'One row per business_date, model_id, track, scope, scope_id, account_id and mpor_days. Loss of '
'each account, and of each node below it, over the horizon after the date, against the margin of '
'the date. Losses never net across accounts. Amounts are rounded to 4 decimals before they are '
'compared. Rows in force; history.out_backtest holds every version.';
COMMENT ON COLUMN out_backtest.business_date IS
'Date of the positions, which stay frozen over the horizon; an instrument that expires in it '
'keeps what it settled at.';
COMMENT ON COLUMN out_backtest.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_backtest.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN out_backtest.scope IS
'What the row is about: product, offset_group or account. The adequacy track has accounts only.';
COMMENT ON COLUMN out_backtest.scope_id IS
'Name of the product, the offset group or the account.';
COMMENT ON COLUMN out_backtest.account_id IS
'Account whose positions lost; losses of several accounts are never in one row.';
COMMENT ON COLUMN out_backtest.mpor_days IS
'Length of the horizon, in dates of core_calendar; the margin period of risk of the margin that '
'is tested.';
COMMENT ON COLUMN out_backtest.confidence_pct IS
'Confidence of the model''s risk measure in per cent, as in out_margin; null where the recomputed '
'margin does not exist.';
COMMENT ON COLUMN out_backtest.margin_basis IS
'Margin that is tested: capped in the core_model track; in the adequacy track called, or capped '
'where no called margin is known and the recomputed initial margin is tested.';
COMMENT ON COLUMN out_backtest.loss_basis IS
'Point of the horizon that the loss is taken at: end.';
COMMENT ON COLUMN out_backtest.horizon_end_date IS
'Date on which the horizon ends; null while it is pending.';
COMMENT ON COLUMN out_backtest.status IS
'observed: the loss is known; pending: the horizon has not ended; missing_price: it has ended, '
'but a price at its start or end, or the exchange rate at its end, is missing. Only observed rows '
'count as observations.';
COMMENT ON COLUMN out_backtest.loss_amount IS
'Loss at the end of the horizon, in reporting currency: above 0 is money lost, below 0 money '
'gained. Null unless the status is observed.';
COMMENT ON COLUMN out_backtest.worst_loss_amount IS
'Largest loss at any date of the horizon, in reporting currency, a figure of severity that is '
'never tested; below 0 where every date showed a gain. Null unless the status is observed and '
'every price and rate on the way is there.';
COMMENT ON COLUMN out_backtest.standalone_margin_amount IS
'Margin without offsets, in reporting currency, as in out_margin; null in the adequacy track '
'where it could not be computed.';
COMMENT ON COLUMN out_backtest.netted_margin_amount IS
'Margin with every offset, before the cap, in reporting currency, as in out_margin; null in the '
'adequacy track where it could not be computed.';
COMMENT ON COLUMN out_backtest.capped_margin_amount IS
'Margin after the cap on offset credit, in reporting currency, as in out_margin; null in the '
'adequacy track where it could not be computed.';
COMMENT ON COLUMN out_backtest.tested_margin_amount IS
'Margin that the loss is compared with, in reporting currency: the capped margin in the '
'core_model track; in the adequacy track the called one or, where it is not known, the recomputed '
'initial margin.';
COMMENT ON COLUMN out_backtest.is_exceedance IS
'Whether the loss is strictly greater than tested margin plus the model''s tolerance; null unless '
'the status is observed.';
COMMENT ON COLUMN out_backtest.shortfall_amount IS
'Loss less tested margin on an exceedance, in reporting currency; 0 on any other observed row, '
'null unless the status is observed.';
COMMENT ON COLUMN out_backtest.exceedance_class IS
'What would have covered a loss above the netted margin, exceedance or not: capped (the capped '
'margin holds), offset (it fails, the margin without offsets holds) or model (that fails too). In '
'the adequacy track called marks an exceedance that the recomputed capped margin covers. Null on '
'all other rows.';
COMMENT ON COLUMN out_backtest.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_backtest.input_hash IS
'Hash of what the date was computed from: the inputs of its margin, called margins and prices of '
'the horizons, followed by the input_hash of the margin tested, or by none. A run compares the '
'date anew when it differs.';
COMMENT ON COLUMN out_backtest.known_from IS
'Latest date from which an input of this date counts as known: its margin, its called margin or a '
'price of the longest horizon of the model. It is later than business_date as soon as a date of '
'the horizon is loaded.';
COMMENT ON COLUMN out_backtest.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_backtest IS
'One row per business_date, model_id, track, scope, scope_id, account_id, mpor_days and version. '
'Loss of each account, and of each node below it, over the horizon after the date, against the '
'margin of the date. Losses never net across accounts. Amounts are rounded to 4 decimals before '
'they are compared. Every version; out_backtest shows the rows in force.';
COMMENT ON COLUMN history.out_backtest.business_date IS
'Date of the positions, which stay frozen over the horizon; an instrument that expires in it '
'keeps what it settled at.';
COMMENT ON COLUMN history.out_backtest.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_backtest.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN history.out_backtest.scope IS
'What the row is about: product, offset_group or account. The adequacy track has accounts only.';
COMMENT ON COLUMN history.out_backtest.scope_id IS
'Name of the product, the offset group or the account.';
COMMENT ON COLUMN history.out_backtest.account_id IS
'Account whose positions lost; losses of several accounts are never in one row.';
COMMENT ON COLUMN history.out_backtest.mpor_days IS
'Length of the horizon, in dates of core_calendar; the margin period of risk of the margin that '
'is tested.';
COMMENT ON COLUMN history.out_backtest.confidence_pct IS
'Confidence of the model''s risk measure in per cent, as in out_margin; null where the recomputed '
'margin does not exist.';
COMMENT ON COLUMN history.out_backtest.margin_basis IS
'Margin that is tested: capped in the core_model track; in the adequacy track called, or capped '
'where no called margin is known and the recomputed initial margin is tested.';
COMMENT ON COLUMN history.out_backtest.loss_basis IS
'Point of the horizon that the loss is taken at: end.';
COMMENT ON COLUMN history.out_backtest.horizon_end_date IS
'Date on which the horizon ends; null while it is pending.';
COMMENT ON COLUMN history.out_backtest.status IS
'observed: the loss is known; pending: the horizon has not ended; missing_price: it has ended, '
'but a price at its start or end, or the exchange rate at its end, is missing. Only observed rows '
'count as observations.';
COMMENT ON COLUMN history.out_backtest.loss_amount IS
'Loss at the end of the horizon, in reporting currency: above 0 is money lost, below 0 money '
'gained. Null unless the status is observed.';
COMMENT ON COLUMN history.out_backtest.worst_loss_amount IS
'Largest loss at any date of the horizon, in reporting currency, a figure of severity that is '
'never tested; below 0 where every date showed a gain. Null unless the status is observed and '
'every price and rate on the way is there.';
COMMENT ON COLUMN history.out_backtest.standalone_margin_amount IS
'Margin without offsets, in reporting currency, as in out_margin; null in the adequacy track '
'where it could not be computed.';
COMMENT ON COLUMN history.out_backtest.netted_margin_amount IS
'Margin with every offset, before the cap, in reporting currency, as in out_margin; null in the '
'adequacy track where it could not be computed.';
COMMENT ON COLUMN history.out_backtest.capped_margin_amount IS
'Margin after the cap on offset credit, in reporting currency, as in out_margin; null in the '
'adequacy track where it could not be computed.';
COMMENT ON COLUMN history.out_backtest.tested_margin_amount IS
'Margin that the loss is compared with, in reporting currency: the capped margin in the '
'core_model track; in the adequacy track the called one or, where it is not known, the recomputed '
'initial margin.';
COMMENT ON COLUMN history.out_backtest.is_exceedance IS
'Whether the loss is strictly greater than tested margin plus the model''s tolerance; null unless '
'the status is observed.';
COMMENT ON COLUMN history.out_backtest.shortfall_amount IS
'Loss less tested margin on an exceedance, in reporting currency; 0 on any other observed row, '
'null unless the status is observed.';
COMMENT ON COLUMN history.out_backtest.exceedance_class IS
'What would have covered a loss above the netted margin, exceedance or not: capped (the capped '
'margin holds), offset (it fails, the margin without offsets holds) or model (that fails too). In '
'the adequacy track called marks an exceedance that the recomputed capped margin covers. Null on '
'all other rows.';
COMMENT ON COLUMN history.out_backtest.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_backtest.input_hash IS
'Hash of what the date was computed from: the inputs of its margin, called margins and prices of '
'the horizons, followed by the input_hash of the margin tested, or by none. A run compares the '
'date anew when it differs.';
COMMENT ON COLUMN history.out_backtest.known_from IS
'Latest date from which an input of this date counts as known: its margin, its called margin or a '
'price of the longest horizon of the model. It is later than business_date as soon as a date of '
'the horizon is loaded.';
COMMENT ON COLUMN history.out_backtest.known_to IS
'Date from which another version of its business_date and model took the place of this row; null '
'while the row is in force.';

COMMENT ON VIEW out_coverage IS
'One row per as_of_date, model_id, track, scope, scope_id, mpor_days, window_name and '
'margin_basis. How often the margin was enough, as it was known on a date. Amounts are rounded to '
'4 decimals. Rows in force; history.out_coverage holds every version.';
COMMENT ON COLUMN out_coverage.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_coverage.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_coverage.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN out_coverage.scope IS
'What is pooled: account; product and offset_group, that node of every account; member and firm, '
'the accounts together. Account-days are counted and shortfalls summed, losses never net. The '
'adequacy track has account, member and firm only.';
COMMENT ON COLUMN out_coverage.scope_id IS
'Name of the account, product, offset group or member; firm for the scope firm.';
COMMENT ON COLUMN out_coverage.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN out_coverage.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN out_coverage.window_days IS
'Dates of the window on which the scope has an observation; fewer than the window''s where it '
'held nothing on some.';
COMMENT ON COLUMN out_coverage.confidence_pct IS
'Coverage that the margin must reach, in per cent: 99 for 99 %. The model''s target, not the '
'confidence of its risk measure.';
COMMENT ON COLUMN out_coverage.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN out_coverage.loss_basis IS
'Point of the horizon that the loss is taken at: end.';
COMMENT ON COLUMN out_coverage.observations IS
'Account-days (or days of the node of an account) with a known loss. Pending days and days with a '
'missing price are outside.';
COMMENT ON COLUMN out_coverage.exceedances IS
'Observations whose loss is strictly greater than the margin plus the model''s tolerance.';
COMMENT ON COLUMN out_coverage.expected_exceedances IS
'Exceedances that the target leads one to expect: observations x (1 - confidence_pct / 100).';
COMMENT ON COLUMN out_coverage.coverage_pct IS
'Share of observations that are no exceedance, in per cent; null without an observation.';
COMMENT ON COLUMN out_coverage.coverage_low_pct IS
'Lower bound of the exact two-sided 95 % interval of coverage (Clopper and Pearson), in per cent; '
'null without an observation. It takes observations as independent.';
COMMENT ON COLUMN out_coverage.coverage_high_pct IS
'Upper bound of the exact two-sided 95 % interval of coverage (Clopper and Pearson), in per cent; '
'null without an observation. It takes observations as independent.';
COMMENT ON COLUMN out_coverage.zone IS
'Traffic-light zone of the count: green, yellow or red, by the probability of at most so many '
'exceedances if coverage is on target: yellow from 95 %, red from 99.99 %; green without an '
'exceedance, null without an observation.';
COMMENT ON COLUMN out_coverage.largest_shortfall_amount IS
'Largest loss less margin among the exceedances, in reporting currency; 0 where there is none.';
COMMENT ON COLUMN out_coverage.total_shortfall_amount IS
'Sum over the exceedances of loss less margin, in reporting currency; 0 where there is none.';
COMMENT ON COLUMN out_coverage.pending_count IS
'Account-days whose horizon has not ended by as_of_date, whatever the window; outside the '
'observations.';
COMMENT ON COLUMN out_coverage.missing_price_count IS
'Account-days of the window whose loss is unknown for want of a price or a rate; outside the '
'observations.';
COMMENT ON COLUMN out_coverage.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_coverage.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN out_coverage.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_coverage IS
'One row per as_of_date, model_id, track, scope, scope_id, mpor_days, window_name, margin_basis '
'and version. How often the margin was enough, as it was known on a date. Amounts are rounded to '
'4 decimals. Every version; out_coverage shows the rows in force.';
COMMENT ON COLUMN history.out_coverage.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN history.out_coverage.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_coverage.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN history.out_coverage.scope IS
'What is pooled: account; product and offset_group, that node of every account; member and firm, '
'the accounts together. Account-days are counted and shortfalls summed, losses never net. The '
'adequacy track has account, member and firm only.';
COMMENT ON COLUMN history.out_coverage.scope_id IS
'Name of the account, product, offset group or member; firm for the scope firm.';
COMMENT ON COLUMN history.out_coverage.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN history.out_coverage.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN history.out_coverage.window_days IS
'Dates of the window on which the scope has an observation; fewer than the window''s where it '
'held nothing on some.';
COMMENT ON COLUMN history.out_coverage.confidence_pct IS
'Coverage that the margin must reach, in per cent: 99 for 99 %. The model''s target, not the '
'confidence of its risk measure.';
COMMENT ON COLUMN history.out_coverage.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN history.out_coverage.loss_basis IS
'Point of the horizon that the loss is taken at: end.';
COMMENT ON COLUMN history.out_coverage.observations IS
'Account-days (or days of the node of an account) with a known loss. Pending days and days with a '
'missing price are outside.';
COMMENT ON COLUMN history.out_coverage.exceedances IS
'Observations whose loss is strictly greater than the margin plus the model''s tolerance.';
COMMENT ON COLUMN history.out_coverage.expected_exceedances IS
'Exceedances that the target leads one to expect: observations x (1 - confidence_pct / 100).';
COMMENT ON COLUMN history.out_coverage.coverage_pct IS
'Share of observations that are no exceedance, in per cent; null without an observation.';
COMMENT ON COLUMN history.out_coverage.coverage_low_pct IS
'Lower bound of the exact two-sided 95 % interval of coverage (Clopper and Pearson), in per cent; '
'null without an observation. It takes observations as independent.';
COMMENT ON COLUMN history.out_coverage.coverage_high_pct IS
'Upper bound of the exact two-sided 95 % interval of coverage (Clopper and Pearson), in per cent; '
'null without an observation. It takes observations as independent.';
COMMENT ON COLUMN history.out_coverage.zone IS
'Traffic-light zone of the count: green, yellow or red, by the probability of at most so many '
'exceedances if coverage is on target: yellow from 95 %, red from 99.99 %; green without an '
'exceedance, null without an observation.';
COMMENT ON COLUMN history.out_coverage.largest_shortfall_amount IS
'Largest loss less margin among the exceedances, in reporting currency; 0 where there is none.';
COMMENT ON COLUMN history.out_coverage.total_shortfall_amount IS
'Sum over the exceedances of loss less margin, in reporting currency; 0 where there is none.';
COMMENT ON COLUMN history.out_coverage.pending_count IS
'Account-days whose horizon has not ended by as_of_date, whatever the window; outside the '
'observations.';
COMMENT ON COLUMN history.out_coverage.missing_price_count IS
'Account-days of the window whose loss is unknown for want of a price or a rate; outside the '
'observations.';
COMMENT ON COLUMN history.out_coverage.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_coverage.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN history.out_coverage.known_to IS
'Date from which another version of its as_of_date and model took the place of this row; null '
'while the row is in force.';

COMMENT ON VIEW out_coverage_tests IS
'One row per as_of_date, model_id, track, scope, scope_id, mpor_days, window_name, margin_basis '
'and test. Statistical tests of the exceedances counted in out_coverage. A model and horizon '
'without a single margin has one row that says why. Rows in force; history.out_coverage_tests '
'holds every version.';
COMMENT ON COLUMN out_coverage_tests.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_coverage_tests.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_coverage_tests.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN out_coverage_tests.scope IS
'What is pooled: account; product and offset_group, that node of every account; member and firm, '
'the accounts together. Account-days are counted and shortfalls summed, losses never net. The '
'adequacy track has account, member and firm only.';
COMMENT ON COLUMN out_coverage_tests.scope_id IS
'Name of the account, product, offset group or member; firm for the scope firm.';
COMMENT ON COLUMN out_coverage_tests.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN out_coverage_tests.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN out_coverage_tests.window_days IS
'Dates of the window on which the scope has an observation; fewer than the window''s where it '
'held nothing on some.';
COMMENT ON COLUMN out_coverage_tests.confidence_pct IS
'Coverage that the margin must reach, in per cent: 99 for 99 %. The model''s target, not the '
'confidence of its risk measure.';
COMMENT ON COLUMN out_coverage_tests.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN out_coverage_tests.loss_basis IS
'Point of the horizon that the loss is taken at: end.';
COMMENT ON COLUMN out_coverage_tests.test IS
'Name of the test: traffic_light, kupiec_pof (proportion of failures) or binomial_exact.';
COMMENT ON COLUMN out_coverage_tests.observations IS
'Account-days (or days of the node of an account) with a known loss.';
COMMENT ON COLUMN out_coverage_tests.exceedances IS
'Observations whose loss is strictly greater than the margin plus the model''s tolerance.';
COMMENT ON COLUMN out_coverage_tests.statistic IS
'Value of the statistic: the probability of at most so many exceedances (traffic_light), the '
'likelihood ratio (kupiec_pof) or the count (binomial_exact). Null where data are insufficient.';
COMMENT ON COLUMN out_coverage_tests.p_value IS
'Probability of a result at least as extreme if the margin is as accurate as its target says, 0 '
'to 1; null where data are insufficient.';
COMMENT ON COLUMN out_coverage_tests.decision IS
'accept; reject: too many exceedances for the target; conservative: rejected because margin is '
'too high, which never counts against it; insufficient_data.';
COMMENT ON COLUMN out_coverage_tests.reason IS
'Why data are insufficient, or a remark on reading the result; empty where there is none.';
COMMENT ON COLUMN out_coverage_tests.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_coverage_tests.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN out_coverage_tests.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_coverage_tests IS
'One row per as_of_date, model_id, track, scope, scope_id, mpor_days, window_name, margin_basis, '
'test and version. Statistical tests of the exceedances counted in out_coverage. A model and '
'horizon without a single margin has one row that says why. Every version; out_coverage_tests '
'shows the rows in force.';
COMMENT ON COLUMN history.out_coverage_tests.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN history.out_coverage_tests.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_coverage_tests.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN history.out_coverage_tests.scope IS
'What is pooled: account; product and offset_group, that node of every account; member and firm, '
'the accounts together. Account-days are counted and shortfalls summed, losses never net. The '
'adequacy track has account, member and firm only.';
COMMENT ON COLUMN history.out_coverage_tests.scope_id IS
'Name of the account, product, offset group or member; firm for the scope firm.';
COMMENT ON COLUMN history.out_coverage_tests.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN history.out_coverage_tests.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN history.out_coverage_tests.window_days IS
'Dates of the window on which the scope has an observation; fewer than the window''s where it '
'held nothing on some.';
COMMENT ON COLUMN history.out_coverage_tests.confidence_pct IS
'Coverage that the margin must reach, in per cent: 99 for 99 %. The model''s target, not the '
'confidence of its risk measure.';
COMMENT ON COLUMN history.out_coverage_tests.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN history.out_coverage_tests.loss_basis IS
'Point of the horizon that the loss is taken at: end.';
COMMENT ON COLUMN history.out_coverage_tests.test IS
'Name of the test: traffic_light, kupiec_pof (proportion of failures) or binomial_exact.';
COMMENT ON COLUMN history.out_coverage_tests.observations IS
'Account-days (or days of the node of an account) with a known loss.';
COMMENT ON COLUMN history.out_coverage_tests.exceedances IS
'Observations whose loss is strictly greater than the margin plus the model''s tolerance.';
COMMENT ON COLUMN history.out_coverage_tests.statistic IS
'Value of the statistic: the probability of at most so many exceedances (traffic_light), the '
'likelihood ratio (kupiec_pof) or the count (binomial_exact). Null where data are insufficient.';
COMMENT ON COLUMN history.out_coverage_tests.p_value IS
'Probability of a result at least as extreme if the margin is as accurate as its target says, 0 '
'to 1; null where data are insufficient.';
COMMENT ON COLUMN history.out_coverage_tests.decision IS
'accept; reject: too many exceedances for the target; conservative: rejected because margin is '
'too high, which never counts against it; insufficient_data.';
COMMENT ON COLUMN history.out_coverage_tests.reason IS
'Why data are insufficient, or a remark on reading the result; empty where there is none.';
COMMENT ON COLUMN history.out_coverage_tests.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_coverage_tests.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN history.out_coverage_tests.known_to IS
'Date from which another version of its as_of_date and model took the place of this row; null '
'while the row is in force.';

COMMENT ON VIEW out_contract_results IS
'One row per business_date, contract, rule and column_name. What each rule of a data contract '
'found in the delivery that last brought a date, passed or not. Rows in force; '
'history.out_contract_results holds every version.';
COMMENT ON COLUMN out_contract_results.business_date IS
'Date of the rows; null for what has no date (instruments, accounts) and for files refused as a '
'whole.';
COMMENT ON COLUMN out_contract_results.contract IS
'Data contract, as in data_contracts.';
COMMENT ON COLUMN out_contract_results.rule IS
'Rule of the contract; readable says whether the rows could be read at all.';
COMMENT ON COLUMN out_contract_results.column_name IS
'Column that the rule is about; empty for the rule readable.';
COMMENT ON COLUMN out_contract_results.severity IS
'What a failing row does: stop (nothing of the date is loaded, or nothing at all where the date '
'is null) or warn (counted and shown).';
COMMENT ON COLUMN out_contract_results.checked_count IS
'Rows looked at; 0 where the rule could not be applied because rows it needs could not be read.';
COMMENT ON COLUMN out_contract_results.failed_count IS
'Rows that break the rule, or that it misses.';
COMMENT ON COLUMN out_contract_results.message IS
'First defect as a sentence, or why the rule was not applied; empty where the rule holds.';
COMMENT ON COLUMN out_contract_results.known_from IS
'The business_date; 1970-01-01 where there is none.';
COMMENT ON COLUMN out_contract_results.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_contract_results IS
'One row per business_date, contract, rule, column_name and version. What each rule of a data '
'contract found in the delivery that last brought a date, passed or not. Every version; '
'out_contract_results shows the rows in force.';
COMMENT ON COLUMN history.out_contract_results.business_date IS
'Date of the rows; null for what has no date (instruments, accounts) and for files refused as a '
'whole.';
COMMENT ON COLUMN history.out_contract_results.contract IS
'Data contract, as in data_contracts.';
COMMENT ON COLUMN history.out_contract_results.rule IS
'Rule of the contract; readable says whether the rows could be read at all.';
COMMENT ON COLUMN history.out_contract_results.column_name IS
'Column that the rule is about; empty for the rule readable.';
COMMENT ON COLUMN history.out_contract_results.severity IS
'What a failing row does: stop (nothing of the date is loaded, or nothing at all where the date '
'is null) or warn (counted and shown).';
COMMENT ON COLUMN history.out_contract_results.checked_count IS
'Rows looked at; 0 where the rule could not be applied because rows it needs could not be read.';
COMMENT ON COLUMN history.out_contract_results.failed_count IS
'Rows that break the rule, or that it misses.';
COMMENT ON COLUMN history.out_contract_results.message IS
'First defect as a sentence, or why the rule was not applied; empty where the rule holds.';
COMMENT ON COLUMN history.out_contract_results.known_from IS
'The business_date; 1970-01-01 where there is none.';
COMMENT ON COLUMN history.out_contract_results.known_to IS
'Date from which the results of another delivery of this date and contract took the place of this '
'row; null while the row is in force.';

COMMENT ON TABLE out_exceptions IS
'One row per exception_id and known_from. Investigations of exceedances: what was found, by whom, '
'and where each stands. The row in force has no known_to.';
COMMENT ON COLUMN out_exceptions.exception_id IS
'Identifier of the investigation.';
COMMENT ON COLUMN out_exceptions.business_date IS
'Date of the exceedance, as in out_backtest.';
COMMENT ON COLUMN out_exceptions.model_id IS
'Model of the exceedance, as in out_backtest.';
COMMENT ON COLUMN out_exceptions.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN out_exceptions.scope IS
'Scope of the exceedance, as in out_backtest.';
COMMENT ON COLUMN out_exceptions.scope_id IS
'Name of the product, the offset group or the account.';
COMMENT ON COLUMN out_exceptions.account_id IS
'Account whose loss exceeded the margin.';
COMMENT ON COLUMN out_exceptions.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN out_exceptions.cause IS
'Cause of the exceedance, as recorded; empty where none is.';
COMMENT ON COLUMN out_exceptions.status IS
'Where the investigation stands, as recorded.';
COMMENT ON COLUMN out_exceptions.note IS
'What the reviewer noted; empty where nothing is.';
COMMENT ON COLUMN out_exceptions.reviewer IS
'Who recorded it; empty where nobody has yet.';
COMMENT ON COLUMN out_exceptions.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_exceptions.known_from IS
'Date from which this state of the investigation counts as known.';
COMMENT ON COLUMN out_exceptions.known_to IS
'Date from which a later state took its place; null while the row is in force.';

COMMENT ON TABLE out_runs IS
'One row per run_id. Run log: what each command read, with which parameters and code, and what it '
'left. Running the same command on the same inputs again replaces its row.';
COMMENT ON COLUMN out_runs.run_id IS
'Hash of command, business date, input checksums, parameters and code, never of the clock: the '
'same run has the same id on every machine. 16 hexadecimal digits.';
COMMENT ON COLUMN out_runs.command IS
'Command that ran: load, margin, backtest, daily or backfill.';
COMMENT ON COLUMN out_runs.business_date IS
'Date that it ran for: the last one of a range, the as-of date of a backtest, the latest business '
'date that a load accepted; null where a load accepted no dated row.';
COMMENT ON COLUMN out_runs.input_checksums IS
'JSON object of SHA-256 checksums by file: the files of the delivery for a load, every file read '
'so far for other commands.';
COMMENT ON COLUMN out_runs.parameter_hash IS
'Hash over the parameters of all models of the run, 16 hexadecimal digits; empty where none was '
'used.';
COMMENT ON COLUMN out_runs.code_version IS
'Version of the program and a hash of its code, SQL, templates, contracts and models.';
COMMENT ON COLUMN out_runs.row_counts IS
'JSON object of row counts: rows accepted by kind of file for a load; rows in force in '
'out_margin, out_backtest and out_coverage after any other command.';
COMMENT ON COLUMN out_runs.status IS
'done, or stopped where a load refused something.';
COMMENT ON COLUMN out_runs.known_from IS
'The business_date; null where there is none.';
COMMENT ON COLUMN out_runs.known_to IS
'Null on every row: a run is never superseded.';

COMMENT ON TABLE schema_migrations IS
'One row per name. Migrations that this warehouse has seen.';
COMMENT ON COLUMN schema_migrations.name IS
'File name of the migration in sql/migrations.';

COMMENT ON VIEW core_files IS
'One row per file_sha256. Every file that was read, refused ones included; a file with the same '
'bytes has one row, under the name it last came with.';
COMMENT ON COLUMN core_files.file_sha256 IS
'SHA-256 of the bytes of the file, in hexadecimal.';
COMMENT ON COLUMN core_files.file_name IS
'Name of the file, without its folder.';
COMMENT ON COLUMN core_files.kind IS
'What the file holds, told by how its name begins: instruments, accounts, prices, positions, '
'fx_rates, margin_called or collateral.';
COMMENT ON COLUMN core_files.row_count IS
'Rows in the file, loaded or not; blank lines are no rows. 0 where the rows could not be told '
'apart.';
COMMENT ON COLUMN core_files.quarantined_count IS
'Rows of the file in raw_quarantine. A row that was not loaded only because its date or the whole '
'delivery was stopped is not among them.';
COMMENT ON COLUMN core_files.known_from IS
'Latest business date of the rows loaded together with the file; null where no dated row was '
'loaded.';
COMMENT ON VIEW core_quarantine IS
'One row per file_sha256, row_number, column_name and reason. Rows left out, each with the '
'reason: rows that could not be read, once with the first column at fault, and rows that a '
'contract leaves out, once for each rule. Reading the same file again replaces its rows.';
COMMENT ON COLUMN core_quarantine.file_sha256 IS
'SHA-256 of the file, as in raw_files.';
COMMENT ON COLUMN core_quarantine.file_name IS
'Name of the file, without its folder.';
COMMENT ON COLUMN core_quarantine.kind IS
'What the file holds, as in raw_files: instruments, accounts, prices, positions, fx_rates, '
'margin_called or collateral.';
COMMENT ON COLUMN core_quarantine.row_number IS
'Row in the file: in CSV the header is row 1, in Parquet the first row is row 1.';
COMMENT ON COLUMN core_quarantine.business_date IS
'Business date of the row; null where it could not be read or the kind of file has none.';
COMMENT ON COLUMN core_quarantine.column_name IS
'First column at fault in a row that could not be read; otherwise the column that the rule is '
'about.';
COMMENT ON COLUMN core_quarantine.reason IS
'What is wrong with it, in words.';
