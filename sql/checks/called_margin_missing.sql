-- Grain: business date and account. Inputs: landed_margin_called, landed_positions,
-- known_positions, position_dates. Use: contract margin_called; zero rows = pass. An account with
-- positions on a date on which margin was called from others, but not from it: the adequacy track
-- then tests its recomputed initial margin, or nothing where it has none.
WITH delivered AS (
    SELECT
        business_date,
        min(file_number) AS file_number
    FROM landed_margin_called
    GROUP BY business_date
),

holders AS (
    SELECT
        business_date,
        account_id
    FROM landed_positions
    WHERE quantity != 0
    UNION
    SELECT
        known.business_date,
        known.account_id
    FROM known_positions AS known
    ANTI JOIN position_dates ON known.business_date = position_dates.business_date
    WHERE known.quantity != 0
)

SELECT
    delivered.file_number,
    NULL::BIGINT AS row_number,
    holders.business_date,
    holders.account_id AS value
FROM holders
INNER JOIN delivered ON holders.business_date = delivered.business_date
ANTI JOIN landed_margin_called AS landed
    ON
        holders.business_date = landed.business_date
        AND holders.account_id = landed.account_id;
