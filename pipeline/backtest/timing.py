"""When exceedances come: time to the first, and the time between them, under a geometric law.

Kupiec's time until first failure and Haas's tests of the times between failures. The Weibull test
of durations, which needs an estimate, belongs to `duration`.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlog1py

from pipeline.backtest.counts import FEW_EXPECTED_APPROXIMATE, chi_square_tail
from pipeline.backtest.coverage import kupiec_statistic
from pipeline.backtest.outcome import (
    DECISION_CODES,
    FloatArray,
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

TUFF = TestSpecification(
    "kupiec_tuff",
    "The time to the first exceedance is the one that the confidence level implies.",
    "Kupiec (1995)",
)
TBFI = TestSpecification(
    "haas_tbfi",
    "The times between exceedances are independent, with the mean that the confidence level "
    "implies.",
    "Haas (2001)",
)
TBF = TestSpecification(
    "haas_tbf",
    "Exceedances occur with the probability that the confidence level implies, and at independent "
    "times.",
    "Haas (2001)",
)

NO_EXCEEDANCE = (
    "there is no exceedance, so every time between exceedances is longer than the window"
)
_LATE = "the first exceedance came later than the target allows for"
_EARLY = "the first exceedance came sooner than the target allows for"
_UNEVEN_BUT_HIGH = (
    "the times between exceedances are not those of the target, but there are fewer exceedances "
    "than it allows"
)


def gap_statistic(days: ArrayLike, p: ArrayLike) -> FloatArray:
    """Return the likelihood ratio of one waiting time, an array of the broadcast shape.

    Parameters
    ----------
    days : array_like
        Waiting time in days, at least 1; the exceedance falls on the last of them.
    p : array_like
        Exceedance probability under the null.

    Notes
    -----
    ``-2 ln[ p (1-p)^(n-1) / ((1/n) (1-1/n)^(n-1)) ]`` (Kupiec 1995) in logarithms, so that n = 1
    gives ``-2 ln p``.
    """
    n = np.asarray(days, dtype=np.float64)
    rate = np.asarray(p, dtype=np.float64)
    alternative = -np.log(n) + xlog1py(n - 1.0, -1.0 / n)
    null = np.log(rate) + xlog1py(n - 1.0, -rate)
    return np.maximum(np.asarray(2.0 * (alternative - null), dtype=np.float64), 0.0)


def tuff_columns(
    sequences: ExceedanceSequences, confidence: ArrayLike, significance: float = 0.05
) -> TestColumns:
    """Kupiec's time-until-first-failure test of many series, chi-square(1).

    Parameters
    ----------
    sequences : ExceedanceSequences
        The exceedances.
    confidence : array_like of shape () or (n_series,)
        Confidence level.
    significance : float
        Level of the test.

    Notes
    -----
    The estimate is the day of the first exceedance. A first exceedance that comes too late is
    conservative. Without one the test has insufficient data: the time is only known to be longer
    than T.
    """
    p = exceedance_probability(confidence, sequences.n_series)
    first = sequences.first_day
    statistic = gap_statistic(np.maximum(first, 1), p)
    p_value = chi_square_tail(statistic, 1)
    sufficient = first > 0
    late = first * p > 1.0
    decision = decide(p_value, sufficient, late | sequences.above_target(p), significance)
    rejected = sufficient & (p_value < significance)
    return assemble(
        TUFF,
        statistic,
        p_value,
        decision,
        sequences.observations,
        sequences.exceedances,
        (
            (NO_EXCEEDANCE, ~sufficient),
            (_LATE, rejected & late),
            (_EARLY, rejected),
        ),
        degrees_of_freedom=1,
        estimate=first.astype(np.float64),
    )


def tbfi_columns(
    sequences: ExceedanceSequences, confidence: ArrayLike, significance: float = 0.05
) -> TestColumns:
    """Haas's time-between-failures independence test of many series, chi-square(x).

    Parameters
    ----------
    sequences : ExceedanceSequences
        The exceedances.
    confidence : array_like of shape () or (n_series,)
        Confidence level.
    significance : float
        Level of the test.

    Notes
    -----
    Sum of `gap_statistic` over the time to the first exceedance and the times between them. The
    time after the last one is not used.
    """
    p = exceedance_probability(confidence, sequences.n_series)
    return _between(sequences, p, significance, TBFI, np.zeros(sequences.n_series), 0)


def tbf_columns(
    sequences: ExceedanceSequences, confidence: ArrayLike, significance: float = 0.05
) -> TestColumns:
    """Haas's time-between-failures test (mixed Kupiec) of many series, chi-square(x + 1).

    Parameters
    ----------
    sequences : ExceedanceSequences
        The exceedances.
    confidence : array_like of shape () or (n_series,)
        Confidence level.
    significance : float
        Level of the test.

    Notes
    -----
    ``LR_pof + LR_tbfi``.
    """
    p = exceedance_probability(confidence, sequences.n_series)
    coverage = kupiec_statistic(sequences.exceedances, sequences.observations, p)
    return _between(sequences, p, significance, TBF, coverage, 1)


def _between(
    sequences: ExceedanceSequences,
    p: FloatArray,
    significance: float,
    specification: TestSpecification,
    coverage: FloatArray,
    extra_degree: int,
) -> TestColumns:
    x, t = sequences.exceedances, sequences.observations
    gaps = sequences.sum_by_series(gap_statistic(sequences.gap, p[sequences.series]))
    statistic = gaps + coverage
    degrees = x + extra_degree
    p_value = chi_square_tail(statistic, degrees)
    sufficient = x > 0
    decision = decide(p_value, sufficient, sequences.above_target(p), significance)
    return assemble(
        specification,
        statistic,
        p_value,
        decision,
        t,
        x,
        (
            (NO_EXCEEDANCE, ~sufficient),
            (_UNEVEN_BUT_HIGH, decision == DECISION_CODES[Decision.CONSERVATIVE]),
            (FEW_EXPECTED_APPROXIMATE, t * p < 5.0),
        ),
        degrees_of_freedom=degrees,
    )
