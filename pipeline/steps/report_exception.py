"""The report of one exceedance: what was held, what was granted, what happened, who looked at it.

Finished rows of a published snapshot become sections; every sentence is in ``reports/wording``.
"""

from datetime import date, timedelta
from typing import Any

import duckdb

from pipeline.errors import WrongUse
from pipeline.rendering.model import Column, ColumnFormat, FurtherSection, Table
from pipeline.rendering.wording import Wording
from pipeline.steps.report_figures import fetch_rows
from pipeline.steps.report_layout import Rows, write_money

_CHART_DAYS = 120
_MOST_POSITIONS = 120
_TEXT, _AMOUNT, _DATE = ColumnFormat.TEXT, ColumnFormat.AMOUNT, ColumnFormat.DATE

Row = dict[str, Any]


def read_exception(connection: duckdb.DuckDBPyConnection, exception_id: str) -> Row:
    """Read one exceedance of the register.

    Raises
    ------
    WrongUse
        The register has no such entry.
    """
    rows = fetch_rows(connection, "exception", {"exception_ids": [exception_id]})
    if not rows:
        msg = f"the register has no exception {exception_id!r}"
        raise WrongUse(msg)
    return rows[0]


def describe_exception(
    connection: duckdb.DuckDBPyConnection, row: Row, currency: str, wording: Wording
) -> tuple[FurtherSection, ...]:
    """Lay out one exceedance.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A snapshot restricted to the account.
    row : dict
        The entry, from `read_exception`.
    currency : str
        Reporting currency, for amounts in sentences.
    wording : Wording
        Where the sentences are.

    Returns
    -------
    tuple of FurtherSection
        What happened; the netting tree with credit and cap; positions; the realised path.
    """
    key = {"account_id": row["account_id"], "business_date": row["business_date"]}
    tree = fetch_rows(
        connection,
        "exception_tree",
        {**key, "model_id": row["model_id"], "mpor_days": row["mpor_days"]},
    )
    positions = fetch_rows(
        connection, "exception_positions", {**key, "last_date": row["horizon_end_date"]}
    )
    path = fetch_rows(connection, "exception_path", {**key, "model_id": row["model_id"]})
    return (
        _outcome(row, currency, wording),
        _tree(tree, wording),
        _positions(positions, row, wording),
        _path(path, wording),
        _review(row, wording),
    )


def chart_dates(business_date: date) -> tuple[date, date]:
    """Return the first and last date of the chart around an exceedance."""
    span = timedelta(days=_CHART_DAYS)
    return business_date - span, business_date + span


def _column(
    wording: Wording, key: str, written: ColumnFormat = _TEXT, share: float = 1.0
) -> Column:
    return Column(wording.say(f"exception.columns.{key}"), written, share=share)


def _outcome(row: Row, currency: str, wording: Wording) -> FurtherSection:
    say = wording.say
    written = {
        name: write_money(row[f"{name}_amount"] or 0.0)
        for name in ("loss", "tested_margin", "shortfall")
    }
    sentence = say(
        "exception.sentence",
        account=row["account_id"],
        date=row["business_date"],
        last=row["horizon_end_date"],
        days=row["mpor_days"],
        currency=currency,
        **written,
    )
    kind = say(f"exception.class_{row['exceedance_class'] or 'none'}")
    steps = (
        ("standalone", row["standalone_margin_amount"]),
        ("netted", row["netted_margin_amount"]),
        ("capped", row["capped_margin_amount"]),
        ("tested", row["tested_margin_amount"]),
    )
    table = Table(
        say("exception.margins"),
        (
            _column(wording, "margin", share=2.0),
            _column(wording, "amount", _AMOUNT),
            _column(wording, "loss", _AMOUNT),
            _column(wording, "uncovered", _AMOUNT),
        ),
        tuple(
            (
                say(f"exception.margin_{name}"),
                amount,
                row["loss_amount"],
                None if amount is None else max(row["loss_amount"] - amount, 0.0),
            )
            for name, amount in steps
        ),
    )
    paragraphs = (sentence, kind, say("exception.cause", cause=row["cause"]))
    return FurtherSection("outcome", say("exception.outcome"), paragraphs, (table,))


def _tree(tree: Rows, wording: Wording) -> FurtherSection:
    say = wording.say
    table = Table(
        say("exception.tree_table"),
        (
            _column(wording, "level", share=1.2),
            _column(wording, "node", share=1.6),
            _column(wording, "standalone", _AMOUNT),
            _column(wording, "netted", _AMOUNT),
            _column(wording, "credit", _AMOUNT),
            _column(wording, "cap_base", _AMOUNT),
            _column(wording, "capped", _AMOUNT),
            _column(wording, "node_loss", _AMOUNT),
        ),
        tuple(
            (
                say(f"level.{node['node_level']}"),
                node["node_id"],
                node["standalone_margin_amount"],
                node["netted_margin_amount"],
                node["level_credit_amount"],
                node["cap_base_margin_amount"],
                node["capped_margin_amount"],
                node["loss_amount"],
            )
            for node in tree[:_MOST_POSITIONS]
        ),
        say("exception.tree_note"),
    )
    return FurtherSection("tree", say("exception.tree"), (say("exception.tree_intro"),), (table,))


def _positions(positions: Rows, row: Row, wording: Wording) -> FurtherSection:
    say = wording.say
    shown = positions[:_MOST_POSITIONS]
    table = Table(
        say("exception.positions_table", date=row["business_date"]),
        (
            _column(wording, "instrument", share=2.2),
            _column(wording, "product", share=1.2),
            _column(wording, "quantity", ColumnFormat.NUMBER),
            _column(wording, "first_price", ColumnFormat.NUMBER),
            _column(wording, "last_price", ColumnFormat.NUMBER),
            _column(wording, "change", ColumnFormat.PCT),
        ),
        tuple(
            (
                held["instrument_id"],
                held["product"] or "",
                held["quantity"],
                held["first_price"],
                held["last_price"],
                held["change_pct"],
            )
            for held in shown
        ),
        ""
        if len(shown) == len(positions)
        else say("exception.positions_cut", shown=len(shown), total=len(positions)),
    )
    return FurtherSection("positions", say("exception.positions"), (), (table,))


def _path(path: Rows, wording: Wording) -> FurtherSection:
    say = wording.say
    table = Table(
        say("exception.path_table"),
        (
            _column(wording, "days", ColumnFormat.COUNT),
            _column(wording, "end", _DATE),
            _column(wording, "loss", _AMOUNT),
            _column(wording, "worst", _AMOUNT),
            _column(wording, "capped", _AMOUNT),
        ),
        tuple(
            (
                step["mpor_days"],
                step["horizon_end_date"],
                step["loss_amount"],
                step["worst_loss_amount"],
                step["capped_margin_amount"],
            )
            for step in path
        ),
        say("exception.path_note"),
    )
    return FurtherSection("path", say("exception.path"), (), (table,))


def _review(row: Row, wording: Wording) -> FurtherSection:
    say = wording.say
    return FurtherSection(
        "review",
        say("exception.review"),
        (
            say("exception.status", id=row["exception_id"], status=row["status"]),
            say("exception.note", note=row["note"], reviewer=row["reviewer"])
            if row["note"]
            else say("exception.no_note"),
        ),
    )
