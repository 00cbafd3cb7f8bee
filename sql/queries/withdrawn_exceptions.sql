-- Grain: one row of out_exceptions. Inputs: out_exceptions, out_backtest.
-- Use: entries of the register whose exceedance a later run no longer finds, with the date from
-- which that counts as known.
WITH latest AS (
    SELECT
        business_date,
        model_id,
        max(known_from) AS known_from
    FROM out_backtest
    WHERE model_id = $model_id
    GROUP BY business_date, model_id
),

exceedances AS (
    SELECT
        business_date,
        model_id,
        track,
        account_id,
        mpor_days
    FROM out_backtest
    WHERE scope = 'account' AND is_exceedance AND model_id = $model_id
)

SELECT
    held.exception_id,
    greatest(held.known_from, latest.known_from) AS withdrawn_from
FROM out_exceptions AS held
LEFT JOIN latest
    ON
        held.business_date = latest.business_date
        AND held.model_id = latest.model_id
LEFT JOIN exceedances
    ON
        held.business_date = exceedances.business_date
        AND held.model_id = exceedances.model_id
        AND held.track = exceedances.track
        AND held.account_id = exceedances.account_id
        AND held.mpor_days = exceedances.mpor_days
WHERE
    held.is_exceedance
    AND held.model_id = $model_id
    AND exceedances.account_id IS NULL
ORDER BY held.exception_id;
