-- Question: Why did an account exceed its margin: which instruments lost, against which margin?
-- Parameters:
--   account_id text, for example ACC-LONG-WTI-01: account.
--   business_date date, for example 2018-02-02: date of the positions.
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
-- Grain: one row an instrument held, largest loss first; the losses add up to account_loss_amount.
-- Inputs: position_losses, out_margin, out_backtest.
-- Example:
--   instrument_id | quantity | loss_amount | share_pct | product_margin_amount | exceedance_class
--   WTI           |     50.0 |    120000.0 |      96.0 |              100000.0 | offset
WITH instrument_losses AS (
    SELECT
        instrument_id,
        product,
        quantity,
        start_price,
        end_price,
        loss_amount
    FROM position_losses
    WHERE
        account_id = $account_id
        AND business_date = $business_date
        AND model_id = $model_id
        AND mpor_days = $mpor_days
),

margins AS (
    SELECT
        node_id,
        netted_margin_amount
    FROM out_margin
    WHERE
        account_id = $account_id
        AND business_date = $business_date
        AND model_id = $model_id
        AND mpor_days = $mpor_days
        AND node_level = 'product'
),

outcome AS (
    SELECT
        horizon_end_date,
        loss_amount,
        tested_margin_amount,
        netted_margin_amount,
        standalone_margin_amount,
        shortfall_amount,
        exceedance_class
    FROM out_backtest
    WHERE
        track = 'core_model'
        AND scope = 'account'
        AND account_id = $account_id
        AND business_date = $business_date
        AND model_id = $model_id
        AND mpor_days = $mpor_days
)

SELECT
    instrument_losses.instrument_id,
    instrument_losses.product,
    instrument_losses.quantity,
    instrument_losses.start_price,
    instrument_losses.end_price,
    round(instrument_losses.loss_amount, 4) AS loss_amount,
    round(100 * instrument_losses.loss_amount / nullif(outcome.loss_amount, 0), 2) AS share_pct,
    margins.netted_margin_amount AS product_margin_amount,
    outcome.loss_amount AS account_loss_amount,
    outcome.netted_margin_amount,
    outcome.tested_margin_amount,
    outcome.standalone_margin_amount,
    outcome.shortfall_amount,
    outcome.exceedance_class,
    outcome.horizon_end_date
FROM instrument_losses
CROSS JOIN outcome
LEFT JOIN margins ON instrument_losses.product = margins.node_id
ORDER BY instrument_losses.loss_amount DESC, instrument_losses.instrument_id ASC;
