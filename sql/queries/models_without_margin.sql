-- Grain: one row. Inputs: core_positions, core_prices, out_exclusions, out_margin.
-- Use: whether a model has account-days but not one margin as of a date, with the reason recorded
-- for the latest date if there is one, so that the core track says that its history is too short
-- instead of saying nothing.
SELECT
    count(*) > 0
    AND NOT EXISTS (
        SELECT 1
        FROM out_margin
        WHERE
            model_id = $model_id
            AND mpor_days = $mpor_days
            AND business_date <= $as_of_date
    ) AS is_without_margin,
    (
        SELECT count(DISTINCT business_date) FROM core_prices
        WHERE business_date <= $as_of_date
    ) AS price_dates,
    (
        SELECT arg_max(reason, business_date) FROM out_exclusions
        WHERE
            model_id = $model_id
            AND mpor_days = $mpor_days
            AND business_date <= $as_of_date
    ) AS reason
FROM core_positions
WHERE business_date <= $as_of_date;
