-- Grain: row of prices. Inputs: landed_prices, instruments_in_force.
-- Use: contract prices; zero rows = pass. A price at or below zero of an instrument that is
-- declared to move by logarithmic shocks; legal, but the declaration no longer fits.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat(landed.instrument_id, ' at ', landed.settlement_price) AS value
FROM landed_prices AS landed
INNER JOIN instruments_in_force AS instruments ON landed.instrument_id = instruments.instrument_id
WHERE
    instruments.shock_type = 'log'
    AND instruments.kind != 'option'
    AND instruments.settlement != 'inverse'
    AND landed.settlement_price <= 0;
