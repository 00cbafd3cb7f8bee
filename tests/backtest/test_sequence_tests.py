"""Tests that read the order of exceedances, against golden vectors and scalar oracles."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.backtest.counts import chi_square_tail
from pipeline.backtest.coverage import kupiec_pof
from pipeline.backtest.duration import LARGEST_SHAPE, fit_weibull, weibull_duration_columns
from pipeline.backtest.duration import durations as durations_of
from pipeline.backtest.dynamic_quantile import dynamic_quantile, dynamic_quantile_columns
from pipeline.backtest.independence import (
    conditional_coverage_columns,
    count_transitions,
    independence_columns,
    independence_statistic,
)
from pipeline.backtest.sequences import exceedance_sequences, judge_series
from pipeline.backtest.timing import gap_statistic, tbf_columns, tbfi_columns, tuff_columns
from pipeline.errors import WrongUse
from pipeline.terms import Decision

from . import oracles
from .published import GOLDEN, LONG_SERIES, golden_margin, hits_on

christoffersen_independence = partial(judge_series, independence_columns)
conditional_coverage = partial(judge_series, conditional_coverage_columns)
kupiec_tuff = partial(judge_series, tuff_columns)
tbf = partial(judge_series, tbf_columns)
tbfi = partial(judge_series, tbfi_columns)
weibull_duration = partial(judge_series, weibull_duration_columns)

patterns = hnp.arrays(np.bool_, st.integers(1, 60))


def random_hits(seed, series=40, days=300, p=0.03):
    return np.random.default_rng(seed).random((series, days)) < p


# --- golden vectors ---


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_vectors(name):
    expected = GOLDEN[name]
    hits = hits_on(expected["days"])
    outcomes = {
        "kupiec_pof": kupiec_pof(int(hits.sum()), 250, 0.99),
        "christoffersen_independence": christoffersen_independence(hits, 0.99),
        "christoffersen_conditional_coverage": conditional_coverage(hits, 0.99),
        "kupiec_tuff": kupiec_tuff(hits, 0.99),
        "haas_tbfi": tbfi(hits, 0.99),
        "haas_tbf": tbf(hits, 0.99),
        "dynamic_quantile": dynamic_quantile(hits, 0.99, golden_margin()),
    }
    for test, outcome in outcomes.items():
        statistic, p_value = expected[test]
        assert outcome.test == test
        assert outcome.statistic == pytest.approx(statistic, abs=5.1e-7)
        assert outcome.p_value == pytest.approx(
            p_value, abs=5.1e-7, rel=2e-2 if name == "G2" else 0
        )
    shape, ratio, p_value = expected["weibull"]
    weibull = weibull_duration(hits, 0.99)
    assert weibull.estimate == pytest.approx(shape, abs=5.1e-7)
    assert weibull.statistic == pytest.approx(ratio, abs=5.1e-7)
    assert weibull.p_value == pytest.approx(p_value, abs=5.1e-7)
    counts = count_transitions(exceedance_sequences(hits))
    assert (counts.n00[0], counts.n01[0], counts.n10[0], counts.n11[0]) == expected["transitions"]


def test_duration_test_is_read_with_its_direction():
    regular, clustered, bound = (
        weibull_duration(hits_on(GOLDEN[name]["days"]), 0.99) for name in ("G1", "G2", "G3")
    )
    assert regular.p_value < 0.05
    assert regular.decision is Decision.ACCEPT
    assert "too regularly" in regular.reason
    assert clustered.decision is Decision.REJECT
    assert "clusters" in clustered.reason
    assert bound.decision is Decision.ACCEPT
    assert "at its bound of 10" in bound.reason


def test_dynamic_quantile_of_golden_vectors_has_six_degrees_of_freedom():
    for name in GOLDEN:
        outcome = dynamic_quantile(hits_on(GOLDEN[name]["days"]), 0.99, golden_margin())
        assert outcome.degrees_of_freedom == 6


# --- published figures ---


def test_matlab_independence_and_conditional_coverage():
    statistic = independence_statistic(932, 53, 53, 4)
    assert statistic == pytest.approx(0.25866, abs=5.1e-6)
    assert chi_square_tail(statistic, 1) == pytest.approx(0.61104, abs=5.1e-6)
    joint = float(statistic) + kupiec_pof(57, 1043, 0.95).statistic
    assert joint == pytest.approx(0.72013, abs=5.1e-6)
    assert chi_square_tail(joint, 2) == pytest.approx(0.69763, abs=5.1e-6)


def test_matlab_counts_rebuilt_as_a_series():
    # 57 exceedances, first on day 58, four of them on consecutive days, none on the last day.
    days = [58, 59, 60, 61, 62, *range(70, 70 + 8 * 52, 8)]
    hits = hits_on(days, 1043)
    assert hits.sum() == 57
    counts = count_transitions(exceedance_sequences(hits))
    assert (counts.n00[0], counts.n01[0], counts.n10[0], counts.n11[0]) == (932, 53, 53, 4)
    assert christoffersen_independence(hits, 0.95).statistic == pytest.approx(0.25866, abs=5.1e-6)
    joint = conditional_coverage(hits, 0.95)
    assert joint.statistic == pytest.approx(0.72013, abs=5.1e-6)
    assert joint.p_value == pytest.approx(0.69763, abs=5.1e-6)
    assert joint.decision is Decision.ACCEPT
    first = kupiec_tuff(hits, 0.95)
    assert first.statistic == pytest.approx(1.7354, abs=5.1e-5)
    assert first.p_value == pytest.approx(0.18773, abs=5.1e-6)


def test_matlab_time_between_failures():
    assert gap_statistic(173, 0.01) == pytest.approx(0.36686, abs=5.1e-6)
    assert chi_square_tail(gap_statistic(173, 0.01), 1) == pytest.approx(0.5447, abs=5.1e-5)
    assert 88.491 + kupiec_pof(57, 1043, 0.95).statistic == pytest.approx(88.952, abs=1e-3)
    assert chi_square_tail(88.491, 57) == pytest.approx(0.0047475, abs=1e-6)
    assert chi_square_tail(88.952, 58) == pytest.approx(0.0055565, abs=1e-6)
    hits = random_hits(3, series=1, days=1043, p=0.05)[0]
    assert tbfi(hits, 0.95).degrees_of_freedom == hits.sum()
    assert tbf(hits, 0.95).degrees_of_freedom == hits.sum() + 1


@pytest.mark.parametrize(("t", "p", "x", "lr_uc", "lr_cci", "lr_cc"), LONG_SERIES)
def test_long_series_independence_comes_from_a_possible_transition_table(
    t, p, x, lr_uc, lr_cci, lr_cc
):
    # The series is not published; its statistic must follow from whole transition counts.
    best = np.inf
    for opens, closes in ((0, 0), (0, 1), (1, 0), (1, 1)):
        n11 = np.arange(x)
        n01, n10 = x - opens - n11, x - closes - n11
        n00 = t - 1 - n01 - n10 - n11
        possible = (n00 >= 0) & (n01 >= 0) & (n10 >= 0)
        statistic = independence_statistic(*(n[possible] for n in (n00, n01, n10, n11)))
        best = min(best, np.abs(statistic - lr_cci).min())
    assert best < (1e-8 if lr_cci != 115.26 else 0.0051)


def test_kupiec_first_failure_accepts_7_to_438_days_at_99_percent():
    for p, low, high in ((0.01, 7, 438), (0.05, 2, 86)):
        days = np.arange(1, 1000)
        accepted = days[chi_square_tail(gap_statistic(days, p), 1) >= 0.05]
        assert (accepted.min(), accepted.max()) == (low, high)
        assert np.all(np.diff(accepted) == 1)


# --- edge cases ---


def test_exceedance_on_the_first_day():
    for confidence, statistic in ((0.99, 9.2103), (0.995, 10.5966), (0.95, 5.9915)):
        outcome = kupiec_tuff(hits_on([1]), confidence)
        assert outcome.statistic == pytest.approx(statistic, abs=5.1e-5)
        assert outcome.estimate == 1


def test_a_late_first_exceedance_is_conservative():
    outcome = kupiec_tuff(hits_on([600, 601, 602, 603, 604, 605, 606, 607], 620), 0.99)
    assert outcome.decision is Decision.CONSERVATIVE
    assert "later" in outcome.reason


def test_no_exceedance_leaves_timing_tests_without_data():
    hits = np.zeros(250, dtype=bool)
    for test in (kupiec_tuff, tbf, tbfi, weibull_duration, christoffersen_independence):
        outcome = test(hits, 0.99)
        assert outcome.decision is Decision.INSUFFICIENT_DATA
        assert outcome.reason
        assert outcome.statistic is None
    joint = conditional_coverage(hits, 0.99)
    assert joint.statistic == pytest.approx(5.0252, abs=5.1e-5)
    assert joint.decision is Decision.ACCEPT


def test_all_exceedances_leave_independence_without_data():
    outcome = christoffersen_independence(np.ones(250, dtype=bool), 0.99)
    assert outcome.decision is Decision.INSUFFICIENT_DATA
    assert "every day is alike" in outcome.reason


def test_only_exceedance_on_the_last_day_gives_zero():
    for day in (1, 250):
        outcome = christoffersen_independence(hits_on([day]), 0.99)
        assert outcome.statistic == 0.0
        assert outcome.decision is Decision.ACCEPT
        assert outcome.reason


def test_duration_test_needs_two_exceedances():
    assert weibull_duration(hits_on([7]), 0.99).decision is Decision.INSUFFICIENT_DATA
    two = weibull_duration(hits_on([7, 9]), 0.99)
    assert two.statistic is not None
    five_in_five = weibull_duration(np.ones(5, dtype=bool), 0.99)
    assert five_in_five.estimate == LARGEST_SHAPE
    assert "bound" in five_in_five.reason


def test_clusters_under_the_target_are_conservative_and_said():
    hits = hits_on([500, 501, 502], 1000)
    for test in (christoffersen_independence, weibull_duration):
        outcome = test(hits, 0.99)
        assert outcome.p_value < 0.05
        assert outcome.decision is Decision.CONSERVATIVE
        assert "although there are fewer than the target allows" in outcome.reason


def test_a_count_exactly_on_target_is_not_too_high():
    # Ten of 1000 at 99 %, all in a row: 1000 * (1 - 0.99) is a little over 10 in floating point.
    hits = hits_on(range(500, 510), 1000)
    for test in (christoffersen_independence, conditional_coverage, weibull_duration, tbfi):
        assert test(hits, 0.99).decision is Decision.REJECT


def test_exceedances_that_avoid_each_other_are_no_failure():
    outcome = christoffersen_independence(np.arange(60) % 2 == 0, 0.7)
    assert outcome.p_value < 0.05
    assert outcome.decision is Decision.ACCEPT
    assert "less often" in outcome.reason


def test_dropping_the_first_day_makes_one_nested_ratio():
    hits = hits_on([1, 40, 41, 200])
    nested = conditional_coverage(hits, 0.99, drop_first_day=True)
    n00, n01, n10, n11 = oracles.transitions(hits)
    expected = oracles.kupiec(n01 + n11, 249, 0.01) + oracles.independence(n00, n01, n10, n11)
    assert nested.statistic == pytest.approx(expected)
    assert nested.statistic != pytest.approx(conditional_coverage(hits, 0.99).statistic)


def test_dynamic_quantile_p_value_far_in_the_tail():
    outcome = dynamic_quantile(hits_on(GOLDEN["G2"]["days"]), 0.99, golden_margin())
    assert outcome.p_value == pytest.approx(5.6e-41, rel=0.01)


def test_dynamic_quantile_loses_degrees_of_freedom_where_columns_add_nothing():
    none = dynamic_quantile(np.zeros(250, dtype=bool), 0.99, golden_margin())
    assert none.degrees_of_freedom == 2
    constant = dynamic_quantile(hits_on([40, 120]), 0.99, np.full(250, 7.0))
    assert constant.degrees_of_freedom == 5
    huge = dynamic_quantile(hits_on([40, 120]), 0.99, np.full(250, 1e9 / 3))
    assert huge.degrees_of_freedom == 5


def test_dynamic_quantile_does_not_depend_on_the_unit_of_margin():
    hits = hits_on([40, 41, 120, 200])
    base = dynamic_quantile(hits, 0.99, golden_margin()).statistic
    for scale in (1e-9, 1e12):
        assert dynamic_quantile(hits, 0.99, scale * golden_margin()).statistic == pytest.approx(
            base
        )


def test_dynamic_quantile_says_when_it_cannot_be_computed():
    margin = golden_margin()
    margin[17] = np.nan
    broken = dynamic_quantile(hits_on([40]), 0.99, margin)
    assert broken.decision is Decision.INSUFFICIENT_DATA
    assert "margin is missing" in broken.reason
    observed = np.isfinite(margin)
    masked = dynamic_quantile(hits_on([40]), 0.99, margin, observed=observed)
    assert masked.statistic is not None
    short = dynamic_quantile(np.ones(10, dtype=bool), 0.99, np.ones(10))
    assert "fewer than 11 observations" in short.reason
    with pytest.raises(WrongUse, match="shape"):
        dynamic_quantile(np.ones(10, dtype=bool), 0.99, np.ones(9))


def test_bad_shapes_and_levels_are_refused():
    with pytest.raises(WrongUse, match="two dimensions"):
        exceedance_sequences(np.zeros((2, 2, 2), dtype=bool))
    with pytest.raises(WrongUse, match="mask"):
        exceedance_sequences(np.zeros((2, 5), dtype=bool), np.ones((2, 4), dtype=bool))
    for values in ([0.0, np.nan, 1.0], [0, 2], [None, True]):
        with pytest.raises(WrongUse, match="missing days belong in the mask"):
            exceedance_sequences(values)
    assert exceedance_sequences([0, 1, 1.0]).exceedances[0] == 2
    with pytest.raises(WrongUse, match="confidence"):
        tbfi(np.zeros(5, dtype=bool), 1.0)


# --- scalar oracles ---


@settings(max_examples=200, deadline=None)
@given(patterns, st.sampled_from([0.01, 0.05, 0.3]))
def test_kernels_equal_the_scalar_oracles(hits, p):
    close = {"rel": 1e-8, "abs": 1e-8}
    x, t = int(hits.sum()), hits.size
    table = oracles.transitions(hits)
    counts = count_transitions(exceedance_sequences(hits))
    assert (counts.n00[0], counts.n01[0], counts.n10[0], counts.n11[0]) == table
    if 0 < x < t:
        outcome = christoffersen_independence(hits, 1 - p)
        assert outcome.statistic == pytest.approx(oracles.independence(*table), **close)
    if t >= 2:
        joint = oracles.kupiec(x, t, p) + oracles.independence(*table)
        assert conditional_coverage(hits, 1 - p).statistic == pytest.approx(joint, **close)
    if x:
        first = oracles.waiting_time(oracles.hit_days(hits)[0], p)
        assert kupiec_tuff(hits, 1 - p).statistic == pytest.approx(first, **close)
        between = oracles.tbfi(hits, p)
        assert tbfi(hits, 1 - p).statistic == pytest.approx(between, **close)
        mixed = between + oracles.kupiec(x, t, p)
        assert tbf(hits, 1 - p).statistic == pytest.approx(mixed, **close)
    if x >= 2:
        found = durations_of(exceedance_sequences(hits))
        pairs = zip(found.days, found.complete, strict=True)
        assert sorted(pairs) == sorted(oracles.durations(hits))
        shape, ratio = oracles.weibull(hits)
        outcome = weibull_duration(hits, 1 - p)
        assert outcome.statistic == pytest.approx(ratio, rel=1e-6, abs=1e-6)
        assert outcome.estimate == pytest.approx(shape, rel=1e-4)


@settings(max_examples=100, deadline=None)
@given(hnp.arrays(np.bool_, st.integers(11, 60)), st.integers(0, 2**32 - 1))
def test_dynamic_quantile_equals_the_regression(hits, seed):
    margin = 1 + np.random.default_rng(seed).random(hits.size)
    statistic, rank = oracles.dynamic_quantile(hits, margin, 0.05)
    outcome = dynamic_quantile(hits, 0.95, margin)
    assert outcome.statistic == pytest.approx(statistic, rel=1e-6, abs=1e-8)
    assert outcome.degrees_of_freedom == rank


def test_weibull_fit_is_the_maximum_of_the_likelihood_on_long_series():
    hits = random_hits(11, series=200, days=1000, p=0.02)
    fit = fit_weibull(durations_of(exceedance_sequences(hits)))
    for row, series in enumerate(hits):
        if series.sum() >= 2:
            found = oracles.durations(series)
            at = oracles.weibull_log_likelihood(fit.shape[row], found)
            for step in (0.999, 1.001):
                assert oracles.weibull_log_likelihood(fit.shape[row] * step, found) <= at + 1e-9


# --- many series at once, missing days ---


def test_a_matrix_gives_each_row_its_own_result():
    hits = random_hits(5)
    margin = 1 + np.random.default_rng(6).random(hits.shape)
    sequences = exceedance_sequences(hits)
    columns = dynamic_quantile_columns(sequences, 0.97, margin)
    for row in range(hits.shape[0]):
        alone = dynamic_quantile(hits[row], 0.97, margin[row])
        assert columns.outcome(row).statistic == pytest.approx(alone.statistic, rel=1e-12)


def test_missing_days_are_left_out_not_counted_as_quiet():
    rng = np.random.default_rng(8)
    hits = random_hits(7)
    observed = rng.random(hits.shape) < 0.8
    margin = 1 + rng.random(hits.shape)
    for row in range(hits.shape[0]):
        kept = observed[row]
        for test in (christoffersen_independence, conditional_coverage, kupiec_tuff, tbf, tbfi,
                     weibull_duration):  # fmt: skip
            assert test(hits[row], 0.97, observed=kept) == test(hits[row][kept], 0.97)
        masked = dynamic_quantile(hits[row], 0.97, margin[row], observed=kept)
        short = dynamic_quantile(hits[row][kept], 0.97, margin[row][kept])
        assert masked.statistic == pytest.approx(short.statistic, rel=1e-9)
        assert masked.observations == kept.sum()
    matrix = exceedance_sequences(hits, observed)
    assert matrix.exceedances.tolist() == (hits & observed).sum(axis=1).tolist()
