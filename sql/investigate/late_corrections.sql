-- Question: Which corrections came after their date, and which margins did they change?
-- Parameters:
--   first_date date = 1970-01-01: first business date corrected.
--   last_date date = newest: last one.
--   model_id text = champion: model whose margins are compared.
-- Grain: one row a business date and the date a correction became known: rows of prices, positions
--   and called margins that were superseded, and by how much the capped margin of all accounts
--   changed with it.
-- Inputs: history.raw_prices, history.raw_positions, history.raw_margin_called, history.out_margin.
-- Example:
--   business_date | known_from | corrected_prices | corrected_positions | margin_change_amount
--   2018-02-02    | 2018-02-09 |               12 |                   0 |              35000.0
WITH superseded AS (
    SELECT
        business_date,
        known_to,
        'prices' AS kind
    FROM history.raw_prices
    WHERE known_to > business_date AND business_date BETWEEN $first_date AND $last_date
    UNION ALL
    SELECT
        business_date,
        known_to,
        'positions' AS kind
    FROM history.raw_positions
    WHERE known_to > business_date AND business_date BETWEEN $first_date AND $last_date
    UNION ALL
    SELECT
        business_date,
        known_to,
        'margin_called' AS kind
    FROM history.raw_margin_called
    WHERE known_to > business_date AND business_date BETWEEN $first_date AND $last_date
),

corrections AS (
    SELECT
        business_date,
        known_to AS known_from,
        count(*) FILTER (WHERE kind = 'prices') AS corrected_prices,
        count(*) FILTER (WHERE kind = 'positions') AS corrected_positions,
        count(*) FILTER (WHERE kind = 'margin_called') AS corrected_called_margins
    FROM superseded
    GROUP BY ALL
),

changes AS (
    SELECT
        corrections.business_date,
        corrections.known_from,
        margin.account_id,
        margin.mpor_days,
        sum(margin.capped_margin_amount) FILTER (
            WHERE margin.known_to = corrections.known_from
        ) AS margin_before,
        sum(margin.capped_margin_amount) FILTER (
            WHERE margin.known_from = corrections.known_from
        ) AS margin_after
    FROM corrections
    INNER JOIN history.out_margin AS margin
        ON
            corrections.business_date = margin.business_date
            AND margin.node_level = 'account'
            AND margin.model_id = $model_id
            AND corrections.known_from IN (margin.known_from, margin.known_to)
            AND margin.known_to IS DISTINCT FROM margin.known_from
    GROUP BY ALL
),

effects AS (
    SELECT
        business_date,
        known_from,
        count(DISTINCT account_id) FILTER (
            WHERE margin_after IS DISTINCT FROM margin_before
        ) AS changed_accounts,
        round(
            sum(coalesce(margin_after, 0) - coalesce(margin_before, 0)), 4
        ) AS margin_change_amount
    FROM changes
    GROUP BY ALL
)

SELECT
    corrections.business_date,
    corrections.known_from,
    corrections.corrected_prices,
    corrections.corrected_positions,
    corrections.corrected_called_margins,
    coalesce(effects.changed_accounts, 0) AS changed_accounts,
    coalesce(effects.margin_change_amount, 0) AS margin_change_amount
FROM corrections
LEFT JOIN effects
    ON
        corrections.business_date = effects.business_date
        AND corrections.known_from = effects.known_from
ORDER BY corrections.business_date ASC, corrections.known_from ASC;
