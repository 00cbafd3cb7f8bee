-- Question: Which offset failed: at which level and between which products did credit go that the
--   loss took back?
-- Parameters:
--   first_date date, for example 2018-01-01: first date.
--   last_date date = newest: last date.
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
-- Grain: one row an exceedance of class offset, largest shortfall first.
-- Inputs: exceedances, position_losses.
-- Example:
--   business_date | account_id | failed_level | failed_credit_amount | losing | gaining
--   2018-02-02    | A-01       | account      |             250000.0 | SP500  | WTI
WITH failed AS (
    SELECT
        business_date,
        account_id,
        loss_amount,
        tested_margin_amount,
        standalone_margin_amount,
        shortfall_amount,
        failed_level,
        failed_credit_amount
    FROM exceedances
    WHERE
        track = 'core_model'
        AND exceedance_class = 'offset'
        AND business_date BETWEEN $first_date AND $last_date
        AND model_id = $model_id
        AND mpor_days = $mpor_days
),

by_product AS (
    SELECT
        position_losses.business_date,
        position_losses.account_id,
        position_losses.product,
        sum(position_losses.loss_amount) AS loss_amount
    FROM position_losses
    INNER JOIN failed
        ON
            position_losses.business_date = failed.business_date
            AND position_losses.account_id = failed.account_id
    WHERE position_losses.model_id = $model_id AND position_losses.mpor_days = $mpor_days
    GROUP BY ALL
),

legs AS (
    SELECT
        business_date,
        account_id,
        arg_max(product, loss_amount) AS losing_product,
        max(loss_amount) AS losing_product_loss_amount,
        arg_min(product, loss_amount) AS gaining_product,
        min(loss_amount) AS gaining_product_loss_amount
    FROM by_product
    GROUP BY ALL
)

SELECT
    failed.business_date,
    failed.account_id,
    failed.loss_amount,
    failed.tested_margin_amount,
    failed.standalone_margin_amount,
    failed.shortfall_amount,
    failed.failed_level,
    failed.failed_credit_amount,
    legs.losing_product,
    legs.losing_product_loss_amount,
    legs.gaining_product,
    legs.gaining_product_loss_amount
FROM failed
LEFT JOIN legs
    ON failed.business_date = legs.business_date AND failed.account_id = legs.account_id
ORDER BY failed.shortfall_amount DESC, failed.business_date ASC, failed.account_id ASC;
