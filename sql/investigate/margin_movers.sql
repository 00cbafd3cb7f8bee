-- Question: Whose margin moved most from the date before, and by positions, prices, parameters or
--   offsets?
-- Parameters:
--   business_date date = newest: date of the later margin.
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
-- Grain: one row an account, largest change first. The four effects add up to the change. Of each
--   product the effect of positions is its margin of the day before times the growth of its size
--   (contracts times multiplier, absolute) and the rest that of prices, or of parameters where the
--   model was declared anew between the dates; offsets is the change of what netting above the
--   product and the cap take off.
-- Inputs: out_margin, core_positions, core_instruments, core_calendar.
-- Example:
--   account_id | margin_before_amount | change_amount | positions_amount | prices_amount
--   A-01       |            1000000.0 |      150000.0 |         100000.0 |       60000.0
WITH compared AS (
    SELECT
        max(business_date) AS before_date,
        $business_date AS after_date
    FROM core_calendar
    WHERE business_date < $business_date
),

nodes AS (
    SELECT
        margin.account_id,
        margin.node_level,
        margin.node_id,
        sum(margin.netted_margin_amount) FILTER (
            WHERE margin.business_date = compared.before_date
        ) AS netted_before,
        sum(margin.netted_margin_amount) FILTER (
            WHERE margin.business_date = compared.after_date
        ) AS netted_after,
        sum(margin.capped_margin_amount) FILTER (
            WHERE margin.business_date = compared.before_date
        ) AS capped_before,
        sum(margin.capped_margin_amount) FILTER (
            WHERE margin.business_date = compared.after_date
        ) AS capped_after,
        count(DISTINCT margin.parameter_hash) > 1 AS is_declared_anew
    FROM out_margin AS margin
    CROSS JOIN compared
    WHERE
        margin.business_date IN (compared.before_date, compared.after_date)
        AND margin.business_date BETWEEN $business_date - 31 AND $business_date
        AND margin.model_id = $model_id
        AND margin.mpor_days = $mpor_days
        AND margin.node_level IN ('product', 'account')
    GROUP BY ALL
),

sizes AS (
    SELECT
        position.account_id,
        instrument.product,
        sum(abs(position.quantity) * instrument.multiplier) FILTER (
            WHERE position.business_date = compared.before_date
        ) AS size_before,
        sum(abs(position.quantity) * instrument.multiplier) FILTER (
            WHERE position.business_date = compared.after_date
        ) AS size_after
    FROM core_positions AS position
    CROSS JOIN compared
    INNER JOIN core_instruments AS instrument ON position.instrument_id = instrument.instrument_id
    WHERE
        position.business_date IN (compared.before_date, compared.after_date)
        AND position.business_date BETWEEN $business_date - 31 AND $business_date
    GROUP BY ALL
),

products AS (
    SELECT
        nodes.account_id,
        coalesce(nodes.netted_after, 0) - coalesce(nodes.netted_before, 0) AS change_amount,
        CASE
            WHEN nodes.netted_before IS NULL THEN nodes.netted_after
            WHEN nodes.netted_after IS NULL THEN -nodes.netted_before
            WHEN sizes.size_before > 0
                THEN nodes.netted_before * (sizes.size_after / sizes.size_before - 1)
            ELSE 0
        END AS positions_amount,
        nodes.is_declared_anew
    FROM nodes
    LEFT JOIN sizes
        ON nodes.account_id = sizes.account_id AND nodes.node_id = sizes.product
    WHERE nodes.node_level = 'product'
),

effects AS (
    SELECT
        account_id,
        sum(change_amount) AS products_change,
        sum(positions_amount) AS positions_amount,
        sum(change_amount - positions_amount) FILTER (
            WHERE NOT is_declared_anew
        ) AS prices_amount,
        sum(change_amount - positions_amount) FILTER (
            WHERE is_declared_anew
        ) AS parameters_amount
    FROM products
    GROUP BY account_id
)

SELECT
    account.account_id,
    coalesce(account.capped_before, 0) AS margin_before_amount,
    coalesce(account.capped_after, 0) AS margin_after_amount,
    round(coalesce(account.capped_after, 0) - coalesce(account.capped_before, 0), 4)
        AS change_amount,
    round(effects.positions_amount, 4) AS positions_amount,
    round(coalesce(effects.prices_amount, 0), 4) AS prices_amount,
    round(coalesce(effects.parameters_amount, 0), 4) AS parameters_amount,
    round(
        coalesce(account.capped_after, 0)
        - coalesce(account.capped_before, 0)
        - effects.products_change,
        4
    ) AS offsets_amount
FROM nodes AS account
INNER JOIN effects ON account.account_id = effects.account_id
WHERE account.node_level = 'account'
ORDER BY abs(change_amount) DESC, account.account_id ASC;
