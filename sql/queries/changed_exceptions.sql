-- Grain: one exceedance of an account. Inputs: out_backtest, out_exceptions.
-- Use: exceedances up to an as-of date that the register does not hold yet, or holds with other
-- figures, with the state of the investigation so far.
WITH found AS (
    SELECT
        backtest.business_date,
        backtest.model_id,
        backtest.track,
        backtest.account_id,
        backtest.mpor_days,
        backtest.horizon_end_date,
        backtest.exceedance_class,
        backtest.loss_amount,
        backtest.tested_margin_amount,
        backtest.shortfall_amount,
        backtest.parameter_hash,
        greatest(backtest.known_from, held.known_from) AS known_from,
        coalesce(
            held.is_exceedance
            AND held.loss_amount = backtest.loss_amount
            AND held.tested_margin_amount = backtest.tested_margin_amount
            AND coalesce(held.exceedance_class, '') = coalesce(backtest.exceedance_class, ''),
            FALSE
        ) AS is_same,
        coalesce(held.parameter_hash = backtest.parameter_hash, FALSE) AS has_same_parameters,
        coalesce(held.status, 'open') AS status,
        coalesce(held.note, '') AS note,
        coalesce(held.reviewer, '') AS reviewer,
        coalesce(held.review_count, 0)::INTEGER AS review_count
    FROM out_backtest AS backtest
    LEFT JOIN out_exceptions AS held
        ON
            backtest.business_date = held.business_date
            AND backtest.model_id = held.model_id
            AND backtest.track = held.track
            AND backtest.account_id = held.account_id
            AND backtest.mpor_days = held.mpor_days
    WHERE
        backtest.scope = 'account'
        AND backtest.is_exceedance
        AND backtest.horizon_end_date <= $as_of_date
        AND backtest.model_id = $model_id
)

SELECT
    business_date,
    model_id,
    track,
    account_id,
    mpor_days,
    horizon_end_date,
    exceedance_class,
    loss_amount,
    tested_margin_amount,
    shortfall_amount,
    parameter_hash,
    known_from,
    is_same,
    status,
    note,
    reviewer,
    review_count
FROM found
WHERE NOT is_same OR NOT has_same_parameters
ORDER BY business_date, track, account_id, mpor_days;
