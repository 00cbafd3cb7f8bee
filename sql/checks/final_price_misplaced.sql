-- Grain: row of adjustments. Inputs: landed_adjustments.
-- Use: contract adjustments; zero rows = pass. A delisting without a final
-- price, or a final price beside another event.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    landed.instrument_id AS value
FROM landed_adjustments AS landed
WHERE (landed.event = 'delisting') != (landed.final_price IS NOT NULL);
