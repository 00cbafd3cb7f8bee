"""How often losses exceeded margin: tests that need only the counts T and x.

Exact binomial, normal approximation (z) and Kupiec's proportion of failures; the traffic light and
the intervals of coverage are offered here too. Tests that need the order of the exceedances do
not belong here (see `independence` and `timing`), nor do exact finite-sample p-values of the
likelihood ratios (see `exact`).

Every function ending in ``_columns`` works on arrays that broadcast together; the others on one
series.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, xlogy

from pipeline.backtest.counts import (
    FEW_EXPECTED,
    NO_OBSERVATIONS,
    TOO_HIGH,
    Counts,
    binomial_cumulative,
    binomial_upper_tail,
    check_counts,
    chi_square_tail,
)
from pipeline.backtest.intervals import CoverageInterval, coverage_interval
from pipeline.backtest.outcome import (
    DECISION_CODES,
    FloatArray,
    Remarks,
    TestColumns,
    TestOutcome,
    TestSpecification,
    assemble,
    decide,
)
from pipeline.backtest.traffic_light import (
    ZONES,
    TrafficLight,
    TrafficLightColumns,
    basel_multiplier,
    cut_offs,
    traffic_light,
    traffic_light_columns,
    traffic_light_test_columns,
)
from pipeline.terms import Decision

__all__ = [
    "ZONES",
    "CoverageInterval",
    "TrafficLight",
    "TrafficLightColumns",
    "basel_multiplier",
    "binomial_exact",
    "binomial_exact_columns",
    "binomial_z",
    "binomial_z_columns",
    "coverage_interval",
    "cut_offs",
    "kupiec_pof",
    "kupiec_pof_columns",
    "kupiec_statistic",
    "traffic_light",
    "traffic_light_columns",
    "traffic_light_test_columns",
]

_COVERAGE_NULL = "Exceedances occur with the probability that the confidence level implies."
BINOMIAL_EXACT = TestSpecification(
    "binomial_exact", _COVERAGE_NULL, "Clopper and Pearson (1934), exact central binomial test"
)
BINOMIAL_Z = TestSpecification(
    "binomial_z", _COVERAGE_NULL, "Normal approximation to the binomial law"
)
KUPIEC_POF = TestSpecification("kupiec_pof", _COVERAGE_NULL, "Kupiec (1995)")


def binomial_exact_columns(
    exceedances: ArrayLike,
    observations: ArrayLike,
    confidence: ArrayLike,
    significance: float = 0.05,
) -> TestColumns:
    """Test coverage by the exact binomial law, two-sided.

    Parameters
    ----------
    exceedances, observations, confidence : array_like
        x, T and the confidence level, broadcast together.
    significance : float
        Level of the test.

    Notes
    -----
    The statistic is x. The p-value is twice the smaller tail, at most 1: the test that the
    Clopper-Pearson interval inverts, so both always agree.
    """
    counts = check_counts(exceedances, observations, confidence)
    x, t, p = counts.exceedances, counts.observations, counts.probability
    lower, upper = binomial_cumulative(x, t, p), binomial_upper_tail(x, t, p)
    p_value = np.minimum(1.0, 2.0 * np.minimum(lower, upper))
    return _count_test(BINOMIAL_EXACT, counts, x.astype(np.float64), p_value, significance)


def binomial_exact(
    exceedances: int, observations: int, confidence: float, significance: float = 0.05
) -> TestOutcome:
    """Test one series by the exact binomial law; see `binomial_exact_columns`."""
    return binomial_exact_columns(exceedances, observations, confidence, significance).outcome(0)


def binomial_z_columns(
    exceedances: ArrayLike,
    observations: ArrayLike,
    confidence: ArrayLike,
    significance: float = 0.05,
) -> TestColumns:
    """Test coverage by the normal approximation, two-sided.

    Parameters
    ----------
    exceedances, observations, confidence : array_like
        x, T and the confidence level, broadcast together.
    significance : float
        Level of the test.

    Notes
    -----
    ``z = (x - T p) / sqrt(T p (1 - p))``, p-value ``2 Phi(-|z|)``.
    """
    counts = check_counts(exceedances, observations, confidence)
    x, t, p = counts.exceedances, counts.observations, counts.probability
    z = (x - t * p) / np.sqrt(np.maximum(t, 1) * p * (1.0 - p))
    p_value = np.asarray(2.0 * ndtr(-np.abs(z)), dtype=np.float64)
    return _count_test(BINOMIAL_Z, counts, z, p_value, significance, asymptotic=True)


def binomial_z(
    exceedances: int, observations: int, confidence: float, significance: float = 0.05
) -> TestOutcome:
    """Test one series by the normal approximation; see `binomial_z_columns`."""
    return binomial_z_columns(exceedances, observations, confidence, significance).outcome(0)


def kupiec_statistic(exceedances: ArrayLike, observations: ArrayLike, p: ArrayLike) -> FloatArray:
    """Return Kupiec's likelihood ratio LR_uc, an array of the broadcast shape.

    Parameters
    ----------
    exceedances, observations, p : array_like
        x, T and the exceedance probability; real-valued counts are allowed.

    Notes
    -----
    ``2 [x ln(x / (T p)) + (T - x) ln((T - x) / (T (1 - p)))]`` with ``0 ln 0 = 0``: Kupiec's
    ratio written so that nothing underflows. 0 where T = 0.
    """
    x = np.asarray(exceedances, dtype=np.float64)
    t = np.asarray(observations, dtype=np.float64)
    rate = np.asarray(p, dtype=np.float64)
    trials = np.maximum(t, np.finfo(np.float64).tiny)
    ratio = xlogy(x, x / (trials * rate)) + xlogy(t - x, (t - x) / (trials * (1.0 - rate)))
    # Rounding can leave -1e-15 where the ratio is 0.
    return np.maximum(2.0 * np.asarray(ratio), 0.0)


def kupiec_pof_columns(
    exceedances: ArrayLike,
    observations: ArrayLike,
    confidence: ArrayLike,
    significance: float = 0.05,
) -> TestColumns:
    """Kupiec's proportion-of-failures test, with its asymptotic chi-square(1) p-value.

    Parameters
    ----------
    exceedances, observations, confidence : array_like
        x, T and the confidence level, broadcast together.
    significance : float
        Level of the test.

    Notes
    -----
    Two-sided: x = 0 has statistic ``-2 T ln(1 - p)`` and can reject, as conservative. The
    asymptotic test rejects a correct model 9.5 % of the time at T = 250 and 99 %; see `exact` for
    the finite-sample p-value.
    """
    counts = check_counts(exceedances, observations, confidence)
    statistic = kupiec_statistic(counts.exceedances, counts.observations, counts.probability)
    p_value = chi_square_tail(statistic, 1)
    return _count_test(
        KUPIEC_POF,
        counts,
        statistic,
        p_value,
        significance,
        asymptotic=True,
        degrees_of_freedom=1,
    )


def kupiec_pof(
    exceedances: int, observations: int, confidence: float, significance: float = 0.05
) -> TestOutcome:
    """Kupiec's proportion-of-failures test of one series; see `kupiec_pof_columns`."""
    return kupiec_pof_columns(exceedances, observations, confidence, significance).outcome(0)


def _count_test(
    specification: TestSpecification,
    counts: Counts,
    statistic: FloatArray,
    p_value: FloatArray,
    significance: float,
    *,
    asymptotic: bool = False,
    degrees_of_freedom: int = 0,
) -> TestColumns:
    known, high = counts.any_observation, counts.above_target
    decision = decide(p_value, known, high, significance)
    conservative = decision == DECISION_CODES[Decision.CONSERVATIVE]
    remarks: Remarks = (
        (NO_OBSERVATIONS, ~known),
        (TOO_HIGH, conservative),
    )
    if asymptotic:
        remarks = (*remarks, (FEW_EXPECTED, known & counts.few_expected))
    return assemble(
        specification,
        statistic,
        p_value,
        decision,
        counts.observations,
        counts.exceedances,
        remarks,
        degrees_of_freedom=degrees_of_freedom,
    )
