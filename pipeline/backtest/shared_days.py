"""What shared market days do to counts over all accounts.

Accounts fail on the same days, so account-days are never pooled as if they were independent:
blocks of dates are resampled for all of them at once. Adjusting the tests of single accounts
belongs to `multiplicity`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.backtest.block_bootstrap import (
    DEFAULT_REPLICATIONS,
    default_block_days,
    resample_counts,
    weigh_days,
)
from pipeline.backtest.outcome import FloatArray, IntArray
from pipeline.backtest.sequences import as_matrix, exceedance_probability


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
    weights: NDArray[np.float32] | None = None,
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
    weights : float32 array of shape (n_days, replications), optional
        Result of `day_weights`, where many groups share it; drawn from the seed otherwise.

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
        weights=weights,
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
class PooledCoverage:
    """Coverage of pools of accounts, arrays of shape (n_pools,).

    Attributes
    ----------
    observations, exceedances : int64 arrays
        Account-days and exceedances.
    low, high : float arrays
        Percentile interval of coverage over the account-days, as fractions; NaN without an
        observation.
    variance_inflation : float array
        Variance of the exceedance count over that of independent account-days; NaN where there is
        no exceedance, or nothing else, to resample.
    effective_observations : float array
        Independent account-days that tell as much; NaN where unknown.
    """

    observations: IntArray
    exceedances: IntArray
    low: FloatArray
    high: FloatArray
    variance_inflation: FloatArray
    effective_observations: FloatArray


def bootstrap_pools(
    exceedances: ArrayLike,
    observations: ArrayLike,
    weights: NDArray[np.float32],
    level: float = 0.95,
) -> PooledCoverage:
    """Bracket the coverage of many pools of accounts, resampling the same dates for all.

    Parameters
    ----------
    exceedances, observations : array_like of int, shape (n_pools, n_days)
        Exceedances and account-days of each pool on each date.
    weights : float32 array of shape (n_days, replications)
        Result of `day_weights`.
    level : float
        Confidence of the interval.
    """
    x = np.asarray(exceedances, dtype=np.float64)
    t = np.asarray(observations, dtype=np.float64)
    # Most dates have all accounts: what is missing is sparse.
    fullest = t.max(axis=1, initial=0.0, keepdims=True)
    drawn_x = weigh_days(x, weights).astype(np.float64)
    drawn_t = fullest * t.shape[1] - weigh_days(fullest - t, weights)
    drawn = drawn_x / np.maximum(drawn_t, 1.0)
    total_x, total_t = x.sum(axis=1), t.sum(axis=1)
    tail = (1.0 - level) / 2.0
    bounds = np.quantile(drawn, [tail, 1.0 - tail], axis=1)
    rate = total_x / np.maximum(total_t, 1.0)
    independent = rate * (1.0 - rate) / np.maximum(total_t, 1.0)
    varies = independent > 0
    inflation = np.where(varies, drawn.var(axis=1) / np.where(varies, independent, 1.0), np.nan)
    effective = total_t / np.where(inflation > 0, inflation, np.nan)
    known = total_t > 0
    return PooledCoverage(
        observations=total_t.astype(np.int64),
        exceedances=total_x.astype(np.int64),
        low=np.where(known, 1.0 - bounds[1], np.nan),
        high=np.where(known, 1.0 - bounds[0], np.nan),
        variance_inflation=inflation,
        effective_observations=effective,
    )
