"""Who may read the files of a data home, whatever the umask of whoever starts a command.

The warehouse belongs to its writer alone; what is published is for the group as well; nothing is
for others. Files that a process left behind when it was killed are swept here too.
"""

import os
import re
import stat
from pathlib import Path

OWNER_FILE = 0o600
OWNER_FOLDER = 0o700
SHARED_FILE = 0o640
SHARED_FOLDER = 0o750

_PARTIAL = ".partial-*"
_SPILL_FILE = re.compile(r"duckdb_temp_(?P<pid>\d+)_.*")


def make_folder(folder: Path, mode: int = SHARED_FOLDER) -> None:
    """Create a folder with its mode; one that exists already keeps the mode it was given."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)


def set_mode(path: Path, mode: int) -> None:
    """Give a file its mode, where it is ours to give."""
    state = path.stat()
    if stat.S_IMODE(state.st_mode) != mode and state.st_uid == os.geteuid():
        path.chmod(mode)


def sweep_spill(folder: Path) -> int:
    """Delete what dead processes spilled into a folder; return how many files that were."""
    swept = 0
    for path in folder.iterdir():
        spilled = _SPILL_FILE.fullmatch(path.name)
        if spilled and not _is_alive(int(spilled["pid"])):
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def sweep_partial(folder: Path) -> None:
    """Delete copies of snapshots that a killed process left; the caller holds the writer."""
    for path in folder.glob(_PARTIAL):
        path.unlink(missing_ok=True)


def replace_durably(partial: Path, place: Path) -> None:
    """Let a finished file take a place at once, so that it lasts through a power cut."""
    with partial.open("rb+") as finished:
        os.fsync(finished.fileno())
    partial.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
