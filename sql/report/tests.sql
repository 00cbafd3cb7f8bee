-- Grain: one row of out_coverage_tests. Inputs: out_coverage_tests.
-- Use: the statistical tests of all accounts together as of a date.
SELECT
    test,
    model_id,
    track,
    scope,
    scope_id,
    mpor_days,
    window_name,
    margin_basis,
    observations,
    exceedances,
    statistic,
    p_value,
    decision,
    reason
FROM out_coverage_tests
WHERE
    as_of_date = $as_of_date
    AND model_id IN (SELECT unnest($model_ids))
    AND scope = 'firm'
ORDER BY
    list_position($model_ids, model_id),
    track DESC,
    mpor_days ASC,
    window_name DESC,
    margin_basis ASC,
    test ASC;
