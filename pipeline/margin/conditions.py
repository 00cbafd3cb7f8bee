"""Under which conditions of the market a portfolio is margined: current, stressed, long-run.

The same portfolio, at the same prices, is margined under other scenarios or another volatility;
that is what the tools against procyclical margin compare. Only rows up to the business date are
read, whatever the conditions.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.filtered import FilterParameters, ewma_volatility
from pipeline.margin.market import DAYS_PER_YEAR, BoolArray, FloatArray, IntArray, Market
from pipeline.margin.shocks import ShockHistory, compute_shocks
from pipeline.terms import ShockType


@dataclass(frozen=True)
class Conditions:
    """Conditions of one calculation.

    Attributes
    ----------
    as_of : int
        Last row of the market that is read.
    kind : {"current", "stressed", "long_run"}
        The lookback up to ``as_of``, the stress periods so far, or the years of the floor.
    """

    as_of: int
    kind: Literal["current", "stressed", "long_run"] = "current"


@dataclass(frozen=True)
class VolatilityHistory:
    """Moves over one day and their EWMA volatility, for all dates in one pass.

    Attributes
    ----------
    moves : ShockHistory
        One-day moves.
    parameters : FilterParameters
        Decay, warm-up and bounds of the rescaling.
    """

    moves: ShockHistory
    parameters: FilterParameters

    @cached_property
    def log_volatility(self) -> FloatArray:
        """Forecast of log moves, shape (n_dates + 1, n_factors); row t + 1 is known at date t."""
        return ewma_volatility(self.moves.log_move, self.parameters)

    @cached_property
    def absolute_volatility(self) -> FloatArray:
        """The same of absolute moves, in price units."""
        return ewma_volatility(self.moves.absolute_move, self.parameters)

    def root_mean_square(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the volatility of log and of absolute moves over some rows, NaN without moves."""
        return _root_mean_square(self.moves.log_move[rows]), _root_mean_square(
            self.moves.absolute_move[rows]
        )


def _root_mean_square(moves: FloatArray) -> FloatArray:
    present = ~np.isnan(moves)
    count = present.sum(axis=0)
    squares = np.where(present, moves, 0.0) ** 2
    mean = np.divide(
        squares.sum(axis=0), count, out=np.full(moves.shape[1], np.nan), where=count > 0
    )
    return np.asarray(np.sqrt(mean))


def build_volatility(
    market: Market, model: ModelDeclaration, default_shock: ShockType
) -> VolatilityHistory:
    """Compute one-day moves and the parameters of their volatility for a model."""
    declared = model.volatility
    return VolatilityHistory(
        moves=compute_shocks(market, 1, default_shock, model.scenarios.maturity_days),
        parameters=FilterParameters(
            decay=declared.decay,
            warm_up=declared.warm_up_days,
            ratio_floor=declared.ratio_floor,
            ratio_cap=declared.ratio_cap,
        ),
    )


def is_stressed(market: Market, model: ModelDeclaration) -> BoolArray:
    """Return which dates lie in a declared stress period, shape (n_dates,)."""
    stressed = np.zeros(len(market.dates), dtype=bool)
    for period in model.stress.periods:
        stressed |= (market.dates >= np.datetime64(period.first_date, "D")) & (
            market.dates <= np.datetime64(period.last_date, "D")
        )
    return stressed


def rows_of(
    conditions: Conditions, market: Market, model: ModelDeclaration, stressed: BoolArray
) -> IntArray:
    """Return the rows whose moves make the conditions, ascending, complete or not.

    Parameters
    ----------
    conditions : Conditions
        Stressed: the stress periods up to ``as_of``; long-run: the years of the floor that end
        there; current: every row so far.
    market : Market
        Calendar.
    model : ModelDeclaration
        Declares the years of the floor.
    stressed : ndarray of bool, shape (n_dates,)
        From ``is_stressed``.

    Returns
    -------
    ndarray of int64
    """
    rows = np.arange(conditions.as_of + 1)
    if conditions.kind == "stressed":
        return rows[stressed[rows]]
    if conditions.kind == "long_run":
        days = round(model.procyclicality.floor_years * DAYS_PER_YEAR)
        since = market.dates[conditions.as_of] - np.timedelta64(days, "D")
        return np.flatnonzero(market.dates[: len(rows)] > since)
    return rows
