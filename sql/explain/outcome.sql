-- Grain: one row, the account-day. Inputs: account_days.
-- Use: explain: margin, loss and class of one account-day.
SELECT
    member_id,
    account_type,
    standalone_margin_amount,
    netted_margin_amount,
    offset_credit_amount,
    capped_margin_amount,
    addon_amount,
    initial_margin_amount,
    maintenance_margin_amount,
    called_margin_amount,
    horizon_end_date,
    status,
    loss_amount,
    worst_loss_amount,
    is_exceedance,
    shortfall_amount,
    exceedance_class,
    exclusion_reason
FROM account_days
WHERE
    account_id = $account_id
    AND business_date = $business_date
    AND model_id = $model_id
    AND mpor_days = $mpor_days;
