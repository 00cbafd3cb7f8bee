-- Question: Which members get the largest offset credit?
-- Parameters:
--   business_date date = newest: date of the positions.
--   model_id text = champion: model.
--   mpor_days number = 1: margin period of risk.
-- Grain: one row a member, largest credit first. Allowed is what the cap leaves of the credit.
-- Inputs: out_margin, core_accounts.
-- Example:
--   member_id | accounts | standalone_margin_amount | offset_credit_amount | allowed_credit_amount
--   M-1       |        4 |                9000000.0 |            2500000.0 |             2000000.0
SELECT
    account.member_id,
    count(*) AS accounts,
    round(sum(margin.standalone_margin_amount), 4) AS standalone_margin_amount,
    round(sum(margin.offset_credit_amount), 4) AS offset_credit_amount,
    round(
        sum(margin.standalone_margin_amount - margin.capped_margin_amount), 4
    ) AS allowed_credit_amount,
    round(
        100 * sum(margin.standalone_margin_amount - margin.capped_margin_amount)
        / nullif(sum(margin.standalone_margin_amount), 0),
        2
    ) AS allowed_credit_pct
FROM out_margin AS margin
LEFT JOIN core_accounts AS account ON margin.account_id = account.account_id
WHERE
    margin.business_date = $business_date
    AND margin.model_id = $model_id
    AND margin.mpor_days = $mpor_days
    AND margin.node_level = 'account'
GROUP BY account.member_id
ORDER BY offset_credit_amount DESC, account.member_id ASC;
