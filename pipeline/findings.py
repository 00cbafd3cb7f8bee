"""What the edges that receive data hand each other: landed files, findings and quarantined rows.

Only the shapes belong here, and how a finding reads as a sentence. Reading files belongs to
``pipeline.landing``, deciding what is wrong with them to ``pipeline.contracts``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

import polars as pl

# How many rows and values a sentence names; the counts are always complete.
NAMED_ROWS = 5
NAMED_VALUES = 3
_LONGEST_VALUE = 40

QUARANTINE_SCHEMA: dict[str, type[pl.DataType]] = {
    "file_sha256": pl.String,
    "file_name": pl.String,
    "kind": pl.String,
    "row_number": pl.Int64,
    "business_date": pl.Date,
    "column_name": pl.String,
    "reason": pl.String,
    "row_content": pl.String,
}
"""Columns of a frame of rows left out, one row per row left out: those of ``raw_quarantine``."""


class FileKind(StrEnum):
    """What an input file holds, told by how its name begins."""

    INSTRUMENTS = "instruments"
    ACCOUNTS = "accounts"
    PRICES = "prices"
    POSITIONS = "positions"
    FX_RATES = "fx_rates"
    MARGIN_CALLED = "margin_called"
    COLLATERAL = "collateral"
    RATES = "rates"
    DIVIDENDS = "dividends"
    FUNDING = "funding"
    ADJUSTMENTS = "adjustments"
    PUBLISHED_MARGINS = "published_margins"
    TRADER_POSITIONS = "trader_positions"


class Severity(StrEnum):
    """What a finding does: stop the date (or the whole file), or be counted and shown."""

    STOP = "stop"
    WARN = "warn"


@dataclass(frozen=True)
class Finding:
    """One defect of one column of one file, on one business date or in the whole file.

    Attributes
    ----------
    file_name : str
        Name of the file, without its folder; the name of the table for our own output.
    column : str
        Column at fault; empty where the file as a whole is.
    rule : str
        Name of the rule, as in the data contract.
    severity : Severity
        ``stop``: nothing of `business_date` may be loaded, or nothing at all where it is None.
    problem : str
        What is wrong, as a clause.
    expected : str
        What was expected instead, as a noun phrase.
    business_date : date or None
        Date concerned; None concerns the whole file.
    rows : tuple of int
        The first few row numbers. In CSV the header is row 1, as a spreadsheet shows it (a line
        break inside quotes does not count); in Parquet the first row is row 1.
    values : tuple of str
        The first few offending values, each once.
    row_count : int
        Number of offending rows; 0 where the defect is not one of rows.
    """

    file_name: str
    column: str
    rule: str
    severity: Severity
    problem: str
    expected: str
    business_date: date | None = None
    rows: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    row_count: int = 0

    @property
    def message(self) -> str:
        """One sentence: file, column, date, first offending rows and values, and expectation."""
        place = [self.file_name]
        if self.column:
            place.append(f"column {_name_column(self.column)}")
        if self.rows:
            place.append(_name_rows(self.rows, self.row_count))
        place[-1] += _name_values(self.values)
        if self.business_date is not None:
            place.append(f"business date {self.business_date}")
        return f"{', '.join(place)}: {self.problem}; expected {self.expected}"


def _name_rows(rows: tuple[int, ...], row_count: int) -> str:
    """Name the first rows, and how many more there are."""
    named = [str(row) for row in rows[:NAMED_ROWS]]
    more = max(row_count, len(rows)) - len(named)
    if more > 0:
        return f"rows {', '.join(named)} and {more} more"
    if len(named) == 1:
        return f"row {named[0]}"
    return f"rows {', '.join(named[:-1])} and {named[-1]}"


def _name_values(values: tuple[str, ...]) -> str:
    """Quote the first values."""
    return f" ({', '.join(map(_quote, values[:NAMED_VALUES]))})" if values else ""


def _name_column(column: str) -> str:
    """Name a column, quoted where it could not stand in a sentence as it is."""
    return column if column.isprintable() and len(column) <= _LONGEST_VALUE else _quote(column)


def _quote(value: str) -> str:
    """Quote a value, control characters escaped and a long one cut."""
    return repr(value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…")


def merge_dates(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Merge findings that differ by date only, so that a reader sees each defect once.

    Parameters
    ----------
    findings : iterable of Finding
        Findings, those of one defect in date order.

    Returns
    -------
    tuple of Finding
        In order of first appearance. A merged finding counts the rows of all its dates; its
        `problem` tells how many dates there are, and its `business_date` is None.
    """
    groups: dict[tuple[str, str, str, Severity, str], list[Finding]] = {}
    for finding in findings:
        key = (finding.file_name, finding.column, finding.rule, finding.severity, finding.problem)
        groups.setdefault(key, []).append(finding)
    return tuple(_merge(group) for group in groups.values())


def _merge(group: list[Finding]) -> Finding:
    """Merge the findings of one defect."""
    first = group[0]
    dates = {finding.business_date for finding in group if finding.business_date is not None}
    if len(group) == 1 or not dates:
        return first
    return replace(
        first,
        business_date=None,
        problem=f"{first.problem} (on {len(dates)} dates from {min(dates)} to {max(dates)})",
        rows=tuple(row for finding in group for row in finding.rows)[:NAMED_ROWS],
        values=tuple(dict.fromkeys(v for finding in group for v in finding.values))[:NAMED_VALUES],
        row_count=sum(finding.row_count for finding in group),
    )


@dataclass(frozen=True)
class LandedFile:
    """One input file as read: its rows with the declared types, and what could not be read.

    ``row_count == frame.height + refused_count`` always holds.

    Attributes
    ----------
    kind : FileKind
        What the file holds.
    path : Path
        Where it was read from.
    name : str
        File name without folder.
    sha256 : str
        Checksum of the bytes.
    row_count : int
        Rows in the file; blank lines are no rows. 0 where the rows cannot be told apart.
    frame : polars.DataFrame
        ``row_number`` and every column of the kind in the declared order and type; an optional
        column that the file lacks is null. Empty where the file itself cannot be used.
    refused : polars.DataFrame
        Rows refused one by one, with the columns of `QUARANTINE_SCHEMA`; empty where the file
        itself cannot be used.
    findings : tuple of Finding
        What could not be read, with severity ``stop``, and what a source's declaration leaves out,
        with severity ``warn``.
    source : str
        Declared source that the file was read with; empty where it came in our own form.
    """

    kind: FileKind
    path: Path
    name: str
    sha256: str
    row_count: int
    frame: pl.DataFrame
    refused: pl.DataFrame
    findings: tuple[Finding, ...]
    source: str = ""

    @property
    def refused_count(self) -> int:
        """Number of rows that are not in the frame."""
        return self.row_count - self.frame.height

    @property
    def is_refused(self) -> bool:
        """Whether a defect concerns the whole file, or a row whose date cannot be read."""
        return any(
            finding.business_date is None
            for finding in self.findings
            if finding.severity is Severity.STOP
        )
