"""A table as the template prints it: finished text in cells, columns with widths and units.

Here is the shape and the ways to write a cell; which tables the report has is in
``result_tables.py`` and ``context_tables.py``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from pipeline.rendering.formats import Formats
from pipeline.rendering.further import ColumnFormat, Table
from pipeline.rendering.widths import EM_MM, Measure, fit_columns, plain_measure
from pipeline.rendering.wording import Wording

LONGEST = 200


@dataclass(frozen=True)
class Cell:
    """Text of one cell and its classes in the style sheet."""

    text: str
    css: str = ""


@dataclass(frozen=True)
class ColumnView:
    """Heading, unit, alignment class and width in per cent of one column."""

    title: str
    unit: str
    css: str
    width: str


@dataclass(frozen=True)
class TableView:
    """One printed table, or in its place the sentence that says why there is none."""

    caption: str
    columns: tuple[ColumnView, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    note: str = ""
    css: str = ""
    emphasised: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True)
class ColumnPlan:
    """One column of a known table: key of its heading, how a cell is written, relative width.

    A plan without widths is fitted to what the cells hold.
    """

    key: str
    format: str
    share: float = 0.0


class TableMaker:
    """Builds tables from rows of values, in one language and one unit of amounts."""

    def __init__(
        self, wording: Wording, formats: Formats, measure: Measure = plain_measure
    ) -> None:
        self.wording = wording
        self.formats = formats
        self._measure = measure
        number = formats.number
        self._writers: dict[str, Callable[[object], Cell]] = {
            "text": lambda v: Cell(_as_text(v), "text"),
            "mono": lambda v: Cell(_as_text(v), "mono"),
            "date": lambda v: Cell(formats.iso(_as_date(v)), "date"),
            "amount": lambda v: _signed(formats.amount(_as_number(v)), v),
            "count": lambda v: _signed(formats.count(_as_number(v)), v),
            "days": lambda v: _signed(formats.count(_as_number(v)), v),
            "pct": lambda v: _signed(formats.pct(_as_number(v)), v),
            "coverage": lambda v: Cell(formats.coverage(_as_number(v)), "num"),
            "one_decimal": lambda v: _signed(number(_as_number(v), 1), v),
            "number": lambda v: _signed(number(_as_number(v), 3), v),
            "statistic": lambda v: _signed(number(_as_number(v), 0 if _is_whole(v) else 3), v),
            "p_value": lambda v: Cell(formats.p_value(_as_number(v)), "num"),
            "formatted_pct": lambda v: Cell(_as_text(v), "num"),
            "zone": lambda v: self._word("zone", v),
            "decision": lambda v: self._word("decision", v),
            "class": lambda v: self._word("class", v),
            "basis": lambda v: self._word("basis_short", v),
            "scope": lambda v: self._word("scope", v),
            "severity": lambda v: self._word("severity", v),
            "window": lambda v: Cell(self.window(_as_text(v)), "text"),
            "test": lambda v: Cell(self.test(_as_text(v)), "text"),
        }

    def make(
        self,
        key: str,
        plan: Sequence[ColumnPlan],
        rows: Iterable[Sequence[object]],
        *,
        emphasised: Iterable[int] = (),
        note: str = "",
        css: str = "",
        **values: str,
    ) -> TableView:
        """Build a known table; caption and headings come from the wording under its key.

        Widths are those of the plan or, where it has none, fitted to what the cells hold.

        Raises
        ------
        ValueError
            When the table is longer than the body of a report may hold.
        """
        say = self.wording.say
        cells = tuple(
            tuple(self._writers[column.format](v) for column, v in zip(plan, row, strict=True))
            for row in rows
        )
        if len(cells) > LONGEST:
            msg = f"table {key} has {len(cells)} rows; the body holds at most {LONGEST} a table"
            raise ValueError(msg)
        headings = [(say(f"columns.{column.key}"), self._unit(column.format)) for column in plan]
        shares = [column.share for column in plan]
        if not all(shares):
            shares = fit_columns(
                [" ".join(heading) for heading in headings],
                [[cell.text for cell in row] for row in cells],
                EM_MM.get(css, EM_MM[""]),
                self._measure,
            )
        columns = _columns(headings, [column.format for column in plan], shares)
        empty = "" if cells else say(f"tables.{key}.empty", **values)
        caption = say(f"tables.{key}.caption", **values)
        return TableView(caption, columns, cells, empty, note, css, frozenset(emphasised))

    def make_further(self, table: Table) -> TableView:
        """Build a table whose caption and headings the caller gave."""
        plan = [ColumnPlan("", _FURTHER[column.format], column.share) for column in table.columns]
        rows = tuple(
            tuple(self._writers[c.format](v) for c, v in zip(plan, row, strict=True))
            for row in table.rows
        )
        columns = _columns(
            [(c.title, c.unit or self._unit(_FURTHER[c.format])) for c in table.columns],
            [column.format for column in plan],
            [column.share for column in plan],
        )
        empty = "" if rows else self.wording.say("tables.no_rows")
        return TableView(table.caption, columns, rows, empty, table.note)

    def window(self, name: str) -> str:
        """Write the name of an observation window for a reader."""
        days = name.removeprefix("last_")
        if name != days and days.isdigit():
            return self.wording.say("window.last", days=self.formats.count(int(days)))
        return self.wording.say("window.all") if name == "all" else name

    def test(self, name: str) -> str:
        """Write the name of a statistical test as readers know it."""
        base, variant = base_test(name)
        key = f"tests.{base}.title"
        if not self.wording.has(key):
            return name
        title = self.wording.say(key)
        return self.wording.say(f"tests.{variant}", title=title) if variant else title

    def shortened(self, shown: int, total: int, file_name: str) -> str:
        """Return the note that says how many rows the body leaves to an attached file."""
        if shown == total:
            return ""
        count = self.formats.count
        return self.wording.say(
            "tables.shortened", shown=count(shown), total=count(total), file=file_name
        )

    def _unit(self, column_format: str) -> str:
        if column_format == "amount":
            return self.formats.unit
        if column_format == "days":
            return self.wording.say("units.days")
        return (
            self.wording.say("units.pct")
            if column_format in ("pct", "coverage", "formatted_pct")
            else ""
        )

    def _word(self, vocabulary: str, value: object) -> Cell:
        if value is None or value == "":
            return Cell(self.wording.say(f"{vocabulary}.none"), "text")
        key = f"{vocabulary}.{value}"
        text = self.wording.say(key) if self.wording.has(key) else str(value)
        return Cell(text, f"text word-{value}" if self.wording.has(key) else "text")


def base_test(name: str) -> tuple[str, str]:
    """Split the name of a test into the test and the way it was carried out."""
    for variant in _VARIANTS:
        if name.endswith(f"_{variant}"):
            return name.removesuffix(f"_{variant}"), variant
    return name, ""


_VARIANTS = ("phases", "simulated")
_FURTHER = {
    ColumnFormat.TEXT: "text",
    ColumnFormat.TEST: "test",
    ColumnFormat.AMOUNT: "amount",
    ColumnFormat.PCT: "pct",
    ColumnFormat.COVERAGE: "coverage",
    ColumnFormat.COUNT: "count",
    ColumnFormat.DECIMAL: "one_decimal",
    ColumnFormat.NUMBER: "number",
    ColumnFormat.P_VALUE: "p_value",
    ColumnFormat.DATE: "date",
}
_LEFT = frozenset(
    {
        "text",
        "mono",
        "date",
        "window",
        "test",
        "zone",
        "decision",
        "class",
        "basis",
        "scope",
        "severity",
    }
)


def _columns(
    headings: Sequence[tuple[str, str]], formats: Sequence[str], shares: Sequence[float]
) -> tuple[ColumnView, ...]:
    total = sum(shares)
    return tuple(
        ColumnView(title, unit, _alignment(written), f"{100 * share / total:.3f}%")
        for (title, unit), written, share in zip(headings, formats, shares, strict=True)
    )


def _alignment(column_format: str) -> str:
    return "text" if column_format in _LEFT else "num"


def _signed(text: str, value: object) -> Cell:
    is_negative = isinstance(value, int | float) and value < 0 and text[:1] not in "0123456789"
    return Cell(text, "num negative" if is_negative else "num")


def _is_whole(value: object) -> bool:
    return isinstance(value, int | float) and float(value).is_integer()


def _as_text(value: object) -> str:
    return "" if value is None else str(value)


def _as_number(value: object) -> float | None:
    if value is None or isinstance(value, int | float):
        return value
    msg = f"a numeric cell holds {value!r}"
    raise TypeError(msg)


def _as_date(value: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    msg = f"a date cell holds {value!r}"
    raise TypeError(msg)
