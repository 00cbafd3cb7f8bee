"""The rendering process of a page: reads it from stdin, writes one PDF, and ends.

``python -m pipeline.rendering.page_worker TARGET``. How it is asked and answers is in ``process``.
"""

import hashlib
import importlib
import json
from datetime import date
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from pipeline.rendering.compose import FONT_FILES, FONT_SCHEME
from pipeline.rendering.document import load_weasyprint, make_fetcher
from pipeline.rendering.process import answer_request, fixed_environment
from pipeline.resources import resource_path


def _render(text: str, target: Path) -> int:
    reports = resource_path("reports")
    page = json.loads(text)
    with fixed_environment(date.fromisoformat(page["date"]), reports / "fonts"):
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


if __name__ == "__main__":
    answer_request(_render)
