-- Grain: mpor_days, scope and scope_id. Inputs: out_coverage_bootstrap, out_coverage.
-- Use: coverage of firm and members with the interval that allows for shared days, beside the one
-- that takes account-days as independent, under the capped margin of the core model.
SELECT
    shared.mpor_days,
    shared.scope,
    shared.scope_id,
    shared.observations,
    shared.exceedances,
    shared.coverage_pct,
    shared.coverage_low_pct,
    shared.coverage_high_pct,
    shared.effective_observations,
    shared.any_wrong_p_value,
    pooled.coverage_low_pct AS independent_low_pct,
    pooled.coverage_high_pct AS independent_high_pct
FROM out_coverage_bootstrap AS shared
INNER JOIN out_coverage AS pooled
    ON
        shared.as_of_date = pooled.as_of_date
        AND shared.model_id = pooled.model_id
        AND shared.track = pooled.track
        AND shared.scope = pooled.scope
        AND shared.scope_id = pooled.scope_id
        AND shared.mpor_days = pooled.mpor_days
        AND shared.window_name = pooled.window_name
        AND shared.margin_basis = pooled.margin_basis
WHERE
    shared.as_of_date = $as_of_date
    AND shared.model_id = $model_id
    AND shared.window_name = $window_name
    AND shared.track = 'core_model'
    AND shared.margin_basis = 'capped'
ORDER BY shared.mpor_days, shared.scope, shared.scope_id;
