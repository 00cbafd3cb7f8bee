-- Grain: row of instruments. Inputs: landed_instruments.
-- Use: contract instruments; zero rows = pass. An option that cannot be revalued, and which of its
-- terms are missing.
SELECT
    file_number,
    row_number,
    NULL::DATE AS business_date,
    concat(
        instrument_id,
        ' without ',
        concat_ws(
            ', ',
            CASE WHEN underlying IS NULL THEN 'underlying' END,
            CASE WHEN expiry_date IS NULL THEN 'expiry_date' END,
            CASE WHEN strike IS NULL THEN 'strike' END,
            CASE WHEN option_type IS NULL THEN 'option_type' END
        )
    ) AS value
FROM landed_instruments
WHERE
    kind = 'option'
    AND (underlying IS NULL OR expiry_date IS NULL OR strike IS NULL OR option_type IS NULL);
