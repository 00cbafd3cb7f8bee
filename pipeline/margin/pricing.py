"""Value of one unit of an instrument: European options, linear and inverse futures.

Here belong closed-form values and profit formulas that broadcast over any shape. Shocks, positions,
risk measures and the choice of the pricing model belong elsewhere.

Conventions shared by every function: inputs are array-like and broadcast against each other, in
float64; ``years`` is time to expiry in years; ``volatility`` is annualised; ``is_call`` is true
for a call. A missing input (NaN) makes the value NaN, so that no missing price becomes a zero
loss; only an option past its expiry needs no volatility. At the limits ``years <= 0``,
``volatility <= 0`` and strike zero the value is exactly the discounted intrinsic value, without
warnings.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from pipeline.errors import CheckFailed

Array = NDArray[np.float64]

_SQRT_TWO_PI = np.sqrt(2.0 * np.pi)


def _as_float(values: ArrayLike) -> Array:
    return np.asarray(values, dtype=np.float64)


def _sign_of(is_call: ArrayLike) -> Array:
    """Turn the call flag into +1 for a call and -1 for a put."""
    return np.where(np.asarray(is_call, dtype=np.bool_), 1.0, -1.0)


def _total_deviation(years: Array, volatility: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return volatility x sqrt(years), one where the option is a limit, and the limit mask."""
    with np.errstate(invalid="ignore", under="ignore"):
        deviation = np.asarray(volatility * np.sqrt(np.maximum(years, 0.0)))
    # A volatility below zero means "none" here; NaN compares false and stays NaN.
    at_limit = (years <= 0.0) | (volatility <= 0.0) | (deviation <= 0.0)
    return np.where(at_limit, 1.0, deviation), at_limit


def _require_at_least_zero(values: Array, what: str, advice: str) -> None:
    if np.any(values < 0.0):
        lowest = float(np.nanmin(values))
        raise CheckFailed(f"{what} must not be negative, lowest is {lowest:g}: {advice}")


def _require_positive(values: Array, what: str) -> None:
    if np.any(values <= 0.0):
        lowest = float(np.nanmin(values))
        raise CheckFailed(f"{what} of a coin-settled contract must be above zero, got {lowest:g}")


def black76(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    volatility: ArrayLike,
    is_call: ArrayLike,
    discount: ArrayLike = 1.0,
) -> Array:
    """Value of a European option on a forward or future (Black 1976).

    With s = +1 for a call, -1 for a put, v = volatility x sqrt(years) and
    d1 = ln(forward / strike) / v + v / 2, d2 = d1 - v::

        value = discount x s x (forward x N(s d1) - strike x N(s d2))

    Parameters
    ----------
    forward, strike : array_like
        In quote currency; forward at least 0. Strikes at or below zero give the intrinsic value,
        which is exact for a positive forward.
    years, volatility, is_call : array_like
        As in the module docstring; volatility is lognormal, 0.2 for 20 %.
    discount : array_like
        Discount factor from payment to valuation; 1 for a margined (future-style) option.

    Returns
    -------
    ndarray of float64, broadcast shape
        Quote currency per unit of underlying, never below the discounted intrinsic value.

    Raises
    ------
    CheckFailed
        If a forward is negative; options on factors with absolute shocks use `bachelier`.

    Source: F. Black, The pricing of commodity contracts, Journal of Financial Economics 3 (1976).
    """
    f, k, t, vol = (_as_float(x) for x in (forward, strike, years, volatility))
    _require_at_least_zero(f, "forward of a lognormal option", "use the normal (Bachelier) model")
    sign = _sign_of(is_call)
    deviation, no_time_value = _total_deviation(t, vol)
    no_time_value = no_time_value | (f <= 0.0) | (k <= 0.0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        # Logs are taken before broadcasting: a strike column costs one log per strike.
        log_moneyness = np.log(np.where(f <= 0.0, 1.0, f)) - np.log(np.where(k <= 0.0, 1.0, k))
        d1 = log_moneyness / deviation + 0.5 * deviation
        value = sign * (f * ndtr(sign * d1) - k * ndtr(sign * (d1 - deviation)))
    intrinsic = np.maximum(sign * (f - k), 0.0)
    # Rounding may leave a deep in-the-money value a few ulps below intrinsic.
    undiscounted = np.where(no_time_value, intrinsic, np.maximum(value, intrinsic))
    return np.asarray(_as_float(discount) * undiscounted)


def black_scholes(
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    volatility: ArrayLike,
    is_call: ArrayLike,
    rate: ArrayLike = 0.0,
    dividend_yield: ArrayLike = 0.0,
) -> Array:
    """Value of a European option on spot with continuous rate and dividend yield.

    Black-76 on forward = spot x exp((rate - dividend_yield) x years) with discount
    exp(-rate x years); past expiry both exponents are zero and the value is intrinsic on spot.

    Parameters
    ----------
    spot, strike, years, volatility, is_call : array_like
        As for `black76`, with spot at least 0.
    rate, dividend_yield : array_like
        Continuously compounded, per year.

    Returns
    -------
    ndarray of float64, broadcast shape
        Quote currency per unit of underlying.

    Raises
    ------
    CheckFailed
        If a spot price is negative.

    Source: F. Black and M. Scholes (1973) with the continuous yield of R. Merton (1973).
    """
    s, r, q = _as_float(spot), _as_float(rate), _as_float(dividend_yield)
    t = np.maximum(_as_float(years), 0.0)
    return black76(s * np.exp((r - q) * t), strike, t, volatility, is_call, discount=np.exp(-r * t))


def bachelier(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    normal_volatility: ArrayLike,
    is_call: ArrayLike,
    discount: ArrayLike = 1.0,
) -> Array:
    """Value of a European option under normally distributed forward moves (Bachelier 1900).

    With s = +1 for a call, -1 for a put, v = normal_volatility x sqrt(years) and
    d = s x (forward - strike) / v::

        value = discount x (s x (forward - strike) x N(d) + v x n(d))

    Parameters
    ----------
    forward, strike : array_like
        Any sign: rates, spreads and prices that may turn negative.
    normal_volatility : array_like
        In price units per square-root year.
    years, is_call, discount : array_like
        As for `black76`.

    Returns
    -------
    ndarray of float64, broadcast shape
        Quote currency per unit of underlying, never below the discounted intrinsic value.
    """
    f, k, t, vol = (_as_float(x) for x in (forward, strike, years, normal_volatility))
    deviation, no_time_value = _total_deviation(t, vol)
    moneyness = _sign_of(is_call) * (f - k)
    with np.errstate(over="ignore", under="ignore"):
        d = moneyness / deviation
        value = moneyness * ndtr(d) + deviation * np.exp(-0.5 * d * d) / _SQRT_TWO_PI
    intrinsic = np.maximum(moneyness, 0.0)
    undiscounted = np.where(no_time_value, intrinsic, np.maximum(value, intrinsic))
    return np.asarray(_as_float(discount) * undiscounted)


def inverse_option_in_coin(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    volatility: ArrayLike,
    is_call: ArrayLike,
) -> Array:
    """Value in coin of a coin-settled European option on the coin: Black-76 / forward.

    Parameters
    ----------
    forward : array_like
        Forward price of the coin in quote currency, above 0.
    strike, years, volatility, is_call : array_like
        As for `black76`.

    Returns
    -------
    ndarray of float64, broadcast shape
        Coin per unit of coin underlying. A call is worth less than one coin; a put is not bounded.

    Raises
    ------
    CheckFailed
        If a forward is zero or negative: a put's value in coin has no limit there.
    """
    f = _as_float(forward)
    _require_positive(f, "forward")
    return np.asarray(black76(f, strike, years, volatility, is_call) / f)


def linear_profit(
    price_before: ArrayLike, price_after: ArrayLike, multiplier: ArrayLike = 1.0
) -> Array:
    """Profit of one long linear contract: multiplier x (price_after - price_before).

    Parameters
    ----------
    price_before, price_after : array_like
        Quote currency, any sign.
    multiplier : array_like
        Units of underlying in one contract.

    Returns
    -------
    ndarray of float64, broadcast shape
        Quote currency, positive when money is gained.
    """
    return np.asarray(_as_float(multiplier) * (_as_float(price_after) - _as_float(price_before)))


def inverse_profit_in_coin(
    face: ArrayLike, price_before: ArrayLike, price_after: ArrayLike
) -> Array:
    """Profit in coin of one long inverse contract: face x (1/price_before - 1/price_after).

    Parameters
    ----------
    face : array_like
        Face value of one contract in quote currency (100 for a 100-dollar contract).
    price_before, price_after : array_like
        Price of the coin in quote currency, above 0.

    Returns
    -------
    ndarray of float64, broadcast shape
        Coin, positive when coin is gained. Bounded above by face / price_before; the loss has no
        bound as the price falls, which is the negative convexity of coin settlement.

    Raises
    ------
    CheckFailed
        If a price is zero or negative.
    """
    p0, p1 = _as_float(price_before), _as_float(price_after)
    _require_positive(p0, "price")
    _require_positive(p1, "price")
    return np.asarray(_as_float(face) * (1.0 / p0 - 1.0 / p1))


def inverse_profit_in_currency(
    face: ArrayLike,
    price_before: ArrayLike,
    price_after: ArrayLike,
    coin_price_after: ArrayLike | None = None,
) -> Array:
    """Profit of one long inverse contract, its coin valued at the price after the move.

    ``face x (1/price_before - 1/price_after) x coin_price_after``. When the contract's own price
    values the coin, this is face x (price_after / price_before - 1).

    Parameters
    ----------
    face, price_before, price_after : array_like
        As for `inverse_profit_in_coin`.
    coin_price_after : array_like, optional
        Price of the coin in reporting currency after the move, where an index or spot price values
        the coin; by default the contract's own price.

    Returns
    -------
    ndarray of float64, broadcast shape
        Reporting currency, positive when money is gained.

    Raises
    ------
    CheckFailed
        If a contract price is zero or negative.
    """
    coin_price = price_after if coin_price_after is None else coin_price_after
    return np.asarray(
        inverse_profit_in_coin(face, price_before, price_after) * _as_float(coin_price)
    )
