-- Grain: row of prices. Inputs: landed_prices, instruments_in_force.
-- Use: contract prices; zero rows = pass. An inverse contract pays in coin, in units of one over
-- the price, which does not exist at zero or below.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat(landed.instrument_id, ' at ', landed.settlement_price) AS value
FROM landed_prices AS landed
INNER JOIN instruments_in_force AS instruments ON landed.instrument_id = instruments.instrument_id
WHERE
    instruments.settlement = 'inverse'
    AND instruments.kind != 'option'
    AND landed.settlement_price <= 0;
