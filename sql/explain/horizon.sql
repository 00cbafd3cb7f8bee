-- Grain: one row. Inputs: out_margin, out_exclusions.
-- Use: explain: the shortest horizon for which an account-day has a margin or a reason for none.
SELECT min(mpor_days) AS mpor_days
FROM (
    SELECT mpor_days
    FROM out_margin
    WHERE
        account_id = $account_id
        AND business_date = $business_date
        AND model_id = $model_id
    UNION ALL
    SELECT mpor_days
    FROM out_exclusions
    WHERE
        account_id = $account_id
        AND business_date = $business_date
        AND model_id = $model_id
) AS horizons;
