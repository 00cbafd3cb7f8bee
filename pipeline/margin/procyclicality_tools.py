"""Tools against procyclical margin: buffer, weight on stressed observations, ten-year floor.

They are the three of Delegated Regulation (EU) 153/2013, Art. 28(1): (a) a buffer of at least 25 %
that may be temporarily exhausted, (b) at least 25 % weight on stressed observations, (c) a floor
from volatility over ten years. Measures of procyclicality belong to the backtest. A parameter below
the article's minimum is computed all the same, but the result then does not meet the article and
must not be reported under it.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.margin.checks import require, require_fraction, require_not_negative
from pipeline.margin.pricing import Array

LEAST_BUFFER = 0.25
LEAST_STRESS_WEIGHT = 0.25
FLOOR_YEARS = 10.0


class FloorLabel(StrEnum):
    """What a volatility floor may be called."""

    TEN_YEAR = "ten_year"
    SHORT_HISTORY = "short_history"


@dataclass(frozen=True)
class BufferedMargin:
    """Margin with a buffer.

    Attributes
    ----------
    margin_amount : ndarray of shape (dates, accounts)
        Margin with the buffer that is left.
    used_share : ndarray of shape (dates, accounts)
        Share of the buffer that is used up, 0 to 1.
    meets_article_28 : bool
        Whether the buffer is at least 25 %.
    """

    margin_amount: Array
    used_share: Array
    meets_article_28: bool


@dataclass(frozen=True)
class WeightedMargin:
    """Margin with weight on stressed observations.

    Attributes
    ----------
    margin_amount : ndarray
    meets_article_28 : bool
        Whether the weight is at least 25 %.
    """

    margin_amount: Array
    meets_article_28: bool


@dataclass(frozen=True)
class FlooredMargin:
    """Margin with a volatility floor.

    Attributes
    ----------
    margin_amount, floor_amount : ndarray
    is_floored : ndarray of bool
        Where the floor is above the margin.
    label : FloorLabel
        ``short_history`` where the floor rests on less than ten years.
    meets_article_28 : bool
        Whether the floor rests on at least ten years; otherwise Art. 28 must not be cited.
    """

    margin_amount: Array
    floor_amount: Array
    is_floored: NDArray[np.bool_]
    label: FloorLabel
    meets_article_28: bool


def apply_buffer(
    core_margin: Array, buffer: float = 0.25, reference_days: int = 250
) -> BufferedMargin:
    """Add a buffer that absorbs a rise of core margin and refills as the rise becomes the norm.

    With b the buffer, M_t core margin and R_t its mean over the ``reference_days`` dates before t
    (over those there are, and M_t itself on the first date)::

        margin_t = min((1 + b) M_t, max(M_t, (1 + b) R_t))
        used_t   = 1 - (margin_t / M_t - 1) / b

    While core margin is at or below its reference the buffer is whole; between R and (1 + b) R the
    margin stands still and the buffer shrinks; above, it is exhausted and margin is core margin.
    Only dates before t enter R_t.

    Parameters
    ----------
    core_margin : ndarray of shape (dates, accounts)
        Ascending dates, one portfolio per column. Missing values are refused.
    buffer : float
        Above 0.
    reference_days : int
        Length of the reference period, set by the user.

    Returns
    -------
    BufferedMargin
        ``used_share`` is 0 where core margin is 0.
    """
    require_not_negative("core margin", core_margin)
    require(buffer > 0.0, "the buffer must be above zero")
    require(reference_days >= 1, "the reference period must have at least one date")
    dates = len(core_margin)
    total = np.concatenate([np.zeros((1, core_margin.shape[1])), np.cumsum(core_margin, axis=0)])
    stop = np.arange(dates)
    start = np.maximum(stop - reference_days, 0)
    count = np.maximum(stop - start, 1)[:, None]
    reference = (total[stop] - total[start]) / count
    reference[:1] = core_margin[:1]
    full = (1.0 + buffer) * core_margin
    margin = np.minimum(full, np.maximum(core_margin, (1.0 + buffer) * reference))
    whole = full - core_margin
    used = np.divide(full - margin, whole, out=np.zeros_like(margin), where=whole > 0.0)
    return BufferedMargin(margin, used, buffer >= LEAST_BUFFER)


def weight_stressed_margin(
    core_margin: Array, stressed_margin: Array, weight: float = 0.25
) -> WeightedMargin:
    """Blend margin from recent and from stressed observations.

    ``(1 - weight) x core_margin + weight x stressed_margin``

    Parameters
    ----------
    core_margin, stressed_margin : ndarray, same shape
        The same portfolio's margin under both sets of observations. Missing values are refused.
    weight : float
        0 to 1.

    Returns
    -------
    WeightedMargin
    """
    require_fraction("weight of stressed observations", weight)
    require_not_negative("core margin", core_margin)
    require_not_negative("stressed margin", stressed_margin)
    margin = (1.0 - weight) * core_margin + weight * stressed_margin
    return WeightedMargin(np.asarray(margin), weight >= LEAST_STRESS_WEIGHT)


def observation_weights(is_stressed: NDArray[np.bool_], weight: float = 0.25) -> Array:
    """Weights of observations in a weighted measure, at least ``weight`` on the stressed ones.

    Where stressed observations already make up that share, all weigh the same.

    Parameters
    ----------
    is_stressed : ndarray of bool, shape (observations,)
        At least one of each kind unless ``weight`` is 0.
    weight : float
        0 to 1, least total weight of the stressed observations.

    Returns
    -------
    ndarray of shape (observations,)
        Sums to 1.

    Raises
    ------
    CheckFailed
        If there is no observation, or none that is stressed to carry the weight.
    """
    require_fraction("weight of stressed observations", weight)
    observations, stressed = is_stressed.size, int(np.count_nonzero(is_stressed))
    require(observations > 0, "there is no observation to weigh")
    require(stressed > 0 or weight == 0.0, "there is no stressed observation to carry the weight")
    share = max(weight, stressed / observations)
    calm = observations - stressed
    each_stressed = share / stressed if stressed else 0.0
    each_calm = (1.0 - share) / calm if calm else 0.0
    weights = np.where(is_stressed, each_stressed, each_calm)
    return np.asarray(weights / weights.sum())


def apply_volatility_floor(
    core_margin: Array, floor_margin: Array, history_years: float
) -> FlooredMargin:
    """Floor margin at the margin from long-run volatility.

    ``max(core_margin, floor_margin)``

    Parameters
    ----------
    core_margin, floor_margin : ndarray, same shape
        The same portfolio's margin under current and under long-run volatility. Missing values are
        refused.
    history_years : float
        Years of history behind the floor.

    Returns
    -------
    FlooredMargin
        With less than ten years the floor still applies, labelled ``short_history``.
    """
    require_not_negative("core margin", core_margin)
    require_not_negative("floor margin", floor_margin)
    require(history_years > 0.0, "the floor needs a history")
    long_enough = history_years >= FLOOR_YEARS
    return FlooredMargin(
        margin_amount=np.maximum(core_margin, floor_margin),
        floor_amount=floor_margin,
        is_floored=floor_margin > core_margin,
        label=FloorLabel.TEN_YEAR if long_enough else FloorLabel.SHORT_HISTORY,
        meets_article_28=long_enough,
    )
