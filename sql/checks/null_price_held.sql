-- Grain: row of prices. Inputs: landed_prices, needed.
-- Use: contract prices; zero rows = pass. No price for an instrument that is held on that date, or
-- on which a held option is written.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_prices AS landed
SEMI JOIN needed
    ON
        landed.business_date = needed.business_date
        AND landed.instrument_id = needed.instrument_id
WHERE landed.settlement_price IS NULL;
