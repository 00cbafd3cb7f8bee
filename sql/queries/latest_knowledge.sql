-- Grain: one row. Inputs: history.raw_prices, history.raw_positions, history.raw_fx_rates,
-- history.raw_margin_called, history.raw_instruments, history.raw_accounts.
-- Use: the latest date from which a row in force up to an as-of date counts as known: that date, or
-- that of a later correction. Reference data have no date; they count when they were corrected.
SELECT max(known_from) AS known_from
FROM (
    SELECT max(known_from) AS known_from
    FROM history.raw_prices
    WHERE known_to IS NULL AND business_date <= $as_of_date
    UNION ALL
    SELECT max(known_from) AS known_from
    FROM history.raw_positions
    WHERE known_to IS NULL AND business_date <= $as_of_date
    UNION ALL
    SELECT max(known_from) AS known_from
    FROM history.raw_fx_rates
    WHERE known_to IS NULL AND business_date <= $as_of_date
    UNION ALL
    SELECT max(known_from) AS known_from
    FROM history.raw_margin_called
    WHERE known_to IS NULL AND business_date <= $as_of_date
    UNION ALL
    SELECT max(known_from) AS known_from
    FROM history.raw_instruments
    WHERE known_to IS NULL
    UNION ALL
    SELECT max(known_from) AS known_from
    FROM history.raw_accounts
    WHERE known_to IS NULL
) AS inputs;
