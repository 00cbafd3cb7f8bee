"""Coverage at several confidence levels at once: the multinomial tests.

One level at a time belongs to `coverage`.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

from pipeline.backtest.counts import chi_square_tail, is_above_target
from pipeline.backtest.outcome import (
    DECISION_CODES,
    FloatArray,
    TestColumns,
    TestOutcome,
    TestSpecification,
    assemble,
    decide,
)
from pipeline.errors import WrongUse
from pipeline.terms import Decision

MULTILEVEL = TestSpecification(
    "multilevel_coverage",
    "At every one of the confidence levels, exceedances occur with the probability it implies.",
    "Kratz, Lok and McNeil (2018)",
)

_FEW = (
    "fewer than one exceedance is expected between two neighbouring levels, so the p-value is "
    "approximate"
)
_TOO_SHORT = "fewer than two observations"
_TOO_HIGH = "fewer exceedances over all levels than the targets allow"

Method = Literal["nass", "pearson", "likelihood_ratio"]


def multilevel_coverage_columns(
    exceedances: ArrayLike,
    observations: ArrayLike,
    confidences: ArrayLike,
    significance: float = 0.05,
    method: Method = "nass",
) -> TestColumns:
    """Multinomial test of coverage at several levels, for many series.

    Parameters
    ----------
    exceedances : array_like of int, shape (n_series, n_levels)
        Exceedances at each level, not rising with the level.
    observations : array_like of int, shape () or (n_series,)
        T.
    confidences : array_like of float, shape (n_levels,)
        Confidence levels, ascending, strictly between 0 and 1.
    significance : float
        Level of the test.
    method : {"nass", "pearson", "likelihood_ratio"}
        Nass's correction of Pearson's statistic keeps its size with few exceedances and is the
        default.

    Returns
    -------
    TestColumns
        `exceedances` is the count at the lowest level.

    Raises
    ------
    WrongUse
        If levels are not ascending or counts are not possible.

    Notes
    -----
    With O_j the days whose loss lies between levels j and j + 1 (j = 0 .. N) and p_j their
    probability, Pearson's ``S = sum (O_j - T p_j)^2 / (T p_j)`` is chi-square(N). Nass (1959):
    ``c S`` is chi-square(v) with ``c = 2 E / Var``, ``v = c E``, ``E = N``,
    ``Var = 2 N - (N^2 + 4 N + 1) / T + (1 / T) sum 1 / p_j``.
    """
    levels = np.asarray(confidences, dtype=np.float64).reshape(-1)
    counts = np.asarray(exceedances)
    counts = counts.reshape(1, -1) if counts.ndim < 2 else counts
    ascending = bool(np.all(np.diff(levels) > 0)) and levels.size > 0
    if not ascending or levels[0] <= 0.0 or levels[-1] >= 1.0:
        raise WrongUse("Confidence levels must rise and lie strictly between 0 and 1.")
    if counts.shape[1] != levels.size:
        raise WrongUse("There must be one exceedance count for each confidence level.")
    n_series = counts.shape[0]
    t = np.asarray(observations, dtype=np.int64)
    if t.ndim and t.shape != (n_series,):
        raise WrongUse("There must be counts at every level for the same series as observations.")
    t = np.broadcast_to(t, (n_series,))
    bounded = np.concatenate((t[:, None], counts, np.zeros((n_series, 1), dtype=np.int64)), axis=1)
    cells = (bounded[:, :-1] - bounded[:, 1:]).astype(np.float64)
    if np.any(cells < 0):
        raise WrongUse("Exceedances must not rise with the confidence level or be over T.")
    p = np.diff(np.concatenate(([0.0], levels, [1.0])))
    statistic, degrees = _statistic(cells, t.astype(np.float64), p, method)
    p_value = chi_square_tail(statistic, degrees)
    known = t > 1
    high = is_above_target(counts.sum(axis=1), t, (1.0 - levels).sum())
    decision = decide(p_value, known, high, significance)
    return assemble(
        MULTILEVEL,
        statistic,
        p_value,
        decision,
        t,
        counts[:, 0].astype(np.int64),
        (
            (_TOO_SHORT, ~known),
            (_TOO_HIGH, decision == DECISION_CODES[Decision.CONSERVATIVE]),
            (_FEW, t * p.min() < 1.0),
        ),
        degrees_of_freedom=levels.size,
    )


def multilevel_coverage(
    exceedances: ArrayLike,
    observations: int,
    confidences: ArrayLike,
    significance: float = 0.05,
    method: Method = "nass",
) -> TestOutcome:
    """Multinomial test of coverage at several levels, for one series.

    Parameters
    ----------
    exceedances : array_like of int, shape (n_levels,)
        Exceedances at each level.
    observations : int
        T.
    confidences : array_like of float, shape (n_levels,)
        Confidence levels, ascending.
    significance : float
        Level of the test.
    method : {"nass", "pearson", "likelihood_ratio"}
        As in `multilevel_coverage_columns`.
    """
    return multilevel_coverage_columns(
        exceedances, observations, confidences, significance, method
    ).outcome(0)


def _statistic(
    cells: FloatArray, t: FloatArray, p: FloatArray, method: Method
) -> tuple[FloatArray, FloatArray]:
    trials = np.maximum(t, 2.0)
    expected = trials[:, None] * p
    n = float(p.size - 1)
    degrees = np.full(t.shape, n)
    if method == "likelihood_ratio":
        ratio = xlogy(cells, cells / expected).sum(axis=1)
        return np.maximum(2.0 * np.asarray(ratio, dtype=np.float64), 0.0), degrees
    pearson = ((cells - expected) ** 2 / expected).sum(axis=1)
    if method == "pearson":
        return pearson, degrees
    # sum 1 / p_j is at least (N + 1)^2, so Var is at least 2 N (T - 1) / T, over 0 from T = 2.
    variance = 2.0 * n - (n**2 + 4.0 * n + 1.0) / trials + (1.0 / p).sum() / trials
    scale = 2.0 * n / variance
    return scale * pearson, scale * n
