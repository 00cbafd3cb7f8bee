"""Handing a finished report on: the PDF and its companions, copied to the configured folder.

Only the standard library belongs here. Nothing is rendered or changed: the copies are byte for byte
what the report command wrote.
"""

import os
import shutil
from datetime import date
from pathlib import Path

VARIABLE = "MARGINPROOF_DISTRIBUTION"
"""Environment variable that names the folder which readers of the report look into."""

_HOME = "MARGINPROOF_HOME"


class NoReportError(ValueError):
    """There is nothing to hand on; the message is one clear sentence."""


def reports_folder() -> Path:
    """Return where the report command puts its files."""
    return Path(os.environ.get(_HOME) or "var") / "reports"


def copy_report(reports: Path, target: Path, as_of_date: date) -> list[Path]:
    """Copy a report and its companions into a folder of its date.

    Parameters
    ----------
    reports : Path
        Folder with ``adequacy-<date>.pdf`` and companions whose names begin like it.
    target : Path
        Folder of the readers; the files go into its subfolder of the date.
    as_of_date : date
        Date of the report.

    Returns
    -------
    list of Path
        The copies, the PDF last: whoever sees the PDF finds its companions there.

    Raises
    ------
    NoReportError
        The report does not exist.
    """
    stem = f"adequacy-{as_of_date}"
    report = reports / f"{stem}.pdf"
    if not report.is_file():
        msg = f"There is no report {report} to distribute."
        raise NoReportError(msg)
    companions = sorted(
        path for path in reports.glob(f"{stem}*") if path.is_file() and path != report
    )
    folder = target / as_of_date.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    copies = []
    for source in [*companions, report]:
        partial = folder / f".{source.name}.partial"
        shutil.copyfile(source, partial)
        partial.replace(folder / source.name)
        copies.append(folder / source.name)
    return copies
