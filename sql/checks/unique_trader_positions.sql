-- Grain: row of the delivery that shares its key with another. Inputs: landed_trader_positions.
-- Use: the unique_key rule of the contract; zero rows = pass.
WITH repeated AS (
    SELECT
        business_date,
        report,
        contract_code,
        trader_category
    FROM landed_trader_positions
    GROUP BY business_date, report, contract_code, trader_category
    HAVING count(*) > 1
)

SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat_ws(' ', landed.report, landed.contract_code, landed.trader_category) AS value
FROM landed_trader_positions AS landed
SEMI JOIN repeated
    ON
        landed.business_date = repeated.business_date
        AND landed.report = repeated.report
        AND landed.contract_code = repeated.contract_code
        AND landed.trader_category = repeated.trader_category;
