-- Grain: scenario, worst first. Inputs: out_margin_scenarios.
-- Use: explain: the scenarios that set the margin of the account.
SELECT
    rank,
    scenario,
    scenario_date,
    scenario_loss_amount,
    is_binding
FROM out_margin_scenarios
WHERE
    node_level = 'account'
    AND account_id = $account_id
    AND business_date = $business_date
    AND model_id = $model_id
    AND mpor_days = $mpor_days
ORDER BY rank;
