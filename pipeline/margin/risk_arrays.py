"""Risk arrays: the loss of one unit of each instrument under each scenario.

Futures and spot are linear in the price, inverse contracts pay in coin, options are revalued in
full. Where scenarios come from, and how units are added up, does not belong here.
"""

import numpy as np

from pipeline.margin.market import (
    DAYS_PER_YEAR,
    TRADING_DAYS_PER_YEAR,
    FloatArray,
    IntArray,
    Market,
)
from pipeline.margin.pricing import bachelier, black76
from pipeline.margin.shocks import ShockHistory

# Instruments repriced at once: what a formula leaves in between then stays in the cache.
BLOCK_INSTRUMENTS = 256


def compute_unit_losses(
    market: Market,
    history: ShockHistory,
    date_code: int,
    instruments: IntArray,
    rows: IntArray,
    mpor_days: int,
    *,
    time_decay: bool,
) -> FloatArray:
    """Reprice one unit of each instrument under each historical scenario.

    With P the settlement price on the date, P' the shocked price (P exp(move) for a log factor,
    P + move for an absolute one), m the multiplier and R the currency's rate, the loss is

    - linear future, perpetual: -m R' (P' - P), with R' the rate after its own move;
    - spot: -m (R' P' - R P), since the whole value stands in the currency;
    - inverse future or perpetual of face m: -m R' (1 / P - 1 / P') P', the coin result valued at
      the shocked price;
    - option: -m (R' V' - R V) where its premium was paid upfront, -m R' (V' - V) otherwise, with V
      the Black-76 value on the underlying's price at the day's implied volatility and V' that at
      the shocked price, the shocked volatility and, with time decay, the time left at the end of
      the horizon. On a factor with absolute moves both are Bachelier values with normal volatility
      = implied volatility x abs(price);
    - inverse option: the same, with values divided by the price (coin) and the result valued at
      the shocked price.

    Parameters
    ----------
    market : Market
        Prices and instruments.
    history : ShockHistory
        Moves of every factor.
    date_code : int
        Business date.
    instruments : ndarray of int64, shape (n_instruments,)
        Codes of the instruments to reprice; each has a price and a usable factor.
    rows : ndarray of int64, shape (n_scenarios,)
        Scenario rows.
    mpor_days : int
        Margin period of risk in trading days, 1/252 of a year each.
    time_decay : bool
        Whether options age by the horizon.

    Returns
    -------
    ndarray of shape (n_instruments, n_scenarios)
        Loss per unit in reporting currency; loss > 0 is money lost by a long position.
    """
    horizon_years = mpor_days / TRADING_DAYS_PER_YEAR if time_decay else 0.0
    losses = np.empty((len(instruments), len(rows)))
    for first in range(0, len(instruments), BLOCK_INSTRUMENTS):
        block = slice(first, first + BLOCK_INSTRUMENTS)
        losses[block] = _reprice(
            market, history, date_code, instruments[block], rows, horizon_years
        )
    return losses


def _reprice(
    market: Market,
    history: ShockHistory,
    date_code: int,
    instruments: IntArray,
    rows: IntArray,
    horizon_years: float,
) -> FloatArray:
    """Reprice some instruments; see ``compute_unit_losses``."""
    factor = history.series.factor_of[date_code, instruments]
    absolute = history.is_absolute(int(rows[0]), int(rows[-1]))
    is_option = market.is_option[instruments]
    basis = np.where(is_option, market.underlying[instruments], instruments)
    price = market.price[date_code, basis]
    # A price at or below zero on the date itself has no ratio to move by either.
    is_absolute = absolute[factor] | (price <= 0)
    shocked = _cut_window(history.price_relative, rows, factor)
    shocked *= price[:, None]
    if is_absolute.any():
        moves = _cut_window(history.absolute_move, rows, factor[is_absolute])
        shocked[is_absolute] = price[is_absolute, None] + moves
    coin = market.is_inverse[instruments] & ~is_option
    coin_gain = (1.0 / price[coin, None] - 1.0 / shocked[coin]) * shocked[coin]
    underlying_shocked = shocked[is_option]
    gain: FloatArray = np.subtract(shocked, price[:, None], out=shocked)
    gain[coin] = coin_gain
    if is_option.any():
        gain[is_option] = _option_gains(
            market,
            history,
            date_code,
            instruments[is_option],
            rows,
            price[is_option],
            underlying_shocked,
            is_absolute[is_option],
            horizon_years,
        )
    scale = market.multiplier[instruments] * market.rate[date_code, instruments]
    rate_factor = history.series.rate_of[instruments]
    foreign = np.flatnonzero(rate_factor >= 0)
    if len(foreign):
        rate_move = _cut_window(history.price_relative, rows, rate_factor[foreign])
        gain[foreign] *= rate_move
        principal = market.is_principal[instruments[foreign]]
        held = instruments[foreign[principal]]
        value = market.price[date_code, held]
        gain[foreign[principal]] += (rate_move[principal] - 1.0) * value[:, None]
    gain *= -scale[:, None]
    return gain


def _cut_window(moves: FloatArray, rows: IntArray, factors: IntArray) -> FloatArray:
    """Return a copy of some rows of some factors' moves, shape (n_factors, n_rows)."""
    if rows[-1] - rows[0] + 1 == len(rows):  # no gap: a slice, many times faster to copy from
        return moves[rows[0] : rows[-1] + 1].T[factors]
    window: FloatArray = moves.T[np.ix_(factors, rows)]
    return window


def _option_gains(
    market: Market,
    history: ShockHistory,
    date_code: int,
    options: IntArray,
    rows: IntArray,
    price: FloatArray,
    shocked: FloatArray,
    is_absolute: np.ndarray,
    horizon_years: float,
) -> FloatArray:
    """Revalue options in full; see ``compute_unit_losses``."""
    strike, is_call = market.strike[options, None], market.is_call[options, None]
    days = (market.expiry[options] - market.dates[date_code]).astype(np.float64)
    years = days[:, None] / DAYS_PER_YEAR
    volatility = market.volatility[date_code, options][:, None]
    moves = _cut_window(history.price_relative, rows, history.series.volatility_of[options])
    spot = price[:, None]

    def value(at: FloatArray, volatilities: FloatArray, time: FloatArray) -> FloatArray:
        values = np.empty(at.shape)
        for which, price_option, scale in (
            (~is_absolute, black76, np.ones_like(spot)),
            (is_absolute, bachelier, np.abs(spot)),
        ):
            if which.any():
                # A slice where all options are priced alike: masks would copy every scenario.
                some = slice(None) if which.all() else which
                values[some] = price_option(
                    at[some],
                    strike[some],
                    time[some],
                    volatilities[some] * scale[some],
                    is_call[some],
                )
        return values

    before = value(spot, volatility, years)
    after = value(shocked, volatility * moves, np.maximum(years - horizon_years, 0.0))
    gains = after - before
    inverse = market.is_inverse[options]
    if inverse.any():
        coin = after[inverse] / shocked[inverse] - before[inverse] / spot[inverse]
        gains[inverse] = coin * shocked[inverse]
    return gains
