-- Question: Which pairs of products are granted more offset credit than their losses justified?
-- Parameters:
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
--   window_name text = all: all, or last_250.
-- Grain: one row a pair of products, largest excess of credit first.
-- Inputs: offset_pairs.
-- Example:
--   product | other_product | granted_credit_pct | justified_credit_pct | excess_pct | offset_days
--   SP500   | WTI           |               38.0 |                 22.5 |       15.5 |           9
SELECT
    product,
    other_product,
    meets_at,
    accounts,
    account_days,
    exceedances,
    coverage_pct,
    granted_credit_pct,
    justified_credit_pct,
    granted_credit_pct - justified_credit_pct AS excess_pct,
    variance_reduction_pct,
    offset_days,
    break_share_pct
FROM offset_pairs
WHERE
    model_id = $model_id
    AND mpor_days = $mpor_days
    AND window_name = $window_name
ORDER BY excess_pct DESC NULLS LAST, product ASC, other_product ASC;
