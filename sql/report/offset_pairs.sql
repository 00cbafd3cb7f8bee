-- Grain: product, other_product. Inputs: out_offset_pairs.
-- Use: the offset on trial by pair of products.
SELECT
    product,
    other_product,
    accounts,
    account_days,
    exceedances,
    coverage_pct,
    coverage_low_pct,
    coverage_high_pct,
    shortfall_amount,
    granted_credit_pct,
    justified_credit_pct,
    variance_reduction_pct,
    offset_days,
    offset_loss_amount,
    offset_credit_amount,
    break_share_pct
FROM out_offset_pairs
WHERE
    as_of_date = $as_of_date
    AND model_id = $model_id
    AND mpor_days = $mpor_days
    AND window_name = $window_name
ORDER BY shortfall_amount DESC, product ASC, other_product ASC;
