-- Grain: schema and comments of the results beside margin itself: rules in force, collateral ratios
-- and margin calls, each with its history and its view of the rows in force.
-- Inputs: the tables of 0001_schema.sql. Use: applied once, in number order, by pipeline.warehouse;
-- never edited later.

CREATE TABLE history.out_rules (
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    rule VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    is_in_force BOOLEAN NOT NULL,
    label VARCHAR NOT NULL,
    rule_value DOUBLE,
    stress_value DOUBLE,
    threshold_value DOUBLE,
    observations BIGINT,
    stress_observations BIGINT,
    reason VARCHAR NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_collateral_ratio (
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    account_id VARCHAR NOT NULL,
    collateral_amount DOUBLE NOT NULL,
    collateral_value_amount DOUBLE NOT NULL,
    maintenance_margin_amount DOUBLE NOT NULL,
    initial_margin_amount DOUBLE NOT NULL,
    initial_buffer_amount DOUBLE NOT NULL,
    isolated_margin_amount DOUBLE NOT NULL,
    margin_ratio DOUBLE,
    maintenance_ratio DOUBLE,
    isolated_ratio DOUBLE,
    surplus_amount DOUBLE NOT NULL,
    status VARCHAR NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_calls (
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    account_id VARCHAR NOT NULL,
    previous_date DATE NOT NULL,
    requirement_amount DOUBLE NOT NULL,
    previous_requirement_amount DOUBLE NOT NULL,
    change_amount DOUBLE NOT NULL,
    call_basis VARCHAR NOT NULL,
    held_amount DOUBLE NOT NULL,
    call_amount DOUBLE NOT NULL,
    excess_amount DOUBLE NOT NULL,
    is_called BOOLEAN NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW out_rules AS
FROM history.out_rules
WHERE known_to IS NULL;

CREATE VIEW out_collateral_ratio AS
FROM history.out_collateral_ratio
WHERE known_to IS NULL;

CREATE VIEW out_calls AS
FROM history.out_calls
WHERE known_to IS NULL;

COMMENT ON VIEW out_rules IS
'One row per business_date, model_id, mpor_days, rule and subject. Which rules of a model were in '
'force on a date, with the values behind the decision: the correlation gate of each offset group '
'and the tools against procyclical margin. A model without such rules has no row. Rows in force; '
'history.out_rules holds every version.';
COMMENT ON COLUMN out_rules.business_date IS
'Date of the positions, as in out_margin.';
COMMENT ON COLUMN out_rules.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_rules.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN out_rules.rule IS
'The rule: correlation_gate, stress_weight, volatility_floor or buffer.';
COMMENT ON COLUMN out_rules.subject IS
'Offset group that a gate judges; empty for rules of the whole model.';
COMMENT ON COLUMN out_rules.is_in_force IS
'Whether the rule had its effect; of the gate, whether the group may earn offset credit on the '
'date.';
COMMENT ON COLUMN out_rules.label IS
'What the rule may be called. Of a tool article_28 or below_article_28, by whether its parameter '
'reaches the least that Regulation (EU) 153/2013, Art. 28 names; of the floor ten_year, or '
'short_history where less than ten years of prices stand behind it, which must not be reported '
'under the article. Of the gate its statistic, pearson or spearman.';
COMMENT ON COLUMN out_rules.rule_value IS
'Of the gate the least absolute pairwise dependence inside the group over the lookback, 0 to 1; of '
'a tool its parameter: weight, buffer as a share, or years of history behind the floor. Null where '
'it cannot be measured.';
COMMENT ON COLUMN out_rules.stress_value IS
'The same dependence over the stress periods so far; null for other rules and where it cannot be '
'measured.';
COMMENT ON COLUMN out_rules.threshold_value IS
'What rule_value is held to: the declared threshold of the gate, the article''s least value of a '
'tool.';
COMMENT ON COLUMN out_rules.observations IS
'Of the gate the complete moves in the lookback, of the buffer the earlier dates in its reference; '
'null for other rules.';
COMMENT ON COLUMN out_rules.stress_observations IS
'Complete moves in the stress periods so far; null for other rules than the gate.';
COMMENT ON COLUMN out_rules.reason IS
'Why the rule was not in force, in words; empty where it was.';
COMMENT ON COLUMN out_rules.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_rules.input_hash IS
'Hash of what the margin of business_date was computed from, as in out_margin. 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_rules.known_from IS
'Latest date from which an input of the row counts as known; the business_date itself where no '
'input was corrected later.';
COMMENT ON COLUMN out_rules.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_rules IS
'One row per business_date, model_id, mpor_days, rule, subject and version. Which rules of a model '
'were in force on a date, with the values behind the decision: the correlation gate of each offset '
'group and the tools against procyclical margin. A model without such rules has no row. Every '
'version; out_rules shows the rows in force.';
COMMENT ON COLUMN history.out_rules.business_date IS
'Date of the positions, as in out_margin.';
COMMENT ON COLUMN history.out_rules.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_rules.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN history.out_rules.rule IS
'The rule: correlation_gate, stress_weight, volatility_floor or buffer.';
COMMENT ON COLUMN history.out_rules.subject IS
'Offset group that a gate judges; empty for rules of the whole model.';
COMMENT ON COLUMN history.out_rules.is_in_force IS
'Whether the rule had its effect; of the gate, whether the group may earn offset credit on the '
'date.';
COMMENT ON COLUMN history.out_rules.label IS
'What the rule may be called. Of a tool article_28 or below_article_28, by whether its parameter '
'reaches the least that Regulation (EU) 153/2013, Art. 28 names; of the floor ten_year, or '
'short_history where less than ten years of prices stand behind it, which must not be reported '
'under the article. Of the gate its statistic, pearson or spearman.';
COMMENT ON COLUMN history.out_rules.rule_value IS
'Of the gate the least absolute pairwise dependence inside the group over the lookback, 0 to 1; of '
'a tool its parameter: weight, buffer as a share, or years of history behind the floor. Null where '
'it cannot be measured.';
COMMENT ON COLUMN history.out_rules.stress_value IS
'The same dependence over the stress periods so far; null for other rules and where it cannot be '
'measured.';
COMMENT ON COLUMN history.out_rules.threshold_value IS
'What rule_value is held to: the declared threshold of the gate, the article''s least value of a '
'tool.';
COMMENT ON COLUMN history.out_rules.observations IS
'Of the gate the complete moves in the lookback, of the buffer the earlier dates in its reference; '
'null for other rules.';
COMMENT ON COLUMN history.out_rules.stress_observations IS
'Complete moves in the stress periods so far; null for other rules than the gate.';
COMMENT ON COLUMN history.out_rules.reason IS
'Why the rule was not in force, in words; empty where it was.';
COMMENT ON COLUMN history.out_rules.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_rules.input_hash IS
'Hash of what the margin of business_date was computed from, as in out_margin. 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_rules.known_from IS
'Latest date from which an input of the row counts as known; the business_date itself where no '
'input was corrected later.';
COMMENT ON COLUMN history.out_rules.known_to IS
'Date from which another version of its partition took the place of this row; null while the row '
'is in force.';

COMMENT ON VIEW out_collateral_ratio IS
'One row per business_date, model_id, mpor_days and account_id. Collateral after haircuts against '
'the margin of the account, cross margin beside isolated margin. A date without any collateral row '
'has no row here: unknown collateral is not taken for none. Amounts are rounded to 4 decimals. '
'Rows in force; history.out_collateral_ratio holds every version.';
COMMENT ON COLUMN out_collateral_ratio.business_date IS
'Date of the positions, as in out_margin.';
COMMENT ON COLUMN out_collateral_ratio.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_collateral_ratio.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN out_collateral_ratio.account_id IS
'Account that holds the positions and the collateral.';
COMMENT ON COLUMN out_collateral_ratio.collateral_amount IS
'Value of the collateral before haircuts, in reporting currency, at least 0; stablecoins at par. 0 '
'where the account has none on a date on which others have.';
COMMENT ON COLUMN out_collateral_ratio.collateral_value_amount IS
'Value after haircuts and, for stablecoins, at a price of at most par, in reporting currency, at '
'least 0.';
COMMENT ON COLUMN out_collateral_ratio.maintenance_margin_amount IS
'Maintenance margin of the account, in reporting currency, as in out_margin.';
COMMENT ON COLUMN out_collateral_ratio.initial_margin_amount IS
'Initial margin of the account with offsets, that is cross margin, in reporting currency, as in '
'out_margin.';
COMMENT ON COLUMN out_collateral_ratio.initial_buffer_amount IS
'Initial less maintenance margin, in reporting currency, at least 0: what may be lost before '
'maintenance margin is reached.';
COMMENT ON COLUMN out_collateral_ratio.isolated_margin_amount IS
'Initial margin if every position were margined alone, without offsets, in reporting currency: '
'standalone margin and add-ons with the same step up.';
COMMENT ON COLUMN out_collateral_ratio.margin_ratio IS
'Collateral value over initial margin; below 1 the account is short of collateral. Null where '
'nothing is required.';
COMMENT ON COLUMN out_collateral_ratio.maintenance_ratio IS
'Collateral value over maintenance margin. Null where nothing is required.';
COMMENT ON COLUMN out_collateral_ratio.isolated_ratio IS
'Collateral value over isolated margin. Null where nothing is required.';
COMMENT ON COLUMN out_collateral_ratio.surplus_amount IS
'Collateral value less initial margin, in reporting currency; negative is missing.';
COMMENT ON COLUMN out_collateral_ratio.status IS
'covered, below_initial or below_maintenance: the lowest requirement that the collateral does not '
'reach.';
COMMENT ON COLUMN out_collateral_ratio.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_collateral_ratio.input_hash IS
'Hash of what the margin of business_date was computed from, as in out_margin. 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_collateral_ratio.known_from IS
'Latest date from which an input of the row counts as known; the business_date itself where no '
'input was corrected later.';
COMMENT ON COLUMN out_collateral_ratio.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_collateral_ratio IS
'One row per business_date, model_id, mpor_days, account_id and version. Collateral after haircuts '
'against the margin of the account, cross margin beside isolated margin. A date without any '
'collateral row has no row here: unknown collateral is not taken for none. Amounts are rounded to '
'4 decimals. Every version; out_collateral_ratio shows the rows in force.';
COMMENT ON COLUMN history.out_collateral_ratio.business_date IS
'Date of the positions, as in out_margin.';
COMMENT ON COLUMN history.out_collateral_ratio.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_collateral_ratio.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN history.out_collateral_ratio.account_id IS
'Account that holds the positions and the collateral.';
COMMENT ON COLUMN history.out_collateral_ratio.collateral_amount IS
'Value of the collateral before haircuts, in reporting currency, at least 0; stablecoins at par. 0 '
'where the account has none on a date on which others have.';
COMMENT ON COLUMN history.out_collateral_ratio.collateral_value_amount IS
'Value after haircuts and, for stablecoins, at a price of at most par, in reporting currency, at '
'least 0.';
COMMENT ON COLUMN history.out_collateral_ratio.maintenance_margin_amount IS
'Maintenance margin of the account, in reporting currency, as in out_margin.';
COMMENT ON COLUMN history.out_collateral_ratio.initial_margin_amount IS
'Initial margin of the account with offsets, that is cross margin, in reporting currency, as in '
'out_margin.';
COMMENT ON COLUMN history.out_collateral_ratio.initial_buffer_amount IS
'Initial less maintenance margin, in reporting currency, at least 0: what may be lost before '
'maintenance margin is reached.';
COMMENT ON COLUMN history.out_collateral_ratio.isolated_margin_amount IS
'Initial margin if every position were margined alone, without offsets, in reporting currency: '
'standalone margin and add-ons with the same step up.';
COMMENT ON COLUMN history.out_collateral_ratio.margin_ratio IS
'Collateral value over initial margin; below 1 the account is short of collateral. Null where '
'nothing is required.';
COMMENT ON COLUMN history.out_collateral_ratio.maintenance_ratio IS
'Collateral value over maintenance margin. Null where nothing is required.';
COMMENT ON COLUMN history.out_collateral_ratio.isolated_ratio IS
'Collateral value over isolated margin. Null where nothing is required.';
COMMENT ON COLUMN history.out_collateral_ratio.surplus_amount IS
'Collateral value less initial margin, in reporting currency; negative is missing.';
COMMENT ON COLUMN history.out_collateral_ratio.status IS
'covered, below_initial or below_maintenance: the lowest requirement that the collateral does not '
'reach.';
COMMENT ON COLUMN history.out_collateral_ratio.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_collateral_ratio.input_hash IS
'Hash of what the margin of business_date was computed from, as in out_margin. 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_collateral_ratio.known_from IS
'Latest date from which an input of the row counts as known; the business_date itself where no '
'input was corrected later.';
COMMENT ON COLUMN history.out_collateral_ratio.known_to IS
'Date from which another version of its partition took the place of this row; null while the row '
'is in force.';

COMMENT ON VIEW out_calls IS
'One row per business_date, model_id, mpor_days and account_id. Margin calls: the requirement of a '
'date against what was there the day before, the date before it in core_calendar. An account '
'without a margin the day before is compared with a requirement of 0. The first date with margins '
'has no rows. Amounts are rounded to 4 decimals. Rows in force; history.out_calls holds every '
'version.';
COMMENT ON COLUMN out_calls.business_date IS
'Date of the positions, as in out_margin.';
COMMENT ON COLUMN out_calls.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_calls.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN out_calls.account_id IS
'Account that holds the positions and the collateral.';
COMMENT ON COLUMN out_calls.previous_date IS
'The day before.';
COMMENT ON COLUMN out_calls.requirement_amount IS
'Initial margin of the account, in reporting currency, as in out_margin; 0 where it no longer has '
'positions.';
COMMENT ON COLUMN out_calls.previous_requirement_amount IS
'Initial margin the day before, in reporting currency; 0 where it had no positions.';
COMMENT ON COLUMN out_calls.change_amount IS
'Requirement less that of the day before, in reporting currency; negative is a release.';
COMMENT ON COLUMN out_calls.call_basis IS
'What the requirement is compared with: collateral after haircuts, or the requirement of the day '
'before where no collateral is known for that day.';
COMMENT ON COLUMN out_calls.held_amount IS
'What was there the day before, in reporting currency, at least 0, by call_basis.';
COMMENT ON COLUMN out_calls.call_amount IS
'What must be paid in, in reporting currency: requirement above held_amount, at least 0.';
COMMENT ON COLUMN out_calls.excess_amount IS
'What is held beyond the requirement, in reporting currency, at least 0.';
COMMENT ON COLUMN out_calls.is_called IS
'Whether the call is above 0 and reaches the model''s minimum transfer amount.';
COMMENT ON COLUMN out_calls.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_calls.input_hash IS
'Hash of what the margin of business_date was computed from, as in out_margin. 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_calls.known_from IS
'Latest date from which an input of the row counts as known; the business_date itself where no '
'input was corrected later.';
COMMENT ON COLUMN out_calls.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_calls IS
'One row per business_date, model_id, mpor_days, account_id and version. Margin calls: the '
'requirement of a date against what was there the day before, the date before it in core_calendar. '
'An account without a margin the day before is compared with a requirement of 0. The first date '
'with margins has no rows. Amounts are rounded to 4 decimals. Every version; out_calls shows the '
'rows in force.';
COMMENT ON COLUMN history.out_calls.business_date IS
'Date of the positions, as in out_margin.';
COMMENT ON COLUMN history.out_calls.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_calls.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN history.out_calls.account_id IS
'Account that holds the positions and the collateral.';
COMMENT ON COLUMN history.out_calls.previous_date IS
'The day before.';
COMMENT ON COLUMN history.out_calls.requirement_amount IS
'Initial margin of the account, in reporting currency, as in out_margin; 0 where it no longer has '
'positions.';
COMMENT ON COLUMN history.out_calls.previous_requirement_amount IS
'Initial margin the day before, in reporting currency; 0 where it had no positions.';
COMMENT ON COLUMN history.out_calls.change_amount IS
'Requirement less that of the day before, in reporting currency; negative is a release.';
COMMENT ON COLUMN history.out_calls.call_basis IS
'What the requirement is compared with: collateral after haircuts, or the requirement of the day '
'before where no collateral is known for that day.';
COMMENT ON COLUMN history.out_calls.held_amount IS
'What was there the day before, in reporting currency, at least 0, by call_basis.';
COMMENT ON COLUMN history.out_calls.call_amount IS
'What must be paid in, in reporting currency: requirement above held_amount, at least 0.';
COMMENT ON COLUMN history.out_calls.excess_amount IS
'What is held beyond the requirement, in reporting currency, at least 0.';
COMMENT ON COLUMN history.out_calls.is_called IS
'Whether the call is above 0 and reaches the model''s minimum transfer amount.';
COMMENT ON COLUMN history.out_calls.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_calls.input_hash IS
'Hash of what the margin of business_date was computed from, as in out_margin. 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_calls.known_from IS
'Latest date from which an input of the row counts as known; the business_date itself where no '
'input was corrected later.';
COMMENT ON COLUMN history.out_calls.known_to IS
'Date from which another version of its partition took the place of this row; null while the row '
'is in force.';

COMMENT ON COLUMN out_margin.addon_amount IS
'Everything required beyond capped margin, in reporting currency, at least 0: tools against '
'procyclical margin, contingency, concentration and minimum charges; 0 where the model has none. '
'Never part of netted or capped margin.';
COMMENT ON COLUMN out_margin.initial_margin_amount IS
'Initial margin, in reporting currency: maintenance margin times the model''s initial factor, '
'which is at least 1, and for accounts a declared buffer amount. The adequacy track tests it where '
'no called margin is known.';
COMMENT ON COLUMN out_margin.maintenance_margin_amount IS
'Maintenance margin, in reporting currency, at least 0: capped margin plus add-ons.';
COMMENT ON COLUMN history.out_margin.addon_amount IS
'Everything required beyond capped margin, in reporting currency, at least 0: tools against '
'procyclical margin, contingency, concentration and minimum charges; 0 where the model has none. '
'Never part of netted or capped margin.';
COMMENT ON COLUMN history.out_margin.initial_margin_amount IS
'Initial margin, in reporting currency: maintenance margin times the model''s initial factor, '
'which is at least 1, and for accounts a declared buffer amount. The adequacy track tests it where '
'no called margin is known.';
COMMENT ON COLUMN history.out_margin.maintenance_margin_amount IS
'Maintenance margin, in reporting currency, at least 0: capped margin plus add-ons.';
