-- Grain: business date and instrument. Inputs: landed_prices, needed, position_dates,
-- instruments_in_force. Use: contract prices; zero rows = pass. Prices that replace those of a date
-- lack an instrument that the positions loaded earlier need. Positions that come with the delivery
-- are named by held_without_price.sql and underlying_without_price.sql instead.
WITH delivered AS (
    SELECT
        business_date,
        min(file_number) AS file_number
    FROM landed_prices
    GROUP BY business_date
)

SELECT
    delivered.file_number,
    NULL::BIGINT AS row_number,
    needed.business_date,
    needed.instrument_id AS value
FROM needed
INNER JOIN delivered ON needed.business_date = delivered.business_date
INNER JOIN instruments_in_force AS instruments ON needed.instrument_id = instruments.instrument_id
ANTI JOIN position_dates ON needed.business_date = position_dates.business_date
ANTI JOIN landed_prices AS landed
    ON
        needed.business_date = landed.business_date
        AND needed.instrument_id = landed.instrument_id
WHERE coalesce(instruments.expiry_date >= needed.business_date, TRUE);
