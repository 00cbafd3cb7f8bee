"""Many accounts at once: how many alarms chance gives, and which survive it.

Adjusted p-values, expected false alarms, and what shared days do to counts over all accounts. The
tests of one account belong to their own modules; accounts share market days, so account-days are
never pooled as if they were independent.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.backtest.block_bootstrap import (
    DEFAULT_REPLICATIONS,
    default_block_days,
    resample_counts,
)
from pipeline.backtest.counts import binomial_upper_tail, check_counts
from pipeline.backtest.outcome import DECISION_CODES, FloatArray, TestColumns
from pipeline.backtest.power import critical_count
from pipeline.backtest.sequences import as_matrix, exceedance_probability
from pipeline.backtest.traffic_light import cut_offs
from pipeline.errors import WrongUse
from pipeline.terms import Decision


def holm(p_values: ArrayLike) -> FloatArray:
    """Return Holm's adjusted p-values: answers whether any model is wrong.

    Parameters
    ----------
    p_values : array_like of shape (n,)
        NaN where there is none; such entries stay NaN and do not count as tests.

    Returns
    -------
    float array of shape (n,)
        Rejecting those under alpha wrongly accuses any model with probability at most alpha,
        however the tests depend.

    Notes
    -----
    Holm (1979): the i-th smallest times ``m - i + 1``, made non-decreasing, at most 1.
    """
    return _step(p_values, lambda m: np.arange(m, 0, -1, dtype=np.float64), upward=False)


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Return Benjamini and Hochberg's adjusted p-values: for a list of accounts to look into.

    Parameters
    ----------
    p_values : array_like of shape (n,)
        NaN where there is none.

    Returns
    -------
    float array of shape (n,)
        Of the accounts under alpha, at most the share alpha is expected to be falsely listed, if
        tests are independent or positively dependent.

    Notes
    -----
    Benjamini and Hochberg (1995): the i-th smallest times ``m / i``, made non-decreasing from
    above, at most 1.
    """
    return _step(p_values, lambda m: m / np.arange(1, m + 1), upward=True)


def benjamini_yekutieli(p_values: ArrayLike) -> FloatArray:
    """Return Benjamini and Yekutieli's adjusted p-values: a list valid under any dependence.

    Parameters
    ----------
    p_values : array_like of shape (n,)
        NaN where there is none.

    Notes
    -----
    Benjamini and Yekutieli (2001): as Benjamini-Hochberg, times ``1 + 1/2 + .. + 1/m``.
    """
    return _step(
        p_values,
        lambda m: m / np.arange(1, m + 1) * (1.0 / np.arange(1, m + 1)).sum(),
        upward=True,
    )


@dataclass(frozen=True)
class FalseAlarms:
    """Alarms to expect if every model is correct.

    Attributes
    ----------
    accounts : int
        Accounts with at least one observation.
    yellow_or_red, red : float
        Expected accounts in these zones of the traffic light.
    rejected : float
        Expected accounts that a test at the given significance rejects.
    rejected_low, rejected_high : int
        Range of the number rejected that independent accounts stay in with 95 % probability;
        accounts that share days spread wider around the same expectation.
    """

    accounts: int
    yellow_or_red: float
    red: float
    rejected: float
    rejected_low: int
    rejected_high: int


def expected_false_alarms(
    observations: ArrayLike, confidence: ArrayLike, significance: float = 0.05
) -> FalseAlarms:
    """Return how many accounts a correct model lets alarm by chance.

    Parameters
    ----------
    observations, confidence : array_like
        T of each account and its confidence level, broadcast together.
    significance : float
        Level of an exact one-sided test of too many exceedances.

    Notes
    -----
    Expectations add up however accounts depend; the traffic light and the one-sided binomial test
    are exact, so the counts are too.
    """
    counts = check_counts(0, observations, confidence)
    known = counts.any_observation
    t, p = counts.observations[known], counts.probability[known]
    if t.size == 0:
        return FalseAlarms(0, 0.0, 0.0, 0.0, 0, 0)
    green, yellow = cut_offs(t, 1.0 - p)
    first = critical_count(t, 1.0 - p, significance)
    alarm = binomial_upper_tail(first, t, p)
    expected = float(alarm.sum())
    spread = 1.96 * float(np.sqrt((alarm * (1.0 - alarm)).sum()))
    return FalseAlarms(
        accounts=int(t.size),
        yellow_or_red=float(binomial_upper_tail(green + 1, t, p).sum()),
        red=float(binomial_upper_tail(yellow + 1, t, p).sum()),
        rejected=expected,
        rejected_low=max(int(np.floor(expected - spread)), 0),
        rejected_high=min(int(np.ceil(expected + spread)), int(t.size)),
    )


@dataclass(frozen=True)
class SharedDays:
    """Coverage over all accounts, with the dependence that shared market days bring.

    Attributes
    ----------
    observations, exceedances : int
        Account-days and exceedances.
    low, high : float or None
        Percentile interval of coverage over all account-days, as fractions; None without data.
    variance_inflation : float or None
        Variance of the exceedance count over that of independent account-days.
    effective_observations : float or None
        Independent account-days that tell as much.
    any_wrong_p_value : float or None
        p-value of "no account has more exceedances than its target" from the largest
        standardised excess over all accounts.
    adjusted_p_values : float array of shape (n_series,)
        Of each account, adjusted for all; NaN where it has no observation.
    """

    observations: int
    exceedances: int
    low: float | None
    high: float | None
    variance_inflation: float | None
    effective_observations: float | None
    any_wrong_p_value: float | None
    adjusted_p_values: FloatArray


def date_block_bootstrap(
    hits: ArrayLike,
    confidence: ArrayLike,
    *,
    seed: int,
    horizon_days: int = 1,
    observed: ArrayLike | None = None,
    level: float = 0.95,
    replications: int = DEFAULT_REPLICATIONS,
) -> SharedDays:
    """Judge all accounts together, resampling blocks of dates for all of them at once.

    Parameters
    ----------
    hits : array_like of bool, shape (n_series, n_days)
        Exceedances; columns are the same dates for all accounts.
    confidence : array_like of shape () or (n_series,)
        Confidence level.
    seed : int
        Seed of the draw.
    horizon_days : int
        Horizon of a loss, for the length of blocks.
    observed : array_like of bool, same shape, optional
        Days that count.
    level : float
        Confidence of the interval.
    replications : int
        Resampled histories.

    Notes
    -----
    The adjustment compares each account's ``(x - T p) / sqrt(T p (1 - p))`` with the largest
    recentred value over all accounts in each resampled history (single step, Westfall and Young
    1993), which keeps the dependence between accounts.
    """
    matrix = as_matrix(hits)
    n_series, n_days = matrix.shape
    p = exceedance_probability(confidence, n_series)
    if n_series == 0 or n_days == 0:
        nothing = np.full(n_series, np.nan)
        return SharedDays(0, 0, None, None, None, None, None, nothing)
    counts = resample_counts(
        matrix,
        default_block_days(n_days, horizon_days),
        seed=seed,
        observed=observed,
        replications=replications,
    )
    x, t = counts.sample_exceedances, counts.sample_observations
    known = t > 0
    observations, exceedances = int(t.sum()), int(x.sum())
    if observations == 0:
        nothing = np.full(n_series, np.nan)
        return SharedDays(0, 0, None, None, None, None, None, nothing)
    total_x = counts.exceedances.sum(axis=0, dtype=np.float64)
    total_t = np.maximum(counts.observations.sum(axis=0, dtype=np.float64), 1.0)
    drawn = total_x / total_t
    rate = exceedances / observations
    tail = (1.0 - level) / 2.0
    bounds = np.quantile(drawn, [tail, 1.0 - tail])
    independent = rate * (1.0 - rate) / observations
    inflation = float(drawn.var() / independent) if independent > 0 else None
    deviation = np.sqrt(np.maximum(t, 1) * p * (1.0 - p))
    excess = (x - t * p) / deviation
    # The expectation moves with the resampled number of observations.
    centre = counts.observations * (x / np.maximum(t, 1)).astype(np.float32)[:, None]
    scale = (1.0 / deviation).astype(np.float32)[:, None]
    scatter = np.where(known[:, None], (counts.exceedances - centre) * scale, -np.inf)
    largest = np.sort(scatter.max(axis=0).astype(np.float64))
    under = excess - 1e-5 * (1.0 + np.abs(excess))
    reached = largest.size - np.searchsorted(largest, under, side="left")
    adjusted = np.where(known, (1.0 + reached) / (1.0 + largest.size), np.nan)
    return SharedDays(
        observations=observations,
        exceedances=exceedances,
        low=1.0 - float(bounds[1]),
        high=1.0 - float(bounds[0]),
        variance_inflation=inflation,
        effective_observations=observations / inflation if inflation else None,
        any_wrong_p_value=float(np.nanmin(adjusted)),
        adjusted_p_values=adjusted,
    )


@dataclass(frozen=True)
class AdjustedTests:
    """p-values of one test over many accounts, adjusted for their number.

    Attributes
    ----------
    p_value, holm, benjamini_hochberg, benjamini_yekutieli : float arrays of shape (n_series,)
        NaN where the test has insufficient data.
    """

    p_value: FloatArray
    holm: FloatArray
    benjamini_hochberg: FloatArray
    benjamini_yekutieli: FloatArray


def adjust(columns: TestColumns, significance: float = 0.05) -> AdjustedTests:
    """Adjust the p-values of one test over many accounts for evidence of too little margin.

    Parameters
    ----------
    columns : TestColumns
        The test. A series whose rejection would be called conservative counts with p-value 1: an
        account is never listed because its margin is too high.
    significance : float
        Level that the test was decided at.
    """
    rejected = columns.decision == DECISION_CODES[Decision.REJECT]
    p_value = np.where(columns.null_rejected(significance) & ~rejected, 1.0, columns.p_value)
    return AdjustedTests(
        p_value, holm(p_value), benjamini_hochberg(p_value), benjamini_yekutieli(p_value)
    )


def _step(p_values: ArrayLike, factors: Callable[[int], FloatArray], *, upward: bool) -> FloatArray:
    """Multiply sorted p-values by factors and make them monotone, leaving NaN alone."""
    values = np.asarray(p_values, dtype=np.float64).reshape(-1)
    tested = np.isfinite(values)
    if np.any((values[tested] < 0.0) | (values[tested] > 1.0)):
        raise WrongUse("A p-value must lie between 0 and 1.")
    result = np.full(values.shape, np.nan)
    if not bool(tested.any()):
        return result
    present = values[tested]
    order = np.argsort(present, kind="stable")
    raised = present[order] * factors(present.size)
    if upward:
        monotone = np.minimum.accumulate(raised[::-1])[::-1]
    else:
        monotone = np.maximum.accumulate(raised)
    adjusted = np.empty(present.size)
    adjusted[order] = np.minimum(monotone, 1.0)
    result[tested] = adjusted
    return result
