-- Grain: row of the delivery that shares its key with another. Inputs: landed_published_margins.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT
        business_date,
        exchange,
        product
    FROM landed_published_margins
    GROUP BY business_date, exchange, product
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat_ws(' ', landed.exchange, landed.product) AS value
FROM landed_published_margins AS landed
SEMI JOIN repeated
    ON
        landed.business_date = repeated.business_date
        AND landed.exchange = repeated.exchange
        AND landed.product = repeated.product;
