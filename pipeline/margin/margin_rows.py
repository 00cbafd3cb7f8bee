"""Rows of ``out_margin`` from the margins of tree nodes; how margins arise belongs elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.market import Book, FloatArray, IntArray, Market
from pipeline.margin.rules import NodeCharges
from pipeline.margin.tree import NodeMargins
from pipeline.terms import Level

MARGIN_SCHEMA = {
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
CodeArray = NDArray[np.signedinteger[Any]]

# In the order of their names, which is the order of the rows.
_LEVELS = (Level.ACCOUNT, Level.OFFSET_GROUP, Level.PRODUCT)


@dataclass(frozen=True)
class NodeRows:
    """Margins of the nodes of all levels on some dates, each of shape (n_rows,).

    Attributes
    ----------
    date, account, level, node : ndarray of int
        Codes, in as few bytes as hold them; ``level`` counts account, offset group, product.
    standalone, netted, level_credit, cap_base, capped : ndarray
        As in ``NodeMargins``.
    addon, maintenance, initial : ndarray
        As in ``NodeCharges``.
    """

    date: CodeArray
    account: CodeArray
    level: CodeArray
    node: CodeArray
    standalone: FloatArray
    netted: FloatArray
    level_credit: FloatArray
    cap_base: FloatArray
    capped: FloatArray
    addon: FloatArray
    maintenance: FloatArray
    initial: FloatArray


def order_nodes(
    date_code: int, levels: dict[Level, NodeMargins], charges: dict[Level, NodeCharges]
) -> NodeRows:
    """Put the nodes of one date in the order of account, level and node.

    Codes are in the order of the names, so that ordering codes orders names.

    Parameters
    ----------
    date_code : int
        Business date.
    levels : dict of Level to NodeMargins
        Margins at the levels above the instrument.
    charges : dict of Level to NodeCharges
        What the rules make of them.

    Returns
    -------
    NodeRows
        One row per node.
    """
    nodes = [levels[level] for level in _LEVELS]
    places = _find_places(nodes)
    size = sum(len(place) for place in places)

    def put(parts: Sequence[Any], kind: type[np.generic] = np.float64) -> NDArray[Any]:
        # Straight to the row's place: at a million rows each further copy costs as much again.
        column = np.empty(size, dtype=kind)
        for place, part in zip(places, parts, strict=True):
            column[place] = part
        return column

    amounts = {
        field.name: put([getattr(source[level], field.name) for level in _LEVELS])
        for kind, source in ((NodeMargins, levels), (NodeCharges, charges))
        for field in fields(kind)
        if field.name not in {"account", "node"}
    }
    return NodeRows(
        date=np.full(size, date_code, dtype=np.int32),
        account=put([node.account for node in nodes], np.int32),
        level=put(range(len(nodes)), np.int8),
        node=put([node.node for node in nodes], np.int32),
        **amounts,
    )


def _find_places(nodes: Sequence[NodeMargins]) -> list[IntArray]:
    """Return the row of each node of each level in the order of account, level and node."""
    width = 1 + max((int(of_level.node.max(initial=0)) for of_level in nodes), default=0)
    key = np.concatenate(
        [
            (of_level.account * len(nodes) + rank) * width + of_level.node
            for rank, of_level in enumerate(nodes)
        ]
    )
    place = np.empty_like(key)
    place[np.argsort(key)] = np.arange(len(key))
    return np.split(place, np.cumsum([len(of_level.node) for of_level in nodes])[:-1])


def arrange_rows(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    mpor_days: int,
    days: Sequence[NodeRows],
) -> pl.DataFrame:
    """Turn the nodes of some dates into rows of ``out_margin`` without provenance columns.

    Parameters
    ----------
    market : Market
        Calendar.
    book : Book
        Names of accounts, groups and products.
    model : ModelDeclaration
        The model.
    mpor_days : int
        Margin period of risk.
    days : sequence of NodeRows
        Dates in the order of the result.

    Returns
    -------
    polars.DataFrame
        Columns of ``MARGIN_SCHEMA``, one row per date, account, level and node.
    """
    if not days:
        return pl.DataFrame(schema=MARGIN_SCHEMA)
    rows = days[0] if len(days) == 1 else _in_order(_join(days))
    names = (book.accounts, book.groups, book.products)
    first_name = np.cumsum([0, *(len(of_level) for of_level in names[:-1])], dtype=np.int32)
    credit = rows.standalone - rows.netted
    return pl.DataFrame(
        {
            "business_date": market.dates[rows.date],
            "account_id": _name(book.accounts, rows.account),
            "node_level": _name(np.array([level.value for level in _LEVELS]), rows.level),
            "node_id": _name(np.concatenate(names), first_name[rows.level] + rows.node),
            "standalone_margin_amount": rows.standalone,
            "netted_margin_amount": rows.netted,
            "offset_credit_amount": credit,
            "level_credit_amount": rows.level_credit,
            "cap_base_margin_amount": rows.cap_base,
            "capped_margin_amount": rows.capped,
            "addon_amount": rows.addon,
            "initial_margin_amount": rows.initial,
            "maintenance_margin_amount": rows.maintenance,
        }
    ).select(
        "business_date",
        pl.lit(model.model_id).alias("model_id"),
        pl.lit(mpor_days, dtype=pl.Int32).alias("mpor_days"),
        pl.lit(model.measure.confidence_pct).alias("confidence_pct"),
        pl.exclude("business_date"),
    )


def _join(days: Sequence[NodeRows]) -> NodeRows:
    return NodeRows(
        **{f.name: np.concatenate([getattr(day, f.name) for day in days]) for f in fields(NodeRows)}
    )


def _in_order(rows: NodeRows) -> NodeRows:
    """Order rows by date, account, level and node; accounts of one date may come in parts."""
    keys = (rows.node, rows.level, rows.account, rows.date)
    step = np.diff(rows.account) < 0
    if not (step & (np.diff(rows.date) == 0)).any():
        return rows  # as good as always: the parts are whole dates
    order = np.lexsort(keys)
    return NodeRows(**{f.name: getattr(rows, f.name)[order] for f in fields(NodeRows)})


def _name(names: np.ndarray, codes: CodeArray) -> pl.Series:
    """Look names up by code."""
    return pl.Series(names.astype(str), dtype=pl.String).gather(codes)
