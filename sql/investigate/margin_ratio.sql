-- Question: Whose collateral is nearest to its margin, or below it?
-- Parameters:
--   business_date date = newest: date of the positions.
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
-- Grain: one row an account with collateral, lowest maintenance ratio first.
-- Inputs: out_collateral_ratio, core_accounts.
-- Example:
--   account_id | collateral_value_amount | maintenance_margin_amount | margin_ratio | status
--   A-01       |                950000.0 |                 1000000.0 |         0.86 | call
SELECT
    ratio.account_id,
    account.member_id,
    ratio.collateral_amount,
    ratio.collateral_value_amount,
    ratio.maintenance_margin_amount,
    ratio.initial_margin_amount,
    ratio.margin_ratio,
    ratio.maintenance_ratio,
    ratio.surplus_amount,
    ratio.status
FROM out_collateral_ratio AS ratio
LEFT JOIN core_accounts AS account ON ratio.account_id = account.account_id
WHERE
    ratio.business_date = $business_date
    AND ratio.model_id = $model_id
    AND ratio.mpor_days = $mpor_days
ORDER BY ratio.maintenance_ratio ASC NULLS LAST, ratio.account_id ASC;
