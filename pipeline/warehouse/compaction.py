"""Rewriting the warehouse into a compact file, and fingerprints that prove nothing was lost.

When to do so belongs to the steps; snapshots belong to ``snapshot`` and ``retention``.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import CheckFailed, EnvironmentFault, WarehouseBusy
from pipeline.settings import Settings
from pipeline.warehouse.access import replace_durably
from pipeline.warehouse.connection import open_memory, open_writer

_CATALOGUE = """
SELECT 'table' AS kind, schema_name || '.' || table_name AS name, coalesce(comment, '') AS comment
FROM duckdb_tables() WHERE database_name = $1
UNION ALL
SELECT 'view', schema_name || '.' || view_name, coalesce(comment, '')
FROM duckdb_views() WHERE database_name = $1 AND NOT internal
UNION ALL
SELECT 'column', schema_name || '.' || table_name || '.' || column_name || ' ' || data_type
       || ' ' || is_nullable, coalesce(comment, '')
FROM duckdb_columns() WHERE database_name = $1 AND NOT internal
ORDER BY ALL
"""


@dataclass(frozen=True)
class Fingerprint:
    """What a database holds, whatever the order of its rows.

    Attributes
    ----------
    catalogue : tuple of tuple of str
        Kind, name and comment of every table, view and column.
    tables : tuple of (str, int, str)
        Name, number of rows and content hash of every table.
    """

    catalogue: tuple[tuple[str, ...], ...]
    tables: tuple[tuple[str, int, str], ...]

    @property
    def rows(self) -> int:
        """Number of rows of all tables, superseded versions included."""
        return sum(count for _, count, _ in self.tables)


@dataclass(frozen=True)
class Compaction:
    """What a rewrite did.

    Attributes
    ----------
    rows : int
        Rows of all tables, the same before and after.
    bytes_before, bytes_after : int
        Size of the warehouse file.
    """

    rows: int
    bytes_before: int
    bytes_after: int


def take_fingerprint(connection: duckdb.DuckDBPyConnection, database: str) -> Fingerprint:
    """Read every row of a database and return its fingerprint.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection to which the database is attached.
    database : str
        Its name there.

    Raises
    ------
    CheckFailed
        A block of the file cannot be read.
    """
    try:
        catalogue = connection.execute(_CATALOGUE, [database]).fetchall()
        tables = []
        for kind, name, _ in catalogue:
            if kind != "table":
                continue
            quoted = ".".join(f'"{part}"' for part in (database, *name.split(".", 1)))
            # The names come from the catalogue; a sum does not depend on the order of the rows.
            count, content = connection.execute(
                f"SELECT count(*), coalesce(sum(hash(held)::HUGEINT), 0)::VARCHAR FROM {quoted}"  # noqa: S608
                " AS held"
            ).fetchall()[0]
            tables.append((str(name), int(count), str(content)))
    except (duckdb.IOException, duckdb.FatalException, duckdb.SerializationException) as error:
        msg = f"the warehouse cannot be read in full: {str(error).splitlines()[0]}"
        raise CheckFailed(msg) from error
    return Fingerprint(tuple(tuple(map(str, row)) for row in catalogue), tuple(tables))


def compact_warehouse(settings: Settings) -> Compaction:
    """Rewrite the warehouse into a new file and let it take the old one's place at once.

    The old file is held read-only all the while, which keeps every writer out; it is replaced only
    by a copy that is complete on disk and whose tables, views, comments, row counts and content
    hashes are the same. A process killed at any moment leaves one of the two files in place.

    Returns
    -------
    Compaction
        Sizes; the file stays as it is where a copy would not be smaller.

    Raises
    ------
    WarehouseBusy
        Another process holds the warehouse.
    CheckFailed
        The copy differs, or the file cannot be read in full; the warehouse stays as it was.
    EnvironmentFault
        The disk is full or not writable; the warehouse stays as it was.
    """
    path = settings.warehouse_path
    with open_writer(settings) as connection:
        connection.execute("CHECKPOINT")
    partial = path.with_name(f".compact-{os.getpid()}.duckdb")
    try:
        with open_memory(settings) as connection:
            held = _attach_read_only(connection, path)
            connection.execute(f"ATTACH '{_quote(partial)}' AS compact")
            connection.execute(f"COPY FROM DATABASE {held} TO compact")
            connection.execute("CHECKPOINT compact")
            before = take_fingerprint(connection, held)
            after = take_fingerprint(connection, "compact")
            if before != after:
                msg = "the compact copy of the warehouse differs from it; the warehouse stays"
                raise CheckFailed(msg)
            connection.execute("DETACH compact")
            sizes = path.stat().st_size, partial.stat().st_size
            if sizes[1] < sizes[0]:
                shutil.copymode(path, partial)
                replace_durably(partial, path)
            return Compaction(before.rows, sizes[0], min(sizes))
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
        reason = str(error).splitlines()[0]
        msg = f"the warehouse {path} cannot be compacted: {reason}; it stays as it was"
        raise EnvironmentFault(msg) from error
    finally:
        partial.unlink(missing_ok=True)
        partial.with_name(f"{partial.name}.wal").unlink(missing_ok=True)


def _attach_read_only(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Hold the file against writers; changes not yet in it would be lost, so there must be none."""
    try:
        connection.execute(f"ATTACH '{_quote(path)}' AS held (READ_ONLY)")
    except duckdb.IOException as error:
        if "lock" not in str(error):
            raise
        msg = f"the warehouse {path} is being written by another process; try again when it ends"
        raise WarehouseBusy(msg) from error
    if path.with_name(f"{path.name}.wal").exists():
        msg = f"the warehouse {path} was written while it was to be compacted; try again"
        raise WarehouseBusy(msg)
    return "held"


def _quote(path: Path) -> str:
    """Return a path for a statement that takes no parameters; it comes from the settings."""
    return str(path.absolute()).replace("'", "''")
