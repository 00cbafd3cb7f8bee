"""TIMS: worst of ten price points, with offsets by class, class group and product group.

The ten theoretical gains and losses of each instrument are added up within its class (same
underlying: offset in full), then netted by class group and by product group, where a stated
percentage of the gains may be used. Scenario grids with volatility moves belong to `grid`. Every
step works on all accounts at once.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.margin.checks import require, require_finite, require_not_negative
from pipeline.margin.grouping import sum_by
from pipeline.margin.market import IntArray
from pipeline.margin.option_terms import OptionTerms
from pipeline.margin.pricing import Array
from pipeline.margin.unit_margins import UnitMargins, unit_margins

POINTS = 10


@dataclass(frozen=True)
class TimsInstruments:
    """Losses at the ten points and the tree of classes and groups.

    Attributes
    ----------
    product_class : ndarray of int64, shape (instruments,)
        Class of each instrument (its underlying).
    class_group : ndarray of int64, shape (classes,)
        Class group of each class.
    product_group : ndarray of int64, shape (class groups,)
        Product group of each class group.
    point_losses : ndarray of shape (instruments, 10)
        Loss of one long unit at each point, reporting currency.
    minimum_charge : ndarray of shape (instruments,)
        Least margin per unit held, long or short.
    class_group_offset : ndarray of shape (class groups,)
        Share of gains that offsets losses between classes of the group, 0 to 1.
    product_group_offset : ndarray of shape (product groups,)
        The same between class groups; at most that of its class groups.
    """

    product_class: IntArray
    class_group: IntArray
    product_group: IntArray
    point_losses: Array
    minimum_charge: Array
    class_group_offset: Array
    product_group_offset: Array

    def __post_init__(self) -> None:
        require_finite("TIMS point_losses", self.point_losses)
        require_not_negative("TIMS minimum_charge", self.minimum_charge)
        for name in ("class_group_offset", "product_group_offset"):
            share = getattr(self, name)
            require_not_negative(f"TIMS {name}", share)
            require(bool((share <= 1.0).all()), f"TIMS {name} must not exceed 1")
        # A wider group that grants more than a narrower one would reward moving a hedge away.
        require(
            bool((self.product_group_offset[self.product_group] <= self.class_group_offset).all()),
            "a product group offset exceeds the class group offset inside it",
        )


@dataclass(frozen=True)
class TimsMargin:
    """The requirement at each level, in reporting currency.

    Attributes
    ----------
    class_group_losses : ndarray of shape (accounts, class groups, 10)
        Net loss of each class group at each point.
    class_risk : ndarray of shape (accounts, classes)
        Worst point of each class alone, floored at zero.
    class_group_risk : ndarray of shape (accounts, class groups)
        Worst point of each class group alone.
    product_group_risk : ndarray of shape (accounts, product groups)
        Worst point of each product group.
    worst_point : ndarray of int64, shape (accounts, product groups)
        Number 1 to 10 of that point.
    minimum_charge : ndarray of shape (accounts, product groups)
    requirement : ndarray of shape (accounts,)
        Sum over product groups of the greater of risk and minimum charge.
    """

    class_group_losses: Array
    class_risk: Array
    class_group_risk: Array
    product_group_risk: Array
    worst_point: IntArray
    minimum_charge: Array
    requirement: Array


def valuation_points(range_down: float, range_up: float) -> Array:
    """Return the ten relative moves, five down and five up, equidistant on each side.

    ``-range_down x {5, 4, 3, 2, 1} / 5`` then ``range_up x {1, 2, 3, 4, 5} / 5``

    Parameters
    ----------
    range_down, range_up : float
        Widest moves, both positive and the down move below 1.

    Returns
    -------
    ndarray of shape (10,)
    """
    require(0.0 < range_down < 1.0 and range_up > 0.0, "TIMS ranges must be above 0 (down below 1)")
    steps = np.arange(1, 6) / 5.0
    return np.append(-range_down * steps[::-1], range_up * steps)


def linear_point_losses(price: Array, multiplier: Array, points: Array) -> Array:
    """Loss of one long linear unit at each point: ``-multiplier x price x move``.

    Parameters
    ----------
    price, multiplier : ndarray of shape (instruments,)
    points : ndarray of shape (10,)

    Returns
    -------
    ndarray of shape (instruments, 10)
    """
    return np.asarray(-(multiplier * price)[:, None] * points)


def option_point_losses(options: OptionTerms, points: Array) -> Array:
    """Loss of one long option at each point by full revaluation, volatility and time unchanged.

    Parameters
    ----------
    options : OptionTerms
    points : ndarray of shape (10,)

    Returns
    -------
    ndarray of shape (instruments, 10)
    """
    forward, volatility = options.forward[:, None], options.volatility[:, None]
    now = options.value(forward, volatility, 0.0)
    return np.asarray(now - options.value(forward * (1.0 + points), volatility, 0.0))


def net_with_offset(losses: Array, group: IntArray, offset: Array) -> Array:
    """Net losses and gains of children within their group, counting a share of the gains.

    With L the sum of the children's losses, G the sum of their gains and f the offset::

        net loss = L - f G             while f G <= L
        net gain = G - L / f           beyond, what the losses have not used up

    so that a gain is reduced once, where it is used, and a single child passes on unchanged.

    Parameters
    ----------
    losses : ndarray of shape (accounts, points, children)
        Positive is a loss.
    group : ndarray of int64, shape (children,)
    offset : ndarray of shape (groups,)
        0 to 1.

    Returns
    -------
    ndarray of shape (accounts, points, groups)
    """
    accounts, points, children = losses.shape
    flat = losses.reshape(accounts * points, children)
    loss = sum_by(np.maximum(flat, 0.0), group, len(offset))
    gain = sum_by(np.maximum(-flat, 0.0), group, len(offset))
    net = loss - offset * gain
    unused = np.divide(net, offset, out=-gain, where=offset > 0.0)
    return np.asarray(np.where(net > 0.0, net, unused).reshape(accounts, points, len(offset)))


def tims_margin(quantities: Array, instruments: TimsInstruments) -> TimsMargin:
    """Compute the TIMS requirement of every account.

    At each of the ten points: losses add up within the class; class groups and product groups net
    them as in `net_with_offset`. For each product group p::

        risk_p      = max over points of the net loss, floored at zero
        minimum_p   = sum of |quantity| x minimum charge
        requirement = sum over p of max(risk_p, minimum_p)

    Parameters
    ----------
    quantities : ndarray of shape (accounts, instruments)
        Units; negative is short. Missing values are refused.
    instruments : TimsInstruments

    Returns
    -------
    TimsMargin

    Raises
    ------
    CheckFailed
        If a quantity is missing.

    Source: Options Clearing Corporation, customer portfolio margin (theoretical gains and losses
    at ten points; class, class group and product group; minimum charge).
    """
    require_finite("TIMS quantities", quantities)
    classes = len(instruments.class_group)
    by_class = np.stack(
        [
            sum_by(quantities * instruments.point_losses[:, j], instruments.product_class, classes)
            for j in range(POINTS)
        ],
        axis=1,
    )
    by_group = net_with_offset(by_class, instruments.class_group, instruments.class_group_offset)
    by_product = net_with_offset(
        by_group, instruments.product_group, instruments.product_group_offset
    )
    group_of = instruments.product_group[instruments.class_group][instruments.product_class]
    minimum = sum_by(
        np.abs(quantities) * instruments.minimum_charge,
        group_of,
        len(instruments.product_group_offset),
    )
    risk = np.maximum(by_product.max(axis=1), 0.0)
    return TimsMargin(
        class_group_losses=by_group.transpose(0, 2, 1),
        class_risk=np.maximum(by_class.max(axis=1), 0.0),
        class_group_risk=np.maximum(by_group.max(axis=1), 0.0),
        product_group_risk=risk,
        worst_point=by_product.argmax(axis=1).astype(np.int64) + 1,
        minimum_charge=minimum,
        requirement=np.maximum(risk, minimum).sum(axis=1),
    )


def tims_unit_margins(instruments: TimsInstruments) -> UnitMargins:
    """Compute the requirement of one unit of each instrument held alone: margin without offsets.

    Parameters
    ----------
    instruments : TimsInstruments

    Returns
    -------
    UnitMargins
        From `tims_margin` itself.
    """
    return unit_margins(
        lambda quantities: tims_margin(quantities, instruments).requirement,
        len(instruments.product_class),
    )
