-- Grain: comments of the results as of a date. Such a row now counts as known from the date of the
-- latest correction that it rests on, so that the row reported before stays visible at its time.
-- Inputs: the tables and views of earlier migrations. Use: applied once, in number order, by
-- pipeline.warehouse; never edited later.

COMMENT ON COLUMN out_cap_limit.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN history.out_cap_limit.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN out_cap_sweep.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN history.out_cap_sweep.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN out_coverage.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN history.out_coverage.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN out_coverage_bootstrap.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN history.out_coverage_bootstrap.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN out_coverage_tests.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN history.out_coverage_tests.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN out_false_alarms.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN history.out_false_alarms.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN out_multiple_tests.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN history.out_multiple_tests.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN out_offset_pairs.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN history.out_offset_pairs.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN out_power.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN history.out_power.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN out_procyclicality.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
COMMENT ON COLUMN history.out_procyclicality.known_from IS
'The as_of_date, or the date from which a correction of an input up to it counts as known, where '
'that is later.';
