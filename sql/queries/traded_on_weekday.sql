-- Grain: product. Inputs: core_prices, core_instruments.
-- Use: which products had a price on the weekday of a date in the four weeks before it; these are
-- expected to trade on the date. An exchange is closed on its weekends, crypto never.
SELECT
    instrument.product,
    count(DISTINCT price.business_date) AS price_days
FROM core_prices AS price
INNER JOIN core_instruments AS instrument ON price.instrument_id = instrument.instrument_id
WHERE
    price.business_date >= $business_date::DATE - INTERVAL 28 DAY
    AND price.business_date < $business_date::DATE
    AND isodow(price.business_date) = isodow($business_date::DATE)
GROUP BY instrument.product
ORDER BY instrument.product;
