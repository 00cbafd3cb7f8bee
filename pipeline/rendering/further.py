"""Named values, and the further sections and files a caller may add to the report.

Frozen dataclasses alone. A section known to the report by name belongs in ``figures.py``.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Value = str | int | float | date | None


@dataclass(frozen=True)
class NamedValue:
    """One value of a sentence or a table cell, by name; an ``_amount`` or ``_pct`` name formats."""

    name: str
    value: Value


class ColumnFormat(StrEnum):
    """How a cell of a further table is written; all but text and tests are right-aligned.

    A test is given by its name in ``out_coverage_tests`` and written as readers know it.
    """

    TEXT = "text"
    TEST = "test"
    AMOUNT = "amount"
    PCT = "pct"
    COVERAGE = "coverage"  # per cent with two decimals, never rounded across 100
    COUNT = "count"
    DECIMAL = "decimal"
    NUMBER = "number"
    P_VALUE = "p_value"
    DATE = "date"


@dataclass(frozen=True)
class Column:
    """A column of a further table; ``share`` is its width relative to the others."""

    title: str
    format: ColumnFormat = ColumnFormat.TEXT
    unit: str = ""
    share: float = 1.0


@dataclass(frozen=True)
class Table:
    """A further table, at most 200 rows; longer detail goes to an annex."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a further chart; a None leaves a gap."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class LineChart:
    """A further chart: lines over dates or over numbers, with the sentence that replaces it."""

    caption: str
    alternative_text: str
    x_label: str
    y_label: str
    x_values: tuple[date | float, ...]
    lines: tuple[Line, ...]
    reference_value: float | None = None


@dataclass(frozen=True)
class HeatMap:
    """A further chart: one value a pair of names, symmetric; None where a pair has none."""

    caption: str
    alternative_text: str
    names: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class FurtherSection:
    """A section this file does not name: hypothetical portfolios, procyclicality, cross reference.

    ``after`` is the key of the section it follows (verdict, coverage, exceedances, offsets, tests,
    severity, data_quality, models, limitations); ``empty_sentence`` is printed when it has neither
    paragraphs nor tables nor charts.
    """

    key: str
    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[LineChart, ...] = ()
    heat_maps: tuple[HeatMap, ...] = ()
    after: str = "severity"
    empty_sentence: str = ""


@dataclass(frozen=True)
class AnnexFile:
    """A further file to attach, beside the CSV files the renderer writes itself."""

    name: str
    description: str
    content: bytes
    media_type: str = "text/csv"
