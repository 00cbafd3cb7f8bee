-- Grain: instrument. Inputs: positions, position_losses.
-- Use: explain: what the account held and what each position lost, largest loss first.
SELECT
    held.instrument_id,
    held.product,
    held.quantity,
    held.notional_amount,
    lost.start_price,
    lost.end_price,
    lost.loss_amount
FROM positions AS held
LEFT JOIN position_losses AS lost
    ON
        held.business_date = lost.business_date
        AND held.account_id = lost.account_id
        AND held.instrument_id = lost.instrument_id
        AND lost.model_id = $model_id
        AND lost.mpor_days = $mpor_days
        AND lost.account_id = $account_id
        AND lost.business_date = $business_date
WHERE held.account_id = $account_id AND held.business_date = $business_date
ORDER BY lost.loss_amount DESC NULLS LAST, held.instrument_id ASC;
