-- Grain: row of the delivery that shares its key with another. Inputs: landed_margin.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT
        business_date,
        model_id,
        mpor_days,
        account_id,
        node_level,
        node_id
    FROM landed_margin
    GROUP BY business_date, model_id, mpor_days, account_id, node_level, node_id
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat_ws(
        ' ',
        landed.model_id,
        landed.mpor_days,
        landed.account_id,
        landed.node_level,
        landed.node_id
    ) AS value
FROM landed_margin AS landed
SEMI JOIN repeated
    ON
        landed.business_date = repeated.business_date
        AND landed.model_id = repeated.model_id
        AND landed.mpor_days = repeated.mpor_days
        AND landed.account_id = repeated.account_id
        AND landed.node_level = repeated.node_level
        AND landed.node_id = repeated.node_id;
