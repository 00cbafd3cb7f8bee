"""Price x volatility grids as crypto venues publish them: scenarios, shocks and revaluation.

The margin that is read off the grid, with its contingencies, belongs to `grid`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.margin.checks import require, require_fraction
from pipeline.margin.option_terms import OptionTerms
from pipeline.margin.pricing import Array, inverse_profit_in_currency, linear_profit

DAYS_PER_YEAR = 365.0
REFERENCE_DAYS = 30.0


@dataclass(frozen=True)
class Grid:
    """Scenarios of a price x volatility grid, each attribute of shape (scenarios,).

    Attributes
    ----------
    price_move : ndarray
        Relative move of the underlying, -0.15 for -15 %.
    volatility_direction : ndarray
        +1 up, 0 unchanged, -1 down.
    weight : ndarray
        Share of the loss that is counted; below 1 for dampened extended moves.
    """

    price_move: Array
    volatility_direction: Array
    weight: Array

    def __post_init__(self) -> None:
        require(bool((self.price_move > -1.0).all()), "a grid's price moves must be above -100 %")


def build_grid(
    price_moves: Sequence[float],
    volatility_up_only: Sequence[float] = (),
    extended_moves: Sequence[float] = (),
    extended_weights: Sequence[float] = (),
) -> Grid:
    """Lay out a grid: price moves x {up, unchanged, down}, then moves with volatility up only.

    Parameters
    ----------
    price_moves : sequence of float
        Moves that meet all three volatility directions, usually with 0 among them.
    volatility_up_only : sequence of float
        Moves at full weight that meet higher volatility alone.
    extended_moves, extended_weights : sequence of float
        Tail moves with volatility up and the share of the loss that is counted.

    Returns
    -------
    Grid
        3 x price_moves + volatility_up_only + extended_moves scenarios, in this order.
    """
    require(
        len(extended_moves) == len(extended_weights),
        f"a grid needs one weight for each of its {len(extended_moves)} extended moves, "
        f"got {len(extended_weights)}",
    )
    for weight in extended_weights:
        require_fraction("weight of an extended move", weight)
    single = [*volatility_up_only, *extended_moves]
    return Grid(
        price_move=np.append(np.repeat(np.asarray(price_moves, dtype=np.float64), 3), single),
        volatility_direction=np.append(
            np.tile([1.0, 0.0, -1.0], len(price_moves)), np.ones(len(single))
        ),
        weight=np.append(np.ones(3 * len(price_moves) + len(volatility_up_only)), extended_weights),
    )


def dampening_factor(moves: ArrayLike, price_range: float, fraction: float = 1.0) -> Array:
    """Weight of extended moves that keeps a linear loss constant beyond the grid's range.

    ``fraction x min(1, price_range / |move|)``. With a range of 18 % and a fraction of 0.77 this
    gives the weights that Derive publishes for its tail scenarios (-66 % 0.21, -33 % 0.42,
    +50 % 0.2772, ... +500 % 0.02772).

    Parameters
    ----------
    moves : array_like
        Relative moves, not zero.
    price_range : float
        Greatest move of the undampened grid.
    fraction : float
        Share of the loss at the edge of the range that is counted.

    Returns
    -------
    ndarray
        Same shape as ``moves``.
    """
    return np.asarray(fraction * np.minimum(1.0, price_range / np.abs(np.asarray(moves))))


@dataclass(frozen=True)
class VolatilityShock:
    """Volatility shock by time to expiry.

    ``shocked = volatility x max(1 + direction x range x (30 / max(DTE, minimum_days))^power, 0)``
    and, when the direction is up, at least ``minimum_up_volatility``.

    Attributes
    ----------
    range_up, range_down : float
        Relative shock at 30 days to expiry.
    short_power, long_power : float
        Exponent at up to 30 days to expiry and beyond.
    minimum_days : float
        Least days to expiry that enter the formula.
    minimum_up_volatility : float
        Least volatility in a scenario with volatility up.
    """

    range_up: float
    range_down: float
    short_power: float = 0.30
    long_power: float = 0.13
    minimum_days: float = 1.0
    minimum_up_volatility: float = 0.0

    def multiplier(self, days_to_expiry: ArrayLike, direction: ArrayLike) -> Array:
        """Return the factor on volatility, at least 0, broadcast shape."""
        days = np.asarray(days_to_expiry, dtype=np.float64)
        way = np.asarray(direction, dtype=np.float64)
        power = np.where(days <= REFERENCE_DAYS, self.short_power, self.long_power)
        scale = (REFERENCE_DAYS / np.maximum(days, self.minimum_days)) ** power
        size = np.where(way > 0, self.range_up, self.range_down)
        return np.asarray(np.maximum(1.0 + way * size * scale, 0.0))

    def apply(
        self, volatility: ArrayLike, days_to_expiry: ArrayLike, direction: ArrayLike
    ) -> Array:
        """Return the shocked volatility, broadcast shape."""
        shocked = np.asarray(volatility) * self.multiplier(days_to_expiry, direction)
        floor = np.where(np.asarray(direction) > 0, self.minimum_up_volatility, 0.0)
        return np.asarray(np.maximum(shocked, floor))


def linear_scenario_values(price: Array, multiplier: Array, grid: Grid) -> Array:
    """Gain of one long linear contract or coin under each scenario.

    ``multiplier x price x move``, in the price's currency.

    Parameters
    ----------
    price, multiplier : ndarray of shape (instruments,)
    grid : Grid

    Returns
    -------
    ndarray of shape (instruments, scenarios)
    """
    start = price[:, None]
    return linear_profit(start, start * (1.0 + grid.price_move), multiplier[:, None])


def inverse_scenario_values(price: Array, face: Array, grid: Grid) -> Array:
    """Gain of one long inverse contract under each scenario, its coin valued at the shocked price.

    ``face x (1/P - 1/P') x P'`` with P' = P x (1 + move), in the price's currency.

    Parameters
    ----------
    price, face : ndarray of shape (instruments,)
    grid : Grid

    Returns
    -------
    ndarray of shape (instruments, scenarios)
    """
    start = price[:, None]
    return inverse_profit_in_currency(face[:, None], start, start * (1.0 + grid.price_move))


def option_scenario_values(
    options: OptionTerms, grid: Grid, shock: VolatilityShock, coin_settled: bool = False
) -> Array:
    """Value of one long option under each scenario by full revaluation, without time decay.

    Parameters
    ----------
    options : OptionTerms
        The forward moves by the scenario's relative move.
    grid : Grid
    shock : VolatilityShock
    coin_settled : bool
        An inverse option: its gain in coin, valued at the shocked forward F', is
        V' - V F'/F with V the Black-76 value; it is returned on top of the value now, V.

    Returns
    -------
    ndarray of shape (instruments, scenarios)
        Currency per unit.
    """
    forward, volatility = options.forward[:, None], options.volatility[:, None]
    growth = 1.0 + grid.price_move
    days = options.years[:, None] * DAYS_PER_YEAR
    shocked = shock.apply(volatility, days, grid.volatility_direction)
    value = options.value(forward * growth, shocked, 0.0)
    if not coin_settled:
        return value
    now = options.value(forward, volatility, 0.0)
    return np.asarray(value - now * (growth - 1.0))
