"""Filtered scenarios, stress periods, the gate and the procyclicality tools through the engine."""

import math
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from pipeline.margin.declaration import parse_declaration
from pipeline.margin.engine import compute_margins
from tests.margin import oracle
from tests.markets import book, day, instruments, market, random_walk

MODEL = {
    "model_id": "test",
    "title": "Test",
    "version": "1",
    "scenarios": {"source": "filtered", "lookback_days": 40, "mpor_days": [2]},
    "measure": {"name": "expected_shortfall", "confidence_pct": 97.5},
    "volatility": {"decay": 0.9, "warm_up_days": 10, "ratio_floor": 0.6, "ratio_cap": 1.8},
}
GROUP = {
    "id": "pair",
    "products": ["A", "B"],
    "rationale": "test",
    "default_fund": "fund",
    "stress_test": "none",
}
PERIOD = {"id": "early", "first_date": day(20), "last_date": day(50)}


def declare(**changes):
    document = {**MODEL}
    for name, value in changes.items():
        inner = isinstance(value, dict) and isinstance(document.get(name), dict)
        document[name] = {**document[name], **value} if inner else value
    return parse_declaration(document, "test.toml")


def margin(given, rows, model, code, mpor_days=2):
    groups = {p: model.group_of(p) for p in given.instruments["product"].unique()}
    held = book(given, [(code, *row) for row in rows], groups)
    return compute_margins(given, held, model, mpor_days, np.array([code]))


def account_row(result):
    return result.margins.filter(node_level="account").row(0, named=True)


def ewma(moves, decay, warm_up):
    """Forecast for each move from those before it, None during the warm-up."""
    variance = sum(m * m for m in moves[:warm_up]) / warm_up
    scale = [None] * warm_up
    for move in moves[warm_up:]:
        scale.append(math.sqrt(variance))
        variance = decay * variance + (1 - decay) * move * move
    return [*scale, math.sqrt(variance)]


def filtered_losses(prices, quantity, last, horizon=2, lookback=40):
    """Scalar filtered simulation; row t of the moves ends at date t."""
    moves = [math.log(b / a) for a, b in pairwise(prices)][:last]
    scale = ewma(moves, 0.9, 10)  # scale[k] is the forecast for the move that ends at date k + 1
    now = scale[last]
    losses = []
    for end in range(last - lookback + 1, last + 1):
        before = scale[end - horizon]  # forecast made before the window's first move
        ratio = min(max(now / before, 0.6), 1.8)
        move = math.log(prices[end] / prices[end - horizon]) * ratio
        losses.append(-quantity * prices[last] * (math.exp(move) - 1))
    return losses


def test_filtered_simulation_against_a_scalar_loop():
    a, b = random_walk(1, 90), random_walk(2, 90, step=0.02)
    given = market(instruments(A={"multiplier": 50.0}, B={"multiplier": 20.0}), {"A": a, "B": b})
    row = account_row(margin(given, [("acc", "A", 3), ("acc", "B", -7)], declare(), 85))
    losses = [filtered_losses(a, 150.0, 85), filtered_losses(b, -140.0, 85)]
    joint = [x + y for x, y in zip(*losses, strict=True)]
    alone = sum(oracle.measure(one, "expected_shortfall", 97.5) for one in losses)
    assert row["netted_margin_amount"] == pytest.approx(
        oracle.measure(joint, "expected_shortfall", 97.5), rel=1e-9
    )
    assert row["standalone_margin_amount"] == pytest.approx(alone, rel=1e-9)


def test_a_filter_that_never_rescales_is_historical_simulation():
    given = market(instruments(A={}), {"A": random_walk(1, 90)})
    rows = [("acc", "A", 3)]
    flat = declare(volatility={"ratio_floor": 1.0, "ratio_cap": 1.0})
    plain = declare(scenarios={"source": "historical"})
    got = account_row(margin(given, rows, flat, 85))["netted_margin_amount"]
    expected = account_row(margin(given, rows, plain, 85))["netted_margin_amount"]
    assert got == pytest.approx(expected, rel=1e-12)


def test_filtered_moves_of_a_price_below_zero_are_amounts():
    prices = [20.0 - 0.5 * t for t in range(80)]
    given = market(instruments(OIL={"multiplier": 1000.0}), {"OIL": prices})
    row = account_row(margin(given, [("acc", "OIL", 1)], declare(), 79))
    assert row["netted_margin_amount"] == pytest.approx(1000.0)  # one down over two days, unscaled


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"stress": {"periods": [PERIOD], "mixed_in": True}},
        {"stress": {"periods": [PERIOD]}, "procyclicality": {"stress_weight": 0.3}},
        {"procyclicality": {"floor_years": 1.0}},
        {"procyclicality": {"buffer": 0.25, "buffer_anchors": 3, "buffer_anchor_days": 5}},
        {
            "stress": {"periods": [PERIOD]},
            "gate": {"threshold": 0.2, "minimum_observations": 10},
            "tree": {"account": "margins"},
            "offset_groups": [GROUP],
        },
    ],
    ids=["filter", "mixed", "weight", "floor", "buffer", "gate"],
)
def test_no_rule_reads_a_price_after_the_date(changes):
    a, b = random_walk(1, 80), random_walk(2, 80)
    wild = [100.0 * (1.5 if t % 2 else 0.4) for t in range(20)]
    listed = instruments(A={}, B={})
    short = market(listed, {"A": a, "B": b})
    long = market(listed, {"A": a + wild, "B": b + wild[::-1]})
    rows, model = [("acc", "A", 2), ("acc", "B", -3)], declare(**changes)
    known, more = margin(short, rows, model, 79), margin(long, rows, model, 79)
    assert known.margins.equals(more.margins)
    assert known.rules.equals(more.rules)


def test_a_stress_period_in_progress_counts_up_to_the_date_only():
    prices = [*random_walk(1, 60), 50.0, 90.0, 40.0]
    given = market(instruments(A={}), {"A": prices})
    period = {"id": "now", "first_date": day(58), "last_date": day(200)}
    model = declare(
        scenarios={"source": "historical", "mpor_days": [1], "lookback_days": 20},
        measure={"name": "worst_scenario"},
        stress={"periods": [period]},
        procyclicality={"stress_weight": 1.0},
    )
    before = margin(given, [("acc", "A", 1)], model, 57, 1)
    assert before.rules.row(0, named=True)["reason"] == "no stressed move is known yet"
    assert account_row(before)["addon_amount"] == 0.0
    during = account_row(margin(given, [("acc", "A", 1)], model, 60, 1))
    assert during["maintenance_margin_amount"] == pytest.approx(50.0 * (1 - 50.0 / prices[59]))


def test_the_gate_reports_the_values_behind_its_decision():
    a = np.array(random_walk(1, 120))
    b = a * np.array(random_walk(2, 120, start=1.0, step=0.004))
    given = market(instruments(A={}, B={}), {"A": list(a), "B": list(b)})
    rows = [("acc", "A", 2), ("acc", "B", -2)]
    shared = {
        "scenarios": {"source": "historical", "mpor_days": [1], "lookback_days": 60},
        "tree": {"account": "margins"},
        "offset_groups": [GROUP],
        "stress": {"periods": [PERIOD]},
    }
    moves = np.diff(np.log(np.column_stack([a, b])), axis=0)
    expected = np.corrcoef(moves[-60:].T)[0, 1], np.corrcoef(moves[19:50].T)[0, 1]
    for threshold, counts in ((min(expected) - 0.01, True), (min(expected) + 0.01, False)):
        model = declare(**shared, gate={"threshold": threshold, "minimum_observations": 20})
        result = margin(given, rows, model, 119, 1)
        status = result.rules.row(0, named=True)
        assert status["rule"] == "correlation_gate"
        assert status["subject"] == "pair"
        assert (status["rule_value"], status["stress_value"]) == pytest.approx(expected)
        assert (status["observations"], status["stress_observations"]) == (60, 31)
        assert status["is_in_force"] is counts
        assert bool(status["reason"]) is not counts
        row = account_row(result)
        nets = row["netted_margin_amount"] < 0.9 * row["standalone_margin_amount"]
        assert nets is counts


def test_one_refused_group_leaves_the_others_alone():
    a = np.array(random_walk(1, 80))
    noise = random_walk(9, 80)
    given = market(
        instruments(A={}, B={}, C={}, D={}),
        {"A": list(a), "B": noise, "C": list(a), "D": list(2 * a)},
    )
    other = {**GROUP, "id": "twins", "products": ["C", "D"]}
    model = declare(
        scenarios={"source": "historical", "mpor_days": [1]},
        tree={"account": "margins"},
        offset_groups=[GROUP, other],
        stress={"periods": [PERIOD]},
        gate={"threshold": 0.6, "minimum_observations": 20},
    )
    held = [("acc", "A", 2), ("acc", "B", -2), ("acc", "C", 2), ("acc", "D", -1)]
    rows = margin(given, held, model, 79, 1).margins.filter(node_level="offset_group")
    by_group = {row["node_id"]: row for row in rows.iter_rows(named=True)}
    assert by_group["pair"]["offset_credit_amount"] == pytest.approx(0.0, abs=1e-9)
    assert by_group["twins"]["netted_margin_amount"] == pytest.approx(0.0, abs=1e-9)


def test_products_on_one_risk_factor_need_no_dependence():
    given = market(
        instruments(A={"kind": "spot"}, B={"kind": "perpetual", "risk_factor": "A"}),
        {"A": random_walk(1, 80), "B": random_walk(1, 80)},
    )
    model = declare(
        scenarios={"source": "historical", "mpor_days": [1]},
        tree={"account": "margins"},
        offset_groups=[GROUP],
        stress={"periods": [PERIOD]},
        gate={"threshold": 0.99},
    )
    result = margin(given, [("acc", "A", 1), ("acc", "B", -1)], model, 79, 1)
    assert result.rules["is_in_force"].to_list() == [True]
    assert account_row(result)["netted_margin_amount"] == pytest.approx(0.0, abs=1e-9)


def test_a_floor_of_ten_years_is_called_so_only_with_ten_years_of_prices():
    length = 3660
    given = market(instruments(A={}), {"A": random_walk(1, length)})
    model = declare(
        scenarios={"source": "historical", "mpor_days": [1]},
        procyclicality={"floor_years": 10.0},
    )
    labels = {
        code: margin(given, [("acc", "A", 1)], model, code, 1).rules["label"][0]
        for code in (3000, length - 1)
    }
    assert labels == {3000: "short_history", length - 1: "ten_year"}
    five = declare(
        scenarios={"source": "historical", "mpor_days": [1]}, procyclicality={"floor_years": 5.0}
    )
    assert (
        margin(given, [("acc", "A", 1)], five, length - 1, 1).rules["label"][0] == "short_history"
    )


def test_initial_factor_grows_while_a_stablecoin_is_off_its_peg():
    listed = instruments(A={}, USDC={"kind": "spot"})
    given = market(listed, {"A": random_walk(1, 60), "USDC": [1.0] * 59 + [0.9]})
    collateral = {
        "pegged_assets": [{"asset": "usdc", "instrument": "USDC"}],
        "peg_threshold": 0.99,
        "depeg_initial_factor": 4.0,
    }
    model = declare(
        scenarios={"source": "historical", "mpor_days": [1]},
        initial_factor=1.25,
        collateral=collateral,
    )
    ratios = []
    for code in (58, 59):
        row = account_row(margin(given, [("acc", "A", 1)], model, code, 1))
        ratios.append(row["initial_margin_amount"] / row["maintenance_margin_amount"])
    assert ratios == pytest.approx([1.25, 1.25 + 4 * 0.09])


def test_dates_of_a_period_are_dates():
    assert isinstance(declare(stress={"periods": [PERIOD]}).stress.periods[0].first_date, date)
