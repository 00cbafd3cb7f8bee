"""The check step: hold what is committed for a date to the contracts, inputs or outputs."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipeline.contracts import examine, examine_margin
from pipeline.errors import CheckFailed
from pipeline.findings import QUARANTINE_SCHEMA, FileKind, LandedFile, Severity, merge_dates
from pipeline.resources import read_sql, resource_path
from pipeline.settings import Settings
from pipeline.warehouse.connection import fetch_frame, fetch_value

_DATED = (
    FileKind.PRICES,
    FileKind.POSITIONS,
    FileKind.FX_RATES,
    FileKind.MARGIN_CALLED,
    FileKind.COLLATERAL,
)


@dataclass(frozen=True)
class CheckSummary:
    """What a check found.

    Attributes
    ----------
    rows : int
        Rows looked at.
    rules : int
        Rules applied.
    failures : tuple of str
        One sentence per defect that stops.
    warnings : tuple of str
        One sentence per defect that is only counted.
    """

    rows: int
    rules: int
    failures: tuple[str, ...]
    warnings: tuple[str, ...]


def raise_if_failed(summary: CheckSummary) -> None:
    """Raise the first failure as the one sentence of the command.

    Raises
    ------
    CheckFailed
        Something failed.
    """
    if summary.failures:
        more = len(summary.failures) - 1
        msg = summary.failures[0] + (f" (and {more} more)" if more else "")
        raise CheckFailed(msg)


def check_inputs(
    connection: duckdb.DuckDBPyConnection, settings: Settings, business_date: date
) -> CheckSummary:
    """Hold the committed inputs of a date to the contracts again.

    Raises
    ------
    CheckFailed
        Nothing is committed for the date.
    """
    delivery = []
    for kind in _DATED:
        # The table's name is one of the words of FileKind.
        frame = fetch_frame(
            connection,
            f"FROM core_{kind.value} WHERE business_date = $1",
            [business_date],
        )
        if len(frame):
            delivery.append(_as_landed(kind, frame.drop("known_from")))
    if not any(file.kind is FileKind.PRICES for file in delivery):
        msg = f"business date {business_date}: no prices are committed; load the date first"
        raise CheckFailed(msg)
    known = {
        kind: fetch_frame(connection, f"FROM core_{kind}").drop("known_from")
        for kind in ("instruments", "accounts")
    }
    examination = examine(delivery, known, settings.reporting_currency)
    findings = merge_dates(examination.findings)
    return CheckSummary(
        rows=sum(file.row_count for file in delivery),
        rules=len(examination.results),
        failures=tuple(f.message for f in findings if f.severity is Severity.STOP),
        warnings=tuple(f.message for f in findings if f.severity is Severity.WARN),
    )


def _as_landed(kind: FileKind, frame: pl.DataFrame) -> LandedFile:
    """Present committed rows to the contracts as they present a file."""
    name = f"core_{kind.value}"
    return LandedFile(
        kind=kind,
        path=Path(name),
        name=name,
        sha256="",
        row_count=len(frame),
        frame=frame.with_row_index("row_number", offset=1).with_columns(
            pl.col("row_number").cast(pl.Int64)
        ),
        refused=pl.DataFrame(schema=QUARANTINE_SCHEMA),
        findings=(),
    )


def check_outputs(connection: duckdb.DuckDBPyConnection, business_date: date) -> CheckSummary:
    """Hold the results of a date to their contract and to the checks in ``sql/outputs``.

    Raises
    ------
    CheckFailed
        There is no result for the date.
    """
    margins = fetch_frame(connection, "FROM out_margin WHERE business_date = $1", [business_date])
    excluded = fetch_value(
        connection, "SELECT count(*) FROM out_exclusions WHERE business_date = $1", [business_date]
    )
    if not len(margins) and not excluded:
        msg = f"business date {business_date}: no margin is written; run 'marginproof margin' first"
        raise CheckFailed(msg)
    failures, rules = [], 0
    if len(margins):
        examination = examine_margin(margins)
        rules += len(examination.results)
        failures = [f.message for f in examination.findings if f.severity is Severity.STOP]
    for path in sorted(resource_path("sql/outputs").glob("*.sql")):
        rules += 1
        rows = fetch_frame(
            connection, read_sql(f"outputs/{path.name}"), {"business_date": business_date}
        )
        if len(rows):
            first = rows.row(0, named=True)
            failures.append(
                f"{path.stem}, business date {business_date}, model {first['model_id']}, account"
                f" {first['account_id']}: {first['problem']} ({len(rows)} rows); expected none"
            )
    return CheckSummary(len(margins), rules, tuple(failures), ())
