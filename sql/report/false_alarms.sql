-- Grain: mpor_days. Inputs: out_false_alarms.
-- Use: accounts that alarm beside those that chance lets alarm, under the capped margin of the core
-- model.
SELECT
    mpor_days,
    accounts,
    yellow_or_red_accounts,
    expected_yellow_or_red_accounts,
    red_accounts,
    expected_red_accounts,
    rejected_accounts,
    expected_rejected_accounts,
    significance_pct
FROM out_false_alarms
WHERE
    as_of_date = $as_of_date
    AND model_id = $model_id
    AND window_name = $window_name
    AND track = 'core_model'
    AND margin_basis = 'capped'
ORDER BY mpor_days;
