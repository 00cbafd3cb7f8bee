-- Grain: schema and comments of the offset on trial: cap sweep and largest cap, pairs of products,
-- the exception register, procyclicality, each with its history and its view of the rows in force;
-- and the margin calls of a day, a view over out_calls.
-- Inputs: the tables of 0001_schema.sql and 0003_rules_and_collateral.sql. Use: applied once, in
-- number order, by pipeline.warehouse; never edited later.

CREATE TABLE history.out_cap_sweep (
    as_of_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    window_name VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    scope_id VARCHAR NOT NULL,
    cap_pct DOUBLE NOT NULL,
    is_cap_in_force BOOLEAN NOT NULL,
    observations BIGINT NOT NULL,
    exceedances BIGINT NOT NULL,
    coverage_pct DOUBLE NOT NULL,
    coverage_low_pct DOUBLE NOT NULL,
    coverage_high_pct DOUBLE NOT NULL,
    shortfall_amount DOUBLE NOT NULL,
    mean_margin_amount DOUBLE NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_cap_limit (
    as_of_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    window_name VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    scope_id VARCHAR NOT NULL,
    target_pct DOUBLE NOT NULL,
    cap_in_force_pct DOUBLE NOT NULL,
    observations BIGINT NOT NULL,
    largest_cap_pct DOUBLE,
    proven_cap_pct DOUBLE,
    reason VARCHAR NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_offset_pairs (
    as_of_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    window_name VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    other_product VARCHAR NOT NULL,
    meets_at VARCHAR NOT NULL,
    accounts BIGINT NOT NULL,
    account_days BIGINT NOT NULL,
    exceedances BIGINT NOT NULL,
    coverage_pct DOUBLE NOT NULL,
    coverage_low_pct DOUBLE NOT NULL,
    coverage_high_pct DOUBLE NOT NULL,
    shortfall_amount DOUBLE NOT NULL,
    mean_standalone_margin_amount DOUBLE NOT NULL,
    mean_allowed_credit_amount DOUBLE NOT NULL,
    granted_credit_pct DOUBLE,
    justified_credit_pct DOUBLE,
    variance_reduction_pct DOUBLE,
    offset_days BIGINT NOT NULL,
    offset_loss_amount DOUBLE NOT NULL,
    offset_credit_amount DOUBLE NOT NULL,
    break_days BIGINT NOT NULL,
    break_loss_amount DOUBLE,
    break_share_pct DOUBLE,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_procyclicality (
    as_of_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    window_name VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    scope_id VARCHAR NOT NULL,
    portfolio VARCHAR NOT NULL,
    book_date DATE,
    first_date DATE NOT NULL,
    last_date DATE NOT NULL,
    margin_days BIGINT NOT NULL,
    peak_to_trough DOUBLE,
    peak_date DATE,
    trough_date DATE,
    increase_1_days_pct DOUBLE,
    increase_5_days_pct DOUBLE,
    increase_10_days_pct DOUBLE,
    increase_30_days_pct DOUBLE,
    first_margin_amount DOUBLE NOT NULL,
    last_margin_amount DOUBLE NOT NULL,
    parameter_effect_amount DOUBLE,
    position_effect_amount DOUBLE,
    left_out_pct DOUBLE,
    reason VARCHAR NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

CREATE TABLE history.out_exceptions (
    exception_id VARCHAR NOT NULL,
    business_date DATE NOT NULL,
    model_id VARCHAR NOT NULL,
    track VARCHAR NOT NULL,
    scope VARCHAR NOT NULL,
    scope_id VARCHAR NOT NULL,
    account_id VARCHAR NOT NULL,
    mpor_days INTEGER NOT NULL,
    is_exceedance BOOLEAN NOT NULL,
    exceedance_class VARCHAR,
    loss_amount DOUBLE NOT NULL,
    tested_margin_amount DOUBLE NOT NULL,
    shortfall_amount DOUBLE NOT NULL,
    largest_instrument_id VARCHAR,
    largest_instrument_loss_amount DOUBLE,
    failed_level VARCHAR,
    failed_credit_amount DOUBLE,
    cause VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    reviewer VARCHAR NOT NULL,
    review_count INTEGER NOT NULL,
    parameter_hash VARCHAR NOT NULL,
    known_from DATE NOT NULL,
    known_to DATE
);

-- The register moves from schema main to the pattern of the other results. Nothing wrote to it
-- before, so there are no rows to carry over.
DROP TABLE out_exceptions;

CREATE VIEW out_cap_sweep AS
FROM history.out_cap_sweep
WHERE known_to IS NULL;

CREATE VIEW out_cap_limit AS
FROM history.out_cap_limit
WHERE known_to IS NULL;

CREATE VIEW out_offset_pairs AS
FROM history.out_offset_pairs
WHERE known_to IS NULL;

CREATE VIEW out_procyclicality AS
FROM history.out_procyclicality
WHERE known_to IS NULL;

CREATE VIEW out_exceptions AS
FROM history.out_exceptions
WHERE known_to IS NULL;

CREATE VIEW out_margin_calls AS
WITH by_member AS (
    SELECT
        call.business_date,
        call.model_id,
        call.mpor_days,
        coalesce(account.member_id, call.account_id) AS member_id,
        sum(call.requirement_amount) AS requirement,
        sum(CASE WHEN call.is_called THEN call.call_amount ELSE 0 END) AS called,
        sum(greatest(-call.change_amount, 0)) AS released,
        count_if(call.is_called) AS called_accounts,
        any_value(call.parameter_hash) AS parameter_hash,
        max(call.known_from) AS known_from
    FROM out_calls AS call
    LEFT JOIN core_accounts AS account ON call.account_id = account.account_id
    GROUP BY
        call.business_date,
        call.model_id,
        call.mpor_days,
        coalesce(account.member_id, call.account_id)
)

SELECT
    business_date,
    model_id,
    mpor_days,
    round(sum(requirement), 4) AS requirement_amount,
    round(sum(called), 4) AS call_amount,
    round(sum(released), 4) AS release_amount,
    sum(called_accounts)::BIGINT AS called_accounts,
    count_if(called > 0)::BIGINT AS called_members,
    CASE WHEN sum(called) > 0 THEN round(sum(called * called) / pow(sum(called), 2), 9) END
        AS concentration,
    CASE
        WHEN sum(called) > 0
            THEN round(100 * list_sum(max(called, 3)) / sum(called), 6)
    END AS largest_three_pct,
    any_value(parameter_hash) AS parameter_hash,
    max(known_from) AS known_from,
    NULL::DATE AS known_to
FROM by_member
GROUP BY business_date, model_id, mpor_days;

COMMENT ON VIEW out_cap_sweep IS
'One row per as_of_date, model_id, mpor_days, window_name, scope, scope_id and cap_pct. The '
'backtest of the core model repeated under other caps on offset credit, from no credit (0) to all '
'of it (100) and at the cap in force. Losses never net across accounts: at member and firm scope '
'account-days are counted and shortfalls summed. Amounts are rounded to 4 decimals. Rows in '
'force; history.out_cap_sweep holds every version.';
COMMENT ON COLUMN out_cap_sweep.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_cap_sweep.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_cap_sweep.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN out_cap_sweep.window_name IS
'Days counted: all, or last_250, the last 250 dates whose horizon has ended, as in out_coverage.';
COMMENT ON COLUMN out_cap_sweep.scope IS
'What is counted: firm, member, account or offset_group. Products have no row, as the cap works '
'above them.';
COMMENT ON COLUMN out_cap_sweep.scope_id IS
'Name of the member, the account or the offset group; firm at firm scope.';
COMMENT ON COLUMN out_cap_sweep.cap_pct IS
'Cap tried: largest share of the offset credit that is granted, in per cent, 0 to 100.';
COMMENT ON COLUMN out_cap_sweep.is_cap_in_force IS
'Whether this is the cap that the model declares. Its count is that of out_coverage for the '
'margin_basis capped.';
COMMENT ON COLUMN out_cap_sweep.observations IS
'Account-days whose loss is known.';
COMMENT ON COLUMN out_cap_sweep.exceedances IS
'Those whose loss is greater than margin under this cap plus the model''s tolerance. Never falls '
'as the cap rises.';
COMMENT ON COLUMN out_cap_sweep.coverage_pct IS
'Share of observations without an exceedance, in per cent.';
COMMENT ON COLUMN out_cap_sweep.coverage_low_pct IS
'Lower bound of the two-sided 95 % Clopper-Pearson interval of the coverage, in per cent.';
COMMENT ON COLUMN out_cap_sweep.coverage_high_pct IS
'Upper bound of the same interval, in per cent.';
COMMENT ON COLUMN out_cap_sweep.shortfall_amount IS
'Sum over exceedances of the loss less the margin under this cap, in reporting currency.';
COMMENT ON COLUMN out_cap_sweep.mean_margin_amount IS
'Margin under this cap, averaged over the observations, in reporting currency.';
COMMENT ON COLUMN out_cap_sweep.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_cap_sweep.known_from IS
'The as_of_date, as nothing later was used.';
COMMENT ON COLUMN out_cap_sweep.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_cap_sweep IS
'One row per as_of_date, model_id, mpor_days, window_name, scope, scope_id, cap_pct and version. '
'The backtest of the core model repeated under other caps on offset credit, from no credit (0) to '
'all of it (100) and at the cap in force. Losses never net across accounts: at member and firm '
'scope account-days are counted and shortfalls summed. Amounts are rounded to 4 decimals. Every '
'version; out_cap_sweep shows the rows in force.';
COMMENT ON COLUMN history.out_cap_sweep.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN history.out_cap_sweep.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_cap_sweep.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN history.out_cap_sweep.window_name IS
'Days counted: all, or last_250, the last 250 dates whose horizon has ended, as in out_coverage.';
COMMENT ON COLUMN history.out_cap_sweep.scope IS
'What is counted: firm, member, account or offset_group. Products have no row, as the cap works '
'above them.';
COMMENT ON COLUMN history.out_cap_sweep.scope_id IS
'Name of the member, the account or the offset group; firm at firm scope.';
COMMENT ON COLUMN history.out_cap_sweep.cap_pct IS
'Cap tried: largest share of the offset credit that is granted, in per cent, 0 to 100.';
COMMENT ON COLUMN history.out_cap_sweep.is_cap_in_force IS
'Whether this is the cap that the model declares. Its count is that of out_coverage for the '
'margin_basis capped.';
COMMENT ON COLUMN history.out_cap_sweep.observations IS
'Account-days whose loss is known.';
COMMENT ON COLUMN history.out_cap_sweep.exceedances IS
'Those whose loss is greater than margin under this cap plus the model''s tolerance. Never falls '
'as the cap rises.';
COMMENT ON COLUMN history.out_cap_sweep.coverage_pct IS
'Share of observations without an exceedance, in per cent.';
COMMENT ON COLUMN history.out_cap_sweep.coverage_low_pct IS
'Lower bound of the two-sided 95 % Clopper-Pearson interval of the coverage, in per cent.';
COMMENT ON COLUMN history.out_cap_sweep.coverage_high_pct IS
'Upper bound of the same interval, in per cent.';
COMMENT ON COLUMN history.out_cap_sweep.shortfall_amount IS
'Sum over exceedances of the loss less the margin under this cap, in reporting currency.';
COMMENT ON COLUMN history.out_cap_sweep.mean_margin_amount IS
'Margin under this cap, averaged over the observations, in reporting currency.';
COMMENT ON COLUMN history.out_cap_sweep.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_cap_sweep.known_from IS
'The as_of_date, as nothing later was used.';
COMMENT ON COLUMN history.out_cap_sweep.known_to IS
'Date from which another version of its partition took the place of this row; null while the row '
'is in force.';

COMMENT ON VIEW out_cap_limit IS
'One row per as_of_date, model_id, mpor_days, window_name, scope and scope_id. The largest cap on '
'offset credit that keeps the coverage target, looked for in steps of one percentage point up to '
'which every smaller cap keeps it too. Rows in force; history.out_cap_limit holds every version.';
COMMENT ON COLUMN out_cap_limit.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_cap_limit.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_cap_limit.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN out_cap_limit.window_name IS
'Days counted: all, or last_250, the last 250 dates whose horizon has ended, as in out_coverage.';
COMMENT ON COLUMN out_cap_limit.scope IS
'What is counted: firm, member, account or offset_group, as in out_cap_sweep.';
COMMENT ON COLUMN out_cap_limit.scope_id IS
'Name of the member, the account or the offset group; firm at firm scope.';
COMMENT ON COLUMN out_cap_limit.target_pct IS
'Coverage that the model must reach, in per cent.';
COMMENT ON COLUMN out_cap_limit.cap_in_force_pct IS
'Cap that the model declares, in per cent.';
COMMENT ON COLUMN out_cap_limit.observations IS
'Account-days whose loss is known.';
COMMENT ON COLUMN out_cap_limit.largest_cap_pct IS
'Largest cap whose observed coverage reaches the target, in per cent; null where even a cap of 0 '
'misses it.';
COMMENT ON COLUMN out_cap_limit.proven_cap_pct IS
'Largest cap whose lower confidence bound, of the two-sided 95 % Clopper-Pearson interval, '
'reaches the target, in per cent; null where no cap does.';
COMMENT ON COLUMN out_cap_limit.reason IS
'Why a cap is missing, in words; empty where both are there.';
COMMENT ON COLUMN out_cap_limit.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_cap_limit.known_from IS
'The as_of_date, as nothing later was used.';
COMMENT ON COLUMN out_cap_limit.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_cap_limit IS
'One row per as_of_date, model_id, mpor_days, window_name, scope, scope_id and version. The '
'largest cap on offset credit that keeps the coverage target, looked for in steps of one '
'percentage point up to which every smaller cap keeps it too. Every version; out_cap_limit shows '
'the rows in force.';
COMMENT ON COLUMN history.out_cap_limit.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN history.out_cap_limit.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_cap_limit.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN history.out_cap_limit.window_name IS
'Days counted: all, or last_250, the last 250 dates whose horizon has ended, as in out_coverage.';
COMMENT ON COLUMN history.out_cap_limit.scope IS
'What is counted: firm, member, account or offset_group, as in out_cap_sweep.';
COMMENT ON COLUMN history.out_cap_limit.scope_id IS
'Name of the member, the account or the offset group; firm at firm scope.';
COMMENT ON COLUMN history.out_cap_limit.target_pct IS
'Coverage that the model must reach, in per cent.';
COMMENT ON COLUMN history.out_cap_limit.cap_in_force_pct IS
'Cap that the model declares, in per cent.';
COMMENT ON COLUMN history.out_cap_limit.observations IS
'Account-days whose loss is known.';
COMMENT ON COLUMN history.out_cap_limit.largest_cap_pct IS
'Largest cap whose observed coverage reaches the target, in per cent; null where even a cap of 0 '
'misses it.';
COMMENT ON COLUMN history.out_cap_limit.proven_cap_pct IS
'Largest cap whose lower confidence bound, of the two-sided 95 % Clopper-Pearson interval, '
'reaches the target, in per cent; null where no cap does.';
COMMENT ON COLUMN history.out_cap_limit.reason IS
'Why a cap is missing, in words; empty where both are there.';
COMMENT ON COLUMN history.out_cap_limit.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_cap_limit.known_from IS
'The as_of_date, as nothing later was used.';
COMMENT ON COLUMN history.out_cap_limit.known_to IS
'Date from which another version of its partition took the place of this row; null while the row '
'is in force.';

COMMENT ON VIEW out_offset_pairs IS
'One row per as_of_date, model_id, mpor_days, window_name, product and other_product. The offset '
'on trial by pair of products held in one account, core model: what the pair was granted, whether '
'it held, and how much of the losses on days of class offset came from dependence other than that '
'of the lookback. Amounts are rounded to 4 decimals. Rows in force; history.out_offset_pairs '
'holds every version.';
COMMENT ON COLUMN out_offset_pairs.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_offset_pairs.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_offset_pairs.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN out_offset_pairs.window_name IS
'Days counted: all, or last_250, the last 250 dates whose horizon has ended, as in out_coverage.';
COMMENT ON COLUMN out_offset_pairs.product IS
'First product of the pair, in the order of the names.';
COMMENT ON COLUMN out_offset_pairs.other_product IS
'Second product of the pair.';
COMMENT ON COLUMN out_offset_pairs.meets_at IS
'Level of the netting tree at which the two offset each other: offset_group, or account where '
'they are in different groups.';
COMMENT ON COLUMN out_offset_pairs.accounts IS
'Accounts that held both on some day.';
COMMENT ON COLUMN out_offset_pairs.account_days IS
'Account-days on which both were held and both losses are known.';
COMMENT ON COLUMN out_offset_pairs.exceedances IS
'Account-days on which the two together lost more than their margins less the credit allowed '
'them, plus the model''s tolerance.';
COMMENT ON COLUMN out_offset_pairs.coverage_pct IS
'Share of account-days without such an exceedance, in per cent.';
COMMENT ON COLUMN out_offset_pairs.coverage_low_pct IS
'Lower bound of the two-sided 95 % Clopper-Pearson interval of the coverage, in per cent.';
COMMENT ON COLUMN out_offset_pairs.coverage_high_pct IS
'Upper bound of the same interval, in per cent.';
COMMENT ON COLUMN out_offset_pairs.shortfall_amount IS
'Sum over these exceedances of the loss less the pair''s margin, in reporting currency.';
COMMENT ON COLUMN out_offset_pairs.mean_standalone_margin_amount IS
'Sum of the two products'' margins, averaged over the account-days, in reporting currency.';
COMMENT ON COLUMN out_offset_pairs.mean_allowed_credit_amount IS
'Credit of the pair after the cap, averaged over the account-days, in reporting currency. The '
'credit of the node where products meet is shared out in proportion to the product of two '
'products'' margins; negative where netting raises the requirement.';
COMMENT ON COLUMN out_offset_pairs.granted_credit_pct IS
'Allowed credit as a share of the two products'' margins, in per cent; null where these are 0.';
COMMENT ON COLUMN out_offset_pairs.justified_credit_pct IS
'Credit that realised losses would have justified: 1 less the mean of the worst 5 % of the pair''s '
'losses over the sum of those of its legs, in per cent; null where no leg lost.';
COMMENT ON COLUMN out_offset_pairs.variance_reduction_pct IS
'Hedge effectiveness: 1 less the variance of the pair''s loss over the sum of those of its legs, '
'in per cent; 0 for independent legs, 100 for a perfect hedge, negative where they add up, null '
'where no leg moves.';
COMMENT ON COLUMN out_offset_pairs.offset_days IS
'Account-days of class offset in out_backtest on which the account held both.';
COMMENT ON COLUMN out_offset_pairs.offset_loss_amount IS
'Loss of the pair on those days, in reporting currency; negative where it gained.';
COMMENT ON COLUMN out_offset_pairs.offset_credit_amount IS
'Credit allowed the pair on those days, in reporting currency.';
COMMENT ON COLUMN out_offset_pairs.break_days IS
'Those of the days on which the pair lost and the lookback''s dependence of its legs is known.';
COMMENT ON COLUMN out_offset_pairs.break_loss_amount IS
'Part of the loss on break_days that realised dependence, against that of the lookback, explains, '
'in reporting currency; negative where the legs offset each other better than usual, null where '
'there is no such day.';
COMMENT ON COLUMN out_offset_pairs.break_share_pct IS
'The same as a share of the loss on break_days, in per cent; null where there is no such day.';
COMMENT ON COLUMN out_offset_pairs.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_offset_pairs.known_from IS
'The as_of_date, as nothing later was used.';
COMMENT ON COLUMN out_offset_pairs.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_offset_pairs IS
'One row per as_of_date, model_id, mpor_days, window_name, product, other_product and version. '
'The offset on trial by pair of products held in one account, core model: what the pair was '
'granted, whether it held, and how much of the losses on days of class offset came from '
'dependence other than that of the lookback. Amounts are rounded to 4 decimals. Every version; '
'out_offset_pairs shows the rows in force.';
COMMENT ON COLUMN history.out_offset_pairs.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN history.out_offset_pairs.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_offset_pairs.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN history.out_offset_pairs.window_name IS
'Days counted: all, or last_250, the last 250 dates whose horizon has ended, as in out_coverage.';
COMMENT ON COLUMN history.out_offset_pairs.product IS
'First product of the pair, in the order of the names.';
COMMENT ON COLUMN history.out_offset_pairs.other_product IS
'Second product of the pair.';
COMMENT ON COLUMN history.out_offset_pairs.meets_at IS
'Level of the netting tree at which the two offset each other: offset_group, or account where '
'they are in different groups.';
COMMENT ON COLUMN history.out_offset_pairs.accounts IS
'Accounts that held both on some day.';
COMMENT ON COLUMN history.out_offset_pairs.account_days IS
'Account-days on which both were held and both losses are known.';
COMMENT ON COLUMN history.out_offset_pairs.exceedances IS
'Account-days on which the two together lost more than their margins less the credit allowed '
'them, plus the model''s tolerance.';
COMMENT ON COLUMN history.out_offset_pairs.coverage_pct IS
'Share of account-days without such an exceedance, in per cent.';
COMMENT ON COLUMN history.out_offset_pairs.coverage_low_pct IS
'Lower bound of the two-sided 95 % Clopper-Pearson interval of the coverage, in per cent.';
COMMENT ON COLUMN history.out_offset_pairs.coverage_high_pct IS
'Upper bound of the same interval, in per cent.';
COMMENT ON COLUMN history.out_offset_pairs.shortfall_amount IS
'Sum over these exceedances of the loss less the pair''s margin, in reporting currency.';
COMMENT ON COLUMN history.out_offset_pairs.mean_standalone_margin_amount IS
'Sum of the two products'' margins, averaged over the account-days, in reporting currency.';
COMMENT ON COLUMN history.out_offset_pairs.mean_allowed_credit_amount IS
'Credit of the pair after the cap, averaged over the account-days, in reporting currency. The '
'credit of the node where products meet is shared out in proportion to the product of two '
'products'' margins; negative where netting raises the requirement.';
COMMENT ON COLUMN history.out_offset_pairs.granted_credit_pct IS
'Allowed credit as a share of the two products'' margins, in per cent; null where these are 0.';
COMMENT ON COLUMN history.out_offset_pairs.justified_credit_pct IS
'Credit that realised losses would have justified: 1 less the mean of the worst 5 % of the pair''s '
'losses over the sum of those of its legs, in per cent; null where no leg lost.';
COMMENT ON COLUMN history.out_offset_pairs.variance_reduction_pct IS
'Hedge effectiveness: 1 less the variance of the pair''s loss over the sum of those of its legs, '
'in per cent; 0 for independent legs, 100 for a perfect hedge, negative where they add up, null '
'where no leg moves.';
COMMENT ON COLUMN history.out_offset_pairs.offset_days IS
'Account-days of class offset in out_backtest on which the account held both.';
COMMENT ON COLUMN history.out_offset_pairs.offset_loss_amount IS
'Loss of the pair on those days, in reporting currency; negative where it gained.';
COMMENT ON COLUMN history.out_offset_pairs.offset_credit_amount IS
'Credit allowed the pair on those days, in reporting currency.';
COMMENT ON COLUMN history.out_offset_pairs.break_days IS
'Those of the days on which the pair lost and the lookback''s dependence of its legs is known.';
COMMENT ON COLUMN history.out_offset_pairs.break_loss_amount IS
'Part of the loss on break_days that realised dependence, against that of the lookback, explains, '
'in reporting currency; negative where the legs offset each other better than usual, null where '
'there is no such day.';
COMMENT ON COLUMN history.out_offset_pairs.break_share_pct IS
'The same as a share of the loss on break_days, in per cent; null where there is no such day.';
COMMENT ON COLUMN history.out_offset_pairs.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_offset_pairs.known_from IS
'The as_of_date, as nothing later was used.';
COMMENT ON COLUMN history.out_offset_pairs.known_to IS
'Date from which another version of its partition took the place of this row; null while the row '
'is in force.';

COMMENT ON VIEW out_procyclicality IS
'One row per as_of_date, model_id, mpor_days, window_name, scope, scope_id and portfolio. How '
'much the capped margin moved, of the real portfolios and of positions held constant, by account '
'and in all. Held constant, margin moves by prices and parameters alone. Amounts are rounded to 4 '
'decimals. Rows in force; history.out_procyclicality holds every version.';
COMMENT ON COLUMN out_procyclicality.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN out_procyclicality.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_procyclicality.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN out_procyclicality.window_name IS
'Dates measured: all dates with a margin, or last_250, the last 250 of them.';
COMMENT ON COLUMN out_procyclicality.scope IS
'What is measured: account, or firm, the sum over accounts.';
COMMENT ON COLUMN out_procyclicality.scope_id IS
'Name of the account; firm at firm scope.';
COMMENT ON COLUMN out_procyclicality.portfolio IS
'Positions behind the margin: actual, fixed_first (those of the first date of the window) or '
'fixed_last (those of its last date). Fixed ones have rows for the first horizon and the window '
'last_250.';
COMMENT ON COLUMN out_procyclicality.book_date IS
'Date whose positions are held; null for the portfolio actual.';
COMMENT ON COLUMN out_procyclicality.first_date IS
'First date of the window.';
COMMENT ON COLUMN out_procyclicality.last_date IS
'Last date of the window.';
COMMENT ON COLUMN out_procyclicality.margin_days IS
'Dates of the window with a margin.';
COMMENT ON COLUMN out_procyclicality.peak_to_trough IS
'Largest over smallest positive margin, at least 1; null where there is none.';
COMMENT ON COLUMN out_procyclicality.peak_date IS
'Date of the largest margin; null where there is none.';
COMMENT ON COLUMN out_procyclicality.trough_date IS
'Date of the smallest positive margin; null where there is none.';
COMMENT ON COLUMN out_procyclicality.increase_1_days_pct IS
'Largest relative increase over 1 date of the window, in per cent; negative where margin only '
'fell, null where the series is shorter.';
COMMENT ON COLUMN out_procyclicality.increase_5_days_pct IS
'Largest relative increase over 5 dates of the window, in per cent; negative where margin only '
'fell, null where the series is shorter.';
COMMENT ON COLUMN out_procyclicality.increase_10_days_pct IS
'Largest relative increase over 10 dates of the window, in per cent; negative where margin only '
'fell, null where the series is shorter.';
COMMENT ON COLUMN out_procyclicality.increase_30_days_pct IS
'Largest relative increase over 30 dates of the window, in per cent; negative where margin only '
'fell, null where the series is shorter.';
COMMENT ON COLUMN out_procyclicality.first_margin_amount IS
'Margin on first_date, in reporting currency; 0 where there was none.';
COMMENT ON COLUMN out_procyclicality.last_margin_amount IS
'Margin on last_date, in reporting currency; 0 where there was none.';
COMMENT ON COLUMN out_procyclicality.parameter_effect_amount IS
'Change of margin from first_date to last_date with the positions of first_date held, in '
'reporting currency; null unless the portfolio is actual and fixed ones are there.';
COMMENT ON COLUMN out_procyclicality.position_effect_amount IS
'Rest of the change of the actual margin, in reporting currency: trades, and positions that could '
'not be held; null where parameter_effect_amount is.';
COMMENT ON COLUMN out_procyclicality.left_out_pct IS
'Positions of book_date that are not held because they have no price on some date of the window, '
'as a share by count in per cent; null for the portfolio actual.';
COMMENT ON COLUMN out_procyclicality.reason IS
'Why figures are missing or partial, in words; empty otherwise.';
COMMENT ON COLUMN out_procyclicality.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_procyclicality.known_from IS
'The as_of_date, as nothing later was used.';
COMMENT ON COLUMN out_procyclicality.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON TABLE history.out_procyclicality IS
'One row per as_of_date, model_id, mpor_days, window_name, scope, scope_id, portfolio and '
'version. How much the capped margin moved, of the real portfolios and of positions held '
'constant, by account and in all. Held constant, margin moves by prices and parameters alone. '
'Amounts are rounded to 4 decimals. Every version; out_procyclicality shows the rows in force.';
COMMENT ON COLUMN history.out_procyclicality.as_of_date IS
'Last date whose prices were used.';
COMMENT ON COLUMN history.out_procyclicality.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN history.out_procyclicality.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN history.out_procyclicality.window_name IS
'Dates measured: all dates with a margin, or last_250, the last 250 of them.';
COMMENT ON COLUMN history.out_procyclicality.scope IS
'What is measured: account, or firm, the sum over accounts.';
COMMENT ON COLUMN history.out_procyclicality.scope_id IS
'Name of the account; firm at firm scope.';
COMMENT ON COLUMN history.out_procyclicality.portfolio IS
'Positions behind the margin: actual, fixed_first (those of the first date of the window) or '
'fixed_last (those of its last date). Fixed ones have rows for the first horizon and the window '
'last_250.';
COMMENT ON COLUMN history.out_procyclicality.book_date IS
'Date whose positions are held; null for the portfolio actual.';
COMMENT ON COLUMN history.out_procyclicality.first_date IS
'First date of the window.';
COMMENT ON COLUMN history.out_procyclicality.last_date IS
'Last date of the window.';
COMMENT ON COLUMN history.out_procyclicality.margin_days IS
'Dates of the window with a margin.';
COMMENT ON COLUMN history.out_procyclicality.peak_to_trough IS
'Largest over smallest positive margin, at least 1; null where there is none.';
COMMENT ON COLUMN history.out_procyclicality.peak_date IS
'Date of the largest margin; null where there is none.';
COMMENT ON COLUMN history.out_procyclicality.trough_date IS
'Date of the smallest positive margin; null where there is none.';
COMMENT ON COLUMN history.out_procyclicality.increase_1_days_pct IS
'Largest relative increase over 1 date of the window, in per cent; negative where margin only '
'fell, null where the series is shorter.';
COMMENT ON COLUMN history.out_procyclicality.increase_5_days_pct IS
'Largest relative increase over 5 dates of the window, in per cent; negative where margin only '
'fell, null where the series is shorter.';
COMMENT ON COLUMN history.out_procyclicality.increase_10_days_pct IS
'Largest relative increase over 10 dates of the window, in per cent; negative where margin only '
'fell, null where the series is shorter.';
COMMENT ON COLUMN history.out_procyclicality.increase_30_days_pct IS
'Largest relative increase over 30 dates of the window, in per cent; negative where margin only '
'fell, null where the series is shorter.';
COMMENT ON COLUMN history.out_procyclicality.first_margin_amount IS
'Margin on first_date, in reporting currency; 0 where there was none.';
COMMENT ON COLUMN history.out_procyclicality.last_margin_amount IS
'Margin on last_date, in reporting currency; 0 where there was none.';
COMMENT ON COLUMN history.out_procyclicality.parameter_effect_amount IS
'Change of margin from first_date to last_date with the positions of first_date held, in '
'reporting currency; null unless the portfolio is actual and fixed ones are there.';
COMMENT ON COLUMN history.out_procyclicality.position_effect_amount IS
'Rest of the change of the actual margin, in reporting currency: trades, and positions that could '
'not be held; null where parameter_effect_amount is.';
COMMENT ON COLUMN history.out_procyclicality.left_out_pct IS
'Positions of book_date that are not held because they have no price on some date of the window, '
'as a share by count in per cent; null for the portfolio actual.';
COMMENT ON COLUMN history.out_procyclicality.reason IS
'Why figures are missing or partial, in words; empty otherwise.';
COMMENT ON COLUMN history.out_procyclicality.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_procyclicality.known_from IS
'The as_of_date, as nothing later was used.';
COMMENT ON COLUMN history.out_procyclicality.known_to IS
'Date from which another version of its partition took the place of this row; null while the row '
'is in force.';

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
'level.';
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

COMMENT ON TABLE history.out_exceptions IS
'One row per exception_id and version. Every exceedance of an account in out_backtest, core model '
'and adequacy, with its cause in numbers and where its investigation stands. Amounts are rounded '
'to 4 decimals. Every version; out_exceptions shows the rows in force.';
COMMENT ON COLUMN history.out_exceptions.exception_id IS
'Identifier: hash of business_date, model_id, track, account_id and mpor_days, the same in every '
'run. 16 hexadecimal digits.';
COMMENT ON COLUMN history.out_exceptions.business_date IS
'Date of the exceedance, as in out_backtest.';
COMMENT ON COLUMN history.out_exceptions.model_id IS
'Model of the exceedance, as in out_backtest.';
COMMENT ON COLUMN history.out_exceptions.track IS
'Which of the two backtests: core_model tests the recomputed margin without add-ons, adequacy the '
'margin in force.';
COMMENT ON COLUMN history.out_exceptions.scope IS
'Scope of the exceedance: account.';
COMMENT ON COLUMN history.out_exceptions.scope_id IS
'Name of the account.';
COMMENT ON COLUMN history.out_exceptions.account_id IS
'Account whose loss exceeded the margin.';
COMMENT ON COLUMN history.out_exceptions.mpor_days IS
'Length of the horizon, in dates of core_calendar.';
COMMENT ON COLUMN history.out_exceptions.is_exceedance IS
'False where a later run, on corrected inputs or other parameters, no longer finds the '
'exceedance; its figures are the last that did.';
COMMENT ON COLUMN history.out_exceptions.exceedance_class IS
'What would have covered the loss, as in out_backtest: capped, offset, model or called; null '
'where no margin could be recomputed.';
COMMENT ON COLUMN history.out_exceptions.loss_amount IS
'Loss at the end of the horizon, in reporting currency.';
COMMENT ON COLUMN history.out_exceptions.tested_margin_amount IS
'Margin that the loss exceeded, in reporting currency.';
COMMENT ON COLUMN history.out_exceptions.shortfall_amount IS
'Loss less tested margin, in reporting currency.';
COMMENT ON COLUMN history.out_exceptions.largest_instrument_id IS
'Instrument that lost most; null where none lost.';
COMMENT ON COLUMN history.out_exceptions.largest_instrument_loss_amount IS
'What it lost, in reporting currency; null where none lost.';
COMMENT ON COLUMN history.out_exceptions.failed_level IS
'Level of the netting tree whose granted offset credit exceeds what the losses bore of it by '
'most: product, offset_group or account; null where no level''s does or no margin could be '
'recomputed.';
COMMENT ON COLUMN history.out_exceptions.failed_credit_amount IS
'By how much it exceeds it, in reporting currency; null where failed_level is.';
COMMENT ON COLUMN history.out_exceptions.cause IS
'The same in words: class, instruments that lost most with amounts, credit that failed with its '
'level.';
COMMENT ON COLUMN history.out_exceptions.status IS
'Where the investigation stands: open, explained, accepted or closed. An exceedance is open at '
'first, and again when its loss, tested margin or class changes.';
COMMENT ON COLUMN history.out_exceptions.note IS
'What the reviewer noted; empty where nothing is.';
COMMENT ON COLUMN history.out_exceptions.reviewer IS
'Who recorded it; empty where nobody has yet.';
COMMENT ON COLUMN history.out_exceptions.review_count IS
'Reviews recorded so far, the one behind this row included.';
COMMENT ON COLUMN history.out_exceptions.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN history.out_exceptions.known_from IS
'Date from which this state counts as known: that of the loss and margin, or the one given or '
'taken from the warehouse with a review.';
COMMENT ON COLUMN history.out_exceptions.known_to IS
'Date from which another version of its partition took the place of this row; null while the row '
'is in force.';

COMMENT ON VIEW out_margin_calls IS
'One row per business_date, model_id and mpor_days. Margin calls of a day in all, and how '
'concentrated they are among members, from out_calls. Amounts are rounded to 4 decimals. Rows in '
'force.';
COMMENT ON COLUMN out_margin_calls.business_date IS
'Date of the positions, as in out_calls.';
COMMENT ON COLUMN out_margin_calls.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN out_margin_calls.mpor_days IS
'Margin period of risk, in dates of core_calendar, as in out_margin.';
COMMENT ON COLUMN out_margin_calls.requirement_amount IS
'Initial margin of all accounts, in reporting currency.';
COMMENT ON COLUMN out_margin_calls.call_amount IS
'Calls of all accounts that are called, in reporting currency, not netted between accounts.';
COMMENT ON COLUMN out_margin_calls.release_amount IS
'Sum of the falls of requirements against the day before, in reporting currency, at least 0.';
COMMENT ON COLUMN out_margin_calls.called_accounts IS
'Accounts that are called, by is_called of out_calls.';
COMMENT ON COLUMN out_margin_calls.called_members IS
'Members with an account that is called; an account that is not among the accounts counts as its '
'own member.';
COMMENT ON COLUMN out_margin_calls.concentration IS
'Herfindahl index of the calls by member, the sum of squared shares: 1 where one member pays all, '
'1 / n where n pay alike; null on a day without a call.';
COMMENT ON COLUMN out_margin_calls.largest_three_pct IS
'Share of the three largest members in the calls, in per cent; null on a day without a call.';
COMMENT ON COLUMN out_margin_calls.parameter_hash IS
'Hash of the model''s declaration, that is every parameter with its stated source: 16 hexadecimal '
'digits.';
COMMENT ON COLUMN out_margin_calls.known_from IS
'Latest date from which a row of out_calls of the day counts as known.';
COMMENT ON COLUMN out_margin_calls.known_to IS
'Null on every row here, because the row is in force.';

COMMENT ON COLUMN out_runs.command IS
'Command that ran: load, margin, backtest, daily, backfill or exception.';
