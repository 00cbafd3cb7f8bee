"""Collateral after haircuts, margin ratio, calls, and the step from maintenance to initial margin.

What is required belongs to the models; which collateral is accepted belongs to the declaration.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.margin.checks import require, require_not_negative
from pipeline.margin.pricing import Array


def collateral_value(
    amount: Array,
    haircut_pct: ArrayLike,
    peg_price: ArrayLike = 1.0,
    peg_threshold: float = 1.0,
    depeg_factor: float = 0.0,
) -> Array:
    """Value of each holding after its haircut and, for stablecoins, after de-pegging.

    ``amount x min(p, 1) x max(1 - haircut - depeg_factor x max(threshold - p, 0), 0)``, with p the
    price of the stablecoin in its currency (1 for anything that is not pegged). A stablecoin above
    par is worth par.

    Parameters
    ----------
    amount : ndarray of shape (accounts, assets)
        Market value in reporting currency, a stablecoin at par; at least 0.
    haircut_pct : array_like of shape (assets,) or (accounts, assets)
        Per cent, 0 to 100.
    peg_price : array_like of shape (assets,)
        Above or at 0. A missing price is refused, never read as par.
    peg_threshold, depeg_factor : float
        Extra haircut per unit of price below the threshold.

    Returns
    -------
    ndarray of shape (accounts, assets)
        Reporting currency, at least 0.

    Raises
    ------
    CheckFailed
        If an amount, haircut or price is missing or out of its range.
    """
    require_not_negative("collateral amount", amount)
    haircut = np.asarray(haircut_pct, dtype=np.float64) / 100.0
    require_not_negative("collateral haircut", haircut)
    require(bool((haircut <= 1.0).all()), "collateral haircut must not exceed 100 %")
    peg = np.asarray(peg_price, dtype=np.float64)
    require_not_negative("stablecoin price", peg)
    require(depeg_factor >= 0.0, "depeg_factor must not be negative")
    extra = depeg_factor * np.maximum(peg_threshold - peg, 0.0)
    return np.asarray(amount * np.minimum(peg, 1.0) * np.maximum(1.0 - haircut - extra, 0.0))


def margin_ratio(collateral: Array, requirement: Array) -> Array:
    """Collateral over requirement; NaN, no ratio, where nothing is required.

    Parameters
    ----------
    collateral, requirement : ndarray, same shape
        Reporting currency, at least 0. Missing values are refused, so that NaN has one meaning.

    Returns
    -------
    ndarray
        Below 1 is under-collateralised.
    """
    require_not_negative("collateral", collateral)
    require_not_negative("requirement", requirement)
    shape = np.broadcast_shapes(collateral.shape, requirement.shape)
    ratio = np.full(shape, np.nan)
    # A requirement of next to nothing gives an infinite ratio, which is as good as it gets.
    with np.errstate(over="ignore"):
        np.divide(collateral, requirement, out=ratio, where=requirement > 0.0)
    return ratio


@dataclass(frozen=True)
class MarginCalls:
    """Calls of every date after the first, each of shape (dates - 1, accounts).

    Attributes
    ----------
    change_amount : ndarray
        Requirement less that of the day before; negative is a release.
    call_amount : ndarray
        What must be paid in: requirement above the collateral held at the day before, at least 0.
    excess_amount : ndarray
        Collateral held at the day before that is not required, at least 0.
    is_called : ndarray of bool
        Whether the call reaches the minimum transfer amount and is above zero.
    """

    change_amount: Array
    call_amount: Array
    excess_amount: Array
    is_called: NDArray[np.bool_]


def margin_calls(
    requirement: Array, collateral: Array, minimum_transfer_amount: float = 0.0
) -> MarginCalls:
    """Compare each date's requirement with the collateral and requirement of the day before.

    ``call_t = max(requirement_t - collateral_(t-1), 0)``

    Parameters
    ----------
    requirement, collateral : ndarray of shape (dates, accounts)
        Ascending dates without gaps; collateral after haircuts at the end of each date. Missing
        values are refused.
    minimum_transfer_amount : float
        Smaller calls are computed but not made.

    Returns
    -------
    MarginCalls
        One row less than the input: the first date has no day before.
    """
    require_not_negative("requirement", requirement)
    require_not_negative("collateral", collateral)
    require(
        requirement.shape == collateral.shape,
        f"requirement and collateral differ in shape: {requirement.shape}, {collateral.shape}",
    )
    gap = requirement[1:] - collateral[:-1]
    call = np.maximum(gap, 0.0)
    return MarginCalls(
        change_amount=requirement[1:] - requirement[:-1],
        call_amount=call,
        excess_amount=np.maximum(-gap, 0.0),
        is_called=(call > 0.0) & (call >= minimum_transfer_amount),
    )


def initial_margin(maintenance: Array, factor: float, buffer_amount: ArrayLike = 0.0) -> Array:
    """Step up from maintenance to initial margin: ``factor x maintenance + buffer_amount``.

    Parameters
    ----------
    maintenance : ndarray, any shape
        Reporting currency, at least 0. Missing values are refused.
    factor : float
        At least 1: initial margin is never below maintenance margin.
    buffer_amount : array_like
        Broadcasts against ``maintenance``, at least 0.

    Returns
    -------
    ndarray, broadcast shape
    """
    require_not_negative("maintenance margin", maintenance)
    require(factor >= 1.0, f"the initial margin factor must be at least 1, got {factor:g}")
    buffer = np.asarray(buffer_amount, dtype=np.float64)
    require_not_negative("buffer amount", buffer)
    return np.asarray(factor * maintenance + buffer)
