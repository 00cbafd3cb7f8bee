-- Grain: one row of out_backtest. Inputs: out_backtest.
-- Use: what coverage as of a date is counted from. A horizon that ends after that date is pending,
-- whatever has become known since.
SELECT
    business_date,
    model_id,
    track,
    scope,
    scope_id,
    account_id,
    mpor_days,
    margin_basis,
    standalone_margin_amount,
    netted_margin_amount,
    capped_margin_amount,
    tested_margin_amount,
    CASE WHEN horizon_end_date <= $as_of_date THEN status ELSE 'pending' END AS status,
    CASE WHEN horizon_end_date <= $as_of_date THEN loss_amount END AS loss_amount
FROM out_backtest
WHERE business_date <= $as_of_date AND model_id = $model_id;
