-- Grain: business_date, account_id, instrument_id. Inputs: core_positions.
-- Use: the positions of a range of dates, for margin and backtest.
SELECT
    business_date,
    account_id,
    instrument_id,
    quantity
FROM core_positions
WHERE business_date BETWEEN $first_date AND $last_date
ORDER BY business_date, account_id, instrument_id;
