-- Grain: level_pct. Inputs: out_backtest.
-- Use: exceedances had every capped margin been lower or higher by the same share, in the window of
-- the verdict.
WITH shares AS (
    SELECT unnest([80, 90, 100, 110, 120, 150]) AS level_pct
)

SELECT
    level.level_pct,
    count(*) AS observations,
    -- The count at 100 is the report's, which allows for the tolerance of the comparison.
    count_if(
        CASE
            WHEN level.level_pct = 100 THEN backtest.is_exceedance
            ELSE
                backtest.loss_amount > backtest.tested_margin_amount * level.level_pct / 100
                AND (backtest.is_exceedance OR level.level_pct < 100)
        END
    )::BIGINT AS exceedances,
    -- Added up as decimals: the order of addition leaves no trace.
    sum(
        greatest(
            backtest.loss_amount - backtest.tested_margin_amount * level.level_pct / 100, 0
        )::DECIMAL(28, 4)
    )::DOUBLE AS shortfall_amount
FROM out_backtest AS backtest
CROSS JOIN shares AS level
WHERE
    backtest.scope = 'account'
    AND backtest.track = 'core_model'
    AND backtest.status = 'observed'
    AND backtest.model_id = $model_id
    AND backtest.mpor_days = $mpor_days
    AND backtest.horizon_end_date <= $as_of_date
    AND backtest.business_date BETWEEN $first_date AND $last_date
GROUP BY level.level_pct
ORDER BY level.level_pct;
