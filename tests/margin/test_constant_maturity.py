"""Constant maturities of a curve: weights, same contracts, no look-ahead, no jump at a roll."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.margin.constant_maturity import constant_maturity_moves, nearest_maturity
from pipeline.margin.declaration import parse_declaration
from pipeline.margin.engine import compute_margins
from pipeline.margin.shocks import compute_shocks
from tests.markets import book, day, instruments, market

MONTHS = [30, 60, 90, 120]


def curve(expiries=MONTHS, **terms):
    return instruments(
        **{
            f"M{number}": {
                "product": "CL",
                "risk_factor": "CL",
                "expiry_date": day(expiry),
                **terms,
            }
            for number, expiry in enumerate(expiries, 1)
        }
    )


def scalar_move(prices, expiries, start, end, maturity):
    """Start and end value of one maturity, by hand."""
    alive = [
        (expiry - start, column)
        for column, expiry in enumerate(expiries)
        if expiry >= start and not np.isnan(prices[start][column])
    ]
    before = [pair for pair in alive if pair[0] <= maturity]
    after = [pair for pair in alive if pair[0] > maturity]
    if not alive:
        return np.nan, np.nan
    low = max(before) if before else min(after)
    high = min(after) if after else low
    weight = (maturity - low[0]) / (high[0] - low[0]) if high[0] > low[0] else 0.0
    return tuple(
        (1 - weight) * prices[row][low[1]] + weight * prices[row][high[1]] for row in (start, end)
    )


@given(
    seed=st.integers(0, 1000),
    maturity=st.integers(1, 150),
    horizon=st.integers(1, 5),
    gaps=st.booleans(),
)
def test_moves_against_a_scalar_loop(seed, maturity, horizon, gaps):
    rng = np.random.default_rng(seed)
    expiries = np.sort(rng.choice(np.arange(5, 140), size=4, replace=False))
    prices = rng.normal(50.0, 20.0, size=(40, 4))
    if gaps:
        prices[rng.random(prices.shape) < 0.2] = np.nan
    dates = np.array([day(t) for t in range(40)], dtype="datetime64[D]")
    expiry = np.array([day(int(t)) for t in expiries], dtype="datetime64[D]")
    start, end = constant_maturity_moves(prices, prices, expiry, dates, (maturity,), horizon)
    assert np.isnan(start[0, :horizon]).all()
    for t in range(horizon, 40):
        expected = scalar_move(prices, expiries, t - horizon, t, maturity)
        assert (start[0, t], end[0, t]) == pytest.approx(expected, nan_ok=True)


def test_a_steep_curve_that_stands_still_does_not_move_at_a_roll():
    prices = {f"M{n}": [40.0 + 10.0 * n] * 50 for n in range(1, 5)}
    moves = compute_shocks(market(curve(), prices), 2, maturity_days=(45, 75))
    assert moves.series.names == ("CL@45d", "CL@75d")
    assert np.nanmax(np.abs(moves.absolute_move)) == 0.0
    assert moves.present[2:].all()


def test_contracts_belong_to_the_nearest_maturity_until_they_expire():
    expiry = np.array([day(10), day(45), day(46), day(300)], dtype="datetime64[D]")
    dates = np.array([day(0), day(10), day(11)], dtype="datetime64[D]")
    got = nearest_maturity(expiry, dates, (30, 60, 90))
    assert got.tolist() == [[0, 0, 1, 2], [0, 0, 0, 2], [-1, 0, 0, 2]]


def test_a_model_on_constant_maturities_margins_a_calendar_spread():
    rng = np.random.default_rng(1)
    level = 50.0 + np.cumsum(rng.normal(size=60))
    prices = {f"M{n}": list(level + n) for n in range(1, 5)}
    given_market = market(curve([80, 110, 140, 170], multiplier=1000.0), prices)
    model = parse_declaration(
        {
            "model_id": "curve",
            "title": "Curve",
            "version": "1",
            "scenarios": {
                "source": "historical",
                "lookback_days": 40,
                "mpor_days": [1],
                "default_shock": "absolute",
                "maturity_days": [30, 60, 90],
            },
            "measure": {"name": "worst_scenario"},
        },
        "curve.toml",
    )
    rows = [(59, "spread", "M1", 1), (59, "spread", "M2", -1), (59, "long", "M1", 1)]
    got = compute_margins(given_market, book(given_market, rows), model, 1, np.array([59])).margins
    netted = dict(
        got.filter(node_level="account").select("account_id", "netted_margin_amount").rows()
    )
    worst = -1000.0 * np.diff(level)[-40:].min()
    assert netted["long"] == pytest.approx(worst)
    assert netted["spread"] == pytest.approx(0.0, abs=1e-6)


def test_later_prices_change_no_earlier_move():
    rng = np.random.default_rng(2)
    series = {f"M{n}": list(50 + np.cumsum(rng.normal(size=60))) for n in range(1, 5)}
    cut = {name: values[:40] for name, values in series.items()}
    late = compute_shocks(market(curve(), series), 2, maturity_days=(20, 70))
    early = compute_shocks(market(curve(), cut), 2, maturity_days=(20, 70))
    assert np.array_equal(early.absolute_move, late.absolute_move[:40], equal_nan=True)
