"""Telling the rows of a file that have the declared types from those that have not.

Both formats end here: a column arrives with its converted values, its text as received and a mask
of what did not convert. How text or Parquet values are converted belongs to the sibling modules.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipeline.findings import (
    NAMED_ROWS,
    NAMED_VALUES,
    QUARANTINE_SCHEMA,
    FileKind,
    Finding,
    Severity,
)
from pipeline.landing.schema import ROW_NUMBER, Column, ColumnType, frame_schema

EXPECTED: dict[ColumnType, str] = {
    ColumnType.NUMBER: "a finite number such as -12.5",
    ColumnType.DATE: "a date such as 2014-01-31",
    ColumnType.TEXT: "text on one line without control characters",
}
PROBLEM: dict[ColumnType, str] = {
    ColumnType.NUMBER: "not a finite number",
    ColumnType.DATE: "not a date",
    ColumnType.TEXT: "text with a line break or a control character",
}
EARLIEST_DATE, LATEST_DATE = date(1900, 1, 1), date(9999, 12, 31)
CONTROL_CHARACTERS = r"[\x00-\x1f\x7f]"


@dataclass(frozen=True)
class Conversion:
    """One column of a file, converted.

    Attributes
    ----------
    column : Column
        Name and declared type.
    values : polars.Series
        Values of the declared type; null where there was none or it did not convert.
    received : polars.Series
        The values as received, of any type that casts to text.
    is_unreadable : polars.Series of bool
        True where a value is present and did not convert; never null.
    expected : str
        What a reader is told to expect.
    problem : str
        What a reader is told is wrong; empty takes the words of the type.
    """

    column: Column
    values: pl.Series
    received: pl.Series
    is_unreadable: pl.Series
    expected: str
    problem: str = ""

    @property
    def fault(self) -> str:
        """What is wrong with a value that is unreadable."""
        return self.problem or PROBLEM[self.column.type]


@dataclass(frozen=True)
class Separation:
    """Rows of a file, those that can be read apart from those that cannot.

    Attributes
    ----------
    row_count : int
        Rows that are not blank.
    frame, refused : polars.DataFrame
        As in `LandedFile`.
    findings : tuple of Finding
        One per column and business date.
    """

    row_count: int
    frame: pl.DataFrame
    refused: pl.DataFrame
    findings: tuple[Finding, ...]


def is_date_in_range(dates: pl.Expr) -> pl.Expr:
    """Tell which dates can be business or expiry dates; null stays null."""
    return dates.is_between(EARLIEST_DATE, LATEST_DATE)


def empty_separation(kind: FileKind, findings: Sequence[Finding], row_count: int = 0) -> Separation:
    """Return a file that is refused as a whole."""
    return Separation(
        row_count=row_count,
        frame=pl.DataFrame(schema=frame_schema(kind)),
        refused=pl.DataFrame(schema=QUARANTINE_SCHEMA),
        findings=tuple(findings),
    )


def separate(
    kind: FileKind,
    file_name: str,
    sha256: str,
    first_row_number: int | pl.Series,
    conversions: Sequence[Conversion],
) -> Separation:
    """Separate the rows that can be read from those that cannot.

    Parameters
    ----------
    kind : FileKind
        What the file holds; columns it lacks become null.
    file_name, sha256 : str
        The file, for findings and refused rows.
    first_row_number : int or polars.Series of int64
        Number of the first row (2 under a header, 1 in Parquet), or of every row.
    conversions : sequence of Conversion
        The columns of the file, all of one length.

    Returns
    -------
    Separation
        Every row that is not blank is either in the frame or refused.
    """
    rows = pl.DataFrame([conversion.values for conversion in conversions])
    numbers = (
        pl.int_range(first_row_number, first_row_number + pl.len())
        if isinstance(first_row_number, int)
        else pl.lit(first_row_number)
    )
    rows = rows.with_columns(numbers.alias(ROW_NUMBER))
    unreadable = pl.DataFrame([c.is_unreadable.alias(c.column.name) for c in conversions])
    is_refused = unreadable.select(pl.any_horizontal(pl.all())).to_series()
    is_left_out = is_refused | _find_blank_rows(conversions)
    kept = rows.filter(~is_left_out) if is_left_out.any() else rows
    frame = kept.select(
        pl.col(name) if name in rows.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in frame_schema(kind).items()
    )
    refused = pl.DataFrame(schema=QUARANTINE_SCHEMA)
    findings: tuple[Finding, ...] = ()
    if is_refused.any():
        offenders = _take_offenders(rows, is_refused, conversions)
        refused = _describe_refused(kind, file_name, sha256, offenders, conversions)
        findings = _find_defects(file_name, offenders, conversions)
    return Separation(frame.height + refused.height, frame, refused, findings)


def _find_blank_rows(conversions: Sequence[Conversion]) -> pl.Series:
    """Return True where no column has a value; a column without gaps ends the search."""
    is_blank = pl.Series([True]).new_from_index(0, len(conversions[0].values))
    for conversion in conversions:
        is_blank = is_blank & conversion.values.is_null() & ~conversion.is_unreadable
        if not is_blank.any():
            break
    return is_blank


def _take_offenders(
    rows: pl.DataFrame, is_refused: pl.Series, conversions: Sequence[Conversion]
) -> pl.DataFrame:
    """Return row number, date, and per column i its text ``t{i}`` and mask ``m{i}``."""
    marks = pl.DataFrame([c.is_unreadable.alias(f"m{i}") for i, c in enumerate(conversions)])
    texts = [
        c.received.filter(is_refused).cast(pl.String).alias(f"t{i}")
        for i, c in enumerate(conversions)
    ]
    return (
        rows.with_columns(_readable_date(conversions).alias("business_date"))
        .select(ROW_NUMBER, "business_date")
        .hstack(marks)
        .filter(is_refused)
        .hstack(texts)
    )


def _readable_date(conversions: Sequence[Conversion]) -> pl.Series:
    """Return the business date of each row, null where it cannot be read or there is none."""
    for conversion in conversions:
        if conversion.column.name == "business_date":
            return conversion.values.set(conversion.is_unreadable, None)
    return pl.Series([None], dtype=pl.Date).new_from_index(0, len(conversions[0].values))


def _describe_refused(
    kind: FileKind,
    file_name: str,
    sha256: str,
    offenders: pl.DataFrame,
    conversions: Sequence[Conversion],
) -> pl.DataFrame:
    """Return the refused rows for the quarantine: the first column at fault and the content."""
    indices = range(len(conversions))
    fault = pl.coalesce(pl.when(pl.col(f"m{i}")).then(pl.lit(i, pl.Int64)) for i in indices).alias(
        "fault"
    )
    names = pl.Series([c.column.name for c in conversions])
    reasons = pl.Series([c.fault for c in conversions])
    content = pl.concat_str([pl.col(f"t{i}").fill_null("") for i in indices], separator=",")
    marked = offenders.with_columns(fault, content.alias("row_content"))
    return marked.select(
        pl.lit(sha256).alias("file_sha256"),
        pl.lit(file_name).alias("file_name"),
        pl.lit(str(kind)).alias("kind"),
        pl.col(ROW_NUMBER),
        pl.col("business_date"),
        names.gather(marked["fault"]).alias("column_name"),
        reasons.gather(marked["fault"]).alias("reason"),
        pl.col("row_content"),
    )


def _find_defects(
    file_name: str, offenders: pl.DataFrame, conversions: Sequence[Conversion]
) -> tuple[Finding, ...]:
    """Return one finding per column and date, the rows in file order."""
    findings = []
    for i, conversion in enumerate(conversions):
        groups = (
            offenders.filter(pl.col(f"m{i}"))
            .group_by("business_date", maintain_order=True)
            .agg(
                pl.col(ROW_NUMBER).head(NAMED_ROWS).alias("rows"),
                pl.col(f"t{i}").unique(maintain_order=True).head(NAMED_VALUES).alias("values"),
                pl.len().alias("row_count"),
            )
            .sort("business_date", nulls_last=False)
        )
        findings += [
            Finding(
                file_name=file_name,
                column=conversion.column.name,
                rule=f"readable_{conversion.column.type.value}",
                severity=Severity.STOP,
                problem=conversion.fault,
                expected=conversion.expected,
                business_date=group["business_date"],
                rows=tuple(group["rows"]),
                values=tuple(group["values"]),
                row_count=group["row_count"],
            )
            for group in groups.iter_rows(named=True)
        ]
    return tuple(findings)
