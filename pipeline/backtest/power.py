"""What this many days can and cannot show.

Exact power of coverage tests by the binomial law, for independent days. For overlapping losses use
the effective observations of `overlap`. Power against clustering is simulated in `size_study`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv
from scipy.stats import binom

from pipeline.backtest.counts import binomial_cumulative, binomial_upper_tail, check_counts
from pipeline.backtest.coverage import kupiec_pof_columns
from pipeline.backtest.outcome import FloatArray, IntArray
from pipeline.backtest.traffic_light import cut_offs
from pipeline.errors import WrongUse


def traffic_light_power(
    observations: int, confidence: float, true_probability: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return the probability of yellow or red, and of red, at a true exceedance probability.

    Parameters
    ----------
    observations : int
        T, at least 1.
    confidence : float
        Confidence level that the margin is meant to have.
    true_probability : array_like
        Probabilities with which exceedances really occur.
    """
    green, yellow = cut_offs(observations, confidence)
    true = np.asarray(true_probability, dtype=np.float64)
    return (
        binomial_upper_tail(green[0] + 1, observations, true),
        binomial_upper_tail(yellow[0] + 1, observations, true),
    )


def kupiec_power(
    observations: int,
    confidence: float,
    true_probability: ArrayLike,
    significance: float = 0.05,
) -> FloatArray:
    """Return the probability that Kupiec's asymptotic test rejects, on either side.

    Parameters
    ----------
    observations : int
        T, at least 1.
    confidence : float
        Confidence level that the margin is meant to have.
    true_probability : array_like
        Probabilities with which exceedances really occur; 1 - confidence gives the exact size.
    significance : float
        Nominal level of the test.
    """
    low, high = kupiec_acceptance(observations, confidence, significance)
    true = np.asarray(true_probability, dtype=np.float64)
    return binomial_cumulative(low - 1, observations, true) + binomial_upper_tail(
        high + 1, observations, true
    )


def kupiec_acceptance(
    observations: int, confidence: float, significance: float = 0.05
) -> tuple[int, int]:
    """Return the smallest and the largest exceedance count that Kupiec's test accepts.

    Parameters
    ----------
    observations : int
        T, at least 1.
    confidence, significance : float
        Confidence level and nominal level of the test.
    """
    columns = kupiec_pof_columns(
        np.arange(observations + 1), observations, confidence, significance
    )
    accepted = np.flatnonzero(~columns.null_rejected(significance))
    if accepted.size == 0:
        raise WrongUse("No exceedance count is accepted at this significance.")
    return int(accepted[0]), int(accepted[-1])


def critical_count(
    observations: ArrayLike, confidence: ArrayLike, significance: float = 0.05
) -> IntArray:
    """Return the smallest exceedance count that an exact one-sided test rejects.

    Parameters
    ----------
    observations, confidence : array_like
        T and the confidence level, broadcast together.
    significance : float
        Level of the test.

    Returns
    -------
    int64 array
        T + 1 where no count rejects.
    """
    counts = check_counts(0, observations, confidence)
    t, p = counts.observations, counts.probability
    count = np.asarray(binom.isf(significance, np.maximum(t, 1), p)).astype(np.int64) + 1
    # isf may be one over or short of the smallest count that rejects.
    lower = np.maximum(count - 1, 1)
    count = np.where(binomial_upper_tail(lower, t, p) <= significance, lower, count)
    count = np.where(binomial_upper_tail(count, t, p) > significance, count + 1, count)
    return np.minimum(count, t + 1)


@dataclass(frozen=True)
class PowerStatement:
    """What a window can and cannot show about coverage.

    Attributes
    ----------
    observations : int
        T.
    confidence : float
        Confidence level that the margin is meant to have.
    critical_count : int
        Exceedances from which an exact one-sided test rejects.
    size : float
        Probability that a correct model reaches them.
    detectable_probability : float or None
        Smallest true exceedance probability that the test detects with the stated power; None
        where no count rejects.
    proven_at_best : float
        Upper bound of the exceedance probability that a window without any exceedance proves.
    lowest_conclusive : bool
        True if no exceedance at all would show that the margin is higher than needed.
    power, significance : float
        Power and level of the statement.
    """

    observations: int
    confidence: float
    critical_count: int
    size: float
    detectable_probability: float | None
    proven_at_best: float
    lowest_conclusive: bool
    power: float
    significance: float

    @property
    def sentence(self) -> str:
        """The statement in words."""
        if self.observations == 0:
            return "Without an observation nothing can be shown about coverage."
        target = 100.0 * (1.0 - self.confidence)
        if self.detectable_probability is None:
            detected = "no number of exceedances would be evidence against the margin"
        else:
            detected = (
                f"{self.critical_count} {_plural(self.critical_count, 'exceedance')} or more are "
                f"evidence against the margin, and "
                f"a true exceedance probability of {100.0 * self.detectable_probability:.2f} % "
                f"instead of {target:.2f} % is found {100.0 * self.power:.0f} % of the time"
            )
        cannot = (
            "and none at all would show it to be higher than needed"
            if self.lowest_conclusive
            else "and even none at all would not show it to be higher than needed"
        )
        return (
            f"With {self.observations} {_plural(self.observations, 'observation')}, {detected}; "
            f"without any exceedance the window "
            f"shows at best a probability under {100.0 * self.proven_at_best:.2f} %, {cannot}."
        )


def _plural(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def state_power(
    observations: int, confidence: float, power: float = 0.8, significance: float = 0.05
) -> PowerStatement:
    """State what a window can and cannot show.

    Parameters
    ----------
    observations : int
        T; for overlapping losses, the effective observations.
    confidence : float
        Confidence level.
    power : float
        Probability with which a wrong margin is to be found.
    significance : float
        Level of the exact one-sided test, and of the one-sided upper bound.

    Notes
    -----
    The power at q is ``P(X >= c)`` with X binomial(T, q), so the detectable probability is a beta
    quantile. Without exceedance the upper bound is ``1 - significance^(1/T)``.
    """
    counts = check_counts(0, observations, confidence)
    p = float(counts.probability[0])
    critical = int(critical_count(observations, confidence, significance)[0])
    reachable = 0 < critical <= observations
    detectable = (
        float(betaincinv(critical, observations - critical + 1.0, power)) if reachable else None
    )
    return PowerStatement(
        observations=observations,
        confidence=confidence,
        critical_count=critical,
        size=float(binomial_upper_tail(critical, observations, p)),
        detectable_probability=detectable,
        proven_at_best=1.0 - significance ** (1.0 / observations) if observations else 1.0,
        lowest_conclusive=bool((1.0 - p) ** observations <= significance),
        power=power,
        significance=significance,
    )


def observations_needed(
    confidence: float,
    true_probability: float,
    power: float = 0.8,
    significance: float = 0.05,
    at_most: int = 20_000,
) -> int | None:
    """Return from how many observations on a true exceedance probability is always detected.

    Parameters
    ----------
    confidence : float
        Confidence level that the margin is meant to have.
    true_probability : float
        Probability with which exceedances really occur, over 1 - confidence.
    power, significance : float
        Power wanted and level of the exact one-sided test.
    at_most : int
        Longest window looked at.

    Returns
    -------
    int or None
        Smallest T such that the power stays at or over `power` for all windows from T to
        `at_most`; None if there is none.

    Raises
    ------
    WrongUse
        If the true probability is not over the one that the confidence implies.
    """
    if not 1.0 - confidence < true_probability < 1.0:
        raise WrongUse("The true exceedance probability must be over 1 - confidence and under 1.")
    windows = np.arange(1, at_most + 1)
    critical = critical_count(windows, confidence, significance)
    reached = binomial_upper_tail(critical, windows, true_probability) >= power
    short = np.flatnonzero(~reached)
    first = int(short[-1]) + 2 if short.size else 1
    return first if first <= at_most else None
