"""The load step: read files, hold them to the contracts, commit what passes in one transaction.

A date with a defect that stops it is left out whole; the other dates of the delivery are loaded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipeline.contracts import Examination, examine
from pipeline.errors import CheckFailed
from pipeline.findings import FileKind, LandedFile, Severity, merge_dates
from pipeline.landing import find_files, read_file
from pipeline.settings import Settings
from pipeline.steps.progress import say
from pipeline.steps.runs import describe_run, record_run
from pipeline.warehouse.connection import fetch_frame, fetch_value, transaction
from pipeline.warehouse.partitions import replace_partitions

# Reference data that nobody has corrected count as known from the beginning, so that the order in
# which dates arrive leaves no trace.
BEGINNING = date(1970, 1, 1)

_KEYS = {
    FileKind.INSTRUMENTS: "instrument_id",
    FileKind.ACCOUNTS: "account_id",
    FileKind.PRICES: "business_date",
    FileKind.POSITIONS: "business_date",
    FileKind.FX_RATES: "business_date",
    FileKind.MARGIN_CALLED: "business_date",
    FileKind.COLLATERAL: "business_date",
}


@dataclass(frozen=True)
class LoadSummary:
    """What was loaded.

    Attributes
    ----------
    files : int
        Files read.
    rows : dict of str to int
        Rows accepted, by kind.
    changed : int
        Partitions (dates, or single instruments and accounts) that differ from before.
    quarantined : int
        Rows left out, with their reason in ``raw_quarantine``.
    warnings : tuple of str
        Sentences about rows left out or remarkable.
    stopped : tuple of str
        Sentences about what was refused; empty where everything was loaded.
    last_date : date or None
        Latest business date of the rows loaded.
    """

    files: int
    rows: dict[str, int]
    changed: int
    quarantined: int
    warnings: tuple[str, ...]
    stopped: tuple[str, ...]
    last_date: date | None


def load_files(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    paths: Sequence[Path],
    known_at: date | None = None,
) -> LoadSummary:
    """Load files or folders of files.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer.
    settings : Settings
        Reporting currency.
    paths : sequence of Path
        Files, or folders whose files are known by how their names begin.
    known_at : date, optional
        Date from which corrections of rows loaded before count as known; the latest business date
        in the warehouse where omitted.

    Returns
    -------
    LoadSummary
        Counts and sentences; the caller decides what a stop means for the exit code.

    Raises
    ------
    CheckFailed
        There is no file to load.
    """
    files = find_files(paths)
    say(f"reading {len(files)} files")
    delivery = [read_file(file) for file in files]
    say("checking contracts")
    examination = examine(delivery, _read_known(connection, delivery), settings.reporting_currency)
    stopped = tuple(
        f.message
        for f in merge_dates(f for f in examination.findings if f.severity is Severity.STOP)
    )
    warnings = tuple(
        f.message
        for f in merge_dates(f for f in examination.findings if f.severity is Severity.WARN)
    )
    last = _last_date(examination.accepted)
    rows = {kind.value: len(frame) for kind, frame in examination.accepted.items() if len(frame)}
    with transaction(connection):
        changed = _commit(connection, examination, known_at)
        _record_files(connection, delivery, examination, last)
        record_run(
            connection,
            describe_run(
                "load",
                last,
                {file.name: file.sha256 for file in delivery},
                row_counts=rows,
                status="stopped" if stopped else "done",
            ),
        )
    return LoadSummary(
        files=len(delivery),
        rows=rows,
        changed=changed,
        quarantined=len(examination.quarantine),
        warnings=warnings,
        stopped=stopped,
        last_date=last,
    )


def raise_if_stopped(summary: LoadSummary) -> None:
    """Raise the first stop as the one sentence of the command.

    Raises
    ------
    CheckFailed
        Something was refused.
    """
    if summary.stopped:
        more = len(summary.stopped) - 1
        loaded = "; the other dates are loaded" if summary.last_date else ""
        msg = summary.stopped[0] + loaded + (f" (and {more} more)" if more else "")
        raise CheckFailed(msg)


def _last_date(accepted: Mapping[FileKind, pl.DataFrame]) -> date | None:
    dates = [
        frame["business_date"].max()
        for frame in accepted.values()
        if "business_date" in frame.columns and len(frame)
    ]
    return max(dates) if dates else None  # type: ignore[type-var,return-value]


def _read_known(
    connection: duckdb.DuckDBPyConnection, delivery: Sequence[LandedFile]
) -> dict[str, pl.DataFrame]:
    """Read the rows in force that the delivery is checked against."""
    dates = sorted(
        {
            day
            for file in delivery
            if "business_date" in file.frame.columns
            for day in file.frame["business_date"].drop_nulls().unique()
        }
    )
    known = {
        "instruments": fetch_frame(connection, "FROM core_instruments"),
        "accounts": fetch_frame(connection, "FROM core_accounts"),
    }
    bounds = {"first": dates[0], "last": dates[-1]} if dates else None
    for kind in ("prices", "positions", "fx_rates"):
        # The table's name is one of three words written above.
        query = f"FROM core_{kind} WHERE business_date BETWEEN $first AND $last"
        known[kind] = (
            fetch_frame(connection, query, bounds)
            if bounds
            else fetch_frame(connection, f"FROM core_{kind} LIMIT 0")
        )
    return {kind: frame.drop("known_from") for kind, frame in known.items()}


def _commit(
    connection: duckdb.DuckDBPyConnection, examination: Examination, known_at: date | None
) -> int:
    """Replace the partitions of what was accepted; return how many changed."""
    now_known = known_at or fetch_value(connection, "SELECT max(business_date) FROM core_prices")
    changed = 0
    for kind, frame in examination.accepted.items():
        if not len(frame):
            continue
        table, key = f"raw_{kind.value}", _KEYS[kind]
        held = fetch_frame(connection, f"SELECT DISTINCT {key} FROM {table}").to_series()  # noqa: S608
        first_known = pl.col("business_date") if key == "business_date" else pl.lit(BEGINNING)
        corrected = pl.max_horizontal(first_known, pl.lit(now_known, dtype=pl.Date))
        rows = frame.with_columns(
            known_from=pl.when(pl.col(key).is_in(held.implode()))
            .then(corrected)
            .otherwise(first_known)
        )
        changed += replace_partitions(connection, table, rows, (key,))
    if len(examination.results):
        results = examination.results.with_columns(
            known_from=pl.col("business_date").fill_null(BEGINNING)
        )
        replace_partitions(
            connection, "out_contract_results", results, ("business_date", "contract")
        )
    return changed


def _record_files(
    connection: duckdb.DuckDBPyConnection,
    delivery: Sequence[LandedFile],
    examination: Examination,
    last: date | None,
) -> None:
    """Register the files by checksum, and keep every row left out with its reason."""
    left_out = dict(examination.quarantine.group_by("file_sha256").agg(pl.len()).iter_rows())
    for file in delivery:
        connection.execute("DELETE FROM raw_files WHERE file_sha256 = $1", [file.sha256])
        connection.execute("DELETE FROM raw_quarantine WHERE file_sha256 = $1", [file.sha256])
        connection.execute(
            "INSERT INTO raw_files VALUES ($1, $2, $3, $4, $5, $6)",
            [
                file.sha256,
                file.name,
                file.kind.value,
                file.row_count,
                left_out.get(file.sha256, 0),
                last,
            ],
        )
    if len(examination.quarantine):
        connection.register("left_out", examination.quarantine.to_arrow())
        connection.execute("INSERT INTO raw_quarantine BY NAME FROM left_out")
        connection.unregister("left_out")
