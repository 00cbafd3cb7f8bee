-- Grain: row of the delivery that shares its key with another. Inputs: landed_dividends.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT
        business_date,
        instrument_id
    FROM landed_dividends
    GROUP BY business_date, instrument_id
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_dividends AS landed
SEMI JOIN repeated
    ON
        landed.business_date = repeated.business_date
        AND landed.instrument_id = repeated.instrument_id;
