"""Confidence intervals for coverage; tests of coverage belong to `coverage`."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, ndtri

from pipeline.backtest.counts import check_counts
from pipeline.backtest.outcome import FloatArray
from pipeline.errors import WrongUse


@dataclass(frozen=True)
class CoverageInterval:
    """Coverage with its confidence interval, as fractions; arrays of the broadcast shape.

    Attributes
    ----------
    coverage : float array
        ``1 - x / T``; NaN where T = 0 (no coverage exists, and the interval is 0 to 1).
    low, high : float arrays
        Bounds of the interval.
    """

    coverage: FloatArray
    low: FloatArray
    high: FloatArray


def coverage_interval(
    exceedances: ArrayLike,
    observations: ArrayLike,
    level: float = 0.95,
    method: Literal["clopper_pearson", "wilson"] = "clopper_pearson",
) -> CoverageInterval:
    """Return coverage and its two-sided confidence interval.

    Parameters
    ----------
    exceedances, observations : array_like of int
        x and T, broadcast together.
    level : float
        Confidence of the interval, 0.95 by default.
    method : {"clopper_pearson", "wilson"}
        Clopper-Pearson never covers less than its level; Wilson covers it on average.

    Raises
    ------
    WrongUse
        If counts are out of range or `level` is not between 0 and 1.

    Notes
    -----
    Clopper and Pearson (1934): bounds are beta quantiles. Wilson (1927): the score interval. For a
    one-sided bound at 95 % ask for ``level=0.90``.
    """
    counts = check_counts(exceedances, observations, 0.5)
    if not 0.0 < level < 1.0:
        raise WrongUse("The level of an interval must lie strictly between 0 and 1.")
    x = counts.exceedances.astype(np.float64)
    t = counts.observations.astype(np.float64)
    tail = (1.0 - level) / 2.0
    if method == "clopper_pearson":
        below = betaincinv(np.maximum(x, 1.0), np.maximum(t - x + 1.0, 1.0), tail)
        above = betaincinv(x + 1.0, np.maximum(t - x, 1.0), 1.0 - tail)
        rate_low, rate_high = np.where(x > 0, below, 0.0), np.where(x < t, above, 1.0)
    else:
        z2 = float(ndtri(1.0 - tail)) ** 2
        trials = np.maximum(t, 1.0)
        rate = x / trials
        centre = (rate + z2 / (2.0 * trials)) / (1.0 + z2 / trials)
        spread = rate * (1.0 - rate) / trials + z2 / (4.0 * trials**2)
        half = np.sqrt(z2 * spread) / (1.0 + z2 / trials)
        rate_low = np.where(x > 0, np.maximum(centre - half, 0.0), 0.0)
        rate_high = np.where(x < t, np.minimum(centre + half, 1.0), 1.0)
    known = counts.any_observation
    return CoverageInterval(
        coverage=np.where(known, 1.0 - x / np.maximum(t, 1.0), np.nan),
        low=np.where(known, 1.0 - rate_high, 0.0),
        high=np.where(known, 1.0 - rate_low, 1.0),
    )
