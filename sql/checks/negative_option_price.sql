-- Grain: row of prices. Inputs: landed_prices, instruments_in_force.
-- Use: contract prices; zero rows = pass. A right is never worth less than nothing; spot and
-- futures prices may be zero or negative.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat(landed.instrument_id, ' at ', landed.settlement_price) AS value
FROM landed_prices AS landed
INNER JOIN instruments_in_force AS instruments ON landed.instrument_id = instruments.instrument_id
WHERE
    instruments.kind = 'option'
    AND landed.settlement_price < 0;
