"""The data catalogue: what each table and column holds, from the comments in the warehouse.

Here belongs how the catalogue reads. What a column means is said in ``sql/migrations``, beside the
tables, so that any SQL client shows it too.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import WrongUse
from pipeline.resources import read_sql
from pipeline.settings import load_settings
from pipeline.steps.whole_file import write_whole
from pipeline.warehouse.connection import fetch_frame, open_empty
from pipeline.warehouse.views import create_views, view_names

LAYERS = {
    "raw": "Rows as received, with the checksum of their file. What a contract refused is not among"
    " them: rows left out stand in raw_quarantine, and nothing is stored of a date that was"
    " stopped.",
    "core": "The same rows in force, held to the data contracts: what margin, backtest and report"
    " read.",
    "out": "Results, for people to read.",
    "star": "Views for questions of one's own: facts by account-day, position, exceedance and pair,"
    " with accounts, instruments and calendar around them. Every published snapshot has them.",
}
"""Layers in the order of the data's way, told by how a table's name begins; views are the last."""

_INTRODUCTION = """\
# Data catalogue

Written by `marginproof catalogue` from the comments in the warehouse, which any SQL client shows
too. Change them in `sql/migrations` and `sql/views`, then run `make docs`.

Amounts are in the reporting currency, and the end of a name tells the unit: `_amount`, `_price`,
`_pct` per cent, `_days`, `_date`. A loss above 0 is money lost, a margin is never below 0, a
quantity below 0 is short. Null means unknown or not applicable, never zero.

`raw_*` and `out_*` show the rows in force. Where they are views, schema `history` holds a table of
the same name and columns with every version of each row, from `known_from` until `known_to`. Both
dates come from the data, never from the clock.
"""
_WIDTH = 96
_GRAIN = "One row per "


@dataclass(frozen=True)
class ColumnDescription:
    """One column.

    Attributes
    ----------
    name, type : str
        Name and DuckDB type.
    meaning : str
        Meaning, unit, sign and what null means; empty where nobody has described it.
    """

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class TableDescription:
    """One table or view that people read.

    Attributes
    ----------
    name : str
        Name in schema ``main``.
    layer : str
        ``raw``, ``core``, ``out`` or ``star``.
    grain : str
        What one row stands for, as a sentence; empty where the comment does not begin with it.
    meaning : str
        The rest of the comment.
    columns : tuple of ColumnDescription
        In their order in the table.
    """

    name: str
    layer: str
    grain: str
    meaning: str
    columns: tuple[ColumnDescription, ...]


def describe_tables() -> list[TableDescription]:
    """Describe every table and view that people read, those of ``sql/views`` included.

    The comments are read from an empty warehouse in memory, brought to the newest migration, so
    that the catalogue describes the program and not the data of one machine.

    Returns
    -------
    list of TableDescription
        By layer, then by name.
    """
    with open_empty(load_settings()) as connection:
        create_views(connection)
        frame = fetch_frame(connection, read_sql("queries/describe_columns.sql"))
    star = set(view_names())
    described = []
    for (name, comment), rows in frame.group_by("table_name", "table_comment", maintain_order=True):
        layer = "star" if name in star else str(name).partition("_")[0]
        if layer not in LAYERS:
            continue
        grain, meaning = _split_grain(str(comment))
        columns = tuple(
            ColumnDescription(row["column_name"], row["data_type"], row["column_comment"])
            for row in rows.iter_rows(named=True)
        )
        described.append(TableDescription(str(name), layer, grain, meaning, columns))
    order = list(LAYERS)
    return sorted(described, key=lambda table: (order.index(table.layer), table.name))


def _split_grain(comment: str) -> tuple[str, str]:
    """Separate the first sentence of a table's comment, which states the grain, from the rest."""
    if not comment.startswith(_GRAIN):
        return "", comment
    grain, _, meaning = comment.partition(". ")
    return f"{grain.removesuffix('.')}.", meaning


def describe_table(name: str) -> str:
    """Describe one table or view as text for a terminal.

    Parameters
    ----------
    name : str
        Name as a query would use it, for example ``"out_margin"``.

    Returns
    -------
    str
        Grain, meaning and columns, ending with a line break.

    Raises
    ------
    WrongUse
        There is no such table; the sentence names those there are.
    """
    tables = {table.name: table for table in describe_tables()}
    if name not in tables:
        msg = f"no table {name!r}; the tables are {', '.join(tables)}"
        raise WrongUse(msg)
    table = tables[name]
    lines = [table.name, *_wrap(f"{table.grain} {table.meaning}", "  ")]
    for column in table.columns:
        lines += ["", f"  {column.name}  {column.type}", *_wrap(column.meaning, "    ")]
    return "\n".join(lines) + "\n"


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def format_catalogue(tables: Sequence[TableDescription]) -> str:
    """Return the catalogue as Markdown: a chapter a layer, a table of columns a table.

    Parameters
    ----------
    tables : sequence of TableDescription
        Every table, by layer.

    Returns
    -------
    str
        The same text for the same comments, ending with a line break.
    """
    parts = [_INTRODUCTION]
    for layer, purpose in LAYERS.items():
        parts.append(f"## {layer}\n\n{purpose}\n")
        parts += [_format_table(table) for table in tables if table.layer == layer]
    return "\n".join(parts)


def _format_table(table: TableDescription) -> str:
    rows = [
        f"| `{column.name}` | {column.type} | {_escape(column.meaning)} |"
        for column in table.columns
    ]
    return "\n".join(
        [
            f"### {table.name}",
            "",
            f"**{_escape(table.grain)}** {_escape(table.meaning)}",
            "",
            "| column | type | meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _escape(text: str) -> str:
    """Keep Markdown from reading a character of the text as markup or as the end of a cell."""
    for character in ("\\", "|", "*", "`", "<"):
        text = text.replace(character, f"\\{character}")
    return text


def write_catalogue(path: Path) -> None:
    """Write the catalogue as a Markdown file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; its folder is made when missing, an older file is replaced at once.

    Raises
    ------
    EnvironmentFault
        The file cannot be written; an older one stays as it was.
    """
    write_whole(path, format_catalogue(describe_tables()).encode(), "the catalogue")
