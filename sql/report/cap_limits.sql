-- Grain: scope, scope_id. Inputs: out_cap_limit.
-- Use: the largest cap that keeps the target, of the firm, of members and of offset groups.
SELECT
    scope,
    scope_id,
    target_pct,
    cap_in_force_pct,
    observations,
    largest_cap_pct,
    proven_cap_pct,
    reason
FROM out_cap_limit
WHERE
    as_of_date = $as_of_date
    AND model_id = $model_id
    AND mpor_days = $mpor_days
    AND window_name = $window_name
    AND scope NOT IN ('account', 'hypothetical')
ORDER BY list_position(['firm', 'member', 'offset_group'], scope), scope_id;
