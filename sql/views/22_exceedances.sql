-- Grain: business_date, model_id, track, mpor_days, account_id. Inputs: out_backtest,
-- out_exceptions, core_accounts.
-- Use: every loss above the tested margin, with what the register holds of it.
CREATE OR REPLACE VIEW exceedances AS
SELECT
    backtest.business_date,
    backtest.model_id,
    backtest.track,
    backtest.mpor_days,
    backtest.account_id,
    account.member_id,
    backtest.margin_basis,
    backtest.horizon_end_date,
    backtest.loss_amount,
    backtest.worst_loss_amount,
    backtest.standalone_margin_amount,
    backtest.netted_margin_amount,
    backtest.tested_margin_amount,
    backtest.shortfall_amount,
    backtest.exceedance_class,
    register.exception_id,
    register.largest_instrument_id,
    register.largest_instrument_loss_amount,
    register.failed_level,
    register.failed_credit_amount,
    register.margin_scenario,
    register.margin_scenario_loss_amount,
    register.cause,
    register.status AS review_status,
    register.note
FROM out_backtest AS backtest
LEFT JOIN core_accounts AS account ON backtest.account_id = account.account_id
LEFT JOIN out_exceptions AS register
    ON
        backtest.business_date = register.business_date
        AND backtest.model_id = register.model_id
        AND backtest.track = register.track
        AND backtest.account_id = register.account_id
        AND backtest.mpor_days = register.mpor_days
WHERE backtest.scope = 'account' AND backtest.is_exceedance;

COMMENT ON VIEW exceedances IS
'One row per business_date, model_id, track, mpor_days and account_id. Every loss of an '
'account above its tested margin, with what the register of exceptions holds of it.';
COMMENT ON COLUMN exceedances.business_date IS
'Date of the positions, which stay frozen over the horizon; an instrument that expires in it '
'keeps what it settled at.';
COMMENT ON COLUMN exceedances.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN exceedances.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy '
'the margin in force.';
COMMENT ON COLUMN exceedances.mpor_days IS
'Length of the horizon, in dates of core_calendar; the margin period of risk of the margin '
'that is tested.';
COMMENT ON COLUMN exceedances.account_id IS
'Account whose positions lost; losses of several accounts are never in one row.';
COMMENT ON COLUMN exceedances.member_id IS
'Clearing member that answers for the account; null where the account is not described.';
COMMENT ON COLUMN exceedances.margin_basis IS
'Margin that is tested: capped in the core_model track; in the adequacy track called, or '
'capped where no called margin is known and the recomputed initial margin is tested.';
COMMENT ON COLUMN exceedances.horizon_end_date IS
'Date on which the horizon ends; null while it is pending.';
COMMENT ON COLUMN exceedances.loss_amount IS
'Loss at the end of the horizon, in reporting currency: above 0 is money lost, below 0 money '
'gained. Null unless the status is observed.';
COMMENT ON COLUMN exceedances.worst_loss_amount IS
'Largest loss at any date of the horizon, in reporting currency, a figure of severity that is '
'never tested; below 0 where every date showed a gain. Null unless the status is observed and '
'every price and rate on the way is there.';
COMMENT ON COLUMN exceedances.standalone_margin_amount IS
'Margin without offsets, in reporting currency, as in out_margin; null in the adequacy track '
'where it could not be computed.';
COMMENT ON COLUMN exceedances.netted_margin_amount IS
'Margin with every offset, before the cap, in reporting currency, as in out_margin; null in '
'the adequacy track where it could not be computed.';
COMMENT ON COLUMN exceedances.tested_margin_amount IS
'Margin that the loss is compared with, in reporting currency: the capped margin in the '
'core_model track; in the adequacy track the called one or, where it is not known, the '
'recomputed initial margin.';
COMMENT ON COLUMN exceedances.shortfall_amount IS
'Loss less tested margin on an exceedance, in reporting currency; 0 on any other observed '
'row, null unless the status is observed.';
COMMENT ON COLUMN exceedances.exceedance_class IS
'What would have covered a loss above the netted margin, exceedance or not: capped (the '
'capped margin holds), offset (it fails, the margin without offsets holds) or model (that '
'fails too). In the adequacy track called marks an exceedance that the recomputed capped '
'margin covers. Null on all other rows.';
COMMENT ON COLUMN exceedances.exception_id IS
'Identifier: hash of business_date, model_id, track, account_id and mpor_days, the same in '
'every run. 16 hexadecimal digits.';
COMMENT ON COLUMN exceedances.largest_instrument_id IS
'Instrument that lost most; null where none lost.';
COMMENT ON COLUMN exceedances.largest_instrument_loss_amount IS
'What it lost, in reporting currency; null where none lost.';
COMMENT ON COLUMN exceedances.failed_level IS
'Level of the netting tree whose granted offset credit exceeds what the losses bore of it by '
'most: product, offset_group or account; null where no level''s does or no margin could be '
'recomputed.';
COMMENT ON COLUMN exceedances.failed_credit_amount IS
'By how much it exceeds it, in reporting currency; null where failed_level is.';
COMMENT ON COLUMN exceedances.margin_scenario IS
'Scenario that set the core margin, as in out_margin_scenarios: the last date of a historical '
'move, or the number of a scenario of the model; of several in a tail the worst. Null where the '
'model writes no scenarios or none binds.';
COMMENT ON COLUMN exceedances.margin_scenario_loss_amount IS
'Loss under it of the node whose margin it set, in reporting currency; null where '
'margin_scenario is.';
COMMENT ON COLUMN exceedances.cause IS
'The same in words: class, instruments that lost most with amounts, credit that failed with '
'its level, scenario that set the margin.';
COMMENT ON COLUMN exceedances.review_status IS
'Where the investigation stands: open, explained, accepted or closed; null before the '
'register was written.';
COMMENT ON COLUMN exceedances.note IS
'What the reviewer noted; empty where nothing is.';
