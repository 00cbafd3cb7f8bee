-- Grain: row of positions. Inputs: landed_positions, instruments_in_force, prices_in_force,
-- landed_prices. Use: contract positions; zero rows = pass. A held option whose price was loaded
-- earlier without implied volatility. Where prices come with the delivery,
-- option_price_without_vol.sql names the row of the prices instead.
WITH without_vol AS (
    SELECT
        prices.business_date,
        prices.instrument_id
    FROM prices_in_force AS prices
    INNER JOIN instruments_in_force AS instruments
        ON prices.instrument_id = instruments.instrument_id
    ANTI JOIN landed_prices ON prices.business_date = landed_prices.business_date
    WHERE
        instruments.kind = 'option'
        AND instruments.expiry_date > prices.business_date
        AND prices.implied_vol IS NULL
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_positions AS landed
SEMI JOIN without_vol
    ON
        landed.business_date = without_vol.business_date
        AND landed.instrument_id = without_vol.instrument_id
WHERE landed.quantity != 0;
