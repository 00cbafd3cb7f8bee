"""The process that a document is rendered in: how it is asked and answers, and what it sees.

The caller's process never imports the layout library and keeps none of its memory. What is rendered
belongs to ``worker`` and ``page_worker``, where the finished file goes to ``render`` and the steps.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from pipeline.errors import CheckFailed, EnvironmentFault, MarginproofError, WrongUse

_IMPORT_ROOT = Path(__file__).resolve().parents[2]
_ERRORS: dict[int, type[MarginproofError]] = {
    error.exit_code: error for error in (CheckFailed, WrongUse, EnvironmentFault)
}


def run_worker(
    module: str, request: bytes, target: Path, *, subject: str, limit_seconds: int
) -> int:
    """Let a module render a request to a file in a process of its own.

    Parameters
    ----------
    module : str
        Module to run; it answers by `answer_request`.
    request : bytes
        What it reads from stdin.
    target : Path
        File that it writes.
    subject : str
        What is rendered, for the sentence of an error: "the report".
    limit_seconds : int
        Time after which the process is ended.

    Returns
    -------
    int
        Number of pages.

    Raises
    ------
    CheckFailed, WrongUse, EnvironmentFault
        What the process answered.
    EnvironmentFault
        The process was ended, or took too long.
    """
    try:
        process = subprocess.run(
            [sys.executable, "-m", module, str(target)],
            input=request,
            capture_output=True,
            check=False,
            cwd=_IMPORT_ROOT,
            timeout=limit_seconds,
        )
    except subprocess.TimeoutExpired as error:
        msg = f"{subject} was not rendered within {limit_seconds} seconds"
        raise EnvironmentFault(msg) from error
    if process.returncode < 0:
        msg = (
            f"the rendering process was ended by signal {-process.returncode},"
            " most often because memory ran out"
        )
        raise EnvironmentFault(msg)
    if process.returncode > 0:
        msg = "the rendering process failed:\n" + process.stderr.decode("utf-8", "replace")
        raise RuntimeError(msg)
    answer: dict[str, Any] = json.loads(process.stdout)
    if "message" in answer:
        raise _ERRORS[answer["exit_code"]](answer["message"])
    return int(answer["pages"])


def answer_request(render: Callable[[str, Path], int]) -> None:
    """Render what stdin holds to the file that the first argument names, and answer on stdout.

    The answer is one JSON object: the number of pages, or the exit code and sentence of an error
    the user can mend.

    Parameters
    ----------
    render : callable
        Text of the request and file to number of pages.
    """
    text = sys.stdin.buffer.read().decode("utf-8")
    try:
        answer: dict[str, object] = {"pages": render(text, Path(sys.argv[1]))}
    except MarginproofError as error:
        answer = {"exit_code": error.exit_code, "message": str(error)}
    sys.stdout.write(json.dumps(answer))


@contextmanager
def fixed_environment(day: date, fonts: Path) -> Iterator[None]:
    """Let a date take the place of the clock, and the vendored fonts that of all others.

    Only a process that renders one document and ends may be changed so.

    Parameters
    ----------
    day : date
        Date of the document.
    fonts : Path
        Folder of the only fonts there are.
    """
    moment = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
    with tempfile.TemporaryDirectory(prefix="report-fonts-") as folder:
        configuration = Path(folder) / "fonts.conf"
        configuration.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
            f"<fontconfig><dir>{escape(str(fonts))}</dir>"
            f"<cachedir>{escape(str(Path(folder) / 'cache'))}</cachedir></fontconfig>",
            encoding="utf-8",
        )
        os.environ["FONTCONFIG_FILE"] = str(configuration)
        os.environ["SOURCE_DATE_EPOCH"] = str(int(moment.timestamp()))
        os.environ["TZ"] = "UTC"
        time.tzset()
        yield
