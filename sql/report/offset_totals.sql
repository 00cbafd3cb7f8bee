-- Grain: model_id, mpor_days. Inputs: out_margin.
-- Use: margin with and without offsets over all accounts, on the as-of date and as a mean per
-- date of the window.
WITH daily AS (
    SELECT
        model_id,
        mpor_days,
        business_date,
        sum(standalone_margin_amount::DECIMAL(28, 4))::DOUBLE AS standalone,
        sum(netted_margin_amount::DECIMAL(28, 4))::DOUBLE AS netted,
        sum(capped_margin_amount::DECIMAL(28, 4))::DOUBLE AS capped,
        count(*) AS account_days,
        count_if(offset_credit_amount < -0.005) AS negative_credit_days,
        count_if(capped_margin_amount > netted_margin_amount + 0.005) AS cap_binding_days
    FROM out_margin
    WHERE
        node_level = 'account'
        AND business_date BETWEEN $first_date AND $as_of_date
        AND model_id IN (SELECT unnest($model_ids))
    GROUP BY model_id, mpor_days, business_date
)

SELECT
    model_id,
    mpor_days,
    arg_max(standalone, business_date) AS standalone_margin_amount,
    arg_max(netted, business_date) AS netted_margin_amount,
    arg_max(capped, business_date) AS capped_margin_amount,
    avg(standalone::DECIMAL(28, 4)) FILTER (business_date <= $last_date)
        AS mean_standalone_margin_amount,
    avg(netted::DECIMAL(28, 4)) FILTER (business_date <= $last_date) AS mean_netted_margin_amount,
    avg(capped::DECIMAL(28, 4)) FILTER (business_date <= $last_date) AS mean_capped_margin_amount,
    coalesce(sum(account_days) FILTER (business_date <= $last_date), 0)::BIGINT AS account_days,
    coalesce(
        sum(negative_credit_days) FILTER (business_date <= $last_date), 0
    )::BIGINT AS negative_credit_days,
    coalesce(
        sum(cap_binding_days) FILTER (business_date <= $last_date), 0
    )::BIGINT AS cap_binding_days
FROM daily
GROUP BY model_id, mpor_days
ORDER BY model_id, mpor_days;
