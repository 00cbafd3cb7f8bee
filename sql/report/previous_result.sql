-- Grain: one row, none where no result stands before. Inputs: out_coverage.
-- Use: the verdict's series as of the last date before this report's for which results stand.
SELECT
    as_of_date,
    observations,
    exceedances,
    coverage_pct,
    zone,
    confidence_pct,
    largest_shortfall_amount,
    parameter_hash
FROM out_coverage
WHERE
    as_of_date < $as_of_date
    AND model_id = $model_id
    AND mpor_days = $mpor_days
    AND window_name = $window_name
    AND track = 'core_model'
    AND margin_basis = 'capped'
    AND loss_basis = 'end'
    AND scope = 'firm'
ORDER BY as_of_date DESC
LIMIT 1;
