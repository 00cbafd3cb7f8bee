"""The rendering process: reads the report's data from stdin, writes one PDF, gives its memory back.

``python -m pipeline.rendering.worker TARGET``. The answer on stdout is one JSON object: the number
of pages, or the exit code and sentence of an error the user can mend. Only this process changes its
environment: the as-of date takes the place of the clock, and only the vendored fonts exist.
"""

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from pipeline.errors import EnvironmentFault, MarginproofError
from pipeline.rendering.codec import decode
from pipeline.rendering.document import write_document
from pipeline.rendering.model import ReportData
from pipeline.resources import resource_path


def main() -> None:
    """Render the report that stdin describes to the file that the first argument names."""
    data = decode(sys.stdin.buffer.read().decode("utf-8"))
    try:
        answer: dict[str, object] = {"pages": _render(data, Path(sys.argv[1]))}
    except MarginproofError as error:
        answer = {"exit_code": error.exit_code, "message": str(error)}
    sys.stdout.write(json.dumps(answer))


def _render(data: ReportData, target: Path) -> int:
    reports = resource_path("reports")
    try:
        with tempfile.TemporaryDirectory(prefix="report-fonts-") as folder:
            _fix_environment(data, reports / "fonts", Path(folder))
            return write_document(data, reports, target)
    except OSError as error:
        msg = f"the report could not be written to {target}: {error.strerror or error}"
        raise EnvironmentFault(msg) from error


def _fix_environment(data: ReportData, fonts: Path, folder: Path) -> None:
    moment = datetime.combine(data.as_of_date, datetime.min.time(), tzinfo=UTC)
    configuration = folder / "fonts.conf"
    configuration.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
        f"<fontconfig><dir>{escape(str(fonts))}</dir>"
        f"<cachedir>{escape(str(folder / 'cache'))}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    os.environ["FONTCONFIG_FILE"] = str(configuration)
    os.environ["SOURCE_DATE_EPOCH"] = str(int(moment.timestamp()))
    os.environ["TZ"] = "UTC"
    time.tzset()


if __name__ == "__main__":
    main()
