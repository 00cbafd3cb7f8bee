-- Grain: business_date. Inputs: out_backtest.
-- Use: margin against loss of one account over time, for the chart.
SELECT
    business_date,
    tested_margin_amount,
    CASE WHEN horizon_end_date <= $as_of_date THEN loss_amount END AS loss_amount,
    coalesce(is_exceedance AND horizon_end_date <= $as_of_date, FALSE) AS is_exceedance,
    standalone_margin_amount
FROM out_backtest
WHERE
    scope = 'account'
    AND account_id = $account_id
    AND model_id = $model_id
    AND mpor_days = $mpor_days
    AND track = $track
    AND business_date <= $as_of_date
ORDER BY business_date;
