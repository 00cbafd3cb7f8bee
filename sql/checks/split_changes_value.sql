-- Grain: row of adjustments. Inputs: landed_adjustments.
-- Use: contract adjustments; zero rows = pass. A split whose factors do not
-- multiply to one.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_adjustments AS landed
WHERE
    landed.event = 'split'
    AND abs(landed.quantity_factor * landed.price_factor - 1) > 1e-6;
