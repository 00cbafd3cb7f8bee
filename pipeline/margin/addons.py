"""Add-ons on top of core margin: concentration, contingency and minimum charges.

The models' own contingencies (calendar charges, grid contingencies) belong to the models; the tools
against procyclicality to `procyclicality_tools`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.margin.checks import require, require_fraction, require_not_negative
from pipeline.margin.pricing import Array


@dataclass(frozen=True)
class Tiers:
    """Declared tiers: each rate applies to the part of a position up to the next threshold.

    Attributes
    ----------
    thresholds : tuple of float
        Ascending from 0 or more: multiples of daily volume or shares of open interest, or absolute
        amounts where no liquidity measure is used.
    rates : tuple of float
        Charge per unit of position in the tier, 0.05 for 5 %.
    """

    thresholds: tuple[float, ...]
    rates: tuple[float, ...]

    def __post_init__(self) -> None:
        require(
            len(self.thresholds) == len(self.rates) > 0,
            f"tiers need one rate for each threshold, got {len(self.thresholds)} thresholds and "
            f"{len(self.rates)} rates",
        )
        require_not_negative("tier thresholds", np.array(self.thresholds))
        require_not_negative("tier rates", np.array(self.rates))
        require(
            bool((np.diff(self.thresholds) > 0).all()), "tier thresholds must be in ascending order"
        )


def concentration_addon(
    position_amount: Array, tiers: Tiers, liquidity_amount: ArrayLike = 1.0
) -> Array:
    """Charge the part of each position that exceeds the declared tiers of market liquidity.

    With x = |position| and thresholds t_k of the liquidity measure q, rates r_k and r_0 = 0::

        addon = sum over k of (r_k - r_(k-1)) x max(x - t_k q, 0)

    that is, rate r_k on the part of x between t_k q and t_(k+1) q: continuous, zero up to the first
    threshold. Zero liquidity puts the whole position in the last tier.

    Parameters
    ----------
    position_amount : ndarray of shape (accounts, products)
        Notional in reporting currency, or contracts, any sign; netted as far as the caller deems
        positions to be closed out together.
    tiers : Tiers
    liquidity_amount : array_like of shape (products,) or scalar
        Average daily volume or open interest in the unit of ``position_amount``; 1 when the
        thresholds are absolute amounts. A missing measure is refused, never read as liquid.

    Returns
    -------
    ndarray of shape (accounts, products)
        In the unit of ``position_amount``, at least 0.

    Raises
    ------
    CheckFailed
        If a position or a liquidity measure is missing, or liquidity is negative.
    """
    size = np.abs(position_amount)
    require_not_negative("concentration position", size)
    liquidity = np.asarray(liquidity_amount, dtype=np.float64)
    require_not_negative("liquidity measure", liquidity)
    addon = np.zeros(np.broadcast_shapes(size.shape, liquidity.shape))
    before = 0.0
    for threshold, rate in zip(tiers.thresholds, tiers.rates, strict=True):
        addon += (rate - before) * np.maximum(size - threshold * liquidity, 0.0)
        before = rate
    # Falling rates subtract close numbers; the sum itself is never negative.
    return np.maximum(addon, 0.0)


def contingency_charge(gross_amount: Array, rate: float) -> Array:
    """Charge a share of gross position value that no offset reduces: ``rate x |gross_amount|``.

    Parameters
    ----------
    gross_amount : ndarray, any shape
        Gross notional in reporting currency. Missing values are refused.
    rate : float
        0 to 1.

    Returns
    -------
    ndarray, same shape
    """
    require_fraction("contingency rate", rate)
    size = np.abs(gross_amount)
    require_not_negative("contingency base", size)
    return np.asarray(rate * size)


def minimum_charge(quantities: Array, charge_per_unit: Array) -> Array:
    """Least margin of each account: ``sum of |quantity| x charge per unit``.

    Parameters
    ----------
    quantities : ndarray of shape (accounts, instruments)
        Missing values are refused.
    charge_per_unit : ndarray of shape (instruments,)
        Reporting currency.

    Returns
    -------
    ndarray of shape (accounts,)
    """
    size = np.abs(quantities)
    require_not_negative("quantities of the minimum charge", size)
    require_not_negative("minimum charge per unit", charge_per_unit)
    return np.asarray(size @ charge_per_unit)


def minimum_charge_addon(margin: Array, minimum: Array) -> Array:
    """Return what lifts a margin to its minimum: ``max(minimum - margin, 0)``.

    Parameters
    ----------
    margin, minimum : ndarray, broadcast shape
        Reporting currency.

    Returns
    -------
    ndarray, broadcast shape
    """
    return np.asarray(np.maximum(minimum - margin, 0.0))
