"""Whether the times between exceedances have a memory: the Weibull duration test.

Tests under the geometric law of a correct model belong to `timing`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.backtest.counts import chi_square_tail
from pipeline.backtest.outcome import (
    DECISION_CODES,
    BoolArray,
    FloatArray,
    IntArray,
    TestColumns,
    TestSpecification,
    assemble,
    decide,
)
from pipeline.backtest.sequences import (
    ExceedanceSequences,
    exceedance_probability,
)
from pipeline.terms import Decision

LARGEST_SHAPE = 10.0
"""Upper bound of the Weibull shape b: with equal durations the likelihood grows without end."""
SMALLEST_SHAPE = 0.01
"""Lower bound of the Weibull shape b, far under any shape that daily data produce."""
_ITERATIONS = 60

WEIBULL_DURATION = TestSpecification(
    "duration_weibull",
    "The time to the next exceedance does not depend on the time since the last (Weibull shape "
    "b = 1; b < 1 is clustering).",
    "Christoffersen and Pelletier (2004)",
)

TOO_FEW = "fewer than two exceedances, so there is no complete time between two of them"
_CLUSTERED = "b < 1: exceedances come in clusters"
_CLUSTERED_BUT_HIGH = (
    "b < 1: exceedances come in clusters, although there are fewer than the target allows"
)
_TOO_REGULAR = "b > 1: exceedances come too regularly, which is not a failure of the margin"
_AT_BOUND = (
    "b is at its bound of 10 (durations nearly equal): exceedances come too regularly, which is "
    "not a failure of the margin"
)
_AT_BOUND_ACCEPTED = "b is at its bound of 10 (durations nearly equal)"


@dataclass(frozen=True)
class Durations:
    """Durations between exceedances, first and last ones censored where the window cuts them.

    Attributes
    ----------
    series : int64 array of shape (n_durations,)
        Row each duration belongs to, ascending.
    days : float array of shape (n_durations,)
        Length in observed days.
    complete : bool array of shape (n_durations,)
        False where censored.
    n_complete : int64 array of shape (n_series,)
        Complete durations of each series.
    """

    series: IntArray
    days: FloatArray
    complete: BoolArray
    n_complete: IntArray


def durations(sequences: ExceedanceSequences) -> Durations:
    """Return the durations of each series.

    Parameters
    ----------
    sequences : ExceedanceSequences
        The exceedances.

    Notes
    -----
    The time to the first exceedance is censored unless the window opens with it (then there is no
    such duration), the time after the last one unless the window closes with it, as in
    Christoffersen and Pelletier (2004). Series without exceedance have none.
    """
    rows = np.arange(sequences.n_series)
    opening = sequences.first_day > 1
    after = sequences.observations - sequences.last_day
    closing = (sequences.exceedances > 0) & (after > 0)
    inner = ~sequences.is_first
    series = np.concatenate((sequences.series[inner], rows[opening], rows[closing]))
    days = np.concatenate((sequences.gap[inner], sequences.first_day[opening], after[closing]))
    order = np.argsort(series, kind="stable")
    return Durations(
        series=series[order],
        days=days[order].astype(np.float64),
        complete=order < int(inner.sum()),
        n_complete=np.maximum(sequences.exceedances - 1, 0),
    )


@dataclass(frozen=True)
class WeibullFit:
    """Maximum-likelihood Weibull shape of each series, arrays of shape (n_series,).

    Attributes
    ----------
    shape : float array
        b; 1 where there is no complete duration.
    at_bound : bool array
        True where the likelihood still grows at `LARGEST_SHAPE`.
    likelihood_ratio : float array
        Twice the log-likelihood over that of b = 1.
    """

    shape: FloatArray
    at_bound: BoolArray
    likelihood_ratio: FloatArray


def fit_weibull(lengths: Durations) -> WeibullFit:
    """Fit the Weibull shape of each series by maximum likelihood, all series at once.

    Parameters
    ----------
    lengths : Durations
        The durations.

    Notes
    -----
    Density ``a^b b D^(b-1) exp(-(a D)^b)``; censored durations enter by their survival function.
    With a profiled out (``a^b = n / sum D^b``) the score in b is
    ``n / b + sum_complete ln D - n sum D^b ln D / sum D^b``, which falls in b, so a safeguarded
    Newton search finds its only root.
    """
    n_series = lengths.n_complete.shape[0]
    fitted = np.flatnonzero(lengths.n_complete > 0)
    used = lengths.n_complete[lengths.series] > 0
    profile = _Profile(
        lengths.days[used],
        lengths.complete[used],
        np.bincount(lengths.series[used], minlength=n_series)[fitted],
        lengths.n_complete[fitted].astype(np.float64),
    )
    b, at_bound = profile.maximise()
    ratio = 2.0 * (profile.log_likelihood(b) - profile.log_likelihood(np.ones(b.shape)))
    shape, bound = np.ones(n_series), np.zeros(n_series, dtype=np.bool_)
    likelihood_ratio = np.zeros(n_series)
    shape[fitted], bound[fitted] = b, at_bound
    likelihood_ratio[fitted] = np.maximum(ratio, 0.0)
    return WeibullFit(shape, bound, likelihood_ratio)


class _Profile:
    """Profile likelihood of the Weibull shape of several series, each with a complete duration.

    Durations come sorted by series, `sizes` of them a series, at least one.
    """

    def __init__(self, days: FloatArray, complete: BoolArray, sizes: IntArray, n: FloatArray):
        self.n, self.sizes = n, sizes
        self.starts = np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64)
        # Scaling by the longest duration keeps D^b finite for any length of history; the scale
        # enters both likelihoods alike and cancels in their difference.
        longest = np.maximum.reduceat(days, self.starts) if n.size else np.empty(0)
        self.log_days = np.log(days / np.repeat(longest, sizes))
        self.log_complete = self._total(np.where(complete, self.log_days, 0.0))

    def _total(self, values: FloatArray) -> FloatArray:
        return np.add.reduceat(values, self.starts) if self.n.size else np.empty(0)

    def log_likelihood(self, b: FloatArray) -> FloatArray:
        """Return the log-likelihood at b with the scale profiled out."""
        weight = self._total(np.exp(np.repeat(b, self.sizes) * self.log_days))
        value: FloatArray = self.n * (np.log(self.n) - np.log(weight) + np.log(b)) - self.n
        return value + (b - 1.0) * self.log_complete

    def score(self, b: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the derivative of the log-likelihood in b and its own derivative."""
        power = np.exp(np.repeat(b, self.sizes) * self.log_days)
        weight = self._total(power)
        power *= self.log_days
        mean = self._total(power) / weight
        power *= self.log_days
        variance = np.maximum(self._total(power) / weight - mean**2, 0.0)
        slope: FloatArray = self.n / b + self.log_complete - self.n * mean
        return slope, -self.n / b**2 - self.n * variance

    def maximise(self) -> tuple[FloatArray, BoolArray]:
        """Return the maximising b and where it is at its upper bound."""
        low, high = np.full(self.n.shape, SMALLEST_SHAPE), np.full(self.n.shape, LARGEST_SHAPE)
        at_bound: BoolArray = self.score(high)[0] > 0.0
        b = np.where(at_bound, LARGEST_SHAPE, 1.0)
        settled = at_bound.copy()
        for _ in range(_ITERATIONS):
            slope, curvature = self.score(b)
            low, high = np.where(slope > 0, b, low), np.where(slope > 0, high, b)
            step = b - slope / curvature
            # After a Newton step this small the error is about its square, below rounding.
            small = np.abs(step - b) <= 1e-7 * b
            inside = (step > low) & (step < high)
            following = np.where(inside | small, step, 0.5 * (low + high))
            b = np.where(settled, b, following)
            settled |= small
            if bool(settled.all()):
                break
        return b, at_bound


def weibull_duration_columns(
    sequences: ExceedanceSequences, confidence: ArrayLike, significance: float = 0.05
) -> TestColumns:
    """Weibull duration test of many series, chi-square(1), read with its direction.

    Parameters
    ----------
    sequences : ExceedanceSequences
        The exceedances.
    confidence : array_like of shape () or (n_series,)
        Confidence level; it decides only whether a rejection is called conservative.
    significance : float
        Level of the test.

    Notes
    -----
    The estimate is b. A significant b < 1 (clustering) is a rejection; a significant b > 1 means
    that exceedances come too regularly, which is said in the reason and never a failure.
    """
    p = exceedance_probability(confidence, sequences.n_series)
    fit = fit_weibull(durations(sequences))
    p_value = chi_square_tail(fit.likelihood_ratio, 1)
    sufficient = sequences.exceedances >= 2
    significant = sufficient & (p_value < significance)
    clustered = significant & (fit.shape < 1.0)
    high = sequences.above_target(p)
    decision = decide(p_value, sufficient, high, significance)
    decision = np.where(significant & ~clustered, DECISION_CODES[Decision.ACCEPT], decision).astype(
        np.int8
    )
    return assemble(
        WEIBULL_DURATION,
        fit.likelihood_ratio,
        p_value,
        decision,
        sequences.observations,
        sequences.exceedances,
        (
            (TOO_FEW, ~sufficient),
            (_CLUSTERED_BUT_HIGH, clustered & high),
            (_CLUSTERED, clustered),
            (_AT_BOUND, significant & fit.at_bound),
            (_TOO_REGULAR, significant),
            (_AT_BOUND_ACCEPTED, fit.at_bound),
        ),
        degrees_of_freedom=1,
        estimate=fit.shape,
    )
