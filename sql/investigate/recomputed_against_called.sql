-- Question: Where does the margin really called differ from the recomputed one?
-- Parameters:
--   business_date date = newest: date of the positions.
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
--   tolerance_pct number = 1: difference up to which they agree, in per cent of the recomputed.
-- Grain: one row an account with a called or a recomputed margin, largest difference first.
-- Inputs: core_margin_called, out_margin.
-- Example:
--   account_id | called_amount | recomputed_amount | difference_pct | outcome
--   A-01       |     1000000.0 |         1150000.0 |         -13.04 | called less
WITH recomputed AS (
    SELECT
        account_id,
        initial_margin_amount AS recomputed_amount
    FROM out_margin
    WHERE
        business_date = $business_date
        AND model_id = $model_id
        AND mpor_days = $mpor_days
        AND node_level = 'account'
),

called AS (
    SELECT
        account_id,
        called_amount
    FROM core_margin_called
    WHERE business_date = $business_date
)

SELECT
    coalesce(called.account_id, recomputed.account_id) AS account_id,
    called.called_amount,
    recomputed.recomputed_amount,
    round(called.called_amount - recomputed.recomputed_amount, 4) AS difference_amount,
    round(
        100 * (called.called_amount - recomputed.recomputed_amount)
        / nullif(recomputed.recomputed_amount, 0),
        2
    ) AS difference_pct,
    CASE
        WHEN called.called_amount IS NULL THEN 'not called'
        WHEN recomputed.recomputed_amount IS NULL THEN 'not recomputed'
        WHEN
            abs(called.called_amount - recomputed.recomputed_amount)
            <= recomputed.recomputed_amount * $tolerance_pct / 100
            THEN 'agrees'
        WHEN called.called_amount < recomputed.recomputed_amount THEN 'called less'
        ELSE 'called more'
    END AS outcome
FROM called
FULL OUTER JOIN recomputed ON called.account_id = recomputed.account_id
ORDER BY abs(difference_amount) DESC NULLS LAST, account_id ASC;
