-- Grain: business_date. Inputs: core_prices, core_instruments, core_fx_rates, core_positions,
-- core_margin_called.
-- Use: one content hash a date and kind of input, to tell which results are out of date. The static
-- data of an instrument counts on the dates on which it has a price, so that a new listing leaves
-- earlier results alone.
WITH prices AS (
    SELECT
        price.business_date,
        sum(hash(
            price.instrument_id,
            price.settlement_price,
            price.implied_vol,
            instrument.product,
            instrument.kind,
            instrument.underlying,
            instrument.risk_factor,
            instrument.currency,
            instrument.settlement,
            instrument.multiplier,
            instrument.expiry_date,
            instrument.strike,
            instrument.option_type,
            instrument.premium_style,
            instrument.shock_type
        )::HUGEINT) AS content_hash,
        max(greatest(price.known_from, instrument.known_from)) AS known_from
    FROM core_prices AS price
    INNER JOIN core_instruments AS instrument ON price.instrument_id = instrument.instrument_id
    GROUP BY price.business_date
),

rates AS (
    SELECT
        business_date,
        sum(hash(currency, rate)::HUGEINT) AS content_hash,
        max(known_from) AS known_from
    FROM core_fx_rates
    GROUP BY business_date
),

positions AS (
    SELECT
        business_date,
        sum(hash(account_id, instrument_id, quantity)::HUGEINT) AS content_hash,
        max(known_from) AS known_from
    FROM core_positions
    GROUP BY business_date
),

called AS (
    SELECT
        business_date,
        sum(hash(account_id, called_amount)::HUGEINT) AS content_hash,
        max(known_from) AS known_from
    FROM core_margin_called
    GROUP BY business_date
)

SELECT
    prices.business_date,
    prices.content_hash::VARCHAR || '/' || coalesce(rates.content_hash::VARCHAR, '') AS price_hash,
    positions.content_hash::VARCHAR AS position_hash,
    called.content_hash::VARCHAR AS called_hash,
    greatest(prices.known_from, rates.known_from) AS price_known_from,
    positions.known_from AS position_known_from,
    called.known_from AS called_known_from
FROM prices
LEFT JOIN rates ON prices.business_date = rates.business_date
LEFT JOIN positions ON prices.business_date = positions.business_date
LEFT JOIN called ON prices.business_date = called.business_date
ORDER BY prices.business_date;
