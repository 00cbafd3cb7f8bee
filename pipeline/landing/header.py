"""The header of a text file, and where a file that does not parse is at fault.

Whether the named columns suit the kind is checked here for both formats. Values are not.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.findings import FileKind, Finding, Severity
from pipeline.landing.schema import COLUMNS, TextDialect

# A first line longer than this is no header of ours.
_LONGEST_HEADER = 65_536
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def refuse_file(file_name: str, rule: str, problem: str, expected: str, **where: object) -> Finding:
    """Return the finding that refuses a file as a whole.

    Parameters
    ----------
    file_name, rule, problem, expected : str
        As in `Finding`.
    **where : object
        ``column``, ``rows``, ``values`` or ``row_count`` of the finding.
    """
    fields: dict[str, object] = {"column": "", **where}
    return Finding(
        file_name=file_name,
        rule=rule,
        severity=Severity.STOP,
        problem=problem,
        expected=expected,
        **fields,  # type: ignore[arg-type]
    )


def read_header(path: Path, dialect: TextDialect) -> tuple[str, ...] | Finding:
    """Read the column names of a text file.

    Parameters
    ----------
    path : Path
        A file that exists.
    dialect : TextDialect
        Separator between the names.

    Returns
    -------
    tuple of str or Finding
        The names as they stand in the first line, or why there are none.
    """
    with path.open("rb") as file:
        line = file.readline(_LONGEST_HEADER)
    if line.startswith(_UTF16_MARKS):
        return refuse_file(path.name, "encoding", "the file is UTF-16", "text in UTF-8")
    line = line.removeprefix(_BYTE_ORDER_MARK)
    if not line:
        return refuse_file(path.name, "not_empty", "the file is empty", "a header and rows")
    try:
        text = line.decode("utf-8").removesuffix("\n").removesuffix("\r")
        names = next(csv.reader([text], delimiter=dialect.separator, strict=True), [])
    except UnicodeDecodeError:
        return refuse_file(
            path.name, "encoding", "row 1 is not text in UTF-8", "text in UTF-8", rows=(1,)
        )
    except csv.Error:
        names = []
    if any(names) and "\r" not in text:
        return tuple(names)
    problem = (
        "lines end with a carriage return alone" if "\r" in text else "row 1 has no column names"
    )
    return refuse_file(
        path.name, "header", problem, "a line of column names that ends with LF or CR LF"
    )


def check_columns(
    kind: FileKind, file_name: str, names: Sequence[str], dialect: TextDialect | None = None
) -> tuple[Finding, ...]:
    """Compare the columns of a file with those of its kind.

    Parameters
    ----------
    kind : FileKind
        What the file holds.
    file_name : str
        For the findings.
    names : sequence of str
        Column names, surrounding blanks removed.
    dialect : TextDialect, optional
        Where the file is text: to tell another separator from a missing column.

    Returns
    -------
    tuple of Finding
        One per column that is missing, new or repeated.
    """
    declared = COLUMNS[kind]
    known = [column.name for column in declared]
    if dialect is not None and len(names) == 1:
        others = [mark for mark in ";,\t|" if mark != dialect.separator and mark in names[0]]
        if others:
            return (
                refuse_file(
                    file_name,
                    "separator",
                    f"the header is separated by {others[0]!r}",
                    f"fields separated by {dialect.separator!r}, or the file's dialect declared",
                    rows=(1,),
                ),
            )
    columns = ", ".join(known)
    if not set(names) & set(known):
        return (
            refuse_file(
                file_name,
                "column_present",
                "none of the columns is in the file",
                f"the columns {columns}",
                values=tuple(names),
            ),
        )
    findings = [
        refuse_file(
            file_name,
            "column_present",
            "the column is missing",
            f"the columns {columns}",
            column=column.name,
        )
        for column in declared
        if not column.is_optional and column.name not in names
    ]
    for name in dict.fromkeys(names):
        if name not in known:
            problem = "the column is not known" if name else "a column has no name"
            findings.append(
                refuse_file(
                    file_name, "column_known", problem, f"no column but {columns}", column=name
                )
            )
        elif list(names).count(name) > 1:
            findings.append(
                refuse_file(
                    file_name,
                    "column_once",
                    f"the column stands {list(names).count(name)} times in the header",
                    "each column once",
                    column=name,
                )
            )
    return tuple(findings)


def locate_defect(path: Path, dialect: TextDialect, n_columns: int, fault: str) -> Finding:
    """Find the row at which a text file cannot be told into rows and fields.

    Only called on a file that did not parse, because it reads row by row.

    Parameters
    ----------
    path : Path
        The file.
    dialect : TextDialect
        Separator between fields.
    n_columns : int
        Number of columns of the header.
    fault : str
        What the parser said, for a defect that is found nowhere.

    Returns
    -------
    Finding
        The first defect.
    """
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        return refuse_file(
            path.name,
            "encoding",
            f"the byte 0x{content[error.start]:02x} is not text in UTF-8",
            "text in UTF-8",
            rows=(row,),
            row_count=1,
        )
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=dialect.separator, strict=True)
            for number, record in enumerate(reader, start=1):
                if len(record) > n_columns:
                    return refuse_file(
                        path.name,
                        "field_count",
                        f"the row has {len(record)} fields under {n_columns} columns",
                        f"{n_columns} fields separated by {dialect.separator!r}",
                        rows=(number,),
                        row_count=1,
                    )
    except csv.Error:
        return _refuse_quotes(path.name, number + 1)
    separator = re.escape(dialect.separator)
    stray = re.compile(rf'(^|{separator})[^"{separator}\r\n]+"')
    for number, line in enumerate(content.decode("utf-8-sig").split("\n"), start=1):
        if stray.search(line):
            return _refuse_quotes(path.name, number)
    return refuse_file(
        path.name, "parses", f"the file does not parse ({fault.splitlines()[0]})", "CSV (RFC 4180)"
    )


def _refuse_quotes(file_name: str, row: int) -> Finding:
    """Return the finding of quotation marks that do not pair."""
    return refuse_file(
        file_name,
        "quotes",
        "quotation marks do not pair",
        "quotation marks around whole fields and doubled inside them",
        rows=(row,),
        row_count=1,
    )
