"""Publishing what readers see: a copy of the warehouse, swapped in by atomic rename.

Retention of old snapshots does not belong here.
"""

import os
import shutil
from pathlib import Path

import duckdb

from pipeline.errors import EnvironmentFault
from pipeline.settings import Settings
from pipeline.warehouse.views import create_views


def publish_snapshot(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Path:
    """Publish the committed state of the warehouse as the newest snapshot.

    The copy is complete on disk before it takes the place of the one before; readers that have the
    old one open keep it.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer, outside a transaction; holding it keeps the file still while it is copied.
    settings : Settings
        Where the snapshots lie.

    Returns
    -------
    Path
        The published snapshot.

    Raises
    ------
    EnvironmentFault
        The disk is full or not writable; the earlier snapshot stays.
    """
    connection.execute("CHECKPOINT")
    settings.snapshots.mkdir(parents=True, exist_ok=True)
    partial = settings.snapshots / f".partial-{os.getpid()}.duckdb"
    try:
        shutil.copyfile(settings.warehouse_path, partial)
        _add_views(partial)
        with partial.open("rb+") as copied:
            os.fsync(copied.fileno())
        partial.replace(settings.snapshot_path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        msg = (
            f"the snapshot {settings.snapshot_path} cannot be published: {error.strerror};"
            " the earlier one stays in place"
        )
        raise EnvironmentFault(msg) from error
    return settings.snapshot_path


def _add_views(path: Path) -> None:
    """Create the views that people query in a copy, so that any DuckDB client finds them there."""
    with duckdb.connect(str(path)) as connection:
        create_views(connection)
        connection.execute("CHECKPOINT")
