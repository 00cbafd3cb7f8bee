"""The margin of every account on every date of a range, for one model and horizon.

This is the only path from scenarios to margins: the live margin and the margin that the backtest
tests are the rows written from here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.margin.conditions import Conditions, is_stressed
from pipeline.margin.core_model import CoreModel, DayBook, Readiness
from pipeline.margin.declaration import SCENARIO_SOURCES, ModelDeclaration
from pipeline.margin.gate import judge_groups
from pipeline.margin.margin_rows import NodeRows, arrange_rows, order_nodes
from pipeline.margin.market import Book, BoolArray, IntArray, Market
from pipeline.margin.rule_model import prepare_rules
from pipeline.margin.rule_status import RuleStatus, arrange_statuses, describe_gate
from pipeline.margin.rules import apply_rules
from pipeline.margin.scenario_model import prepare_scenarios
from pipeline.margin.tail_results import AccountTail
from pipeline.margin.tail_rows import arrange_tail
from pipeline.margin.tree import Positions


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
    rules : polars.DataFrame
        Rows of ``out_rules`` without provenance columns: which rules were in force.
    levels, scenarios : polars.DataFrame
        Rows of ``out_margin_levels`` and ``out_margin_scenarios`` without provenance columns; empty
        where the model declares no tail.
    """

    margins: pl.DataFrame
    excluded: pl.DataFrame
    rules: pl.DataFrame
    levels: pl.DataFrame
    scenarios: pl.DataFrame


def compute_margins(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    mpor_days: int,
    date_codes: IntArray,
    on_date: Callable[[], None] = lambda: None,
    core: CoreModel | None = None,
    *,
    with_tail: bool = True,
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
    core : CoreModel, optional
        What `prepare_model` gave for this market, model and horizon, so that the blocks of a long
        range share it; prepared here where omitted.
    with_tail : bool
        Whether the tail that the model declares is computed; without it levels and scenarios are
        empty, for whoever reads the margins alone.

    Returns
    -------
    MarginResult
        One row per account, level and node, ordered by date, account, level and node.
    """
    core = core or prepare_model(market, book, model, mpor_days)
    stressed = is_stressed(market, model)
    days: list[NodeRows] = []
    tails: list[tuple[int, AccountTail]] = []
    excluded, statuses = [_no_exclusion()], []
    for code in date_codes:
        found: dict[RuleStatus, None] = {}
        for held in _split_by_pattern(book, core, int(code)):
            rows, tail, missing, status = _compute_date(
                market, book, model, core, stressed, int(code), held, with_tail=with_tail
            )
            days += [] if rows is None else [rows]
            tails += [] if tail is None else [(int(code), tail)]
            excluded.append(missing)
            found |= dict.fromkeys(status)
        statuses += [(market.dates[code].astype(object), one) for one in found]
        on_date()
    return MarginResult(
        arrange_rows(market, book, model, mpor_days, days),
        pl.concat(excluded).sort("business_date", "account_id"),
        arrange_statuses(model.model_id, mpor_days, statuses),
        *arrange_tail(market, book, model, mpor_days, tails),
    )


def prepare_model(market: Market, book: Book, model: ModelDeclaration, mpor_days: int) -> CoreModel:
    """Compute what all dates share, by the kind of model that the declaration names."""
    if model.scenarios.source in SCENARIO_SOURCES:
        return prepare_scenarios(market, model, mpor_days)
    return prepare_rules(market, book, model)


def _split_by_pattern(book: Book, core: CoreModel, date_code: int) -> list[slice] | list[IntArray]:
    """Return the positions of a date, cut into accounts that share their scenario dates."""
    span = book.on_date(date_code)
    instruments, local = _distinct(book.instrument[span], len(book.product_of))
    if not len(instruments):
        return []
    pattern = core.patterns(date_code, instruments)[local]
    if not pattern.any():
        return [span]
    account, holder = np.unique(book.account[span], return_inverse=True)
    holds = np.zeros((len(account), int(pattern.max()) + 1), dtype=bool)
    holds[holder, pattern] = True
    _, together = np.unique(holds, axis=0, return_inverse=True)
    kind = together.reshape(-1)[holder]
    return [span.start + np.flatnonzero(kind == one) for one in range(int(kind.max()) + 1)]


def _compute_date(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    core: CoreModel,
    stressed: BoolArray,
    date_code: int,
    held: slice | IntArray,
    *,
    with_tail: bool,
) -> tuple[NodeRows | None, AccountTail | None, pl.DataFrame, list[RuleStatus]]:
    """Return rows and tail of some accounts on one date, None where there is none, and the rest.

    The rest: account-days without a margin, and the rules in force.
    """
    instruments, local = _distinct(book.instrument[held], len(book.product_of))
    readiness = core.examine(date_code, instruments)
    account = book.account[held]
    short = np.unique(account[~readiness.has_history[local]])
    excluded = _describe_exclusions(market, book, model, date_code, short, readiness)
    kept: slice | BoolArray = slice(None)
    if len(short):
        is_short = np.zeros(len(book.accounts), dtype=bool)
        is_short[short] = True
        kept = ~is_short[account]
    if not len(account[kept]):
        return None, None, excluded, []
    product = book.product_of[instruments][local[kept]]
    counts, gates = judge_groups(market, book, model, core.history, stressed, date_code)
    day = DayBook(
        date_code=date_code,
        instruments=instruments,
        positions=Positions(
            account=account[kept],
            group=book.group_of[product],
            product=product,
            instrument=local[kept],
            quantity=book.quantity[held][kept],
        ),
        readiness=readiness,
        counts=counts,
    )
    today, tail = Conditions(date_code), None
    if with_tail:
        nodes, tail = core.margin_with_tail(day, today) or (None, None)
    else:
        nodes = core.margin(day, today)
    if nodes is None:
        return None, None, excluded, []
    charges, statuses = apply_rules(
        market, book, model, day, nodes, lambda conditions: core.margin(day, conditions)
    )
    rows = order_nodes(date_code, nodes, charges)
    return rows, tail, excluded, [*(describe_gate(gate) for gate in gates), *statuses]


def _distinct(codes: IntArray, n_codes: int) -> tuple[IntArray, IntArray]:
    """Return the distinct codes, ascending, and the place of each given code among them."""
    seen = np.zeros(n_codes, dtype=bool)
    seen[codes] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[codes]


def _describe_exclusions(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    date_code: int,
    accounts: IntArray,
    readiness: Readiness,
) -> pl.DataFrame:
    if not len(accounts):
        return _no_exclusion()
    fewest = readiness.fewest_moves
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
