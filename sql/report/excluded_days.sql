-- Grain: business_date, reason. Inputs: out_exclusions.
-- Use: account-days without a margin, and why.
SELECT
    business_date,
    reason,
    count(*) AS account_days
FROM out_exclusions
WHERE
    business_date <= $as_of_date
    AND model_id = $model_id
    AND mpor_days = $mpor_days
GROUP BY business_date, reason
ORDER BY business_date, reason;
