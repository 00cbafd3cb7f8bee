-- Grain: business_date, newest first. Inputs: account_days.
-- Use: explain: margin, credit and loss of the account on the ten dates up to the one explained.
SELECT
    business_date,
    standalone_margin_amount,
    netted_margin_amount,
    100 * offset_credit_amount / nullif(standalone_margin_amount, 0) AS credit_pct,
    capped_margin_amount,
    loss_amount,
    exceedance_class
FROM account_days
WHERE
    account_id = $account_id
    AND business_date BETWEEN $business_date - 30 AND $business_date
    AND model_id = $model_id
    AND mpor_days = $mpor_days
ORDER BY business_date DESC
LIMIT 10;
