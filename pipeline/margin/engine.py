"""The margin of every account on every date of a range, for one model and horizon.

This is the only path from scenarios to margins: the live margin and the margin that the backtest
tests are the rows written from here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.market import Book, FloatArray, IntArray, Market
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
    days, excluded = [], []
    for code in date_codes:
        day, missing = compute_day(market, book, model, mpor_days, int(code), history)
        days.append(day)
        excluded.append(missing)
        on_date()
    return MarginResult(
        _concatenate(days, _empty_margins()), _concatenate(excluded, _no_exclusion())
    )


def _concatenate(frames: Iterable[pl.DataFrame], empty: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([empty, *frames])


def compute_day(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    mpor_days: int,
    date_code: int,
    history: ShockHistory,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compute the margins of one date; see ``compute_margins``."""
    held = book.on_date(date_code)
    instruments, local = np.unique(book.instrument[held], return_inverse=True)
    if not len(instruments):
        return _empty_margins(), _no_exclusion()
    factors = _factors_of(history, date_code, instruments)
    used = np.unique(factors[factors >= 0])
    rows, usable = select_scenarios(history, date_code, used, model.scenarios.lookback_days)
    ready = np.isin(factors, used[usable]) | (factors < 0)
    has_history = ready.all(axis=1) & (factors[:, 0] >= 0) & (len(rows) > 0)
    account = book.account[held]
    short = np.unique(account[~has_history[local]])
    kept = ~np.isin(account, short)
    excluded = _describe_exclusions(market, book, model, history, date_code, short, factors)
    if not kept.any():
        return _empty_margins(), excluded
    losses = np.zeros((len(instruments), len(rows)))
    priced = np.flatnonzero(has_history)
    losses[priced] = compute_unit_losses(
        market,
        history,
        date_code,
        instruments[priced],
        rows,
        mpor_days,
        time_decay=model.scenarios.time_decay,
    )
    product = book.product_of[instruments][local[kept]]
    positions = Positions(
        account=account[kept],
        group=book.group_of[product],
        product=product,
        instrument=local[kept].astype(np.int64),
        quantity=book.quantity[held][kept],
    )
    nodes = compute_tree_margins(positions, losses, model.measure, model.tree)
    frame = _arrange(market, book, model, mpor_days, date_code, nodes)
    return frame, excluded


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
    moves = history.present[: date_code + 1, used].sum(axis=0)
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


_MARGIN_SCHEMA = {
    "business_date": pl.Date,
    "model_id": pl.String,
    "mpor_days": pl.Int32,
    "confidence_pct": pl.Float64,
    "account_id": pl.String,
    "node_level": pl.String,
    "node_id": pl.String,
    "standalone_margin_amount": pl.Float64,
    "netted_margin_amount": pl.Float64,
    "offset_credit_amount": pl.Float64,
    "level_credit_amount": pl.Float64,
    "cap_base_margin_amount": pl.Float64,
    "capped_margin_amount": pl.Float64,
    "addon_amount": pl.Float64,
    "initial_margin_amount": pl.Float64,
    "maintenance_margin_amount": pl.Float64,
}


def _empty_margins() -> pl.DataFrame:
    return pl.DataFrame(schema=_MARGIN_SCHEMA)


def _no_exclusion() -> pl.DataFrame:
    return pl.DataFrame(
        schema={"business_date": pl.Date, "account_id": pl.String, "reason": pl.String}
    )


def _arrange(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    mpor_days: int,
    date_code: int,
    nodes: dict[Level, NodeMargins],
) -> pl.DataFrame:
    """Turn node margins into rows of ``out_margin``."""
    names = {
        Level.PRODUCT: book.products,
        Level.OFFSET_GROUP: book.groups,
        Level.ACCOUNT: book.accounts,
    }
    frames = []
    for level, node in nodes.items():
        credit: FloatArray = node.standalone - node.netted
        frames.append(
            pl.DataFrame(
                {
                    "account_id": book.accounts[node.account].astype(str),
                    "node_level": np.full(len(node.node), level.value),
                    "node_id": names[level][node.node].astype(str),
                    "standalone_margin_amount": node.standalone,
                    "netted_margin_amount": node.netted,
                    "offset_credit_amount": credit,
                    "level_credit_amount": node.level_credit,
                    "cap_base_margin_amount": node.cap_base,
                    "capped_margin_amount": node.capped,
                    "addon_amount": np.zeros(len(credit)),
                    "initial_margin_amount": node.capped * model.initial_factor,
                    "maintenance_margin_amount": node.capped,
                }
            )
        )
    return (
        pl.concat(frames)
        .with_columns(
            business_date=pl.lit(market.dates[date_code].astype(object), dtype=pl.Date),
            model_id=pl.lit(model.model_id),
            mpor_days=pl.lit(mpor_days, dtype=pl.Int32),
            confidence_pct=pl.lit(model.measure.confidence_pct),
        )
        .select(list(_MARGIN_SCHEMA))
        .sort("account_id", "node_level", "node_id")
    )
