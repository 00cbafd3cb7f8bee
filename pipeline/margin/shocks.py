"""Historical moves of risk factors over the margin period of risk, one row per date.

Which factors there are belongs to `risk_factors`; repricing under the moves to `risk_arrays`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.margin.market import BoolArray, FloatArray, IntArray, Market
from pipeline.margin.risk_factors import FactorSeries, build_factor_series
from pipeline.terms import ShockType


@dataclass(frozen=True)
class ShockHistory:
    """Moves of every factor, computed once and shared by every date.

    Attributes
    ----------
    series : FactorSeries
        The factors.
    price_relative, absolute_move : ndarray of shape (n_dates, n_factors)
        The move that ends on each date, as end / start and as end - start; NaN where a price is
        missing, and for ``price_relative`` where one is at or below zero.
    present : ndarray of bool, shape (n_dates, n_factors)
        Which moves exist.
    present_count, nonpositive_count : ndarray of int64, shape (n_dates + 1, n_factors)
        Cumulative number of moves that exist, and of those that touch a price at or below zero.
    """

    series: FactorSeries
    price_relative: FloatArray
    absolute_move: FloatArray
    present: BoolArray
    present_count: IntArray
    nonpositive_count: IntArray

    @cached_property
    def log_move(self) -> FloatArray:
        """The move as ln(end / start), shape (n_dates, n_factors)."""
        return np.asarray(np.log(self.price_relative))

    def is_absolute(self, first_row: int, last_row: int) -> BoolArray:
        """Return, for a window of rows, which factors are shocked by absolute amounts.

        A factor is absolute where it is declared so or where any price in the window is at or
        below zero, where neither a logarithm nor a ratio exists. Only the window is looked at, so
        no later price can change an earlier margin.
        """
        touched = self.nonpositive_count[last_row + 1] - self.nonpositive_count[first_row]
        absolute: BoolArray = self.series.declared_absolute | (touched > 0)
        return absolute


def compute_shocks(
    market: Market,
    mpor_days: int,
    default_shock: ShockType = ShockType.LOG,
    maturity_days: tuple[int, ...] = (),
) -> ShockHistory:
    """Compute the overlapping moves of every factor, for all dates in one pass.

    Parameters
    ----------
    market : Market
        Prices of dates by instruments.
    mpor_days : int
        Margin period of risk; row t is the move from date t - mpor_days to date t.
    default_shock, maturity_days
        See ``build_factor_series``.

    Returns
    -------
    ShockHistory
        Price relatives end / start and absolute moves end - start.
    """
    series = build_factor_series(market, mpor_days, default_shock, maturity_days)
    nonpositive = (series.start <= 0) | (series.end <= 0)
    absolute_move = series.end - series.start
    present = ~np.isnan(absolute_move)
    relative = np.full_like(absolute_move, np.nan)
    np.divide(series.end, series.start, out=relative, where=present & ~nonpositive)
    return ShockHistory(
        series=series,
        price_relative=relative,
        absolute_move=absolute_move,
        present=present,
        present_count=_count_cumulatively(present),
        nonpositive_count=_count_cumulatively(nonpositive),
    )


def _count_cumulatively(happened: BoolArray) -> IntArray:
    """Return how often it happened before each row, shape (n_rows + 1, n_columns)."""
    n_rows, n_columns = happened.shape
    count = np.zeros((n_columns, n_rows + 1), dtype=np.int64)
    np.cumsum(happened.T, axis=1, out=count[:, 1:])
    return count.T


def select_scenarios(
    history: ShockHistory, date_code: int, factors: IntArray, lookback_days: int
) -> tuple[IntArray, BoolArray]:
    """Choose the scenario rows of a date and tell which factors have a full history.

    Parameters
    ----------
    history : ShockHistory
        Moves of every factor.
    date_code : int
        The business date; no later row is looked at.
    factors : ndarray of int64, shape (n_used,)
        Factors in use on the date.
    lookback_days : int
        Number of scenarios wanted.

    Returns
    -------
    rows : ndarray of int64, shape (lookback_days,) or (0,)
        The last rows on which every factor with a full history has a move, ascending; empty
        where fewer exist.
    usable : ndarray of bool, shape (n_used,)
        Factors with at least ``lookback_days`` moves up to the date.
    """
    usable = history.present_count[date_code + 1, factors] >= lookback_days
    rows = np.empty(0, dtype=np.int64)
    if usable.any():
        rows = _last_complete_rows(history, date_code, factors[usable], lookback_days)
    if not len(rows):
        usable = np.zeros(len(factors), dtype=bool)
    return rows, usable


def _last_complete_rows(
    history: ShockHistory, date_code: int, factors: IntArray, wanted: int
) -> IntArray:
    """Return the last rows on which every factor has a move; none where there are too few.

    Looks at the last ``wanted`` rows and twice as far back each time that gaps leave too few.
    """
    end = first = date_code + 1
    reach = wanted
    while first > 0:
        first = max(end - reach, 0)
        counted = history.present_count[end, factors] - history.present_count[first, factors]
        with_gaps = factors[counted < end - first]
        complete = first + np.flatnonzero(history.present[first:end, with_gaps].all(axis=1))
        if len(complete) >= wanted:
            return complete[-wanted:].astype(np.int64)
        reach *= 2
    return np.empty(0, dtype=np.int64)
