"""Filtered historical simulation against a scalar oracle; no look-ahead; limits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import CheckFailed
from pipeline.margin.filtered import (
    FilterParameters,
    ewma_volatility,
    filtered_shocks,
    rescaling_ratios,
    window_rows,
)

PARAMETERS = FilterParameters(decay=0.94, warm_up=5)


def sample(rows=60, factors=3, seed=1, gaps=False):
    rng = np.random.default_rng(seed)
    values = rng.standard_t(4, (rows, factors)) * rng.uniform(0.005, 0.05, factors)
    if gaps:
        values[rng.random((rows, factors)) < 0.1] = np.nan
        values[:, 0] = np.nan_to_num(values[:, 0])
    return values


def scalar_volatility(returns, decay, warm_up):
    """One factor, one return at a time; row k is the forecast for row k."""
    forecasts, seen, variance = [], [], None
    for r in [*returns, None]:
        forecasts.append(math.nan if variance is None else math.sqrt(variance))
        if r is None or math.isnan(r):
            continue
        if variance is None:
            seen.append(r * r)
            if len(seen) == warm_up:
                variance = sum(seen) / warm_up
        else:
            variance = decay * variance + (1 - decay) * r * r
    return forecasts


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 0.999), st.integers(1, 20), st.booleans())
@settings(deadline=None, max_examples=60)
def test_volatility_agrees_with_the_scalar_oracle(seed, decay, warm_up, gaps):
    returns = sample(seed=seed, gaps=gaps)
    ours = ewma_volatility(returns, FilterParameters(decay=decay, warm_up=warm_up))
    oracle = np.array([scalar_volatility(column, decay, warm_up) for column in returns.T]).T
    np.testing.assert_allclose(ours, oracle, rtol=1e-10)


def test_volatility_by_hand():
    returns = np.array([[0.01], [0.03], [0.02]])
    ours = ewma_volatility(returns, FilterParameters(decay=0.9, warm_up=2))[:, 0]
    start = (0.01**2 + 0.03**2) / 2
    np.testing.assert_allclose(
        ours, [np.nan, np.nan, start**0.5, (0.9 * start + 0.1 * 0.02**2) ** 0.5]
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
@settings(deadline=None, max_examples=30)
def test_shocks_of_many_dates_agree_with_the_scalar_oracle(seed, horizon):
    returns = sample(seed=seed)
    parameters = FilterParameters(decay=0.94, warm_up=5, ratio_floor=0.5, ratio_cap=2.0)
    summed = np.full_like(returns, np.nan)
    for k in range(horizon - 1, len(returns)):
        summed[k] = returns[k - horizon + 1 : k + 1].sum(axis=0)
    volatility = ewma_volatility(returns, parameters)
    dates = np.array([45, 52, 59])
    rows = window_rows(dates, 30)
    shocks = filtered_shocks(summed, volatility, dates, rows, parameters, horizon)
    assert shocks.shape == (3, 30, 3)
    for d, t in enumerate(dates):
        for s, k in enumerate(rows[d]):
            for f in range(3):
                forecast = scalar_volatility(returns[: t + 1, f], 0.94, 5)
                ratio = min(max(forecast[t + 1] / forecast[k - horizon + 1], 0.5), 2.0)
                assert shocks[d, s, f] == pytest.approx(summed[k, f] * ratio, rel=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(40, 58))
@settings(deadline=None, max_examples=30)
def test_nothing_after_the_date_is_used(seed, date):
    returns = sample(seed=seed, gaps=True)
    tampered = returns.copy()
    tampered[date + 1 :] = 9.9
    row = np.array([date])
    window = window_rows(row, 30)
    results = []
    for values in (returns, tampered, returns[: date + 1]):
        volatility = ewma_volatility(values, PARAMETERS)
        results.append(filtered_shocks(values, volatility, row, window, PARAMETERS))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_constant_volatility_leaves_returns_as_they_are():
    returns = np.tile([[0.02], [-0.02]], (30, 1))
    volatility = ewma_volatility(returns, PARAMETERS)
    dates = np.array([59])
    rows = window_rows(dates, 40)
    shocks = filtered_shocks(returns, volatility, dates, rows, PARAMETERS)
    np.testing.assert_allclose(shocks[0], returns[rows[0]], rtol=1e-12)


def test_a_calm_past_is_scaled_up_to_a_stressed_present_within_the_cap():
    returns = np.concatenate([np.tile([[0.01], [-0.01]], (30, 1)), np.tile([[0.05]], (40, 1))])
    volatility = ewma_volatility(returns, PARAMETERS)
    dates, rows = np.array([99]), np.array([[20, 98]])
    free = rescaling_ratios(volatility, dates, rows, PARAMETERS)[0, :, 0]
    assert free[0] > 4.5
    capped = FilterParameters(decay=0.94, warm_up=5, ratio_cap=1.5)
    np.testing.assert_allclose(rescaling_ratios(volatility, dates, rows, capped)[0, 0], 1.5)
    # Floored at one, the return of a stormy day is not scaled down on a calm one.
    calm_again = np.concatenate([returns, np.zeros((60, 1))])
    volatility = ewma_volatility(calm_again, PARAMETERS)
    floored = FilterParameters(decay=0.94, warm_up=5, ratio_floor=1.0)
    late, stormy = np.array([159]), np.array([[90]])
    assert rescaling_ratios(volatility, late, stormy, PARAMETERS)[0, 0, 0] < 0.5
    assert rescaling_ratios(volatility, late, stormy, floored)[0, 0, 0] == 1.0


def test_a_factor_that_did_not_move_keeps_a_ratio_of_one():
    volatility = ewma_volatility(np.zeros((30, 1)), PARAMETERS)
    dates = np.array([29])
    ratio = rescaling_ratios(volatility, dates, window_rows(dates, 10), PARAMETERS)
    np.testing.assert_array_equal(ratio, np.ones((1, 10, 1)))


def test_scenarios_without_a_scale_are_missing_not_unscaled():
    returns = sample(rows=20)
    volatility = ewma_volatility(returns, PARAMETERS)
    dates = np.array([19])
    shocks = filtered_shocks(returns, volatility, dates, window_rows(dates, 20), PARAMETERS)
    assert np.isnan(shocks[0, :5]).all()
    assert np.isfinite(shocks[0, 5:]).all()
    # Too short a history gives no forecast at all.
    short = ewma_volatility(returns[:4], PARAMETERS)
    assert short.shape == (5, 3)
    assert np.isnan(short).all()


def test_malformed_input_is_refused():
    volatility = ewma_volatility(sample(), PARAMETERS)
    with pytest.raises(CheckFailed, match="ends after its valuation date"):
        rescaling_ratios(volatility, np.array([10]), np.array([[11]]), PARAMETERS)
    with pytest.raises(CheckFailed, match="before the first return"):
        rescaling_ratios(volatility, np.array([10]), np.array([[0]]), PARAMETERS, horizon_rows=2)
    with pytest.raises(CheckFailed, match="window of 12 returns"):
        window_rows(np.array([10]), 12)
    with pytest.raises(CheckFailed, match="decay"):
        FilterParameters(decay=1.0)
    with pytest.raises(CheckFailed, match="cap"):
        FilterParameters(ratio_floor=2.0, ratio_cap=1.0)
