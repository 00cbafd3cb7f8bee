"""SPAN, grid, fixed and TIMS through a declaration and the engine: published examples, curves."""

from itertools import pairwise

import numpy as np
import pytest

from pipeline.margin.declaration import parse_declaration
from pipeline.margin.engine import compute_margins
from pipeline.margin.pricing import black76
from tests.markets import book, day, instruments, market, random_walk

RULES = {
    "model_id": "rules",
    "title": "Rules",
    "version": "1",
    "measure": {"name": "worst_scenario"},
    "tree": {"account": "margins", "offset_group": "margins", "cap_base": "instrument"},
}


def declare(source, table, **changes):
    scenarios = {"source": source, "lookback_days": 5, "mpor_days": [1]}
    return parse_declaration({**RULES, "scenarios": scenarios, source: table, **changes}, "r.toml")


def account_rows(given, rows, model, code=None):
    code = len(given.dates) - 1 if code is None else code
    groups = {p: model.group_of(p) for p in given.instruments["product"].unique()}
    held = book(given, [(code, *row) for row in rows], groups)
    margins = compute_margins(given, held, model, 1, np.array([code])).margins
    return {
        row["account_id"]: row for row in margins.filter(node_level="account").iter_rows(named=True)
    }


# Published scenario losses of one long unit of a future on the S&P 500 (500 USD a point, scan range
# 20 points) and of a call at 410 on it: L. McMillan, Options as a Strategic Investment, ch. 34.
LONG_FUTURE = (
    *(0, 0, -3330, -3330, 3330, 3330, -6670, -6670, 6670, 6670),
    *(-10000, -10000, 10000, 10000, -7000, 7000),
)
LONG_CALL = (
    *(-460, 610, -2640, -1730, 1270, 2340, -5210, -4540, 2540, 3430),
    *(-8060, -7640, 3380, 3990, -3130, 1500),
)


@pytest.fixture
def covered_write():
    listed = instruments(
        F={"multiplier": 500.0},
        C={
            "kind": "option",
            "underlying": "F",
            "product": "F",
            "risk_factor": "F",
            "multiplier": 500.0,
            "strike": 410.0,
            "option_type": "call",
            "expiry_date": day(60),
            "premium_style": "upfront",
        },
    )
    return market(listed, {"F": [420.0] * 30, "C": [15.0] * 30}, {"C": [0.15] * 30})


def test_published_covered_write(covered_write):
    table = {
        "option_value_treatment": "none",
        "risk_arrays": [
            {"instrument": "F", "losses": list(LONG_FUTURE)},
            {"instrument": "C", "losses": list(LONG_CALL), "delta": 0.6},
        ],
    }
    got = account_rows(
        covered_write,
        [
            ("future", "F", 1),
            ("call", "C", 1),
            ("writer", "C", -1),
            ("covered", "F", 1),
            ("covered", "C", -1),
        ],
        declare("span", table, volatility={"warm_up_days": 5}),
    )
    assert got["future"]["netted_margin_amount"] == 10_000
    assert got["call"]["netted_margin_amount"] == 3_990
    assert got["writer"]["netted_margin_amount"] == 8_060
    row = got["covered"]
    assert row["netted_margin_amount"] == 6_620
    assert row["standalone_margin_amount"] == 18_060
    assert row["capped_margin_amount"] == pytest.approx(8_908, abs=1e-9)
    assert row["cap_base_margin_amount"] == 18_060


def test_portfolio_margin_vectors_of_a_perpetual_and_its_coin():
    """Published unit tests of Derive's portfolio margin: value less requirement, truncated.

    Spot 2000, perpetual at 2001, 15 % either way, static contingency 2.5 % of spot, initial factor
    1.3.
    """
    listed = instruments(
        ETH={"kind": "spot", "product": "ETH"},
        PERP={"kind": "perpetual", "product": "ETH", "risk_factor": "ETH"},
    )
    given = market(listed, {"ETH": [2000.0] * 10, "PERP": [2001.0] * 10})
    model = declare(
        "grid", {"price_moves": [-0.15, 0.0, 0.15], "position_rate": 0.025}, initial_factor=1.3
    )
    got = account_rows(
        given,
        [
            ("long", "PERP", 1),
            ("short", "PERP", -1),
            ("coin", "ETH", 1),
            ("both", "ETH", 1),
            ("both", "PERP", -1),
        ],
        model,
    )
    # Gain of the perpetual since entry at 2000 or 2005, and the value of the coin.
    worth = {"long": 1.0, "short": 4.0, "coin": 2000.0, "both": 2004.0}
    published = {
        "long": (-349, -454),
        "short": (-346, -451),
        "coin": (1650, 1545),
        "both": (1903, 1873),
    }
    for account, (maintenance, initial) in published.items():
        row = got[account]
        # The initial margin is a multiple of the uncapped risk.
        risk = row["netted_margin_amount"]
        assert int(worth[account] - risk) == maintenance
        assert int(worth[account] - 1.3 * risk) == initial
    both = got["both"]
    assert both["netted_margin_amount"] == pytest.approx(100.15)
    assert both["standalone_margin_amount"] == pytest.approx(700.15)
    assert both["capped_margin_amount"] == pytest.approx(220.15)
    assert both["initial_margin_amount"] == pytest.approx(1.3 * 220.15)


def test_span_revalues_options_over_price_and_volatility():
    """The sixteen scenarios of a straddle against a scalar loop over Black-76."""
    listed = instruments(
        U={"multiplier": 50.0},
        **{
            name: {
                "kind": "option",
                "underlying": "U",
                "product": "U",
                "risk_factor": "U",
                "multiplier": 50.0,
                "strike": 100.0,
                "option_type": kind,
                "expiry_date": day(109),
            }
            for name, kind in (("C", "call"), ("P", "put"))
        },
    )
    walk = random_walk(3, 60, step=0.03)  # so that the volatility range is above its floor
    given = market(
        listed, {"U": walk, "C": [5.0] * 60, "P": [5.0] * 60}, {"C": [0.2] * 60, "P": [0.25] * 60}
    )
    table = {
        "price_range": {"deviations": 6.0, "horizon_days": 2.0, "floor_pct": 0.0},
        "option_value_treatment": "none",
    }
    model = declare("span", table, volatility={"decay": 0.9, "warm_up_days": 10})
    got = account_rows(given, [("acc", "C", -2), ("acc", "P", -2), ("acc", "U", 1)], model)["acc"]
    moves = np.diff(np.log(walk))
    variance = float(np.mean(moves[:10] ** 2))
    for move in moves[10:]:
        variance = 0.9 * variance + 0.1 * move**2
    sigma = variance**0.5
    price, years = walk[-1], 50 / 365
    reach = price * 6 * sigma * 2**0.5
    swing = max(0.25 * sigma * 252**0.5, 0.04)
    losses = []
    for step, side in [(s, v) for s in (0, 1, -1, 2, -2, 3, -3) for v in (1, -1)] + [
        (6, 0),
        (-6, 0),
    ]:
        moved = price + step / 3 * reach
        loss = -50.0 * (moved - price)
        for vol, is_call in ((0.2, True), (0.25, False)):
            now = black76(price, 100.0, years, vol, is_call)
            then = black76(moved, 100.0, years - 1 / 365, vol + side * swing, is_call)
            loss += 2 * 50.0 * float(then - now)
        losses.append(loss * (0.35 if side == 0 else 1.0))
    assert got["netted_margin_amount"] == pytest.approx(max(losses), rel=1e-9)


def test_a_range_reads_no_price_after_the_date():
    table = {"price_range": {"deviations": 6.0, "horizon_days": 2.0}}
    model = declare("fixed", table, volatility={"warm_up_days": 10})
    walk = random_walk(5, 60)
    long = market(instruments(X={}), {"X": [*walk, 500.0, 1.0]})
    short = market(instruments(X={}), {"X": walk})
    rows = [("acc", "X", 1)]
    early = account_rows(short, rows, model)["acc"]["netted_margin_amount"]
    assert account_rows(long, rows, model, code=59)["acc"]["netted_margin_amount"] == early
    assert early > 0


def test_an_account_without_enough_history_is_excluded_with_its_reason():
    given = market(instruments(X={}), {"X": [1.0, 2.0, 3.0]})
    model = declare("span", {})
    held = book(given, [(2, "acc", "X", 1)])
    result = compute_margins(given, held, model, 1, np.array([2]))
    assert result.margins.is_empty()
    assert result.excluded["reason"].to_list() == [
        "history too short: 2 of 5 moves of the least known risk factor"
    ]


def test_a_price_below_zero_has_a_range_in_amounts():
    given = market(instruments(OIL={"multiplier": 1000.0}), {"OIL": [10.0 - t for t in range(30)]})
    table = {"price_range": {"deviations": 6.0, "horizon_days": 1.0}, "extreme_cover_fraction": 0.0}
    model = declare("span", table, volatility={"warm_up_days": 10})
    got = account_rows(given, [("acc", "OIL", 1)], model)["acc"]
    assert got["netted_margin_amount"] == pytest.approx(6 * 1.0 * 1000)


def test_a_price_that_was_below_zero_in_the_lookback_has_a_range_in_amounts():
    prices = [5.0 if t % 2 else 4.0 for t in range(60)]
    prices[40] = -1.0
    given = market(instruments(OIL={}), {"OIL": prices})
    table = {"price_range": {"deviations": 1.0, "horizon_days": 1.0}}
    ratios = np.array([np.log(b / a) for a, b in pairwise(prices) if a > 0 and b > 0])
    # With 30 dates the window holds the price below zero, with 10 it does not.
    for lookback, moves, scale in ((30, np.diff(prices), 1.0), (10, ratios, prices[-1])):
        model = declare(
            "fixed",
            table,
            scenarios={"source": "fixed", "lookback_days": lookback, "mpor_days": [1]},
            volatility={"decay": 0.9, "warm_up_days": 10},
        )
        got = account_rows(given, [("acc", "OIL", 1)], model)["acc"]["netted_margin_amount"]
        variance = float(np.mean(moves[:10] ** 2))
        for move in moves[10:]:
            variance = 0.9 * variance + 0.1 * move**2
        assert got == pytest.approx(scale * variance**0.5, rel=1e-9)


def test_inverse_contracts_value_their_coin_at_the_moved_price():
    listed = instruments(
        BTC={"kind": "perpetual", "settlement": "inverse", "multiplier": 100.0},
        OPT={
            "kind": "option",
            "underlying": "BTC",
            "product": "BTC",
            "risk_factor": "BTC",
            "settlement": "inverse",
            "strike": 40_000.0,
            "option_type": "call",
            "expiry_date": day(40),
        },
    )
    given = market(listed, {"BTC": [50_000.0] * 10, "OPT": [0.21] * 10}, {"OPT": [0.6] * 10})
    years = 31 / 365
    now = float(black76(50_000.0, 40_000.0, years, 0.6, True))
    coins = {
        m: float(black76(50_000.0 * (1 + m), 40_000.0, years, 0.6, True)) / (50_000.0 * (1 + m))
        for m in (-0.1, 0.1)
    }
    losses = [(now / 50_000.0 - coins[m]) * 50_000.0 * (1 + m) for m in coins]
    tims = declare("tims", {"range_down_pct": 10.0, "range_up_pct": 10.0})
    grid = declare("grid", {"price_moves": [-0.1, 0.0, 0.1]})
    span = declare(
        "span",
        {
            "price_range": {"floor_pct": 10.0},
            "volatility_fraction": 0.0,
            "volatility_floor": 0.0,
            "look_ahead_days": 0.0,
            "extreme_cover_fraction": 0.0,
            "option_value_treatment": "none",
        },
        volatility={"warm_up_days": 3},
    )
    for model in (tims, grid, span):
        got = account_rows(given, [("perp", "BTC", -7), ("opt", "OPT", 2)], model)
        assert got["perp"]["netted_margin_amount"] == pytest.approx(7 * 100.0 * 0.1)
        assert got["opt"]["netted_margin_amount"] == pytest.approx(2 * max(losses), rel=1e-9)
