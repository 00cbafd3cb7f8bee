-- Grain: business_date, model_id, mpor_days, account_id. Inputs: out_margin, out_exclusions,
-- out_backtest, core_accounts, core_margin_called.
-- Use: the margin of an account on a date beside the loss that followed; start here.
CREATE OR REPLACE VIEW account_days AS
WITH margins AS (
    SELECT
        business_date,
        model_id,
        mpor_days,
        account_id,
        standalone_margin_amount,
        netted_margin_amount,
        offset_credit_amount,
        capped_margin_amount,
        addon_amount,
        initial_margin_amount,
        maintenance_margin_amount,
        NULL AS exclusion_reason
    FROM out_margin
    WHERE node_level = 'account'
    UNION ALL BY NAME
    SELECT
        business_date,
        model_id,
        mpor_days,
        account_id,
        reason AS exclusion_reason
    FROM out_exclusions
)

SELECT
    margins.business_date,
    margins.model_id,
    margins.mpor_days,
    margins.account_id,
    account.member_id,
    account.account_type,
    margins.standalone_margin_amount,
    margins.netted_margin_amount,
    margins.offset_credit_amount,
    margins.capped_margin_amount,
    margins.addon_amount,
    margins.initial_margin_amount,
    margins.maintenance_margin_amount,
    called.called_amount AS called_margin_amount,
    backtest.horizon_end_date,
    backtest.status,
    backtest.loss_amount,
    backtest.worst_loss_amount,
    backtest.is_exceedance,
    backtest.shortfall_amount,
    backtest.exceedance_class,
    margins.exclusion_reason
FROM margins
LEFT JOIN core_accounts AS account ON margins.account_id = account.account_id
LEFT JOIN core_margin_called AS called
    ON
        margins.business_date = called.business_date
        AND margins.account_id = called.account_id
LEFT JOIN out_backtest AS backtest
    ON
        backtest.track = 'core_model'
        AND backtest.scope = 'account'
        AND margins.business_date = backtest.business_date
        AND margins.model_id = backtest.model_id
        AND margins.mpor_days = backtest.mpor_days
        AND margins.account_id = backtest.account_id;

COMMENT ON VIEW account_days IS
'One row per business_date, model_id, mpor_days and account_id. Margin of an account on a '
'date beside the loss that followed, tested by the core model; account-days without a margin '
'say why.';
COMMENT ON COLUMN account_days.business_date IS
'Date of the positions; scenarios end on it.';
COMMENT ON COLUMN account_days.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN account_days.mpor_days IS
'Margin period of risk, in dates of core_calendar: each scenario is a move over so many '
'dates.';
COMMENT ON COLUMN account_days.account_id IS
'Account that holds the positions.';
COMMENT ON COLUMN account_days.member_id IS
'Clearing member that answers for the account; null where the account is not described.';
COMMENT ON COLUMN account_days.account_type IS
'Whose positions it holds: house, client_omnibus or client_individual; null where the account '
'is not described.';
COMMENT ON COLUMN account_days.standalone_margin_amount IS
'Margin without offsets, in reporting currency, at least 0: the sum over the instruments '
'below the node of the margin of each alone. '
'Null where the account has no margin that day.';
COMMENT ON COLUMN account_days.netted_margin_amount IS
'Margin with every offset below the node, before the cap, in reporting currency, at least 0: '
'the risk measure of the node''s scenario losses, or the sum of the nodes below where the '
'model lets the level add margins. '
'Null where the account has no margin that day.';
COMMENT ON COLUMN account_days.offset_credit_amount IS
'Standalone less netted margin, in reporting currency. Negative where netting raises the '
'requirement. '
'Null where the account has no margin that day.';
COMMENT ON COLUMN account_days.capped_margin_amount IS
'Margin after the cap on offset credit, in reporting currency, at least 0: max(netted, base - '
'cap x (base - netted)), with cap_base_margin_amount as base. The margin that the core_model '
'track tests. '
'Null where the account has no margin that day.';
COMMENT ON COLUMN account_days.addon_amount IS
'Everything required beyond capped margin, in reporting currency, at least 0: tools against '
'procyclical margin, contingency, concentration and minimum charges; 0 where the model has '
'none. Never part of netted or capped margin. '
'Null where the account has no margin that day.';
COMMENT ON COLUMN account_days.initial_margin_amount IS
'Initial margin, in reporting currency: maintenance margin times the model''s initial factor, '
'which is at least 1, and for accounts a declared buffer amount. The adequacy track tests it '
'where no called margin is known. '
'Null where the account has no margin that day.';
COMMENT ON COLUMN account_days.maintenance_margin_amount IS
'Maintenance margin, in reporting currency, at least 0: capped margin plus add-ons. '
'Null where the account has no margin that day.';
COMMENT ON COLUMN account_days.called_margin_amount IS
'Margin really called, in reporting currency; null where it is not known.';
COMMENT ON COLUMN account_days.horizon_end_date IS
'Date on which the horizon ends; null while it is pending.';
COMMENT ON COLUMN account_days.status IS
'observed: the loss is known; pending: the horizon has not ended; missing_price; null before '
'the backtest ran.';
COMMENT ON COLUMN account_days.loss_amount IS
'Loss at the end of the horizon, in reporting currency: above 0 is money lost, below 0 money '
'gained. Null unless the status is observed.';
COMMENT ON COLUMN account_days.worst_loss_amount IS
'Largest loss at any date of the horizon, in reporting currency, a figure of severity that is '
'never tested; below 0 where every date showed a gain. Null unless the status is observed and '
'every price and rate on the way is there.';
COMMENT ON COLUMN account_days.is_exceedance IS
'Whether the loss is strictly greater than tested margin plus the model''s tolerance; null '
'unless the status is observed.';
COMMENT ON COLUMN account_days.shortfall_amount IS
'Loss less tested margin on an exceedance, in reporting currency; 0 on any other observed '
'row, null unless the status is observed.';
COMMENT ON COLUMN account_days.exceedance_class IS
'What would have covered a loss above the netted margin, exceedance or not: capped (the '
'capped margin holds), offset (it fails, the margin without offsets holds) or model (that '
'fails too). In the adequacy track called marks an exceedance that the recomputed capped '
'margin covers. Null on all other rows.';
COMMENT ON COLUMN account_days.exclusion_reason IS
'Why there is no margin, in words; null where there is one.';
