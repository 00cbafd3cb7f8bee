-- Grain: row of published_margins. Inputs: landed_published_margins.
-- Use: contract published_margins; zero rows = pass. A
-- maintenance margin above the initial one.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat_ws(' ', landed.exchange, landed.product) AS value
FROM landed_published_margins AS landed
WHERE landed.maintenance_amount > landed.initial_amount;
