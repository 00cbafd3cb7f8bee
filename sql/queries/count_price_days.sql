-- Grain: instrument_id. Inputs: core_prices.
-- Use: on how many of some dates an instrument has a price, to choose positions that can be held.
SELECT
    instrument_id,
    count(*) AS price_days
FROM core_prices
WHERE business_date IN (SELECT unnest($business_dates))
GROUP BY instrument_id
ORDER BY instrument_id;
