-- Grain: business_date, account_id, mpor_days. Inputs: out_margin_scenarios.
-- Use: the scenario that set the core margin of a model's accounts, the worst where a tail did.
SELECT
    business_date,
    account_id,
    mpor_days,
    arg_min(scenario, rank) AS margin_scenario,
    arg_min(scenario_loss_amount, rank) AS margin_scenario_loss_amount,
    count(*) AS margin_scenarios
FROM out_margin_scenarios
WHERE
    model_id = $model_id
    AND is_binding
    AND business_date BETWEEN $first_date AND $last_date
GROUP BY business_date, account_id, mpor_days
ORDER BY business_date, account_id, mpor_days;
