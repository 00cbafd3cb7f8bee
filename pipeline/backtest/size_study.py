"""How often each test rejects a correct model, and a clustered one.

Exact sizes by the binomial law, by the law of runs or by enumerating every pattern of a short
window; simulated sizes and power beside them. Used to show that the tests do what they claim.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike
from scipy.stats import binom

from pipeline.backtest.battery import Battery, run_battery
from pipeline.backtest.counts import chi_square_tail
from pipeline.backtest.coverage import (
    binomial_exact_columns,
    binomial_z_columns,
    kupiec_pof_columns,
    kupiec_statistic,
)
from pipeline.backtest.exact import (
    conditional_coverage_exact_p_value,
    independence_exact_p_value,
    kupiec_exact_columns,
)
from pipeline.backtest.independence import independence_statistic
from pipeline.backtest.outcome import BoolArray, FloatArray, TestColumns
from pipeline.backtest.run_law import sequence_law
from pipeline.backtest.simulated_null import simulate_exceedances
from pipeline.backtest.timing import gap_statistic
from pipeline.errors import WrongUse

LONGEST_ENUMERATED = 18
"""Longest window whose every pattern can be enumerated."""

_COUNT_TESTS: dict[str, Callable[..., TestColumns]] = {
    "binomial_exact": binomial_exact_columns,
    "binomial_z": binomial_z_columns,
    "kupiec_pof": kupiec_pof_columns,
    "kupiec_pof_exact": kupiec_exact_columns,
}
_TRANSITION_TESTS = (
    "christoffersen_independence",
    "christoffersen_independence_exact",
    "christoffersen_conditional_coverage",
    "christoffersen_conditional_coverage_exact",
)


def exact_size(
    test: str, observations: int, confidence: float, significance: float = 0.05
) -> float | None:
    """Return the exact probability that a test rejects a correct model.

    Parameters
    ----------
    test : str
        Name of the test.
    observations : int
        T, at least 2.
    confidence, significance : float
        Confidence level and nominal level of the test.

    Returns
    -------
    float or None
        None for tests whose law is not known in closed form; see `enumerated_sizes`.
    """
    p = 1.0 - confidence
    if test in _COUNT_TESTS:
        x = np.arange(observations + 1)
        columns = _COUNT_TESTS[test](x, observations, confidence, significance)
        return float(_binomial(observations, p)[columns.null_rejected(significance)].sum())
    if test == "kupiec_tuff":
        day = np.arange(1, observations + 1)
        rejected = chi_square_tail(gap_statistic(day, p), 1) < significance
        return float((p * (1.0 - p) ** (day - 1.0))[rejected].sum())
    if test not in _TRANSITION_TESTS:
        return None
    law = sequence_law(observations, p)
    x, counts = law.classes.exceedances, law.classes.transitions
    statistic = independence_statistic(counts.n00, counts.n01, counts.n10, counts.n11)
    degrees = 1
    if test.startswith("christoffersen_conditional_coverage"):
        degrees = 2
        statistic = statistic + kupiec_statistic(x, observations, p)
    if test == "christoffersen_independence_exact":
        length = np.full(x.shape, observations, dtype=np.int64)
        p_value = independence_exact_p_value(
            np.stack((length, x, counts.n11, counts.n01, counts.n10))
        )
    elif test == "christoffersen_conditional_coverage_exact":
        p_value = conditional_coverage_exact_p_value(observations, p, statistic)
    else:
        p_value = chi_square_tail(statistic, degrees)
    return float(law.probability[p_value < significance].sum())


def enumerated_sizes(
    observations: int,
    confidence: float,
    significance: float = 0.05,
    margin: ArrayLike | None = None,
) -> dict[str, float]:
    """Return the exact size of every test of the battery on a short window.

    Parameters
    ----------
    observations : int
        T, at most `LONGEST_ENUMERATED`.
    confidence, significance : float
        Confidence level and nominal level of the tests.
    margin : array_like of shape (observations,), optional
        Margin of each day, for the dynamic quantile test.

    Notes
    -----
    Runs the battery on all ``2^T`` patterns and adds up the probability of those it rejects.
    """
    if not 1 <= observations <= LONGEST_ENUMERATED:
        raise WrongUse(f"Only windows of 1 to {LONGEST_ENUMERATED} days can be enumerated.")
    pattern = np.arange(2**observations)
    hits = (pattern[:, None] >> np.arange(observations)) % 2 == 1
    battery = run_battery(
        hits, confidence, margin=_repeat(margin, hits.shape), significance=significance
    )
    x = hits.sum(axis=1)
    weight = (1.0 - confidence) ** x * confidence ** (observations - x)
    return {
        columns.specification.name: float(weight[columns.null_rejected(significance)].sum())
        for columns in battery
    }


def simulate_clustered_exceedances(
    series: int, n_days: int, confidence: float, persistence: float, *, seed: int
) -> BoolArray:
    """Simulate exceedances of the right frequency that follow each other.

    Parameters
    ----------
    series, n_days : int
        Shape of the result.
    confidence : float
        Confidence level; exceedances occur with probability 1 - confidence overall.
    persistence : float
        Probability of an exceedance on the day after one.
    seed : int
        Seed.

    Notes
    -----
    A stationary first-order Markov chain: after a day without exceedance the probability is
    ``p (1 - persistence) / (1 - p)``.
    """
    p = 1.0 - confidence
    if not 0.0 <= persistence < 1.0:
        raise WrongUse("A persistence must be at least 0 and under 1.")
    uniform = np.random.default_rng([seed, series, n_days]).random((series, n_days))
    hits = np.zeros((series, n_days), dtype=np.bool_)
    after_none = p * (1.0 - persistence) / (1.0 - p)
    for day in range(n_days):
        probability = p if day == 0 else np.where(hits[:, day - 1], persistence, after_none)
        hits[:, day] = uniform[:, day] < probability
    return hits


@dataclass(frozen=True)
class SizeStudy:
    """Rejection rates of simulated models.

    Attributes
    ----------
    frame : polars.DataFrame
        One row a test: test, nominal_size, exact_size (null where unknown), simulated_size,
        band_low and band_high (where the simulated size falls with 99.9 % probability if the
        exact size is right; null where unknown), clustered_rejection_rate (power against
        clustering).
    series, observations : int
        Simulated models and days of each.
    """

    frame: pl.DataFrame
    series: int
    observations: int


def study_sizes(
    observations: int,
    confidence: float,
    *,
    seed: int,
    series: int = 10_000,
    persistence: float = 0.2,
    significance: float = 0.05,
    margin: ArrayLike | None = None,
) -> SizeStudy:
    """Simulate correct and clustered models and count rejections of every test.

    Parameters
    ----------
    observations : int
        T.
    confidence : float
        Confidence level.
    seed : int
        Seed.
    series : int
        Simulated models of each kind.
    persistence : float
        Probability of an exceedance after one, for the clustered models.
    significance : float
        Nominal level of the tests.
    margin : array_like of shape (observations,), optional
        Margin of each day, for the dynamic quantile test.
    """
    correct = simulate_exceedances(series, observations, confidence, seed=seed)
    clustered = simulate_clustered_exceedances(
        series, observations, confidence, persistence, seed=seed
    )
    margins = _repeat(margin, correct.shape)

    def battery(hits: BoolArray) -> Battery:
        return run_battery(hits, confidence, margin=margins, significance=significance)

    enumerated = (
        enumerated_sizes(observations, confidence, significance, margin)
        if observations <= LONGEST_ENUMERATED
        else {}
    )
    rows = []
    for null, alternative in zip(battery(correct), battery(clustered), strict=True):
        name = null.specification.name
        if name == "traffic_light":
            continue
        exact = enumerated.get(name, exact_size(name, observations, confidence, significance))
        half = None if exact is None else 3.29 * float(np.sqrt(exact * (1.0 - exact) / series))
        rows.append(
            {
                "test": name,
                "nominal_size": significance,
                "exact_size": exact,
                "simulated_size": float(null.null_rejected(significance).mean()),
                "band_low": None if exact is None or half is None else exact - half,
                "band_high": None if exact is None or half is None else exact + half,
                "clustered_rejection_rate": float(alternative.null_rejected(significance).mean()),
            }
        )
    return SizeStudy(pl.DataFrame(rows), series, observations)


def _binomial(observations: int, p: float) -> FloatArray:
    return np.asarray(binom.pmf(np.arange(observations + 1), observations, p), dtype=np.float64)


def _repeat(margin: ArrayLike | None, shape: tuple[int, ...]) -> FloatArray | None:
    if margin is None:
        return None
    return np.broadcast_to(np.asarray(margin, dtype=np.float64), shape)
