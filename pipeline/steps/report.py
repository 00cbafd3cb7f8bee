"""The report step: gather figures from the snapshot, render, put the PDF in its place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipeline.margin.declaration import ModelDeclaration
from pipeline.rendering.model import ReportData, Verdict
from pipeline.rendering.render import render_report
from pipeline.rendering.wording import load_wording
from pipeline.resources import resource_path
from pipeline.settings import Settings
from pipeline.steps.freshness import require_fresh_results
from pipeline.steps.report_data import ReportRequest, gather_report
from pipeline.steps.report_exception import chart_dates, describe_exception, read_exception
from pipeline.steps.report_figures import read_account_history
from pipeline.steps.report_scope import ReportLevel, ReportScope, restrict, safe_name
from pipeline.warehouse.connection import open_reader
from pipeline.warehouse.known_at import Moment, open_reader_at


@dataclass(frozen=True)
class ReportSummary:
    """A rendered report.

    Attributes
    ----------
    path : Path
        The PDF.
    sha256 : str
        Its checksum.
    pages : int
        Number of pages.
    verdict : Verdict
        What page one says.
    signed_by : str
        Name on the certificate that signed it; empty where none did. The checksum is that of the
        report without the signature, which carries a wall time.
    """

    path: Path
    sha256: str
    pages: int
    verdict: Verdict
    signed_by: str = ""


def write_report(
    settings: Settings,
    models: Sequence[ModelDeclaration],
    request: ReportRequest,
    output: Path | None = None,
    known_at: date | None = None,
) -> ReportSummary:
    """Render the adequacy report from the newest snapshot.

    Parameters
    ----------
    settings : Settings
        Where snapshot and reports lie.
    models : sequence of ModelDeclaration
        Models shown, champion first.
    request : ReportRequest
        What to show.
    output : Path, optional
        Where to put the PDF; ``<home>/reports/adequacy-<as-of date>.pdf`` where omitted, with
        scope and identifier in the name where the report is not the firm's.
    known_at : date, optional
        Date at whose end results were known, to rebuild an earlier report; now where omitted.

    Returns
    -------
    ReportSummary
        The PDF and its verdict.
    """
    with open_reader_at(settings, Moment(known_at_date=known_at)) as connection:
        if known_at is None:
            # What was reported then is rebuilt as it was, whatever it lacked.
            require_fresh_results(connection, models, request.as_of_date)
        restrict(connection, request.scope)
        data = gather_report(connection, settings, models, request)
    name = f"adequacy-{request.as_of_date}{request.scope.file_suffix}.pdf"
    path = output or settings.reports / name
    return _render(settings, data, path)


def write_exception_report(
    settings: Settings,
    models: Sequence[ModelDeclaration],
    request: ReportRequest,
    exception_id: str,
    output: Path | None = None,
) -> ReportSummary:
    """Render the report of one exceedance from the newest snapshot.

    Parameters
    ----------
    settings, models, request, output
        As for `write_report`; the scope is the account of the exceedance, whatever was asked.
    exception_id : str
        Identifier in the exception register.

    Returns
    -------
    ReportSummary
        The PDF, and the verdict on the account.
    """
    with open_reader(settings) as connection:
        require_fresh_results(connection, models, request.as_of_date)
        row = read_exception(connection, exception_id)
        own = replace(request, scope=ReportScope(ReportLevel.ACCOUNT, row["account_id"]))
        restrict(connection, own.scope)
        data = gather_report(connection, settings, models, own)
        wording = load_wording(resource_path("reports/wording"), request.language)
        sections = describe_exception(connection, row, settings.reporting_currency, wording)
        first, last = chart_dates(row["business_date"])
        history = read_account_history(
            connection,
            min(last, request.as_of_date),
            row["model_id"],
            row["mpor_days"],
            row["account_id"],
        )
    path = output or settings.reports / f"exception-{safe_name(exception_id)}.pdf"
    shown = replace(
        data,
        layout="exception",
        further_sections=sections,
        account_histories=(history.since(first),),
    )
    return _render(settings, shown, path)


def _render(settings: Settings, data: ReportData, path: Path) -> ReportSummary:
    """Render what was gathered, and sign it where the environment names a key."""
    signer = None
    if settings.signing_p12 is not None:
        # Loaded only where asked for: it takes as long as a small report.
        from pipeline.rendering.signature import load_signer, sign_report

        signer = load_signer(settings.signing_p12, settings.signing_passphrase)
    rendered = render_report(data, path)
    signed_by = "" if signer is None else sign_report(path, signer)
    return ReportSummary(rendered.path, rendered.sha256, rendered.pages, data.verdict, signed_by)


def state_verdict(verdict: Verdict) -> str:
    """Return the verdict as one line for the terminal."""
    status = verdict.status.value.replace("_", " ").upper()
    if verdict.coverage_pct is None:
        reasons = [r for r in verdict.reasons if r.code.value == "history_too_short"]
        why = f"; {reasons[0].values[0].value}" if reasons else ""
        return f"{status}: no account-day could be tested{why}"
    return (
        f"{status}: margin after offsets covered {verdict.coverage_pct:.2f} % of"
        f" {verdict.observations:,} account-days (target {verdict.target_coverage_pct:g} %, 95 %"
        f" interval {verdict.coverage_low_pct:.2f} to {verdict.coverage_high_pct:.2f} %),"
        f" {verdict.exceedances} exceedances, {verdict.offset_caused_days} of them caused by"
        f" offsets; model {verdict.model_id}, horizon {verdict.mpor_days} day,"
        f" {verdict.window_start_date} to {verdict.window_end_date}"
    )
