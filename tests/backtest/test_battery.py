"""All tests at once: any pattern gives a number or a reason; sizes and power as stated."""

import warnings

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.backtest.battery import Battery, Levels, Severity, run_battery
from pipeline.backtest.coverage import kupiec_pof_columns
from pipeline.backtest.size_study import (
    enumerated_sizes,
    exact_size,
    simulate_clustered_exceedances,
    study_sizes,
)
from pipeline.errors import WrongUse
from pipeline.terms import Decision

from .published import GOLDEN, golden_margin, hits_on

NAMES = [
    "traffic_light",
    "binomial_exact",
    "binomial_z",
    "kupiec_pof",
    "kupiec_pof_exact",
    "christoffersen_independence",
    "christoffersen_independence_exact",
    "christoffersen_conditional_coverage",
    "christoffersen_conditional_coverage_exact",
    "kupiec_tuff",
    "haas_tbf",
    "haas_tbfi",
    "duration_weibull",
    "dynamic_quantile",
]

shapes = st.tuples(st.integers(1, 4), st.integers(0, 40))


def check_every_row(hits, confidence, observed, margin):
    """Assert what must hold for any input at all."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        battery = run_battery(hits, confidence, observed=observed, margin=margin)
        frame = battery.frame()
    known = frame["decision"] != "insufficient_data"
    for column in ("statistic", "p_value"):
        assert (frame[column].is_not_null() == known).all()
        values = frame[column].drop_nulls().to_numpy()
        assert np.isfinite(values).all()
    p_values = frame["p_value"].drop_nulls()
    assert ((p_values >= 0) & (p_values <= 1)).all()
    estimates = frame["estimate"].drop_nulls().to_numpy()
    assert np.isfinite(estimates).all()
    assert (frame.filter(~known)["reason"] != "").all()
    assert (frame["degrees_of_freedom"].drop_nulls() > 0).all()
    # A margin that is too high never fails.
    above = frame["exceedances"] < frame["observations"] * (1 - confidence) - 1e-9
    assert not (above & (frame["decision"] == "reject")).any()
    return frame


@settings(max_examples=200, deadline=None)
@given(
    shapes.flatmap(lambda shape: hnp.arrays(np.bool_, shape)),
    st.sampled_from([0.9, 0.99, 0.995]),
    st.integers(0, 2**32 - 1),
)
def test_any_pattern_gives_a_number_or_a_reason(hits, confidence, seed):
    rng = np.random.default_rng(seed)
    observed = rng.random(hits.shape) < 0.8
    margin = rng.choice([0.0, 1.0, 1e12], size=hits.shape)
    check_every_row(hits, confidence, observed, margin)
    check_every_row(hits, confidence, None, np.zeros(hits.shape))


@pytest.mark.parametrize("days", [0, 1, 2, 3, 11, 250, 1000])
def test_none_all_and_alternating(days):
    hits = np.zeros((4, days), dtype=bool)
    hits[1] = True
    hits[2, ::2] = True
    hits[3, -1:] = True
    frame = check_every_row(hits, 0.99, None, np.ones(hits.shape))
    assert frame.height == 4 * len(NAMES)
    if days >= 250:
        none = frame.filter(pl.col("series") == 0, pl.col("test") == "kupiec_pof")
        assert none["decision"].item() == "conservative"
        every = frame.filter(pl.col("series") == 1, pl.col("test") == "kupiec_pof")
        assert every["decision"].item() == "reject"


def test_no_series_gives_an_empty_table():
    assert run_battery(np.zeros((0, 10), bool), 0.99, margin=np.zeros((0, 10))).frame().height == 0


def test_matlab_verdicts_at_test_level_99():
    # Counts of the Normal95 example; its time-between-failures statistics are not reproducible
    # without the series and are checked where they are added up.
    days = [58, 59, 60, 61, 62, *range(70, 70 + 8 * 52, 8)]
    battery = run_battery(hits_on(days, 1043), 0.95, significance=0.01)
    for name in (
        "traffic_light",
        "binomial_z",
        "kupiec_pof",
        "kupiec_tuff",
        "christoffersen_conditional_coverage",
        "christoffersen_independence",
    ):
        assert battery[name].outcome(0).decision is Decision.ACCEPT


def test_table_has_one_row_a_series_and_test_in_order():
    hits = np.array([hits_on(vector["days"]) for vector in GOLDEN.values()])
    margin = np.tile(golden_margin(), (3, 1))
    battery = run_battery(hits, 0.99, margin=margin)
    frame = battery.frame()
    assert frame["test"].to_list() == 3 * NAMES
    assert frame["series"].to_list() == [s for s in range(3) for _ in NAMES]
    for row, vector in enumerate(GOLDEN.values()):
        mine = frame.filter(pl.col("series") == row)
        for name in ("kupiec_pof", "haas_tbf", "dynamic_quantile"):
            statistic = mine.filter(pl.col("test") == name)["statistic"].item()
            assert statistic == pytest.approx(vector[name][0], abs=5.1e-7)
        shape = mine.filter(pl.col("test") == "duration_weibull")["estimate"].item()
        assert shape == pytest.approx(vector["weibull"][0], abs=5.1e-7)
        by_name = {outcome.test: outcome for outcome in battery.outcomes(row)}
        assert (
            by_name["haas_tbf"].decision.value
            == mine.filter(pl.col("test") == "haas_tbf")["decision"].item()
        )
    assert battery.catalogue()["test"].to_list() == NAMES
    assert (battery.catalogue()["reference"] != "").all()
    assert frame.equals(run_battery(hits, 0.99, margin=margin).frame())


def test_confidence_may_differ_between_series():
    hits = np.random.default_rng(1).random((4, 300)) < 0.02
    levels = np.array([0.95, 0.99, 0.995, 0.9])
    together = run_battery(hits, levels).frame()
    for row, level in enumerate(levels):
        alone = run_battery(hits[row], level).frame()
        mine = together.filter(pl.col("series") == row)
        assert mine["decision"].to_list() == alone["decision"].to_list()
        assert mine["statistic"].to_list() == pytest.approx(alone["statistic"].to_list())


def test_further_tests_can_join():
    battery = run_battery(np.zeros((2, 10), bool), 0.99, exact=False)
    more = battery.joined_with(kupiec_pof_columns([1, 1], 10, 0.99))
    assert more.frame().height == battery.frame().height + 2
    with pytest.raises(WrongUse, match="same series"):
        battery.joined_with(kupiec_pof_columns([1], 10, 0.99))
    with pytest.raises(WrongUse, match="no table"):
        Battery(()).frame()
    with pytest.raises(KeyError):
        battery["no_such_test"]


def test_severity_and_levels_join_the_same_pass():
    rng = np.random.default_rng(7)
    losses = rng.standard_normal((20, 400))
    shortfall = np.full(losses.shape, 2.3)
    levels = [0.95, 0.975, 0.99]
    counts = (losses[:, None, :] > np.array([1.645, 1.96, 2.326])[:, None]).sum(axis=2)
    battery = run_battery(
        losses > 1.96,
        0.975,
        margin=np.full(losses.shape, 1.96),
        severity=Severity(losses, shortfall, seed=1),
        levels=Levels(counts, levels),
    )
    assert [c.specification.name for c in battery][-3:] == [
        "multilevel_coverage",
        "acerbi_szekely_z1",
        "acerbi_szekely_z2",
    ]
    assert battery.frame().height == 20 * (len(NAMES) + 3)
    with pytest.raises(WrongUse, match="one confidence"):
        run_battery(
            losses > 1.96,
            np.linspace(0.9, 0.99, 20),
            severity=Severity(losses, shortfall, seed=1),
        )
    with pytest.raises(WrongUse, match="same series"):
        run_battery(losses > 1.96, 0.975, levels=Levels(counts[:3], levels))


# --- size and power ---


@pytest.mark.parametrize(("days", "confidence"), [(250, 0.99), (500, 0.95), (14, 0.8), (12, 0.9)])
def test_simulated_sizes_lie_within_the_band_around_the_exact_ones(days, confidence):
    margin = golden_margin(days)
    study = study_sizes(days, confidence, seed=2, series=10_000, margin=margin).frame
    known = study.filter(pl.col("exact_size").is_not_null())
    if days <= 18:
        assert known["test"].to_list() == NAMES[1:]
    else:
        assert set(NAMES[1:]) - set(known["test"]) == {
            "haas_tbf",
            "haas_tbfi",
            "duration_weibull",
            "dynamic_quantile",
        }
    assert (known["simulated_size"] >= known["band_low"] - 1e-12).all()
    assert (known["simulated_size"] <= known["band_high"] + 1e-12).all()
    # Exact tests never reject a correct model more often than their nominal level.
    exact = study.filter(pl.col("test").str.contains("exact"))
    assert (exact["exact_size"] <= exact["nominal_size"]).all()


def test_kupiec_rejects_a_true_model_at_250_days_95_times_in_a_thousand():
    assert exact_size("kupiec_pof", 250, 0.99) == pytest.approx(0.095, abs=5e-4)
    study = study_sizes(250, 0.99, seed=3, series=10_000).frame
    row = study.filter(pl.col("test") == "kupiec_pof").row(0, named=True)
    assert row["nominal_size"] == 0.05
    assert row["band_low"] <= row["simulated_size"] <= row["band_high"]
    assert row["simulated_size"] > 0.08


def test_enumerated_sizes_agree_with_the_closed_forms():
    enumerated = enumerated_sizes(11, 0.85, margin=golden_margin(11))
    for name in NAMES[1:-4]:
        closed = exact_size(name, 11, 0.85)
        assert closed == pytest.approx(enumerated[name], abs=1e-10), name
    with pytest.raises(WrongUse, match="enumerated"):
        enumerated_sizes(19, 0.99)


def test_power_against_clustering():
    study = study_sizes(1000, 0.99, seed=4, series=2000, persistence=0.3).frame
    power = dict(zip(study["test"], study["clustered_rejection_rate"], strict=True))
    size = dict(zip(study["test"], study["simulated_size"], strict=True))
    for name in (
        "christoffersen_independence",
        "christoffersen_independence_exact",
        "christoffersen_conditional_coverage",
        "haas_tbfi",
        "duration_weibull",
    ):
        assert power[name] > 0.5, name
        assert power[name] > 4 * size[name], name
    # A test of the count alone hardly sees clusters.
    assert power["kupiec_pof"] < 0.3


def test_clustered_models_have_the_right_frequency_and_persistence():
    hits = simulate_clustered_exceedances(4000, 500, 0.95, 0.4, seed=5)
    assert hits.mean() == pytest.approx(0.05, abs=0.002)
    after = (hits[:, 1:] & hits[:, :-1]).sum() / hits[:, :-1].sum()
    assert after == pytest.approx(0.4, abs=0.01)
    with pytest.raises(WrongUse, match="persistence"):
        simulate_clustered_exceedances(1, 1, 0.95, 1.0, seed=5)
