-- Grain: schema and comments of the tail behind margin: several confidences and the worst scenarios
-- of each account, each with its history and its view of the rows in force.
-- Inputs: the tables of 0001_schema.sql. Use: applied once, in number order, by pipeline.warehouse;
-- never edited later.

CREATE TABLE history.out_margin_levels (
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    account_id VARCHAR NOT NULL,
    confidence_pct DOUBLE NOT NULL,
    is_model_confidence BOOLEAN NOT NULL,
    scenarios INTEGER NOT NULL,
    quantile_amount DOUBLE NOT NULL,
    expected_shortfall_amount DOUBLE NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_margin_scenarios (
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    account_id VARCHAR NOT NULL,
    node_level VARCHAR NOT NULL,
    node_id VARCHAR NOT NULL,
    rank INTEGER NOT NULL,
    scenario VARCHAR NOT NULL,
    scenario_date DATE,
    scenario_loss_amount DOUBLE NOT NULL,
    is_binding BOOLEAN NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW out_margin_levels AS
FROM history.out_margin_levels
WHERE known_to IS NULL;

CREATE VIEW out_margin_scenarios AS
FROM history.out_margin_scenarios
WHERE known_to IS NULL;

COMMENT ON VIEW out_margin_levels IS
'One row per business_date, model_id, mpor_days, account_id and confidence_pct. Order statistic '
'and tail mean of the netted core margin of an account at several confidences, before the cap and '
'before any rule on top. Only of models of historical scenarios that declare the confidences; no '
'margin depends on them. Amounts are rounded to 4 decimals. Rows '
'in force; history.out_margin_levels holds every version.';
COMMENT ON COLUMN out_margin_levels.business_date IS
'Date of the positions, as in out_margin.';
COMMENT ON COLUMN out_margin_levels.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_margin_levels.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN out_margin_levels.account_id IS
'Account that holds the positions.';
COMMENT ON COLUMN out_margin_levels.confidence_pct IS
'One-tailed confidence in per cent: each that the model declares for its tail, and its own.';
COMMENT ON COLUMN out_margin_levels.is_model_confidence IS
'Whether it is the confidence of the model''s own measure. There quantile_amount (of a value at '
'risk model) or expected_shortfall_amount (of an expected shortfall model) is '
'netted_margin_amount of the account in out_margin.';
COMMENT ON COLUMN out_margin_levels.scenarios IS
'Number of scenarios K behind both figures.';
COMMENT ON COLUMN out_margin_levels.quantile_amount IS
'With w = K x (1 - confidence) and scenario losses sorted from the greatest, the loss of rank '
'floor(w) + 1, at least 0, in reporting currency. Where the model adds up the margins of nodes '
'instead of scenarios, the sum over these nodes.';
COMMENT ON COLUMN out_margin_levels.expected_shortfall_amount IS
'Mean of the w greatest scenario losses, the last of them with its fraction, at least 0, in '
'reporting currency; the greatest loss where w is below 1. Where the model adds up the margins of '
'nodes, the sum over these nodes.';
COMMENT ON COLUMN out_margin_levels.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_margin_levels.input_hash IS
'Hash of what the margin of business_date was computed from, as in out_margin. 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_margin_levels.known_from IS
'Latest date from which an input of the row counts as known; the business_date itself where no '
'input was corrected later.';
COMMENT ON COLUMN out_margin_levels.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_margin_levels IS
'One row per business_date, model_id, mpor_days, account_id, confidence_pct and version. Order '
'statistic and tail mean of the netted core margin of an account at several confidences, before '
'the cap and before any rule on top. Only of models of historical scenarios that '
'declare the confidences; no margin depends on them. Amounts are rounded to 4 '
'decimals. Every version; out_margin_levels shows the rows in force.';
COMMENT ON COLUMN history.out_margin_levels.business_date IS
'Date of the positions, as in out_margin.';
COMMENT ON COLUMN history.out_margin_levels.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_margin_levels.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN history.out_margin_levels.account_id IS
'Account that holds the positions.';
COMMENT ON COLUMN history.out_margin_levels.confidence_pct IS
'One-tailed confidence in per cent: each that the model declares for its tail, and its own.';
COMMENT ON COLUMN history.out_margin_levels.is_model_confidence IS
'Whether it is the confidence of the model''s own measure. There quantile_amount (of a value at '
'risk model) or expected_shortfall_amount (of an expected shortfall model) is '
'netted_margin_amount of the account in out_margin.';
COMMENT ON COLUMN history.out_margin_levels.scenarios IS
'Number of scenarios K behind both figures.';
COMMENT ON COLUMN history.out_margin_levels.quantile_amount IS
'With w = K x (1 - confidence) and scenario losses sorted from the greatest, the loss of rank '
'floor(w) + 1, at least 0, in reporting currency. Where the model adds up the margins of nodes '
'instead of scenarios, the sum over these nodes.';
COMMENT ON COLUMN history.out_margin_levels.expected_shortfall_amount IS
'Mean of the w greatest scenario losses, the last of them with its fraction, at least 0, in '
'reporting currency; the greatest loss where w is below 1. Where the model adds up the margins of '
'nodes, the sum over these nodes.';
COMMENT ON COLUMN history.out_margin_levels.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_margin_levels.input_hash IS
'Hash of what the margin of business_date was computed from, as in out_margin. 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_margin_levels.known_from IS
'Latest date from which an input of the row counts as known; the business_date itself where no '
'input was corrected later.';
COMMENT ON COLUMN history.out_margin_levels.known_to IS
'Date from which another version of its partition took the place of this row; null while the row '
'is in force.';

COMMENT ON VIEW out_margin_scenarios IS
'One row per business_date, model_id, mpor_days, account_id and rank. The few worst scenarios '
'behind the core margin of an account, and which of them set it. Ranks beyond those declared '
'appear where the scenario that sets the margin lies there. A model without scenarios (fixed) or '
'without a declared number of them has no row. Amounts are rounded to 4 decimals. Rows in force; '
'history.out_margin_scenarios holds every version.';
COMMENT ON COLUMN out_margin_scenarios.business_date IS
'Date of the positions, as in out_margin.';
COMMENT ON COLUMN out_margin_scenarios.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_margin_scenarios.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN out_margin_scenarios.account_id IS
'Account that holds the positions.';
COMMENT ON COLUMN out_margin_scenarios.node_level IS
'Level of the node whose losses these are: account where the model adds scenarios up over the '
'whole account; offset_group or product where it adds up the margins of such nodes.';
COMMENT ON COLUMN out_margin_scenarios.node_id IS
'The node: the account itself or, where margins of nodes are added up, the node of the account '
'with the greatest margin (of the models span, grid and tims: with the greatest scenario loss).';
COMMENT ON COLUMN out_margin_scenarios.rank IS
'1 is the greatest loss of the node; of equal losses the earlier scenario comes first.';
COMMENT ON COLUMN out_margin_scenarios.scenario IS
'Name of the scenario. Of historical scenarios the last date of the move; of span, grid and tims '
'the number of the scenario in the table of the model, from 1.';
COMMENT ON COLUMN out_margin_scenarios.scenario_date IS
'Last date of a historical move; null for scenarios without one.';
COMMENT ON COLUMN out_margin_scenarios.scenario_loss_amount IS
'Loss of the node under the scenario, as the model counts it, in reporting currency; negative is '
'a gain.';
COMMENT ON COLUMN out_margin_scenarios.is_binding IS
'Whether the scenario set the core margin of the node: of value at risk the one of the order '
'statistic, of expected shortfall each one in the tail, of a worst scenario the worst. False on '
'every row of a node whose margin is set by something else: a minimum or another charge greater '
'than the scenarios, or nothing to lose.';
COMMENT ON COLUMN out_margin_scenarios.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_margin_scenarios.input_hash IS
'Hash of what the margin of business_date was computed from, as in out_margin. 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_margin_scenarios.known_from IS
'Latest date from which an input of the row counts as known; the business_date itself where no '
'input was corrected later.';
COMMENT ON COLUMN out_margin_scenarios.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_margin_scenarios IS
'One row per business_date, model_id, mpor_days, account_id, rank and version. The few worst '
'scenarios behind the core margin of an account, and which of them set it. Ranks beyond those '
'declared appear where the scenario that sets the margin lies there. A model without scenarios '
'(fixed) or without a declared number of them has no row. Amounts are rounded to 4 decimals. '
'Every version; out_margin_scenarios shows the rows in force.';
COMMENT ON COLUMN history.out_margin_scenarios.business_date IS
'Date of the positions, as in out_margin.';
COMMENT ON COLUMN history.out_margin_scenarios.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_margin_scenarios.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN history.out_margin_scenarios.account_id IS
'Account that holds the positions.';
COMMENT ON COLUMN history.out_margin_scenarios.node_level IS
'Level of the node whose losses these are: account where the model adds scenarios up over the '
'whole account; offset_group or product where it adds up the margins of such nodes.';
COMMENT ON COLUMN history.out_margin_scenarios.node_id IS
'The node: the account itself or, where margins of nodes are added up, the node of the account '
'with the greatest margin (of the models span, grid and tims: with the greatest scenario loss).';
COMMENT ON COLUMN history.out_margin_scenarios.rank IS
'1 is the greatest loss of the node; of equal losses the earlier scenario comes first.';
COMMENT ON COLUMN history.out_margin_scenarios.scenario IS
'Name of the scenario. Of historical scenarios the last date of the move; of span, grid and tims '
'the number of the scenario in the table of the model, from 1.';
COMMENT ON COLUMN history.out_margin_scenarios.scenario_date IS
'Last date of a historical move; null for scenarios without one.';
COMMENT ON COLUMN history.out_margin_scenarios.scenario_loss_amount IS
'Loss of the node under the scenario, as the model counts it, in reporting currency; negative is '
'a gain.';
COMMENT ON COLUMN history.out_margin_scenarios.is_binding IS
'Whether the scenario set the core margin of the node: of value at risk the one of the order '
'statistic, of expected shortfall each one in the tail, of a worst scenario the worst. False on '
'every row of a node whose margin is set by something else: a minimum or another charge greater '
'than the scenarios, or nothing to lose.';
COMMENT ON COLUMN history.out_margin_scenarios.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_margin_scenarios.input_hash IS
'Hash of what the margin of business_date was computed from, as in out_margin. 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_margin_scenarios.known_from IS
'Latest date from which an input of the row counts as known; the business_date itself where no '
'input was corrected later.';
COMMENT ON COLUMN history.out_margin_scenarios.known_to IS
'Date from which another version of its partition took the place of this row; null while the row '
'is in force.';
