"""Dated snapshots: one a business date, the newest few of them kept.

Publishing the snapshot that readers use belongs to ``snapshot``.
"""

import os
import re
import shutil
from datetime import date
from pathlib import Path

from pipeline.errors import EnvironmentFault
from pipeline.settings import Settings
from pipeline.warehouse.access import sweep_partial

_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.duckdb")


def keep_dated_snapshot(settings: Settings, business_date: date) -> Path:
    """Keep what is published now under its date, in place of what that date had before.

    Where the file system allows, the two names share one file, so that it costs no space until the
    next publication.

    Parameters
    ----------
    settings : Settings
        Where the snapshots lie.
    business_date : date
        Latest business date with results.

    Raises
    ------
    EnvironmentFault
        The folder cannot be written; what was published stays.
    """
    dated = settings.snapshots / f"{business_date}.duckdb"
    partial = settings.snapshots / f".partial-{os.getpid()}.duckdb"
    try:
        try:
            partial.hardlink_to(settings.snapshot_path)
        except OSError:
            shutil.copyfile(settings.snapshot_path, partial)
        partial.replace(dated)
        # Two names of one file are left alone by a rename.
        partial.unlink(missing_ok=True)
    except OSError as error:
        partial.unlink(missing_ok=True)
        msg = f"the snapshot {dated} cannot be kept: {error.strerror}"
        raise EnvironmentFault(msg) from error
    return dated


def list_dated_snapshots(settings: Settings) -> list[Path]:
    """Return the dated snapshots, the newest first."""
    if not settings.snapshots.is_dir():
        return []
    held = [path for path in settings.snapshots.iterdir() if _DATED.fullmatch(path.name)]
    return sorted(held, reverse=True)


def prune_snapshots(settings: Settings) -> list[Path]:
    """Remove dated snapshots beyond the newest few, and what killed processes left half-written.

    The caller holds the writer, so that no publication is under way.

    Returns
    -------
    list of Path
        The dated snapshots removed; the one that readers use is never among them.
    """
    removed = list_dated_snapshots(settings)[settings.kept_snapshots :]
    for path in removed:
        path.unlink(missing_ok=True)
    sweep_partial(settings.snapshots)
    return removed
