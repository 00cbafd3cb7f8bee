-- Grain: row of instruments. Inputs: landed_instruments.
-- Use: contract instruments; zero rows = pass. An option that does not say how its premium is paid.
SELECT
    file_number,
    row_number,
    NULL::DATE AS business_date,
    instrument_id AS value
FROM landed_instruments
WHERE
    kind = 'option'
    AND premium_style IS NULL;
