-- Grain: row of positions. Inputs: landed_positions, held, instruments_in_force, prices_in_force,
-- price_dates. Use: contract positions; zero rows = pass. A held instrument that has not expired
-- has no price on a date on which others have one.
WITH unpriced AS (
    SELECT
        held.business_date,
        held.instrument_id
    FROM held
    SEMI JOIN price_dates ON held.business_date = price_dates.business_date
    INNER JOIN instruments_in_force AS instruments
        ON held.instrument_id = instruments.instrument_id
    ANTI JOIN prices_in_force AS prices
        ON
            held.business_date = prices.business_date
            AND held.instrument_id = prices.instrument_id
    WHERE coalesce(instruments.expiry_date >= held.business_date, TRUE)
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_positions AS landed
SEMI JOIN unpriced
    ON
        landed.business_date = unpriced.business_date
        AND landed.instrument_id = unpriced.instrument_id
WHERE landed.quantity != 0;
