-- Grain: row of the delivery that shares its key with another. Inputs: landed_positions.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT
        business_date,
        account_id,
        instrument_id
    FROM landed_positions
    GROUP BY business_date, account_id, instrument_id
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat_ws(' ', landed.account_id, landed.instrument_id) AS value
FROM landed_positions AS landed
SEMI JOIN repeated
    ON
        landed.business_date = repeated.business_date
        AND landed.account_id = repeated.account_id
        AND landed.instrument_id = repeated.instrument_id;
