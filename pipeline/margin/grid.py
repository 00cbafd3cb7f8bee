"""Grid margin: worst scenario of a price x volatility grid plus contingencies, per underlying.

Scenarios and revaluation belong to `grid_scenarios`. Every step works on all accounts at once; the
loops run over underlyings and expiries.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.margin.checks import require, require_finite, require_not_negative
from pipeline.margin.grid_scenarios import Grid
from pipeline.margin.grouping import sum_by
from pipeline.margin.market import IntArray
from pipeline.margin.pricing import Array
from pipeline.margin.unit_margins import UnitMargins, unit_margins


@dataclass(frozen=True)
class GridInstruments:
    """Values and rates of instruments, in reporting currency per unit.

    Attributes
    ----------
    underlying : ndarray of int64, shape (instruments,)
        Risk unit; offsets exist inside one underlying only.
    value : ndarray of shape (instruments,)
        Value now: of an option or coin its price, of a future 0.
    scenario_value : ndarray of shape (instruments, scenarios)
        Value under each grid scenario: of a future its gain.
    expiry : ndarray of int64, shape (instruments,)
        Expiry whose basis contingency and static discount apply (options); -1 for none.
    basis_value : ndarray of shape (instruments, 2)
        Value under the down and the up move of the basis contingency, volatility unchanged.
    position_rate : ndarray of shape (instruments,)
        Static contingency per unit held, long or short (perpetuals, coins).
    short_option_rate : ndarray of shape (instruments,)
        Static contingency per option sold net at its strike.
    strike : ndarray of int64, shape (instruments,)
        Options of one strike and expiry, calls and puts, share a number; -1 for none.
    offset_size : ndarray of shape (instruments,)
        Size of one unit for the contingency on offsetting futures; 0 for what takes no part.
    expiry_years, expiry_discount : ndarray of shape (expiries,)
        Time to expiry, and the static discount on positive option value (1 for none).
    """

    underlying: IntArray
    value: Array
    scenario_value: Array
    expiry: IntArray
    basis_value: Array
    position_rate: Array
    short_option_rate: Array
    strike: IntArray
    offset_size: Array
    expiry_years: Array
    expiry_discount: Array

    def __post_init__(self) -> None:
        for name in ("value", "scenario_value", "basis_value"):
            require_finite(f"grid {name}", getattr(self, name))
        for name in (
            "position_rate",
            "short_option_rate",
            "offset_size",
            "expiry_years",
            "expiry_discount",
        ):
            require_not_negative(f"grid {name}", getattr(self, name))
        require(bool((self.expiry_discount <= 1.0).all()), "a static discount must not exceed 1")


@dataclass(frozen=True)
class GridParameters:
    """Factors of the requirement; the defaults have no effect.

    Attributes
    ----------
    basis_add_factor, basis_multiply_factor : float
        The basis contingency counts add + multiply x years of each expiry's worst basis loss.
    offset_rate : float
        Contingency per unit of futures position that offsets another future.
    maintenance_factor, initial_factor : float
        Margins as multiples of risk.
    depeg_threshold, depeg_factor : float
        Below the threshold price of the stablecoin the initial factor grows by
        (threshold - price) x depeg_factor.
    """

    basis_add_factor: float = 0.0
    basis_multiply_factor: float = 0.0
    offset_rate: float = 0.0
    maintenance_factor: float = 1.0
    initial_factor: float = 1.0
    depeg_threshold: float = 1.0
    depeg_factor: float = 0.0

    def __post_init__(self) -> None:
        values = np.array(list(vars(self).values()), dtype=np.float64)
        require_not_negative("grid parameters", values)
        require(
            self.initial_factor >= self.maintenance_factor,
            "the initial factor must not be below the maintenance factor",
        )


@dataclass(frozen=True)
class GridMargin:
    """The requirement and what it is made of, in reporting currency.

    Attributes
    ----------
    counted_losses : ndarray of shape (accounts, underlyings, scenarios)
        Weighted loss under each scenario.
    scenario_loss : ndarray of shape (accounts, underlyings)
        Worst counted scenario loss, floored at zero.
    worst_scenario : ndarray of int64, shape (accounts, underlyings)
        Index of that scenario in the grid.
    basis_contingency, static_contingency : ndarray of shape (accounts, underlyings)
    risk : ndarray of shape (accounts, underlyings)
        max(scenario loss, basis contingency) + static contingency.
    maintenance_margin, initial_margin : ndarray of shape (accounts,)
        At least 0.
    """

    counted_losses: Array
    scenario_loss: Array
    worst_scenario: IntArray
    basis_contingency: Array
    static_contingency: Array
    risk: Array
    maintenance_margin: Array
    initial_margin: Array


def static_discount(
    base: float, years: ArrayLike, rate: ArrayLike, rate_factor: float, rate_addition: float
) -> Array:
    """Discount on the positive value of an expiry's options under stress.

    ``base x exp(-years x (rate_factor x rate + rate_addition))``

    Parameters
    ----------
    base : float
        Discount at expiry, at most 1.
    years, rate : array_like
        Time to expiry and its continuously compounded rate.
    rate_factor, rate_addition : float
        Stress of the rate.

    Returns
    -------
    ndarray, broadcast shape

    Source: Derive v2-core, portfolio margin risk manager (parameters there are the venue's own).
    """
    stressed = rate_factor * np.asarray(rate, dtype=np.float64) + rate_addition
    return np.asarray(base * np.exp(-np.asarray(years, dtype=np.float64) * stressed))


def grid_margin(
    quantities: Array,
    instruments: GridInstruments,
    grid: Grid,
    parameters: GridParameters,
    stable_price: float = 1.0,
) -> GridMargin:
    """Compute the grid requirement of every account.

    For each underlying u, with v the value of the account's position now and V_s under scenario s,
    and of each expiry e::

        scenario loss      = max over s of weight_s x (v - V_s*), floored at 0, where V_s* counts a
                             positive option value of expiry e at its static discount
        basis contingency  = sum over e of max(v_e - V_e at the down or up basis move, 0)
                             x (add factor + multiply factor x years_e)
        static contingency = sum of |quantity| x position rate
                           + sum over strikes of max(-net quantity at the strike, 0) x option rate
                           + offset rate x min(long futures size, short futures size)
        risk_u             = max(scenario loss, basis contingency) + static contingency

    and for the account::

        maintenance = maintenance factor x sum of risk_u
        initial     = (initial factor + max(peg threshold - stablecoin price, 0) x de-peg factor)
                      x sum of risk_u

    Parameters
    ----------
    quantities : ndarray of shape (accounts, instruments)
        Units; negative is short. Missing values are refused.
    instruments : GridInstruments
    grid : Grid
    parameters : GridParameters
    stable_price : float
        Price of the stablecoin that collateral is held in; 1 at par.

    Returns
    -------
    GridMargin

    Raises
    ------
    CheckFailed
        If a quantity or the stablecoin price is missing.

    Source: the published risk parameters of Deribit (portfolio margin: grid, volatility shock,
    contingency on offsetting futures and on net short options per strike) and Derive (v2-core:
    basis and static contingency, dampened tails, static discount, de-peg factor).
    """
    require_finite("grid quantities", quantities)
    require_finite("stablecoin price", np.asarray(stable_price))
    underlyings = int(instruments.underlying.max(initial=-1)) + 1
    shape = (len(quantities), underlyings)
    scenario_loss, basis, static = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    worst = np.zeros(shape, dtype=np.int64)
    counted = np.zeros((*shape, len(grid.weight)))
    for u in range(underlyings):
        held = np.flatnonzero(instruments.underlying == u)
        losses = grid.weight * _scenario_losses(quantities, instruments, held)
        counted[:, u] = losses
        worst[:, u] = losses.argmax(axis=1)
        scenario_loss[:, u] = np.maximum(losses.max(axis=1), 0.0)
        basis[:, u] = _basis_contingency(quantities, instruments, held, parameters)
        static[:, u] = _static_contingency(quantities, instruments, held, parameters.offset_rate)
    risk = np.maximum(scenario_loss, basis) + static
    total = risk.sum(axis=1)
    depeg = max(parameters.depeg_threshold - stable_price, 0.0) * parameters.depeg_factor
    return GridMargin(
        counted_losses=counted,
        scenario_loss=scenario_loss,
        worst_scenario=worst,
        basis_contingency=basis,
        static_contingency=static,
        risk=risk,
        maintenance_margin=parameters.maintenance_factor * total,
        initial_margin=(parameters.initial_factor + depeg) * total,
    )


def _scenario_losses(quantities: Array, instruments: GridInstruments, held: IntArray) -> Array:
    """Loss of each account under each scenario, before weights: (accounts, scenarios)."""
    expiry = instruments.expiry[held]
    discounted = np.zeros(len(held), dtype=np.bool_)
    discounted[expiry >= 0] = instruments.expiry_discount[expiry[expiry >= 0]] < 1.0
    plain = held[~discounted]
    losses = quantities[:, plain] @ (
        instruments.value[plain, None] - instruments.scenario_value[plain]
    )
    for e in np.unique(expiry[discounted]):
        inside = held[discounted & (expiry == e)]
        value = quantities[:, inside] @ instruments.scenario_value[inside]
        counted = np.where(value > 0.0, instruments.expiry_discount[e] * value, value)
        losses += (quantities[:, inside] @ instruments.value[inside])[:, None] - counted
    return np.asarray(losses)


def _basis_contingency(
    quantities: Array, instruments: GridInstruments, held: IntArray, parameters: GridParameters
) -> Array:
    """Loss if expiries move apart from each other: (accounts,)."""
    total = np.zeros(len(quantities))
    expiry = instruments.expiry[held]
    for e in np.unique(expiry[expiry >= 0]):
        inside = held[expiry == e]
        losses = quantities[:, inside] @ (
            instruments.value[inside, None] - instruments.basis_value[inside]
        )
        factor = (
            parameters.basis_add_factor
            + parameters.basis_multiply_factor * instruments.expiry_years[e]
        )
        total += factor * np.maximum(losses.max(axis=1), 0.0)
    return total


def _static_contingency(
    quantities: Array, instruments: GridInstruments, held: IntArray, offset_rate: float
) -> Array:
    """Charges that no scenario offsets: (accounts,)."""
    position = quantities[:, held]
    total = np.abs(position) @ instruments.position_rate[held]
    options = np.flatnonzero(instruments.strike[held] >= 0)
    strikes, number = np.unique(instruments.strike[held[options]], return_inverse=True)
    charged = position[:, options] * instruments.short_option_rate[held[options]]
    total += np.maximum(-sum_by(charged, number, len(strikes)), 0.0).sum(axis=1)
    size = instruments.offset_size[held]
    long_size = np.maximum(position, 0.0) @ size
    short_size = np.maximum(-position, 0.0) @ size
    return np.asarray(total + offset_rate * np.minimum(long_size, short_size))


def grid_unit_margins(
    instruments: GridInstruments, grid: Grid, parameters: GridParameters
) -> UnitMargins:
    """Compute the maintenance margin of one unit of each instrument held alone.

    Parameters
    ----------
    instruments : GridInstruments
    grid : Grid
    parameters : GridParameters

    Returns
    -------
    UnitMargins
        From `grid_margin` itself: margin without offsets.
    """
    return unit_margins(
        lambda quantities: (
            grid_margin(quantities, instruments, grid, parameters).maintenance_margin
        ),
        len(instruments.underlying),
    )
