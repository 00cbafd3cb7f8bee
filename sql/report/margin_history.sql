-- Grain: business_date. Inputs: out_margin.
-- Use: margin of all accounts together over time, for the chart.
SELECT
    business_date,
    sum(standalone_margin_amount::DECIMAL(28, 4))::DOUBLE AS standalone,
    sum(netted_margin_amount::DECIMAL(28, 4))::DOUBLE AS netted,
    sum(capped_margin_amount::DECIMAL(28, 4))::DOUBLE AS capped
FROM out_margin
WHERE
    node_level = 'account'
    AND model_id = $model_id
    AND mpor_days = $mpor_days
    AND business_date <= $as_of_date
GROUP BY business_date
ORDER BY business_date;
