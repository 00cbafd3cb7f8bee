"""Where the input files of a business date lie; only the standard library belongs here.

The inbox has either one folder per business date, named YYYY-MM-DD, or no such folders and the
files themselves. The files are read by the command, never here.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

VARIABLE = "MARGINPROOF_INBOX"
"""Environment variable that names the inbox."""

NEEDED = ("prices", "positions")
"""Kinds of file without which a date cannot be computed; a file's name begins with its kind."""

_ENDINGS = (".csv", ".parquet")
_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class NoInputsError(ValueError):
    """There is no folder to load; the message is one clear sentence."""


def resolve_inputs_folder(inbox: str | None, business_date: date) -> Path:
    """Return the folder to load for a business date.

    Parameters
    ----------
    inbox : str or None
        Value of ``MARGINPROOF_INBOX``.
    business_date : date
        The date of the run.

    Returns
    -------
    Path
        An absolute path: the folder of the date where the inbox has folders per date, else the
        inbox itself.

    Raises
    ------
    NoInputsError
        When the inbox is not set or missing, or has folders per date but none for this one:
        falling back to the whole inbox would load other dates unnoticed.
    """
    if not inbox:
        msg = f"{VARIABLE} is not set: it must name the folder that holds the input files."
        raise NoInputsError(msg)
    folder = Path(inbox).absolute()
    if not folder.is_dir():
        msg = f"The inputs folder {folder} named by {VARIABLE} does not exist."
        raise NoInputsError(msg)
    dated = folder / business_date.isoformat()
    if dated.is_dir():
        return dated
    if any(_DATED.fullmatch(entry.name) and entry.is_dir() for entry in folder.iterdir()):
        msg = f"The inbox {folder} has folders per business date but none for {business_date}."
        raise NoInputsError(msg)
    return folder


@dataclass(frozen=True)
class Delivery:
    """What has arrived for a business date.

    Attributes
    ----------
    folder : Path or None
        The folder, None while there is none.
    missing : tuple of str
        Needed kinds of which no file is there.
    newest : float
        Time of the latest change to a file, in seconds since 1970; 0 where there is no file.
    """

    folder: Path | None
    missing: tuple[str, ...] = NEEDED
    newest: float = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all has arrived."""
        return self.missing == NEEDED

    def is_complete(self, moment: float, settle_seconds: float) -> bool:
        """Whether every needed file is there and none has changed for a while.

        Parameters
        ----------
        moment : float
            The present, in seconds since 1970.
        settle_seconds : float
            How long files must have been left alone: a file still growing is not there yet.
        """
        return not self.missing and moment - self.newest >= settle_seconds


def examine_delivery(inbox: str | None, business_date: date) -> Delivery:
    """Look at what has arrived for a date.

    Raises
    ------
    NoInputsError
        The inbox is not set or does not exist, which no waiting mends.
    """
    if not inbox or not Path(inbox).is_dir():
        resolve_inputs_folder(inbox, business_date)
    try:
        folder = resolve_inputs_folder(inbox, business_date)
    except NoInputsError:
        return Delivery(None)
    files = [entry for entry in folder.iterdir() if entry.name.lower().endswith(_ENDINGS)]
    missing = tuple(kind for kind in NEEDED if not any(f.name.startswith(kind) for f in files))
    return Delivery(folder, missing, max((f.stat().st_mtime for f in files), default=0.0))


def resolve_range_folders(inbox: str | None, first_date: date, last_date: date) -> list[Path]:
    """Return the folders to load for a range of dates: those of its dates, else the inbox itself.

    Raises
    ------
    NoInputsError
        When the inbox is not set or missing, or has folders per date but none in the range.
    """
    if not inbox or not Path(inbox).is_dir():
        return [resolve_inputs_folder(inbox, first_date)]
    folder = Path(inbox).absolute()
    dated = sorted(
        entry for entry in folder.iterdir() if _DATED.fullmatch(entry.name) and entry.is_dir()
    )
    if not dated:
        return [folder]
    # Dates of this form sort as text.
    held = [entry for entry in dated if str(first_date) <= entry.name <= str(last_date)]
    if not held:
        msg = f"The inbox {folder} has no folder of a date from {first_date} to {last_date}."
        raise NoInputsError(msg)
    return held
