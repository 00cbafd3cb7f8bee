"""Overlapping horizons: inflation factors, phases, block bootstrap, simulated perfect models."""

import numpy as np
import pytest
from scipy import stats

from pipeline.backtest.battery import run_battery
from pipeline.backtest.block_bootstrap import (
    bootstrap_coverage,
    day_weights,
    default_block_days,
    resample_counts,
)
from pipeline.backtest.overlap import (
    combine_phases,
    joint_exceedance_probability,
    overlap_inflation,
    overlap_z_columns,
    split_phases,
)
from pipeline.backtest.overlap_comparison import compare_overlap, phase_battery
from pipeline.backtest.simulated_null import (
    REFERRED,
    simulate_exceedances,
    simulated_battery,
)
from pipeline.backtest.size_study import simulate_clustered_exceedances
from pipeline.errors import WrongUse
from pipeline.terms import Decision

from .published import OVERLAP


@pytest.mark.parametrize(("confidence", "h", "inflation", "after", "effective"), OVERLAP)
def test_inflation_factors(confidence, h, inflation, after, effective):
    overlap = overlap_inflation(h, confidence)
    assert overlap.variance_inflation == pytest.approx(inflation, abs=5.1e-4)
    if after is not None:
        assert overlap.probability_after_exceedance == pytest.approx(after, abs=5.1e-4)
        assert overlap.effective_observations(250) == pytest.approx(effective, abs=0.51)


@pytest.mark.parametrize(("confidence", "h"), [(0.99, 2), (0.99, 5), (0.99, 10), (0.995, 5)])
def test_inflation_factors_by_simulation(confidence, h):
    days, series = 1000, 8000
    hits = simulate_exceedances(series, days, confidence, seed=42, horizon_days=h)
    p = 1 - confidence
    counts = hits.sum(axis=1)
    ratio = counts.var() / (days * p * (1 - p))
    expected = overlap_inflation(h, confidence)
    # The standard error of a variance over so many series is about 2.5 %; 1 - k / T adds 1 %.
    assert ratio == pytest.approx(expected.variance_inflation, rel=0.08)
    after = (hits[:, 1:] & hits[:, :-1]).sum() / hits[:, :-1].sum()
    assert after == pytest.approx(expected.probability_after_exceedance, abs=0.01)


def test_joint_probability_against_the_bivariate_normal():
    for p in (0.005, 0.01, 0.05):
        z = stats.norm.ppf(1 - p)
        for rho in (-0.5, 0.0, 0.3, 0.9):
            exact = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([-z, -z])
            assert joint_exceedance_probability(rho, p) == pytest.approx(exact, abs=2e-6)
        assert joint_exceedance_probability(1.0, p) == pytest.approx(p, rel=1e-6)


def test_one_day_has_no_overlap():
    one = overlap_inflation(1, 0.99)
    assert (one.variance_inflation, one.probability_after_exceedance) == (1.0, pytest.approx(0.01))
    with pytest.raises(WrongUse, match="at least one day"):
        overlap_inflation(0, 0.99)


def test_phases_hold_every_day_once():
    values = np.arange(1, 24).reshape(1, 23)
    split, exists = split_phases(values, 5, np.int64)
    assert split.shape == (5, 5)
    assert sorted(split[exists]) == list(range(1, 24))
    assert split[2][exists[2]].tolist() == [3, 8, 13, 18, 23]
    two, _ = split_phases(np.stack((values[0], 100 + values[0])), 5, np.int64)
    assert two[7].tolist() == [103, 108, 113, 118, 123]


def test_phases_are_combined_by_bonferroni():
    combined = combine_phases(np.array([[0.01, 0.5, np.nan], [0.6, 0.7, 0.8], [np.nan] * 3]))
    assert combined[:2] == pytest.approx([0.02, 1.0])
    assert np.isnan(combined[2])


def test_every_resampled_history_has_as_many_days():
    weights = day_weights(103, 10, 50, seed=1)
    assert np.all(weights.sum(axis=0) == 103)
    assert np.all(weights >= 0)
    assert np.all(day_weights(10, 10, 5, seed=1).sum(axis=0) == 10)


def test_blocks_keep_neighbouring_days_together():
    # Without the block ends, days of one block have equal weight: few changes along the days.
    weights = day_weights(1000, 50, 20, seed=2)
    changes = (np.diff(weights, axis=0) != 0).sum(axis=0)
    assert np.all(changes <= 2 * 20)


def test_resampled_counts_equal_a_loop_over_days():
    rng = np.random.default_rng(3)
    hits, observed = rng.random((4, 60)) < 0.2, rng.random((4, 60)) < 0.8
    counts = resample_counts(hits, 6, seed=4, observed=observed, replications=30)
    weights = day_weights(60, 6, 30, seed=4)
    for row in range(4):
        for draw in range(30):
            x = sum(weights[d, draw] for d in range(60) if hits[row, d] and observed[row, d])
            t = sum(weights[d, draw] for d in range(60) if observed[row, d])
            assert counts.exceedances[row, draw] == x
            assert counts.observations[row, draw] == t


def test_the_same_days_are_drawn_for_every_account():
    hits = np.random.default_rng(5).random((1, 200)) < 0.1
    counts = resample_counts(np.vstack((hits, hits)), 10, seed=6)
    assert np.array_equal(counts.exceedances[0], counts.exceedances[1])


def test_bootstrap_without_overlap_agrees_with_independent_days():
    hits = simulate_exceedances(400, 1000, 0.95, seed=7)
    result = bootstrap_coverage(hits, 0.95, seed=8)
    assert result.variance_inflation.mean() == pytest.approx(1.0, abs=0.05)
    covered = (result.low <= 0.95) & (result.high >= 0.95)
    assert 0.90 < covered.mean() < 0.99


def test_bootstrap_widens_for_overlap():
    hits = simulate_exceedances(400, 1000, 0.95, seed=7, horizon_days=5)
    result = bootstrap_coverage(hits, 0.95, seed=8, horizon_days=5)
    expected = overlap_inflation(5, 0.95).variance_inflation
    assert result.variance_inflation.mean() == pytest.approx(expected, rel=0.15)
    raw = run_battery(hits, 0.95, exact=False)["kupiec_pof"].null_rejected().mean()
    assert result.test.null_rejected().mean() < 0.12 < raw


def test_bootstrap_says_when_it_knows_too_little():
    few = np.zeros((1, 250), dtype=bool)
    few[0, [3, 90]] = True
    outcome = bootstrap_coverage(few, 0.99, seed=1).test.outcome(0)
    assert "fewer than five exceedances" in outcome.reason
    short = bootstrap_coverage(np.ones((1, 6), dtype=bool), 0.99, seed=1).test.outcome(0)
    assert "fewer than ten blocks" in short.reason
    empty = bootstrap_coverage(np.zeros((2, 0), dtype=bool), 0.99, seed=1)
    assert empty.test.outcome(1).decision is Decision.INSUFFICIENT_DATA
    assert (empty.low[0], empty.high[0]) == (0.0, 1.0)
    assert default_block_days(0, 5) == 1
    with pytest.raises(WrongUse, match="block"):
        day_weights(10, 11, 5, seed=1)


@pytest.mark.parametrize(("days", "h", "confidence"), [(250, 5, 0.99), (1000, 10, 0.95)])
def test_perfect_models_look_clustered_raw_and_not_corrected(days, h, confidence):
    series = 1500
    hits = simulate_exceedances(series, days, confidence, seed=77, horizon_days=h)
    comparison = compare_overlap(hits, confidence, h, seed=3)

    def rate(columns):
        return columns.null_rejected()[columns.sufficient].mean()

    for name in REFERRED:
        # 5 % with three Monte Carlo errors of the series and of the 2000 simulated nulls.
        assert rate(comparison.simulated[f"{name}_simulated"]) < 0.08
        assert rate(comparison.phases[f"{name}_phases"]) < 0.08
    for name in ("christoffersen_independence", "duration_weibull", "haas_tbfi"):
        assert rate(comparison.raw[name]) > 0.4
    assert rate(comparison.overlap_z) < 0.08 < rate(comparison.raw["binomial_z"])


def test_corrected_tests_still_find_a_margin_that_is_too_low():
    hits = simulate_exceedances(300, 1000, 0.96, seed=9, horizon_days=5)
    comparison = compare_overlap(hits, 0.99, 5, seed=3)
    for columns in (
        comparison.simulated["kupiec_pof_simulated"],
        comparison.phases["kupiec_pof_phases"],
        comparison.bootstrap.test,
        comparison.overlap_z,
    ):
        assert columns.null_rejected().mean() > 0.9


def test_simulated_null_finds_clusters_beyond_overlap():
    hits = simulate_clustered_exceedances(300, 1000, 0.99, 0.75, seed=10)
    battery = simulated_battery(run_battery(hits, 0.99), 0.99, seed=11, horizon_days=5)
    found = battery["christoffersen_independence_simulated"]
    # Five per cent would be chance.
    assert found.null_rejected().mean() > 0.3


def test_exceedances_that_keep_apart_are_no_failure_under_a_simulated_null():
    hits = np.zeros((1, 1000), dtype=bool)
    hits[0, 49::50] = True
    battery = simulated_battery(run_battery(hits, 0.98), 0.98, seed=12)
    outcome = battery["duration_weibull_simulated"].outcome(0)
    assert outcome.p_value < 0.05
    assert outcome.decision is Decision.ACCEPT
    assert "keep apart" in outcome.reason
    phases = phase_battery(hits, 0.98, 2, seed=12)["duration_weibull_phases"].outcome(0)
    assert phases.decision is Decision.ACCEPT


def test_raw_and_corrected_stand_side_by_side():
    rng = np.random.default_rng(13)
    hits, observed = rng.random((3, 120)) < 0.05, rng.random((3, 120)) < 0.9
    observed[2] = False
    frame = compare_overlap(hits, 0.95, 3, seed=14, observed=observed).frame()
    assert frame["series"].to_list() == [series for series in range(3) for _ in REFERRED]
    assert frame["test"].to_list() == 3 * list(REFERRED)
    assert frame["observations"].to_list()[0] == observed[0].sum()
    last = frame.filter(frame["series"] == 2)
    assert set(last["decision_raw"]) == {"insufficient_data"}
    assert last["p_value_raw"].null_count() == last.height
    for column in frame.columns:
        if column.startswith("p_value"):
            assert not frame[column].is_nan().any()
    repeated = compare_overlap(hits, 0.95, 3, seed=14, observed=observed).frame()
    assert frame.equals(repeated)


def test_overlap_z_is_the_z_test_over_the_root_of_the_inflation():
    plain = run_battery(np.ones((1, 5), bool), 0.99)["binomial_z"].outcome(0).statistic
    wide = overlap_z_columns(5, 5, 0.99, 5).outcome(0)
    assert wide.statistic == pytest.approx(
        plain / np.sqrt(overlap_inflation(5, 0.99).variance_inflation)
    )
    assert overlap_z_columns(0, 0, 0.99, 5).outcome(0).decision is Decision.INSUFFICIENT_DATA
