-- Grain: model_id, mpor_days, exceedance_class. Inputs: out_backtest.
-- Use: account-days of the core track whose loss exceeds the netted margin, by what would have
-- covered it, in a window.
SELECT
    model_id,
    mpor_days,
    exceedance_class,
    count(*) AS account_days,
    sum(greatest(loss_amount - netted_margin_amount, 0)::DECIMAL(28, 4))::DOUBLE
        AS netted_shortfall_amount,
    sum(greatest(loss_amount - capped_margin_amount, 0)::DECIMAL(28, 4))::DOUBLE
        AS capped_shortfall_amount,
    sum(greatest(loss_amount - standalone_margin_amount, 0)::DECIMAL(28, 4))::DOUBLE
        AS standalone_shortfall_amount,
    max(shortfall_amount) AS largest_shortfall_amount,
    count(DISTINCT account_id) AS accounts
FROM out_backtest
WHERE
    scope = 'account'
    AND track = 'core_model'
    AND exceedance_class IS NOT NULL
    AND business_date BETWEEN $first_date AND $last_date
    AND horizon_end_date <= $as_of_date
    AND model_id IN (SELECT unnest($model_ids))
GROUP BY model_id, mpor_days, exceedance_class
ORDER BY model_id, mpor_days, exceedance_class;
