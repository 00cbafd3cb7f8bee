"""How the losses of two legs, as they were held on a day, moved together over the lookback.

Legs are repriced under the historical moves that the margin models use; what a realised loss says
against that dependence belongs to `offset_pairs`.
"""

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.market import Book, FloatArray, IntArray, Market, find_dates
from pipeline.margin.risk_arrays import compute_unit_losses
from pipeline.margin.shocks import ShockHistory, compute_shocks, select_scenarios


def correlate_legs(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    mpor_days: int,
    events: pl.DataFrame,
) -> pl.DataFrame:
    """Correlate the losses of two products of an account over the lookback before a day.

    Parameters
    ----------
    market, book : Market, Book
        Prices, and positions of every event.
    model : ModelDeclaration
        Lookback, kind of shock and time decay.
    mpor_days : int
        Horizon of the moves.
    events : polars.DataFrame
        business_date, account_id, product, other_product.

    Returns
    -------
    polars.DataFrame
        The events with ``correlation``: Pearson's, over the scenarios of the date, each the loss
        of today's positions under a move of the lookback. NaN where a leg does not move or the
        history is too short.
    """
    if not len(events):
        return events.with_columns(correlation=pl.lit(None, dtype=pl.Float64))
    scenarios = model.scenarios
    history = compute_shocks(market, mpor_days, scenarios.default_shock, scenarios.maturity_days)
    dates = find_dates(market, events["business_date"])
    account = np.searchsorted(
        book.accounts.astype(str), events["account_id"].to_numpy().astype(str)
    )
    products = book.products.astype(str)
    legs = np.column_stack(
        [
            np.searchsorted(products, events[name].to_numpy().astype(str))
            for name in ("product", "other_product")
        ]
    )
    correlation = np.full(len(events), np.nan)
    for code in np.unique(dates):  # one pricing of all instruments a day on which an offset failed
        at = np.flatnonzero(dates == code)
        correlation[at] = _correlate_on(
            market, book, model, mpor_days, history, int(code), account[at], legs[at]
        )
    return events.with_columns(correlation=pl.Series(correlation))


def _correlate_on(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    mpor_days: int,
    history: ShockHistory,
    date_code: int,
    account: IntArray,
    legs: IntArray,
) -> FloatArray:
    held = book.on_date(date_code)
    n_products = len(book.products)
    pairs = np.column_stack([np.repeat(account, 2), legs.reshape(-1)])
    names, leg = np.unique(pairs, axis=0, return_inverse=True)
    key = names[:, 0] * n_products + names[:, 1]
    own = book.account[held] * n_products + book.product_of[book.instrument[held]]
    place = np.minimum(np.searchsorted(key, own), len(key) - 1)
    mine = key[place] == own
    instruments, local = np.unique(book.instrument[held][mine], return_inverse=True)
    factors = np.column_stack(
        [
            history.series.factor_of[date_code, instruments],
            history.series.volatility_of[instruments],
        ]
    )
    used = np.unique(factors[factors >= 0])
    rows, usable = select_scenarios(history, date_code, used, model.scenarios.lookback_days)
    ready = (np.isin(factors, used[usable]) | (factors < 0)).all(axis=1) & (factors[:, 0] >= 0)
    if not len(rows):
        return np.full(len(account), np.nan)
    losses = np.full((len(instruments), len(rows)), np.nan)
    losses[ready] = compute_unit_losses(
        market,
        history,
        date_code,
        instruments[ready],
        rows,
        mpor_days,
        time_decay=model.scenarios.time_decay,
    )
    holdings = csr_array(
        (book.quantity[held][mine], (place[mine], local)), shape=(len(key), len(instruments))
    )
    moved = holdings @ losses
    centred = moved - moved.mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=1))
    first, second = leg.reshape(-1, 2).T
    covariance = (centred[first] * centred[second]).sum(axis=1)
    scale = size[first] * size[second]
    known = scale > 0
    return np.where(known, covariance / np.where(known, scale, 1.0), np.nan)
