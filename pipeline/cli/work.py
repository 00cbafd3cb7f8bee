"""The commands that do the day's work: load, check, compute, publish.

What they compute belongs to the steps they call.
"""

from datetime import date
from pathlib import Path

import click

from pipeline.cli.options import (
    DAY,
    as_of_option,
    json_option,
    model_option,
    publish_option,
    range_options,
    tell_exclusions,
)
from pipeline.cli.output import answer
from pipeline.settings import load_settings


@click.command()
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


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--known-at", type=DAY, help="Date from which a correction counts as known.")
@click.option("--source", "source", default="", help="Declared source that the files are of.")
@publish_option
@json_option
def load(
    paths: tuple[Path, ...], known_at: date | None, source: str, publish: bool, as_json: bool
) -> None:
    """Load input files: instruments*, accounts*, prices*, positions*, ... (.csv, .parquet)."""
    from pipeline.steps.load import load_files, raise_if_stopped
    from pipeline.steps.progress import say
    from pipeline.steps.session import open_session
    from pipeline.warehouse import publish_snapshot

    settings = load_settings()
    with open_session(settings, publish=False) as connection:
        summary = load_files(connection, settings, paths, known_at, source)
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


@click.command()
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


@click.command()
@range_options
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
        f" {summary.rows:,} rows{tell_exclusions(summary)}",
        {"margin": summary},
        as_json=as_json,
    )


@click.command()
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


@click.command()
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
        f" {summary.backtest.exceedances:,} exceedances so far{tell_exclusions(summary.margin)}",
        {"daily": summary},
        as_json=as_json,
    )


@click.command()
@range_options
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
        f" {last}{tell_exclusions(summary.margin)}",
        {"backfill": summary},
        as_json=as_json,
    )


@click.command()
@json_option
def publish(as_json: bool) -> None:
    """Publish what is committed as the newest read-only snapshot, and keep it under its date."""
    from pipeline.steps.housekeeping import keep_published
    from pipeline.steps.session import open_session
    from pipeline.warehouse import publish_snapshot

    settings = load_settings()
    with open_session(settings, publish=False) as connection:
        publish_snapshot(connection, settings)
        keep_published(connection, settings)
    answer(
        f"published {settings.snapshot_path}",
        {"snapshot": settings.snapshot_path},
        as_json=as_json,
    )


@click.command()
@click.argument("business_date", type=DAY, metavar="DATE")
@json_option
def calendar(business_date: date, as_json: bool) -> None:
    """Tell from the published prices whether files of a date are expected."""
    from pipeline.steps.calendar import look_up_date

    looked_up = look_up_date(load_settings(), business_date)
    answer(
        f"{business_date}: {'' if looked_up.is_expected else 'not '}expected; {looked_up.reason}",
        {"calendar": looked_up},
        as_json=as_json,
    )


@click.command()
@json_option
def housekeeping(as_json: bool) -> None:
    """Check the warehouse, rewrite it into a compact file, remove old dated snapshots."""
    from pipeline.steps.housekeeping import keep_house

    upkeep = keep_house(load_settings())
    compaction = upkeep.compaction
    answer(
        f"{compaction.rows:,} rows verified; warehouse {compaction.bytes_before:,} ->"
        f" {compaction.bytes_after:,} bytes; {len(upkeep.kept)} dated snapshots kept,"
        f" {len(upkeep.removed)} removed",
        {"housekeeping": upkeep},
        as_json=as_json,
    )


COMMANDS = (
    demo,
    load,
    check,
    margin,
    backtest,
    daily,
    backfill,
    publish,
    calendar,
    housekeeping,
)
