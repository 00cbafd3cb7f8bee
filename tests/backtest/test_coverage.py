"""Count tests, traffic light and intervals against published tables and scalar oracles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.backtest.counts import binomial_cumulative, binomial_upper_tail, chi_square_tail
from pipeline.backtest.coverage import (
    basel_multiplier,
    binomial_exact,
    binomial_exact_columns,
    binomial_z,
    binomial_z_columns,
    coverage_interval,
    cut_offs,
    kupiec_pof,
    kupiec_pof_columns,
    traffic_light,
    traffic_light_columns,
    traffic_light_test_columns,
)
from pipeline.backtest.power import kupiec_acceptance
from pipeline.errors import WrongUse
from pipeline.terms import Decision, Zone

from . import oracles
from .published import (
    ALL_WEEK_CUT_OFFS,
    BASEL,
    CUT_OFFS,
    KUPIEC_REGIONS,
    LONG_SERIES,
)


@pytest.mark.parametrize(("x", "point", "low", "high", "zone", "factor", "lr", "p"), BASEL)
def test_basel_table(x, point, low, high, zone, factor, lr, p):
    light = traffic_light(x, 250, 0.99)
    assert light.zone == Zone(zone)
    assert 100 * light.cumulative_probability == pytest.approx(low, abs=0.0051)
    assert 100 * light.type_one_error == pytest.approx(high, abs=0.0051)
    before = traffic_light(x - 1, 250, 0.99).cumulative_probability if x else 0.0
    assert 100 * (light.cumulative_probability - before) == pytest.approx(point, abs=0.0051)
    assert basel_multiplier(x, 250, 0.99) == factor
    outcome = kupiec_pof(x, 250, 0.99)
    assert outcome.statistic == pytest.approx(lr, abs=5.1e-5)
    assert outcome.p_value == pytest.approx(p, abs=5.1e-5)


def test_basel_table_digits_that_decide_a_zone():
    assert traffic_light(9, 250, 0.99).cumulative_probability == pytest.approx(0.99975, abs=5e-6)
    assert traffic_light(10, 250, 0.99).cumulative_probability == pytest.approx(0.999946, abs=5e-7)


def test_basel_multiplier_is_defined_for_250_days_at_99_only():
    assert basel_multiplier(40, 250, 0.99) == 2.0
    assert basel_multiplier(5, 251, 0.99) is None
    assert basel_multiplier(5, 250, 0.995) is None


@pytest.mark.parametrize(
    ("x", "confidence", "zone", "cumulative", "type_one", "z", "z_p", "lr", "p"),
    [
        (57, 0.95, "green", 0.77913, 0.26396, 0.68905, 0.49079, 0.46147, 0.49694),
        (17, 0.99, "yellow", 0.97991, 0.03686, 2.0446, 0.0409, 3.5118, 0.060933),
        (59, 0.95, "green", 0.85155, None, 0.9732, 0.33045, 0.91023, 0.34005),
        (12, 0.99, "green", 0.74996, None, None, None, 0.22768, 0.63325),
        (22, 0.99, "yellow", 0.99952, None, 3.6006, None, 9.8298, 0.001717),
    ],
)
def test_matlab_varbacktest(x, confidence, zone, cumulative, type_one, z, z_p, lr, p):
    def close(value, printed, digits=5):
        if printed is not None:
            assert value == pytest.approx(printed, abs=0.51 * 10**-digits, rel=2e-5)

    light = traffic_light(x, 1043, confidence)
    assert light.zone == Zone(zone)
    close(light.cumulative_probability, cumulative)
    close(light.type_one_error, type_one)
    normal = binomial_z(x, 1043, confidence)
    close(normal.statistic, z, 4)
    close(normal.p_value, z_p, 4 if z_p == 0.0409 else 5)
    kupiec = kupiec_pof(x, 1043, confidence)
    close(kupiec.statistic, lr, 4)
    close(kupiec.p_value, p, 5)


def test_matlab_levels_and_ratios():
    for x, confidence, level, expected, ratio in (
        (57, 0.95, 0.94535, 52.15, 1.093),
        (17, 0.99, 0.9837, 10.43, 1.6299),
        (59, 0.95, None, 52.15, 1.1314),
        (12, 0.99, None, 10.43, 1.1505),
        (22, 0.99, None, 10.43, 2.1093),
    ):
        interval = coverage_interval(x, 1043)
        if level is not None:
            assert interval.coverage[0] == pytest.approx(level, abs=5.1e-6)
        assert 1043 * (1 - confidence) == pytest.approx(expected)
        assert x / (1043 * (1 - confidence)) == pytest.approx(ratio, abs=5.1e-5)


def test_matlab_stand_alone_functions():
    rejected = kupiec_pof_columns(3, 250, [0.95, 0.99])
    assert rejected.null_rejected().tolist() == [True, False]
    assert rejected.statistic == pytest.approx([10.8123, 0.0949], abs=5.1e-5)
    assert rejected.p_value == pytest.approx([0.00101, 0.7580], abs=5.1e-5)
    # 3 of 250 at 95 % is rejected because the margin is too high.
    assert rejected.outcome(0).decision is Decision.CONSERVATIVE
    light = traffic_light(40, 250, 0.90)
    assert light.zone is Zone.YELLOW
    assert light.cumulative_probability == pytest.approx(0.99887, abs=5.1e-6)
    assert light.type_one_error == pytest.approx(0.00205, abs=5.1e-6)


def test_matlab_expected_shortfall_example_coverage():
    assert kupiec_pof(102, 1966, 0.95).statistic == pytest.approx(0.1449, abs=5.1e-5)
    assert kupiec_pof(102, 1966, 0.95).p_value == pytest.approx(0.70347, abs=5.1e-6)
    assert coverage_interval(57, 1966).coverage[0] == pytest.approx(0.97101, abs=5.1e-6)
    for x, level, ratio in ((102, 0.94812, 1.0376), (55, 0.97202, 1.119)):
        p = 0.05 if x == 102 else 0.025
        assert coverage_interval(x, 1966).coverage[0] == pytest.approx(level, abs=5.1e-6)
        assert x / (1966 * p) == pytest.approx(ratio, abs=5.1e-5)


@pytest.mark.parametrize(("t", "p", "x", "lr_uc", "lr_cci", "lr_cc"), LONG_SERIES)
def test_long_series_do_not_underflow(t, p, x, lr_uc, lr_cci, lr_cc):
    digits = 1e-12 if lr_uc != 2260.4 else 5e-5
    assert kupiec_pof(x, t, 1 - p).statistic == pytest.approx(lr_uc, rel=digits)
    assert lr_uc + lr_cci == pytest.approx(lr_cc, abs=0.06 if lr_uc == 2260.4 else 1e-9)


def test_long_series_p_values_far_in_the_tail():
    assert kupiec_pof(166, 1703, 0.99).p_value == pytest.approx(1.44012903404047e-104, rel=1e-9)
    assert kupiec_pof(284, 1703, 0.95).p_value == pytest.approx(8.01452391622238e-70, rel=1e-9)


@pytest.mark.parametrize(("p", "t", "low", "high"), KUPIEC_REGIONS)
def test_kupiec_non_rejection_regions(p, t, low, high):
    accepted_low, accepted_high = kupiec_acceptance(t, 1 - p)
    assert accepted_high == high
    if (p, t) == (0.01, 255):
        # Printed as N < 7; the likelihood ratio itself rejects 0, as too few.
        assert accepted_low == 1
        none = kupiec_pof(0, 255, 0.99)
        assert none.statistic == pytest.approx(5.13, abs=0.006)
        assert none.decision is Decision.CONSERVATIVE
    else:
        assert accepted_low == low


@pytest.mark.parametrize(("p", "t", "accepted", "green", "yellow"), CUT_OFFS)
def test_cut_offs_by_level_and_length(p, t, accepted, green, yellow):
    assert kupiec_acceptance(t, 1 - p) == accepted
    assert [int(bound[0]) for bound in cut_offs(t, 1 - p)] == [green, yellow]


@pytest.mark.parametrize(("t", "at_99", "at_995"), ALL_WEEK_CUT_OFFS)
def test_cut_offs_of_calendars_without_weekends(t, at_99, at_995):
    for confidence, expected in ((0.99, at_99), (0.995, at_995)):
        assert tuple(int(bound[0]) for bound in cut_offs(t, confidence)) == expected


def test_cut_offs_agree_with_the_zone_of_every_count():
    for confidence in (0.9, 0.95, 0.975, 0.99, 0.995):
        for t in (1, 2, 5, 20, 60, 250, 365, 1000):
            zones = traffic_light_columns(np.arange(t + 1), t, confidence).zone
            green, yellow = (int(bound[0]) for bound in cut_offs(t, confidence))
            assert green == np.flatnonzero(zones == 0).max()
            assert yellow == np.flatnonzero(zones <= 1).max()


@pytest.mark.parametrize(
    ("x", "t", "p", "lr", "p_value", "decision"),
    [
        (0, 250, 0.01, 5.0252, 0.0250, Decision.CONSERVATIVE),
        (0, 250, 0.005, 2.5063, 0.1134, Decision.ACCEPT),
        (0, 100, 0.01, 2.0101, 0.1563, Decision.ACCEPT),
        (250, 250, 0.01, 2302.585, 0.0, Decision.REJECT),
        (1, 1, 0.01, 9.2103, 0.002407, Decision.REJECT),
        (0, 1, 0.01, 0.0201, 0.887256, Decision.ACCEPT),
    ],
)
def test_edge_cases_of_kupiec(x, t, p, lr, p_value, decision):
    outcome = kupiec_pof(x, t, 1 - p)
    assert outcome.statistic == pytest.approx(lr, abs=5.1e-4)
    assert outcome.p_value == pytest.approx(p_value, abs=5.1e-5)
    assert outcome.decision is decision
    assert outcome.observations == t
    assert outcome.exceedances == x


def test_no_observation_is_said_and_never_a_number():
    for test in (kupiec_pof, binomial_exact, binomial_z):
        outcome = test(0, 0, 0.99)
        assert outcome.statistic is None
        assert outcome.p_value is None
        assert outcome.decision is Decision.INSUFFICIENT_DATA
        assert outcome.reason == "there is no observation"
    assert traffic_light(0, 0, 0.99).zone is None
    assert traffic_light_test_columns(0, 0, 0.99).outcome(0).statistic is None
    empty = coverage_interval(0, 0)
    assert (empty.low[0], empty.high[0]) == (0.0, 1.0)


def test_low_counts_are_conservative_and_never_rejected():
    for t in (50, 250, 1000):
        for confidence in (0.9, 0.99, 0.995):
            x = np.arange(int(np.ceil(t * (1 - confidence))))
            for test in (kupiec_pof_columns, binomial_exact_columns, binomial_z_columns):
                decisions = {test(x, t, confidence).outcome(i).decision for i in range(x.size)}
                assert Decision.REJECT not in decisions


def test_traffic_light_as_a_test_rejects_in_red_only():
    columns = traffic_light_test_columns([4, 5, 9, 10], 250, 0.99)
    assert [columns.outcome(i).decision for i in range(4)] == [
        Decision.ACCEPT,
        Decision.ACCEPT,
        Decision.ACCEPT,
        Decision.REJECT,
    ]
    assert "yellow" in columns.outcome(1).reason
    assert columns.outcome(3).p_value == pytest.approx(traffic_light(10, 250, 0.99).type_one_error)


@given(st.integers(1, 400).flatmap(lambda t: st.tuples(st.integers(0, t), st.just(t))))
def test_kernels_against_scalar_oracles(counts):
    x, t = counts
    for p in (0.005, 0.01, 0.05, 0.3):
        assert kupiec_pof(x, t, 1 - p).statistic == pytest.approx(
            oracles.kupiec(x, t, p), rel=1e-9, abs=1e-9
        )
        z = (x - t * p) / np.sqrt(t * p * (1 - p))
        assert binomial_z(x, t, 1 - p).statistic == pytest.approx(z, rel=1e-9, abs=1e-9)
        assert binomial_cumulative(x, t, p) == pytest.approx(stats.binom.cdf(x, t, p), rel=1e-9)
        assert binomial_upper_tail(x, t, p) == pytest.approx(
            stats.binom.sf(x - 1, t, p), rel=1e-9, abs=1e-300
        )
        low, high = oracles.clopper_pearson(x, t, 0.95)
        interval = coverage_interval(x, t)
        assert interval.low[0] == pytest.approx(1 - high, abs=1e-9)
        assert interval.high[0] == pytest.approx(1 - low, abs=1e-9)
        # The exact test and the Clopper-Pearson interval never disagree.
        outcome = binomial_exact(x, t, 1 - p)
        if abs(outcome.p_value - 0.05) > 1e-9:
            assert (outcome.p_value < 0.05) == (not low <= p <= high)


def test_columns_equal_the_scalar_wrapper_row_by_row():
    x, t = np.array([0, 3, 7, 250]), np.array([250, 250, 500, 250])
    columns = kupiec_pof_columns(x, t, [0.99, 0.99, 0.995, 0.95])
    for i, confidence in enumerate((0.99, 0.99, 0.995, 0.95)):
        assert columns.outcome(i) == kupiec_pof(int(x[i]), int(t[i]), confidence)


@pytest.mark.parametrize(
    ("x", "t", "low", "high"),
    [
        (0, 250, 0, 0.0147),
        (3, 250, 0.0025, 0.0347),
        (5, 250, 0.0065, 0.0460),
        (10, 250, 0.0194, 0.0723),
        (10, 1000, 0.0048, 0.0183),
        (17, 1043, 0.0095, 0.0260),
    ],
)
def test_clopper_pearson_intervals(x, t, low, high):
    # The figures are given to four digits, the last one not always rounded to nearest.
    interval = coverage_interval(x, t)
    assert 1 - interval.high[0] == pytest.approx(low, abs=1e-4)
    assert 1 - interval.low[0] == pytest.approx(high, abs=1e-4)
    exact = stats.binomtest(x, t).proportion_ci(0.95, "exact")
    assert 1 - interval.high[0] == pytest.approx(exact.low, abs=1e-9)
    assert 1 - interval.low[0] == pytest.approx(exact.high, abs=1e-9)


def test_one_sided_upper_bound_of_a_clean_year():
    assert 1 - coverage_interval(0, 250, level=0.90).low[0] == pytest.approx(0.0119, abs=5.1e-5)


@pytest.mark.parametrize(
    ("x", "t", "low", "high"),
    [(0, 250, 0, 0.0151), (3, 250, 0.0041, 0.0347), (17, 1043, 0.0102, 0.0260)],
)
def test_wilson_intervals(x, t, low, high):
    interval = coverage_interval(x, t, method="wilson")
    assert 1 - interval.high[0] == pytest.approx(low, abs=1e-4)
    assert 1 - interval.low[0] == pytest.approx(high, abs=1e-4)
    score = stats.binomtest(x, t).proportion_ci(0.95, "wilson")
    assert 1 - interval.high[0] == pytest.approx(score.low, abs=1e-12)
    assert 1 - interval.low[0] == pytest.approx(score.high, abs=1e-12)


@given(st.integers(0, 2000).flatmap(lambda t: st.tuples(st.integers(0, t), st.just(t))))
def test_intervals_hold_the_coverage_and_stay_in_range(counts):
    for method in ("clopper_pearson", "wilson"):
        interval = coverage_interval(*counts, method=method)
        low, high = interval.low[0], interval.high[0]
        assert 0 <= low <= high <= 1
        if counts[1]:
            assert low - 1e-12 <= interval.coverage[0] <= high + 1e-12


def test_chi_square_tail():
    assert chi_square_tail(88.491, 57) == pytest.approx(0.0047475, abs=5e-7)
    assert chi_square_tail(88.952, 58) == pytest.approx(0.0055565, abs=5e-7)
    assert chi_square_tail(2000.0, 1) == 0.0


@pytest.mark.parametrize(
    ("x", "t", "confidence"),
    [(-1, 10, 0.99), (11, 10, 0.99), (1.5, 10, 0.99), (1, 10, 1.0), (1, 10, 0.0), (1, 10, np.nan)],
)
def test_impossible_counts_are_refused_in_a_sentence(x, t, confidence):
    with pytest.raises(WrongUse, match=r"must.*\."):
        kupiec_pof(x, t, confidence)


def test_impossible_interval_level_is_refused():
    with pytest.raises(WrongUse, match="level of an interval"):
        coverage_interval(1, 10, level=1.0)
