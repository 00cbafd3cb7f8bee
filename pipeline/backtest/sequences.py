"""Exceedances of many series as lists of events, the form every order-dependent test reads.

Turning matrices into events belongs here; no statistic does. Exceedances are rare, so events are a
hundredth of the matrix, and one pass over them serves all tests.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.backtest.counts import is_above_target
from pipeline.backtest.outcome import BoolArray, FloatArray, IntArray, TestColumns, TestOutcome
from pipeline.errors import WrongUse


@dataclass(frozen=True)
class ExceedanceSequences:
    """Exceedances of many series in time order.

    Attributes
    ----------
    hits : bool array of shape (n_series, n_days)
        Exceedances, observed days moved to the left; False beyond the last observed day.
    observations, exceedances : int64 arrays of shape (n_series,)
        T and x.
    series : int64 array of shape (n_events,)
        Row of each exceedance, ascending.
    day : int64 array of shape (n_events,)
        Its day, counted from 1 among the observed days of its series, ascending within a series.
    gap : int64 array of shape (n_events,)
        Days since the previous exceedance of the series; for the first, its day.
    is_first : bool array of shape (n_events,)
        True for the first exceedance of its series.
    first_day, last_day : int64 arrays of shape (n_series,)
        Day of the first and last exceedance; 0 where there is none.

    Notes
    -----
    Days that were not observed are left out and their neighbours joined, so a duration counts
    observed days. Under a correct model that changes no law.
    """

    hits: BoolArray
    observations: IntArray
    exceedances: IntArray
    series: IntArray
    day: IntArray
    gap: IntArray
    is_first: BoolArray
    first_day: IntArray
    last_day: IntArray

    @property
    def n_series(self) -> int:
        """Number of series."""
        return int(self.observations.shape[0])

    def sum_by_series(self, values: NDArray[np.float64] | BoolArray | IntArray) -> FloatArray:
        """Sum one value an event into one an series.

        Parameters
        ----------
        values : array of shape (n_events,)
            What to add up.
        """
        return np.bincount(
            self.series, weights=values.astype(np.float64), minlength=self.n_series
        ).astype(np.float64)

    def count_by_series(self, selected: BoolArray) -> IntArray:
        """Count the selected events of each series.

        Parameters
        ----------
        selected : bool array of shape (n_events,)
            Which events to count.
        """
        return np.bincount(self.series[selected], minlength=self.n_series).astype(np.int64)

    def above_target(self, p: FloatArray) -> BoolArray:
        """Tell where observed coverage is above the confidence level.

        Parameters
        ----------
        p : float array of shape (n_series,)
            Exceedance probability under the null.
        """
        return is_above_target(self.exceedances, self.observations, p)


def as_matrix(values: ArrayLike, dtype: type[np.generic] = np.bool_) -> NDArray[np.generic]:
    """Return values as a matrix of series in rows; one series may come as a vector.

    Parameters
    ----------
    values : array_like of shape (n_series, n_days) or (n_days,)
        The values.
    dtype : numpy type
        Type of the result, bool by default.

    Raises
    ------
    WrongUse
        If there are more than two dimensions, or a truth value is asked of anything but True,
        False, 1 and 0 (a NaN would count as True).
    """
    given = np.asarray(values)
    if dtype is np.bool_ and given.dtype != np.bool_ and not bool(np.isin(given, (0, 1)).all()):
        raise WrongUse("Exceedances must be True or False; missing days belong in the mask.")
    matrix = given.astype(dtype, copy=False)
    if matrix.ndim > 2:
        raise WrongUse("A series matrix has two dimensions: series in rows, days in columns.")
    return matrix.reshape(1, -1) if matrix.ndim < 2 else matrix


def exceedance_probability(confidence: ArrayLike, n_series: int) -> FloatArray:
    """Return p = 1 - confidence for each series.

    Parameters
    ----------
    confidence : array_like of shape () or (n_series,)
        Confidence level, strictly between 0 and 1.
    n_series : int
        Number of series.

    Raises
    ------
    WrongUse
        If a level is out of range.
    """
    level = np.broadcast_to(np.asarray(confidence, dtype=np.float64), (n_series,))
    if not np.all((level > 0.0) & (level < 1.0)):
        raise WrongUse("A confidence level must lie strictly between 0 and 1, for example 0.99.")
    return 1.0 - level


def pack_left(values: NDArray[np.generic], observed: BoolArray) -> NDArray[np.generic]:
    """Move the observed days of each series to the left, keeping their order; the rest is zero.

    Parameters
    ----------
    values : array of shape (n_series, n_days)
        Any type.
    observed : bool array of shape (n_series, n_days)
        Which days to keep.
    """
    packed = np.zeros_like(values)
    # Both masks select row by row, each row the same number of days.
    packed[np.arange(values.shape[1]) < observed.sum(axis=1)[:, None]] = values[observed]
    return packed


def exceedance_sequences(hits: ArrayLike, observed: ArrayLike | None = None) -> ExceedanceSequences:
    """Turn a matrix of exceedances into events.

    Parameters
    ----------
    hits : array_like of bool, shape (n_series, n_days) or (n_days,)
        True where the loss exceeded the margin. Days in ascending order.
    observed : array_like of bool, same shape, optional
        False where there is no observation (a missing price, a pending horizon); the value of
        `hits` there does not count. All days by default.

    Raises
    ------
    WrongUse
        If the shapes differ.
    """
    matrix: BoolArray = as_matrix(hits).astype(np.bool_, copy=False)
    if observed is None:
        observations = np.full(matrix.shape[0], matrix.shape[1], dtype=np.int64)
    else:
        mask: BoolArray = as_matrix(observed).astype(np.bool_, copy=False)
        if mask.shape != matrix.shape:
            raise WrongUse("The mask of observed days must have the shape of the exceedances.")
        observations = mask.sum(axis=1, dtype=np.int64)
        if not bool(mask.all()):
            matrix = pack_left(matrix & mask, mask).astype(np.bool_, copy=False)
    # Positions in the flattened matrix are found several times faster than rows and columns.
    series, column = np.divmod(np.flatnonzero(matrix), max(matrix.shape[1], 1))
    day = column + 1
    is_first = np.ones(series.size, dtype=np.bool_)
    is_first[1:] = series[1:] != series[:-1]
    is_last = np.ones(series.size, dtype=np.bool_)
    is_last[:-1] = is_first[1:]
    gap = day.copy()
    gap[1:] -= np.where(is_first[1:], 0, day[:-1])
    first_day = np.zeros(matrix.shape[0], dtype=np.int64)
    last_day = np.zeros(matrix.shape[0], dtype=np.int64)
    first_day[series[is_first]] = day[is_first]
    last_day[series[is_last]] = day[is_last]
    return ExceedanceSequences(
        hits=matrix,
        observations=observations,
        exceedances=np.bincount(series, minlength=matrix.shape[0]).astype(np.int64),
        series=series,
        day=day,
        gap=gap,
        is_first=is_first,
        first_day=first_day,
        last_day=last_day,
    )


def judge_series(
    columns: Callable[..., TestColumns],
    hits: ArrayLike,
    confidence: float,
    significance: float = 0.05,
    observed: ArrayLike | None = None,
    **options: bool,
) -> TestOutcome:
    """Run a test of exceedances in their order on one series.

    Parameters
    ----------
    columns : callable
        The test of many series, for example `timing.tbfi_columns`.
    hits : array_like of bool, shape (n_days,)
        Exceedances in time order.
    confidence, significance : float
        Confidence level and level of the test.
    observed : array_like of bool, optional
        Days that count.
    options : bool
        What else the test takes.
    """
    sequences = exceedance_sequences(hits, observed)
    return columns(sequences, confidence, significance, **options).outcome(0)
