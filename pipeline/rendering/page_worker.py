"""The rendering process of a page: reads it from stdin, writes one PDF, gives its memory back.

``python -m pipeline.rendering.page_worker TARGET``. The answer on stdout is one JSON object: the
number of pages, or the exit code and sentence of an error the user can mend.
"""

import hashlib
import importlib
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from pipeline.errors import MarginproofError
from pipeline.rendering.compose import FONT_FILES, FONT_SCHEME
from pipeline.rendering.document import load_weasyprint, make_fetcher
from pipeline.resources import resource_path


def main() -> None:
    """Render the page that stdin describes to the file that the first argument names."""
    text = sys.stdin.buffer.read().decode("utf-8")
    try:
        answer: dict[str, object] = {"pages": _render(text, Path(sys.argv[1]))}
    except MarginproofError as error:
        answer = {"exit_code": error.exit_code, "message": str(error)}
    sys.stdout.write(json.dumps(answer))


def _render(text: str, target: Path) -> int:
    reports = resource_path("reports")
    page = json.loads(text)
    with tempfile.TemporaryDirectory(prefix="page-fonts-") as folder:
        _fix_environment(page["date"], reports / "fonts", Path(folder))
        weasyprint = load_weasyprint()
        fetcher = make_fetcher(
            weasyprint,
            {
                f"{FONT_SCHEME}{name}": ((reports / "fonts" / name).read_bytes(), "font/ttf")
                for name in FONT_FILES
            },
        )
        fonts = importlib.import_module("weasyprint.text.fonts").FontConfiguration()
        environment = SandboxedEnvironment(
            loader=FileSystemLoader(str(reports)), autoescape=True, undefined=StrictUndefined
        )
        document = weasyprint.HTML(
            string=environment.get_template("explain.html.j2").render(page=page),
            url_fetcher=fetcher,
            base_url="report:",
        ).render(font_config=fonts, pdf_tags=True)
        identifier = hashlib.sha256(text.encode()).digest()[:16]
        document.write_pdf(target, pdf_tags=True, pdf_identifier=identifier)
        return len(document.pages)


def _fix_environment(day: str, fonts: Path, folder: Path) -> None:
    """Let the page's date take the place of the clock, and the vendored fonts that of others."""
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
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
