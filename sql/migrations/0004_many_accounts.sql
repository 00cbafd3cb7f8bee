-- Grain: schema and comments of what all accounts together say: tests adjusted for their number,
-- false alarms, coverage over shared days, power, each with its history and its view of the rows in
-- force; out_coverage_tests gains the account and the details of each test.
-- Inputs: the tables of 0001_schema.sql. Use: applied once, in number order, by pipeline.warehouse;
-- never edited later.

ALTER TABLE history.out_coverage_tests ADD COLUMN account_id VARCHAR;

ALTER TABLE history.out_coverage_tests ADD COLUMN degrees_of_freedom BIGINT;

ALTER TABLE history.out_coverage_tests ADD COLUMN estimate DOUBLE;

-- A view takes no comment on a column that its table gained later, so it is made anew.
CREATE OR REPLACE VIEW out_coverage_tests AS
FROM history.out_coverage_tests
WHERE known_to IS NULL;

CREATE TABLE history.out_multiple_tests (
    as_of_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    window_name VARCHAR NOT NULL,
    margin_basis VARCHAR NOT NULL,
    test VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    scope_id VARCHAR NOT NULL,
    observations BIGINT NOT NULL,
    exceedances BIGINT NOT NULL,
    tested_accounts BIGINT NOT NULL,
    p_value DOUBLE,
    holm_p_value DOUBLE,
    benjamini_hochberg_p_value DOUBLE,
    benjamini_yekutieli_p_value DOUBLE,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_false_alarms (
    as_of_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    window_name VARCHAR NOT NULL,
    margin_basis VARCHAR NOT NULL,
    accounts BIGINT NOT NULL,
    yellow_or_red_accounts BIGINT NOT NULL,
    expected_yellow_or_red_accounts DOUBLE NOT NULL,
    red_accounts BIGINT NOT NULL,
    expected_red_accounts DOUBLE NOT NULL,
    rejected_accounts BIGINT NOT NULL,
    expected_rejected_accounts DOUBLE NOT NULL,
    expected_rejected_low BIGINT NOT NULL,
    expected_rejected_high BIGINT NOT NULL,
    significance_pct DOUBLE NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_coverage_bootstrap (
    as_of_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    scope_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    window_name VARCHAR NOT NULL,
    margin_basis VARCHAR NOT NULL,
    confidence_pct DOUBLE NOT NULL,
    accounts BIGINT NOT NULL,
    observations BIGINT NOT NULL,
    exceedances BIGINT NOT NULL,
    coverage_pct DOUBLE NOT NULL,
    coverage_low_pct DOUBLE NOT NULL,
    coverage_high_pct DOUBLE NOT NULL,
    variance_inflation DOUBLE,
    effective_observations DOUBLE,
    any_wrong_p_value DOUBLE,
    block_days INTEGER NOT NULL,
    replications INTEGER NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_power (
    as_of_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    window_name VARCHAR NOT NULL,
    margin_basis VARCHAR NOT NULL,
    confidence_pct DOUBLE NOT NULL,
    observations BIGINT NOT NULL,
    effective_observations DOUBLE NOT NULL,
    critical_count BIGINT NOT NULL,
    size_pct DOUBLE NOT NULL,
    detectable_pct DOUBLE,
    proven_at_best_pct DOUBLE NOT NULL,
    is_lowest_conclusive BOOLEAN NOT NULL,
    power_pct DOUBLE NOT NULL,
    significance_pct DOUBLE NOT NULL,
    sentence VARCHAR NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW out_multiple_tests AS
FROM history.out_multiple_tests
WHERE known_to IS NULL;

CREATE VIEW out_false_alarms AS
FROM history.out_false_alarms
WHERE known_to IS NULL;

CREATE VIEW out_coverage_bootstrap AS
FROM history.out_coverage_bootstrap
WHERE known_to IS NULL;

CREATE VIEW out_power AS
FROM history.out_power
WHERE known_to IS NULL;

COMMENT ON VIEW out_coverage_tests IS
'One row per as_of_date, model_id, track, scope, scope_id, account_id, mpor_days, window_name, '
'margin_basis and test. Statistical tests of the exceedances counted in out_coverage, and of the '
'products of each account under the capped margin. A model and horizon without a single margin '
'has one row that says why. Rows in force; history.out_coverage_tests holds every version.';
COMMENT ON COLUMN out_coverage_tests.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_coverage_tests.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_coverage_tests.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN out_coverage_tests.scope IS
'What is tested: account; product with an account_id, that product of one account; product and '
'offset_group without one, that node of every account; member and firm, the accounts together. '
'Losses never net. The adequacy track has account, member and firm only.';
COMMENT ON COLUMN out_coverage_tests.scope_id IS
'Name of the account, product, offset group or member; firm for the scope firm.';
COMMENT ON COLUMN out_coverage_tests.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN out_coverage_tests.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN out_coverage_tests.window_days IS
'Dates of the window on which the scope has an observation; fewer than the window''s where it '
'held nothing on some.';
COMMENT ON COLUMN out_coverage_tests.confidence_pct IS
'Coverage that the margin must reach, in per cent: 99 for 99 %. The model''s target, not the '
'confidence of its risk measure.';
COMMENT ON COLUMN out_coverage_tests.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN out_coverage_tests.loss_basis IS
'Point of the horizon that the loss is taken at: end.';
COMMENT ON COLUMN out_coverage_tests.test IS
'Name of the test. On every scope traffic_light, kupiec_pof (proportion of failures) and '
'binomial_exact; on an account or a product of it also binomial_z, kupiec_pof_exact, '
'christoffersen_independence, christoffersen_independence_exact, '
'christoffersen_conditional_coverage, christoffersen_conditional_coverage_exact, kupiec_tuff '
'(time until first failure), haas_tbf and haas_tbfi (times between failures), duration_weibull '
'and dynamic_quantile. At horizons over one day, corrected for overlap: binomial_z_overlap '
'(variance inflated), coverage_block_bootstrap (blocks of dates redrawn), and binomial_z_phases, '
'kupiec_pof_phases, christoffersen_independence_phases, '
'christoffersen_conditional_coverage_phases, kupiec_tuff_phases, haas_tbf_phases, '
'haas_tbfi_phases, duration_weibull_phases (days apart by the horizon, Bonferroni over the '
'phases), binomial_z_simulated, kupiec_pof_simulated, christoffersen_independence_simulated, '
'christoffersen_conditional_coverage_simulated, kupiec_tuff_simulated, haas_tbf_simulated, '
'haas_tbfi_simulated, duration_weibull_simulated (law simulated with the same overlap).';
COMMENT ON COLUMN out_coverage_tests.observations IS
'Account-days (or days of the node of an account) with a known loss.';
COMMENT ON COLUMN out_coverage_tests.exceedances IS
'Observations whose loss is strictly greater than the margin plus the model''s tolerance.';
COMMENT ON COLUMN out_coverage_tests.statistic IS
'Value of the statistic: the probability of at most so many exceedances (traffic_light), the '
'count (binomial_exact), standard deviations from the expected count (binomial_z and its '
'variants, coverage_block_bootstrap), a likelihood ratio (all others; dynamic_quantile: a '
'quadratic form). For phases that of the phase with the smallest p-value. Null where data are '
'insufficient.';
COMMENT ON COLUMN out_coverage_tests.p_value IS
'Probability of a result at least as extreme if the margin is as accurate as its target says, 0 '
'to 1, by the law that the test''s name tells; null where data are insufficient.';
COMMENT ON COLUMN out_coverage_tests.decision IS
'accept; reject: exceedances are too many for the target, or can be foreseen from earlier ones or '
'from the margin; conservative: rejected although exceedances are fewer than the target allows, '
'which never counts against the margin; insufficient_data.';
COMMENT ON COLUMN out_coverage_tests.reason IS
'Why data are insufficient, or a remark on reading the result; empty where there is none.';
COMMENT ON COLUMN out_coverage_tests.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_coverage_tests.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN out_coverage_tests.known_to IS
'Null on every row here, because the row is in force.';
COMMENT ON COLUMN out_coverage_tests.account_id IS
'Account of the series; null where several accounts are pooled.';
COMMENT ON COLUMN out_coverage_tests.degrees_of_freedom IS
'Degrees of freedom of the chi-square law of the statistic; null where its law is another.';
COMMENT ON COLUMN out_coverage_tests.estimate IS
'What the test is about, estimated: the shape of the Weibull law (duration_weibull and its '
'variants; below 1 exceedances cluster), the probability of an exceedance after one '
'(christoffersen_independence and its variants), the day of the first exceedance (kupiec_tuff and '
'its variants); null for other tests and where data are insufficient.';

COMMENT ON TABLE history.out_coverage_tests IS
'One row per as_of_date, model_id, track, scope, scope_id, account_id, mpor_days, window_name, '
'margin_basis, test and version. Statistical tests of the exceedances counted in out_coverage, '
'and of the products of each account under the capped margin. A model and horizon without a '
'single margin has one row that says why. Every version; out_coverage_tests shows the rows in '
'force.';
COMMENT ON COLUMN history.out_coverage_tests.scope IS
'What is tested: account; product with an account_id, that product of one account; product and '
'offset_group without one, that node of every account; member and firm, the accounts together. '
'Losses never net. The adequacy track has account, member and firm only.';
COMMENT ON COLUMN history.out_coverage_tests.test IS
'Name of the test. On every scope traffic_light, kupiec_pof (proportion of failures) and '
'binomial_exact; on an account or a product of it also binomial_z, kupiec_pof_exact, '
'christoffersen_independence, christoffersen_independence_exact, '
'christoffersen_conditional_coverage, christoffersen_conditional_coverage_exact, kupiec_tuff '
'(time until first failure), haas_tbf and haas_tbfi (times between failures), duration_weibull '
'and dynamic_quantile. At horizons over one day, corrected for overlap: binomial_z_overlap '
'(variance inflated), coverage_block_bootstrap (blocks of dates redrawn), and binomial_z_phases, '
'kupiec_pof_phases, christoffersen_independence_phases, '
'christoffersen_conditional_coverage_phases, kupiec_tuff_phases, haas_tbf_phases, '
'haas_tbfi_phases, duration_weibull_phases (days apart by the horizon, Bonferroni over the '
'phases), binomial_z_simulated, kupiec_pof_simulated, christoffersen_independence_simulated, '
'christoffersen_conditional_coverage_simulated, kupiec_tuff_simulated, haas_tbf_simulated, '
'haas_tbfi_simulated, duration_weibull_simulated (law simulated with the same overlap).';
COMMENT ON COLUMN history.out_coverage_tests.statistic IS
'Value of the statistic: the probability of at most so many exceedances (traffic_light), the '
'count (binomial_exact), standard deviations from the expected count (binomial_z and its '
'variants, coverage_block_bootstrap), a likelihood ratio (all others; dynamic_quantile: a '
'quadratic form). For phases that of the phase with the smallest p-value. Null where data are '
'insufficient.';
COMMENT ON COLUMN history.out_coverage_tests.p_value IS
'Probability of a result at least as extreme if the margin is as accurate as its target says, 0 '
'to 1, by the law that the test''s name tells; null where data are insufficient.';
COMMENT ON COLUMN history.out_coverage_tests.decision IS
'accept; reject: exceedances are too many for the target, or can be foreseen from earlier ones or '
'from the margin; conservative: rejected although exceedances are fewer than the target allows, '
'which never counts against the margin; insufficient_data.';
COMMENT ON COLUMN history.out_coverage_tests.account_id IS
'Account of the series; null where several accounts are pooled.';
COMMENT ON COLUMN history.out_coverage_tests.degrees_of_freedom IS
'Degrees of freedom of the chi-square law of the statistic; null where its law is another.';
COMMENT ON COLUMN history.out_coverage_tests.estimate IS
'What the test is about, estimated: the shape of the Weibull law (duration_weibull and its '
'variants; below 1 exceedances cluster), the probability of an exceedance after one '
'(christoffersen_independence and its variants), the day of the first exceedance (kupiec_tuff and '
'its variants); null for other tests and where data are insufficient.';

COMMENT ON VIEW out_multiple_tests IS
'One row per as_of_date, model_id, track, mpor_days, window_name, margin_basis, test, scope and '
'scope_id. Tests of the single accounts, adjusted for the number of accounts tested. A family is '
'the accounts of one model, track, horizon, window and margin basis under one test. Rows in '
'force; history.out_multiple_tests holds every version.';
COMMENT ON COLUMN out_multiple_tests.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_multiple_tests.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_multiple_tests.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN out_multiple_tests.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN out_multiple_tests.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN out_multiple_tests.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN out_multiple_tests.test IS
'Name of the test, as in out_coverage_tests. At a horizon of one day binomial_exact, '
'christoffersen_independence_exact and christoffersen_conditional_coverage_exact; at longer ones, '
'with overlap allowed for, binomial_z_overlap, christoffersen_independence_simulated and '
'christoffersen_conditional_coverage_simulated.';
COMMENT ON COLUMN out_multiple_tests.scope IS
'What was tested: account.';
COMMENT ON COLUMN out_multiple_tests.scope_id IS
'Name of the account.';
COMMENT ON COLUMN out_multiple_tests.observations IS
'Days of the account with a known loss.';
COMMENT ON COLUMN out_multiple_tests.exceedances IS
'Observations whose loss is strictly greater than the margin plus the model''s tolerance.';
COMMENT ON COLUMN out_multiple_tests.tested_accounts IS
'Accounts in the family: those whose data suffice for the test.';
COMMENT ON COLUMN out_multiple_tests.p_value IS
'p-value of the account alone, 0 to 1, as evidence of too little margin: 1 where the test rejects '
'because margin is too high or exceedances keep apart; null where data are insufficient. '
'Simulated ones are at least 1/2001.';
COMMENT ON COLUMN out_multiple_tests.holm_p_value IS
'Adjusted after Holm (1979), to answer whether any account''s margin is wrong: below 0.05 a '
'correct model is accused at most 5 % of the time, however accounts depend; null where p_value is.';
COMMENT ON COLUMN out_multiple_tests.benjamini_hochberg_p_value IS
'Adjusted after Benjamini and Hochberg (1995), to list accounts: of those below 0.05 at most 5 % '
'are expected to be listed by chance, if accounts are independent or depend positively; null '
'where p_value is.';
COMMENT ON COLUMN out_multiple_tests.benjamini_yekutieli_p_value IS
'Adjusted after Benjamini and Yekutieli (2001): as benjamini_hochberg_p_value, whatever the '
'dependence of accounts; null where p_value is.';
COMMENT ON COLUMN out_multiple_tests.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_multiple_tests.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN out_multiple_tests.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_multiple_tests IS
'One row per as_of_date, model_id, track, mpor_days, window_name, margin_basis, test, scope, '
'scope_id and version. Tests of the single accounts, adjusted for the number of accounts tested. '
'A family is the accounts of one model, track, horizon, window and margin basis under one test. '
'Every version; out_multiple_tests shows the rows in force.';
COMMENT ON COLUMN history.out_multiple_tests.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN history.out_multiple_tests.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_multiple_tests.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN history.out_multiple_tests.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN history.out_multiple_tests.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN history.out_multiple_tests.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN history.out_multiple_tests.test IS
'Name of the test, as in out_coverage_tests. At a horizon of one day binomial_exact, '
'christoffersen_independence_exact and christoffersen_conditional_coverage_exact; at longer ones, '
'with overlap allowed for, binomial_z_overlap, christoffersen_independence_simulated and '
'christoffersen_conditional_coverage_simulated.';
COMMENT ON COLUMN history.out_multiple_tests.scope IS
'What was tested: account.';
COMMENT ON COLUMN history.out_multiple_tests.scope_id IS
'Name of the account.';
COMMENT ON COLUMN history.out_multiple_tests.observations IS
'Days of the account with a known loss.';
COMMENT ON COLUMN history.out_multiple_tests.exceedances IS
'Observations whose loss is strictly greater than the margin plus the model''s tolerance.';
COMMENT ON COLUMN history.out_multiple_tests.tested_accounts IS
'Accounts in the family: those whose data suffice for the test.';
COMMENT ON COLUMN history.out_multiple_tests.p_value IS
'p-value of the account alone, 0 to 1, as evidence of too little margin: 1 where the test rejects '
'because margin is too high or exceedances keep apart; null where data are insufficient. '
'Simulated ones are at least 1/2001.';
COMMENT ON COLUMN history.out_multiple_tests.holm_p_value IS
'Adjusted after Holm (1979), to answer whether any account''s margin is wrong: below 0.05 a '
'correct model is accused at most 5 % of the time, however accounts depend; null where p_value is.';
COMMENT ON COLUMN history.out_multiple_tests.benjamini_hochberg_p_value IS
'Adjusted after Benjamini and Hochberg (1995), to list accounts: of those below 0.05 at most 5 % '
'are expected to be listed by chance, if accounts are independent or depend positively; null '
'where p_value is.';
COMMENT ON COLUMN history.out_multiple_tests.benjamini_yekutieli_p_value IS
'Adjusted after Benjamini and Yekutieli (2001): as benjamini_hochberg_p_value, whatever the '
'dependence of accounts; null where p_value is.';
COMMENT ON COLUMN history.out_multiple_tests.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_multiple_tests.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN history.out_multiple_tests.known_to IS
'Date from which another version of its as_of_date and model took the place of this row; null '
'while the row is in force.';

COMMENT ON VIEW out_false_alarms IS
'One row per as_of_date, model_id, track, mpor_days, window_name and margin_basis. How many '
'accounts alarm, beside how many would by chance if every account''s coverage were on target. At '
'horizons over one day chance includes the overlap of losses, by 10 000 simulated histories. Rows '
'in force; history.out_false_alarms holds every version.';
COMMENT ON COLUMN out_false_alarms.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_false_alarms.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_false_alarms.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN out_false_alarms.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN out_false_alarms.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN out_false_alarms.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN out_false_alarms.accounts IS
'Accounts with at least one observation.';
COMMENT ON COLUMN out_false_alarms.yellow_or_red_accounts IS
'Accounts in the yellow or red zone of the traffic light.';
COMMENT ON COLUMN out_false_alarms.expected_yellow_or_red_accounts IS
'Accounts that chance alone puts there, on average.';
COMMENT ON COLUMN out_false_alarms.red_accounts IS
'Accounts in the red zone.';
COMMENT ON COLUMN out_false_alarms.expected_red_accounts IS
'Accounts that chance alone puts there, on average.';
COMMENT ON COLUMN out_false_alarms.rejected_accounts IS
'Accounts with so many exceedances that an exact one-sided binomial test rejects.';
COMMENT ON COLUMN out_false_alarms.expected_rejected_accounts IS
'Accounts that the same test rejects by chance alone, on average.';
COMMENT ON COLUMN out_false_alarms.expected_rejected_low IS
'Lower end of the range in which the number rejected by chance lies with 95 % probability if '
'accounts are independent; accounts that share days spread wider.';
COMMENT ON COLUMN out_false_alarms.expected_rejected_high IS
'Upper end of that range.';
COMMENT ON COLUMN out_false_alarms.significance_pct IS
'Level of the one-sided test, in per cent.';
COMMENT ON COLUMN out_false_alarms.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_false_alarms.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN out_false_alarms.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_false_alarms IS
'One row per as_of_date, model_id, track, mpor_days, window_name, margin_basis and version. How '
'many accounts alarm, beside how many would by chance if every account''s coverage were on '
'target. At horizons over one day chance includes the overlap of losses, by 10 000 simulated '
'histories. Every version; out_false_alarms shows the rows in force.';
COMMENT ON COLUMN history.out_false_alarms.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN history.out_false_alarms.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_false_alarms.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN history.out_false_alarms.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN history.out_false_alarms.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN history.out_false_alarms.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN history.out_false_alarms.accounts IS
'Accounts with at least one observation.';
COMMENT ON COLUMN history.out_false_alarms.yellow_or_red_accounts IS
'Accounts in the yellow or red zone of the traffic light.';
COMMENT ON COLUMN history.out_false_alarms.expected_yellow_or_red_accounts IS
'Accounts that chance alone puts there, on average.';
COMMENT ON COLUMN history.out_false_alarms.red_accounts IS
'Accounts in the red zone.';
COMMENT ON COLUMN history.out_false_alarms.expected_red_accounts IS
'Accounts that chance alone puts there, on average.';
COMMENT ON COLUMN history.out_false_alarms.rejected_accounts IS
'Accounts with so many exceedances that an exact one-sided binomial test rejects.';
COMMENT ON COLUMN history.out_false_alarms.expected_rejected_accounts IS
'Accounts that the same test rejects by chance alone, on average.';
COMMENT ON COLUMN history.out_false_alarms.expected_rejected_low IS
'Lower end of the range in which the number rejected by chance lies with 95 % probability if '
'accounts are independent; accounts that share days spread wider.';
COMMENT ON COLUMN history.out_false_alarms.expected_rejected_high IS
'Upper end of that range.';
COMMENT ON COLUMN history.out_false_alarms.significance_pct IS
'Level of the one-sided test, in per cent.';
COMMENT ON COLUMN history.out_false_alarms.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_false_alarms.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN history.out_false_alarms.known_to IS
'Date from which another version of its as_of_date and model took the place of this row; null '
'while the row is in force.';

COMMENT ON VIEW out_coverage_bootstrap IS
'One row per as_of_date, model_id, track, scope, scope_id, mpor_days, window_name and '
'margin_basis. Coverage of pooled accounts, with an interval that allows for accounts failing on '
'the same days: blocks of dates are drawn anew for all accounts at once, from a fixed seed. Rows '
'in force; history.out_coverage_bootstrap holds every version.';
COMMENT ON COLUMN out_coverage_bootstrap.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_coverage_bootstrap.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_coverage_bootstrap.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN out_coverage_bootstrap.scope IS
'What is pooled: firm, all accounts together, or member. Account-days are counted, losses never '
'net.';
COMMENT ON COLUMN out_coverage_bootstrap.scope_id IS
'Name of the member; firm for the scope firm.';
COMMENT ON COLUMN out_coverage_bootstrap.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN out_coverage_bootstrap.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN out_coverage_bootstrap.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN out_coverage_bootstrap.confidence_pct IS
'Coverage that the margin must reach, in per cent: 99 for 99 %. The model''s target, not the '
'confidence of its risk measure.';
COMMENT ON COLUMN out_coverage_bootstrap.accounts IS
'Accounts pooled that have an observation in the window.';
COMMENT ON COLUMN out_coverage_bootstrap.observations IS
'Account-days with a known loss, as in out_coverage.';
COMMENT ON COLUMN out_coverage_bootstrap.exceedances IS
'Observations whose loss is strictly greater than the margin plus the model''s tolerance, as in '
'out_coverage.';
COMMENT ON COLUMN out_coverage_bootstrap.coverage_pct IS
'Share of observations that are no exceedance, in per cent.';
COMMENT ON COLUMN out_coverage_bootstrap.coverage_low_pct IS
'Lower bound of the 95 % percentile interval of coverage over the redrawn histories, in per cent.';
COMMENT ON COLUMN out_coverage_bootstrap.coverage_high_pct IS
'Upper bound of that interval, in per cent.';
COMMENT ON COLUMN out_coverage_bootstrap.variance_inflation IS
'Variance of the exceedance count over the redrawn histories, over that of as many independent '
'account-days; null where nothing varies because there is no exceedance.';
COMMENT ON COLUMN out_coverage_bootstrap.effective_observations IS
'How many independent account-days tell as much: observations / variance_inflation; null where '
'that is null or 0.';
COMMENT ON COLUMN out_coverage_bootstrap.any_wrong_p_value IS
'p-value, 0 to 1, of the statement that no account has more exceedances than its target, from the '
'largest standardised excess over all accounts (Westfall and Young 1993); null for a member.';
COMMENT ON COLUMN out_coverage_bootstrap.block_days IS
'Dates in a block: three times the horizon, and at least the cube root of the dates.';
COMMENT ON COLUMN out_coverage_bootstrap.replications IS
'Histories drawn anew.';
COMMENT ON COLUMN out_coverage_bootstrap.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_coverage_bootstrap.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN out_coverage_bootstrap.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_coverage_bootstrap IS
'One row per as_of_date, model_id, track, scope, scope_id, mpor_days, window_name, margin_basis '
'and version. Coverage of pooled accounts, with an interval that allows for accounts failing on '
'the same days: blocks of dates are drawn anew for all accounts at once, from a fixed seed. Every '
'version; out_coverage_bootstrap shows the rows in force.';
COMMENT ON COLUMN history.out_coverage_bootstrap.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN history.out_coverage_bootstrap.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_coverage_bootstrap.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN history.out_coverage_bootstrap.scope IS
'What is pooled: firm, all accounts together, or member. Account-days are counted, losses never '
'net.';
COMMENT ON COLUMN history.out_coverage_bootstrap.scope_id IS
'Name of the member; firm for the scope firm.';
COMMENT ON COLUMN history.out_coverage_bootstrap.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN history.out_coverage_bootstrap.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN history.out_coverage_bootstrap.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN history.out_coverage_bootstrap.confidence_pct IS
'Coverage that the margin must reach, in per cent: 99 for 99 %. The model''s target, not the '
'confidence of its risk measure.';
COMMENT ON COLUMN history.out_coverage_bootstrap.accounts IS
'Accounts pooled that have an observation in the window.';
COMMENT ON COLUMN history.out_coverage_bootstrap.observations IS
'Account-days with a known loss, as in out_coverage.';
COMMENT ON COLUMN history.out_coverage_bootstrap.exceedances IS
'Observations whose loss is strictly greater than the margin plus the model''s tolerance, as in '
'out_coverage.';
COMMENT ON COLUMN history.out_coverage_bootstrap.coverage_pct IS
'Share of observations that are no exceedance, in per cent.';
COMMENT ON COLUMN history.out_coverage_bootstrap.coverage_low_pct IS
'Lower bound of the 95 % percentile interval of coverage over the redrawn histories, in per cent.';
COMMENT ON COLUMN history.out_coverage_bootstrap.coverage_high_pct IS
'Upper bound of that interval, in per cent.';
COMMENT ON COLUMN history.out_coverage_bootstrap.variance_inflation IS
'Variance of the exceedance count over the redrawn histories, over that of as many independent '
'account-days; null where nothing varies because there is no exceedance.';
COMMENT ON COLUMN history.out_coverage_bootstrap.effective_observations IS
'How many independent account-days tell as much: observations / variance_inflation; null where '
'that is null or 0.';
COMMENT ON COLUMN history.out_coverage_bootstrap.any_wrong_p_value IS
'p-value, 0 to 1, of the statement that no account has more exceedances than its target, from the '
'largest standardised excess over all accounts (Westfall and Young 1993); null for a member.';
COMMENT ON COLUMN history.out_coverage_bootstrap.block_days IS
'Dates in a block: three times the horizon, and at least the cube root of the dates.';
COMMENT ON COLUMN history.out_coverage_bootstrap.replications IS
'Histories drawn anew.';
COMMENT ON COLUMN history.out_coverage_bootstrap.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_coverage_bootstrap.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN history.out_coverage_bootstrap.known_to IS
'Date from which another version of its as_of_date and model took the place of this row; null '
'while the row is in force.';

COMMENT ON VIEW out_power IS
'One row per as_of_date, model_id, track, scope, mpor_days, window_name and margin_basis. What a '
'window can and cannot show about coverage, by an exact one-sided binomial test on effective '
'observations. Rows in force; history.out_power holds every version.';
COMMENT ON COLUMN out_power.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_power.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_power.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN out_power.scope IS
'Whose coverage is asked for: account, one account observed on every date of the window; firm, '
'all accounts together.';
COMMENT ON COLUMN out_power.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN out_power.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN out_power.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN out_power.confidence_pct IS
'Coverage that the margin must reach, in per cent: 99 for 99 %. The model''s target, not the '
'confidence of its risk measure.';
COMMENT ON COLUMN out_power.observations IS
'Dates of the window (account) or account-days (firm).';
COMMENT ON COLUMN out_power.effective_observations IS
'How many independent observations tell as much. Of an account: dates over the inflation that '
'overlapping Gaussian losses bring. Of the firm: as in out_coverage_bootstrap, at most its '
'account-days, and those of one account where they are unknown there.';
COMMENT ON COLUMN out_power.critical_count IS
'Exceedances, counted in effective observations, from which the test rejects.';
COMMENT ON COLUMN out_power.size_pct IS
'Probability that a margin on target reaches that count, in per cent.';
COMMENT ON COLUMN out_power.detectable_pct IS
'Smallest true rate of exceedances that the test finds with the probability power_pct, in per '
'cent; null where no count rejects.';
COMMENT ON COLUMN out_power.proven_at_best_pct IS
'Upper bound of the rate of exceedances that a window without any proves, in per cent, at the '
'level significance_pct.';
COMMENT ON COLUMN out_power.is_lowest_conclusive IS
'True where a window without any exceedance would show that the margin is higher than its target '
'needs.';
COMMENT ON COLUMN out_power.power_pct IS
'Probability with which a wrong margin is to be found, in per cent.';
COMMENT ON COLUMN out_power.significance_pct IS
'Level of the test and of the bound, in per cent.';
COMMENT ON COLUMN out_power.sentence IS
'The same in words.';
COMMENT ON COLUMN out_power.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_power.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN out_power.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_power IS
'One row per as_of_date, model_id, track, scope, mpor_days, window_name, margin_basis and '
'version. What a window can and cannot show about coverage, by an exact one-sided binomial test '
'on effective observations. Every version; out_power shows the rows in force.';
COMMENT ON COLUMN history.out_power.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN history.out_power.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_power.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN history.out_power.scope IS
'Whose coverage is asked for: account, one account observed on every date of the window; firm, '
'all accounts together.';
COMMENT ON COLUMN history.out_power.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN history.out_power.window_name IS
'all: every date up to as_of_date; last_250: the last 250 dates of the model, track and horizon '
'whose horizon has ended.';
COMMENT ON COLUMN history.out_power.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted '
'and capped; in the adequacy track called, or capped where the recomputed initial margin stood in '
'for an unknown called one.';
COMMENT ON COLUMN history.out_power.confidence_pct IS
'Coverage that the margin must reach, in per cent: 99 for 99 %. The model''s target, not the '
'confidence of its risk measure.';
COMMENT ON COLUMN history.out_power.observations IS
'Dates of the window (account) or account-days (firm).';
COMMENT ON COLUMN history.out_power.effective_observations IS
'How many independent observations tell as much. Of an account: dates over the inflation that '
'overlapping Gaussian losses bring. Of the firm: as in out_coverage_bootstrap, at most its '
'account-days, and those of one account where they are unknown there.';
COMMENT ON COLUMN history.out_power.critical_count IS
'Exceedances, counted in effective observations, from which the test rejects.';
COMMENT ON COLUMN history.out_power.size_pct IS
'Probability that a margin on target reaches that count, in per cent.';
COMMENT ON COLUMN history.out_power.detectable_pct IS
'Smallest true rate of exceedances that the test finds with the probability power_pct, in per '
'cent; null where no count rejects.';
COMMENT ON COLUMN history.out_power.proven_at_best_pct IS
'Upper bound of the rate of exceedances that a window without any proves, in per cent, at the '
'level significance_pct.';
COMMENT ON COLUMN history.out_power.is_lowest_conclusive IS
'True where a window without any exceedance would show that the margin is higher than its target '
'needs.';
COMMENT ON COLUMN history.out_power.power_pct IS
'Probability with which a wrong margin is to be found, in per cent.';
COMMENT ON COLUMN history.out_power.significance_pct IS
'Level of the test and of the bound, in per cent.';
COMMENT ON COLUMN history.out_power.sentence IS
'The same in words.';
COMMENT ON COLUMN history.out_power.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_power.known_from IS
'The as_of_date, because nothing later was looked at.';
COMMENT ON COLUMN history.out_power.known_to IS
'Date from which another version of its as_of_date and model took the place of this row; null '
'while the row is in force.';
