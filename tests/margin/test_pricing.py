"""Option and futures values against QuantLib, a scalar oracle, their limits and properties."""

import math
import warnings

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import CheckFailed
from pipeline.margin import pricing

FORWARDS = [40.0, 95.0, 100.0, 104.2, 260.0]
STRIKES = [50.0, 95.0, 100.0, 110.0, 200.0]
YEARS = [0.0, 1 / 365, 0.25, 1.0, 4.0]
VOLATILITIES = [0.01, 0.2, 0.85, 2.5]

positive = st.floats(0.5, 5_000.0)
years_of_life = st.floats(1 / 365, 5.0)
vols = st.floats(0.01, 2.0)


def grid():
    return np.meshgrid(FORWARDS, STRIKES, YEARS, VOLATILITIES, [True, False], indexing="ij")


def scalar_black76(forward, strike, years, volatility, is_call, discount=1.0):
    """Compute one option the slow and obvious way, with math.erf alone."""

    def cumulative(x):
        return 0.5 * math.erfc(-x / math.sqrt(2.0))

    if years <= 0 or volatility <= 0:
        return discount * max(forward - strike if is_call else strike - forward, 0.0)
    v = volatility * math.sqrt(years)
    d1 = math.log(forward / strike) / v + v / 2
    d2 = d1 - v
    if is_call:
        return discount * (forward * cumulative(d1) - strike * cumulative(d2))
    return discount * (strike * cumulative(-d2) - forward * cumulative(-d1))


def quantlib_type(is_call):
    return ql.Option.Call if is_call else ql.Option.Put


def test_black76_agrees_with_quantlib():
    f, k, t, v, c = grid()
    ours = pricing.black76(f, k, t, v, c, discount=0.97)
    theirs = np.vectorize(
        lambda fi, ki, ti, vi, ci: ql.blackFormula(
            quantlib_type(ci), ki, fi, vi * math.sqrt(ti), 0.97
        )
    )(f, k, t, v, c)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


def test_bachelier_agrees_with_quantlib_for_any_sign():
    f, k, t, v, c = np.meshgrid(
        [-37.63, -0.5, 0.0, 0.02, 55.0], [-40.0, 0.0, 0.025, 50.0], YEARS, [0.01, 1.5, 40.0], [1, 0]
    )
    ours = pricing.bachelier(f, k, t, v, c, discount=0.9)
    theirs = np.vectorize(
        lambda fi, ki, ti, vi, ci: ql.bachelierBlackFormula(
            quantlib_type(ci), ki, fi, vi * math.sqrt(ti), 0.9
        )
    )(f, k, t, v, c)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize(("rate", "dividend_yield"), [(0.0, 0.0), (0.05, 0.02), (-0.01, 0.07)])
def test_black_scholes_agrees_with_the_quantlib_analytic_engine(is_call, rate, dividend_yield):
    today = ql.Date(2, 1, 2025)
    ql.Settings.instance().evaluationDate = today
    day_count = ql.Actual365Fixed()
    spot, volatility, days = 100.0, 0.3, 146
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, dividend_yield, day_count)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, day_count)),
        ql.BlackVolTermStructureHandle(
            ql.BlackConstantVol(today, ql.NullCalendar(), volatility, day_count)
        ),
    )
    for strike in STRIKES:
        option = ql.VanillaOption(
            ql.PlainVanillaPayoff(quantlib_type(is_call), strike),
            ql.EuropeanExercise(today + days),
        )
        option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
        ours = pricing.black_scholes(
            spot, strike, days / 365, volatility, is_call, rate, dividend_yield
        )
        assert float(ours) == pytest.approx(option.NPV(), rel=1e-10, abs=1e-10)


def test_vectorised_values_agree_with_the_scalar_oracle():
    f, k, t, v, c = grid()
    ours = pricing.black76(f, k, t, v, c)
    oracle = np.vectorize(scalar_black76)(f, k, t, v, c)
    np.testing.assert_allclose(ours, oracle, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(("years", "volatility"), [(0.0, 0.5), (-0.3, 0.5), (1.0, 0.0), (1.0, -1)])
def test_limits_are_exactly_intrinsic_and_warn_of_nothing(years, volatility):
    f, k = np.array([80.0, 100.0, 123.456]), 100.1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call = pricing.black76(f, k, years, volatility, True, discount=0.5)
        put = pricing.black76(f, k, years, volatility, False)
        normal_call = pricing.bachelier(f, k, years, volatility, True)
        coin = pricing.inverse_option_in_coin(f, k, years, volatility, True)
        spot_put = pricing.black_scholes(f, k, min(years, 0.0), volatility, False, rate=0.05)
    np.testing.assert_array_equal(call, 0.5 * np.maximum(f - k, 0))
    np.testing.assert_array_equal(put, np.maximum(k - f, 0))
    np.testing.assert_array_equal(normal_call, np.maximum(f - k, 0))
    np.testing.assert_array_equal(coin, np.maximum(f - k, 0) / f)
    np.testing.assert_array_equal(spot_put, np.maximum(k - f, 0))


def test_values_approach_the_expiry_limit():
    f = np.array([90.0, 110.0])
    near = pricing.black76(f, 100.0, 1e-9, 0.4, True)
    np.testing.assert_allclose(near, [0.0, 10.0], atol=1e-12)
    at_the_money = pricing.black76(100.0, 100.0, 1e-12, 0.4, True)
    assert 0 < float(at_the_money) < 1e-4


def test_extreme_inputs_stay_finite_and_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = pricing.black76(
            [100.0, 100.0, 1e-300, 1e300, 0.0], [110.0, 0.0, 1.0, 1.0, 90.0], 1.0, 1e-8, False
        )
        np.testing.assert_allclose(values, [10.0, 0.0, 1.0, 0.0, 90.0])
        assert float(pricing.black76(100.0, 110.0, 1.0, 5e-324, True)) == 0.0
        assert float(pricing.black76(100.0, -5.0, 1.0, 0.3, True)) == 105.0
        assert float(pricing.bachelier(1e200, 0.0, 1.0, 1e-200, True)) == 1e200


def test_a_missing_input_is_never_silently_zero():
    nan = np.nan
    missing = pricing.black76(
        [nan, 100, 100, 100], [90, nan, 90, 90], [1, 1, nan, 1], [1, 1, 1, nan], 1
    )
    assert np.isnan(missing).all()
    assert np.isnan(pricing.black76(nan, 90.0, 0.0, 0.2, True))
    assert np.isnan(pricing.bachelier([nan, 1.0], [1.0, 1.0], 1.0, [1.0, nan], True)).all()
    assert np.isnan(pricing.linear_profit(nan, 1.0))
    assert np.isnan(pricing.inverse_profit_in_coin(1.0, 100.0, nan))
    # An expired option has no volatility to be missing.
    assert float(pricing.black76(100.0, 90.0, -0.1, nan, True)) == 10.0


def test_prices_a_model_cannot_take_are_refused_in_one_sentence():
    with pytest.raises(CheckFailed, match=r"lowest is -37\.63: use the normal"):
        pricing.black76([10.0, -37.63], 5.0, 1.0, 0.3, True)
    with pytest.raises(CheckFailed, match="above zero"):
        pricing.inverse_option_in_coin(0.0, 5.0, 1.0, 0.3, False)
    with pytest.raises(CheckFailed, match="above zero"):
        pricing.inverse_profit_in_coin(100.0, 50_000.0, 0.0)


@given(f=positive, k=positive, t=years_of_life, v=vols, discount=st.floats(0.5, 1.0))
@settings(deadline=None)
def test_put_call_parity(f, k, t, v, discount):
    call = pricing.black76(f, k, t, v, True, discount)
    put = pricing.black76(f, k, t, v, False, discount)
    assert float(call - put) == pytest.approx(discount * (f - k), abs=1e-9 * (f + k))
    normal_call = pricing.bachelier(f, k, t, v * f, True, discount)
    normal_put = pricing.bachelier(f, k, t, v * f, False, discount)
    assert float(normal_call - normal_put) == pytest.approx(discount * (f - k), abs=1e-9 * (f + k))
    coin_call = pricing.inverse_option_in_coin(f, k, t, v, True)
    coin_put = pricing.inverse_option_in_coin(f, k, t, v, False)
    assert float(coin_call - coin_put) == pytest.approx(1 - k / f, abs=1e-9 * (1 + k / f))


@given(s=positive, k=positive, t=years_of_life, v=vols, r=st.floats(-0.05, 0.15))
@settings(deadline=None)
def test_put_call_parity_on_spot(s, k, t, v, r):
    call = pricing.black_scholes(s, k, t, v, True, r, 0.02)
    put = pricing.black_scholes(s, k, t, v, False, r, 0.02)
    parity = s * math.exp(-0.02 * t) - k * math.exp(-r * t)
    assert float(call - put) == pytest.approx(parity, abs=1e-8 * (s + k))


@given(f=positive, k=positive, t=years_of_life, v=vols, up=st.floats(1.0, 2.0), call=st.booleans())
@settings(deadline=None)
def test_monotonicity_and_bounds(f, k, t, v, up, call):
    slack = 1e-9 * (f + k)
    base = float(pricing.black76(f, k, t, v, call))
    sign = 1 if call else -1
    assert sign * (float(pricing.black76(f * up, k, t, v, call)) - base) >= -slack
    assert sign * (float(pricing.black76(f, k * up, t, v, call)) - base) <= slack
    assert float(pricing.black76(f, k, t, v * up, call)) >= base - slack
    assert float(pricing.black76(f, k, t * up, v, call)) >= base - slack
    assert max(sign * (f - k), 0.0) <= base <= (f if call else k) + slack


@given(f=positive, k=positive, t=years_of_life, v=vols, call=st.booleans(), scale=positive)
@settings(deadline=None)
def test_value_is_homogeneous_in_prices(f, k, t, v, call, scale):
    scaled = float(pricing.black76(scale * f, scale * k, t, v, call))
    base = float(pricing.black76(f, k, t, v, call))
    assert scaled == pytest.approx(scale * base, rel=1e-9, abs=1e-9 * scale * (f + k))


@given(face=positive, p0=positive, p1=positive)
@settings(deadline=None)
def test_inverse_contract_profit(face, p0, p1):
    coin = float(pricing.inverse_profit_in_coin(face, p0, p1))
    assert coin == pytest.approx(face / p0 - face / p1, abs=1e-9 * face * (1 / p0 + 1 / p1))
    assert coin <= face / p0
    in_currency = float(pricing.inverse_profit_in_currency(face, p0, p1))
    assert in_currency == pytest.approx(face * (p1 / p0 - 1), abs=1e-9 * face * (1 + p1 / p0))
    indexed = float(pricing.inverse_profit_in_currency(face, p0, p1, coin_price_after=2 * p1))
    assert indexed == pytest.approx(2 * in_currency)


def test_inverse_and_linear_contracts_by_hand():
    # 100,000 dollars of inverse contracts bought at 50,000 = 2 coins of exposure.
    assert float(pricing.inverse_profit_in_coin(100_000, 50_000, 40_000)) == pytest.approx(-0.5)
    assert float(pricing.inverse_profit_in_currency(100_000, 50_000, 40_000)) == pytest.approx(
        -20_000
    )
    assert float(pricing.linear_profit(50_000, 40_000, 2)) == -20_000
    # A price may be negative for a linear contract.
    assert float(pricing.linear_profit(18.27, -37.63, 1_000)) == pytest.approx(-55_900)


def test_shapes_broadcast():
    forwards = np.linspace(80, 120, 7)[None, :]
    strikes = np.array([[90.0], [100.0], [110.0]])
    values = pricing.black76(forwards, strikes, 0.5, 0.2, np.array([[True], [False], [True]]))
    assert values.shape == (3, 7)
    assert values.dtype == np.float64
    assert pricing.black76(np.empty((0, 4)), 1.0, 1.0, 0.2, True).shape == (0, 4)


def test_rounding_never_takes_a_value_below_intrinsic():
    rng = np.random.default_rng(11)
    forward, strike = rng.uniform(100, 500, 20_000), rng.uniform(20, 100, 20_000)
    value = pricing.black76(forward, strike, 1.0, rng.uniform(0.01, 0.3, 20_000), True)
    assert (value >= forward - strike).all()
