"""The tests on real risk forecasts, read from the folder named by MARGINPROOF_REAL_DATA."""

import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.backtest.battery import run_battery
from pipeline.backtest.coverage import kupiec_pof, traffic_light
from pipeline.backtest.expected_shortfall_tests import acerbi_szekely_columns
from pipeline.backtest.independence import count_transitions
from pipeline.backtest.sequences import exceedance_sequences
from pipeline.terms import Decision

from . import oracles

VARIABLE = "MARGINPROOF_REAL_DATA"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not os.environ.get(VARIABLE), reason=f"{VARIABLE} does not name a folder of market data"
    ),
]


@pytest.fixture(scope="module")
def folder():
    return Path(os.environ[VARIABLE]) / "var_backtest"


@pytest.fixture(scope="module")
def expected(folder):
    return json.loads((folder / "expected_results.json").read_text())


@pytest.fixture(scope="module")
def forecasts(folder):
    return pl.read_parquet(folder / "esback_risk_forecasts.parquet").sort("obs")


def losses_and_margin(forecasts):
    """Losses and margins in per cent: both columns are returns, so their sign turns."""
    return -forecasts["ret_pct"].to_numpy(), -forecasts["var_2_5pct"].to_numpy()


def test_published_counts(expected):
    for row in expected["published_matlab_varbacktest"]["rows"]:
        outcome = kupiec_pof(row["x"], row["N"], 1 - row["p"])
        assert outcome.statistic == pytest.approx(row["LR_pof"], abs=5.1e-5)
        assert outcome.p_value == pytest.approx(row["p_pof"], abs=5.1e-6)
    for row in expected["matlab_high_precision_toyserie"]["rows"]:
        outcome = kupiec_pof(row["x"], row["N"], 1 - row["p"])
        assert outcome.statistic == pytest.approx(row["LR_pof"], rel=1e-12)
        assert outcome.p_value == pytest.approx(row["p_pof"], rel=1e-9)
        assert row["LR_pof"] + row["LR_cci"] == pytest.approx(row["LR_cc"], abs=1e-9)
    for x, cumulative in expected["basel_traffic_light_250d_99"].items():
        light = traffic_light(int(x), 250, 0.99)
        assert light.cumulative_probability == pytest.approx(cumulative, rel=1e-12)


def test_historical_simulation_of_the_index(forecasts, expected):
    loss, margin = losses_and_margin(forecasts)
    hits = loss > margin
    figures = expected["computed_here_not_published"]["esback_hs_2_5pct"]
    battery = run_battery(hits, 0.975, margin=margin[None, :])
    kupiec = battery["kupiec_pof"].outcome(0)
    assert (kupiec.observations, kupiec.exceedances) == (figures["N"], figures["x"])
    for test, statistic, p_value in (
        ("kupiec_pof", "LR_pof", "p_pof"),
        ("christoffersen_independence", "LR_ind", "p_ind"),
        ("christoffersen_conditional_coverage", "LR_cc", "p_cc"),
    ):
        outcome = battery[test].outcome(0)
        assert outcome.statistic == pytest.approx(figures[statistic], rel=1e-9)
        assert outcome.p_value == pytest.approx(figures[p_value], rel=1e-7)
        assert outcome.decision is Decision.REJECT
    counts = count_transitions(exceedance_sequences(hits))
    for name in ("n00", "n01", "n10", "n11"):
        assert getattr(counts, name)[0] == figures[name]


def test_the_order_of_real_exceedances_against_the_oracles(forecasts):
    loss, margin = losses_and_margin(forecasts)
    hits = loss > margin
    battery = run_battery(hits, 0.975, margin=margin[None, :])
    shape, ratio = oracles.weibull(hits)
    weibull = battery["duration_weibull"].outcome(0)
    assert weibull.estimate == pytest.approx(shape, rel=1e-5)
    assert weibull.statistic == pytest.approx(ratio, rel=1e-8)
    assert weibull.estimate < 1
    assert weibull.decision is Decision.REJECT
    between = battery["haas_tbfi"].outcome(0)
    assert between.statistic == pytest.approx(oracles.tbfi(hits, 0.025))
    foreseen = battery["dynamic_quantile"].outcome(0)
    statistic, rank = oracles.dynamic_quantile(hits, margin, 0.025)
    assert foreseen.statistic == pytest.approx(statistic, rel=1e-8)
    assert foreseen.degrees_of_freedom == rank


def test_severity_of_real_exceedances(forecasts):
    loss, margin = losses_and_margin(forecasts)
    shortfall = -forecasts["es_2_5pct"].to_numpy()
    hits = loss > margin
    z1, z2 = (
        columns.outcome(0)
        for columns in acerbi_szekely_columns(hits, loss, shortfall, 0.975, seed=1)
    )
    first, second = oracles.acerbi_szekely(loss, shortfall, hits, 0.025)
    assert z1.statistic == pytest.approx(first)
    assert z2.statistic == pytest.approx(second)
    assert z2.decision is Decision.REJECT


def test_thirty_stocks_in_one_pass(folder):
    """Historical simulation over 500 days for 30 stocks: one pass equals series by series."""
    returns = (
        pl.read_parquet(folder / "rugarch_dji30ret.parquet")
        .pivot(on="instrument", index="date", values="log_ret")
        .sort("date")
        .drop("date")
        .to_numpy()
        .T
    )
    loss = -returns[:, :2500]
    windows = np.lib.stride_tricks.sliding_window_view(loss, 500, axis=1)[:, :-1]
    margin = np.maximum(-np.sort(-windows, axis=2)[:, :, 4], 0)
    hits = loss[:, 500:] > margin
    together = run_battery(hits, 0.99, margin=margin)
    assert hits.shape[0] == 30
    for row in range(30):
        alone = run_battery(hits[row], 0.99, margin=margin[row][None, :])
        for mine, single in zip(together.outcomes(row), alone.outcomes(0), strict=True):
            assert mine.decision is single.decision
            if single.statistic is not None:
                assert mine.statistic == pytest.approx(single.statistic, rel=1e-9, abs=1e-9)
        x = int(hits[row].sum())
        assert together["kupiec_pof"].outcome(row).statistic == pytest.approx(
            oracles.kupiec(x, hits.shape[1], 0.01), rel=1e-9
        )
