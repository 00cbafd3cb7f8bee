"""Severity (Acerbi and Szekely) and multi-level coverage, against published figures and oracles."""

from itertools import pairwise

import numpy as np
import pytest

from pipeline.backtest.expected_shortfall_tests import (
    NORMAL_TAIL,
    STUDENT_TAIL,
    TailShape,
    acerbi_szekely_columns,
    simulate_null,
    tail_ratios,
)
from pipeline.backtest.multilevel import multilevel_coverage, multilevel_coverage_columns
from pipeline.errors import WrongUse
from pipeline.terms import Decision

from . import oracles


def summary_series(exceedances, observed_severity, expected_severity, t=1966):
    """A series with the counts and mean severities (over VaR) of a published summary."""
    hits = np.zeros(t, dtype=bool)
    hits[:exceedances] = True
    losses = np.where(hits, observed_severity, 0.5)
    return hits, losses, np.full(t, expected_severity)


def z_of(summary, confidence, **options):
    hits, losses, shortfall = summary
    z1, z2 = acerbi_szekely_columns(hits, losses, shortfall, confidence, seed=1, **options)
    return z1.outcome(0), z2.outcome(0)


def test_matlab_esbacktest_statistic_and_verdicts():
    summary = summary_series(57, 1.4221, 1.1928)
    for tail, p_value, critical, decision in (
        (NORMAL_TAIL, 0.0054099, -0.34639, Decision.REJECT),
        (STUDENT_TAIL, 0.018566, -0.42986, Decision.ACCEPT),
    ):
        _, z2 = z_of(summary, 0.975, tail=tail, significance=0.01, simulations=50_000)
        assert z2.statistic == pytest.approx(-0.38265, abs=5e-4)
        assert z2.p_value == pytest.approx(p_value, abs=0.003)
        assert z2.decision is decision
        null = simulate_null(1966, 0.025, tail, 50_000, seed=2)
        assert np.quantile(null.unconditional, 0.01) == pytest.approx(critical, abs=0.015)


@pytest.mark.parametrize(
    ("x", "p", "expected", "observed", "z1", "z2"),
    [
        (102, 0.05, 1.3288, 1.4515, -0.092302, -0.13342),
        (55, 0.025, 1.2652, 1.4134, -0.11714, -0.25011),
    ],
)
def test_matlab_esbacktestbysim_statistics(x, p, expected, observed, z1, z2):
    conditional, unconditional = z_of(summary_series(x, observed, expected), 1 - p)
    assert conditional.statistic == pytest.approx(z1, abs=1.2e-4)
    assert unconditional.statistic == pytest.approx(z2, abs=1.2e-4)


def test_matlab_esbacktestbysim_p_values_with_a_student_tail():
    tail = TailShape("student_t", 10.0)
    for x, p, severity, crit, p_value in (
        (102, 0.05, (1.4515, 1.3288), -0.16252, 0.093),
        (55, 0.025, (1.4134, 1.2652), -0.2268, 0.031),
    ):
        _, z2 = z_of(summary_series(x, *severity), 1 - p, tail=tail, simulations=10_000)
        # Published from 1000 scenarios: within three of their standard errors.
        assert z2.p_value == pytest.approx(p_value, abs=3 * np.sqrt(p_value / 1000))
        null = simulate_null(1966, p, tail, 10_000, seed=2)
        assert np.quantile(null.unconditional, 0.05) == pytest.approx(crit, abs=0.03)
    for p, crit in ((0.05, -0.043941), (0.025, -0.052575)):
        null = simulate_null(1966, p, tail, 10_000, seed=2)
        assert np.quantile(null.conditional, 0.05) == pytest.approx(crit, abs=0.008)


def test_critical_values_at_250_days_cover_the_usual_range_of_tails():
    # About -0.70 at 5 % for 97.5 % and 250 days, a little lower for heavy tails.
    for tail, low, high in ((NORMAL_TAIL, -0.72, -0.68), (STUDENT_TAIL, -0.86, -0.78)):
        null = simulate_null(250, 0.025, tail, 50_000, seed=3)
        assert low < np.quantile(null.unconditional, 0.05) < high


@pytest.mark.parametrize("tail", [NORMAL_TAIL, STUDENT_TAIL, TailShape("student_t", 10.0)])
def test_tail_ratios_have_mean_one_and_the_null_mean_zero(tail):
    grid = (np.arange(2_000_000) + 0.5) / 2_000_000
    assert tail_ratios(tail, grid, 0.025).mean() == pytest.approx(1.0, abs=0.002)
    null = simulate_null(500, 0.025, tail, 50_000, seed=4)
    assert null.unconditional.mean() == pytest.approx(0.0, abs=0.01)


def test_simulated_size_of_a_correct_model():
    rng = np.random.default_rng(5)
    losses = rng.standard_normal((4000, 250))
    quantile, p = 1.959963985, 0.025
    shortfall = np.exp(-(quantile**2) / 2) / np.sqrt(2 * np.pi) / p
    columns = acerbi_szekely_columns(
        losses > quantile, losses, np.full(losses.shape, shortfall), 1 - p, seed=6, tail=NORMAL_TAIL
    )
    for test in columns:
        rate = test.null_rejected()[test.sufficient].mean()
        assert rate == pytest.approx(0.05, abs=3.3 * np.sqrt(0.05 * 0.95 / 4000))


def test_statistics_equal_the_scalar_oracle_with_missing_days():
    rng = np.random.default_rng(7)
    losses = rng.standard_normal((20, 200))
    shortfall = 2 + rng.random((20, 200))
    observed = rng.random((20, 200)) < 0.9
    hits = losses > 1.6
    losses[~observed] = np.nan
    z1, z2 = acerbi_szekely_columns(hits, losses, shortfall, 0.95, seed=8, observed=observed)
    for row in range(20):
        kept = observed[row]
        first, second = oracles.acerbi_szekely(
            losses[row][kept], shortfall[row][kept], hits[row][kept], 0.05
        )
        assert z1.outcome(row).statistic == pytest.approx(first)
        assert z2.outcome(row).statistic == pytest.approx(second)


def test_severity_without_exceedance():
    z1, z2 = z_of((np.zeros(250, bool), np.zeros(250), np.ones(250)), 0.99)
    assert z1.decision is Decision.INSUFFICIENT_DATA
    assert "no loss beyond the margin" in z1.reason
    assert z2.statistic == 1.0
    assert z2.decision is Decision.ACCEPT


def test_severity_without_a_usable_forecast():
    hits = np.array([True, False, False])
    for shortfall in (np.zeros(3), np.array([np.nan, 1, 1])):
        for outcome in z_of((hits, np.ones(3), shortfall), 0.99):
            assert outcome.decision is Decision.INSUFFICIENT_DATA
            assert "not positive" in outcome.reason
    for outcome in z_of((np.zeros(0, bool), np.zeros(0), np.zeros(0)), 0.99):
        assert outcome.decision is Decision.INSUFFICIENT_DATA


def test_same_seed_same_p_value_whatever_is_tested_beside_it():
    summary = summary_series(57, 1.4221, 1.1928)
    both = acerbi_szekely_columns(*(np.stack((s, s)) for s in summary), 0.975, seed=1)
    assert both[1].outcome(1) == z_of(summary, 0.975)[1]


def test_empirical_tail_draws_the_models_own_ratios():
    ratios = np.array([0.8, 0.9, 1.0, 1.3])
    null = simulate_null(250, 0.05, TailShape("empirical", ratios=ratios), 20_000, seed=9)
    assert null.conditional.mean() == pytest.approx(1 - ratios.mean(), abs=0.005)


def test_bad_tails_and_shapes_are_refused():
    with pytest.raises(WrongUse, match="degrees of freedom over 1"):
        simulate_null(10, 0.1, TailShape("student_t", 1.0), 10, seed=1)
    with pytest.raises(WrongUse, match="at least one ratio"):
        simulate_null(10, 0.1, TailShape("empirical"), 10, seed=1)
    with pytest.raises(WrongUse, match="shape"):
        acerbi_szekely_columns(np.ones(3, bool), np.ones(2), np.ones(3), 0.99, seed=1)


# --- several levels ---


def test_pearson_at_one_level_is_the_squared_z():
    z = (7 - 2.5) / np.sqrt(2.5 * 0.99)
    outcome = multilevel_coverage([7], 250, [0.99], method="pearson")
    assert outcome.statistic == pytest.approx(z**2)
    assert outcome.degrees_of_freedom == 1


def test_likelihood_ratio_at_one_level_is_kupiec():
    outcome = multilevel_coverage([7], 250, [0.99], method="likelihood_ratio")
    assert outcome.statistic == pytest.approx(oracles.kupiec(7, 250, 0.01))


def test_multilevel_statistics_against_loops():
    levels, counts, t = [0.95, 0.975, 0.99, 0.995], [20, 11, 6, 4], 500
    bounds = [0.0, *levels, 1.0]
    cells = np.diff([0, *(t - c for c in counts), t])
    expected = [t * (b - a) for a, b in pairwise(bounds)]
    pearson = sum((o - e) ** 2 / e for o, e in zip(cells, expected, strict=True))
    outcome = multilevel_coverage(counts, t, levels, method="pearson")
    assert outcome.statistic == pytest.approx(pearson)
    n, inverse = 4, sum(t / e for e in expected)
    variance = 2 * n - (n**2 + 4 * n + 1) / t + inverse / t
    nass = multilevel_coverage(counts, t, levels)
    assert nass.statistic == pytest.approx(2 * n / variance * pearson)


def test_multilevel_size_with_few_exceedances():
    uniform = np.random.default_rng(10).random((20_000, 250))
    levels = np.array([0.975, 0.98125, 0.9875, 0.99375])
    counts = (uniform[:, None, :] > levels[:, None]).sum(axis=2)
    sizes = {
        method: multilevel_coverage_columns(counts, 250, levels, method=method)
        .null_rejected()
        .mean()
        for method in ("nass", "pearson", "likelihood_ratio")
    }
    # Nass keeps its size; the likelihood ratio rejects a correct model too often.
    assert sizes["nass"] == pytest.approx(0.05, abs=0.01)
    assert sizes["likelihood_ratio"] > sizes["nass"] + 0.005


def test_multilevel_finds_a_tail_that_one_level_cannot_see():
    # As many exceedances of 95 % as expected, but half of them go beyond 99.5 %.
    assert multilevel_coverage([25], 500, [0.95]).decision is Decision.ACCEPT
    assert (
        multilevel_coverage([25, 18, 14, 12], 500, [0.95, 0.975, 0.99, 0.995]).decision
        is Decision.REJECT
    )


def test_multilevel_conservative_and_insufficient():
    none = multilevel_coverage([0, 0], 1000, [0.95, 0.99])
    assert none.decision is Decision.CONSERVATIVE
    assert multilevel_coverage([0], 1, [0.5]).decision is Decision.INSUFFICIENT_DATA
    with pytest.raises(WrongUse, match="rise"):
        multilevel_coverage([1, 0], 10, [0.99, 0.95])
    with pytest.raises(WrongUse, match="not rise"):
        multilevel_coverage([1, 2], 10, [0.95, 0.99])
    with pytest.raises(WrongUse, match="one exceedance count"):
        multilevel_coverage([1], 10, [0.95, 0.99])
