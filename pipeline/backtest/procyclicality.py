"""How much margin moves: peak to trough and the largest increases over a few days.

Measures on margin series belong here; to separate the model from positions, feed the margin of a
fixed portfolio and that of the actual one. Whether margin was enough belongs to `coverage`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.backtest.outcome import BoolArray, FloatArray, IntArray
from pipeline.backtest.sequences import as_matrix
from pipeline.errors import WrongUse

INCREASE_DAYS = (1, 5, 10, 30)
"""Lengths, in observed days, over which increases are measured."""

NO_MARGIN = "there is no day with a positive margin"
ZERO_MARGIN = "the margin was zero on a day, so ratios to it do not exist and leave that day out"


@dataclass(frozen=True)
class Procyclicality:
    """Procyclicality of margin series.

    Attributes
    ----------
    peak_to_trough : float array of shape (n_series,)
        Largest over smallest positive margin, at least 1; NaN where there is none.
    largest_increase : float array of shape (n_series, n_lengths)
        Largest relative increase over each length, for example 0.25 for 25 %; negative where
        margin only fell, NaN where the series is shorter or starts are zero.
    increase_days : tuple of int
        The lengths.
    peak_day, trough_day : int64 arrays of shape (n_series,)
        Column of the (first) largest and smallest positive margin; -1 where there is none.
    reason : tuple of str
        For each series why figures are missing or partial; empty otherwise.
    """

    peak_to_trough: FloatArray
    largest_increase: FloatArray
    increase_days: tuple[int, ...]
    peak_day: IntArray
    trough_day: IntArray
    reason: tuple[str, ...]


def measure_procyclicality(
    margin: ArrayLike,
    increase_days: Sequence[int] = INCREASE_DAYS,
    observed: ArrayLike | None = None,
) -> Procyclicality:
    """Measure the procyclicality of many margin series.

    Parameters
    ----------
    margin : array_like of shape (n_series, n_days) or (n_days,)
        Margin by day, ascending; NaN where there is none.
    increase_days : sequence of int
        Lengths over which increases are measured, in columns of the series.
    observed : array_like of bool, same shape, optional
        Days that count.

    Raises
    ------
    WrongUse
        If a margin is negative or a length is under one day.

    Notes
    -----
    Peak to trough ``max_t M_t / min_t M_t``; n-day increase ``max_t (M_{t+n} / M_t - 1)``
    (Murphy, Vasios and Vause 2014). A day without margin (zero: no position) is no trough and no
    start of an increase.
    """
    values = as_matrix(margin, np.float64).astype(np.float64, copy=False)
    known: BoolArray = np.isfinite(values)
    if observed is not None:
        known = known & as_matrix(observed).astype(np.bool_, copy=False)
    if bool(np.any(values[known] < 0.0)):
        raise WrongUse("A margin must not be negative.")
    if any(days < 1 for days in increase_days):
        raise WrongUse("An increase is measured over at least one day.")
    positive = known & (values > 0.0)
    some: BoolArray = np.asarray(positive.any(axis=1))
    n_series, n_days = values.shape
    if n_days == 0:
        nothing = np.full(n_series, -1, dtype=np.int64)
        return Procyclicality(
            np.full(n_series, np.nan),
            np.full((n_series, len(increase_days)), np.nan),
            tuple(increase_days),
            nothing,
            nothing,
            (NO_MARGIN,) * n_series,
        )
    high = np.where(positive, values, -np.inf)
    low = np.where(positive, values, np.inf)
    peak, trough = high.argmax(axis=1), low.argmin(axis=1)
    rows = np.arange(n_series)
    ratio = np.where(some, high[rows, peak], 1.0) / np.where(some, low[rows, trough], 1.0)
    zero: BoolArray = np.asarray((known & (values == 0.0)).any(axis=1))
    increases = [_largest_increase(values, known, positive, days) for days in increase_days]
    return Procyclicality(
        peak_to_trough=np.where(some, ratio, np.nan),
        largest_increase=np.stack(increases, axis=1) if increases else np.empty((n_series, 0)),
        increase_days=tuple(increase_days),
        peak_day=np.where(some, peak, -1).astype(np.int64),
        trough_day=np.where(some, trough, -1).astype(np.int64),
        reason=tuple(
            NO_MARGIN if not found else ZERO_MARGIN if touched else ""
            for found, touched in zip(some, zero, strict=True)
        ),
    )


def _largest_increase(
    values: FloatArray, known: BoolArray, positive: BoolArray, days: int
) -> FloatArray:
    if values.shape[1] <= days:
        return np.full(values.shape[0], np.nan)
    usable = positive[:, :-days] & known[:, days:]
    start = np.where(usable, values[:, :-days], 1.0)
    change = np.where(usable, values[:, days:] / start - 1.0, -np.inf)
    largest = change.max(axis=1)
    return np.where(np.isfinite(largest), largest, np.nan)
