-- Grain: row of the delivery that shares its key with another. Inputs: landed_instruments.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT instrument_id FROM landed_instruments
    WHERE instrument_id IS NOT NULL
    GROUP BY instrument_id
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    NULL::DATE AS business_date,
    landed.instrument_id AS value
FROM landed_instruments AS landed
SEMI JOIN repeated
    ON landed.instrument_id = repeated.instrument_id;
