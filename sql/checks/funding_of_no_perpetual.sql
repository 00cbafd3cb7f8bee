-- Grain: row of funding. Inputs: landed_funding, instruments_in_force.
-- Use: contract funding; zero rows = pass. Funding of what is no known
-- perpetual contract.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_funding AS landed
ANTI JOIN instruments_in_force AS instrument
    ON
        landed.instrument_id = instrument.instrument_id
        AND instrument.kind = 'perpetual'
WHERE landed.instrument_id IS NOT NULL;
