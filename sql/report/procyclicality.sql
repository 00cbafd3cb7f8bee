-- Grain: model_id, scope, scope_id, portfolio. Inputs: out_procyclicality.
-- Use: how much margin moved, of all accounts and of each, for the models of a report; accounts
-- with the most margin first.
SELECT
    model_id,
    scope,
    scope_id,
    portfolio,
    book_date,
    first_date,
    last_date,
    peak_to_trough,
    increase_1_days_pct,
    increase_5_days_pct,
    increase_10_days_pct,
    increase_30_days_pct,
    first_margin_amount,
    last_margin_amount,
    parameter_effect_amount,
    position_effect_amount,
    left_out_pct
FROM out_procyclicality
WHERE
    as_of_date = $as_of_date
    AND model_id IN (SELECT unnest($model_ids))
    AND mpor_days = $mpor_days
    AND window_name = $window_name
ORDER BY
    list_position($model_ids, model_id),
    scope DESC,
    CASE WHEN scope = 'account' THEN last_margin_amount END DESC,
    scope_id ASC,
    portfolio ASC;
