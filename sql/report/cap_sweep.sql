-- Grain: cap_pct. Inputs: out_cap_sweep.
-- Use: the backtest under other caps at firm scope, for the chart and its table.
SELECT
    cap_pct,
    is_cap_in_force,
    exceedances,
    coverage_pct,
    coverage_low_pct,
    coverage_high_pct,
    shortfall_amount,
    mean_margin_amount
FROM out_cap_sweep
WHERE
    as_of_date = $as_of_date
    AND model_id = $model_id
    AND mpor_days = $mpor_days
    AND window_name = $window_name
    AND scope = 'firm'
ORDER BY cap_pct;
