import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import CheckFailed
from pipeline.margin.shocks import compute_shocks, select_scenarios
from tests.markets import NO_RATES, day, instruments, market


def test_log_moves_run_over_the_horizon_and_overlap():
    shocks = compute_shocks(market(instruments(X={}), {"X": [100.0, 110.0, 121.0, 90.0]}), 2)
    assert np.isnan(shocks.log_move[:2]).all()
    assert shocks.log_move[2:, 0] == pytest.approx([math.log(1.21), math.log(90 / 110)])


def test_a_price_at_or_below_zero_makes_its_window_absolute_and_no_other():
    shocks = compute_shocks(
        market(instruments(X={}), {"X": [20.0, 18.0, -37.0, 10.0, 11.0, 12.0]}), 1
    )
    assert shocks.absolute_move[1:, 0] == pytest.approx([-2.0, -55.0, 47.0, 1.0, 1.0])
    assert not shocks.is_absolute(1, 1)[0]
    assert shocks.is_absolute(1, 2)[0]
    assert shocks.is_absolute(3, 3)[0], "the move back up starts below zero"
    assert not shocks.is_absolute(4, 5)[0]


def test_a_declared_absolute_factor_is_absolute_at_any_price():
    shocks = compute_shocks(
        market(instruments(X={"shock_type": "absolute"}), {"X": [20.0, 21.0, 22.0]}), 1
    )
    assert shocks.is_absolute(1, 2)[0]


def test_nearby_moves_are_of_the_same_contract_so_a_roll_is_no_jump():
    listed = instruments(
        F1={"risk_factor": "F", "product": "F", "expiry_date": day(2)},
        F2={"risk_factor": "F", "product": "F", "expiry_date": day(9)},
    )
    # The second contract stands ten above the first: a naive front series would jump at the roll.
    shocks = compute_shocks(
        market(
            listed,
            {"F1": [100.0, 101.0, 102.0, None, None], "F2": [110.0, 111.0, 112.0, 113.0, 114.0]},
        ),
        1,
    )
    assert shocks.series.names == ("F#1", "F#2")
    front = shocks.log_move[:, 0]
    # The contract that is front on day 2 expires there: it settled at 102, its move is nil.
    assert front[1:] == pytest.approx(
        [math.log(101 / 100), math.log(102 / 101), 0.0, math.log(114 / 113)]
    )
    assert shocks.series.factor_of[:, 0].tolist() == [0, 0, 0, -1, -1]
    assert shocks.series.factor_of[:, 1].tolist() == [1, 1, 1, 0, 0]


def test_an_option_moves_with_its_underlying_and_has_a_volatility_factor():
    listed = instruments(
        U={},
        C={
            "kind": "option",
            "underlying": "U",
            "product": "U",
            "risk_factor": "U",
            "strike": 100.0,
            "option_type": "call",
            "expiry_date": day(40),
        },
    )
    shocks = compute_shocks(
        market(
            listed,
            {"U": [100.0, 101.0, 99.0], "C": [5.0, 5.1, 4.9]},
            {"C": [0.20, 0.25, 0.22]},
        ),
        1,
    )
    assert shocks.series.names == ("U", "U:implied_vol")
    assert shocks.log_move[1:, 1] == pytest.approx([math.log(1.25), math.log(0.22 / 0.25)])
    codes = shocks.series.factor_of[2]
    assert codes[0] == codes[1] == 0


def test_an_option_on_an_unknown_instrument_is_named():
    listed = instruments(
        U={},
        C={"kind": "option", "underlying": "NOWHERE", "risk_factor": "U", "strike": 1.0},
    )
    with pytest.raises(CheckFailed, match="option 'C' names the underlying 'NOWHERE'"):
        compute_shocks(market(listed, {"U": [1.0, 1.0], "C": [1.0, 1.0]}), 1)


def test_scenarios_are_the_last_complete_rows_and_a_short_factor_is_told():
    shocks = compute_shocks(
        market(
            instruments(ALWAYS={}, LONG={}, NEW={}),
            {
                "ALWAYS": [1.0] * 10,
                "LONG": [1.0] * 3 + [None] + [2.0] * 6,
                "NEW": [None] * 8 + [1.0, 1.0],
            },
        ),
        1,
    )
    rows, usable = select_scenarios(shocks, 9, np.array([1, 2]), 5)
    assert rows.tolist() == [5, 6, 7, 8, 9]
    assert usable.tolist() == [True, False]
    rows, usable = select_scenarios(shocks, 9, np.array([1, 2]), 8)
    assert rows.tolist() == [1, 2, 4, 5, 6, 7, 8, 9], "the move over the missing day ends on day 4"
    rows, usable = select_scenarios(shocks, 9, np.array([1, 2]), 9)
    assert len(rows) == 0
    assert not usable.any()


def test_a_move_runs_over_the_days_on_which_its_market_is_closed():
    # An equity beside a market that trades every day: the jump over the closed days is one move.
    given = market(
        instruments(COIN={}, EQUITY={}),
        {"COIN": [1.0] * 8, "EQUITY": [10.0, 10.0, None, None, 12.0, 12.0, None, 9.0]},
    )
    one = compute_shocks(given, 1)
    equity = one.series.names.index("EQUITY")
    moves = one.log_move[:, equity]
    assert np.flatnonzero(~np.isnan(moves)).tolist() == [1, 4, 5, 7]
    assert moves[[1, 4, 5, 7]] == pytest.approx([0.0, math.log(1.2), 0.0, math.log(0.75)])
    two = compute_shocks(given, 2).log_move[:, equity]
    assert two[[4, 5, 7]] == pytest.approx([math.log(1.2), math.log(1.2), math.log(0.75)])


def test_a_curve_rolls_over_closed_days_with_the_same_contract():
    listed = instruments(
        F1={"risk_factor": "F", "product": "F", "expiry_date": day(20)},
        F2={"risk_factor": "F", "product": "F", "expiry_date": day(30)},
        COIN={},
    )
    given = market(
        listed,
        {"F1": [5.0, None, 6.0], "F2": [7.0, None, 8.0], "COIN": [1.0, 1.0, 1.0]},
    )
    shocks = compute_shocks(given, 1)
    front = shocks.log_move[:, shocks.series.names.index("F#1")]
    assert front[2] == pytest.approx(math.log(6 / 5))
    assert np.isnan(front[:2]).all()


def test_options_on_every_month_of_a_curve_share_its_volatility():
    option = {
        "kind": "option",
        "product": "F",
        "risk_factor": "F",
        "strike": 100.0,
        "option_type": "call",
    }
    listed = instruments(
        F1={"risk_factor": "F", "product": "F", "expiry_date": day(2)},
        F2={"risk_factor": "F", "product": "F", "expiry_date": day(40)},
        C1={**option, "underlying": "F1", "expiry_date": day(1)},
        C2={**option, "underlying": "F2", "expiry_date": day(39)},
    )
    given = market(
        listed,
        {"F1": [100.0] * 3, "F2": [100.0] * 3, "C1": [1.0, None, None], "C2": [None, 1.0, 1.0]},
        {"C1": [0.2, None, None], "C2": [None, 0.3, 0.24]},
    )
    shocks = compute_shocks(given, 1)
    codes = shocks.series.volatility_of
    listed_ids = given.instruments["instrument_id"].to_list()
    assert codes[listed_ids.index("C1")] == codes[listed_ids.index("C2")] >= 0
    moves = shocks.log_move[1:, codes[listed_ids.index("C2")]]
    assert moves == pytest.approx([math.log(1.5), math.log(0.8)])


def test_a_foreign_currency_is_a_risk_factor_of_its_own():
    rates = pl.DataFrame(
        {"business_date": [day(0), day(1)], "currency": ["EUR", "EUR"], "rate": [1.10, 1.21]},
        schema=NO_RATES.schema,
    )
    shocks = compute_shocks(
        market(
            instruments(X={"currency": "EUR"}, Y={}),
            {"X": [1.0, 1.0], "Y": [1.0, 1.0]},
            rates=rates,
        ),
        1,
    )
    assert shocks.series.rate_of.tolist() == [2, -1]
    assert shocks.log_move[1, 2] == pytest.approx(math.log(1.1))


def test_no_later_price_changes_an_earlier_window():
    series = [100.0, 101.0, 102.0, 103.0, 104.0, -5.0, 7.0]
    early = compute_shocks(market(instruments(X={}), {"X": series[:5]}), 1)
    late = compute_shocks(market(instruments(X={}), {"X": series}), 1)
    assert (early.is_absolute(1, 4) == late.is_absolute(1, 4)).all()
    assert (early.log_move[1:5] == late.log_move[1:5]).all()


def last_complete_rows(present, date_code, factors, lookback_days):
    """Look at one date after the other, going back."""
    usable = [sum(present[t][f] for t in range(date_code + 1)) >= lookback_days for f in factors]
    wanted = [f for f, good in zip(factors, usable, strict=True) if good]
    rows = []
    for t in range(date_code, -1, -1):
        if wanted and len(rows) < lookback_days and all(present[t][f] for f in wanted):
            rows.insert(0, t)
    if len(rows) < lookback_days:
        return [], [False] * len(factors)
    return rows, usable


@given(data=st.data(), lookback_days=st.integers(1, 12), gap=st.sampled_from([0.02, 0.2, 0.6]))
def test_scenario_rows_agree_with_a_walk_back_in_time(data, lookback_days, gap):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    listed = instruments(A={}, B={}, C={})
    series = {
        name: [None if rng.random() < gap else float(1 + rng.random()) for _ in range(40)]
        for name in "ABC"
    }
    series["A"] = [1.0] * 40  # the calendar has every date
    shocks = compute_shocks(market(listed, series), 1)
    date_code = data.draw(st.integers(0, 39))
    factors = data.draw(st.lists(st.sampled_from([0, 1, 2]), unique=True, min_size=1).map(sorted))
    rows, usable = select_scenarios(shocks, date_code, np.array(factors), lookback_days)
    expected = last_complete_rows(shocks.present.tolist(), date_code, factors, lookback_days)
    assert (rows.tolist(), usable.tolist()) == expected


@given(data=st.data(), days=st.integers(1, 4))
def test_nearby_moves_agree_with_a_search_for_each_date(data, days):
    n_dates = 12
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    # One contract outlives the calendar, so that the curve trades on every date of it.
    expiries = [*data.draw(st.lists(st.integers(-2, 20), min_size=1, max_size=4)), 25]
    names = [f"F{i}" for i in range(len(expiries))]
    listed = instruments(
        CALENDAR={},
        **{
            name: {"risk_factor": "F", "expiry_date": day(end)}
            for name, end in zip(names, expiries, strict=True)
        },
    )
    series = {"CALENDAR": [1.0] * n_dates}
    for name, end in zip(names, expiries, strict=True):
        series[name] = [float(1 + rng.random()) if t <= end else None for t in range(n_dates)]
    shocks = compute_shocks(market(listed, series), days)
    for t in range(n_dates):
        alive = sorted((end, name) for end, name in zip(expiries, names, strict=True) if end >= t)
        for name, end in zip(names, expiries, strict=True):
            factor = shocks.series.factor_of[t, 1 + names.index(name)]
            if end < t:
                assert factor == -1
                continue
            rank = alive.index((end, name))
            assert shocks.series.names[factor] == f"F#{rank + 1}"
            if t + days < n_dates:
                ended = min(t + days, end)  # an expired contract keeps what it settled at
                assert shocks.series.start[t + days, factor] == series[name][t]
                assert shocks.series.end[t + days, factor] == series[name][ended]
