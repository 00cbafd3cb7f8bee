-- Grain: calendar month. Inputs: out_backtest, out_exceptions.
-- Use: the core backtest of one model and horizon by month, for the machine-readable report; an
-- observation belongs to the month in which its horizon ends.
WITH observed AS (
    SELECT
        date_trunc('month', backtest.horizon_end_date)::DATE AS month_start_date,
        backtest.business_date,
        backtest.account_id,
        backtest.is_exceedance,
        backtest.shortfall_amount,
        coalesce(register.exception_id, '') AS exception_id
    FROM out_backtest AS backtest
    LEFT JOIN out_exceptions AS register
        ON
            backtest.business_date = register.business_date
            AND backtest.model_id = register.model_id
            AND backtest.track = register.track
            AND backtest.account_id = register.account_id
            AND backtest.mpor_days = register.mpor_days
    WHERE
        backtest.scope = 'account'
        AND backtest.track = 'core_model'
        AND backtest.status = 'observed'
        AND backtest.model_id = $model_id
        AND backtest.mpor_days = $mpor_days
        AND backtest.horizon_end_date BETWEEN $first_date AND $as_of_date
),

largest AS (
    SELECT
        month_start_date,
        business_date,
        account_id,
        exception_id
    FROM observed
    WHERE is_exceedance
    QUALIFY row_number() OVER (
        PARTITION BY month_start_date
        ORDER BY shortfall_amount DESC, business_date ASC, account_id ASC
    ) = 1
)

SELECT
    observed.month_start_date,
    count(*) AS observations,
    count_if(observed.is_exceedance)::BIGINT AS exceedances,
    coalesce(max(observed.shortfall_amount) FILTER (WHERE observed.is_exceedance), 0)
        AS largest_amount,
    coalesce(
        avg(observed.shortfall_amount::DECIMAL(28, 4)) FILTER (WHERE observed.is_exceedance), 0
    )
        AS average_amount,
    any_value(largest.exception_id) AS exception_id,
    any_value(largest.account_id) AS account_id,
    any_value(largest.business_date) AS business_date
FROM observed
LEFT JOIN largest ON observed.month_start_date = largest.month_start_date
GROUP BY observed.month_start_date
ORDER BY observed.month_start_date;
