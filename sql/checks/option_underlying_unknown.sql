-- Grain: row of instruments. Inputs: landed_instruments, instruments_in_force.
-- Use: contract instruments; zero rows = pass. An option written on an instrument that nobody
-- described, whose price it would be revalued on.
SELECT
    landed.file_number,
    landed.row_number,
    NULL::DATE AS business_date,
    concat(landed.instrument_id, ' on ', landed.underlying) AS value
FROM landed_instruments AS landed
ANTI JOIN instruments_in_force AS instruments ON landed.underlying = instruments.instrument_id
WHERE
    landed.kind = 'option'
    AND landed.underlying IS NOT NULL;
