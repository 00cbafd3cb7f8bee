-- Grain: one row. Inputs: out_backtest, out_margin_calls.
-- Use: the quantities of the public disclosure on margin over the twelve months up to a date, for
-- one model and horizon: coverage of the margin in force, losses paid as variation margin, margin
-- calls. An observation belongs to the date on which its horizon ends.
WITH observed AS (
    SELECT
        is_exceedance,
        shortfall_amount
    FROM out_backtest
    WHERE
        scope = 'account'
        AND track = 'adequacy'
        AND status = 'observed'
        AND model_id = $model_id
        AND mpor_days = $mpor_days
        AND horizon_end_date BETWEEN $first_date AND $as_of_date
),

paid AS (
    SELECT
        horizon_end_date,
        sum(greatest(loss_amount, 0)::DECIMAL(28, 4))::DOUBLE AS amount
    FROM out_backtest
    WHERE
        scope = 'account'
        AND track = 'adequacy'
        AND status = 'observed'
        AND model_id = $model_id
        AND mpor_days = 1
        AND horizon_end_date BETWEEN $first_date AND $as_of_date
    GROUP BY horizon_end_date
),

calls AS (
    SELECT call_amount
    FROM out_margin_calls
    WHERE
        model_id = $model_id
        AND mpor_days = $mpor_days
        AND business_date BETWEEN $first_date AND $as_of_date
)

SELECT
    (SELECT count(*) FROM observed WHERE is_exceedance) AS exceedances,
    (SELECT count(*) FROM observed) AS observations,
    (SELECT max(shortfall_amount) FROM observed WHERE is_exceedance) AS peak_amount,
    (SELECT avg(shortfall_amount::DECIMAL(28, 4)) FROM observed WHERE is_exceedance
    ) AS average_amount,
    (SELECT avg(amount::DECIMAL(28, 4)) FROM paid) AS average_paid_amount,
    (SELECT max(amount) FROM paid) AS largest_paid_amount,
    (SELECT max(call_amount) FROM calls) AS largest_call_amount;
