"""Sources as declared in ``data_contracts/sources/*.toml``, read strictly.

A source says how one vendor ships its files: format, dialect, layout, clock and how its fields
become the columns of our kinds. Here belong the shapes of a declaration and reading it; an unknown
or missing word is an error in one sentence. Interpreting a declaration belongs to ``source_files``
and ``source_rows``; no source has code of its own.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date, time
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import WrongUse
from pipeline.findings import FileKind
from pipeline.landing.declared import Declared
from pipeline.landing.schema import COLUMNS, ColumnType
from pipeline.resources import resource_path

_FOLDER = "data_contracts/sources"
EPOCHS: dict[str, Literal["s", "ms", "us"]] = {"epoch_s": "s", "epoch_ms": "ms", "epoch_us": "us"}
TESTS = ("empty", "equals", "differs", "matches", "at_most", "at_least", "below", "above")


@dataclass(frozen=True)
class FileForm:
    """How a file stores its fields.

    Attributes
    ----------
    format : str
        ``csv`` or ``parquet``.
    names : str
        Pattern (as in a shell) of the files taken from a folder or an archive.
    name_pattern : str
        Regular expression of a file's name whose named groups become fields; empty where none.
    separator, encoding, decimal_mark, thousands_mark : str
        Dialect of text; an empty thousands mark allows none.
    header : bool
        Whether the first row names the fields.
    skip_rows : int
        Rows before the header that are no data.
    fields : tuple of str
        Fields that the file must have, in order where there is no header.
    other_fields : str
        ``refuse`` names a field that is not declared and refuses the file; ``ignore`` passes over.
    empty : tuple of str
        Texts besides the empty one that mean no value.
    """

    format: str
    names: str
    name_pattern: str
    separator: str
    encoding: str
    decimal_mark: str
    thousands_mark: str
    header: bool
    skip_rows: int
    fields: tuple[str, ...]
    other_fields: str
    empty: tuple[str, ...]


@dataclass(frozen=True)
class Wide:
    """How columns of a wide file become rows: one row per cell.

    Attributes
    ----------
    pattern : str
        Regular expression of the columns that hold cells; its named groups become fields.
    cell : str
        Field that takes the cell's value.
    """

    pattern: str
    cell: str


@dataclass(frozen=True)
class Condition:
    """A test of one field: its name, one of `TESTS`, and the texts or the bound compared with."""

    field: str
    test: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class LeaveOut:
    """Rows that are left out, counted and kept with the reason: those that meet every condition."""

    conditions: tuple[Condition, ...]
    reason: str


@dataclass(frozen=True)
class Symbol:
    """What a symbol stands for from one date to another, both included; None is open."""

    symbol: str
    instrument_id: str
    first_date: date | None
    last_date: date | None


@dataclass(frozen=True)
class ColumnRule:
    """How one column of a kind is made of the fields.

    Attributes
    ----------
    name : str
        Column of the kind.
    template : str
        Text with ``{field}`` where values go; empty where the column is always empty.
    form : str
        Form of a date (``%Y-%m-%d``) or one of `EPOCHS`; empty for other types.
    time_zone, business_time_zone : str
        Zone of the stamps, and zone in which the business date is told; empty where the file has
        dates only.
    cut_off : time or None
        Time of the business zone after which a stamp belongs to the next date.
    words : dict of str to str
        Texts replaced; with ``otherwise`` None, a text that is not among them cannot be read.
    otherwise : str or None
        What any other text becomes.
    multiply_by, divide_by : float
        Scaling of a number.
    uses_symbols : bool
        Whether the text is a symbol that ``symbols`` translates by date.
    """

    name: str
    template: str
    form: str = ""
    time_zone: str = ""
    business_time_zone: str = ""
    cut_off: time | None = None
    words: dict[str, str] | None = None
    otherwise: str | None = None
    multiply_by: float = 1.0
    divide_by: float = 1.0
    uses_symbols: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of the template, in order."""
        return tuple(re.findall(r"\{([^{}]+)\}", self.template))


@dataclass(frozen=True)
class Table:
    """One kind that a file of the source yields.

    Attributes
    ----------
    kind : FileKind
        What the rows are.
    columns : tuple of ColumnRule
        Its columns.
    leave_out : tuple of LeaveOut
        Rows of this table alone that are left out.
    once : bool
        Whether the rows repeat what another table of the source accounts for, as reference data
        do that stand in every row of prices: equal rows, or rows of one key, then count once, and
        rows left out are counted by the other table alone.
    keep : str
        ``last`` or ``first`` row of each key by ``keep_by``; empty keeps all.
    keep_by, keep_per : str, tuple of str
        Field that orders the rows, and columns of the key.
    """

    kind: FileKind
    columns: tuple[ColumnRule, ...]
    leave_out: tuple[LeaveOut, ...] = ()
    once: bool = False
    keep: str = ""
    keep_by: str = ""
    keep_per: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """One declared source."""

    name: str
    version: str
    owner: str
    description: str
    file: FileForm
    wide: Wide | None
    leave_out: tuple[LeaveOut, ...]
    symbols: tuple[Symbol, ...]
    tables: tuple[Table, ...]


def list_sources() -> list[str]:
    """Return the names of the declared sources."""
    return sorted(path.stem for path in resource_path(_FOLDER).glob("*.toml"))


def load_source(name: str) -> Source:
    """Load a declared source.

    Raises
    ------
    WrongUse
        There is no such source, or its file does not declare one.
    """
    names = list_sources()
    if name not in names:
        msg = f"there is no source {name!r}; expected one of {', '.join(names)}"
        raise WrongUse(msg)
    text = resource_path(f"{_FOLDER}/{name}.toml").read_text(encoding="utf-8")
    return parse_source(text, name)


def parse_source(text: str, name: str) -> Source:
    """Parse the text of a declaration.

    Parameters
    ----------
    text : str
        TOML.
    name : str
        Name that the declaration must give itself.

    Raises
    ------
    WrongUse
        The text does not declare a source; the sentence names file and field.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"the source {name}.toml is not valid TOML: {error}"
        raise WrongUse(msg) from error
    top = Declared(document, f"{name}.toml")
    own_name = top.text("source")
    if own_name != name:
        top.fail("source", f"is {own_name!r}", f"the name of the file, {name!r}")
    source = Source(
        name=own_name,
        version=top.text("version"),
        owner=top.text("owner"),
        description=top.text("description").strip(),
        file=_parse_file(top.group("file")),
        wide=_parse_wide(top.group("wide")) if top.has("wide") else None,
        leave_out=tuple(_parse_leave_out(entry) for entry in top.groups("leave_out")),
        symbols=tuple(_parse_symbol(entry) for entry in top.groups("symbols")),
        tables=tuple(_parse_table(entry) for entry in top.groups("tables")),
    )
    if not source.tables:
        top.fail("tables", "is missing", "at least one table")
    top.finish()
    _check_fields(source, top)
    return source


def _parse_file(entry: Declared) -> FileForm:
    form = FileForm(
        format=entry.word("format", ("csv", "parquet")),
        names=entry.text("names", "*"),
        name_pattern=entry.pattern("name_pattern"),
        separator=entry.text("separator", ","),
        encoding=entry.text("encoding", "utf-8"),
        decimal_mark=entry.text("decimal_mark", "."),
        thousands_mark=entry.text("thousands_mark", ""),
        header=entry.flag("header", default=True),
        skip_rows=entry.whole("skip_rows", 0),
        fields=entry.texts("fields"),
        other_fields=entry.word("other_fields", ("refuse", "ignore"), "refuse"),
        empty=entry.texts("empty", ()),
    )
    try:
        "".encode(form.encoding)
    except LookupError:
        entry.fail("encoding", f"is {form.encoding!r}", "an encoding such as utf-8 or cp1252")
    if len(form.separator) != 1 or not form.separator.isascii() or form.separator in '"\r\n':
        entry.fail("separator", f"is {form.separator!r}", "one ASCII character but no quote")
    if form.decimal_mark not in {".", ","} or form.thousands_mark == form.decimal_mark:
        entry.fail("decimal_mark", f"is {form.decimal_mark!r}", "a point or a comma")
    if len(form.thousands_mark) > 1 or form.thousands_mark.isdigit():
        entry.fail("thousands_mark", f"is {form.thousands_mark!r}", "one character or none")
    if len(set(form.fields)) < len(form.fields):
        entry.fail("fields", "names a field twice", "each field once")
    entry.finish()
    return form


def _parse_wide(entry: Declared) -> Wide:
    wide = Wide(entry.pattern("pattern"), entry.text("cell"))
    if not wide.pattern:
        entry.fail("pattern", "is missing", "a regular expression of the columns")
    entry.finish()
    return wide


def _parse_leave_out(entry: Declared) -> LeaveOut:
    rule = LeaveOut(
        tuple(_parse_condition(each) for each in entry.groups("where")), entry.text("reason")
    )
    if not rule.conditions:
        entry.fail("where", "is missing", "at least one condition")
    entry.finish()
    return rule


def _parse_condition(entry: Declared) -> Condition:
    condition = Condition(entry.text("field"), entry.word("is", TESTS), entry.texts("values", ()))
    if condition.test != "empty" and not condition.values:
        entry.fail("values", "is missing", "the texts or the bound to compare with")
    if condition.test in TESTS[4:]:
        try:
            float(condition.values[0])
        except ValueError:
            entry.fail("values", f"is {condition.values[0]!r}", "a number")
    if condition.test == "matches":
        entry.check_pattern("values", condition.values[0])
    entry.finish()
    return condition


def _parse_symbol(entry: Declared) -> Symbol:
    symbol = Symbol(
        entry.text("symbol"),
        entry.text("instrument_id"),
        entry.day("first_date"),
        entry.day("last_date"),
    )
    entry.finish()
    return symbol


def _parse_table(entry: Declared) -> Table:
    kind = FileKind(entry.word("kind", tuple(FileKind)))
    columns = entry.group("columns")
    table = Table(
        kind=kind,
        columns=tuple(_parse_column(columns.group(name), name, kind) for name in columns.names()),
        leave_out=tuple(_parse_leave_out(each) for each in entry.groups("leave_out")),
        once=entry.flag("once", default=False),
        keep=entry.word("keep", ("last", "first", ""), ""),
        keep_by=entry.text("keep_by", ""),
        keep_per=entry.texts("keep_per", ()),
    )
    if bool(table.keep) != bool(table.keep_by and table.keep_per):
        entry.fail("keep", "stands alone", "keep, keep_by and keep_per together")
    declared = {column.name for column in table.columns}
    for column in COLUMNS[kind]:
        if not column.is_optional and column.name not in declared:
            entry.fail("columns", f"lacks {column.name}", f"every column that {kind} require")
    for name in table.keep_per:
        if name not in declared:
            entry.fail("keep_per", f"names {name!r}", "columns of the table")
    entry.finish()
    return table


def _parse_column(entry: Declared, name: str, kind: FileKind) -> ColumnRule:
    types = {column.name: column.type for column in COLUMNS[kind]}
    if name not in types:
        entry.fail("", "is no column", f"one of {', '.join(types)}")
    given = [word for word in ("field", "template", "constant") if entry.has(word)]
    if len(given) != 1:
        entry.fail("field", "is not the only origin", "one of field, template and constant")
    text = entry.text(given[0])
    rule = ColumnRule(
        name=name,
        template=f"{{{text}}}" if given[0] == "field" else text,
        form=entry.text("form", "%Y-%m-%d" if types[name] is ColumnType.DATE else ""),
        time_zone=entry.text("time_zone", ""),
        business_time_zone=entry.text("business_time_zone", ""),
        cut_off=entry.clock("cut_off"),
        words=entry.table("words") if entry.has("words") else None,
        otherwise=entry.text("otherwise", "") if entry.has("otherwise") else None,
        multiply_by=entry.number("multiply_by", 1.0),
        divide_by=entry.number("divide_by", 1.0),
        uses_symbols=entry.flag("symbols", default=False),
    )
    for zone in (rule.time_zone, rule.business_time_zone):
        _check_zone(entry, zone)
    if (rule.cut_off or rule.business_time_zone) and not rule.time_zone:
        entry.fail("time_zone", "is missing", "the zone of the stamps, as a cut-off needs one")
    if not rule.divide_by or not rule.multiply_by:
        entry.fail("divide_by", "is zero", "a factor other than zero")
    entry.finish()
    return rule


def _check_zone(entry: Declared, zone: str) -> None:
    """Refuse a time zone that nobody knows."""
    try:
        if zone:
            ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        entry.fail("time_zone", f"is {zone!r}", "a zone such as America/New_York")


def _check_fields(source: Source, top: Declared) -> None:
    """Check that every field referred to is declared."""
    known = set(source.file.fields)
    patterns = [source.file.name_pattern, *([source.wide.pattern] if source.wide else [])]
    known |= {group for pattern in patterns for group in re.compile(pattern).groupindex}
    known |= {source.wide.cell} if source.wide else set()
    rules = [*source.leave_out, *(rule for table in source.tables for rule in table.leave_out)]
    used = [condition.field for rule in rules for condition in rule.conditions]
    for table in source.tables:
        used += [field for column in table.columns for field in column.fields]
        used += [table.keep_by] if table.keep_by else []
    for field in used:
        if field not in known:
            top.fail("fields", f"lacks {field!r}", "every field that the tables refer to")
