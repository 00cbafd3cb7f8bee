"""Margins of whole days against a scalar recomputation, and golden portfolios."""

import math

import numpy as np
import polars as pl
import pytest

from pipeline.margin import risk_arrays, scenario_model
from pipeline.margin.declaration import parse_declaration
from pipeline.margin.engine import compute_margins
from pipeline.margin.shocks import compute_shocks
from tests.margin import oracle
from tests.markets import NO_RATES, book, day, instruments, market, random_walk

MODEL = {
    "model_id": "test",
    "title": "Test",
    "version": "1",
    "scenarios": {"source": "historical", "lookback_days": 40, "mpor_days": [2]},
    "measure": {"name": "expected_shortfall", "confidence_pct": 97.5},
}


def black_76(forward, strike, years, volatility, is_call):
    def normal(x):
        return 0.5 * math.erfc(-x / math.sqrt(2))

    deviation = volatility * math.sqrt(years)
    d1 = math.log(forward / strike) / deviation + deviation / 2
    d2 = d1 - deviation
    call = forward * normal(d1) - strike * normal(d2)
    return call if is_call else call - forward + strike


def declare(**changes):
    return parse_declaration({**MODEL, **changes}, "test.toml")


@pytest.fixture
def two_products():
    listed = instruments(A={"multiplier": 50.0}, B={"multiplier": 20.0})
    return market(listed, {"A": random_walk(1, 60), "B": random_walk(2, 60)})


def test_linear_portfolio_against_the_oracle(two_products):
    held = book(two_products, [(59, "acc", "A", 3), (59, "acc", "B", -7)])
    got = compute_margins(two_products, held, declare(), 2, np.array([59])).margins
    a, b = two_products.price.T
    losses = [
        [-50.0 * a[59] * (a[t] / a[t - 2] - 1) for t in range(20, 60)],
        [-20.0 * b[59] * (b[t] / b[t - 2] - 1) for t in range(20, 60)],
    ]
    standalone, netted, capped = oracle.account_margin(
        [(0, 0, 0, 3.0), (1, 1, 1, -7.0)], losses, "expected_shortfall", 97.5, 0.8, "product"
    )
    row = got.filter(node_level="account").row(0, named=True)
    assert row["standalone_margin_amount"] == pytest.approx(standalone, rel=1e-10)
    assert row["netted_margin_amount"] == pytest.approx(netted, rel=1e-10)
    assert row["capped_margin_amount"] == pytest.approx(capped, rel=1e-10)
    assert row["business_date"] == day(59)
    assert set(got["node_level"]) == {"product", "offset_group", "account"}


def test_covered_call_is_repriced_in_full_under_price_and_volatility():
    vols = list(np.abs(np.random.default_rng(5).normal(0.2, 0.02, size=60)))
    listed = instruments(
        U={"multiplier": 50.0},
        C={
            "kind": "option",
            "underlying": "U",
            "product": "U",
            "risk_factor": "U",
            "multiplier": 50.0,
            "strike": 100.0,
            "option_type": "call",
            "expiry_date": day(89),
        },
    )
    prices = random_walk(3, 60)
    given = market(listed, {"U": prices, "C": [5.0] * 60}, {"C": vols})
    held = book(given, [(59, "writer", "U", 1), (59, "writer", "C", -1)])
    got = compute_margins(given, held, declare(), 2, np.array([59])).margins
    p, v = prices[59], vols[59]
    years = 30 / 365
    now = black_76(p, 100.0, years, v, is_call=True)
    losses = []
    for t in range(20, 60):
        shocked = p * prices[t] / prices[t - 2]
        later = black_76(shocked, 100.0, years - 2 / 252, v * vols[t] / vols[t - 2], is_call=True)
        losses.append(-50.0 * (shocked - p) + 50.0 * (later - now))
    expected = oracle.measure(losses, "expected_shortfall", 97.5)
    row = got.filter(node_level="account").row(0, named=True)
    assert row["netted_margin_amount"] == pytest.approx(expected, rel=1e-9)
    assert row["standalone_margin_amount"] > row["netted_margin_amount"]


def test_inverse_future_pays_in_coin_valued_at_the_shocked_price():
    prices = random_walk(4, 60, start=20000.0, step=0.04)
    given = market(
        instruments(P={"settlement": "inverse", "multiplier": 10.0, "kind": "perpetual"}),
        {"P": prices},
    )
    held = book(given, [(59, "short", "P", -100)])
    got = compute_margins(given, held, declare(), 2, np.array([59])).margins
    p = prices[59]
    losses = []
    for t in range(20, 60):
        shocked = p * prices[t] / prices[t - 2]
        losses.append(100 * 10.0 * (1 / p - 1 / shocked) * shocked)
    expected = oracle.measure(losses, "expected_shortfall", 97.5)
    row = got.filter(node_level="account").row(0, named=True)
    assert row["netted_margin_amount"] == pytest.approx(expected, rel=1e-9)


def test_a_factor_below_zero_is_moved_by_amounts():
    prices = [20.0 - 0.5 * t for t in range(60)]  # ends at -9.5, falls by one over two days
    given = market(instruments(OIL={"multiplier": 1000.0}), {"OIL": prices})
    held = book(given, [(59, "long", "OIL", 1)])
    row = compute_margins(given, held, declare(), 2, np.array([59])).margins.row(0, named=True)
    assert row["netted_margin_amount"] == pytest.approx(1000.0)


def test_a_short_history_is_an_exclusion_with_its_reason_and_no_margin():
    given = market(instruments(X={}), {"X": random_walk(1, 20)})
    held = book(given, [(19, "acc", "X", 1)])
    result = compute_margins(given, held, declare(), 2, np.array([19]))
    assert len(result.margins) == 0
    assert result.excluded.row(0) == (
        day(19),
        "acc",
        "history too short: 18 of 40 moves of the least known risk factor",
    )


def test_one_account_with_a_new_instrument_does_not_take_the_others_down():
    listed = instruments(OLD={}, NEW={})
    given = market(listed, {"OLD": random_walk(1, 60), "NEW": [None] * 50 + [5.0] * 10})
    held = book(given, [(59, "old", "OLD", 1), (59, "both", "OLD", 1), (59, "both", "NEW", 1)])
    result = compute_margins(given, held, declare(), 2, np.array([59]))
    assert result.margins["account_id"].unique().to_list() == ["old"]
    assert result.excluded["account_id"].to_list() == ["both"]


def test_an_account_and_its_mirror_share_the_scenarios_with_opposite_signs(two_products):
    held = book(
        two_products,
        [(59, "one", "A", 3), (59, "one", "B", -7), (59, "two", "A", -3), (59, "two", "B", 7)],
    )
    model = declare(measure={"name": "worst_scenario"})
    got = compute_margins(two_products, held, model, 2, np.array([59])).margins
    a, b = two_products.price.T
    moves = [
        -150.0 * a[59] * (a[t] / a[t - 2] - 1) + 140.0 * b[59] * (b[t] / b[t - 2] - 1)
        for t in range(20, 60)
    ]
    netted = got.filter(node_level="account").sort("account_id")["netted_margin_amount"]
    assert netted.to_list() == pytest.approx([max(moves), -min(moves)])


def test_dates_computed_together_equal_dates_computed_alone(two_products):
    rows = [(t, "acc", i, q) for t in (50, 55, 59) for i, q in (("A", 2), ("B", -3))]
    held = book(two_products, rows)
    together = compute_margins(two_products, held, declare(), 2, np.array([50, 55, 59])).margins
    alone = [
        compute_margins(two_products, held, declare(), 2, np.array([t])).margins
        for t in (50, 55, 59)
    ]
    assert together.equals(alone[0].vstack(alone[1]).vstack(alone[2]))


def test_a_spot_holding_in_a_foreign_currency_needs_margin_for_the_rate():
    rate = random_walk(8, 60, start=1.1)
    rates = pl.DataFrame(
        {"business_date": [day(t) for t in range(60)], "currency": ["EUR"] * 60, "rate": rate},
        schema=NO_RATES.schema,
    )
    given = market(
        instruments(S={"kind": "spot", "currency": "EUR"}), {"S": [100.0] * 60}, rates=rates
    )
    held = book(given, [(59, "holder", "S", 1000)])
    row = compute_margins(given, held, declare(), 2, np.array([59])).margins.row(0, named=True)
    losses = [-100_000.0 * (rate[59] * rate[t] / rate[t - 2] - rate[59]) for t in range(20, 60)]
    expected = oracle.measure(losses, "expected_shortfall", 97.5)
    assert expected > 0
    assert row["netted_margin_amount"] == pytest.approx(expected, rel=1e-9)


def test_what_another_account_holds_never_changes_the_margin_of_an_account():
    thin = [value if t % 3 == 0 else None for t, value in enumerate(random_walk(3, 150))]
    given = market(instruments(A={}, THIN={}), {"A": random_walk(1, 150), "THIN": thin})
    alone = book(given, [(147, "one", "A", 1)])
    beside = book(given, [(147, "one", "A", 1), (147, "two", "THIN", 1), (147, "two", "A", 1)])
    model = declare()
    first = compute_margins(given, alone, model, 2, np.array([147])).margins
    second = compute_margins(given, beside, model, 2, np.array([147])).margins
    assert second["account_id"].unique().sort().to_list() == ["one", "two"]
    assert second.filter(account_id="one").equals(first)


def test_a_market_that_is_open_every_day_leaves_the_margin_of_another_alone():
    week = [100.0 * (1.1 if (t // 7) % 2 else 1.0) for t in range(350)]
    equity = [value if t % 7 < 5 else None for t, value in enumerate(week)]
    alone = market(instruments(EQUITY={}), {"EQUITY": equity})
    beside = market(
        instruments(EQUITY={}, COIN={}), {"EQUITY": equity, "COIN": random_walk(2, 350)}
    )
    model = declare(scenarios={"source": "historical", "lookback_days": 100, "mpor_days": [1]})
    rows = [(347, "holder", "EQUITY", 1)]
    margins = []
    for given in (alone, beside):
        code = int(np.searchsorted(given.dates, np.datetime64(day(347))))
        got = compute_margins(given, book(given, rows), model, 1, np.array([code])).margins
        margins.append(got["netted_margin_amount"].to_list())
    assert margins[0] == margins[1]
    assert margins[0][0] > 5.0, "the jump over the closed days is in the scenarios"


def test_the_number_of_instruments_repriced_at_once_leaves_no_trace(monkeypatch):
    listed = instruments(
        U={"multiplier": 50.0},
        C={
            "kind": "option",
            "underlying": "U",
            "product": "U",
            "risk_factor": "U",
            "strike": 100.0,
            "option_type": "put",
            "expiry_date": day(89),
        },
        P={"settlement": "inverse", "multiplier": 10.0, "kind": "perpetual"},
        W={},
    )
    series = {
        "U": random_walk(1, 60),
        "C": [5.0] * 60,
        "P": random_walk(2, 60),
        "W": [20.0 - 0.5 * t for t in range(60)],
    }
    given = market(listed, series, {"C": [0.2 + 0.01 * (t % 7) for t in range(60)]})
    held = book(given, [(59, "acc", name, quantity) for quantity, name in enumerate("UCPW", 2)])
    whole = compute_margins(given, held, declare(), 2, np.array([59])).margins
    monkeypatch.setattr(risk_arrays, "BLOCK_INSTRUMENTS", 1)
    parts = compute_margins(given, held, declare(), 2, np.array([59])).margins
    assert whole.equals(parts)
    assert whole.filter(node_level="account")["netted_margin_amount"][0] > 0


def test_what_dates_share_is_computed_once(monkeypatch, two_products):
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return compute_shocks(*arguments)

    monkeypatch.setattr(scenario_model, "compute_shocks", counted)
    held = book(two_products, [(t, "acc", "A", 1) for t in (50, 55, 59)])
    result = compute_margins(two_products, held, declare(), 2, np.array([50, 55, 59]))
    assert len(calls) == 1
    assert result.margins["business_date"].n_unique() == 3
