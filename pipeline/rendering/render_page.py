"""Renders a page in a process of its own and puts the finished file in place at once.

The caller's process never imports the layout library.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from pipeline.errors import CheckFailed, EnvironmentFault, MarginproofError, WrongUse
from pipeline.rendering.page import Page

TIME_LIMIT_SECONDS = 120
_IMPORT_ROOT = Path(__file__).resolve().parents[2]
_ERRORS: dict[int, type[MarginproofError]] = {
    error.exit_code: error for error in (CheckFailed, WrongUse, EnvironmentFault)
}


def render_page(page: Page) -> bytes:
    """Return a page as PDF, the same bytes for the same page.

    Raises
    ------
    EnvironmentFault
        When the layout libraries are missing or the process was ended.
    """
    request = json.dumps(asdict(page), ensure_ascii=False).encode("utf-8")
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        target = Path(folder) / "page.pdf"
        command = [sys.executable, "-m", "pipeline.rendering.page_worker", str(target)]
        try:
            process = subprocess.run(
                command,
                input=request,
                capture_output=True,
                check=False,
                cwd=_IMPORT_ROOT,
                timeout=TIME_LIMIT_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            msg = f"the page was not rendered within {TIME_LIMIT_SECONDS} seconds"
            raise EnvironmentFault(msg) from error
        if process.returncode < 0:
            msg = f"the rendering process was ended by signal {-process.returncode}"
            raise EnvironmentFault(msg)
        if process.returncode > 0:
            msg = "the rendering process failed:\n" + process.stderr.decode("utf-8", "replace")
            raise RuntimeError(msg)
        answer = json.loads(process.stdout)
        if "message" in answer:
            raise _ERRORS[answer["exit_code"]](answer["message"])
        return target.read_bytes()
