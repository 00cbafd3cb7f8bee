-- Grain: row of positions. Inputs: landed_positions, instruments_in_force, prices_in_force.
-- Use: contract positions; zero rows = pass. A position in an instrument that still has a price
-- after its expiry date: one of the two is wrong, and taking it as settled would hide a risk.
WITH prices AS (
    SELECT
        business_date,
        instrument_id
    FROM prices_in_force
    WHERE settlement_price IS NOT NULL
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat(landed.instrument_id, ' expired ', instruments.expiry_date) AS value
FROM landed_positions AS landed
INNER JOIN instruments_in_force AS instruments ON landed.instrument_id = instruments.instrument_id
SEMI JOIN prices
    ON
        landed.business_date = prices.business_date
        AND landed.instrument_id = prices.instrument_id
WHERE
    instruments.expiry_date < landed.business_date
    AND landed.quantity != 0;
