"""Historical moves of risk factors over the margin period of risk, one row per date.

A risk factor is the price of one instrument, or the n-th nearby contract of a futures curve (with
moves of the same contract, so that a roll is no jump), or the implied volatility of an
underlying. Repricing under the moves does not belong here.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.errors import CheckFailed
from pipeline.margin.market import BoolArray, FloatArray, IntArray, Market, settle_expired
from pipeline.terms import ShockType

TARGET_VOLATILITY_DAYS = 30


@dataclass(frozen=True)
class FactorSeries:
    """Start and end price of each factor's move, and which factor moves which instrument.

    Attributes
    ----------
    names : tuple of str
        Factor names, price factors first, then volatility factors.
    start, end : ndarray of shape (n_dates, n_factors)
        Value at the start (``mpor_days`` dates before) and at the end of the move; NaN where
        there is none.
    declared_absolute : ndarray of bool, shape (n_factors,)
        Factors declared to move by absolute amounts.
    factor_of : ndarray of int64, shape (n_dates, n_instruments)
        Price factor of each instrument on each date (an option has that of its underlying), -1
        where there is none.
    volatility_of : ndarray of int64, shape (n_instruments,)
        Volatility factor of each option, -1 for others.
    """

    names: tuple[str, ...]
    start: FloatArray
    end: FloatArray
    declared_absolute: BoolArray
    factor_of: IntArray
    volatility_of: IntArray


@dataclass(frozen=True)
class ShockHistory:
    """Moves of every factor.

    Attributes
    ----------
    series : FactorSeries
        The factors.
    log_move, absolute_move : ndarray of shape (n_dates, n_factors)
        The move that ends on each date; NaN where a price is missing, and for ``log_move`` where
        one is at or below zero.
    nonpositive_count : ndarray of int64, shape (n_dates + 1, n_factors)
        Cumulative number of moves that touch a price at or below zero.
    declared_absolute : ndarray of bool, shape (n_factors,)
        Factors that are absolute whatever their prices.
    """

    series: FactorSeries
    log_move: FloatArray
    absolute_move: FloatArray
    nonpositive_count: IntArray
    declared_absolute: BoolArray

    @property
    def present(self) -> BoolArray:
        """Which moves exist, shape (n_dates, n_factors)."""
        return ~np.isnan(self.absolute_move)

    def is_absolute(self, first_row: int, last_row: int) -> BoolArray:
        """Return, for a window of rows, which factors are shocked by absolute amounts.

        A factor is absolute where it is declared so or where any price in the window is at or
        below zero, where neither a logarithm nor a ratio exists. Only the window is looked at, so
        no later price can change an earlier margin.
        """
        touched = self.nonpositive_count[last_row + 1] - self.nonpositive_count[first_row]
        absolute: BoolArray = self.declared_absolute | (touched > 0)
        return absolute


def build_factor_series(
    market: Market, mpor_days: int, default_shock: ShockType = ShockType.LOG
) -> FactorSeries:
    """Find the risk factors and the prices that their moves start and end at.

    Parameters
    ----------
    market : Market
        Prices of dates by instruments.
    mpor_days : int
        Length of a move in dates of the calendar.
    default_shock : ShockType
        Shock type of factors whose instruments declare none.

    Returns
    -------
    FactorSeries
        Every factor of the market.

    Raises
    ------
    CheckFailed
        A risk factor has no instrument whose price could be its history.
    """
    frame = market.instruments
    settled = settle_expired(market)
    is_option = market.is_option
    factors = frame["risk_factor"].to_numpy()
    ids = frame["instrument_id"].to_numpy()
    n_dates, n_instruments = market.price.shape
    factor_of = np.full((n_dates, n_instruments), -1, dtype=np.int64)
    names: list[str] = []
    start: list[FloatArray] = []
    end: list[FloatArray] = []
    absolute: list[bool] = []
    declared = frame["shock_type"].fill_null(default_shock.value).to_numpy() == "absolute"
    for factor in np.unique(factors[~is_option]):
        members = np.flatnonzero((factors == factor) & ~is_option)
        own = members[ids[members] == factor]
        single = own if len(own) else members
        if len(single) == 1:
            factor_of[:, members] = len(names)
            names.append(str(factor))
            series = market.price[:, single[0]]
            start.append(_lagged(series, mpor_days))
            end.append(series)
            absolute.append(bool(declared[members].any()))
            continue
        ranks = _nearby_ranks(market, members)
        for rank in range(int(ranks.max()) + 1):
            where = ranks == rank
            factor_of[:, members] = np.where(where, len(names), factor_of[:, members])
            names.append(f"{factor}#{rank + 1}")
            first, last = _same_contract_moves(market.price, settled, members, where, mpor_days)
            start.append(first)
            end.append(last)
            absolute.append(bool(declared[members].any()))
    _attach_options(market, factor_of, is_option, names)
    volatility_of = np.full(n_instruments, -1, dtype=np.int64)
    for underlying in np.unique(market.underlying[is_option]):
        options = np.flatnonzero(is_option & (market.underlying == underlying))
        level = _reference_volatility(market, options, int(underlying))
        volatility_of[options] = len(names)
        names.append(f"{ids[underlying]}:implied_vol")
        start.append(_lagged(level, mpor_days))
        end.append(level)
        absolute.append(False)
    empty = np.empty((n_dates, 0))
    return FactorSeries(
        names=tuple(names),
        start=np.column_stack(start) if start else empty,
        end=np.column_stack(end) if end else empty,
        declared_absolute=np.array(absolute, dtype=bool),
        factor_of=factor_of,
        volatility_of=volatility_of,
    )


def _attach_options(
    market: Market, factor_of: IntArray, is_option: BoolArray, names: list[str]
) -> None:
    """Give each option the price factor of its underlying, which must have one."""
    options = np.flatnonzero(is_option)
    underlying = market.underlying[options]
    orphans = options[underlying < 0]
    if len(orphans):
        row = market.instruments.row(int(orphans[0]), named=True)
        msg = (
            f"instruments: option {row['instrument_id']!r} names the underlying"
            f" {row['underlying']!r}, which is no instrument; expected its instrument_id"
        )
        raise CheckFailed(msg)
    if names:
        factor_of[:, options] = factor_of[:, underlying]


def _lagged(series: FloatArray, days: int) -> FloatArray:
    """Return the series ``days`` dates before, NaN at the start."""
    lagged = np.full_like(series, np.nan)
    lagged[days:] = series[:-days]
    return lagged


def _nearby_ranks(market: Market, members: IntArray) -> IntArray:
    """Return the rank by expiry of each contract among those not expired, -1 once expired.

    The front contract has rank 0 up to and including its expiry date.
    """
    expiry = market.expiry[members]
    order = np.argsort(expiry, kind="stable")
    alive = expiry[None, order] >= market.dates[:, None]
    ordered = np.where(alive, np.cumsum(alive, axis=1) - 1, -1)
    ranks = np.empty_like(ordered)
    ranks[:, order] = ordered
    return ranks


def _same_contract_moves(
    price: FloatArray,
    settled: FloatArray,
    members: IntArray,
    holds_rank: BoolArray,
    mpor_days: int,
) -> tuple[FloatArray, FloatArray]:
    """Return start and end prices of the contract that held the rank when the move began."""
    n_dates = len(price)
    start, end = np.full(n_dates, np.nan), np.full(n_dates, np.nan)
    begins = np.flatnonzero(holds_rank[: n_dates - mpor_days].any(axis=1))
    contract = members[holds_rank[begins].argmax(axis=1)]
    start[begins + mpor_days] = price[begins, contract]
    end[begins + mpor_days] = settled[begins + mpor_days, contract]
    return start, end


def _reference_volatility(market: Market, options: IntArray, underlying: int) -> FloatArray:
    """Return the volatility level of an underlying: near the money, near thirty days.

    On each date it is the implied volatility of the listed option with the least
    abs(ln(strike / price)) + abs(days to expiry - 30) / 365; NaN where no option has one.
    """
    years = (market.expiry[options][None, :] - market.dates[:, None]).astype(np.float64)
    price = market.price[:, underlying]
    usable_price = np.where(price > 0, price, np.nan)
    with np.errstate(invalid="ignore"):
        distance = np.abs(np.log(market.column("strike")[options][None, :] / usable_price[:, None]))
    score = distance + np.abs(years - TARGET_VOLATILITY_DAYS) / 365.0
    volatility = market.volatility[:, options]
    score = np.where(np.isnan(volatility) | np.isnan(score) | (years <= 0), np.inf, score)
    best = score.argmin(axis=1)
    rows = np.arange(len(score))
    return np.where(np.isinf(score[rows, best]), np.nan, volatility[rows, best])


def compute_shocks(
    market: Market, mpor_days: int, default_shock: ShockType = ShockType.LOG
) -> ShockHistory:
    """Compute the overlapping moves of every factor, for all dates in one pass.

    Parameters
    ----------
    market : Market
        Prices of dates by instruments.
    mpor_days : int
        Margin period of risk; row t is the move from date t - mpor_days to date t.
    default_shock : ShockType
        See ``build_factor_series``.

    Returns
    -------
    ShockHistory
        Log moves ln(end / start) and absolute moves end - start.
    """
    series = build_factor_series(market, mpor_days, default_shock)
    nonpositive = (series.start <= 0) | (series.end <= 0)
    positive_start = np.where(series.start > 0, series.start, np.nan)
    positive_end = np.where(series.end > 0, series.end, np.nan)
    cumulative = np.zeros((len(market.dates) + 1, len(series.names)), dtype=np.int64)
    np.cumsum(nonpositive, axis=0, out=cumulative[1:])
    return ShockHistory(
        series=series,
        log_move=np.log(positive_end / positive_start),
        absolute_move=series.end - series.start,
        nonpositive_count=cumulative,
        declared_absolute=series.declared_absolute,
    )


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
    present = history.present[: date_code + 1, factors]
    usable = present.sum(axis=0) >= lookback_days
    if not usable.any():
        return np.empty(0, dtype=np.int64), np.zeros(len(factors), dtype=bool)
    complete = np.flatnonzero(present[:, usable].all(axis=1))
    if len(complete) < lookback_days:
        return np.empty(0, dtype=np.int64), np.zeros(len(factors), dtype=bool)
    return complete[-lookback_days:].astype(np.int64), usable


def describe_factors(history: ShockHistory) -> pl.DataFrame:
    """Return one row per factor with the number of its moves, for the data-quality section."""
    return pl.DataFrame(
        {
            "risk_factor": list(history.series.names),
            "moves": history.present.sum(axis=0),
            "nonpositive_moves": history.nonpositive_count[-1],
        }
    )
