-- Grain: model_id, node_level. Inputs: out_margin.
-- Use: the offset credit that each level of the netting tree earns, over all accounts, on the last
-- date of a window and as a mean per date.
WITH daily AS (
    SELECT
        model_id,
        node_level,
        business_date,
        sum(level_credit_amount::DECIMAL(28, 4))::DOUBLE AS credit
    FROM out_margin
    WHERE
        mpor_days = $mpor_days
        AND business_date BETWEEN $first_date AND $as_of_date
        AND model_id IN (SELECT unnest($model_ids))
    GROUP BY model_id, node_level, business_date
)

SELECT
    model_id,
    node_level,
    arg_max(credit, business_date) AS as_of_amount,
    avg(credit::DECIMAL(28, 4)) FILTER (business_date <= $last_date) AS mean_amount
FROM daily
GROUP BY model_id, node_level
ORDER BY model_id, node_level;
