"""Realised losses of frozen positions over the margin period of risk.

What a loss is compared with does not belong here. Losses never net across accounts.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl

from pipeline.margin.market import Book, FloatArray, IntArray, Market, settle_expired
from pipeline.terms import Level


class LossStatus(StrEnum):
    """Whether a horizon can be observed."""

    OBSERVED = "observed"
    PENDING = "pending"
    MISSING_PRICE = "missing_price"


@dataclass(frozen=True)
class _Nodes:
    """Consecutive positions that belong together, and what they are called."""

    starts: IntArray
    level: Level
    names: np.ndarray


def compute_position_losses(
    market: Market, settled: FloatArray, book: Book, end: IntArray
) -> FloatArray:
    """Return the loss of each position from its date to its own end date.

    With P and R price and rate at the start, P' and R' at the end: linear futures and perpetuals
    -q m R' (P' - P); spot, and options whose premium was paid upfront, -q m (R' P' - R P), since
    their whole value stands in the currency; inverse futures and perpetuals
    -q m R' (1 / P - 1 / P') P'; inverse options -q m R' (V' - V) S', with V in coin and S' the
    price of the underlying at the end.

    Parameters
    ----------
    market : Market
        Prices.
    settled : ndarray of shape (n_dates, n_instruments)
        Prices in which expired instruments keep what they settled at.
    book : Book
        n positions.
    end : ndarray of int64, shape (n_positions,)
        Row of the end date of each position.

    Returns
    -------
    ndarray of shape (n_positions,)
        Losses; NaN where a price at either end, or a rate, is missing.
    """
    code, begin = book.instrument, book.date
    start_price, end_price = market.price[begin, code], settled[end, code]
    end_rate = market.rate[end, code]
    gain = (end_price - start_price) * end_rate
    principal = market.is_principal[code]
    gain[principal] += (end_rate - market.rate[begin, code])[principal] * start_price[principal]
    inverse = market.is_inverse[code]
    if inverse.any():
        coin = inverse & ~market.is_option[code]
        gain[coin] = (
            (1.0 / start_price[coin] - 1.0 / end_price[coin]) * end_price[coin] * end_rate[coin]
        )
        options = inverse & market.is_option[code]
        gain[options] *= settled[end[options], market.underlying[code[options]]]
    losses: FloatArray = -book.quantity * market.multiplier[code] * gain
    return losses


def find_horizon_ends(market: Market, book: Book, starts: IntArray, mpor_days: int) -> IntArray:
    """Return the row on which each step of each account's horizon ends.

    A step ends on the next date on which every product that the account holds has a price; an
    instrument that has expired by then needs none. Days on which one of its markets is closed are
    stepped over, so that a jump over them is part of the loss and never falls between two horizons.

    Parameters
    ----------
    market : Market
        Prices.
    book : Book
        Positions, account by account.
    starts : ndarray of int64, shape (n_account_days,)
        First position of each account-day.
    mpor_days : int
        Number of steps.

    Returns
    -------
    ndarray of int64, shape (mpor_days, n_account_days)
        Row of the calendar; its length where the step has not ended.
    """
    n_dates = len(market.dates)
    product = book.product_of[book.instrument]
    next_open = _next_open_rows(market, book.product_of)
    expiry = market.expiry[book.instrument]
    last_row = np.where(
        np.isnat(expiry), n_dates, np.searchsorted(market.dates, expiry, side="right") - 1
    )
    size = np.diff(np.append(starts, len(book.date)))
    ends = np.empty((mpor_days, len(starts)), dtype=np.int64)
    reached = book.date[starts] if len(starts) else np.empty(0, dtype=np.int64)
    for step in range(mpor_days):
        candidate = np.minimum(reached + 1, n_dates)
        while len(starts):
            at = np.repeat(candidate, size)
            opens = np.where(last_row <= at, at, next_open[at, product])
            later = np.maximum.reduceat(opens, starts)
            if (later == candidate).all():
                break
            candidate = later
        ends[step] = reached = candidate
    return ends


def _next_open_rows(market: Market, product_of: IntArray) -> IntArray:
    """Return, for each row and product, the first row at or after it with a price.

    Shape (n_dates + 1, n_products); the number of dates where there is none.
    """
    n_dates, n_products = len(market.dates), int(product_of.max(initial=-1)) + 1
    row, code = np.nonzero(~np.isnan(market.price))
    opens = np.full((n_dates + 1, n_products), n_dates, dtype=np.int64)
    opens[row, product_of[code]] = row
    return np.minimum.accumulate(opens[::-1], axis=0)[::-1]


def compute_losses(market: Market, book: Book, mpor_days: int) -> pl.DataFrame:
    """Compute the realised loss of every account and of its nodes, for every date of the book.

    Positions are frozen on the date; the loss is taken at the end of the horizon and, as a
    severity figure, at its worst point. All nodes of an account share its horizon.

    Parameters
    ----------
    market : Market
        Prices; a horizon that ends after the last of them is pending.
    book : Book
        Positions.
    mpor_days : int
        Length of the horizon in dates on which the account's products trade.

    Returns
    -------
    polars.DataFrame
        business_date, scope, scope_id, account_id, mpor_days, horizon_end_date, status,
        loss_amount, worst_loss_amount; amounts are null unless the status is ``observed``. Scope
        is product, offset_group or account.
    """
    if not len(book.date):
        return _empty()
    settled = settle_expired(market)
    n_dates = len(market.dates)
    nodes = _find_nodes(book)
    accounts = next(node for node in nodes if node.level is Level.ACCOUNT)
    ends = find_horizon_ends(market, book, accounts.starts, mpor_days)
    size = np.diff(np.append(accounts.starts, len(book.date)))
    worst: dict[Level, FloatArray] = {}
    last: dict[Level, FloatArray] = {}
    for end in ends:
        at = np.repeat(end, size)
        losses = compute_position_losses(market, settled, book, np.minimum(at, n_dates - 1))
        losses[at >= n_dates] = np.nan
        for node in nodes:
            total = np.add.reduceat(losses, node.starts)
            # np.maximum keeps NaN: one missing price on the path leaves its worst point unknown.
            worst[node.level] = np.maximum(worst.get(node.level, total), total)
            last[node.level] = total
    final = np.repeat(ends[-1], size)
    return pl.concat(
        [
            _arrange(market, book, node, mpor_days, final, last[node.level], worst[node.level])
            for node in nodes
        ]
    ).sort("business_date", "scope", "scope_id", "account_id")


def _find_nodes(book: Book) -> list[_Nodes]:
    product = book.product_of[book.instrument]
    group = book.group_of[product]
    keys = {
        Level.PRODUCT: (product, book.products),
        Level.OFFSET_GROUP: (group, book.groups),
        Level.ACCOUNT: (book.account, book.accounts),
    }
    found = []
    for level, (key, names) in keys.items():
        change = np.zeros(len(key), dtype=bool)
        change[:1] = True
        for column in (book.date, book.account, key):
            change[1:] |= column[1:] != column[:-1]
        starts = np.flatnonzero(change)
        found.append(_Nodes(starts, level, names[key[starts]]))
    return found


def _arrange(
    market: Market,
    book: Book,
    node: _Nodes,
    mpor_days: int,
    final: IntArray,
    last: FloatArray,
    worst: FloatArray,
) -> pl.DataFrame:
    date = book.date[node.starts]
    end = final[node.starts]
    pending = end >= len(market.dates)
    missing = np.isnan(last) & ~pending
    status = np.where(
        pending,
        LossStatus.PENDING,
        np.where(missing, LossStatus.MISSING_PRICE, LossStatus.OBSERVED),
    )
    end_date = market.dates[np.minimum(end, len(market.dates) - 1)]
    return pl.DataFrame(
        {
            "business_date": market.dates[date],
            "scope": np.full(len(date), node.level.value),
            "scope_id": node.names.astype(str),
            "account_id": book.accounts[book.account[node.starts]].astype(str),
            "mpor_days": np.full(len(date), mpor_days, dtype=np.int32),
            "horizon_end_date": end_date,
            "status": status.astype(str),
            "loss_amount": last,
            "worst_loss_amount": worst,
        }
    ).with_columns(
        pl.col("loss_amount", "worst_loss_amount").fill_nan(None),
        horizon_end_date=pl.when(~pl.lit(pl.Series(pending))).then(pl.col("horizon_end_date")),
    )


def _empty() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "business_date": pl.Date,
            "scope": pl.String,
            "scope_id": pl.String,
            "account_id": pl.String,
            "mpor_days": pl.Int32,
            "horizon_end_date": pl.Date,
            "status": pl.String,
            "loss_amount": pl.Float64,
            "worst_loss_amount": pl.Float64,
        }
    )
