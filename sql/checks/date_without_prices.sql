-- Grain: row of positions. Inputs: landed_positions, price_dates.
-- Use: contract positions; zero rows = pass. A date with positions and no price at all.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    NULL::VARCHAR AS value
FROM landed_positions AS landed
ANTI JOIN price_dates ON landed.business_date = price_dates.business_date
WHERE landed.business_date IS NOT NULL;
