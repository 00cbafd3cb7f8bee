-- Grain: row of fx_rates. Inputs: landed_fx_rates; parameter reporting_currency.
-- Use: contract fx_rates; zero rows = pass. A rate of the reporting currency against itself that
-- is not one means that the rates are quoted the other way round or in another currency.
SELECT
    file_number,
    row_number,
    business_date,
    concat(currency, ' at ', rate) AS value
FROM landed_fx_rates
WHERE
    currency = $reporting_currency
    AND rate != 1;
