"""Procyclicality measures against loops and made-up series."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.backtest.procyclicality import (
    INCREASE_DAYS,
    NO_MARGIN,
    ZERO_MARGIN,
    measure_procyclicality,
)
from pipeline.errors import WrongUse


def largest_increase(series, days):
    changes = [
        series[t + days] / series[t] - 1
        for t in range(len(series) - days)
        if series[t] > 0 and np.isfinite(series[t]) and np.isfinite(series[t + days])
    ]
    return max(changes) if changes else None


def test_a_known_series():
    # 81 % above trough is a ratio of 1.81.
    result = measure_procyclicality([100, 100, 120, 150, 181, 170, 160, 150])
    assert result.peak_to_trough[0] == pytest.approx(1.81)
    assert (result.peak_day[0], result.trough_day[0]) == (4, 0)
    assert result.increase_days == INCREASE_DAYS == (1, 5, 10, 30)
    assert result.largest_increase[0, 0] == pytest.approx(0.25)
    assert result.largest_increase[0, 1] == pytest.approx(0.70)
    assert np.isnan(result.largest_increase[0, 2:]).all()
    assert result.reason == ("",)


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 4), st.integers(0, 45)),
        elements=st.sampled_from([0.0, np.nan, 1.0, 2.5, 40.0, 1e9]),
    )
)
def test_measures_equal_the_loops(margin):
    result = measure_procyclicality(margin)
    for row, series in enumerate(margin):
        positive = [value for value in series if value > 0]
        if positive:
            assert result.peak_to_trough[row] == pytest.approx(max(positive) / min(positive))
            assert series[result.peak_day[row]] == max(positive)
            assert series[result.trough_day[row]] == min(positive)
        else:
            assert np.isnan(result.peak_to_trough[row])
            assert result.reason[row] == NO_MARGIN
        for column, days in enumerate(INCREASE_DAYS):
            expected = largest_increase(series, days)
            found = result.largest_increase[row, column]
            assert np.isnan(found) if expected is None else found == pytest.approx(expected)


def test_a_constant_margin_is_not_procyclical():
    result = measure_procyclicality(np.full((1, 60), 7.0))
    assert result.peak_to_trough[0] == 1.0
    assert result.largest_increase[0].tolist() == [0.0] * 4


def test_measures_do_not_depend_on_the_unit():
    margin = 1 + np.random.default_rng(1).random((3, 100))
    one, thousand = measure_procyclicality(margin), measure_procyclicality(1000 * margin)
    assert one.peak_to_trough == pytest.approx(thousand.peak_to_trough)
    assert one.largest_increase == pytest.approx(thousand.largest_increase)


def test_days_without_a_position_are_said_and_no_trough():
    result = measure_procyclicality([0.0, 10.0, 20.0], increase_days=(1,))
    assert result.peak_to_trough[0] == 2.0
    assert result.largest_increase[0, 0] == 1.0
    assert result.reason == (ZERO_MARGIN,)


def test_a_mask_leaves_days_out():
    margin = np.array([[10.0, 500.0, 20.0, 30.0]])
    observed = np.array([[True, False, True, True]])
    assert measure_procyclicality(margin, (1,), observed).peak_to_trough[0] == 3.0


def test_impossible_inputs_are_refused():
    with pytest.raises(WrongUse, match="negative"):
        measure_procyclicality([1.0, -1.0])
    with pytest.raises(WrongUse, match="at least one day"):
        measure_procyclicality([1.0], (0,))
