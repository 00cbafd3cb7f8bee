"""The verify step: whether a report is what its annex, its tables and the warehouse say it is.

Each witness is asked by a module of its own; here they are asked in order and their answers put
together.
"""

from dataclasses import dataclass
from pathlib import Path

from pipeline.rendering.annex import REPORT_DATA_NAME, read_report_data
from pipeline.rendering.model import ReportData
from pipeline.rendering.printed import read_printed
from pipeline.rendering.signature import SignatureState, check_signatures
from pipeline.settings import Settings
from pipeline.steps.verify_annex import check_files, compare_tables
from pipeline.steps.verify_differences import shorten
from pipeline.steps.verify_figures import COUNT_TESTS, recompute_figures
from pipeline.steps.verify_pages import compare_pages
from pipeline.steps.verify_warehouse import compare_with_warehouse


@dataclass(frozen=True)
class Verification:
    """What the verification of a report found.

    Attributes
    ----------
    differences : tuple of str
        One sentence for each thing that is not as it should be; empty where all agrees.
    statements : tuple of str
        What was compared and with which outcome, and what could not be compared.
    """

    differences: tuple[str, ...]
    statements: tuple[str, ...]


def verify_report(settings: Settings, path: Path) -> Verification:
    """Check a report against its checksums, its own tables and the warehouse.

    Parameters
    ----------
    settings : Settings
        Where the snapshots lie; without one the warehouse is not asked.
    path : Path
        The PDF.

    Returns
    -------
    Verification
        What differs and what was compared.

    Raises
    ------
    CheckFailed
        The file is no PDF that can be read.
    EnvironmentFault
        The file or the snapshot cannot be opened, or the layout libraries are missing.
    """
    printed = read_printed(path)
    content = path.read_bytes()
    signatures = check_signatures(content)
    differences = shorten(check_files(printed))
    differences += [s.sentence for s in signatures if s.state is SignatureState.INVALID]
    statements = [
        *(f"signature {s.state}: {s.sentence}" for s in signatures),
        f"{len(printed.attachments)} attached files compared with their checksums",
    ]
    try:
        data = read_report_data(printed.attachments)
    except (KeyError, TypeError, ValueError):
        differences.append(
            f"the attached {REPORT_DATA_NAME} is missing or cannot be read, so that no figure can"
            " be computed anew"
        )
        return Verification(tuple(differences), tuple(statements))
    differences += compare_tables(printed.attachments, data)
    differences += shorten(recompute_figures(data))
    statements.append(_state_recomputed(data))
    pages = compare_pages(printed, data)
    differences += shorten(pages.differences)
    statements.append(pages.statement)
    if pages.content is not None:
        statements.append(_compare_bytes(content, pages.content))
    warehouse = compare_with_warehouse(settings, data)
    differences += warehouse.differences
    statements += warehouse.statements
    return Verification(tuple(dict.fromkeys(differences)), tuple(statements))


def _compare_bytes(content: bytes, anew: bytes) -> str:
    """Say whether the file begins with the bytes that its data give; a signature follows them."""
    if content.startswith(anew):
        return "the bytes are those that the data give, up to a signature"
    return (
        "the bytes are not those that the data give: the file was saved again, or fonts were laid"
        " out by another system library"
    )


def _state_recomputed(data: ReportData) -> str:
    counted = sum(t.test in COUNT_TESTS for t in data.tests)
    daily = len(data.tests) - counted
    rows = len(data.coverage) + len(data.coverage_by_scope)
    text = (
        f"verdict, {rows} rows of coverage, offset credit and {counted} statistical tests computed"
        f" anew from {len(data.exceedances)} exceedances"
    )
    if daily:
        text += f"; {daily} tests need the losses day by day, which the warehouse holds"
    return text
