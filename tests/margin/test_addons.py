"""Concentration, contingency and minimum charges: hand figures, limits and properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.errors import CheckFailed
from pipeline.margin.addons import (
    Tiers,
    concentration_addon,
    contingency_charge,
    minimum_charge,
    minimum_charge_addon,
)

# Free up to a quarter of daily volume, 5 % up to the whole, 20 % beyond.
TIERS = Tiers((0.25, 1.0), (0.05, 0.20))
amounts = arrays(np.float64, (3, 2), elements=st.floats(0, 1e9))


def scalar_addon(position, liquidity, tiers):
    """Walk up the tiers, charging each slice of the position."""
    size, total = abs(position), 0.0
    for k, (threshold, rate) in enumerate(zip(tiers.thresholds, tiers.rates, strict=True)):
        top = tiers.thresholds[k + 1] * liquidity if k + 1 < len(tiers.thresholds) else float("inf")
        total += rate * max(min(size, top) - threshold * liquidity, 0.0)
    return total


def test_tiers_over_daily_volume():
    volume = np.array([1_000.0, 400.0])
    position = np.array([[200.0, -100.0], [-600.0, 300.0], [1_500.0, 400.0]])
    expected = [
        [0, 0],
        [0.05 * 350, 0.05 * 200],
        [0.05 * 750 + 0.20 * 500, 0.05 * 300],
    ]
    np.testing.assert_allclose(concentration_addon(position, TIERS, volume), expected)


def test_absolute_tiers_and_no_liquidity():
    absolute = Tiers((0.0, 1e6), (0.01, 0.03))
    np.testing.assert_allclose(
        concentration_addon(np.array([[5e5, -3e6]]), absolute), [[5_000, 10_000 + 60_000]]
    )
    # Nothing trades: the whole position is in the last tier.
    np.testing.assert_allclose(
        concentration_addon(np.array([[100.0]]), TIERS, np.array([0.0])), [[20.0]]
    )


def test_missing_liquidity_is_never_read_as_liquid():
    with pytest.raises(CheckFailed, match="liquidity measure: 1 of 2"):
        concentration_addon(np.ones((1, 2)), TIERS, np.array([1.0, np.nan]))
    with pytest.raises(CheckFailed, match="concentration position"):
        concentration_addon(np.array([[np.nan]]), TIERS, 1.0)


@pytest.mark.parametrize(
    ("thresholds", "rates", "message"),
    [
        ((0.5,), (0.1, 0.2), "one rate for each"),
        ((), (), "one rate for each"),
        ((1.0, 0.5), (0.1, 0.2), "ascending"),
        ((-0.1, 0.5), (0.1, 0.2), "must not be negative"),
        ((0.1,), (-0.2,), "must not be negative"),
    ],
)
def test_malformed_tiers_are_refused(thresholds, rates, message):
    with pytest.raises(CheckFailed, match=message):
        Tiers(thresholds, rates)


@given(amounts, st.floats(0, 1e8), st.floats(0.01, 100))
@settings(deadline=None)
def test_concentration_agrees_with_the_oracle_and_scales(position, liquidity, scale):
    volume = np.array([liquidity, 2 * liquidity])
    addon = concentration_addon(position, TIERS, volume)
    oracle = [
        [scalar_addon(p, v, TIERS) for p, v in zip(row, volume, strict=True)] for row in position
    ]
    np.testing.assert_allclose(addon, oracle, rtol=1e-9, atol=1e-6)
    np.testing.assert_array_equal(concentration_addon(-position, TIERS, volume), addon)
    scaled = concentration_addon(scale * position, TIERS, scale * volume)
    np.testing.assert_allclose(scaled, scale * addon, rtol=1e-9, atol=1e-5 * scale)
    # Concentration is not diversified away: twice the position costs at least twice as much.
    twice = concentration_addon(2 * position, TIERS, volume)
    assert (twice >= 2 * addon * (1 - 1e-12) - 1e-6).all()
    falling = Tiers((0.0, 0.5), (0.2, 0.0))
    assert (concentration_addon(position, falling, volume) >= 0).all()


def test_contingency_and_minimum():
    np.testing.assert_allclose(contingency_charge(np.array([1_000.0, -500.0]), 0.02), [20, 10])
    np.testing.assert_array_equal(contingency_charge(np.array([1_000.0]), 0.0), [0])
    np.testing.assert_array_equal(contingency_charge(np.array([-7.0]), 1.0), [7])
    charge = minimum_charge(np.array([[10.0, -4.0], [0.0, 0.0]]), np.array([37.5, 100.0]))
    np.testing.assert_array_equal(charge, [775, 0])
    np.testing.assert_array_equal(
        minimum_charge_addon(np.array([700.0, 800.0, 775.0]), np.full(3, 775.0)), [75, 0, 0]
    )
    with pytest.raises(CheckFailed, match="between 0 and 1"):
        contingency_charge(np.ones(1), 2.0)
    with pytest.raises(CheckFailed, match="missing"):
        minimum_charge(np.array([[np.nan]]), np.ones(1))
