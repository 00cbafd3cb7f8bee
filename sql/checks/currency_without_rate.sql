-- Grain: row of positions. Inputs: landed_positions, held, instruments_in_force, fx_rates_in_force;
-- parameter reporting_currency. Use: contract positions; zero rows = pass. A held instrument in a
-- foreign currency that has no rate on that date.
WITH foreign_instruments AS (
    SELECT
        instrument_id,
        currency
    FROM instruments_in_force
    WHERE currency != $reporting_currency
),

rates AS (
    SELECT
        business_date,
        currency
    FROM fx_rates_in_force
    WHERE rate IS NOT NULL
),

unconverted AS (
    SELECT
        held.business_date,
        held.instrument_id,
        instruments.currency
    FROM held
    INNER JOIN foreign_instruments AS instruments
        ON held.instrument_id = instruments.instrument_id
    ANTI JOIN rates
        ON
            held.business_date = rates.business_date
            AND instruments.currency = rates.currency
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat(landed.instrument_id, ' in ', unconverted.currency) AS value
FROM landed_positions AS landed
INNER JOIN unconverted
    ON
        landed.business_date = unconverted.business_date
        AND landed.instrument_id = unconverted.instrument_id
WHERE landed.quantity != 0;
