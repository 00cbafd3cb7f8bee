"""The commands about the report and its evidence: report, verify, export, exception.

The rendering belongs to the steps they call.
"""

from datetime import date
from pathlib import Path

import click

from pipeline.cli.options import DAY, as_of_option, json_option, model_option, publish_option
from pipeline.cli.output import answer
from pipeline.errors import CheckFailed, WrongUse
from pipeline.settings import load_settings


@click.command()
@as_of_option
@click.option(
    "--window",
    type=click.Choice(["last_250", "all"]),
    default="last_250",
    help="Window that the verdict rests on.",
)
@click.option(
    "--scope",
    type=click.Choice(["firm", "member", "account"]),
    default="firm",
    help="Whose results the report shows.",
)
@click.option("--id", "scope_id", default="", help="Member or account of that scope.")
@click.option("--exception", "exception_id", help="Report this one exceedance of the register.")
@click.option("--language", default="en", help="Wording of the report, by its language tag.")
@click.option("--output", type=click.Path(path_type=Path), help="Where to put the PDF.")
@click.option("--organisation", default="Marginproof", help="Name on the title.")
@click.option("--known-at", type=DAY, help="Rebuild what was known at this date.")
@model_option
@json_option
def report(
    as_of: date,
    window: str,
    scope: str,
    scope_id: str,
    exception_id: str | None,
    language: str,
    output: Path | None,
    organisation: str,
    known_at: date | None,
    model_ids: tuple[str, ...],
    as_json: bool,
) -> None:
    """Render the adequacy report from the newest snapshot."""
    from pipeline.steps.models import load_models
    from pipeline.steps.report import state_verdict, write_exception_report, write_report
    from pipeline.steps.report_data import ReportRequest
    from pipeline.steps.report_scope import ReportLevel, ReportScope

    settings = load_settings()
    models = load_models(settings, model_ids)
    request = ReportRequest(
        as_of,
        window,
        organisation,
        scope=ReportScope(ReportLevel(scope), scope_id),
        language=language,
    )
    if known_at is not None and (exception_id is not None or scope != "firm"):
        raise WrongUse(
            "--known-at rebuilds the report of the firm; leave out --scope and --exception"
        )
    if exception_id is not None:
        one = write_exception_report(settings, models, request, exception_id, output)
        answer(
            str(one.path),
            {"pdf": one.path, "sha256": one.sha256, "pages": one.pages},
            as_json=as_json,
        )
        return
    summary = write_report(settings, models, request, output, known_at)
    answer(
        f"{summary.path}\n{state_verdict(summary.verdict)}",
        {
            "pdf": summary.path,
            "sha256": summary.sha256,
            "pages": summary.pages,
            "verdict": summary.verdict,
        },
        as_json=as_json,
    )


@click.command()
@click.argument("pdf", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@json_option
def verify(pdf: Path | None, as_json: bool) -> None:
    """Check a report PDF against its annex, its own tables and the warehouse."""
    from pipeline.steps.verify import verify_report

    if pdf is None:
        msg = "name the report to verify"
        raise WrongUse(msg)
    verification = verify_report(load_settings(), pdf)
    differences = verification.differences
    answer(
        "\n".join(
            (
                *(f"compared: {statement}" for statement in verification.statements),
                *(f"differs: {difference}" for difference in differences),
                *(() if differences else (f"{pdf}: verified, nothing differs",)),
            )
        ),
        {
            "pdf": pdf,
            "verified": not differences,
            "differences": list(differences),
            "statements": list(verification.statements),
        },
        as_json=as_json,
    )
    if differences:
        count = len(differences)
        msg = f"{pdf}: not verified, {count} difference{'s' if count > 1 else ''} found"
        raise CheckFailed(msg)


@click.command()
@as_of_option
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), help="Folder to write to."
)
@model_option
@json_option
def export(as_of: date, output: Path | None, model_ids: tuple[str, ...], as_json: bool) -> None:
    """Write disclosure figures (CSV) and ISO 20022 messages from the newest snapshot."""
    from pipeline.steps.export import write_export
    from pipeline.steps.models import load_models

    settings = load_settings()
    summary = write_export(settings, load_models(settings, model_ids), as_of, output)
    answer(
        "\n".join(str(summary.folder / name) for name in summary.files),
        {"folder": summary.folder, "files": list(summary.files)},
        as_json=as_json,
    )


@click.command()
@click.argument("exception_id", metavar="ID")
@click.option(
    "--status",
    type=click.Choice(["open", "explained", "accepted", "closed"]),
    required=True,
    help="Where the investigation stands now.",
)
@click.option("--note", required=True, help="What was found.")
@click.option("--reviewer", required=True, help="Who found it.")
@click.option(
    "--known-at",
    type=DAY,
    help="Date from which the review counts as known. Default: the latest date of the backtest.",
)
@publish_option
@json_option
def exception(
    exception_id: str,
    status: str,
    note: str,
    reviewer: str,
    known_at: date | None,
    publish: bool,
    as_json: bool,
) -> None:
    """Record what a review found about the exceedance with this ID of the register."""
    from pipeline.steps.exceptions import ExceptionStatus, Review, review_exception
    from pipeline.steps.session import open_session

    settings = load_settings()
    review = Review(exception_id, ExceptionStatus(status), note, reviewer, known_at)
    with open_session(settings, publish=publish) as connection:
        reviewed = review_exception(connection, review)
    answer(
        f"exception {reviewed.exception_id} (account {reviewed.account_id},"
        f" {reviewed.business_date}): {reviewed.status}, known from {reviewed.known_from}"
        f"{'' if reviewed.is_changed else '; it stood so already'}",
        {"exception": reviewed},
        as_json=as_json,
    )


COMMANDS = (report, verify, export, exception)
