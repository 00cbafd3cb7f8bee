"""Where the input files of a business date lie; only the standard library belongs here.

The inbox has either one folder per business date, named YYYY-MM-DD, or no such folders and the
files themselves. The files are read by the command, never here.
"""

import re
from datetime import date
from pathlib import Path

VARIABLE = "MARGINPROOF_INBOX"
"""Environment variable that names the inbox."""

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
