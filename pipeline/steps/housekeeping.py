"""The housekeeping step: integrity check, compaction, retention of snapshots.

How a file is rewritten and which snapshots are kept belongs to the warehouse.
"""

from dataclasses import dataclass
from datetime import date

import duckdb

from pipeline.errors import CheckFailed
from pipeline.settings import Settings
from pipeline.steps.progress import say
from pipeline.warehouse import open_reader, open_writer
from pipeline.warehouse.compaction import Compaction, compact_warehouse, take_fingerprint
from pipeline.warehouse.connection import fetch_value
from pipeline.warehouse.retention import (
    keep_dated_snapshot,
    list_dated_snapshots,
    prune_snapshots,
)


@dataclass(frozen=True)
class Upkeep:
    """What housekeeping did.

    Attributes
    ----------
    compaction : Compaction
        Rows and sizes of the warehouse.
    kept : tuple of str
        Names of the dated snapshots that stay, the newest first.
    removed : tuple of str
        Names of those that went.
    """

    compaction: Compaction
    kept: tuple[str, ...]
    removed: tuple[str, ...]


def keep_house(settings: Settings) -> Upkeep:
    """Check the warehouse and the published snapshot, compact the one, thin out the other.

    Raises
    ------
    CheckFailed
        A file cannot be read in full, or superseded rows end before they begin; nothing is changed.
    EnvironmentFault
        The warehouse is held by another process, or the disk is full.
    """
    say("integrity check")
    with open_writer(settings) as connection:
        require_integrity(connection)
    if settings.snapshot_path.exists():
        with open_reader(settings) as connection:
            require_integrity(connection)
    say("compaction")
    compaction = compact_warehouse(settings)
    say("retention")
    with open_writer(settings):
        removed = prune_snapshots(settings)
    return Upkeep(
        compaction,
        tuple(path.name for path in list_dated_snapshots(settings)),
        tuple(path.name for path in removed),
    )


def require_integrity(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every row, and hold the versions of every history table to their order.

    Raises
    ------
    CheckFailed
        A block cannot be read, or a version ends before it begins.
    """
    database = str(fetch_value(connection, "SELECT current_database()"))
    for name, _, _ in take_fingerprint(connection, database).tables:
        schema, table = name.split(".", 1)
        if schema != "history":
            continue
        # The name comes from the catalogue.
        wrong = fetch_value(
            connection,
            f'SELECT count(*) FROM history."{table}" WHERE known_to < known_from',  # noqa: S608
        )
        if wrong:
            msg = f"{wrong} rows of history.{table} end before they begin"
            raise CheckFailed(msg)


def keep_published(connection: duckdb.DuckDBPyConnection, settings: Settings) -> date | None:
    """Keep what was just published under its latest business date with results.

    Returns
    -------
    date or None
        That date; None while there are no results.
    """
    latest: date | None = fetch_value(connection, "SELECT max(business_date) FROM out_margin")
    if latest is not None:
        keep_dated_snapshot(settings, latest)
    return latest
