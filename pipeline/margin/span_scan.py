"""SPAN scanning: the sixteen scenarios, scan ranges, risk arrays and composite deltas.

Spreads, credits and the total requirement belong to `span_spreads` and `span`.

The scenario table is the one CME publishes: no move, then +1/3, -1/3, +2/3, -2/3, +1 and -1 price
scan range, each with the volatility one scan range up and one down, then an extreme price move up
and down of which a fraction counts. Risk arrays follow CME's convention: one long unit, losses
positive, over a look-ahead of usually one day.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.margin.checks import require, require_finite, require_fraction
from pipeline.margin.option_terms import OptionTerms, PricingModel
from pipeline.margin.pricing import Array

_MOVES = np.array([0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3], dtype=np.float64) / 3.0


@dataclass(frozen=True)
class SpanScenarios:
    """The sixteen SPAN scenarios.

    Attributes
    ----------
    extreme_move_multiple : float
        Extreme move in scenarios 15 and 16, in price scan ranges.
    extreme_cover_fraction : float
        Share of the extreme loss that is counted.
    """

    extreme_move_multiple: float = 2.0
    extreme_cover_fraction: float = 0.35

    def __post_init__(self) -> None:
        require(self.extreme_move_multiple > 0, "extreme_move_multiple must be above zero")
        require_fraction("extreme_cover_fraction", self.extreme_cover_fraction)

    @property
    def price_fraction(self) -> Array:
        """Price move of each scenario in price scan ranges, shape (16,)."""
        return np.append(_MOVES, [self.extreme_move_multiple, -self.extreme_move_multiple])

    @property
    def volatility_fraction(self) -> Array:
        """Volatility move of each scenario in volatility scan ranges, shape (16,)."""
        return np.append(np.tile([1.0, -1.0], 7), [0.0, 0.0])

    @property
    def weight(self) -> Array:
        """Share of each scenario's loss that is counted, shape (16,)."""
        return np.append(np.ones(14), [self.extreme_cover_fraction] * 2)


def price_scan_range(
    price: ArrayLike,
    daily_volatility: ArrayLike,
    floor_fraction: ArrayLike,
    deviations: float = 6.0,
    horizon_days: float = 2.0,
) -> Array:
    """Price scan range as a multiple of volatility with a floor.

    ``price x max(deviations x daily_volatility x sqrt(horizon_days), floor_fraction)``

    Parameters
    ----------
    price : array_like
        Price of the underlying, any currency.
    daily_volatility : array_like
        Standard deviation of daily returns, 0.01 for 1 %.
    floor_fraction : array_like
        Least range as a share of price. NSE Clearing (2024): 0.093 for index products, 0.142 for
        single stocks, 0.177 for index options beyond nine months.
    deviations, horizon_days : float
        NSE Clearing (2024): six deviations scaled by the square root of two.

    Returns
    -------
    ndarray, broadcast shape
        Range in units of ``price``.

    Source: NSE Clearing, SPAN risk parameters, equity derivatives.
    """
    move = deviations * np.asarray(daily_volatility, dtype=np.float64) * np.sqrt(horizon_days)
    return np.asarray(np.asarray(price, dtype=np.float64) * np.maximum(move, floor_fraction))


def volatility_scan_range(
    annualised_volatility: ArrayLike, floor: ArrayLike, fraction: float = 0.25
) -> Array:
    """Volatility scan range as a share of annualised volatility with a floor.

    ``max(fraction x annualised_volatility, floor)``

    Parameters
    ----------
    annualised_volatility : array_like
        EWMA volatility per year, 0.16 for 16 %.
    floor : array_like
        Least range in volatility points. NSE Clearing (2024): 0.04 for indices, 0.10 for stocks.
    fraction : float
        NSE Clearing (2024): 25 %.

    Returns
    -------
    ndarray, broadcast shape
        Range in volatility points (0.04 is four points).

    Source: NSE Clearing, SPAN risk parameters, equity derivatives.
    """
    share = fraction * np.asarray(annualised_volatility, dtype=np.float64)
    return np.asarray(np.maximum(share, floor))


def scenario_prices(
    price: ArrayLike,
    scan_range: ArrayLike,
    scenarios: SpanScenarios,
    model: PricingModel = "lognormal",
) -> Array:
    """Prices of the underlying under each scenario.

    Parameters
    ----------
    price, scan_range : array_like of shape (instruments,)
        Price and price scan range of the underlying, in the same unit.
    scenarios : SpanScenarios
    model : {"lognormal", "normal"}
        A lognormal price stops at zero; a normal one may go below.

    Returns
    -------
    ndarray of shape (instruments, 16)
    """
    start = np.asarray(price, dtype=np.float64)[..., None]
    move = np.asarray(scan_range, dtype=np.float64)[..., None] * scenarios.price_fraction
    shocked = start + move
    return np.asarray(np.maximum(shocked, 0.0) if model == "lognormal" else shocked)


def futures_risk_array(
    price: ArrayLike,
    scan_range: ArrayLike,
    scenarios: SpanScenarios,
    multiplier: ArrayLike = 1.0,
    model: PricingModel = "lognormal",
) -> Array:
    """Risk array of one long future: counted loss under each scenario.

    ``weight x multiplier x (price - scenario price)``

    Parameters
    ----------
    price, scan_range : array_like of shape (instruments,)
    scenarios : SpanScenarios
    multiplier : array_like of shape (instruments,)
        Currency per point.
    model : {"lognormal", "normal"}
        As in `scenario_prices`.

    Returns
    -------
    ndarray of shape (instruments, 16)
        Currency per unit, positive is a loss.
    """
    start = np.asarray(price, dtype=np.float64)[..., None]
    size = np.asarray(multiplier, dtype=np.float64)[..., None]
    loss = start - scenario_prices(price, scan_range, scenarios, model)
    return np.asarray(scenarios.weight * size * loss)


def option_risk_array(
    options: OptionTerms,
    scan_range: Array,
    volatility_range: Array,
    scenarios: SpanScenarios,
    look_ahead_years: float = 1.0 / 365.0,
) -> Array:
    """Risk array of one long option by full revaluation.

    ``weight x (value now - value at the scenario price and volatility, look-ahead later)``

    Parameters
    ----------
    options : OptionTerms
    scan_range, volatility_range : ndarray of shape (instruments,)
        Price scan range in price units and volatility scan range in volatility points; a shocked
        volatility stops at zero.
    scenarios : SpanScenarios
    look_ahead_years : float
        Time decay included in every scenario.

    Returns
    -------
    ndarray of shape (instruments, 16)
        Currency per unit, positive is a loss.
    """
    prices = scenario_prices(options.forward, scan_range, scenarios, options.model)
    move = np.asarray(volatility_range)[..., None] * scenarios.volatility_fraction
    volatility = np.maximum(np.asarray(options.volatility)[..., None] + move, 0.0)
    now = options.value(options.forward[..., None], options.volatility[..., None], 0.0)
    return np.asarray(
        scenarios.weight * (now - options.value(prices, volatility, look_ahead_years))
    )


def composite_delta(
    options: OptionTerms,
    scan_range: Array,
    look_ahead_years: float = 1.0 / 365.0,
    scan_range_deviations: float = 2.0,
) -> Array:
    """Composite delta: weighted mean of the deltas at the seven scanned prices.

    Each price ``forward + f x scan_range``, f in {0, +-1/3, +-2/3, +-1}, carries the weight
    ``exp(-(scan_range_deviations x f)^2 / 2)``, scaled to sum to one: the normal density with the
    scan range taken as that many deviations. Deltas are symmetric differences of full revaluations
    after the look-ahead, so that every pricing model and the expiry limit are covered.

    Parameters
    ----------
    options : OptionTerms
    scan_range : ndarray of shape (instruments,)
        Above zero, in price units.
    look_ahead_years : float
    scan_range_deviations : float
        How many standard deviations the scan range stands for; set by the user.

    Returns
    -------
    ndarray of shape (instruments,)
        Between -1 and 1, per unit of underlying (without the multiplier).
    """
    reach = np.asarray(scan_range, dtype=np.float64)[..., None]
    require_finite("price scan range", reach)
    require(bool((reach > 0).all()), "a composite delta needs a price scan range above zero")
    fractions = np.array([0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0]) / 3.0
    weights = np.exp(-0.5 * (scan_range_deviations * fractions) ** 2)
    step = 1e-4 * reach
    centre = options.forward[..., None] + reach * fractions
    up, down = centre + step, centre - step
    if options.model == "lognormal":
        up, down = np.maximum(up, step), np.maximum(down, 0.0)
    volatility = options.volatility[..., None]
    change = options.value(up, volatility, look_ahead_years) - options.value(
        down, volatility, look_ahead_years
    )
    delta = change / (np.asarray(options.multiplier)[..., None] * (up - down))
    return np.asarray(delta @ (weights / weights.sum()))
