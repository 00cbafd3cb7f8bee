"""Opening the warehouse: one writer at a time, readers on published snapshots only.

Every connection of the product is opened here, so that the memory, thread and spill limits of the
settings hold on each of them. Queries do not belong here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.errors import EnvironmentFault, WarehouseBusy
from pipeline.resources import resource_path
from pipeline.settings import Settings
from pipeline.warehouse.access import OWNER_FILE, OWNER_FOLDER, make_folder, set_mode, sweep_spill
from pipeline.warehouse.faults import name_faults

_IN_MEMORY = ":memory:"
_LOCK_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)")


def _configuration(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(settings.temp_directory),
        "max_temp_directory_size": settings.temp_limit,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        # A name in a query stands for a table, never for a variable of the program.
        "python_enable_replacements": False,
    }


def _connect(path: Path | str, settings: Settings, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        if str(path) != _IN_MEMORY:
            make_folder(settings.home)
            make_folder(settings.temp_directory, OWNER_FOLDER)
        connection = duckdb.connect(str(path), read_only=read_only, config=_configuration(settings))
    except duckdb.IOException as error:
        held = _LOCK_HOLDER.search(str(error))
        if held:
            msg = (
                f"the warehouse {path} is being written by process {held['pid']}"
                f" ({held['program']}); wait until it ends and run the command again"
            )
            raise WarehouseBusy(msg) from error
        msg = f"the warehouse {path} cannot be opened: {str(error).splitlines()[0]}"
        raise EnvironmentFault(msg) from error
    except OSError as error:
        msg = f"the data home {settings.home} cannot be written: {error.strerror}"
        raise EnvironmentFault(msg) from error
    except duckdb.Error as error:
        # A log that is damaged, or a disk that is full while one is replayed.
        msg = f"the warehouse {path} cannot be opened: {str(error).splitlines()[0]}"
        raise EnvironmentFault(msg) from error
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@contextmanager
def open_writer(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for writing, create it where it does not exist, and migrate it.

    Parameters
    ----------
    settings : Settings
        Where the warehouse lies and what the connection may use.

    Yields
    ------
    duckdb.DuckDBPyConnection
        The only connection that can write; it is closed on leaving, whatever happens.

    Raises
    ------
    WarehouseBusy
        Another process holds the warehouse; the sentence names it.
    EnvironmentFault
        The data home cannot be written, or the file is no warehouse.
    """
    connection = _connect(settings.warehouse_path, settings, read_only=False)
    try:
        set_mode(settings.warehouse_path, OWNER_FILE)
        sweep_spill(settings.temp_directory)
        with name_faults(settings):
            apply_migrations(connection)
            yield connection
    finally:
        connection.close()


@contextmanager
def open_reader(
    settings: Settings, snapshot: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a published snapshot read-only.

    Parameters
    ----------
    settings : Settings
        Where the snapshots lie.
    snapshot : Path, optional
        A named snapshot; the newest where omitted.

    Yields
    ------
    duckdb.DuckDBPyConnection
        A read-only connection, which never blocks the nightly run.

    Raises
    ------
    EnvironmentFault
        Nothing has been published yet.
    """
    path = snapshot or settings.snapshot_path
    if not path.exists():
        msg = f"no snapshot is published at {path}; run 'marginproof load' first"
        raise EnvironmentFault(msg)
    connection = _connect(path, settings, read_only=True)
    try:
        with name_faults(settings):
            yield connection
    finally:
        connection.close()


@contextmanager
def open_copy(path: Path, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a copy of the warehouse, which nobody reads yet, for writing."""
    connection = _connect(path, settings, read_only=False)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def open_empty(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty warehouse in memory, migrated, with the same limits as any other."""
    with open_memory(settings) as connection:
        apply_migrations(connection)
        yield connection


@contextmanager
def open_memory(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection without a file of its own, with the limits of the settings.

    Yields
    ------
    duckdb.DuckDBPyConnection
        For work on files that it attaches itself; it is closed on leaving.
    """
    connection = _connect(_IN_MEMORY, settings, read_only=False)
    try:
        yield connection
    finally:
        connection.close()


def apply_migrations(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Apply the numbered migrations that the warehouse has not seen, each in its transaction.

    Returns
    -------
    list of str
        Names of the migrations applied now.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS schema_migrations (name VARCHAR NOT NULL)")
    done = {row[0] for row in connection.execute("SELECT name FROM schema_migrations").fetchall()}
    applied = []
    for path in sorted(resource_path("sql/migrations").glob("*.sql")):
        if path.name in done:
            continue
        connection.execute("BEGIN")
        try:
            connection.execute(path.read_text(encoding="utf-8"))
            connection.execute("INSERT INTO schema_migrations VALUES ($1)", [path.name])
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        applied.append(path.name)
    return applied


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Run the block in one transaction: all of it is committed, or none."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        # A statement that met a full disk may have ended the transaction already; the error that
        # tells why must not give way to one about the rollback.
        with suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def fetch_frame(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, Any] | Sequence[Any] | None = None,
) -> pl.DataFrame:
    """Run a query and return its rows as a Polars frame, without a copy through Python objects."""
    frame: pl.DataFrame = connection.sql(query, params=parameters).pl()
    return frame


def fetch_value(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, Any] | Sequence[Any] | None = None,
) -> Any:
    """Run a query that returns one row of one column, and return that value."""
    # Fetching every row ends the result; an unfinished one blocks the connection.
    return connection.execute(query, parameters).fetchall()[0][0]
