-- Grain: schema and comments of the scenario that set the margin an exception exceeded.
-- Inputs: history.out_exceptions of 0005_offset_on_trial.sql. Use: applied once, in number order,
-- by pipeline.warehouse; never edited later.

ALTER TABLE history.out_exceptions ADD COLUMN margin_scenario VARCHAR;

ALTER TABLE history.out_exceptions ADD COLUMN margin_scenario_loss_amount DOUBLE;

ALTER TABLE history.out_exceptions ADD COLUMN margin_scenarios BIGINT;

-- A view takes no comment on a column that its table gained later, so it is made anew.
CREATE OR REPLACE VIEW out_exceptions AS
FROM history.out_exceptions
WHERE known_to IS NULL;

COMMENT ON VIEW out_exceptions IS
'One row per exception_id. Every exceedance of an account in out_backtest, core model and '
'adequacy, with its cause in numbers and where its investigation stands. Amounts are rounded to 4 '
'decimals. Rows in force; history.out_exceptions holds every version.';
COMMENT ON COLUMN out_exceptions.exception_id IS
'Identifier: hash of business_date, model_id, track, account_id and mpor_days, the same in every '
'run. 16 hexadecimal digits.';
COMMENT ON COLUMN out_exceptions.business_date IS
'Date of the exceedance, as in out_backtest.';
COMMENT ON COLUMN out_exceptions.model_id IS
'Model of the exceedance, as in out_backtest.';
COMMENT ON COLUMN out_exceptions.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN out_exceptions.scope IS
'Scope of the exceedance: account.';
COMMENT ON COLUMN out_exceptions.scope_id IS
'Name of the account.';
COMMENT ON COLUMN out_exceptions.account_id IS
'Account whose loss exceeded the margin.';
COMMENT ON COLUMN out_exceptions.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN out_exceptions.is_exceedance IS
'False where a later run, on corrected inputs or other parameters, no longer finds the '
'exceedance; its figures are the last that did.';
COMMENT ON COLUMN out_exceptions.exceedance_class IS
'What would have covered the loss, as in out_backtest: capped, offset, model or called; null '
'where no margin could be recomputed.';
COMMENT ON COLUMN out_exceptions.loss_amount IS
'Loss at the end of the horizon, in reporting currency.';
COMMENT ON COLUMN out_exceptions.tested_margin_amount IS
'Margin that the loss exceeded, in reporting currency.';
COMMENT ON COLUMN out_exceptions.shortfall_amount IS
'Loss less tested margin, in reporting currency.';
COMMENT ON COLUMN out_exceptions.largest_instrument_id IS
'Instrument that lost most; null where none lost.';
COMMENT ON COLUMN out_exceptions.largest_instrument_loss_amount IS
'What it lost, in reporting currency; null where none lost.';
COMMENT ON COLUMN out_exceptions.failed_level IS
'Level of the netting tree whose granted offset credit exceeds what the losses bore of it by '
'most: product, offset_group or account; null where no level''s does or no margin could be '
'recomputed.';
COMMENT ON COLUMN out_exceptions.failed_credit_amount IS
'By how much it exceeds it, in reporting currency; null where failed_level is.';
COMMENT ON COLUMN out_exceptions.cause IS
'The same in words: class, instruments that lost most with amounts, credit that failed with its '
'level, scenario that set the margin.';
COMMENT ON COLUMN out_exceptions.status IS
'Where the investigation stands: open, explained, accepted or closed. An exceedance is open at '
'first, and again when its loss, tested margin or class changes.';
COMMENT ON COLUMN out_exceptions.note IS
'What the reviewer noted; empty where nothing is.';
COMMENT ON COLUMN out_exceptions.reviewer IS
'Who recorded it; empty where nobody has yet.';
COMMENT ON COLUMN out_exceptions.review_count IS
'Reviews recorded so far, the one behind this row included.';
COMMENT ON COLUMN out_exceptions.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_exceptions.known_from IS
'Date from which this state counts as known: that of the loss and margin, or the one given or '
'taken from the warehouse with a review.';
COMMENT ON COLUMN out_exceptions.known_to IS
'Null on every row here, because the row is in force.';
COMMENT ON COLUMN out_exceptions.margin_scenario IS
'Scenario that set the core margin, as in out_margin_scenarios: the last date of a historical '
'move, or the number of a scenario of the model; of several in a tail the worst. Null where the '
'model writes no scenarios or none binds.';
COMMENT ON COLUMN out_exceptions.margin_scenario_loss_amount IS
'Loss under it of the node whose margin it set, in reporting currency; null where '
'margin_scenario is.';
COMMENT ON COLUMN out_exceptions.margin_scenarios IS
'How many scenarios set the core margin together: 1 of a quantile or a worst scenario, those '
'of the tail that out_margin_scenarios holds of an expected shortfall; null where '
'margin_scenario is.';

COMMENT ON COLUMN history.out_exceptions.cause IS
'The same in words: class, instruments that lost most with amounts, credit that failed with its '
'level, scenario that set the margin.';
COMMENT ON COLUMN history.out_exceptions.margin_scenario IS
'Scenario that set the core margin, as in out_margin_scenarios: the last date of a historical '
'move, or the number of a scenario of the model; of several in a tail the worst. Null where the '
'model writes no scenarios or none binds.';
COMMENT ON COLUMN history.out_exceptions.margin_scenario_loss_amount IS
'Loss under it of the node whose margin it set, in reporting currency; null where '
'margin_scenario is.';
COMMENT ON COLUMN history.out_exceptions.margin_scenarios IS
'How many scenarios set the core margin together: 1 of a quantile or a worst scenario, those '
'of the tail that out_margin_scenarios holds of an expected shortfall; null where '
'margin_scenario is.';
