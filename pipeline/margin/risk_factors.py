"""Risk factors of a market: which exist, what moves which instrument, where their moves start.

A risk factor is the price of one instrument, or the n-th nearby contract of a futures curve (with
moves of the same contract, so that a roll is no jump) or a constant maturity of it, the implied
volatility of an underlying, or the rate of a currency. A move runs over the factor's own dates,
those on which it has a value, so that the days on which its market is closed hide no move. How a
move is measured, and which moves are scenarios, belongs to `shocks`.
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
    rate_of : ndarray of int64, shape (n_instruments,)
        Factor of the currency of each instrument, -1 for the reporting currency.
    """

    names: tuple[str, ...]
    start: FloatArray
    end: FloatArray
    declared_absolute: BoolArray
    factor_of: IntArray
    volatility_of: IntArray
    rate_of: IntArray


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
    declared = (
        frame["shock_type"].fill_null(default_shock.value).to_numpy() == ShockType.ABSOLUTE.value
    )
    factor_of = np.full(market.price.shape, -1, dtype=np.int64)
    found: list[_Moves] = []
    absolute: list[bool] = []
    for factor, members in _members_of_factors(market):
        own = members[ids[members] == factor]
        single = own if len(own) else members
        if len(single) == 1:
            factor_of[:, members] = len(absolute)
            moves = _moves_of(factor, market.price[:, single[0]], mpor_days)
        else:
            dated = members[~np.isnat(market.expiry[members])]
            _assign_curve(factor_of, market, dated, maturity_days, first=len(absolute))
            moves = _moves_of_curve(factor, market, settled, dated, maturity_days, mpor_days)
        found.append(moves)
        absolute += [bool(declared[members].any())] * len(moves.names)
    _attach_options(market, factor_of, has_factors=bool(absolute))
    volatility_of = np.full(len(ids), -1, dtype=np.int64)
    options = np.flatnonzero(market.is_option)
    curve = frame["risk_factor"].to_numpy().astype(str)[market.underlying[options]]
    for name in np.unique(curve):
        members = options[curve == name]
        level = _reference_volatility(market, members)
        volatility_of[members] = len(absolute)
        found.append(_moves_of(f"{name}:implied_vol", level, mpor_days))
        absolute.append(False)
    rate_of = np.full(len(ids), -1, dtype=np.int64)
    currency = frame["currency"].to_numpy().astype(str)
    foreign = ~np.all(market.rate == 1.0, axis=0)
    for name in np.unique(currency[foreign]):
        members = np.flatnonzero(foreign & (currency == name))
        rate_of[members] = len(absolute)
        found.append(_moves_of(f"{name}:fx_rate", market.rate[:, members[0]], mpor_days))
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
        rate_of=rate_of,
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
    """Return the moves of one series of values over ``days`` of its own dates."""
    own_dates = np.flatnonzero(~np.isnan(series))
    start, end = np.full_like(series, np.nan), np.full_like(series, np.nan)
    start[own_dates[days:]] = series[own_dates[:-days]]
    end[own_dates[days:]] = series[own_dates[days:]]
    return _Moves([name], start[None, :], end[None, :])


def _assign_curve(
    factor_of: IntArray,
    market: Market,
    contracts: IntArray,
    maturity_days: tuple[int, ...],
    first: int,
) -> None:
    """Write the factor of each contract of a curve, -1 once it has expired.

    It is the nearest constant maturity, or the rank among the contracts that are alive.
    """
    expiry = market.expiry[contracts]
    if maturity_days:
        rank = nearest_maturity(expiry, market.dates, maturity_days)
    else:
        rank = np.arange(len(contracts)) - np.searchsorted(expiry, market.dates)[:, None]
    factor_of[:, contracts] = np.where(rank >= 0, first + rank, -1)


def _moves_of_curve(
    factor: str,
    market: Market,
    settled: FloatArray,
    contracts: IntArray,
    maturity_days: tuple[int, ...],
    mpor_days: int,
) -> _Moves:
    """Return the moves of a curve over its own dates, those on which any contract has a price.

    ``contracts`` are in the order of their expiry.
    """
    price = market.price[:, contracts]
    own_dates = np.flatnonzero(~np.isnan(price).all(axis=1))
    price, ended = price[own_dates], settled[:, contracts][own_dates]
    expiry, dates = market.expiry[contracts], market.dates[own_dates]
    if maturity_days:
        names = [f"{factor}@{days}d" for days in maturity_days]
        start, end = constant_maturity_moves(price, ended, expiry, dates, maturity_days, mpor_days)
    else:
        ranks = np.arange(len(contracts) - np.searchsorted(expiry, market.dates[:1]).sum())
        names = [f"{factor}#{rank + 1}" for rank in ranks]
        start, end = _nearby_moves(price, ended, np.searchsorted(expiry, dates), ranks, mpor_days)
    shape = (len(names), len(market.dates))
    moves = _Moves(names, np.full(shape, np.nan), np.full(shape, np.nan))
    moves.start[:, own_dates], moves.end[:, own_dates] = start, end
    return moves


def _nearby_moves(
    price: FloatArray, settled: FloatArray, expired: IntArray, ranks: IntArray, mpor_days: int
) -> tuple[FloatArray, FloatArray]:
    """Return start and end prices of the contract that held each rank when the move began.

    Ranks count from the contract that expires next; a move over its expiry ends at its settlement.
    """
    n_dates, n_contracts = price.shape
    start, end = np.full((len(ranks), n_dates), np.nan), np.full((len(ranks), n_dates), np.nan)
    place = ranks[:, None] + expired[: max(n_dates - mpor_days, 0)]
    rank, begin = np.nonzero(place < n_contracts)
    contract = place[rank, begin]
    start[rank, begin + mpor_days] = price[begin, contract]
    end[rank, begin + mpor_days] = settled[begin + mpor_days, contract]
    return start, end


def _reference_volatility(market: Market, options: IntArray) -> FloatArray:
    """Return the volatility level of a curve's options: near the money, near thirty days.

    Options on every month of a curve share it, so that a new month has the history of the curve.

    On each date it is the implied volatility of the listed option with the least
    abs(ln(strike / price)) + abs(days to expiry - 30) / 365; NaN where no option has one.
    """
    years = (market.expiry[options][None, :] - market.dates[:, None]).astype(np.float64)
    price = market.price[:, market.underlying[options]]
    usable_price = np.where(price > 0, price, np.nan)
    with np.errstate(invalid="ignore"):
        distance = np.abs(np.log(market.strike[options][None, :] / usable_price))
    score = distance + np.abs(years - TARGET_VOLATILITY_DAYS) / 365.0
    volatility = market.volatility[:, options]
    score = np.where(np.isnan(volatility) | np.isnan(score) | (years <= 0), np.inf, score)
    best = score.argmin(axis=1)
    rows = np.arange(len(score))
    return np.where(np.isinf(score[rows, best]), np.nan, volatility[rows, best])
