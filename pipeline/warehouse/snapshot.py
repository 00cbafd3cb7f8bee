"""Publishing what readers see: a copy of the warehouse, swapped in by atomic rename.

Retention of old snapshots does not belong here.
"""

import os
import shutil
from pathlib import Path

import duckdb

from pipeline.errors import EnvironmentFault
from pipeline.settings import Settings
from pipeline.warehouse.access import SHARED_FILE, make_folder, replace_durably, sweep_partial
from pipeline.warehouse.connection import open_copy
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
    partial = settings.snapshots / f".partial-{os.getpid()}.duckdb"
    try:
        make_folder(settings.snapshots)
        # One writer at a time: any copy that lies here was left by a process that was killed.
        sweep_partial(settings.snapshots)
        connection.execute("CHECKPOINT")
        shutil.copyfile(settings.warehouse_path, partial)
        with open_copy(partial, settings) as copy:
            # So that any DuckDB client finds the views that people query.
            create_views(copy)
            copy.execute("CHECKPOINT")
        partial.chmod(SHARED_FILE)
        replace_durably(partial, settings.snapshot_path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        msg = (
            f"the snapshot {settings.snapshot_path} cannot be published: {error.strerror};"
            " the earlier one stays in place"
        )
        raise EnvironmentFault(msg) from error
    return settings.snapshot_path
