-- Grain: mpor_days and scope. Inputs: out_power.
-- Use: what the window can and cannot show, under the capped margin of the core model.
SELECT
    mpor_days,
    scope,
    observations,
    effective_observations,
    sentence
FROM out_power
WHERE
    as_of_date = $as_of_date
    AND model_id = $model_id
    AND window_name = $window_name
    AND track = 'core_model'
    AND margin_basis = 'capped'
ORDER BY mpor_days, scope;
