"""Reading Parquet: each stored type is accepted, widened or refused by name, never guessed.

Whole and decimal numbers widen to numbers, whole numbers and categories to text, and a time stamp
at midnight to a date. Text where a number or a date is declared refuses the file, even where it
could be converted, because the sender's type is at fault in every row.
"""

from pathlib import Path

import polars as pl

from pipeline.findings import FileKind
from pipeline.landing.header import check_columns, refuse_file
from pipeline.landing.rows import (
    CONTROL_CHARACTERS,
    EXPECTED,
    Conversion,
    Separation,
    empty_separation,
    is_date_in_range,
    separate,
)
from pipeline.landing.schema import COLUMNS, Column, ColumnType

_STORED_AS = {
    ColumnType.NUMBER: "a column stored as whole, decimal or floating-point numbers",
    ColumnType.DATE: "a column stored as dates, or as time stamps at midnight without time zone",
    ColumnType.TEXT: "a column stored as text",
}


def read_columns(kind: FileKind, path: Path, sha256: str) -> Separation:
    """Read a Parquet file.

    Parameters
    ----------
    kind : FileKind
        What the file holds.
    path : Path
        The file.
    sha256 : str
        Its checksum.

    Returns
    -------
    Separation
        Rows that can be read and rows that cannot; empty where the file is refused as a whole.
    """
    if path.stat().st_size == 0:
        nothing = refuse_file(path.name, "not_empty", "the file is empty", "a Parquet file")
        return empty_separation(kind, [nothing])
    try:
        stored = pl.read_parquet(path, glob=False, hive_partitioning=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        # Damage inside a data page makes the decoder panic instead of raising its own error.
        fault = refuse_file(
            path.name,
            "parses",
            f"the file does not parse ({str(error).splitlines()[0]})",
            "a complete Parquet file",
        )
        return empty_separation(kind, [fault])
    declared = {column.name: column for column in COLUMNS[kind]}
    defects = [
        *check_columns(kind, path.name, stored.columns),
        *(
            refuse_file(
                path.name,
                "stored_type",
                f"the column is stored as {stored[name].dtype}",
                _STORED_AS[column.type],
                column=name,
            )
            for name, column in declared.items()
            if name in stored.columns and not _is_accepted(column.type, stored[name].dtype)
        ),
    ]
    if defects:
        return empty_separation(kind, defects, stored.height)
    conversions = [_convert(declared[s.name], s) for s in stored]
    separation = separate(kind, path.name, sha256, 1, conversions)
    if not separation.row_count:
        nothing = refuse_file(path.name, "not_empty", "the file has no row", "at least one row")
        return empty_separation(kind, [nothing])
    return separation


def _is_accepted(expected: ColumnType, dtype: pl.DataType) -> bool:
    """Tell whether a stored type is the declared one or widens to it."""
    if isinstance(dtype, pl.Null):
        return True  # a column without any value has no type of its own
    if expected is ColumnType.NUMBER:
        return dtype.is_numeric()
    if expected is ColumnType.DATE:
        naive = isinstance(dtype, pl.Datetime) and dtype.time_zone is None
        return naive or isinstance(dtype, pl.Date)
    return isinstance(dtype, pl.String | pl.Categorical | pl.Enum) or dtype.is_integer()


def _convert(column: Column, stored: pl.Series) -> Conversion:
    """Widen a column to its declared type."""
    values, received = stored.cast(column.type.dtype), stored
    if column.type is ColumnType.TEXT:
        if (values.str.len_bytes() == 0).any():
            values = values.replace("", None)
        unreadable = values.str.contains(CONTROL_CHARACTERS)
    elif column.type is ColumnType.NUMBER:
        unreadable = ~values.is_finite()
    else:
        in_range = values.to_frame().select(is_date_in_range(pl.col(values.name))).to_series()
        unreadable = ~in_range
        if not in_range.all():
            # A date far out of range has no text; its distance from 1970 has.
            values = values.set(unreadable.fill_null(value=False), None)
            received = _describe_dates(stored, in_range)
        if isinstance(stored.dtype, pl.Datetime):
            unreadable = unreadable | (values.cast(stored.dtype) != stored)
    return Conversion(
        column, values, received, unreadable.fill_null(value=False), EXPECTED[column.type]
    )


def _describe_dates(stored: pl.Series, in_range: pl.Series) -> pl.Series:
    """Return dates as text, those out of range as the number that is stored."""
    readable = stored.set(~in_range.fill_null(value=False), None).cast(pl.String)
    number = "stored as " + stored.cast(pl.Int64).cast(pl.String)
    return readable.fill_null(number).alias(stored.name)
