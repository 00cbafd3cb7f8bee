-- Grain: row of adjustments. Inputs: landed_adjustments, instruments_in_force.
-- Use: contract adjustments; zero rows = pass. A row of an instrument
-- that nobody described.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_adjustments AS landed
ANTI JOIN instruments_in_force AS instrument ON landed.instrument_id = instrument.instrument_id
WHERE landed.instrument_id IS NOT NULL;
