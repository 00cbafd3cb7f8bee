-- Grain: row of positions. Inputs: landed_positions, instruments_in_force.
-- Use: contract positions; zero rows = pass. A position in an instrument that nobody described.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_positions AS landed
ANTI JOIN instruments_in_force AS instruments ON landed.instrument_id = instruments.instrument_id
WHERE landed.instrument_id IS NOT NULL;
