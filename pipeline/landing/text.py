"""Reading CSV: everything as text first, then each column strictly as its declared type.

Converting from text costs about as much again as parsing, and keeps one meaning: a CSV parser
that is asked for dates takes 02/01/2014 for the second of January. Defects of the file as a whole
(encoding, header, ragged rows) become a finding that names the row.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.findings import FileKind, Finding
from pipeline.landing.header import check_columns, locate_defect, read_header, refuse_file
from pipeline.landing.rows import (
    CONTROL_CHARACTERS,
    EXPECTED,
    Conversion,
    Separation,
    empty_separation,
    is_date_in_range,
    separate,
)
from pipeline.landing.schema import COLUMNS, Column, ColumnType, TextDialect

_HEADER_ROWS = 1
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_NUMBER = {
    ".": r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$",
    ",": r"^[+-]?([0-9]+(,[0-9]*)?|,[0-9]+)([eE][+-]?[0-9]+)?$",
}


def read_text(kind: FileKind, path: Path, sha256: str, dialect: TextDialect) -> Separation:
    """Read a CSV file.

    Parameters
    ----------
    kind : FileKind
        What the file holds.
    path : Path
        The file.
    sha256 : str
        Its checksum.
    dialect : TextDialect
        Separator and decimal mark.

    Returns
    -------
    Separation
        Rows that can be read and rows that cannot; empty where the file is refused as a whole.
    """
    header = read_header(path, dialect)
    if isinstance(header, Finding):
        return empty_separation(kind, [header])
    names = [name.strip() for name in header]
    defects = check_columns(kind, path.name, names, dialect)
    if len(set(header)) < len(header):
        return empty_separation(kind, defects)
    try:
        text = pl.read_csv(
            path,
            schema=dict.fromkeys(header, pl.String),
            separator=dialect.separator,
            glob=False,
        )
    except pl.exceptions.PolarsError as error:
        fault = locate_defect(path, dialect, len(header), str(error))
        return empty_separation(kind, defects or [fault])
    text = _empty_text_to_null(text)
    row_count = text.height - text.filter(pl.all_horizontal(pl.all().is_null())).height
    if not row_count and not defects:
        nothing = refuse_file(
            path.name, "not_empty", "there is no row under the header", "at least one row"
        )
        return empty_separation(kind, [nothing])
    if defects:
        return empty_separation(kind, defects, row_count)
    text.columns = names  # without defects each of them is known and stands once
    declared = {column.name: column for column in COLUMNS[kind]}
    conversions = _convert(text, [declared[name] for name in names], dialect)
    return separate(kind, path.name, sha256, 1 + _HEADER_ROWS, conversions)


def _empty_text_to_null(text: pl.DataFrame) -> pl.DataFrame:
    """Make empty quoted fields null, as empty unquoted ones are already."""
    empty = [s.name for s in text if (s.str.len_bytes() == 0).any()]
    return text.with_columns(pl.col(empty).replace("", None)) if empty else text


def _convert(
    text: pl.DataFrame, columns: Sequence[Column], dialect: TextDialect
) -> list[Conversion]:
    """Convert the columns of a frame of text to their declared types, all in one pass."""
    values = text.select(_express_values(column, dialect) for column in columns)
    masks = text.hstack(values.rename(lambda name: f"{name}:value")).select(
        _express_unreadable(column, dialect) for column in columns
    )
    decimal_mark = dialect.decimal_mark
    return [
        Conversion(
            column,
            values[column.name],
            text[column.name],
            masks[column.name],
            EXPECTED[column.type].replace(".", decimal_mark)
            if column.type is ColumnType.NUMBER
            else EXPECTED[column.type],
        )
        for column in columns
    ]


def _express_values(column: Column, dialect: TextDialect) -> pl.Expr:
    """Return the values of a column, null where the text does not convert."""
    text = pl.col(column.name)
    if column.type is ColumnType.DATE:
        return text.str.to_date("%Y-%m-%d", strict=False)
    if column.type is ColumnType.NUMBER:
        point = text if dialect.decimal_mark == "." else text.str.replace(",", ".", literal=True)
        return point.cast(pl.Float64, strict=False)
    return text


def _express_unreadable(column: Column, dialect: TextDialect) -> pl.Expr:
    """Return True where there is text that is not of the declared type; never null."""
    text, value = pl.col(column.name), pl.col(f"{column.name}:value")
    if column.type is ColumnType.TEXT:
        return text.str.contains(CONTROL_CHARACTERS).fill_null(value=False)
    if column.type is ColumnType.DATE:
        good = text.str.contains(_DATE) & is_date_in_range(value)
    else:
        good = text.str.contains(_NUMBER[dialect.decimal_mark]) & value.is_finite()
    # The name of the column stays: the first term names the result.
    return text.is_not_null() & ~good.fill_null(value=False)
