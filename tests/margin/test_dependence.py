"""The correlation gate against scipy, by hand, and at its limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from pipeline.errors import CheckFailed
from pipeline.margin.dependence import dependence_matrix, gate_offset_groups

ROWS = 120
CALM = np.arange(ROWS) < 80
STRESS = ~CALM


def returns(stress_beta=0.9, noise=0.1, seed=3):
    """Factors a and b move together; c follows a with a beta of its own in the stress period."""
    rng = np.random.default_rng(seed)
    a = rng.normal(0, 1, ROWS)
    b = a + noise * rng.normal(0, 1, ROWS)
    beta = np.where(CALM, 0.9, stress_beta)
    c = beta * a + noise * rng.normal(0, 1, ROWS)
    return np.column_stack([a, b, c])


def gate(values, factors=("a", "b"), **changes):
    arguments = {"threshold": 0.8, "minimum_observations": 30} | changes
    (result,) = gate_offset_groups(
        values, ["a", "b", "c"], {"group": factors}, CALM, STRESS, **arguments
    )
    return result


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_matrix_agrees_with_scipy(method):
    values = np.round(returns(noise=0.8), 1)  # rounding makes ties
    matrix = dependence_matrix(values, method)
    reference = pearsonr if method == "pearson" else spearmanr
    for i in range(3):
        for j in range(3):
            expected = reference(values[:, i], values[:, j]).statistic
            assert matrix[i, j] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_a_reliable_group_counts(method):
    result = gate(returns(), ("a", "b", "c"), method=method)
    assert result.counts
    assert result.reason == ""
    assert result.sign_changes == 0
    assert result.lookback.observations == 80
    assert result.stress.observations == 40
    for period, rows in ((result.lookback, CALM), (result.stress, STRESS)):
        matrix = np.abs(dependence_matrix(returns()[rows], method))
        assert period.least_dependence == pytest.approx(matrix.min())


def test_a_break_in_stress_closes_the_gate():
    result = gate(returns(stress_beta=0.0), ("a", "b", "c"))
    assert result.lookback.least_dependence > 0.8
    assert not result.counts
    assert result.stress.weakest_pair in {("a", "c"), ("b", "c")}
    assert result.reason.startswith("stress period: least dependence")
    assert gate(returns(stress_beta=0.0), ("a", "b")).counts


def test_a_hedge_that_turns_into_a_doubling_closes_the_gate():
    result = gate(returns(stress_beta=-0.9), ("a", "c"))
    assert result.lookback.least_dependence > 0.8
    assert result.stress.least_dependence > 0.8
    assert result.sign_changes == 1
    assert not result.counts
    assert "change sign" in result.reason


def test_a_steady_negative_dependence_counts():
    values = returns()
    values[:, 1] *= -1
    assert gate(values).counts


def test_threshold_at_its_limits():
    values = returns()
    values[:, 1] = 2 * values[:, 0]
    exact = gate(values, threshold=1.0)
    assert not exact.counts  # above, not at, the threshold
    assert gate(values, threshold=0.0).counts
    with pytest.raises(CheckFailed, match="between 0 and 1"):
        gate(values, threshold=80.0)


def test_missing_returns_are_counted_and_a_short_period_does_not_count():
    values = returns()
    values[:5, 0] = np.nan
    values[80:95, 1] = np.nan
    result = gate(values)
    assert (result.lookback.observations, result.lookback.missing) == (75, 5)
    assert (result.stress.observations, result.stress.missing) == (25, 15)
    assert result.stress.least_dependence is None
    assert result.reason == "stress period: 25 complete observations, 30 needed"
    # A gap in a factor outside the group costs it nothing.
    assert gate(values, ("c",)).lookback.observations == 80


def test_groups_without_dependence_do_not_count():
    still = returns()
    still[:, 1] = 0.1
    result = gate(still)
    assert (result.counts, result.reason) == (False, "lookback: no variation in b")
    assert gate(returns(), ("a", "a")).reason == "lookback: fewer than two factors"
    with pytest.raises(CheckFailed, match=r"without returns: \['z'\]"):
        gate(returns(), ("a", "z"))


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100), st.sampled_from(["pearson", "spearman"]))
@settings(deadline=None, max_examples=40)
def test_dependence_does_not_depend_on_scale_or_order(seed, scale, method):
    values = returns(noise=1.0, seed=seed)
    base = gate(values, ("a", "b", "c"), method=method)
    scaled = gate(values * [scale, 1.0, 3.0], ("c", "b", "a"), method=method)
    for ours, theirs in ((base.lookback, scaled.lookback), (base.stress, scaled.stress)):
        assert ours.least_dependence == pytest.approx(theirs.least_dependence, abs=1e-9)
        assert 0 <= ours.least_dependence <= 1
