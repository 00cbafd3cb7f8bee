-- Grain: date of the calendar in the horizon. Inputs: out_backtest, core_calendar, core_positions,
-- core_instruments, core_prices.
-- Use: explain: prices of what was held, or of its underlying, up to the end of the horizon.
-- An instrument without a price on a date keeps its last one.
WITH horizon AS (
    SELECT
        business_date,
        horizon_end_date
    FROM out_backtest
    WHERE
        track = 'core_model'
        AND scope = 'account'
        AND account_id = $account_id
        AND business_date = $business_date
        AND model_id = $model_id
        AND mpor_days = $mpor_days
),

steps AS (
    SELECT calendar.business_date AS path_date
    FROM core_calendar AS calendar
    CROSS JOIN horizon
    WHERE calendar.business_date BETWEEN horizon.business_date AND horizon.horizon_end_date
),

held AS (
    SELECT DISTINCT coalesce(instrument.underlying, instrument.instrument_id) AS instrument_id
    FROM core_positions AS position
    INNER JOIN core_instruments AS instrument ON position.instrument_id = instrument.instrument_id
    WHERE position.account_id = $account_id AND position.business_date = $business_date
),

quoted AS (
    SELECT
        steps.path_date,
        held.instrument_id
    FROM steps
    CROSS JOIN held
)

SELECT
    quoted.path_date,
    quoted.instrument_id,
    price.settlement_price,
    price.settlement_price - first_value(price.settlement_price) OVER (
        PARTITION BY quoted.instrument_id ORDER BY quoted.path_date
    ) AS price_change
FROM quoted
ASOF LEFT JOIN core_prices AS price
    ON
        quoted.instrument_id = price.instrument_id
        AND quoted.path_date >= price.business_date
ORDER BY quoted.instrument_id, quoted.path_date;
