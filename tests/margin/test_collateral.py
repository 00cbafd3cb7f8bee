"""Collateral, margin ratio, calls and initial margin: hand figures, limits and properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.errors import CheckFailed
from pipeline.margin.collateral import (
    collateral_value,
    initial_margin,
    margin_calls,
    margin_ratio,
)

amounts = arrays(np.float64, (5, 3), elements=st.floats(0, 1e9))


def test_haircut_and_depegging():
    # Cash, a bond at 8 %, a stablecoin at 2 % that trades at par, at 0.97 and above par.
    held = np.array([[1_000.0, 1_000.0, 1_000.0]])
    haircut = np.array([0.0, 8.0, 2.0])
    at_par = collateral_value(held, haircut, np.array([1.0, 1.0, 1.0]), 0.99, 4.0)
    np.testing.assert_allclose(at_par, [[1_000, 920, 980]])
    depegged = collateral_value(held, haircut, np.array([1.0, 1.0, 0.97]), 0.99, 4.0)
    np.testing.assert_allclose(depegged[0, 2], 1_000 * 0.97 * (1 - 0.02 - 0.08))
    above = collateral_value(held, haircut, np.array([1.0, 1.0, 1.02]), 0.99, 4.0)
    np.testing.assert_allclose(above, at_par)
    # A collapse takes the whole value, never more.
    assert collateral_value(held, haircut, np.array([1.0, 1.0, 0.5]), 0.99, 4.0)[0, 2] == 0.0


def test_haircut_limits():
    held = np.array([[50.0, 50.0]])
    np.testing.assert_array_equal(collateral_value(held, [0.0, 100.0]), [[50.0, 0.0]])
    by_account = collateral_value(np.ones((2, 1)), np.array([[10.0], [20.0]]))
    np.testing.assert_allclose(by_account, [[0.9], [0.8]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[np.nan]], 0.0), "collateral amount"),
        (([[-1.0]], 0.0), "must not be negative"),
        (([[1.0]], 101.0), "must not exceed 100"),
        (([[1.0]], -1.0), "must not be negative"),
        (([[1.0]], 0.0, np.nan), "stablecoin price"),
    ],
)
def test_bad_collateral_is_refused(arguments, message):
    held, *rest = arguments
    with pytest.raises(CheckFailed, match=message):
        collateral_value(np.array(held), *rest)


def test_margin_ratio():
    ratio = margin_ratio(np.array([150.0, 80.0, 10.0, 0.0]), np.array([100.0, 100.0, 0.0, 0.0]))
    np.testing.assert_array_equal(ratio, [1.5, 0.8, np.nan, np.nan])
    with pytest.raises(CheckFailed, match="requirement"):
        margin_ratio(np.ones(1), np.array([np.nan]))


def test_calls_against_the_day_before():
    requirement = np.array([[100.0, 50.0], [130.0, 40.0], [131.0, 90.0]])
    collateral = np.array([[110.0, 60.0], [130.0, 60.0], [140.0, 90.0]])
    calls = margin_calls(requirement, collateral, minimum_transfer_amount=5.0)
    np.testing.assert_array_equal(calls.change_amount, [[30, -10], [1, 50]])
    np.testing.assert_array_equal(calls.call_amount, [[20, 0], [1, 30]])
    np.testing.assert_array_equal(calls.excess_amount, [[0, 20], [0, 0]])
    np.testing.assert_array_equal(calls.is_called, [[True, False], [False, True]])
    first = margin_calls(requirement[:1], collateral[:1])
    assert first.call_amount.shape == (0, 2)
    with pytest.raises(CheckFailed, match="differ in shape"):
        margin_calls(requirement, collateral[:2])


@given(amounts, amounts)
@settings(deadline=None)
def test_a_call_restores_the_requirement(requirement, collateral):
    calls = margin_calls(requirement, collateral)
    restored = collateral[:-1] + calls.call_amount
    assert (restored >= requirement[1:] * (1 - 1e-12) - 1e-6).all()
    assert ((calls.call_amount == 0) | (calls.excess_amount == 0)).all()
    ratio = margin_ratio(restored, requirement[1:])
    assert (ratio[~np.isnan(ratio)] >= 1 - 1e-9).all()


@given(amounts, st.floats(1, 4), st.floats(0, 1e6))
@settings(deadline=None)
def test_initial_margin_is_never_below_maintenance(maintenance, factor, buffer):
    initial = initial_margin(maintenance, factor, buffer)
    np.testing.assert_allclose(initial, factor * maintenance + buffer)
    assert (initial >= maintenance).all()


def test_initial_margin_limits():
    np.testing.assert_array_equal(initial_margin(np.array([200.0]), 1.0), [200.0])
    np.testing.assert_allclose(initial_margin(np.array([350.15]), 1.3), [455.195])
    with pytest.raises(CheckFailed, match="at least 1"):
        initial_margin(np.ones(1), 0.9)
    with pytest.raises(CheckFailed, match="maintenance margin"):
        initial_margin(np.array([np.nan]), 1.3)
