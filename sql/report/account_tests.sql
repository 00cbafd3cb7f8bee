-- Grain: mpor_days and test. Inputs: out_coverage_tests.
-- Use: how the tests of single accounts ended, under the capped margin of the core model; those of
-- its tail under the netted one, which is the margin that the tail is of.
SELECT
    mpor_days,
    test,
    count(*) FILTER (WHERE decision = 'accept') AS accepted,
    count(*) FILTER (WHERE decision = 'reject') AS rejected,
    count(*) FILTER (WHERE decision = 'conservative') AS conservative,
    count(*) FILTER (WHERE decision = 'insufficient_data') AS undecided
FROM out_coverage_tests
WHERE
    as_of_date = $as_of_date
    AND model_id = $model_id
    AND window_name = $window_name
    AND track = 'core_model'
    AND (
        margin_basis = 'capped'
        OR (
            margin_basis = 'netted'
            AND (
                starts_with(test, 'multilevel_coverage')
                OR starts_with(test, 'acerbi_szekely_')
            )
        )
    )
    AND scope = 'account'
GROUP BY mpor_days, test
ORDER BY mpor_days, test;
