-- Grain: business_date. Inputs: out_margin_calls.
-- Use: margin calls by day in a window, for the chart and the table of the largest.
SELECT
    business_date,
    requirement_amount,
    call_amount,
    called_accounts,
    concentration,
    largest_three_pct
FROM out_margin_calls
WHERE
    model_id = $model_id
    AND mpor_days = $mpor_days
    AND business_date BETWEEN $first_date AND $as_of_date
ORDER BY business_date;
