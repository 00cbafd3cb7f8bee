"""The printed text against the text that the report's own data give.

Where this code and these libraries made the report, it is rendered once more and every piece of
text is compared. A report of another version is laid out differently: of such a one the figures of
page one are looked for.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib.metadata import PackageNotFoundError, version
from itertools import zip_longest
from pathlib import Path

from pipeline.errors import CheckFailed
from pipeline.rendering.formats import make_formats
from pipeline.rendering.model import ReportData
from pipeline.rendering.printed import PrintedReport, read_printed
from pipeline.rendering.render import render_report
from pipeline.rendering.tables import TableMaker
from pipeline.rendering.verdict_view import key_figures
from pipeline.rendering.wording import load_wording
from pipeline.resources import resource_path
from pipeline.steps.runs import code_version


@dataclass(frozen=True)
class PageComparison:
    """What the comparison of the pages found.

    Attributes
    ----------
    differences : tuple of str
        One sentence for each piece of text that differs.
    statement : str
        What was compared.
    content : bytes or None
        The report rendered anew; None where another version of the code made it.
    """

    differences: tuple[str, ...]
    statement: str
    content: bytes | None = None


def compare_pages(printed: PrintedReport, data: ReportData) -> PageComparison:
    """Compare the text of the pages with what the data give.

    Parameters
    ----------
    printed : PrintedReport
        The report as it lies in its file.
    data : ReportData
        What the report says it shows.

    Raises
    ------
    EnvironmentFault
        The report cannot be rendered here.
    """
    made_by = data.manifest.code_version
    others = [
        library.name
        for library in data.manifest.libraries
        if _installed(library.name) != library.version
    ]
    if made_by != code_version() or others:
        why = f"code {made_by}, and this is {code_version()}"
        if made_by == code_version():
            why = f"other versions of {', '.join(others)}"
        return PageComparison(
            tuple(_compare_page_one(printed, data)),
            f"the report was made by {why}: of the printed figures those of page one are compared",
        )
    try:
        with tempfile.TemporaryDirectory(prefix="marginproof-verify-") as folder:
            anew = render_report(data, Path(folder) / "report.pdf").path
            content, again = anew.read_bytes(), read_printed(anew)
    except CheckFailed as error:
        return PageComparison(
            (f"the report's own data contradict themselves: {error}",),
            "the report cannot be rendered anew",
        )
    return PageComparison(
        (*_compare_text(printed.pages, again.pages), *_compare_drawings(printed, again)),
        f"the report was rendered anew and the text and drawings of {len(again.pages)} pages"
        " compared",
        content,
    )


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _compare_text(found: Sequence[Sequence[str]], expected: Sequence[Sequence[str]]) -> list[str]:
    differences = []
    if len(found) != len(expected):
        differences.append(f"the report has {len(found)} pages and its data give {len(expected)}")
    for number, (one, other) in enumerate(zip_longest(found, expected, fillvalue=()), start=1):
        left, right = list(one), list(other)
        if left == right:
            continue
        for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            if kind != "equal":
                differences.append(
                    f"page {number} says {_quoted(left[a:b])} where its data give"
                    f" {_quoted(right[c:d])}"
                )
    return differences


def _compare_drawings(printed: PrintedReport, again: PrintedReport) -> list[str]:
    """Compare lines and areas where the text of a page agrees; another text moves them anyway."""
    return [
        f"page {number} draws other lines or areas than its data give"
        for number, (one, other) in enumerate(
            zip(printed.drawings, again.drawings, strict=False), start=1
        )
        if one != other and printed.pages[number - 1] == again.pages[number - 1]
    ]


def _quoted(pieces: Sequence[str]) -> str:
    text = " ".join(pieces)
    if not text:
        return "nothing"
    return f"{text[:117]}..." if len(text) > 120 else f"“{text}”"


def _compare_page_one(printed: PrintedReport, data: ReportData) -> list[str]:
    wording = load_wording(resource_path("reports/wording"), data.language)
    maker = TableMaker(wording, make_formats(data, wording))
    pieces = printed.pages[0] if printed.pages else ()
    text = f" {' '.join(' '.join(pieces).split())} "
    return [
        f"page 1 does not say that “{figure.label}” is {figure.value}"
        for figure in key_figures(data, maker)
        if f" {' '.join(f'{figure.label} {figure.value}'.split())} " not in text
    ]
