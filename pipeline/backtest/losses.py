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


def compute_unit_losses_realised(market: Market, settled: FloatArray, days: int) -> FloatArray:
    """Return the loss of one long unit from each date to ``days`` dates later.

    Linear: -m R' (P' - P), with R' the currency's rate at the end; inverse futures and perpetuals:
    -m R' (1 / P - 1 / P') P'; inverse options: -m R' (V' - V) S', with V in coin and S' the price
    of the underlying at the end.

    Parameters
    ----------
    market : Market
        Prices.
    settled : ndarray of shape (n_dates, n_instruments)
        Prices in which expired instruments keep what they settled at.
    days : int
        Length of the horizon in dates of the calendar.

    Returns
    -------
    ndarray of shape (n_dates - days, n_instruments)
        Row t is the loss from date t; NaN where a price at either end, or a rate, is missing.
    """
    start, end = market.price[:-days], settled[days:]
    gain = end - start
    inverse = market.is_inverse
    if inverse.any():
        coin = np.flatnonzero(inverse & ~market.is_option)
        gain[:, coin] = (1.0 / start[:, coin] - 1.0 / end[:, coin]) * end[:, coin]
        options = np.flatnonzero(inverse & market.is_option)
        gain[:, options] *= settled[days:, market.underlying[options]]
    losses: FloatArray = -market.multiplier * market.rate[days:] * gain
    return losses


def compute_losses(market: Market, book: Book, mpor_days: int) -> pl.DataFrame:
    """Compute the realised loss of every account and of its nodes, for every date of the book.

    Positions are frozen on the date; the loss is taken at the end of the horizon and, as a
    severity figure, at its worst point. The calendar is the market's: every date with a price.

    Parameters
    ----------
    market : Market
        Prices up to the as-of date and no further; a horizon that ends later is pending.
    book : Book
        Positions.
    mpor_days : int
        Length of the horizon in dates.

    Returns
    -------
    polars.DataFrame
        business_date, scope, scope_id, account_id, mpor_days, horizon_end_date, status,
        loss_amount, worst_loss_amount; amounts are null unless the status is ``observed``. Scope
        is product, offset_group or account.
    """
    settled = settle_expired(market)
    n_dates = len(market.dates)
    end = book.date + mpor_days
    ended = end < n_dates
    worst: dict[Level, FloatArray] = {}
    last: dict[Level, FloatArray] = {}
    nodes = _find_nodes(book)
    for step in range(1, mpor_days + 1):
        unit = (
            compute_unit_losses_realised(market, settled, step)
            if step < n_dates
            else np.empty((0, market.price.shape[1]))
        )
        row = np.minimum(book.date, max(len(unit) - 1, 0))
        losses = np.full(len(book.date), np.nan)
        losses[ended] = book.quantity[ended] * unit[row[ended], book.instrument[ended]]
        for node in nodes:
            total = np.add.reduceat(losses, node.starts) if len(losses) else np.zeros(0)
            # np.maximum keeps NaN: one missing price on the path leaves its worst point unknown.
            worst[node.level] = np.maximum(worst.get(node.level, total), total)
            last[node.level] = total
    if not len(book.date):
        return _empty()
    return pl.concat(
        [
            _arrange(market, book, node, mpor_days, last[node.level], worst[node.level])
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
    last: FloatArray,
    worst: FloatArray,
) -> pl.DataFrame:
    date = book.date[node.starts]
    end = date + mpor_days
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
