"""SPAN spreads: calendar spreads inside a combined commodity and credits between commodities.

Spreads are formed in the order of their priority from the deltas that earlier spreads left over;
the loop runs over the rows of the priority table, every step over all accounts at once. Scanning
and the total requirement belong to `span_scan` and `span`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pipeline.margin.checks import require, require_fraction
from pipeline.margin.market import IntArray
from pipeline.margin.pricing import Array

PriceRiskMethod = Literal["normal", "scan_range", "scan_range_cap"]


@dataclass(frozen=True)
class SpreadLeg:
    """One leg of a spread.

    Attributes
    ----------
    node : int
        Tier index (calendar spreads) or combined-commodity index (inter-commodity spreads).
    side : int
        +1 for side A, -1 for side B: the two sides hold opposite deltas.
    delta_ratio : float
        Deltas of this leg in one spread.
    """

    node: int
    side: int
    delta_ratio: float = 1.0

    def __post_init__(self) -> None:
        require(self.side in (1, -1), f"side of a spread leg must be +1 or -1, got {self.side}")
        require(self.delta_ratio > 0, "delta_ratio of a spread leg must be above zero")


def _check_legs(legs: Sequence[SpreadLeg]) -> None:
    require({leg.side for leg in legs} == {1, -1}, "a spread needs a leg on each of its two sides")
    taken = [(leg.node, leg.side) for leg in legs]
    require(len(set(taken)) == len(taken), "a spread names the same leg twice on one side")


@dataclass(frozen=True)
class CalendarSpread:
    """A spread between tiers of one combined commodity, or within one tier.

    Attributes
    ----------
    commodity : int
        Combined commodity that is charged.
    priority : int
        Spreads with a lower number are formed first.
    charge_rate : float
        Reporting currency per spread.
    legs : tuple of SpreadLeg
        ``node`` is a tier.
    """

    commodity: int
    priority: int
    charge_rate: float
    legs: tuple[SpreadLeg, ...]

    def __post_init__(self) -> None:
        _check_legs(self.legs)
        require(self.charge_rate >= 0, "charge_rate of a calendar spread must not be negative")


@dataclass(frozen=True)
class InterCommoditySpread:
    """A spread between combined commodities that earns a credit.

    Attributes
    ----------
    priority : int
        Spreads with a lower number are formed first.
    credit_rate : float
        Share of each leg's price risk that is credited, 0 to 1.
    legs : tuple of SpreadLeg
        ``node`` is a combined commodity.
    """

    priority: int
    credit_rate: float
    legs: tuple[SpreadLeg, ...]

    def __post_init__(self) -> None:
        _check_legs(self.legs)
        require_fraction("credit_rate of an inter-commodity spread", self.credit_rate)
        nodes = [leg.node for leg in self.legs]
        require(len(set(nodes)) == len(nodes), "an inter-commodity spread names a commodity twice")


@dataclass(frozen=True)
class CalendarResult:
    """Calendar spreads of every account.

    Attributes
    ----------
    charge : ndarray of shape (accounts, commodities)
        Reporting currency.
    spread_delta : ndarray of shape (accounts, tiers)
        Deltas consumed by spreads, long and short together.
    remaining_long, remaining_short : ndarray of shape (accounts, tiers)
        Deltas left, both at least 0.
    """

    charge: Array
    spread_delta: Array
    remaining_long: Array
    remaining_short: Array


def calendar_charge_rate(
    far_price: ArrayLike, fraction: ArrayLike, multiplier: ArrayLike = 1.0
) -> Array:
    """Calendar spread charge as a share of the far leg: ``fraction x far_price x multiplier``.

    NSE Clearing (2024): 1.75 % for index and 2.2 % for single-stock products, of the far month
    contract value (SPAN risk parameters, equity derivatives).

    Parameters
    ----------
    far_price, fraction, multiplier : array_like
        Price of the far contract, share of it, currency per point.

    Returns
    -------
    ndarray, broadcast shape
        Currency per spread.
    """
    value = np.asarray(far_price, dtype=np.float64) * np.asarray(multiplier, dtype=np.float64)
    return np.asarray(value * np.asarray(fraction, dtype=np.float64))


def form_calendar_spreads(
    long_delta: Array,
    short_delta: Array,
    commodities: int,
    spreads: Sequence[CalendarSpread],
) -> CalendarResult:
    """Form calendar spreads by priority and charge them.

    For each spread, first with side A long and B short and then the other way round::

        number of spreads = min over legs (available delta of the leg's side / delta_ratio)
        charge            = number of spreads x charge_rate

    and the deltas used are no longer available.

    Parameters
    ----------
    long_delta, short_delta : ndarray of shape (accounts, tiers)
        Sum of the positive, and of the negative (as a positive number), net deltas of the contract
        months in each tier.
    commodities : int
        Number of combined commodities.
    spreads : sequence of CalendarSpread

    Returns
    -------
    CalendarResult
    """
    pools = {1: long_delta.copy(), -1: short_delta.copy()}
    charge = np.zeros((len(long_delta), commodities))
    for spread in sorted(spreads, key=lambda s: s.priority):
        for orientation in (1, -1):
            available = [
                pools[orientation * leg.side][:, leg.node] / leg.delta_ratio for leg in spread.legs
            ]
            number = np.minimum.reduce(available)
            charge[:, spread.commodity] += number * spread.charge_rate
            for leg in spread.legs:
                pools[orientation * leg.side][:, leg.node] -= number * leg.delta_ratio
    # Rounding in n x ratio may leave a pool a few ulps below zero.
    long_left, short_left = np.maximum(pools[1], 0.0), np.maximum(pools[-1], 0.0)
    used = (long_delta - long_left) + (short_delta - short_left)
    return CalendarResult(charge, used, long_left, short_left)


def weighted_price_risk(
    scenario_losses: Array,
    active_scenario: IntArray,
    net_delta: Array,
    scan_range: Array,
    method: PriceRiskMethod,
) -> Array:
    """Price risk per delta of each combined commodity, for inter-commodity credits.

    The normal method takes volatility and time out of the scanning loss::

        volatility-adjusted loss = mean of the active scenario and its twin with the opposite
                                   volatility move (an extreme scenario is its own twin)
        time risk                = mean of scenarios 1 and 2 (no price move)
        price risk               = max(volatility-adjusted loss - time risk, 0)
        weighted price risk      = price risk / |net delta|, 0 where there is no delta

    ``scan_range`` takes the price scan range instead; ``scan_range_cap`` the smaller of the two.

    Parameters
    ----------
    scenario_losses : ndarray of shape (accounts, commodities, 16)
    active_scenario : ndarray of int64, shape (accounts, commodities)
    net_delta : ndarray of shape (accounts, commodities)
    scan_range : ndarray of shape (commodities,)
    method : {"normal", "scan_range", "scan_range_cap"}
        The choices of CME's "Combined Commodities" report.

    Returns
    -------
    ndarray of shape (accounts, commodities)
        Reporting currency per delta.
    """
    limit = np.broadcast_to(scan_range, net_delta.shape)
    if method == "scan_range":
        return np.array(limit)
    active = active_scenario - 1
    twin = np.where(active < 14, active ^ 1, active)
    pair = np.stack([active, twin], axis=-1)
    adjusted = np.take_along_axis(scenario_losses, pair, axis=-1).mean(axis=-1)
    price_risk = np.maximum(adjusted - scenario_losses[..., :2].mean(axis=-1), 0.0)
    size = np.abs(net_delta)
    per_delta = np.divide(price_risk, size, out=np.zeros_like(price_risk), where=size > 0)
    return np.asarray(np.minimum(per_delta, limit) if method == "scan_range_cap" else per_delta)


def form_inter_commodity_spreads(
    net_delta: Array, weighted_price_risk: Array, spreads: Sequence[InterCommoditySpread]
) -> Array:
    """Form spreads between combined commodities by priority and credit them.

    For each spread, first with side A long and B short and then the other way round::

        number of spreads  = min over legs (available delta of the leg's sign / delta_ratio)
        credit of one leg  = number x delta_ratio x weighted price risk of the leg x credit_rate

    Parameters
    ----------
    net_delta : ndarray of shape (accounts, commodities)
        Net composite delta of each combined commodity.
    weighted_price_risk : ndarray of shape (accounts, commodities)
        Reporting currency per delta.
    spreads : sequence of InterCommoditySpread

    Returns
    -------
    ndarray of shape (accounts, commodities)
        Credit earned by each combined commodity's leg, at least 0.
    """
    left = net_delta.copy()
    credit = np.zeros_like(left)
    for spread in sorted(spreads, key=lambda s: s.priority):
        for orientation in (1, -1):
            number = np.minimum.reduce(
                [
                    np.maximum(orientation * leg.side * left[:, leg.node], 0.0) / leg.delta_ratio
                    for leg in spread.legs
                ]
            )
            for leg in spread.legs:
                used = number * leg.delta_ratio
                left[:, leg.node] -= orientation * leg.side * used
                credit[:, leg.node] += used * weighted_price_risk[:, leg.node] * spread.credit_rate
    return credit
