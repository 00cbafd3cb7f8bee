"""Renders a report in a process of its own and puts the finished file in place at once.

Nobody sees half a file: the PDF is written beside its place and moved there when it is complete.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import EnvironmentFault
from pipeline.rendering.codec import encode
from pipeline.rendering.consistency import check_consistency
from pipeline.rendering.model import ReportData
from pipeline.rendering.process import run_worker

TIME_LIMIT_SECONDS = 900


@dataclass(frozen=True)
class RenderedReport:
    """A rendered report.

    Attributes
    ----------
    path : Path
        Where it is.
    sha256 : str
        Checksum of the file in hexadecimal; the same for the same data.
    pages : int
        Number of pages.
    """

    path: Path
    sha256: str
    pages: int


def render_report(data: ReportData, output: Path) -> RenderedReport:
    """Render the adequacy report as an archival PDF with its annex files.

    Parameters
    ----------
    data : ReportData
        Finished numbers and texts.
    output : Path
        File to write; its folder is made when missing, an older report is replaced at once.

    Returns
    -------
    RenderedReport
        Path, checksum and number of pages.

    Raises
    ------
    CheckFailed
        When the data contradict themselves or hold a number that is none.
    WrongUse
        When there is no wording for the language.
    EnvironmentFault
        When the layout libraries are missing, the disk is full or the process was ended.
    """
    check_consistency(data)
    request = encode(data).encode("utf-8")
    part = _reserve(output)
    try:
        pages = run_worker(
            "pipeline.rendering.worker",
            request,
            part,
            subject="the report",
            limit_seconds=TIME_LIMIT_SECONDS,
        )
        digest = hashlib.sha256(part.read_bytes()).hexdigest()
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    return RenderedReport(output, digest, pages)


def _reserve(output: Path) -> Path:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{output.stem[:80]}-", dir=output.parent)
        os.fchmod(handle, 0o640)
        os.close(handle)
    except OSError as error:
        msg = f"the report cannot be written to {output}: {error.strerror or error}"
        raise EnvironmentFault(msg) from error
    return Path(name).resolve()
