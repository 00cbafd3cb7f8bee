-- Grain: row of trader_positions. Inputs: landed_trader_positions.
-- Use: contract trader_positions; zero rows = pass. More
-- contracts than the whole market has open.
SELECT
    landed.file_number,
    landed.row_number,
    landed.business_date,
    concat_ws(' ', landed.contract_code, landed.trader_category) AS value
FROM landed_trader_positions AS landed
WHERE
    greatest(landed.long_quantity, landed.short_quantity) + coalesce(landed.spread_quantity, 0)
    > landed.open_interest_quantity;
