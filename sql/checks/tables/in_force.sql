-- Grain: as named. Inputs: landed_* (this delivery) and known_* (already loaded), registered by the
-- caller. Use: run once before the checks; the tables and views that more than one check reads.
-- Delivered rows take the place of known ones: by key for reference data, by date for the rest.

-- One row per instrument; a repeated key is a defect of its own and must not multiply others.
CREATE OR REPLACE TEMP TABLE instruments_in_force AS
WITH described AS (
    SELECT
        instrument_id,
        kind,
        underlying,
        currency,
        settlement,
        expiry_date,
        shock_type
    FROM landed_instruments
    UNION ALL
    SELECT
        known.instrument_id,
        known.kind,
        known.underlying,
        known.currency,
        known.settlement,
        known.expiry_date,
        known.shock_type
    FROM known_instruments AS known
    ANTI JOIN landed_instruments AS landed ON known.instrument_id = landed.instrument_id
)

SELECT DISTINCT ON (instrument_id)
    instrument_id,
    kind,
    underlying,
    currency,
    settlement,
    expiry_date,
    shock_type
FROM described
WHERE instrument_id IS NOT NULL
ORDER BY instrument_id;

CREATE OR REPLACE TEMP VIEW accounts_in_force AS
SELECT account_id FROM landed_accounts
WHERE account_id IS NOT NULL
UNION
SELECT account_id FROM known_accounts;

CREATE OR REPLACE TEMP VIEW prices_in_force AS
SELECT
    business_date,
    instrument_id,
    settlement_price,
    implied_vol
FROM landed_prices
UNION ALL
SELECT
    known.business_date,
    known.instrument_id,
    known.settlement_price,
    known.implied_vol
FROM known_prices AS known
ANTI JOIN landed_prices AS landed ON known.business_date = landed.business_date;

CREATE OR REPLACE TEMP VIEW fx_rates_in_force AS
SELECT
    business_date,
    currency,
    rate
FROM landed_fx_rates
UNION ALL
SELECT
    known.business_date,
    known.currency,
    known.rate
FROM known_fx_rates AS known
ANTI JOIN landed_fx_rates AS landed ON known.business_date = landed.business_date;

CREATE OR REPLACE TEMP TABLE position_dates AS
SELECT DISTINCT business_date FROM landed_positions;

CREATE OR REPLACE TEMP TABLE price_dates AS
SELECT DISTINCT business_date FROM prices_in_force;

-- What is held on a date, whoever holds it.
CREATE OR REPLACE TEMP TABLE held AS
SELECT DISTINCT
    business_date,
    instrument_id
FROM landed_positions
WHERE quantity != 0
UNION
SELECT DISTINCT
    known.business_date,
    known.instrument_id
FROM known_positions AS known
ANTI JOIN position_dates AS landed ON known.business_date = landed.business_date
WHERE known.quantity != 0;

-- What must have a price on a date: what is held, and the underlyings of the options held.
CREATE OR REPLACE TEMP TABLE needed AS
SELECT
    business_date,
    instrument_id
FROM held
UNION
SELECT
    held.business_date,
    instruments.underlying AS instrument_id
FROM held
INNER JOIN instruments_in_force AS instruments ON held.instrument_id = instruments.instrument_id
WHERE
    instruments.kind = 'option'
    AND instruments.underlying IS NOT NULL
    AND instruments.expiry_date >= held.business_date;
