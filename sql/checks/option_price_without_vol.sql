-- Grain: row of prices. Inputs: landed_prices, held, instruments_in_force.
-- Use: contract prices; zero rows = pass. A held option before its expiry date without implied
-- volatility cannot be revalued; on the expiry date itself it is worth its intrinsic value.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_prices AS landed
SEMI JOIN held
    ON
        landed.business_date = held.business_date
        AND landed.instrument_id = held.instrument_id
INNER JOIN instruments_in_force AS instruments ON landed.instrument_id = instruments.instrument_id
WHERE
    instruments.kind = 'option'
    AND instruments.expiry_date > landed.business_date
    AND landed.implied_vol IS NULL
    AND landed.settlement_price IS NOT NULL;
