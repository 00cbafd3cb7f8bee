-- Grain: business_date. Inputs: core_calendar.
-- Use: the dates with prices, with their neighbours; counts of dates come from date_number.
CREATE OR REPLACE VIEW calendar AS
SELECT
    business_date,
    date_number,
    lag(business_date) OVER (ORDER BY business_date) AS previous_date,
    lead(business_date) OVER (ORDER BY business_date) AS next_date,
    year(business_date) AS calendar_year,
    month(business_date) AS calendar_month,
    last_day(business_date) AS month_end_date
FROM core_calendar;

COMMENT ON VIEW calendar IS
'One row per business_date. The dates with prices, each with the dates before and after it.';
COMMENT ON COLUMN calendar.business_date IS
'Date on which at least one instrument has a price.';
COMMENT ON COLUMN calendar.date_number IS
'Position of the date in the calendar, 1 for the first; it changes when an earlier date is '
'loaded.';
COMMENT ON COLUMN calendar.previous_date IS
'Date with prices before it; null on the first.';
COMMENT ON COLUMN calendar.next_date IS
'Date with prices after it; null on the last.';
COMMENT ON COLUMN calendar.calendar_year IS
'Year of the date, 2018 for example.';
COMMENT ON COLUMN calendar.calendar_month IS
'Month of the date, 1 to 12.';
COMMENT ON COLUMN calendar.month_end_date IS
'Last day of the month, whether it has prices or not.';
