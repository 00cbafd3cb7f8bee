-- Grain: row of positions. Inputs: landed_positions, held, instruments_in_force, prices_in_force,
-- price_dates. Use: contract positions; zero rows = pass. A held option is revalued on the price of
-- its underlying, which has none on that date.
WITH unpriced AS (
    SELECT
        held.business_date,
        held.instrument_id,
        options.underlying
    FROM held
    SEMI JOIN price_dates ON held.business_date = price_dates.business_date
    INNER JOIN instruments_in_force AS options ON held.instrument_id = options.instrument_id
    SEMI JOIN instruments_in_force AS underlyings
        ON options.underlying = underlyings.instrument_id
    ANTI JOIN prices_in_force AS prices
        ON
            held.business_date = prices.business_date
            AND options.underlying = prices.instrument_id
    WHERE
        options.kind = 'option'
        AND options.expiry_date >= held.business_date
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat(landed.instrument_id, ' on ', unpriced.underlying) AS value
FROM landed_positions AS landed
INNER JOIN unpriced
    ON
        landed.business_date = unpriced.business_date
        AND landed.instrument_id = unpriced.instrument_id
WHERE landed.quantity != 0;
