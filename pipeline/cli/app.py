"""The commands. Heavy libraries are imported by the step that a command calls, not here."""

import os
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline import __version__
from pipeline.cli.output import answer
from pipeline.errors import MarginproofError, WrongUse
from pipeline.settings import load_settings

if TYPE_CHECKING:
    from pipeline.steps.margin import MarginSummary

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _Day(click.ParamType[date]):
    """A business date written as YYYY-MM-DD."""

    name = "date"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Read the date, or say in one sentence what was expected."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - no zone in a date
        except ValueError:
            self.fail(f"{value!r} is no date; expected YYYY-MM-DD", param, ctx)


DAY = _Day()
json_option = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
publish_option = click.option(
    "--publish/--no-publish", default=True, help="Publish a snapshot at the end."
)
model_option = click.option(
    "--model",
    "model_ids",
    multiple=True,
    help="Model to run; may be repeated. Default: the models in force.",
)
as_of_option = click.option(
    "--as-of", "as_of", type=DAY, required=True, help="Last date whose prices are used."
)


def _range_options(command: _Command) -> _Command:
    """Add --from and --to."""
    last = click.option("--to", "last", type=DAY, required=True, help="Last business date.")
    first = click.option("--from", "first", type=DAY, required=True, help="First business date.")
    return first(last(command))


@click.group(no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="marginproof", message="%(prog)s %(version)s")
def app() -> None:
    """Is the margin collected after offsets still enough? Backtest it and report it."""


@app.command()
@click.option(
    "--period",
    type=click.Choice(["standard", "crisis"]),
    default="standard",
    help="2016 to 2018 with options, or July 2007 to June 2009 without.",
)
@model_option
@json_option
def demo(period: str, model_ids: tuple[str, ...], as_json: bool) -> None:
    """Run the main job on real market history and end with the PDF."""
    from pipeline.steps.demo import run_demo
    from pipeline.steps.report import state_verdict

    summary = run_demo(load_settings(), "crisis" if period == "crisis" else "standard", model_ids)
    answer(
        f"{summary.report.path}\n{state_verdict(summary.report.verdict)}",
        {
            "pdf": summary.report.path,
            "pages": summary.report.pages,
            "home": summary.home,
            "verdict": summary.report.verdict,
        },
        as_json=as_json,
    )


@app.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--known-at", type=DAY, help="Date from which a correction counts as known.")
@publish_option
@json_option
def load(paths: tuple[Path, ...], known_at: date | None, publish: bool, as_json: bool) -> None:
    """Load input files: instruments*, accounts*, prices*, positions*, ... (.csv, .parquet)."""
    from pipeline.steps.load import load_files, raise_if_stopped
    from pipeline.steps.progress import say
    from pipeline.steps.session import open_session
    from pipeline.warehouse import publish_snapshot

    settings = load_settings()
    with open_session(settings, publish=False) as connection:
        summary = load_files(connection, settings, paths, known_at)
        if publish and summary.rows:
            publish_snapshot(connection, settings)
    for warning in summary.warnings:
        say(f"warning: {warning}")
    raise_if_stopped(summary)
    rows = ", ".join(f"{count:,} {kind}" for kind, count in sorted(summary.rows.items()))
    answer(
        f"loaded {summary.files} files: {rows or 'no rows'}; {summary.changed} partitions changed,"
        f" {summary.quarantined} rows quarantined",
        {"load": summary},
        as_json=as_json,
    )


@app.command()
@click.argument("business_date", type=DAY, metavar="DATE")
@click.option("--outputs", is_flag=True, help="Check the results instead of the inputs.")
@json_option
def check(business_date: date, outputs: bool, as_json: bool) -> None:
    """Hold what is committed for a date to the data contracts."""
    from pipeline.steps.check import check_inputs, check_outputs, raise_if_failed
    from pipeline.steps.progress import say
    from pipeline.steps.session import open_session

    settings = load_settings()
    with open_session(settings, publish=False) as connection:
        summary = (
            check_outputs(connection, business_date)
            if outputs
            else check_inputs(connection, settings, business_date)
        )
    for warning in summary.warnings:
        say(f"warning: {warning}")
    raise_if_failed(summary)
    answer(
        f"{business_date}: {summary.rules} rules hold on {summary.rows:,} rows",
        {"check": summary},
        as_json=as_json,
    )


@app.command()
@_range_options
@model_option
@publish_option
@json_option
def margin(
    first: date, last: date, model_ids: tuple[str, ...], publish: bool, as_json: bool
) -> None:
    """Recompute margin with and without offsets where it is out of date."""
    from pipeline.steps.daily import record_step, require_range
    from pipeline.steps.margin import update_margins
    from pipeline.steps.models import load_models
    from pipeline.steps.session import open_session

    settings = load_settings()
    require_range(first, last)
    models = load_models(settings, model_ids)
    with open_session(settings, publish=publish) as connection:
        summary = update_margins(connection, settings, models, first, last)
        record_step(connection, "margin", last, models)
    answer(
        f"margin {first} to {last}: {summary.dates} dates recomputed,"
        f" {summary.rows:,} rows{_tell_exclusions(summary)}",
        {"margin": summary},
        as_json=as_json,
    )


@app.command()
@as_of_option
@model_option
@publish_option
@json_option
def backtest(as_of: date, model_ids: tuple[str, ...], publish: bool, as_json: bool) -> None:
    """Compare margin with the losses that followed, up to a date, and test the coverage."""
    from pipeline.steps.backtest import update_backtest
    from pipeline.steps.daily import record_step
    from pipeline.steps.models import load_models
    from pipeline.steps.session import open_session

    settings = load_settings()
    models = load_models(settings, model_ids)
    with open_session(settings, publish=publish) as connection:
        summary = update_backtest(connection, settings, models, as_of)
        record_step(connection, "backtest", as_of, models)
    answer(
        f"backtest as of {as_of}: {summary.observations:,} account-days,"
        f" {summary.exceedances:,} exceedances of the core model,"
        f" {summary.adequacy_exceedances:,} of the margin in force",
        {"backtest": summary},
        as_json=as_json,
    )


@app.command()
@as_of_option
@click.option(
    "--window",
    type=click.Choice(["last_250", "all"]),
    default="last_250",
    help="Window that the verdict rests on.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Where to put the PDF.")
@click.option("--organisation", default="Marginproof", help="Name on the title.")
@model_option
@json_option
def report(
    as_of: date,
    window: str,
    output: Path | None,
    organisation: str,
    model_ids: tuple[str, ...],
    as_json: bool,
) -> None:
    """Render the adequacy report from the newest snapshot."""
    from pipeline.steps.models import load_models
    from pipeline.steps.report import state_verdict, write_report
    from pipeline.steps.report_data import ReportRequest

    settings = load_settings()
    summary = write_report(
        settings,
        load_models(settings, model_ids),
        ReportRequest(as_of, window, organisation),
        output,
    )
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


@app.command()
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


@app.command()
@click.option("--date", "business_date", type=DAY, required=True, help="Business date.")
@model_option
@publish_option
@json_option
def daily(business_date: date, model_ids: tuple[str, ...], publish: bool, as_json: bool) -> None:
    """Check, margin, backtest, check and publish for one committed business date."""
    from pipeline.steps.daily import run_day
    from pipeline.steps.models import load_models
    from pipeline.steps.session import open_session

    settings = load_settings()
    models = load_models(settings, model_ids)
    with open_session(settings, publish=publish) as connection:
        summary = run_day(connection, settings, models, business_date)
    answer(
        f"{business_date}: {summary.margin.rows:,} margin rows,"
        f" {summary.backtest.exceedances:,} exceedances so far{_tell_exclusions(summary.margin)}",
        {"daily": summary},
        as_json=as_json,
    )


@app.command()
@_range_options
@model_option
@publish_option
@json_option
def backfill(
    first: date, last: date, model_ids: tuple[str, ...], publish: bool, as_json: bool
) -> None:
    """Compute a range of committed dates at once."""
    from pipeline.steps.daily import compute_range
    from pipeline.steps.models import load_models
    from pipeline.steps.session import open_session

    settings = load_settings()
    models = load_models(settings, model_ids)
    with open_session(settings, publish=publish) as connection:
        summary = compute_range(connection, settings, models, first, last)
    answer(
        f"{first} to {last}: {summary.margin.dates} dates recomputed,"
        f" {summary.backtest.exceedances:,} exceedances up to"
        f" {last}{_tell_exclusions(summary.margin)}",
        {"backfill": summary},
        as_json=as_json,
    )


@app.command()
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


@app.command()
@json_option
def publish(as_json: bool) -> None:
    """Publish what is committed as the newest read-only snapshot."""
    from pipeline.steps.session import open_session

    settings = load_settings()
    with open_session(settings, publish=True):
        pass
    answer(
        f"published {settings.snapshot_path}",
        {"snapshot": settings.snapshot_path},
        as_json=as_json,
    )


@app.command()
@click.option("-c", "--command", "query", required=True, help="The query.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    help="How rows are written.",
)
def sql(query: str, output_format: str) -> None:
    """Run a query on the newest snapshot, read-only."""
    from pipeline.steps.query import run_query

    sys.stdout.write(run_query(load_settings(), query, output_format))


@app.command("models")
@json_option
def list_models(as_json: bool) -> None:
    """List the models with their parameters and the source of each."""
    from pipeline.steps.describe import describe_models

    sentence, detail = describe_models(load_settings())
    answer(sentence, detail, as_json=as_json)


@app.command()
@click.argument("table", required=False)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Markdown file to write; standard output where omitted.",
)
def catalogue(table: str | None, output: Path | None) -> None:
    """Describe every table and its columns as Markdown, or one TABLE as text."""
    from pipeline.steps import catalogue as step

    if table is not None and output is not None:
        raise WrongUse("--output takes the whole catalogue; leave out TABLE or --output")
    if output is not None:
        step.write_catalogue(output)
        sys.stdout.write(f"{output}\n")
    elif table is not None:
        sys.stdout.write(step.describe_table(table))
    else:
        sys.stdout.write(step.format_catalogue(step.describe_tables()))


@app.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check the environment: libraries, data home, fonts, disk."""
    from pipeline.steps.doctor import examine_environment, raise_if_unfit

    findings = examine_environment(load_settings())
    lines = [f"{'ok  ' if f.is_fit else 'FAIL'} {f.subject}: {f.detail}" for f in findings]
    answer("\n".join(lines), {"doctor": [vars(f) for f in findings]}, as_json=as_json)
    raise_if_unfit(findings)


def _tell_exclusions(summary: "MarginSummary") -> str:
    """Say how many account-days have no margin, and why."""
    if not summary.excluded:
        return ""
    return f"; {summary.excluded:,} account-days without a margin: {summary.exclusion_reason}"


def main() -> None:
    """Run the command line; never ends with a traceback for what a user can meet."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : list of str
        What follows the program's name.
    """
    try:
        code = app.main(args=arguments, prog_name="marginproof", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        sys.stderr.write(f"{help_wanted.format_message()}\n")
        code = WrongUse.exit_code
    except click.ClickException as error:
        code = _fail(error.format_message(), WrongUse.exit_code)
    except (click.Abort, KeyboardInterrupt):
        code = _fail("stopped", 130)
    except MarginproofError as error:
        code = _fail(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader of our output went away; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    return code if isinstance(code, int) else 0


def _fail(sentence: str, code: int) -> int:
    sys.stderr.write(f"marginproof: {' '.join(sentence.split())}\n")
    return code
