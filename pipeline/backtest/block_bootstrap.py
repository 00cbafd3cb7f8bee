"""Resampling blocks of days, the same days for every series.

Whole blocks keep the dependence between neighbouring days (overlap, clustering); the same days for
every series keep the dependence between accounts. What is concluded from the resampled counts
belongs to `overlap_comparison` and `multiplicity`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from pipeline.backtest.counts import is_above_target
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
from pipeline.backtest.sequences import as_matrix, exceedance_probability
from pipeline.errors import WrongUse
from pipeline.terms import Decision

BLOCK_BOOTSTRAP = TestSpecification(
    "coverage_block_bootstrap",
    "Exceedances occur with the probability that the confidence level implies; days within a "
    "block may depend on each other.",
    "Politis and Romano (1992), circular block bootstrap",
)
DEFAULT_REPLICATIONS = 999

_TOO_FEW_BLOCKS = "fewer than ten blocks of days"
_TOO_FEW = "fewer than five exceedances, so resampling them says too little about their variability"


@dataclass(frozen=True)
class ResampledCounts:
    """Counts of each series in each resampled history.

    Attributes
    ----------
    exceedances, observations : float32 arrays of shape (n_series, replications)
        Resampled x and T.
    sample_exceedances, sample_observations : int64 arrays of shape (n_series,)
        x and T of the history itself.
    """

    exceedances: NDArray[np.float32]
    observations: NDArray[np.float32]
    sample_exceedances: IntArray
    sample_observations: IntArray


def default_block_days(n_days: int, horizon_days: int) -> int:
    """Return a block length: three times the horizon, and at least the cube root of the days.

    Parameters
    ----------
    n_days : int
        Days of history.
    horizon_days : int
        Horizon of a loss; a block must be at least as long to hold its overlap.
    """
    cube_root = int(np.rint(np.cbrt(n_days)))
    return max(1, min(n_days, max(3 * horizon_days, cube_root)))


def day_weights(n_days: int, block_days: int, replications: int, seed: int) -> NDArray[np.float32]:
    """Draw how often each day occurs in each resampled history.

    Parameters
    ----------
    n_days, block_days : int
        Days of history and of a block; blocks run on circularly.
    replications : int
        Resampled histories.
    seed : int
        Seed of the draw.

    Returns
    -------
    float32 array of shape (n_days, replications)
        Every column adds up to `n_days`.
    """
    if not 1 <= block_days <= max(n_days, 1):
        raise WrongUse("A block must have at least one day and at most all days.")
    rng = np.random.default_rng(seed)
    weights = np.zeros((n_days, replications), dtype=np.float32)
    whole, rest = divmod(n_days, block_days)
    for blocks, length in ((whole, block_days), (1 if rest else 0, rest)):
        if blocks == 0:
            continue
        starts = rng.integers(0, n_days, size=(blocks, replications))
        change = np.zeros((2 * n_days + 1, replications), dtype=np.float32)
        column = np.broadcast_to(np.arange(replications), starts.shape)
        np.add.at(change, (starts, column), 1.0)
        np.add.at(change, (starts + length, column), -1.0)
        covered = np.cumsum(change, axis=0, dtype=np.float32)
        weights += covered[:n_days] + covered[n_days : 2 * n_days]
    return weights


def weigh_days(values: NDArray[np.generic], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum values over the days of each resampled history.

    Parameters
    ----------
    values : array of shape (n_series, n_days)
        Mostly zero, as exceedances and days without an observation are; whole numbers are summed
        exactly.
    weights : float32 array of shape (n_days, replications)
        Result of `day_weights`.

    Returns
    -------
    float32 array of shape (n_series, replications)
    """
    product: NDArray[np.float32] = csr_array(values.astype(np.float32)) @ weights
    return product


def resample_counts(
    hits: ArrayLike,
    block_days: int,
    *,
    seed: int,
    observed: ArrayLike | None = None,
    replications: int = DEFAULT_REPLICATIONS,
    weights: NDArray[np.float32] | None = None,
) -> ResampledCounts:
    """Count exceedances and observations in histories resampled from blocks of days.

    Parameters
    ----------
    hits : array_like of bool, shape (n_series, n_days) or (n_days,)
        Exceedances; columns are the same days for all series.
    block_days : int
        Days of a block.
    seed : int
        Seed of the draw.
    observed : array_like of bool, same shape, optional
        Days that count.
    replications : int
        Resampled histories.
    weights : float32 array of shape (n_days, replications), optional
        Result of `day_weights`, where many matrices share it; drawn from the seed otherwise.
    """
    matrix: BoolArray = as_matrix(hits).astype(np.bool_, copy=False)
    n_series, n_days = matrix.shape
    if weights is None:
        weights = day_weights(n_days, block_days, replications, seed)
    if observed is None:
        t = np.full(n_series, n_days, dtype=np.int64)
        drawn = np.broadcast_to(np.float32(n_days), (n_series, weights.shape[1]))
    else:
        mask: BoolArray = as_matrix(observed).astype(np.bool_, copy=False)
        matrix = matrix & mask
        t = mask.sum(axis=1, dtype=np.int64)
        drawn = n_days - weigh_days(~mask, weights)
    return ResampledCounts(
        exceedances=weigh_days(matrix, weights),
        observations=drawn,
        sample_exceedances=matrix.sum(axis=1, dtype=np.int64),
        sample_observations=t,
    )


@dataclass(frozen=True)
class BootstrapCoverage:
    """Coverage of each series with its block-bootstrap variability.

    Attributes
    ----------
    test : TestColumns
        Two-sided test of coverage; the statistic is x less its expectation, in bootstrap standard
        errors.
    low, high : float arrays of shape (n_series,)
        Percentile interval of coverage, as fractions; 0 and 1 where the test has insufficient
        data.
    variance_inflation : float array of shape (n_series,)
        Bootstrap variance of the count over that of independent days; 1 where unknown.
    """

    test: TestColumns
    low: FloatArray
    high: FloatArray
    variance_inflation: FloatArray


def bootstrap_coverage(
    hits: ArrayLike,
    confidence: ArrayLike,
    *,
    seed: int,
    horizon_days: int = 1,
    observed: ArrayLike | None = None,
    significance: float = 0.05,
    level: float = 0.95,
    block_days: int | None = None,
    replications: int = DEFAULT_REPLICATIONS,
) -> BootstrapCoverage:
    """Test and bracket coverage without supposing that days are independent.

    Parameters
    ----------
    hits : array_like of bool, shape (n_series, n_days) or (n_days,)
        Exceedances.
    confidence : array_like of shape () or (n_series,)
        Confidence level.
    seed : int
        Seed of the draw.
    horizon_days : int
        Horizon of a loss, for the length of blocks.
    observed : array_like of bool, same shape, optional
        Days that count.
    significance : float
        Level of the test.
    level : float
        Confidence of the interval.
    block_days : int, optional
        Days of a block; `default_block_days` if None.
    replications : int
        Resampled histories.

    Notes
    -----
    The p-value is the share of resampled histories whose exceedance rate lies at least as far
    from the sample's as the sample's lies from p, each history and the sample itself counted.
    Series with fewer than five exceedances, or fewer than ten blocks, have insufficient data. With
    overlapping losses a perfect model is still rejected up to about twice as often as the
    significance says (against eight times without correction at 95 % and ten days), because the
    few independent blocks understate the variance.
    """
    matrix = as_matrix(hits)
    n_series, n_days = matrix.shape
    p = exceedance_probability(confidence, n_series)
    length = default_block_days(n_days, horizon_days) if block_days is None else block_days
    if n_days == 0:
        counts = ResampledCounts(
            np.zeros((n_series, 1), dtype=np.float32),
            np.zeros((n_series, 1), dtype=np.float32),
            np.zeros(n_series, dtype=np.int64),
            np.zeros(n_series, dtype=np.int64),
        )
    else:
        counts = resample_counts(
            matrix, length, seed=seed, observed=observed, replications=replications
        )
    x, t = counts.sample_exceedances, counts.sample_observations
    rate = x / np.maximum(t, 1)
    drawn = counts.exceedances / np.maximum(counts.observations, 1.0)
    deviation = np.abs(drawn - rate[:, None].astype(np.float32))
    # The difference of float32 rates that are equal can be 1e-8; it must not decide a comparison.
    reached = deviation >= (np.abs(rate - p) * (1.0 - 1e-5))[:, None].astype(np.float32)
    p_value = (1.0 + reached.sum(axis=1)) / (1.0 + reached.shape[1])
    spread = drawn.std(axis=1, dtype=np.float64)
    long_enough = t >= 10 * length
    sufficient = long_enough & (x >= 5) & (t - x >= 5) & (spread > 0)
    high = is_above_target(x, t, p)
    decision = decide(p_value, sufficient, high, significance)
    tail = (1.0 - level) / 2.0
    bounds = np.quantile(drawn, [tail, 1.0 - tail], axis=1)
    independent = np.maximum(rate * (1.0 - rate) / np.maximum(t, 1), np.finfo(np.float64).tiny)
    test = assemble(
        BLOCK_BOOTSTRAP,
        (rate - p) / np.where(spread > 0, spread, 1.0),
        p_value,
        decision,
        t,
        x,
        (
            (_TOO_FEW_BLOCKS, ~long_enough),
            (_TOO_FEW, ~sufficient),
            (
                "fewer exceedances than the target allows",
                decision == DECISION_CODES[Decision.CONSERVATIVE],
            ),
            (f"{replications} resampled histories, blocks of {length} days", sufficient),
        ),
    )
    return BootstrapCoverage(
        test=test,
        low=np.where(sufficient, 1.0 - bounds[1], 0.0),
        high=np.where(sufficient, 1.0 - bounds[0], 1.0),
        variance_inflation=np.where(sufficient, spread**2 / independent, 1.0),
    )
