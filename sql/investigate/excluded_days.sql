-- Question: Which account-days are not among the observations, and why?
-- Parameters:
--   first_date date = 1970-01-01: first date.
--   last_date date = newest: last date.
--   model_id text = champion: model.
-- Grain: one row a horizon and reason: no margin (with the reason written then), horizon not ended,
--   price missing in the horizon.
-- Inputs: out_exclusions, out_backtest.
-- Example:
--   mpor_days | reason                      | account_days | first_date | last_date
--   1         | the horizon has not ended   |            4 | 2018-12-28 | 2018-12-28
WITH excluded AS (
    SELECT
        mpor_days,
        business_date,
        account_id,
        reason
    FROM out_exclusions
    WHERE model_id = $model_id AND business_date BETWEEN $first_date AND $last_date
    UNION ALL
    SELECT
        mpor_days,
        business_date,
        account_id,
        CASE status
            WHEN 'pending' THEN 'the horizon has not ended'
            ELSE 'a price or rate of the horizon is missing'
        END AS reason
    FROM out_backtest
    WHERE
        track = 'core_model'
        AND scope = 'account'
        AND status != 'observed'
        AND model_id = $model_id
        AND business_date BETWEEN $first_date AND $last_date
)

SELECT
    mpor_days,
    reason,
    count(*) AS account_days,
    count(DISTINCT account_id) AS accounts,
    min(business_date) AS first_date,
    max(business_date) AS last_date
FROM excluded
GROUP BY mpor_days, reason
ORDER BY mpor_days ASC, account_days DESC, reason ASC;
