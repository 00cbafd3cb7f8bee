-- Grain: one row of out_coverage. Inputs: out_coverage, out_coverage_tests.
-- Use: coverage by scope with the Kupiec test beside it; instruments and hypothetical portfolios
-- have queries of their own.
SELECT
    coverage.model_id,
    coverage.track,
    coverage.scope,
    coverage.scope_id,
    coverage.mpor_days,
    coverage.window_name,
    coverage.window_days,
    coverage.confidence_pct,
    coverage.margin_basis,
    coverage.observations,
    coverage.exceedances,
    coverage.expected_exceedances,
    coverage.coverage_pct,
    coverage.coverage_low_pct,
    coverage.coverage_high_pct,
    coverage.zone,
    kupiec.p_value AS kupiec_p_value,
    kupiec.decision AS kupiec_decision,
    coverage.largest_shortfall_amount,
    coverage.total_shortfall_amount,
    coverage.pending_count,
    coverage.missing_price_count,
    coverage.loss_basis
FROM out_coverage AS coverage
INNER JOIN out_coverage_tests AS kupiec
    ON
        coverage.as_of_date = kupiec.as_of_date
        AND coverage.model_id = kupiec.model_id
        AND coverage.track = kupiec.track
        AND coverage.scope = kupiec.scope
        AND coverage.scope_id = kupiec.scope_id
        AND coverage.mpor_days = kupiec.mpor_days
        AND coverage.window_name = kupiec.window_name
        AND coverage.margin_basis = kupiec.margin_basis
        AND kupiec.test = 'kupiec_pof'
        -- A product of one account is tested, but its coverage is counted in the pool only.
        AND (kupiec.scope = 'account' OR kupiec.account_id IS NULL)
WHERE
    coverage.as_of_date = $as_of_date
    AND coverage.scope NOT IN ('instrument', 'hypothetical')
    AND coverage.model_id IN (SELECT unnest($model_ids))
ORDER BY
    list_position($model_ids, coverage.model_id),
    coverage.track DESC,
    coverage.mpor_days ASC,
    coverage.window_name DESC,
    coverage.margin_basis ASC,
    coverage.scope ASC,
    coverage.scope_id ASC;
