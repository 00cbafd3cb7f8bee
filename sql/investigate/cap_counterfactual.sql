-- Question: What would coverage and margin have been under another cap on offset credit?
-- Parameters:
--   cap_pct number = 60: cap to try, 0 to 100.
--   first_date date = 1970-01-01: first date.
--   last_date date = newest: last date.
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
--   tolerance_amount number = 0.005: a loss is an exceedance where it is greater than margin plus
--     this.
-- Grain: one row an account, and one for all (account_id null), most added exceedances first.
-- Inputs: out_margin, out_backtest.
-- Example:
--   account_id | observations | exceedances | exceedances_in_force | mean_margin_amount
--   A-01       |          250 |           2 |                    4 |          1250000.0
WITH tried AS (
    SELECT
        backtest.account_id,
        backtest.loss_amount,
        backtest.is_exceedance,
        margin.capped_margin_amount,
        round(
            greatest(
                margin.netted_margin_amount,
                margin.cap_base_margin_amount
                - $cap_pct / 100 * (margin.cap_base_margin_amount - margin.netted_margin_amount)
            ),
            4
        ) AS tried_margin_amount
    FROM out_backtest AS backtest
    INNER JOIN out_margin AS margin
        ON
            backtest.business_date = margin.business_date
            AND backtest.model_id = margin.model_id
            AND backtest.mpor_days = margin.mpor_days
            AND backtest.account_id = margin.account_id
            AND margin.node_level = 'account'
    WHERE
        backtest.track = 'core_model'
        AND backtest.scope = 'account'
        AND backtest.status = 'observed'
        AND backtest.model_id = $model_id
        AND backtest.mpor_days = $mpor_days
        AND backtest.business_date BETWEEN $first_date AND $last_date
        AND margin.model_id = $model_id
        AND margin.mpor_days = $mpor_days
        AND margin.business_date BETWEEN $first_date AND $last_date
)

SELECT
    account_id,
    count(*) AS observations,
    count_if(loss_amount > tried_margin_amount + $tolerance_amount) AS exceedances,
    count_if(is_exceedance) AS exceedances_in_force,
    round(
        100 - 100 * count_if(loss_amount > tried_margin_amount + $tolerance_amount) / count(*), 4
    ) AS coverage_pct,
    round(
        sum(greatest(loss_amount - tried_margin_amount, 0)) FILTER (
            WHERE loss_amount > tried_margin_amount + $tolerance_amount
        ),
        4
    ) AS shortfall_amount,
    round(avg(tried_margin_amount), 4) AS mean_margin_amount,
    round(avg(capped_margin_amount), 4) AS mean_margin_in_force_amount
FROM tried
GROUP BY rollup (account_id)
ORDER BY exceedances - exceedances_in_force DESC, account_id ASC NULLS FIRST;
