-- Grain: one row of out_multiple_tests. Inputs: out_multiple_tests.
-- Use: tests of single accounts, adjusted for their number, under the capped margin of the core
-- model.
SELECT
    mpor_days,
    test,
    scope_id AS account_id,
    observations,
    exceedances,
    tested_accounts,
    p_value,
    holm_p_value,
    benjamini_hochberg_p_value,
    benjamini_yekutieli_p_value
FROM out_multiple_tests
WHERE
    as_of_date = $as_of_date
    AND model_id = $model_id
    AND window_name = $window_name
    AND track = 'core_model'
    AND margin_basis = 'capped'
    AND scope = 'account'
ORDER BY mpor_days ASC, test ASC, p_value ASC NULLS LAST, scope_id ASC;
