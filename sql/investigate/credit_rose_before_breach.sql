-- Question: In which accounts had the offset credit risen before an exceedance?
-- Parameters:
--   days_before number = 20: dates of the calendar to look back.
--   first_date date, for example 2018-01-01: first date of the exceedances.
--   last_date date = newest: last one.
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
-- Grain: one row an exceedance of the core model before which credit rose as a share of the margin
--   without offsets, largest rise first.
-- Inputs: out_margin, out_backtest, core_calendar.
-- Example:
--   business_date | account_id | credit_pct_before | credit_pct | rise_pct | shortfall_amount
--   2018-02-02    | A-01       |              31.0 |       52.5 |     21.5 |         240000.0
WITH breaches AS (
    SELECT
        backtest.business_date,
        backtest.account_id,
        backtest.shortfall_amount,
        backtest.exceedance_class,
        earlier.business_date AS earlier_date
    FROM out_backtest AS backtest
    INNER JOIN core_calendar AS calendar ON backtest.business_date = calendar.business_date
    INNER JOIN core_calendar AS earlier
        ON calendar.date_number - $days_before = earlier.date_number
    WHERE
        backtest.track = 'core_model'
        AND backtest.scope = 'account'
        AND backtest.is_exceedance
        AND backtest.business_date BETWEEN $first_date AND $last_date
        AND backtest.model_id = $model_id
        AND backtest.mpor_days = $mpor_days
),

credits AS (
    SELECT
        business_date,
        account_id,
        100 * offset_credit_amount / nullif(standalone_margin_amount, 0) AS credit_pct
    FROM out_margin
    WHERE
        node_level = 'account'
        AND model_id = $model_id
        AND mpor_days = $mpor_days
        AND business_date <= $last_date
)

SELECT
    breaches.business_date,
    breaches.account_id,
    breaches.earlier_date,
    round(credit_then.credit_pct, 2) AS credit_pct_before,
    round(credit_now.credit_pct, 2) AS credit_pct,
    round(credit_now.credit_pct - credit_then.credit_pct, 2) AS rise_pct,
    breaches.exceedance_class,
    breaches.shortfall_amount
FROM breaches
INNER JOIN credits AS credit_now
    ON
        breaches.business_date = credit_now.business_date
        AND breaches.account_id = credit_now.account_id
INNER JOIN credits AS credit_then
    ON
        breaches.earlier_date = credit_then.business_date
        AND breaches.account_id = credit_then.account_id
WHERE credit_now.credit_pct > credit_then.credit_pct
ORDER BY rise_pct DESC, breaches.business_date ASC, breaches.account_id ASC;
