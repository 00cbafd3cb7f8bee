-- Question: How does the champion compare with a challenger on the same account-days?
-- Parameters:
--   challenger text, for example hvar: the other model.
--   first_date date = 1970-01-01: first date.
--   last_date date = newest: last date.
--   model_id text = champion: the champion.
--   mpor_days number = 1: margin period of risk.
-- Grain: one row an account, and one for all (account_id null), largest difference of margin first.
-- Inputs: out_backtest.
-- Example:
--   account_id | observations | exceedances | challenger_exceedances | margin_difference_pct
--   A-01       |          250 |           4 |                      6 |                 -8.25
WITH compared AS (
    SELECT
        champion.account_id,
        champion.is_exceedance,
        champion.tested_margin_amount,
        champion.shortfall_amount,
        challenger.is_exceedance AS challenger_is_exceedance,
        challenger.tested_margin_amount AS challenger_margin_amount,
        challenger.shortfall_amount AS challenger_shortfall_amount
    FROM out_backtest AS champion
    INNER JOIN out_backtest AS challenger
        ON
            champion.business_date = challenger.business_date
            AND champion.account_id = challenger.account_id
    WHERE
        champion.track = 'core_model'
        AND champion.scope = 'account'
        AND champion.status = 'observed'
        AND champion.model_id = $model_id
        AND champion.mpor_days = $mpor_days
        AND champion.business_date BETWEEN $first_date AND $last_date
        AND challenger.track = 'core_model'
        AND challenger.scope = 'account'
        AND challenger.status = 'observed'
        AND challenger.model_id = $challenger
        AND challenger.mpor_days = $mpor_days
        AND challenger.business_date BETWEEN $first_date AND $last_date
)

SELECT
    account_id,
    count(*) AS observations,
    count_if(is_exceedance) AS exceedances,
    count_if(challenger_is_exceedance) AS challenger_exceedances,
    count_if(is_exceedance AND NOT challenger_is_exceedance) AS only_champion_exceeded,
    count_if(challenger_is_exceedance AND NOT is_exceedance) AS only_challenger_exceeded,
    round(avg(tested_margin_amount), 4) AS mean_margin_amount,
    round(avg(challenger_margin_amount), 4) AS challenger_mean_margin_amount,
    round(
        100 * (avg(challenger_margin_amount) / nullif(avg(tested_margin_amount), 0) - 1), 4
    ) AS margin_difference_pct,
    round(sum(shortfall_amount), 4) AS shortfall_amount,
    round(sum(challenger_shortfall_amount), 4) AS challenger_shortfall_amount
FROM compared
GROUP BY rollup (account_id)
ORDER BY abs(mean_margin_amount - challenger_mean_margin_amount) DESC, account_id ASC NULLS FIRST;
