"""Whether exceedances can be foreseen: the dynamic quantile test.

Only the regression of exceedances on their past and on the margin belongs here.
"""

import numpy as np
from numpy.typing import ArrayLike

from pipeline.backtest.counts import FEW_EXPECTED_APPROXIMATE, chi_square_tail
from pipeline.backtest.outcome import (
    DECISION_CODES,
    BoolArray,
    FloatArray,
    IntArray,
    TestColumns,
    TestOutcome,
    TestSpecification,
    assemble,
    decide,
)
from pipeline.backtest.sequences import (
    ExceedanceSequences,
    as_matrix,
    exceedance_probability,
    exceedance_sequences,
    pack_left,
)
from pipeline.errors import WrongUse
from pipeline.terms import Decision

DYNAMIC_QUANTILE = TestSpecification(
    "dynamic_quantile",
    "Exceedances cannot be foreseen from earlier exceedances or from the size of the margin.",
    "Engle and Manganelli (2004)",
)
DEFAULT_LAGS = 4
_RANK_TOLERANCE = 1e-10
_BLOCK = 128

_MARGIN_MISSING = "the margin is missing or not finite on an observed day"
_FORESEEABLE_BUT_HIGH = (
    "exceedances could be foreseen or are too few: there are fewer than the target allows"
)


def dynamic_quantile_columns(
    sequences: ExceedanceSequences,
    confidence: ArrayLike,
    margin: ArrayLike,
    significance: float = 0.05,
    *,
    observed: ArrayLike | None = None,
    lags: int = DEFAULT_LAGS,
) -> TestColumns:
    """Engle and Manganelli's dynamic quantile test of many series.

    Parameters
    ----------
    sequences : ExceedanceSequences
        The exceedances.
    confidence : array_like of shape () or (n_series,)
        Confidence level.
    margin : array_like of shape (n_series, n_days)
        Margin that each day's loss was compared with, known before the loss.
    significance : float
        Level of the test.
    observed : array_like of bool, same shape, optional
        The mask that `sequences` was made with.
    lags : int
        Number K of lagged exceedances.

    Notes
    -----
    With ``Hit_t = I_t - p`` regressed on ``X_t = (1, Hit_{t-1} .. Hit_{t-K}, margin_t)`` over
    t = K + 1 .. T: ``DQ = Hit' X (X' X)^+ X' Hit / (p (1 - p))``, chi-square with rank(X) degrees
    of freedom. The degrees of freedom fall where a column adds nothing (no exceedance, constant
    margin).
    """
    n_series, n_days = sequences.hits.shape
    p = exceedance_probability(confidence, n_series)
    values = as_matrix(margin, np.float64).astype(np.float64, copy=False)
    if values.shape != (n_series, n_days):
        raise WrongUse("The margin must have the shape of the exceedances.")
    if observed is not None:
        mask: BoolArray = as_matrix(observed).astype(np.bool_, copy=False)
        if not bool(mask.all()):
            values = pack_left(np.where(mask, values, 0.0), mask).astype(np.float64, copy=False)
    finite: BoolArray = np.asarray(np.isfinite(values).all(axis=1))
    t, x = sequences.observations, sequences.exceedances
    sample = np.maximum(t - lags, 0)
    if not bool(finite.all()):
        values = np.where(finite[:, None], values, 0.0)
    statistic, rank = _projection(sequences, values, p, lags)
    long_enough = sample > lags + 2
    sufficient = finite & long_enough
    p_value = chi_square_tail(statistic, rank)
    decision = decide(p_value, sufficient, sequences.above_target(p), significance)
    return assemble(
        DYNAMIC_QUANTILE,
        statistic,
        p_value,
        decision,
        t,
        x,
        (
            (f"fewer than {2 * lags + 3} observations for {lags} lags", ~long_enough),
            (_MARGIN_MISSING, ~finite),
            (_FORESEEABLE_BUT_HIGH, decision == DECISION_CODES[Decision.CONSERVATIVE]),
            (FEW_EXPECTED_APPROXIMATE, t * p < 5.0),
        ),
        degrees_of_freedom=rank,
    )


def dynamic_quantile(
    hits: ArrayLike,
    confidence: float,
    margin: ArrayLike,
    significance: float = 0.05,
    observed: ArrayLike | None = None,
    *,
    lags: int = DEFAULT_LAGS,
) -> TestOutcome:
    """Engle and Manganelli's dynamic quantile test of one series.

    Parameters
    ----------
    hits : array_like of bool, shape (n_days,)
        Exceedances in time order.
    confidence : float
        Confidence level.
    margin : array_like of shape (n_days,)
        Margin that each day's loss was compared with.
    significance : float
        Level of the test.
    observed : array_like of bool, optional
        Days that count.
    lags : int
        Number of lagged exceedances.
    """
    return dynamic_quantile_columns(
        exceedance_sequences(hits, observed),
        confidence,
        margin,
        significance,
        observed=observed,
        lags=lags,
    ).outcome(0)


def _projection(
    sequences: ExceedanceSequences, margin: FloatArray, p: FloatArray, lags: int
) -> tuple[FloatArray, IntArray]:
    """Return DQ and the rank of the regressors.

    The projection on the regressors is that on (1, I_{t-1} .. I_{t-K}, standardised margin), so
    the cross products are counts of exceedances and of pairs of them.
    """
    gram, moment = _cross_products(sequences, _standardise(margin, sequences, lags), p, lags)
    scale = np.sqrt(np.maximum(np.einsum("nii->ni", gram), 0.0))
    inverse = np.where(scale > 0, 1.0 / np.where(scale > 0, scale, 1.0), 0.0)
    correlation = gram * inverse[:, :, None] * inverse[:, None, :]
    values, vectors = np.linalg.eigh(correlation)
    kept = values > _RANK_TOLERANCE
    loading = np.einsum("nij,ni->nj", vectors, moment * inverse)
    explained = np.where(kept, loading**2 / np.where(kept, values, 1.0), 0.0).sum(axis=1)
    return explained / (p * (1.0 - p)), kept.sum(axis=1).astype(np.int64)


def _standardise(margin: FloatArray, sequences: ExceedanceSequences, lags: int) -> FloatArray:
    """Return the margin of days K + 1 .. T with mean 0 and variance 1; zero if constant."""
    result = np.zeros_like(margin)
    days = np.arange(lags + 1, margin.shape[1] + 1)
    # Blocks of series that fit the processor's cache are several times faster than all at once.
    for start in range(0, margin.shape[0], _BLOCK):
        rows = slice(start, start + _BLOCK)
        used = days <= sequences.observations[rows, None]
        count = np.maximum(used.sum(axis=1, keepdims=True), 1)
        values = np.where(used, margin[rows, lags:], 0.0)
        size = np.abs(values).max(axis=1, initial=0.0, keepdims=True)
        values /= np.where(size > 0, size, 1.0)
        values -= values.sum(axis=1, keepdims=True) / count
        values *= used
        deviation = np.sqrt(np.einsum("ij,ij->i", values, values)[:, None] / count)
        # A spread at the level of rounding is a constant margin.
        varies = deviation > 1e-12
        result[rows, lags:] = values * (varies / np.where(varies, deviation, 1.0))
    return result


def _cross_products(
    sequences: ExceedanceSequences, standardised: FloatArray, p: FloatArray, lags: int
) -> tuple[FloatArray, FloatArray]:
    """Return X'X of shape (n, K + 2, K + 2) and X'Hit of shape (n, K + 2)."""
    n_series, n_days = sequences.hits.shape
    t, series, day = sequences.observations, sequences.series, sequences.day
    last = t[series]
    size = lags + 2
    extended = np.zeros((n_series, size + 1, size + 1))
    # Column 0 is the constant, k = 1 .. K the exceedances k days earlier, K + 1 the margin and
    # K + 2 the exceedances themselves, which give X'Hit.
    lag_of = {0: lags + 2, **{k: k for k in range(1, lags + 1)}}
    sample = np.maximum(t - lags, 0).astype(np.float64)
    extended[:, 0, 0] = sample
    extended[:, lags + 1, lags + 1] = np.einsum("ij,ij->i", standardised, standardised)
    extended[:, 0, lags + 1] = extended[:, lags + 1, 0] = standardised.sum(axis=1)
    for k, column in lag_of.items():
        inside = (day + k > lags) & (day + k <= last)
        count = sequences.sum_by_series(inside)
        extended[:, 0, column] = extended[:, column, 0] = count
        extended[:, column, column] = count
        target = np.minimum(day + k, n_days) - 1
        product = np.where(inside, standardised[series, target], 0.0)
        with_margin = sequences.sum_by_series(product)
        extended[:, lags + 1, column] = extended[:, column, lags + 1] = with_margin
        for j in range(k + 1, lags + 1):
            # The regression day is t = day + k; the earlier exceedance lies at t - j.
            earlier = day - (j - k)
            paired = inside & (earlier >= 1)
            paired &= sequences.hits[series, np.maximum(earlier, 1) - 1]
            pairs = sequences.sum_by_series(paired)
            extended[:, lag_of[j], column] = extended[:, column, lag_of[j]] = pairs
    gram = extended[:, :size, :size]
    moment = extended[:, :size, size] - p[:, None] * gram[:, :, 0]
    return gram, moment
