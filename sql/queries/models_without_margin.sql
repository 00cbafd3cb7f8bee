-- Grain: model_id, mpor_days. Inputs: out_exclusions, out_margin.
-- Use: models that have account-days but not one margin, with the reason of the latest date, so
-- that the core track says that its history is too short instead of saying nothing.
SELECT
    model_id,
    mpor_days,
    arg_max(reason, business_date) AS reason
FROM out_exclusions
WHERE
    business_date <= $as_of_date
    AND model_id IN (SELECT unnest($model_ids))
    AND NOT EXISTS (
        SELECT 1
        FROM out_margin
        WHERE
            out_margin.model_id = out_exclusions.model_id
            AND out_margin.mpor_days = out_exclusions.mpor_days
            AND out_margin.business_date <= $as_of_date
    )
GROUP BY model_id, mpor_days
ORDER BY model_id, mpor_days;
