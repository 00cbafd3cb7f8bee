-- Grain: instrument_id, mpor_days. Inputs: out_coverage, core_instruments.
-- Use: coverage of single instruments, long and short holders counted apart, the least covered
-- first. One instrument has no offset, so there is one margin.
SELECT
    coverage.scope_id AS instrument_id,
    instrument.product,
    instrument.kind,
    coverage.mpor_days,
    coverage.observations,
    coverage.exceedances,
    coverage.expected_exceedances,
    coverage.coverage_pct,
    coverage.coverage_low_pct,
    coverage.coverage_high_pct,
    coverage.zone,
    coverage.largest_shortfall_amount
FROM out_coverage AS coverage
LEFT JOIN core_instruments AS instrument ON coverage.scope_id = instrument.instrument_id
WHERE
    coverage.as_of_date = $as_of_date
    AND coverage.model_id = $model_id
    AND coverage.window_name = $window_name
    AND coverage.scope = 'instrument'
ORDER BY coverage.mpor_days ASC, coverage.coverage_pct ASC, coverage.scope_id ASC;
