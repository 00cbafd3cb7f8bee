"""The margin of every account on every date of a range, for one model and horizon.

This is the only path from scenarios to margins: the live margin and the margin that the backtest
tests are the rows written from here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.margin_rows import arrange_rows, order_nodes
from pipeline.margin.market import Book, IntArray, Market
from pipeline.margin.risk_arrays import compute_unit_losses
from pipeline.margin.shocks import ShockHistory, compute_shocks, select_scenarios
from pipeline.margin.tree import NodeMargins, Positions, compute_tree_margins
from pipeline.terms import Level


@dataclass(frozen=True)
class MarginResult:
    """Margins, and what could not be computed.

    Attributes
    ----------
    margins : polars.DataFrame
        Rows of ``out_margin`` without provenance columns.
    excluded : polars.DataFrame
        business_date, account_id, reason: account-days without a margin, each with the number of
        moves that were there and needed.
    """

    margins: pl.DataFrame
    excluded: pl.DataFrame


def compute_margins(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    mpor_days: int,
    date_codes: IntArray,
    on_date: Callable[[], None] = lambda: None,
) -> MarginResult:
    """Compute the margin of every account with positions on the given dates.

    Parameters
    ----------
    market : Market
        Prices; the moves of all dates are computed once and shared by every date.
    book : Book
        Positions of all dates.
    model : ModelDeclaration
        The model.
    mpor_days : int
        Margin period of risk.
    date_codes : ndarray of int64
        Dates, as codes of the market's calendar.
    on_date : callable
        Called after each date, for a progress display.

    Returns
    -------
    MarginResult
        One row per account, level and node, ordered by date, account, level and node.
    """
    history = compute_shocks(market, mpor_days, model.scenarios.default_shock)
    days, excluded = [], [_no_exclusion()]
    for code in date_codes:
        nodes, missing = _compute_nodes(market, book, model, mpor_days, int(code), history)
        days += [] if nodes is None else [order_nodes(int(code), nodes)]
        excluded.append(missing)
        on_date()
    return MarginResult(arrange_rows(market, book, model, mpor_days, days), pl.concat(excluded))


def compute_day(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    mpor_days: int,
    date_code: int,
    history: ShockHistory,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compute the margins of one date; see ``compute_margins``."""
    nodes, excluded = _compute_nodes(market, book, model, mpor_days, date_code, history)
    days = [] if nodes is None else [order_nodes(date_code, nodes)]
    return arrange_rows(market, book, model, mpor_days, days), excluded


def _compute_nodes(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    mpor_days: int,
    date_code: int,
    history: ShockHistory,
) -> tuple[dict[Level, NodeMargins] | None, pl.DataFrame]:
    """Return the margins of one date, None where no account has one, and the exclusions."""
    held = book.on_date(date_code)
    instruments, local = _distinct(book.instrument[held], len(book.product_of))
    if not len(instruments):
        return None, _no_exclusion()
    factors = _factors_of(history, date_code, instruments)
    used = np.unique(factors[factors >= 0])
    rows, usable = select_scenarios(history, date_code, used, model.scenarios.lookback_days)
    ready = np.isin(factors, used[usable]) | (factors < 0)
    has_history = ready.all(axis=1) & (factors[:, 0] >= 0) & (len(rows) > 0)
    account = book.account[held]
    short = np.unique(account[~has_history[local]])
    excluded = _describe_exclusions(market, book, model, history, date_code, short, factors)
    is_short = np.zeros(len(book.accounts), dtype=bool)
    is_short[short] = True
    kept = ~is_short[account]
    if not kept.any():
        return None, excluded
    losses = np.zeros((len(instruments), len(rows)))
    losses[has_history] = compute_unit_losses(
        market,
        history,
        date_code,
        instruments[has_history],
        rows,
        mpor_days,
        time_decay=model.scenarios.time_decay,
    )
    product = book.product_of[instruments][local[kept]]
    positions = Positions(
        account=account[kept],
        group=book.group_of[product],
        product=product,
        instrument=local[kept],
        quantity=book.quantity[held][kept],
    )
    return compute_tree_margins(positions, losses, model.measure, model.tree), excluded


def _distinct(codes: IntArray, n_codes: int) -> tuple[IntArray, IntArray]:
    """Return the distinct codes, ascending, and the place of each given code among them."""
    seen = np.zeros(n_codes, dtype=bool)
    seen[codes] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[codes]


def _factors_of(history: ShockHistory, date_code: int, instruments: IntArray) -> IntArray:
    """Return price and volatility factor of each instrument, shape (n_instruments, 2)."""
    return np.column_stack(
        [
            history.series.factor_of[date_code, instruments],
            history.series.volatility_of[instruments],
        ]
    )


def _describe_exclusions(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    history: ShockHistory,
    date_code: int,
    accounts: IntArray,
    factors: IntArray,
) -> pl.DataFrame:
    if not len(accounts):
        return _no_exclusion()
    used = np.unique(factors[factors >= 0])
    moves = history.present_count[date_code + 1, used]
    fewest = int(moves.min()) if len(moves) else 0
    needed = model.scenarios.lookback_days
    reason = f"history too short: {fewest} of {needed} moves of the least known risk factor"
    return _no_exclusion().vstack(
        pl.DataFrame(
            {
                "business_date": [market.dates[date_code].astype(object)] * len(accounts),
                "account_id": book.accounts[accounts].astype(str),
                "reason": [reason] * len(accounts),
            },
            schema=_no_exclusion().schema,
        )
    )


def _no_exclusion() -> pl.DataFrame:
    return pl.DataFrame(
        schema={"business_date": pl.Date, "account_id": pl.String, "reason": pl.String}
    )
