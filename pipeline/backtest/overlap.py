"""What a horizon of several days does to daily exceedances, and how to test despite it.

A loss over h days shares h - 1 days with the next one, so exceedances of a perfect model come in
runs. Here belong the size of that effect under a Gaussian law and the split into h phases without
overlap; resampling belongs to `block_bootstrap`, simulated nulls to `simulated_null`, and the
comparison of raw and corrected results to `overlap_comparison`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from pipeline.backtest.counts import Counts, check_counts
from pipeline.backtest.outcome import (
    DECISION_CODES,
    BoolArray,
    FloatArray,
    TestColumns,
    TestSpecification,
    assemble,
    decide,
)
from pipeline.backtest.sequences import as_matrix
from pipeline.errors import WrongUse
from pipeline.terms import Decision

OVERLAP_Z = TestSpecification(
    "binomial_z_overlap",
    "Exceedances occur with the probability that the confidence level implies; neighbouring "
    "losses share days.",
    "Normal approximation to the binomial law, variance inflated for overlapping Gaussian losses",
)
_QUADRATURE_POINTS = 64


@dataclass(frozen=True)
class OverlapInflation:
    """Effect of overlap on the exceedances of a perfect model.

    Attributes
    ----------
    variance_inflation : float
        Variance of the exceedance count over that of independent days, for a long history.
    probability_after_exceedance : float
        Probability of an exceedance on the day after one.
    horizon_days : int
        h.
    """

    variance_inflation: float
    probability_after_exceedance: float
    horizon_days: int

    def effective_observations(self, observations: ArrayLike) -> FloatArray:
        """Return how many independent days tell as much as these.

        Parameters
        ----------
        observations : array_like
            Overlapping observations T.
        """
        return np.asarray(observations, dtype=np.float64) / self.variance_inflation


def joint_exceedance_probability(correlation: ArrayLike, p: float) -> FloatArray:
    """Return the probability that two standard normal losses both exceed their quantile at 1 - p.

    Parameters
    ----------
    correlation : array_like
        Correlation of the two losses, -1 to 1.
    p : float
        Exceedance probability of each.

    Notes
    -----
    With z the quantile, ``p^2 + (1 / 2 pi) int_0^{asin rho} exp(-z^2 / (1 + sin t)) dt``
    (Plackett 1954), by Gauss-Legendre quadrature.
    """
    angle = np.arcsin(np.asarray(correlation, dtype=np.float64))
    node, weight = np.polynomial.legendre.leggauss(_QUADRATURE_POINTS)
    points = angle[..., None] * (node + 1.0) / 2.0
    z = float(ndtri(1.0 - p))
    spread = np.maximum(1.0 + np.sin(points), np.finfo(np.float64).tiny)
    integral = (np.exp(-(z**2) / spread) * weight).sum(axis=-1) * angle / 2.0
    return np.asarray(p**2 + integral / (2.0 * np.pi), dtype=np.float64)


def overlap_inflation(horizon_days: int, confidence: float) -> OverlapInflation:
    """Return how much overlap inflates the variance of a perfect model's exceedance count.

    Parameters
    ----------
    horizon_days : int
        Horizon h of a loss, at least 1; 1 gives no inflation.
    confidence : float
        Confidence level.

    Notes
    -----
    Losses k days apart have correlation ``1 - k / h``; with P_k the probability that both exceed,
    the inflation is ``1 + 2 sum_{k<h} (P_k - p^2) / (p (1 - p))``. Independent Gaussian daily
    returns and an exact quantile are supposed.

    Raises
    ------
    WrongUse
        If the horizon is under one day.
    """
    if horizon_days < 1:
        raise WrongUse("A horizon must be at least one day.")
    p = float(check_counts(0, 0, confidence).probability[0])
    if horizon_days == 1:
        return OverlapInflation(1.0, p, 1)
    joint = joint_exceedance_probability(1.0 - np.arange(1, horizon_days) / horizon_days, p)
    inflation = 1.0 + 2.0 * float((joint - p**2).sum()) / (p * (1.0 - p))
    return OverlapInflation(inflation, float(joint[0]) / p, horizon_days)


def overlap_z_columns(
    exceedances: ArrayLike,
    observations: ArrayLike,
    confidence: float,
    horizon_days: int,
    significance: float = 0.05,
) -> TestColumns:
    """Test coverage by the normal approximation with the variance that overlap leaves.

    Parameters
    ----------
    exceedances, observations : array_like of int
        x and T, broadcast together.
    confidence : float
        Confidence level.
    horizon_days : int
        Horizon of a loss.
    significance : float
        Level of the test.
    """
    counts: Counts = check_counts(exceedances, observations, confidence)
    x, t, p = counts.exceedances, counts.observations, counts.probability
    inflation = overlap_inflation(horizon_days, confidence).variance_inflation
    z = (x - t * p) / np.sqrt(np.maximum(t, 1) * p * (1.0 - p) * inflation)
    p_value = two_sided_normal(z)
    known = counts.any_observation
    decision = decide(p_value, known, counts.above_target, significance)
    return assemble(
        OVERLAP_Z,
        z,
        p_value,
        decision,
        t,
        x,
        (
            ("there is no observation", ~known),
            (
                "fewer exceedances than the target allows",
                decision == DECISION_CODES[Decision.CONSERVATIVE],
            ),
            (f"variance inflated {inflation:.3f} times for overlap", known),
        ),
    )


def two_sided_normal(z: FloatArray) -> FloatArray:
    """Return P(|Z| >= |z|) for Z standard normal.

    Parameters
    ----------
    z : float array
        Values of the statistic.
    """
    return np.asarray(2.0 * ndtr(-np.abs(z)), dtype=np.float64)


def split_phases(
    values: ArrayLike, horizon_days: int, dtype: type[np.generic] = np.bool_
) -> tuple[NDArray[np.generic], BoolArray]:
    """Split each series into h series whose losses do not overlap.

    Parameters
    ----------
    values : array_like of shape (n_series, n_days) or (n_days,)
        One value a day.
    horizon_days : int
        h.
    dtype : numpy type
        Type of the values, bool by default.

    Returns
    -------
    values : array of shape (n_series * h, ceil(n_days / h))
        Row ``i * h + k`` holds days k, k + h, k + 2 h, .. of series i; zero beyond its last day.
    exists : bool array of the same shape
        False where a phase has no day because the history ended.
    """
    if horizon_days < 1:
        raise WrongUse("A horizon must be at least one day.")
    matrix = as_matrix(values, dtype)
    n_series, n_days = matrix.shape
    length = -(-n_days // horizon_days)
    padded = np.zeros((n_series, length * horizon_days), dtype=matrix.dtype)
    padded[:, :n_days] = matrix
    exists = np.zeros((n_series, length * horizon_days), dtype=np.bool_)
    exists[:, :n_days] = True

    def rearrange(array: NDArray[np.generic]) -> NDArray[np.generic]:
        stacked = array.reshape(n_series, length, horizon_days).transpose(0, 2, 1)
        return np.ascontiguousarray(stacked).reshape(n_series * horizon_days, length)

    return rearrange(padded), rearrange(exists).astype(np.bool_, copy=False)


def combine_phases(p_values: FloatArray) -> FloatArray:
    """Combine the p-values of phases that share data into one, valid however they depend.

    Parameters
    ----------
    p_values : float array of shape (n_series, h)
        NaN where a phase could not be tested.

    Returns
    -------
    float array of shape (n_series,)
        Bonferroni: the smallest times the number of phases tested, at most 1; NaN where none was.
    """
    tested = np.isfinite(p_values)
    smallest = np.where(tested, p_values, np.inf).min(axis=1)
    number = tested.sum(axis=1)
    combined = np.minimum(np.where(number > 0, smallest, 1.0) * np.maximum(number, 1), 1.0)
    return np.where(number > 0, combined, np.nan)
