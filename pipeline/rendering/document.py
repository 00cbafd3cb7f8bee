"""Lays the report out and writes the PDF: WeasyPrint, archival variant, attachments, fixed bytes.

The only addresses the layout can fetch are the vendored fonts and the charts in memory; any other
ends the rendering. No text and no number is decided here.
"""

import hashlib
import importlib
import io
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from pipeline.errors import EnvironmentFault
from pipeline.rendering.compose import FONT_FILES, FONT_SCHEME, compose
from pipeline.rendering.model import ReportData

PDF_VARIANT = "pdf/a-3a"
_FONT_TYPE = "font/ttf"
_SVG_TYPE = "image/svg+xml"


def load_weasyprint() -> Any:
    """Import WeasyPrint, which loads Pango.

    Raises
    ------
    EnvironmentFault
        When the machine lacks the text layout libraries; the sentence names the packages.
    """
    try:
        return importlib.import_module("weasyprint")
    except OSError as error:
        msg = (
            "the report cannot be rendered because the Pango text layout libraries are missing;"
            " on Debian or Ubuntu install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
            f" ({str(error).splitlines()[0]})"
        )
        raise EnvironmentFault(msg) from error


def write_document(data: ReportData, reports: Path, target: Path) -> int:
    """Lay out the report and write it to a file.

    The bytes are the same for the same data when ``SOURCE_DATE_EPOCH`` is set, as the rendering
    process does.

    Parameters
    ----------
    data : ReportData
        Consistent data.
    reports : Path
        The folder with templates, style sheet, wording and fonts.
    target : Path
        File to write.

    Returns
    -------
    int
        Number of pages.

    Raises
    ------
    EnvironmentFault
        When the layout libraries are missing.
    RuntimeError
        When the layout reports an error: a font or a chart that could not be used.
    """
    weasyprint = load_weasyprint()
    composition = compose(data, reports)
    fetcher = make_fetcher(weasyprint, _resources(composition.charts, reports))
    fonts = importlib.import_module("weasyprint.text.fonts").FontConfiguration()
    style = (reports / "adequacy.css").read_text(encoding="utf-8")
    moment = datetime.combine(data.as_of_date, time(), tzinfo=UTC)
    attachments = [
        weasyprint.Attachment(
            file_obj=_stream(a.content),
            name=a.name,
            description=a.description,
            created=moment,
            modified=moment,
            relationship="Data",
            url_fetcher=fetcher,
        )
        for a in composition.attachments
    ]
    with _Errors() as errors:
        sheet = weasyprint.CSS(string=style, font_config=fonts, url_fetcher=fetcher)
        html = weasyprint.HTML(string=composition.html, url_fetcher=fetcher, base_url="report:")
        document = html.render(
            font_config=fonts, stylesheets=[sheet], pdf_variant=PDF_VARIANT, pdf_tags=True
        )
        document.metadata.attachments = attachments
        document.write_pdf(
            target,
            pdf_variant=PDF_VARIANT,
            pdf_tags=True,
            finisher=_list_attachments_once,
            pdf_identifier=hashlib.sha256(data.manifest.run_id.encode()).digest()[:16],
        )
    if errors.messages:
        msg = "the report's layout failed: " + "; ".join(errors.messages)
        raise RuntimeError(msg)
    return len(document.pages)


def make_fetcher(weasyprint: Any, resources: Mapping[str, tuple[bytes, str]]) -> Any:
    """Return a fetcher that knows the given addresses and ends the rendering at any other."""
    urls = importlib.import_module(f"{weasyprint.__name__}.urls")

    class OnlyOwnResources(urls.URLFetcher):  # type: ignore[name-defined,misc]
        """Serves fonts and charts from memory."""

        def fetch(self, url: str, headers: object = None) -> Any:  # noqa: ARG002
            if url not in resources:
                msg = f"the report may not fetch {url!r}"
                raise urls.FatalURLFetchingError(msg)
            content, media_type = resources[url]
            return urls.URLFetcherResponse(url, content, {"Content-Type": media_type})

    return OnlyOwnResources()


def _list_attachments_once(_: Any, pdf: Any) -> None:
    """Drop repeated entries of the catalogue's list of associated files."""
    pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])


def _resources(charts: Mapping[str, str], reports: Path) -> dict[str, tuple[bytes, str]]:
    fonts = {
        f"{FONT_SCHEME}{name}": ((reports / "fonts" / name).read_bytes(), _FONT_TYPE)
        for name in FONT_FILES
    }
    return fonts | {url: (svg.encode("utf-8"), _SVG_TYPE) for url, svg in charts.items()}


def _stream(content: bytes) -> Any:
    return io.BytesIO(content)


class _Errors(logging.Handler):
    """Collects what WeasyPrint logs as an error, which it would otherwise pass over."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())

    def __enter__(self) -> "_Errors":
        logging.getLogger("weasyprint").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("weasyprint").removeHandler(self)
