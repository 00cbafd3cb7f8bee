import math

import numpy as np
import pytest

from pipeline.errors import CheckFailed
from pipeline.margin.shocks import compute_shocks, select_scenarios
from tests.markets import day, instruments, market


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
    # Rows 3 and 4 touch the missing day 3.
    assert rows.tolist() == [5, 6, 7, 8, 9]
    assert usable.tolist() == [True, False]
    rows, usable = select_scenarios(shocks, 9, np.array([1, 2]), 8)
    assert len(rows) == 0
    assert not usable.any()


def test_no_later_price_changes_an_earlier_window():
    series = [100.0, 101.0, 102.0, 103.0, 104.0, -5.0, 7.0]
    early = compute_shocks(market(instruments(X={}), {"X": series[:5]}), 1)
    late = compute_shocks(market(instruments(X={}), {"X": series}), 1)
    assert (early.is_absolute(1, 4) == late.is_absolute(1, 4)).all()
    assert (early.log_move[1:5] == late.log_move[1:5]).all()
