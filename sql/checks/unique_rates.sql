-- Grain: row of the delivery that shares its key with another. Inputs: landed_rates.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT
        business_date,
        currency,
        tenor_days
    FROM landed_rates
    GROUP BY business_date, currency, tenor_days
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat_ws(' ', landed.currency, landed.tenor_days) AS value
FROM landed_rates AS landed
SEMI JOIN repeated
    ON
        landed.business_date = repeated.business_date
        AND landed.currency = repeated.currency
        AND landed.tenor_days = repeated.tenor_days;
