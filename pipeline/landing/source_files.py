"""Files of a declared source: unpacked, decoded and told into fields, all of them text.

Archives, encodings, dialects and headers belong here; what the fields mean belongs to
``source_rows``. A file that cannot be told into rows and fields is refused as a whole, with the
place of the first defect.
"""

import csv
import fnmatch
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.errors import CheckFailed, EnvironmentFault, WrongUse
from pipeline.findings import Finding
from pipeline.landing.header import refuse_file
from pipeline.landing.source import FileForm, Source
from pipeline.landing.unpacking import LARGEST_MEMBER_BYTES, Member, unpack

LINE = "line number"
"""Column of a raw frame: row in the file, the header being row 1 where there is one."""


@dataclass(frozen=True)
class RawRows:
    """The fields of one file as text, or why there are none.

    Attributes
    ----------
    name : str
        Name of the file.
    frame : polars.DataFrame
        `LINE` and one column of text per field; null where there is no value.
    findings : tuple of Finding
        Why the file is refused; empty where it is not.
    """

    name: str
    frame: pl.DataFrame
    findings: tuple[Finding, ...]


def find_source_files(paths: Sequence[Path], source: Source) -> list[Path]:
    """Find the files of a source: named ones, and those in folders whose names fit.

    Raises
    ------
    WrongUse
        A path does not exist.
    CheckFailed
        A folder holds no file whose name fits.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            msg = f"{path} does not exist; expected a folder or a file of the source {source.name}"
            raise WrongUse(msg)
        files = [path]
        if path.is_dir():
            files = sorted(
                file
                for file in path.iterdir()
                if file.is_file()
                and not file.name.startswith(".")
                and fnmatch.fnmatchcase(file.name, source.file.names)
            )
            if not files:
                msg = (
                    f"the folder {path} holds no file of the source {source.name}; expected names"
                    f" such as {source.file.names}"
                )
                raise CheckFailed(msg)
        for file in files:
            found.setdefault(file.resolve(), file)
    return sorted(found.values())


def read_raw(member: Member, source: Source) -> RawRows:
    """Tell the bytes of one file into fields of text.

    Returns
    -------
    RawRows
        Every row that is not blank, or the findings that refuse the file. Blanks around values
        are removed and the texts declared empty are null.
    """
    form = source.file
    if not member.content:
        return _refuse(member.name, "not_empty", "the file is empty", "a header and rows")
    raw = _read_parquet(member) if form.format == "parquet" else _read_text(member, form)
    if raw.findings:
        return raw
    names = [name for name in raw.frame.columns if name != LINE]
    drift = _compare_fields(member.name, names, source)
    if drift:
        return RawRows(member.name, raw.frame, drift)
    empty = ["", *form.empty]
    cleaned = raw.frame.with_columns(
        pl.when(pl.col(n).str.strip_chars().is_in(empty))
        .then(None)
        .otherwise(pl.col(n).str.strip_chars())
        .alias(n)
        for n in names
    )
    kept = cleaned.filter(~pl.all_horizontal(pl.col(names).is_null()))
    if not kept.height:
        return _refuse(member.name, "not_empty", "the file has no row", "at least one row")
    return RawRows(member.name, _add_name_fields(kept, member.name, form), ())


def _refuse(name: str, rule: str, problem: str, expected: str, **where: object) -> RawRows:
    return RawRows(name, pl.DataFrame(), (refuse_file(name, rule, problem, expected, **where),))


def _read_parquet(member: Member) -> RawRows:
    """Read a Parquet file, every value as the text that reads back to it."""
    try:
        frame = pl.read_parquet(io.BytesIO(member.content))
        texts = frame.select(_express_text(frame[name]) for name in frame.columns)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        # Damage inside a data page makes the decoder panic instead of raising its own error.
        reason = str(error).splitlines()[0]
        return _refuse(
            member.name,
            "parses",
            f"the file does not parse ({reason})",
            "a complete Parquet file of numbers, texts and dates",
        )
    return RawRows(member.name, texts.with_columns(pl.int_range(1, 1 + pl.len()).alias(LINE)), ())


def _express_text(stored: pl.Series) -> pl.Expr:
    """Return a stored column as text; a time stamp with zone in UTC."""
    column, dtype = pl.col(stored.name), stored.dtype
    if isinstance(dtype, pl.Datetime):
        naive = (
            column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
            if (dtype.time_zone)
            else column
        )
        return naive.dt.to_string("%Y-%m-%d %H:%M:%S")
    if dtype.is_nested() or isinstance(dtype, pl.Binary):
        msg = f"the column {stored.name} is stored as {dtype}"
        raise pl.exceptions.ComputeError(msg)
    return column.cast(pl.String)


def _read_text(member: Member, form: FileForm) -> RawRows:
    """Read delimited text in the declared dialect."""
    content = member.content
    encoding = "utf-8-sig" if form.encoding.lower().replace("_", "-") == "utf-8" else form.encoding
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        return _refuse(
            member.name,
            "encoding",
            f"the byte 0x{content[error.start]:02x} is not text in {form.encoding}",
            f"text in {form.encoding}",
            rows=(row,),
            row_count=1,
        )
    text = text.removeprefix("\ufeff")
    if form.skip_rows:
        text = "".join(text.splitlines(keepends=True)[form.skip_rows :])
    records, fault = _split(text, form.separator)
    if fault:
        return _refuse(
            member.name,
            "quotes",
            "quotation marks do not pair",
            "quotation marks around whole fields and doubled inside them",
            rows=(fault + form.skip_rows,),
            row_count=1,
        )
    first = 1 + form.skip_rows
    if form.header:
        if not records or not any(name.strip() for name in records[0]):
            return _refuse(member.name, "header", "row 1 has no column names", "column names")
        names = [name.strip() for name in records[0]]
        records, first = records[1:], first + 1
    else:
        names = list(form.fields)
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        return _refuse(
            member.name,
            "column_once",
            f"the column stands {names.count(repeated[0])} times in the header",
            "each column once",
            column=repeated[0],
        )
    for number, record in enumerate(records):
        if record and len(record) != len(names) and any(map(str.strip, record)):
            return _refuse(
                member.name,
                "field_count",
                f"the row has {len(record)} fields under {len(names)} columns",
                f"{len(names)} fields separated by {form.separator!r}",
                rows=(first + number,),
                row_count=1,
            )
    numbered = [(first + n, r) for n, r in enumerate(records) if len(r) == len(names)]
    columns = list(zip(*(record for _, record in numbered), strict=True)) or [()] * len(names)
    frame = pl.DataFrame(
        {
            name: pl.Series(values, dtype=pl.String)
            for name, values in zip(names, columns, strict=True)
        }
    ).with_columns(pl.Series(LINE, [number for number, _ in numbered], dtype=pl.Int64))
    return RawRows(member.name, frame, ())


def _split(text: str, separator: str) -> tuple[list[list[str]], int]:
    """Split text into records; the row of the first stray quotation mark, or zero.

    Python's reader is the reference for RFC 4180 and keeps blank records, which row numbers need.
    """
    lines = io.StringIO(text, newline="")
    records: list[list[str]] = []
    # A vendor's free text may be longer than the reader's default of 128 KiB.
    csv.field_size_limit(LARGEST_MEMBER_BYTES)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        for record in reader:
            records.append(record)  # noqa: PERF402 - what was read before an error is counted
    except csv.Error:
        return records, len(records) + 1
    return records, 0


def _compare_fields(name: str, names: Sequence[str], source: Source) -> tuple[Finding, ...]:
    """Name every field that is missing, new or renamed."""
    form, wide = source.file, source.wide
    expected = ", ".join(form.fields)
    findings = [
        refuse_file(
            name, "column_present", "the column is missing", f"the columns {expected}", column=field
        )
        for field in form.fields
        if field not in names
    ]
    if form.other_fields == "ignore":
        return tuple(findings)
    is_cell = re.compile(wide.pattern).fullmatch if wide else lambda _: None
    findings += [
        refuse_file(
            name,
            "column_known",
            "the column is not known" if field else "a column has no name",
            f"the columns {expected}" + (f" and those like {wide.pattern}" if wide else ""),
            column=field,
        )
        for field in names
        if field not in form.fields and not is_cell(field)
    ]
    return tuple(findings)


def _add_name_fields(frame: pl.DataFrame, name: str, form: FileForm) -> pl.DataFrame:
    """Add the fields that the file's name holds."""
    if not form.name_pattern:
        return frame
    found = re.compile(form.name_pattern).fullmatch(name.rsplit("/", 1)[-1])
    groups = found.groupdict() if found else dict.fromkeys(re.compile(form.name_pattern).groupindex)
    return frame.with_columns(pl.lit(v, dtype=pl.String).alias(k) for k, v in groups.items())


def read_bytes(path: Path) -> bytes:
    """Read a file whole.

    Raises
    ------
    EnvironmentFault
        It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"the file {path} cannot be read: {error.strerror or error}"
        raise EnvironmentFault(msg) from error


def iterate_members(path: Path, source: Source) -> Iterator[tuple[Member, Finding | None]]:
    """Yield the members of a file, or the file itself with why it cannot be unpacked."""
    content = read_bytes(path)
    members = unpack(path.name, content, source.file.names)
    if isinstance(members, Finding):
        yield Member(path.name, content), members
        return
    for member in members:
        yield member, None
