"""Exact finite-sample p-values against enumeration and a day-by-day recursion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.backtest.exact import (
    conditional_coverage_exact_columns,
    independence_exact_columns,
    kupiec_exact_columns,
)
from pipeline.backtest.independence import conditional_coverage_columns, independence_columns
from pipeline.backtest.power import kupiec_power
from pipeline.backtest.run_law import sequence_law
from pipeline.backtest.sequences import exceedance_sequences
from pipeline.terms import Decision

from . import oracles
from .published import GOLDEN, hits_on


def every_pattern(days):
    return (np.arange(2**days)[:, None] >> np.arange(days)) % 2 == 1


@pytest.mark.parametrize(("t", "p"), [(1, 0.1), (2, 0.2), (7, 0.01), (12, 0.3)])
def test_run_law_equals_the_recursion(t, p):
    law = sequence_law(t, p)
    counts = law.classes.transitions
    found = {}
    for key, probability in zip(
        zip(law.classes.exceedances, counts.n00, counts.n01, counts.n10, counts.n11, strict=True),
        law.probability,
        strict=True,
    ):
        whole = tuple(int(value) for value in key)
        found[whole] = found.get(whole, 0.0) + probability
    expected = oracles.law_by_recursion(t, p)
    for key, probability in expected.items():
        assert found.get(key, 0.0) == pytest.approx(probability, abs=1e-12)
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("t", "p"), [(250, 0.01), (250, 0.05), (1000, 0.005)])
def test_run_law_adds_up_to_one(t, p):
    assert sequence_law(t, p).probability.sum() == pytest.approx(1.0, abs=1e-10)


def test_run_law_equals_the_recursion_at_60_days():
    law, expected = sequence_law(60, 0.02), oracles.law_by_recursion(60, 0.02)
    counts = law.classes.transitions
    n11_found = np.bincount(counts.n11, weights=law.probability)
    n11_expected = np.zeros(60)
    for (_, _, _, _, n11), probability in expected.items():
        n11_expected[n11] += probability
    assert n11_found == pytest.approx(n11_expected[: n11_found.size], abs=1e-12)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 300).flatmap(lambda t: st.tuples(st.integers(0, t), st.just(t))),
    st.sampled_from([0.005, 0.01, 0.05, 0.2]),
)
def test_kupiec_exact_equals_the_sum_over_counts(counts, p):
    x, t = counts
    outcome = kupiec_exact_columns(x, t, 1 - p).outcome(0)
    assert outcome.p_value == pytest.approx(oracles.kupiec_exact(x, t, p), rel=1e-5)


@pytest.mark.parametrize(("t", "p"), [(4, 0.2), (9, 0.1), (12, 0.3)])
def test_exact_p_values_equal_enumeration(t, p):
    hits = every_pattern(t)
    x = hits.sum(axis=1)
    probability = p**x * (1 - p) ** (t - x)
    sequences = exceedance_sequences(hits)
    joint = conditional_coverage_columns(sequences, 1 - p).statistic
    exact = conditional_coverage_exact_columns(sequences, 1 - p).p_value
    for value, p_value in zip(joint, exact, strict=True):
        assert p_value == pytest.approx(probability[joint >= value - 1e-9].sum(), abs=1e-12)
    alone = independence_columns(sequences, 1 - p).statistic
    exact = independence_exact_columns(sequences, 1 - p)
    for row in np.flatnonzero((x > 0) & (x < t)):
        same = x == x[row]
        share = (alone[same] >= alone[row] - 1e-9).mean()
        assert exact.p_value[row] == pytest.approx(share, abs=1e-12)
    assert (~exact.sufficient).sum() == 2


def test_exact_test_keeps_its_size_where_the_asymptotic_one_does_not():
    p_values = kupiec_exact_columns(np.arange(251), 250, 0.99).p_value
    law = np.array([oracles.binomial_pmf(k, 250, 0.01) for k in range(251)])
    assert law[p_values < 0.05].sum() <= 0.05
    assert float(kupiec_power(250, 0.99, 0.01)) == pytest.approx(0.0948, abs=5e-5)
    # The asymptotic test rejects a year without exceedance; exactly, it is nothing unusual.
    none = kupiec_exact_columns(0, 250, 0.99).outcome(0)
    assert none.p_value == pytest.approx(0.0948, abs=5e-5)
    assert none.decision is Decision.ACCEPT


def test_exact_independence_does_not_depend_on_the_confidence():
    sequences = exceedance_sequences(hits_on(GOLDEN["G2"]["days"]))
    by_level = {independence_exact_columns(sequences, c).p_value[0] for c in (0.9, 0.99, 0.999)}
    assert len(by_level) == 1


def test_exact_tests_find_the_clusters_of_the_golden_vector():
    sequences = exceedance_sequences(hits_on(GOLDEN["G2"]["days"]))
    for test in (independence_exact_columns, conditional_coverage_exact_columns):
        outcome = test(sequences, 0.99).outcome(0)
        assert outcome.p_value < 0.001
        assert outcome.decision is Decision.REJECT


def test_window_lengths_and_levels_may_differ_between_series():
    rng = np.random.default_rng(1)
    hits, observed = rng.random((30, 120)) < 0.03, rng.random((30, 120)) < 0.9
    level = np.where(np.arange(30) % 2, 0.99, 0.95)
    together = conditional_coverage_exact_columns(exceedance_sequences(hits, observed), level)
    for row in range(30):
        alone = exceedance_sequences(hits[row], observed[row])
        expected = conditional_coverage_exact_columns(alone, level[row]).outcome(0)
        assert together.outcome(row).p_value == pytest.approx(expected.p_value)


@pytest.mark.parametrize("t", [0, 1])
def test_windows_without_a_transition_have_insufficient_data(t):
    sequences = exceedance_sequences(np.ones((1, t), dtype=bool))
    for test in (independence_exact_columns, conditional_coverage_exact_columns):
        assert test(sequences, 0.99).outcome(0).decision is Decision.INSUFFICIENT_DATA
