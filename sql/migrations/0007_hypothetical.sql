-- Grain: schema and comments of hypothetical portfolios: what is declared, margins and exclusions,
-- each with its history and its view of the rows in force; and what scopes and margins of the
-- backtest mean since instruments, hypothetical portfolios and the initial margin are among them.
-- Inputs: the tables of 0001_schema.sql and 0004_many_accounts.sql. Use: applied once, in number
-- order, by pipeline.warehouse; never edited later.


CREATE TABLE history.out_hypothetical_portfolios (
    portfolio_id VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    composition VARCHAR NOT NULL,
    roll_days INTEGER NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW out_hypothetical_portfolios AS
FROM history.out_hypothetical_portfolios
WHERE known_to IS NULL;


CREATE TABLE history.out_hypothetical_margin (
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    confidence_pct DOUBLE NOT NULL,
    account_id VARCHAR NOT NULL,
    node_level VARCHAR NOT NULL,
    node_id VARCHAR NOT NULL,
    standalone_margin_amount DOUBLE NOT NULL,
    netted_margin_amount DOUBLE NOT NULL,
    offset_credit_amount DOUBLE NOT NULL,
    level_credit_amount DOUBLE NOT NULL,
    cap_base_margin_amount DOUBLE NOT NULL,
    capped_margin_amount DOUBLE NOT NULL,
    addon_amount DOUBLE NOT NULL,
    initial_margin_amount DOUBLE NOT NULL,
    maintenance_margin_amount DOUBLE NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW out_hypothetical_margin AS
FROM history.out_hypothetical_margin
WHERE known_to IS NULL;


CREATE TABLE history.out_hypothetical_exclusions (
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    account_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    input_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE VIEW out_hypothetical_exclusions AS
FROM history.out_hypothetical_exclusions
WHERE known_to IS NULL;


COMMENT ON VIEW out_hypothetical_portfolios IS
'One row per portfolio_id. Portfolios declared in hypothetical.toml, which nobody needs to hold.'
' Without a model''s figures; those stand in out_backtest, out_coverage and out_coverage_tests '
'under the scope hypothetical. Rows in force; history.out_hypothetical_portfolios holds every '
'version.';
COMMENT ON COLUMN out_hypothetical_portfolios.portfolio_id IS
'Name of the portfolio.';
COMMENT ON COLUMN out_hypothetical_portfolios.title IS
'What it is, as declared.';
COMMENT ON COLUMN out_hypothetical_portfolios.reason IS
'Why it is tested, as declared.';
COMMENT ON COLUMN out_hypothetical_portfolios.composition IS
'Its legs in words: side, notional in reporting currency, product and contract.';
COMMENT ON COLUMN out_hypothetical_portfolios.roll_days IS
'A contract with fewer calendar days to its expiry is not taken.';
COMMENT ON COLUMN out_hypothetical_portfolios.known_from IS
'As-of date of the backtest that first used this declaration.';
COMMENT ON COLUMN out_hypothetical_portfolios.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_hypothetical_portfolios IS
'One row per portfolio_id and version. Portfolios declared in hypothetical.toml, which nobody '
'needs to hold. Without a model''s figures; those stand in out_backtest, out_coverage and '
'out_coverage_tests under the scope hypothetical. Every version; out_hypothetical_portfolios '
'shows the rows in force.';
COMMENT ON COLUMN history.out_hypothetical_portfolios.portfolio_id IS
'Name of the portfolio.';
COMMENT ON COLUMN history.out_hypothetical_portfolios.title IS
'What it is, as declared.';
COMMENT ON COLUMN history.out_hypothetical_portfolios.reason IS
'Why it is tested, as declared.';
COMMENT ON COLUMN history.out_hypothetical_portfolios.composition IS
'Its legs in words: side, notional in reporting currency, product and contract.';
COMMENT ON COLUMN history.out_hypothetical_portfolios.roll_days IS
'A contract with fewer calendar days to its expiry is not taken.';
COMMENT ON COLUMN history.out_hypothetical_portfolios.known_from IS
'As-of date of the backtest that first used this declaration.';
COMMENT ON COLUMN history.out_hypothetical_portfolios.known_to IS
'Date from which another version of its portfolio took the place of this row; null while the row'
' is in force.';

COMMENT ON VIEW out_hypothetical_margin IS
'One row per business_date, model_id, mpor_days, account_id, node_level and node_id. Margins of '
'hypothetical portfolios and of the nodes below them, from the engine that margins accounts. '
'Kept apart from out_margin, so that sums over that table stay those of real accounts. Rows in '
'force; history.out_hypothetical_margin holds every version.';
COMMENT ON COLUMN out_hypothetical_margin.business_date IS
'Date on whose prices the portfolio is sized.';
COMMENT ON COLUMN out_hypothetical_margin.model_id IS
'Model that computed the margin.';
COMMENT ON COLUMN out_hypothetical_margin.mpor_days IS
'Margin period of risk, in dates of core_calendar.';
COMMENT ON COLUMN out_hypothetical_margin.confidence_pct IS
'Confidence of the model''s risk measure in per cent.';
COMMENT ON COLUMN out_hypothetical_margin.account_id IS
'Name of the portfolio, as in out_hypothetical_portfolios.';
COMMENT ON COLUMN out_hypothetical_margin.node_level IS
'Level of the netting tree: product, offset_group or account, the whole portfolio. Add up rows '
'of one level only.';
COMMENT ON COLUMN out_hypothetical_margin.node_id IS
'Name of the product, the offset group or the portfolio.';
COMMENT ON COLUMN out_hypothetical_margin.standalone_margin_amount IS
'Margin without offsets, in reporting currency, at least 0.';
COMMENT ON COLUMN out_hypothetical_margin.netted_margin_amount IS
'Margin with every offset, before the cap, in reporting currency, at least 0.';
COMMENT ON COLUMN out_hypothetical_margin.offset_credit_amount IS
'Standalone less netted margin, in reporting currency. Negative where netting raises the '
'requirement.';
COMMENT ON COLUMN out_hypothetical_margin.level_credit_amount IS
'Part of the offset credit that this level alone earns, in reporting currency.';
COMMENT ON COLUMN out_hypothetical_margin.cap_base_margin_amount IS
'What the cap is taken from, in reporting currency, at least 0.';
COMMENT ON COLUMN out_hypothetical_margin.capped_margin_amount IS
'Margin after the cap on offset credit, in reporting currency, at least 0: the one tested.';
COMMENT ON COLUMN out_hypothetical_margin.addon_amount IS
'Add-ons, in reporting currency, at least 0; never part of the capped margin.';
COMMENT ON COLUMN out_hypothetical_margin.initial_margin_amount IS
'Initial margin, in reporting currency, as in out_margin.';
COMMENT ON COLUMN out_hypothetical_margin.maintenance_margin_amount IS
'Maintenance margin, in reporting currency, as in out_margin.';
COMMENT ON COLUMN out_hypothetical_margin.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 '
'hexadecimal digits.';
COMMENT ON COLUMN out_hypothetical_margin.input_hash IS
'Hash of what the row was computed from: version of the program, model, declared portfolios, '
'prices with the terms of their instruments and rates of every date up to business_date and of '
'the horizon. 16 hexadecimal digits; a run recomputes the date when it differs.';
COMMENT ON COLUMN out_hypothetical_margin.known_from IS
'Latest date from which an input of this date counts as known; the end of the horizon where no '
'input was corrected later.';
COMMENT ON COLUMN out_hypothetical_margin.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_hypothetical_margin IS
'One row per business_date, model_id, mpor_days, account_id, node_level, node_id and version. '
'Margins of hypothetical portfolios and of the nodes below them, from the engine that margins '
'accounts. Kept apart from out_margin, so that sums over that table stay those of real accounts.'
' Every version; out_hypothetical_margin shows the rows in force.';
COMMENT ON COLUMN history.out_hypothetical_margin.business_date IS
'Date on whose prices the portfolio is sized.';
COMMENT ON COLUMN history.out_hypothetical_margin.model_id IS
'Model that computed the margin.';
COMMENT ON COLUMN history.out_hypothetical_margin.mpor_days IS
'Margin period of risk, in dates of core_calendar.';
COMMENT ON COLUMN history.out_hypothetical_margin.confidence_pct IS
'Confidence of the model''s risk measure in per cent.';
COMMENT ON COLUMN history.out_hypothetical_margin.account_id IS
'Name of the portfolio, as in out_hypothetical_portfolios.';
COMMENT ON COLUMN history.out_hypothetical_margin.node_level IS
'Level of the netting tree: product, offset_group or account, the whole portfolio. Add up rows '
'of one level only.';
COMMENT ON COLUMN history.out_hypothetical_margin.node_id IS
'Name of the product, the offset group or the portfolio.';
COMMENT ON COLUMN history.out_hypothetical_margin.standalone_margin_amount IS
'Margin without offsets, in reporting currency, at least 0.';
COMMENT ON COLUMN history.out_hypothetical_margin.netted_margin_amount IS
'Margin with every offset, before the cap, in reporting currency, at least 0.';
COMMENT ON COLUMN history.out_hypothetical_margin.offset_credit_amount IS
'Standalone less netted margin, in reporting currency. Negative where netting raises the '
'requirement.';
COMMENT ON COLUMN history.out_hypothetical_margin.level_credit_amount IS
'Part of the offset credit that this level alone earns, in reporting currency.';
COMMENT ON COLUMN history.out_hypothetical_margin.cap_base_margin_amount IS
'What the cap is taken from, in reporting currency, at least 0.';
COMMENT ON COLUMN history.out_hypothetical_margin.capped_margin_amount IS
'Margin after the cap on offset credit, in reporting currency, at least 0: the one tested.';
COMMENT ON COLUMN history.out_hypothetical_margin.addon_amount IS
'Add-ons, in reporting currency, at least 0; never part of the capped margin.';
COMMENT ON COLUMN history.out_hypothetical_margin.initial_margin_amount IS
'Initial margin, in reporting currency, as in out_margin.';
COMMENT ON COLUMN history.out_hypothetical_margin.maintenance_margin_amount IS
'Maintenance margin, in reporting currency, as in out_margin.';
COMMENT ON COLUMN history.out_hypothetical_margin.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 '
'hexadecimal digits.';
COMMENT ON COLUMN history.out_hypothetical_margin.input_hash IS
'Hash of what the row was computed from: version of the program, model, declared portfolios, '
'prices with the terms of their instruments and rates of every date up to business_date and of '
'the horizon. 16 hexadecimal digits; a run recomputes the date when it differs.';
COMMENT ON COLUMN history.out_hypothetical_margin.known_from IS
'Latest date from which an input of this date counts as known; the end of the horizon where no '
'input was corrected later.';
COMMENT ON COLUMN history.out_hypothetical_margin.known_to IS
'Date from which another version of its business_date and model took the place of this row; null'
' while the row is in force.';

COMMENT ON VIEW out_hypothetical_exclusions IS
'One row per business_date, model_id, mpor_days and account_id. Dates on which a hypothetical '
'portfolio has no margin, each with the reason; never silently left out. Rows in force; '
'history.out_hypothetical_exclusions holds every version.';
COMMENT ON COLUMN out_hypothetical_exclusions.business_date IS
'Date without a margin.';
COMMENT ON COLUMN out_hypothetical_exclusions.model_id IS
'Model that could not compute the margin.';
COMMENT ON COLUMN out_hypothetical_exclusions.mpor_days IS
'Margin period of risk, in dates of core_calendar.';
COMMENT ON COLUMN out_hypothetical_exclusions.account_id IS
'Name of the portfolio.';
COMMENT ON COLUMN out_hypothetical_exclusions.reason IS
'Why, as a sentence: a leg without a contract or price, or too short a history.';
COMMENT ON COLUMN out_hypothetical_exclusions.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 '
'hexadecimal digits.';
COMMENT ON COLUMN out_hypothetical_exclusions.input_hash IS
'Hash of what the row was computed from: version of the program, model, declared portfolios, '
'prices with the terms of their instruments and rates of every date up to business_date and of '
'the horizon. 16 hexadecimal digits; a run recomputes the date when it differs.';
COMMENT ON COLUMN out_hypothetical_exclusions.known_from IS
'Latest date from which an input of this date counts as known; the end of the horizon where no '
'input was corrected later.';
COMMENT ON COLUMN out_hypothetical_exclusions.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_hypothetical_exclusions IS
'One row per business_date, model_id, mpor_days, account_id and version. Dates on which a '
'hypothetical portfolio has no margin, each with the reason; never silently left out. Every '
'version; out_hypothetical_exclusions shows the rows in force.';
COMMENT ON COLUMN history.out_hypothetical_exclusions.business_date IS
'Date without a margin.';
COMMENT ON COLUMN history.out_hypothetical_exclusions.model_id IS
'Model that could not compute the margin.';
COMMENT ON COLUMN history.out_hypothetical_exclusions.mpor_days IS
'Margin period of risk, in dates of core_calendar.';
COMMENT ON COLUMN history.out_hypothetical_exclusions.account_id IS
'Name of the portfolio.';
COMMENT ON COLUMN history.out_hypothetical_exclusions.reason IS
'Why, as a sentence: a leg without a contract or price, or too short a history.';
COMMENT ON COLUMN history.out_hypothetical_exclusions.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 '
'hexadecimal digits.';
COMMENT ON COLUMN history.out_hypothetical_exclusions.input_hash IS
'Hash of what the row was computed from: version of the program, model, declared portfolios, '
'prices with the terms of their instruments and rates of every date up to business_date and of '
'the horizon. 16 hexadecimal digits; a run recomputes the date when it differs.';
COMMENT ON COLUMN history.out_hypothetical_exclusions.known_from IS
'Latest date from which an input of this date counts as known; the end of the horizon where no '
'input was corrected later.';
COMMENT ON COLUMN history.out_hypothetical_exclusions.known_to IS
'Date from which another version of its business_date and model took the place of this row; null'
' while the row is in force.';

COMMENT ON COLUMN out_backtest.scope IS
'What the row is about: instrument, product, offset_group, account or hypothetical, a declared '
'portfolio. The adequacy track has accounts only.';
COMMENT ON COLUMN history.out_backtest.scope IS
'What the row is about: instrument, product, offset_group, account or hypothetical, a declared '
'portfolio. The adequacy track has accounts only.';
COMMENT ON COLUMN out_backtest.scope_id IS
'Name of the instrument, the product, the offset group, the account or the hypothetical '
'portfolio.';
COMMENT ON COLUMN history.out_backtest.scope_id IS
'Name of the instrument, the product, the offset group, the account or the hypothetical '
'portfolio.';
COMMENT ON COLUMN out_backtest.account_id IS
'Account whose positions lost. At scope instrument all long or all short: every holder of that '
'side, who exceed together as loss and margin are proportional to the quantity; losses and '
'margins of the side are added up, long and short never net. At scope hypothetical the '
'portfolio. Nowhere else are losses of several accounts in one row.';
COMMENT ON COLUMN history.out_backtest.account_id IS
'Account whose positions lost. At scope instrument all long or all short: every holder of that '
'side, who exceed together as loss and margin are proportional to the quantity; losses and '
'margins of the side are added up, long and short never net. At scope hypothetical the '
'portfolio. Nowhere else are losses of several accounts in one row.';
COMMENT ON COLUMN out_backtest.margin_basis IS
'Margin that is tested: capped in the core_model track; in the adequacy track called, or initial'
' where no called margin is known and the recomputed initial margin, add-ons included, is '
'tested.';
COMMENT ON COLUMN history.out_backtest.margin_basis IS
'Margin that is tested: capped in the core_model track; in the adequacy track called, or initial'
' where no called margin is known and the recomputed initial margin, add-ons included, is '
'tested.';
COMMENT ON COLUMN out_coverage.margin_basis IS
'Margin that losses are compared with: in the core_model track standalone, netted and capped, at'
' scope instrument capped only, as one instrument has no offset; in the adequacy track called, '
'or initial where the recomputed initial margin, add-ons included, stands for an unknown called '
'one.';
COMMENT ON COLUMN history.out_coverage.margin_basis IS
'Margin that losses are compared with: in the core_model track standalone, netted and capped, at'
' scope instrument capped only, as one instrument has no offset; in the adequacy track called, '
'or initial where the recomputed initial margin, add-ons included, stands for an unknown called '
'one.';
COMMENT ON COLUMN out_coverage.scope_id IS
'Name of the instrument, account, product, offset group, member or hypothetical portfolio; firm '
'for the scope firm.';
COMMENT ON COLUMN history.out_coverage.scope_id IS
'Name of the instrument, account, product, offset group, member or hypothetical portfolio; firm '
'for the scope firm.';
COMMENT ON COLUMN out_coverage_tests.margin_basis IS
'Margin that losses are compared with: in the core_model track standalone, netted and capped, at'
' scope instrument capped only, as one instrument has no offset; in the adequacy track called, '
'or initial where the recomputed initial margin, add-ons included, stands for an unknown called '
'one.';
COMMENT ON COLUMN history.out_coverage_tests.margin_basis IS
'Margin that losses are compared with: in the core_model track standalone, netted and capped, at'
' scope instrument capped only, as one instrument has no offset; in the adequacy track called, '
'or initial where the recomputed initial margin, add-ons included, stands for an unknown called '
'one.';
COMMENT ON COLUMN out_coverage_tests.scope_id IS
'Name of the instrument, account, product, offset group, member or hypothetical portfolio; firm '
'for the scope firm.';
COMMENT ON COLUMN history.out_coverage_tests.scope_id IS
'Name of the instrument, account, product, offset group, member or hypothetical portfolio; firm '
'for the scope firm.';
COMMENT ON COLUMN out_coverage.scope IS
'What is pooled: account; product and offset_group, that node of every account; instrument, all '
'who hold it long and all who hold it short; member and firm, the accounts together; '
'hypothetical, one declared portfolio, which is in no pool. Observations are counted and '
'shortfalls summed, losses never net. The adequacy track has account, member and firm only.';
COMMENT ON COLUMN history.out_coverage.scope IS
'What is pooled: account; product and offset_group, that node of every account; instrument, all '
'who hold it long and all who hold it short; member and firm, the accounts together; '
'hypothetical, one declared portfolio, which is in no pool. Observations are counted and '
'shortfalls summed, losses never net. The adequacy track has account, member and firm only.';
COMMENT ON COLUMN out_coverage_tests.scope IS
'What is tested: account; product with an account_id, that product of one account; product and '
'offset_group without one, that node of every account; instrument, all who hold it; member and '
'firm, the accounts together; hypothetical, one declared portfolio. Losses never net. The '
'adequacy track has account, member and firm only.';
COMMENT ON COLUMN history.out_coverage_tests.scope IS
'What is tested: account; product with an account_id, that product of one account; product and '
'offset_group without one, that node of every account; instrument, all who hold it; member and '
'firm, the accounts together; hypothetical, one declared portfolio. Losses never net. The '
'adequacy track has account, member and firm only.';
COMMENT ON COLUMN out_coverage_tests.account_id IS
'Account whose days are tested, or the portfolio at scope hypothetical; null where several '
'accounts are pooled.';
COMMENT ON COLUMN history.out_coverage_tests.account_id IS
'Account whose days are tested, or the portfolio at scope hypothetical; null where several '
'accounts are pooled.';
COMMENT ON COLUMN out_multiple_tests.margin_basis IS
'Margin that losses are compared with: capped in the core_model track; in the adequacy track '
'called, or initial where the recomputed initial margin stands for an unknown called one.';
COMMENT ON COLUMN history.out_multiple_tests.margin_basis IS
'Margin that losses are compared with: capped in the core_model track; in the adequacy track '
'called, or initial where the recomputed initial margin stands for an unknown called one.';
COMMENT ON COLUMN out_false_alarms.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted'
' and capped; in the adequacy track called, or initial where the recomputed initial margin '
'stands for an unknown called one.';
COMMENT ON COLUMN history.out_false_alarms.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted'
' and capped; in the adequacy track called, or initial where the recomputed initial margin '
'stands for an unknown called one.';
COMMENT ON COLUMN out_coverage_bootstrap.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted'
' and capped; in the adequacy track called, or initial where the recomputed initial margin '
'stands for an unknown called one.';
COMMENT ON COLUMN history.out_coverage_bootstrap.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted'
' and capped; in the adequacy track called, or initial where the recomputed initial margin '
'stands for an unknown called one.';
COMMENT ON COLUMN out_power.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted'
' and capped; in the adequacy track called, or initial where the recomputed initial margin '
'stands for an unknown called one.';
COMMENT ON COLUMN history.out_power.margin_basis IS
'Margin that losses are compared with: in the core_model track a row each for standalone, netted'
' and capped; in the adequacy track called, or initial where the recomputed initial margin '
'stands for an unknown called one.';
COMMENT ON COLUMN out_cap_sweep.scope IS
'What is counted: firm, member, account, offset_group or hypothetical, one declared portfolio, '
'which is in no pool. Products have no row, as the cap works above them.';
COMMENT ON COLUMN history.out_cap_sweep.scope IS
'What is counted: firm, member, account, offset_group or hypothetical, one declared portfolio, '
'which is in no pool. Products have no row, as the cap works above them.';
COMMENT ON COLUMN out_cap_sweep.scope_id IS
'Name of the member, the account, the offset group or the hypothetical portfolio; firm at firm '
'scope.';
COMMENT ON COLUMN history.out_cap_sweep.scope_id IS
'Name of the member, the account, the offset group or the hypothetical portfolio; firm at firm '
'scope.';
COMMENT ON COLUMN out_cap_limit.scope IS
'What is counted: firm, member, account, offset_group or hypothetical, one declared portfolio, '
'which is in no pool. Products have no row, as the cap works above them.';
COMMENT ON COLUMN history.out_cap_limit.scope IS
'What is counted: firm, member, account, offset_group or hypothetical, one declared portfolio, '
'which is in no pool. Products have no row, as the cap works above them.';
COMMENT ON COLUMN out_cap_limit.scope_id IS
'Name of the member, the account, the offset group or the hypothetical portfolio; firm at firm '
'scope.';
COMMENT ON COLUMN history.out_cap_limit.scope_id IS
'Name of the member, the account, the offset group or the hypothetical portfolio; firm at firm '
'scope.';
COMMENT ON COLUMN out_multiple_tests.scope IS
'What was tested: account or hypothetical; each is a family of its own.';
COMMENT ON COLUMN history.out_multiple_tests.scope IS
'What was tested: account or hypothetical; each is a family of its own.';
COMMENT ON COLUMN out_multiple_tests.scope_id IS
'Name of the account or of the hypothetical portfolio.';
COMMENT ON COLUMN history.out_multiple_tests.scope_id IS
'Name of the account or of the hypothetical portfolio.';
