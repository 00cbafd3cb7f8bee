"""A snapshot as it was known at an earlier date: the same names, other rows.

Every table with versions is shown through a view that keeps what was known then, and every view of
the snapshot is built anew on top, so that a query needs no word about it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipeline.settings import Settings
from pipeline.warehouse.connection import open_memory, open_reader

_DATES = ("business_date", "as_of_date")
# What only the prices after the as-of date tell about a row of an earlier date.
_FUTURE = {
    "out_backtest": (
        "horizon_end_date",
        "loss_amount",
        "worst_loss_amount",
        "is_exceedance",
        "shortfall_amount",
        "exceedance_class",
    )
}


@dataclass(frozen=True)
class Moment:
    """What is looked at, and when it was known.

    Attributes
    ----------
    as_of_date : date or None
        Last date whose rows and prices are shown; every date where None.
    known_at_date : date or None
        Date at whose end the rows were known; what is known now where None.
    """

    as_of_date: date | None = None
    known_at_date: date | None = None

    @property
    def is_now(self) -> bool:
        """Whether nothing is left out."""
        return self.as_of_date is None and self.known_at_date is None


NOW = Moment()


@contextmanager
def open_reader_at(
    settings: Settings, moment: Moment, snapshot: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published snapshot as it was known at a moment.

    A row was known at a date when it counts as known from it or an earlier one and was not
    superseded by then. Dates tell versions apart, nothing finer: of two versions that count as
    known from the same date only the later one can be seen.

    Parameters
    ----------
    settings : Settings
        Where the snapshots lie.
    moment : Moment
        As-of date and date of knowledge.
    snapshot : Path, optional
        A named snapshot; the newest where omitted.

    Yields
    ------
    duckdb.DuckDBPyConnection
        A connection whose ``main`` and ``history`` show that moment; it cannot write the snapshot.

    Raises
    ------
    EnvironmentFault
        There is no such snapshot.
    """
    if moment.is_now:
        with open_reader(settings, snapshot) as connection:
            yield connection
        return
    with open_reader(settings, snapshot):
        pass  # one sentence where it is missing, no snapshot, or cannot be opened
    with open_memory(settings) as connection:
        path = str(snapshot or settings.snapshot_path).replace("'", "''")
        connection.execute(f"ATTACH '{path}' AS published (READ_ONLY)")
        _show_moment(connection, moment)
        yield connection


def _show_moment(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS history")
    tables = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables()"
        " WHERE database_name = 'published' ORDER BY ALL"
    ).fetchall()
    received = [table for schema, table in tables if schema == "history" and table[:4] == "raw_"]
    for schema, table in tables:
        columns = [
            row[0]
            for row in connection.execute(
                "SELECT column_name FROM duckdb_columns() WHERE database_name = 'published'"
                " AND schema_name = $1 AND table_name = $2 ORDER BY column_index",
                [schema, table],
            ).fetchall()
        ]
        connection.execute(_define_view(schema, table, columns, moment, received))
    definitions = connection.execute(
        "SELECT sql FROM duckdb_views() WHERE database_name = 'published' AND NOT internal"
        " ORDER BY view_oid"
    ).fetchall()
    _create_in_any_order(connection, [row[0] for row in definitions])


def _create_in_any_order(connection: duckdb.DuckDBPyConnection, definitions: list[str]) -> None:
    """Create views that build on each other; the catalogue does not keep their order."""
    while definitions:
        waiting = []
        for definition in definitions:
            try:
                connection.execute(definition)
            except duckdb.CatalogException:
                waiting.append(definition)
        if len(waiting) == len(definitions):
            connection.execute(waiting[0])  # tells what it lacks
        definitions = waiting


def _define_view(
    schema: str, table: str, columns: Sequence[str], moment: Moment, received: Sequence[str]
) -> str:
    """Return the view that shows a table at a moment; names come from the database's catalogue."""
    conditions, replaced = [], []
    known, as_of = moment.known_at_date, moment.as_of_date
    if known is not None and "known_from" in columns:
        at = f"DATE '{known.isoformat()}'"
        if table == "raw_files":
            conditions.append(_files_known(at, received))
        else:
            conditions.append(f"(known_from IS NULL OR known_from <= {at})")
        if "known_to" in columns:
            conditions.append(f"(known_to IS NULL OR known_to > {at})")
            replaced.append("NULL::DATE AS known_to")
    if known is not None and table == "raw_quarantine":
        conditions.append("file_sha256 IN (SELECT file_sha256 FROM main.raw_files)")
    if as_of is not None:
        last = f"DATE '{as_of.isoformat()}'"
        conditions += [f"({d} IS NULL OR {d} <= {last})" for d in _DATES if d in columns]
        has_ended = f"CASE WHEN horizon_end_date <= {last} THEN"
        replaced += [f"{has_ended} {c} END AS {c}" for c in _FUTURE.get(table, ())]
        if table in _FUTURE:
            replaced.append(f"{has_ended} status ELSE 'pending' END AS status")
    chosen = f" REPLACE ({', '.join(replaced)})" if replaced else ""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return (
        f'CREATE VIEW {schema}."{table}" AS SELECT *{chosen}'  # noqa: S608 - no user's words
        f' FROM published.{schema}."{table}"{where}'
    )


def _files_known(at: str, versioned: Sequence[str]) -> str:
    """Return the condition that a file had been read: by the versions that it brought.

    A file's own date is that of its rows, which a correction shares with what it corrects.
    """
    brought = " UNION ALL ".join(
        f'SELECT file_sha256, known_from FROM published.history."{name}"'  # noqa: S608
        for name in versioned
    )
    return (
        f"(known_from IS NULL OR known_from <= {at}) AND file_sha256 NOT IN"  # noqa: S608
        f" (SELECT file_sha256 FROM ({brought}) GROUP BY ALL HAVING min(known_from) > {at})"
    )
