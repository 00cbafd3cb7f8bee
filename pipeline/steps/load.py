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
from pipeline.findings import QUARANTINE_SCHEMA, FileKind, LandedFile, Severity, merge_dates
from pipeline.landing import (
    find_files,
    find_source_files,
    list_ignored,
    load_source,
    read_file,
    read_source,
)
from pipeline.settings import Settings
from pipeline.steps.progress import say
from pipeline.steps.runs import describe_run, record_run
from pipeline.warehouse.connection import fetch_frame, fetch_value, transaction
from pipeline.warehouse.partitions import replace_partitions

# Reference data that nobody has corrected count as known from the beginning, so that the order in
# which dates arrive leaves no trace.
BEGINNING = date(1970, 1, 1)

# The rows of a delivery replace those in force of the same partition.
_KEYS: dict[FileKind, tuple[str, ...]] = {
    FileKind.INSTRUMENTS: ("instrument_id",),
    FileKind.ACCOUNTS: ("account_id",),
    FileKind.PRICES: ("business_date",),
    FileKind.POSITIONS: ("business_date",),
    FileKind.FX_RATES: ("business_date",),
    FileKind.MARGIN_CALLED: ("business_date",),
    FileKind.COLLATERAL: ("business_date",),
    FileKind.RATES: ("business_date", "currency"),
    FileKind.DIVIDENDS: ("business_date", "instrument_id"),
    FileKind.FUNDING: ("business_date", "instrument_id"),
    FileKind.ADJUSTMENTS: ("business_date", "instrument_id"),
    FileKind.PUBLISHED_MARGINS: ("business_date", "exchange", "product"),
    FileKind.TRADER_POSITIONS: ("business_date", "report"),
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
    source_name: str = "",
) -> LoadSummary:
    """Load files or folders of files.

    Rows of a date that were read with another declared source stay in force beside those of the
    delivery, so that two vendors can each send their part of a date.

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
    source_name : str
        Declared source that the files are of; files in our own form where empty.

    Returns
    -------
    LoadSummary
        Counts and sentences; the caller decides what a stop means for the exit code.

    Raises
    ------
    CheckFailed
        There is no file to load.
    """
    delivery, ignored = _read(paths, source_name)
    carried = _carry_other_sources(connection, delivery, source_name)
    say("checking contracts")
    examination = examine(
        [*delivery, *carried], _read_known(connection, delivery), settings.reporting_currency
    )
    stopped = tuple(
        f.message
        for f in merge_dates(f for f in examination.findings if f.severity is Severity.STOP)
    )
    warnings = tuple(
        f.message
        for f in merge_dates(f for f in examination.findings if f.severity is Severity.WARN)
    )
    last = _last_date(examination.accepted)
    own = [file.sha256 for file in delivery]
    counts = {
        kind.value: len(frame.filter(pl.col("file_sha256").is_in(own)))
        for kind, frame in examination.accepted.items()
    }
    rows = {kind: count for kind, count in counts.items() if count}
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
        files=len({file.sha256 for file in delivery}),
        rows=rows,
        changed=changed,
        quarantined=len(examination.quarantine),
        warnings=(*ignored, *warnings),
        stopped=stopped,
        last_date=last,
    )


def _read(paths: Sequence[Path], source_name: str) -> tuple[list[LandedFile], tuple[str, ...]]:
    """Read the files, and name those that are passed over."""
    if source_name:
        source = load_source(source_name)
        found = find_source_files(paths, source)
        say(f"reading {len(found)} files of the source {source.name} {source.version}")
        return [landed for path in found for landed in read_source(path, source)], ()
    files = find_files(paths)
    say(f"reading {len(files)} files")
    return [read_file(file) for file in files], list_ignored(paths)


def _carry_other_sources(
    connection: duckdb.DuckDBPyConnection, delivery: Sequence[LandedFile], source_name: str
) -> list[LandedFile]:
    """Return the rows in force that other sources brought for the dates of the delivery."""
    carried = []
    for kind in dict.fromkeys(file.kind for file in delivery):
        if _KEYS[kind] != ("business_date",):
            continue
        days = pl.concat(
            [
                file.frame.select("business_date").drop_nulls()
                for file in delivery
                if file.kind is kind
            ]
        ).unique()
        connection.register("delivered_dates", days.to_arrow())
        # The table's name is one of the words of FileKind.
        rows = fetch_frame(
            connection,
            f"SELECT held.* EXCLUDE (known_from, known_to), file.source FROM raw_{kind} AS held"  # noqa: S608
            " SEMI JOIN delivered_dates AS day ON held.business_date = day.business_date"
            " INNER JOIN (SELECT file_sha256, max(source) AS source FROM raw_files GROUP BY ALL)"
            " AS file ON held.file_sha256 = file.file_sha256 WHERE file.source <> $1 ORDER BY ALL",
            [source_name],
        )
        connection.unregister("delivered_dates")
        own = {file.sha256 for file in delivery}
        for file in delivery:
            if file.kind is kind:
                # A row that both sources sent is the delivery's own.
                content = file.frame.drop("row_number")
                rows = rows.join(content, on=content.columns, how="anti", nulls_equal=True)
        carried += [
            LandedFile(
                kind=kind,
                path=Path(str(key[0])),
                name=f"rows in force of the source {key[0]!r}",
                sha256=str(key[1]),
                row_count=len(part),
                frame=part.drop("source", "file_sha256").select(
                    pl.int_range(1, 1 + pl.len(), dtype=pl.Int64).alias("row_number"), pl.all()
                ),
                refused=pl.DataFrame(schema=QUARANTINE_SCHEMA),
                findings=(),
                source=str(key[0]),
            )
            for key, part in rows.group_by("source", "file_sha256", maintain_order=True)
            if key[1] not in own
        ]
    return carried


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
        table, keys = f"raw_{kind.value}", _KEYS[kind]
        listed = ", ".join(keys)
        held = fetch_frame(connection, f"SELECT DISTINCT {listed} FROM {table}")  # noqa: S608
        first_known = pl.col("business_date") if "business_date" in keys else pl.lit(BEGINNING)
        corrected = pl.max_horizontal(first_known, pl.lit(now_known, dtype=pl.Date))
        rows = (
            frame.join(
                held.with_columns(is_held=pl.lit(value=True)),
                on=keys,
                how="left",
                maintain_order="left",
            )
            .with_columns(
                known_from=pl.when(pl.col("is_held")).then(corrected).otherwise(first_known)
            )
            .drop("is_held")
        )
        changed += replace_partitions(connection, table, rows, keys)
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
    counts = examination.quarantine.group_by("file_sha256", "kind").agg(pl.len())
    left_out = {(sha256, kind): count for sha256, kind, count in counts.iter_rows()}
    files: dict[tuple[str, FileKind], list[LandedFile]] = {}
    for file in delivery:
        files.setdefault((file.sha256, file.kind), []).append(file)
    for sha256 in {file.sha256 for file in delivery}:
        connection.execute("DELETE FROM raw_files WHERE file_sha256 = $1", [sha256])
        connection.execute("DELETE FROM raw_quarantine WHERE file_sha256 = $1", [sha256])
    for (sha256, kind), parts in files.items():
        connection.execute(
            "INSERT INTO raw_files VALUES ($1, $2, $3, $4, $5, $6, $7)",
            [
                sha256,
                parts[-1].name,
                kind.value,
                sum(file.row_count for file in parts),
                left_out.get((sha256, kind.value), 0),
                last,
                parts[-1].source,
            ],
        )
    if len(examination.quarantine):
        connection.register("left_out", examination.quarantine.to_arrow())
        connection.execute("INSERT INTO raw_quarantine BY NAME FROM left_out")
        connection.unregister("left_out")
