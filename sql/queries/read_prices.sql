-- Grain: business_date, instrument_id. Inputs: core_prices.
-- Use: the price history up to a date, for margin and backtest.
SELECT
    business_date,
    instrument_id,
    settlement_price,
    implied_vol
FROM core_prices
WHERE business_date <= $last_date
ORDER BY business_date, instrument_id;
