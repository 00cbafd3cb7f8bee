"""Turning frames into the sections of a page, and a page into lines for a terminal.

What the numbers are is decided by the steps that gather them.
"""

import io
from collections.abc import Mapping

import polars as pl
from rich.console import Console
from rich.table import Table

from pipeline.rendering.page import Page, PageSection

NOTHING = "\u2013"
_WIDTH = 132


def write_cell(value: object) -> str:
    """Write a value: amounts with two decimals and separators, whole numbers without."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def make_section(
    title: str, frame: pl.DataFrame, note: str = "", names: Mapping[str, str] | None = None
) -> PageSection:
    """Return a section that shows a frame.

    Parameters
    ----------
    title, note : str
        Heading and sentence below it.
    frame : polars.DataFrame
        Rows; without any, the section says so.
    names : mapping of str to str, optional
        Headings that differ from the column's name with blanks for underscores.
    """
    names = names or {}
    return PageSection(
        title,
        note if len(frame) else f"{note} There is nothing to show.".strip(),
        tuple(names.get(c, _heading(c)) for c in frame.columns),
        tuple(frame.schema[c].is_numeric() for c in frame.columns),
        tuple(tuple(write_cell(v) for v in row) for row in frame.iter_rows()),
    )


def _heading(column: str) -> str:
    return column.removesuffix("_amount").replace("_pct", " %").replace("_", " ")


def draw_page(page: Page, width: int | None = None) -> str:
    """Return a page as text for a terminal.

    Parameters
    ----------
    page : Page
        The page.
    width : int, optional
        Characters in a line; as many as the tables of a wide terminal take where omitted.
    """
    buffer = io.StringIO()
    console = Console(
        file=buffer, width=width or _WIDTH, highlight=False, emoji=False, markup=False
    )
    console.print(page.title, style="bold")
    console.print(page.subtitle)
    for sentence in page.lead:
        console.print(f"\n{sentence}")
    for section in page.sections:
        console.print(f"\n{section.title}", style="bold")
        if section.note:
            console.print(section.note)
        if section.rows:
            table = Table(box=None, pad_edge=False)
            for name, is_number in zip(section.columns, section.numeric, strict=True):
                table.add_column(name, justify="right" if is_number else "left", overflow="fold")
            for row in section.rows:
                table.add_row(*row)
            console.print(table)
    return buffer.getvalue()
