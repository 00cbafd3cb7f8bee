-- Question: Which stale or missing prices stand behind a margin?
-- Parameters:
--   account_id text, for example ACC-LONG-WTI-01: account.
--   business_date date = newest: date of the positions.
--   lookback_days number = 500: dates of history that the margin looks at.
-- Grain: one row an instrument held, longest unchanged first. unchanged_days counts the dates up to
--   business_date on which its price did not move; dates_without_price those of the lookback since
--   its first price on which it has none.
-- Inputs: positions, core_prices, core_calendar.
-- Example:
--   instrument_id | quantity | last_price_date | unchanged_days | dates_without_price
--   WTI           |     50.0 | 2018-12-28      |              0 |                   2
WITH lookback AS (
    SELECT
        business_date,
        date_number,
        max(date_number) OVER () AS last_number
    FROM core_calendar
    WHERE business_date <= $business_date
    QUALIFY date_number > last_number - $lookback_days
),

held AS (
    SELECT
        instrument_id,
        quantity,
        notional_amount
    FROM positions
    WHERE account_id = $account_id AND business_date = $business_date
),

history AS (
    SELECT
        price.instrument_id,
        price.business_date,
        lookback.date_number,
        lookback.last_number,
        lag(price.settlement_price) OVER (
            PARTITION BY price.instrument_id ORDER BY price.business_date
        ) AS price_before,
        price.settlement_price
    FROM core_prices AS price
    INNER JOIN lookback ON price.business_date = lookback.business_date
    SEMI JOIN held ON price.instrument_id = held.instrument_id
),

ages AS (
    SELECT
        instrument_id,
        max(business_date) AS last_price_date,
        max(last_number) - max(date_number) FILTER (
            WHERE price_before IS DISTINCT FROM settlement_price
        ) AS unchanged_days,
        max(last_number) - min(date_number) + 1 - count(*) AS dates_without_price
    FROM history
    GROUP BY instrument_id
)

SELECT
    held.instrument_id,
    held.quantity,
    held.notional_amount,
    ages.last_price_date,
    ages.unchanged_days,
    ages.dates_without_price
FROM held
LEFT JOIN ages ON held.instrument_id = ages.instrument_id
ORDER BY ages.unchanged_days DESC NULLS FIRST, held.instrument_id ASC;
