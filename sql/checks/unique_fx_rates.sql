-- Grain: row of the delivery that shares its key with another. Inputs: landed_fx_rates.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT
        business_date,
        currency
    FROM landed_fx_rates
    GROUP BY business_date, currency
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.currency AS value
FROM landed_fx_rates AS landed
SEMI JOIN repeated
    ON
        landed.business_date = repeated.business_date
        AND landed.currency = repeated.currency;
