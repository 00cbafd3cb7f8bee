-- Grain: model_id, mpor_days, window_name, product, other_product. Inputs: out_offset_pairs.
-- Use: each pair of products that offset each other, as of the newest backtest of its model.
CREATE OR REPLACE VIEW offset_pairs AS
SELECT
    model_id,
    mpor_days,
    window_name,
    product,
    other_product,
    as_of_date,
    meets_at,
    accounts,
    account_days,
    exceedances,
    coverage_pct,
    shortfall_amount,
    mean_standalone_margin_amount,
    mean_allowed_credit_amount,
    granted_credit_pct,
    justified_credit_pct,
    variance_reduction_pct,
    offset_days,
    offset_loss_amount,
    offset_credit_amount,
    break_days,
    break_share_pct
FROM out_offset_pairs
QUALIFY as_of_date = max(as_of_date) OVER (PARTITION BY model_id);

COMMENT ON VIEW offset_pairs IS
'One row per model_id, mpor_days, window_name, product and other_product. Each pair of '
'products that offset each other, as of the newest backtest of its model: credit granted, '
'credit that losses justified, and where it failed.';
COMMENT ON COLUMN offset_pairs.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN offset_pairs.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN offset_pairs.window_name IS
'Days counted: all, or last_250, the last 250 dates whose horizon has ended, as in '
'out_coverage.';
COMMENT ON COLUMN offset_pairs.product IS
'First product of the pair, in the order of the names.';
COMMENT ON COLUMN offset_pairs.other_product IS
'Second product of the pair.';
COMMENT ON COLUMN offset_pairs.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN offset_pairs.meets_at IS
'Level of the netting tree at which the two offset each other: offset_group, or account where '
'they are in different groups.';
COMMENT ON COLUMN offset_pairs.accounts IS
'Accounts that held both on some day.';
COMMENT ON COLUMN offset_pairs.account_days IS
'Account-days on which both were held and both losses are known.';
COMMENT ON COLUMN offset_pairs.exceedances IS
'Account-days on which the two together lost more than their margins less the credit allowed '
'them, plus the model''s tolerance.';
COMMENT ON COLUMN offset_pairs.coverage_pct IS
'Share of account-days without such an exceedance, in per cent.';
COMMENT ON COLUMN offset_pairs.shortfall_amount IS
'Sum over these exceedances of the loss less the pair''s margin, in reporting currency.';
COMMENT ON COLUMN offset_pairs.mean_standalone_margin_amount IS
'Sum of the two products'' margins, averaged over the account-days, in reporting currency.';
COMMENT ON COLUMN offset_pairs.mean_allowed_credit_amount IS
'Credit of the pair after the cap, averaged over the account-days, in reporting currency. The '
'credit of the node where products meet is shared out in proportion to the product of two '
'products'' margins; negative where netting raises the requirement.';
COMMENT ON COLUMN offset_pairs.granted_credit_pct IS
'Allowed credit as a share of the two products'' margins, in per cent; null where these are 0.';
COMMENT ON COLUMN offset_pairs.justified_credit_pct IS
'Credit that realised losses would have justified: 1 less the mean of the worst 5 % of the '
'pair''s losses over the sum of those of its legs, in per cent; null where no leg lost.';
COMMENT ON COLUMN offset_pairs.variance_reduction_pct IS
'Hedge effectiveness: 1 less the variance of the pair''s loss over the sum of those of its '
'legs, in per cent; 0 for independent legs, 100 for a perfect hedge, negative where they add '
'up, null where no leg moves.';
COMMENT ON COLUMN offset_pairs.offset_days IS
'Account-days of class offset in out_backtest on which the account held both.';
COMMENT ON COLUMN offset_pairs.offset_loss_amount IS
'Loss of the pair on those days, in reporting currency; negative where it gained.';
COMMENT ON COLUMN offset_pairs.offset_credit_amount IS
'Credit allowed the pair on those days, in reporting currency.';
COMMENT ON COLUMN offset_pairs.break_days IS
'Those of the days on which the pair lost and the lookback''s dependence of its legs is known.';
COMMENT ON COLUMN offset_pairs.break_share_pct IS
'The same as a share of the loss on break_days, in per cent; null where there is no such day.';
