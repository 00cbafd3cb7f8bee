"""Risk factors of a market: which exist, what moves which instrument, where their moves start.

A risk factor is the price of one instrument, or the n-th nearby contract of a futures curve (with
moves of the same contract, so that a roll is no jump) or a constant maturity of it, or the implied
volatility of an underlying. How a move is measured, and which moves are scenarios, belongs to
`shocks`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.errors import CheckFailed
from pipeline.margin.constant_maturity import constant_maturity_moves, nearest_maturity
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
class _Moves:
    """Start and end of the moves of some factors, each of shape (n_factors, n_dates)."""

    names: list[str]
    start: FloatArray
    end: FloatArray


def build_factor_series(
    market: Market,
    mpor_days: int,
    default_shock: ShockType = ShockType.LOG,
    maturity_days: tuple[int, ...] = (),
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
    maturity_days : tuple of int
        Constant maturities that are the factors of curves; nearby contracts where it is empty.

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
    ids = frame["instrument_id"].to_numpy()
    declared = frame["shock_type"].fill_null(default_shock.value).to_numpy() == "absolute"
    factor_of = np.full(market.price.shape, -1, dtype=np.int64)
    found: list[_Moves] = []
    absolute: list[bool] = []
    for factor, members in _members_of_factors(market):
        own = members[ids[members] == factor]
        single = own if len(own) else members
        if len(single) == 1:
            factor_of[:, members] = len(absolute)
            moves = _moves_of(factor, market.price[:, single[0]], mpor_days)
        elif maturity_days:
            dated = members[~np.isnat(market.expiry[members])]
            expiry = market.expiry[dated]
            nearest = nearest_maturity(expiry, market.dates, maturity_days)
            factor_of[:, dated] = np.where(nearest >= 0, len(absolute) + nearest, -1)
            moves = _Moves(
                [f"{factor}@{days}d" for days in maturity_days],
                *constant_maturity_moves(
                    market.price[:, dated],
                    settled[:, dated],
                    expiry,
                    market.dates,
                    maturity_days,
                    mpor_days,
                ),
            )
        else:
            dated = members[~np.isnat(market.expiry[members])]
            expired = np.searchsorted(market.expiry[dated], market.dates)
            _assign_nearby(factor_of, dated, expired, first=len(absolute))
            moves = _nearby_moves(factor, market.price, settled, dated, expired, mpor_days)
        found.append(moves)
        absolute += [bool(declared[members].any())] * len(moves.names)
    _attach_options(market, factor_of, has_factors=bool(absolute))
    volatility_of = np.full(len(ids), -1, dtype=np.int64)
    for underlying in np.unique(market.underlying[market.is_option]):
        options = np.flatnonzero(market.is_option & (market.underlying == underlying))
        level = _reference_volatility(market, options, int(underlying))
        volatility_of[options] = len(absolute)
        found.append(_moves_of(f"{ids[underlying]}:implied_vol", level, mpor_days))
        absolute.append(False)
    none = np.empty((0, len(market.dates)))
    # A factor's moves lie next to each other in memory, for the windows that every date cuts.
    return FactorSeries(
        names=tuple(name for moves in found for name in moves.names),
        start=np.concatenate([none, *(moves.start for moves in found)]).T,
        end=np.concatenate([none, *(moves.end for moves in found)]).T,
        declared_absolute=np.array(absolute, dtype=bool),
        factor_of=factor_of,
        volatility_of=volatility_of,
    )


def _members_of_factors(market: Market) -> Iterator[tuple[str, IntArray]]:
    """Yield each price factor and the instruments on it; those of a curve by expiry."""
    direct = np.flatnonzero(~market.is_option)
    factors = market.instruments["risk_factor"].to_numpy()[direct]
    names, factor = np.unique(factors.astype(str), return_inverse=True)
    order = np.lexsort((direct, market.expiry[direct], factor))
    bounds = np.searchsorted(factor[order], np.arange(len(names) + 1))
    for at, name in enumerate(names):
        yield str(name), direct[order[bounds[at] : bounds[at + 1]]]


def _attach_options(market: Market, factor_of: IntArray, *, has_factors: bool) -> None:
    """Give each option the price factor of its underlying, which must have one."""
    options = np.flatnonzero(market.is_option)
    underlying = market.underlying[options]
    orphans = options[underlying < 0]
    if len(orphans):
        row = market.instruments.row(int(orphans[0]), named=True)
        msg = (
            f"instruments: option {row['instrument_id']!r} names the underlying"
            f" {row['underlying']!r}, which is no instrument; expected its instrument_id"
        )
        raise CheckFailed(msg)
    if has_factors:
        factor_of[:, options] = factor_of[:, underlying]


def _moves_of(name: str, series: FloatArray, days: int) -> _Moves:
    """Return the moves of one series of values over ``days`` dates, NaN at the start."""
    start = np.full_like(series, np.nan)
    start[days:] = series[:-days]
    return _Moves([name], start[None, :], series[None, :])


def _assign_nearby(factor_of: IntArray, members: IntArray, expired: IntArray, first: int) -> None:
    """Write the factor of each contract: by its rank among those alive, -1 once expired."""
    rank = np.arange(len(members)) - expired[:, None]
    factor_of[:, members] = np.where(rank >= 0, first + rank, -1)


def _nearby_moves(
    factor: str,
    price: FloatArray,
    settled: FloatArray,
    members: IntArray,
    expired: IntArray,
    mpor_days: int,
) -> _Moves:
    """Return moves of the contract that held each rank when the move began.

    Ranks count from the contract that expires next; a move over its expiry ends at its settlement.
    """
    n_dates = len(price)
    n_ranks = len(members) - int(expired.min(initial=len(members)))
    start, end = np.full((n_ranks, n_dates), np.nan), np.full((n_ranks, n_dates), np.nan)
    place = np.arange(n_ranks)[:, None] + expired[: max(n_dates - mpor_days, 0)]
    rank, begin = np.nonzero(place < len(members))
    contract = members[place[rank, begin]]
    start[rank, begin + mpor_days] = price[begin, contract]
    end[rank, begin + mpor_days] = settled[begin + mpor_days, contract]
    return _Moves([f"{factor}#{number + 1}" for number in range(n_ranks)], start, end)


def _reference_volatility(market: Market, options: IntArray, underlying: int) -> FloatArray:
    """Return the volatility level of an underlying: near the money, near thirty days.

    On each date it is the implied volatility of the listed option with the least
    abs(ln(strike / price)) + abs(days to expiry - 30) / 365; NaN where no option has one.
    """
    years = (market.expiry[options][None, :] - market.dates[:, None]).astype(np.float64)
    price = market.price[:, underlying]
    usable_price = np.where(price > 0, price, np.nan)
    with np.errstate(invalid="ignore"):
        distance = np.abs(np.log(market.strike[options][None, :] / usable_price[:, None]))
    score = distance + np.abs(years - TARGET_VOLATILITY_DAYS) / 365.0
    volatility = market.volatility[:, options]
    score = np.where(np.isnan(volatility) | np.isnan(score) | (years <= 0), np.inf, score)
    best = score.argmin(axis=1)
    rows = np.arange(len(score))
    return np.where(np.isinf(score[rows, best]), np.nan, volatility[rows, best])
