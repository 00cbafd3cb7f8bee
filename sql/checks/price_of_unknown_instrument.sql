-- Grain: row of prices. Inputs: landed_prices, instruments_in_force.
-- Use: contract prices; zero rows = pass. A price of an instrument that nobody described.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_prices AS landed
ANTI JOIN instruments_in_force AS instruments ON landed.instrument_id = instruments.instrument_id
WHERE landed.instrument_id IS NOT NULL;
