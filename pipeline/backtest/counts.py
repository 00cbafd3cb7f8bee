"""Checked counts of observations and exceedances, and the laws that tests refer them to.

Here belong the inputs that every count test shares; no test or decision belongs here.

``p = 1 - confidence`` is the probability of an exceedance under a correct model, T the
observations and x the exceedances.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, chdtrc, erfc

from pipeline.backtest.outcome import BoolArray, FloatArray, IntArray
from pipeline.errors import WrongUse

NO_OBSERVATIONS = "there is no observation"
FEW_EXPECTED = (
    "fewer than five exceedances are expected, so the asymptotic p-value is approximate: "
    "read the exact test beside it"
)
FEW_EXPECTED_APPROXIMATE = (
    "fewer than five exceedances are expected, so the asymptotic p-value is approximate"
)
TOO_HIGH = "fewer exceedances than the target allows: the margin is higher than needed"
"""Remarks that several tests share."""


def is_above_target(exceedances: ArrayLike, observations: ArrayLike, p: ArrayLike) -> BoolArray:
    """Tell where there are fewer exceedances than expected: observed coverage over its target.

    Parameters
    ----------
    exceedances, observations, p : array_like
        x, T and the exceedance probability.

    Notes
    -----
    A count that is exactly the expected one is not above the target; the rounding of
    ``1 - confidence`` must not decide that.
    """
    expected = np.asarray(observations, dtype=np.float64) * np.asarray(p, dtype=np.float64)
    above: BoolArray = np.asarray(exceedances) < expected - 1e-9 * np.maximum(expected, 1.0)
    return above


@dataclass(frozen=True)
class Counts:
    """Checked and broadcast inputs of a count test.

    Attributes
    ----------
    exceedances, observations : int64 arrays of shape (n_series,)
        x and T.
    probability : float array of shape (n_series,)
        p, the exceedance probability under the null.
    """

    exceedances: IntArray
    observations: IntArray
    probability: FloatArray

    @property
    def any_observation(self) -> BoolArray:
        """True where there is at least one observation."""
        return self.observations > 0

    @property
    def above_target(self) -> BoolArray:
        """True where observed coverage is above the confidence level."""
        return is_above_target(self.exceedances, self.observations, self.probability)

    @property
    def few_expected(self) -> BoolArray:
        """True where fewer than five exceedances are expected."""
        return self.observations * self.probability < 5.0


def check_counts(exceedances: ArrayLike, observations: ArrayLike, confidence: ArrayLike) -> Counts:
    """Check the inputs of a count test and broadcast them to one dimension.

    Parameters
    ----------
    exceedances, observations : array_like of int
        x and T of each series, ``0 <= x <= T``.
    confidence : array_like of float
        Confidence level of each series, strictly between 0 and 1.

    Raises
    ------
    WrongUse
        If a count is negative or not whole, x is over T, or a confidence is out of range.
    """
    x, t, level = np.broadcast_arrays(
        np.atleast_1d(np.asarray(exceedances)),
        np.atleast_1d(np.asarray(observations)),
        np.atleast_1d(np.asarray(confidence, dtype=np.float64)),
    )
    if not np.all((level > 0.0) & (level < 1.0)):
        raise WrongUse("A confidence level must lie strictly between 0 and 1, for example 0.99.")
    if not (np.all(np.mod(x, 1) == 0) and np.all(np.mod(t, 1) == 0)):
        raise WrongUse("Exceedances and observations must be whole numbers.")
    if not np.all((x >= 0) & (x <= t)):
        raise WrongUse("Exceedances must lie between 0 and the number of observations.")
    return Counts(x.astype(np.int64), t.astype(np.int64), 1.0 - level)


def binomial_cumulative(
    exceedances: ArrayLike, observations: ArrayLike, p: ArrayLike
) -> FloatArray:
    """Return P(X <= x) for X binomial with T trials of probability p; 0 below x = 0.

    Parameters
    ----------
    exceedances, observations, p : array_like
        x (may be -1), T (at least x) and the exceedance probability.

    Notes
    -----
    P(X <= x) is the regularised incomplete beta function I_(1-p)(T - x, x + 1).
    """
    x = np.asarray(exceedances, dtype=np.float64)
    t = np.asarray(observations, dtype=np.float64)
    rest = 1.0 - np.asarray(p, dtype=np.float64)
    inside = betainc(np.maximum(t - x, 1.0), np.maximum(x, 0.0) + 1.0, rest)
    return np.where(x < 0, 0.0, np.where(x >= t, 1.0, inside))


def binomial_upper_tail(
    exceedances: ArrayLike, observations: ArrayLike, p: ArrayLike
) -> FloatArray:
    """Return P(X >= x) for X binomial, accurate far in the tail (no 1 - F cancellation).

    Parameters
    ----------
    exceedances, observations, p : array_like
        x, T and the exceedance probability.

    Notes
    -----
    P(X >= x) is the regularised incomplete beta function I_p(x, T - x + 1).
    """
    x = np.asarray(exceedances, dtype=np.float64)
    t = np.asarray(observations, dtype=np.float64)
    tail = betainc(np.maximum(x, 1.0), np.maximum(t - x + 1.0, 1.0), np.asarray(p))
    return np.where(x <= 0, 1.0, np.where(x > t, 0.0, tail))


def chi_square_tail(statistic: ArrayLike, degrees_of_freedom: ArrayLike) -> FloatArray:
    """Return P(Y >= statistic) for Y chi-square, accurate far in the tail.

    Parameters
    ----------
    statistic : array_like
        Values of the statistic, at least 0.
    degrees_of_freedom : array_like
        Degrees of freedom; 1 where the caller has none, so that no NaN arises.
    """
    value = np.asarray(statistic, dtype=np.float64)
    if np.ndim(degrees_of_freedom) == 0 and degrees_of_freedom == 1:
        # The square of a standard normal; ten times as fast as the general law.
        return np.asarray(erfc(np.sqrt(0.5 * value)), dtype=np.float64)
    degrees = np.maximum(np.asarray(degrees_of_freedom, dtype=np.float64), 1.0)
    return np.asarray(chdtrc(degrees, value), dtype=np.float64)
