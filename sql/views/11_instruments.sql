-- Grain: instrument_id, version. Inputs: history.raw_instruments.
-- Use: what is traded, slowly changing: join on instrument_id and is_current, or for an earlier
-- state on valid_from and valid_to.
CREATE OR REPLACE VIEW instruments AS
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
    known_from AS valid_from,
    known_to AS valid_to,
    known_to IS NULL AS is_current
FROM history.raw_instruments;

COMMENT ON VIEW instruments IS
'One row per instrument_id and valid_from. What is traded, slowly changing: a correction '
'closes a version and opens the next.';
COMMENT ON COLUMN instruments.instrument_id IS
'Identifier of the instrument, used by prices and positions.';
COMMENT ON COLUMN instruments.product IS
'Product that the instrument belongs to; positions of one product net first.';
COMMENT ON COLUMN instruments.kind IS
'What the instrument is: spot, future, perpetual or option.';
COMMENT ON COLUMN instruments.underlying IS
'instrument_id that an option is written on; null for what is no option.';
COMMENT ON COLUMN instruments.risk_factor IS
'Price series whose moves shock the instrument. Instruments that share one form a curve of '
'nearby contracts, unless one of them bears its name; an option moves with its underlying.';
COMMENT ON COLUMN instruments.currency IS
'Currency that profit and loss are computed in before core_fx_rates convert them. For an '
'inverse contract the currency that its underlying is quoted in, not the coin it pays.';
COMMENT ON COLUMN instruments.settlement IS
'How it pays: linear, in its currency, or inverse, in coin.';
COMMENT ON COLUMN instruments.multiplier IS
'Units of the underlying in one contract, above 0; for an inverse future or perpetual its '
'face value in currency.';
COMMENT ON COLUMN instruments.expiry_date IS
'Last trading date; null for what does not expire.';
COMMENT ON COLUMN instruments.strike IS
'Strike price of an option, in currency per unit of the underlying; null for what is no '
'option.';
COMMENT ON COLUMN instruments.option_type IS
'Right of an option: call or put; null for what is no option.';
COMMENT ON COLUMN instruments.premium_style IS
'How the premium of an option is paid: upfront or futures_style; null where it is not stated.';
COMMENT ON COLUMN instruments.shock_type IS
'How moves of the price are measured: log, or absolute, which admits prices at or below zero; '
'null leaves it to the model.';
COMMENT ON COLUMN instruments.valid_from IS
'Date from which this version counts as known; 1970-01-01 for the first.';
COMMENT ON COLUMN instruments.valid_to IS
'Date from which another version took its place; null while it is in force.';
COMMENT ON COLUMN instruments.is_current IS
'Whether this version is in force: true on one row of each instrument.';
