"""The commands that ask why: sql, explain, compare.

Nothing here opens the warehouse for writing.
"""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import DAY
from pipeline.errors import WrongUse
from pipeline.settings import load_settings

if TYPE_CHECKING:
    import polars as pl

    from pipeline.rendering.page import Page
    from pipeline.steps.query import Analyst

snapshot_option = click.option(
    "--snapshot", help="Name or path of a snapshot. Default: the newest."
)
known_at_option = click.option(
    "--known-at", type=DAY, help="Show rows as they were known at this date."
)


@click.command()
@click.argument("source", required=False, metavar="[FILE|QUESTION]")
@click.option("-c", "--command", "query", help="The query.")
@click.option("--param", "assignments", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@snapshot_option
@click.option("--as-of", "as_of", type=DAY, help="Last date whose rows and prices are shown.")
@known_at_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "csv", "json", "parquet"]),
    help="How rows are written. Default: by the ending of --output, else a table.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--list", "as_list", is_flag=True, help="List the questions that have a name.")
@click.option("--describe", metavar="TABLE", help="Describe a table or view and its columns.")
def sql(
    source: str | None,
    query: str | None,
    assignments: tuple[str, ...],
    snapshot: str | None,
    as_of: date | None,
    known_at: date | None,
    output_format: str | None,
    output: Path | None,
    as_list: bool,
    describe: str | None,
) -> None:
    """Ask a snapshot: a query, a file, a named question, or a shell. Read-only."""
    if sum((as_list, describe is not None, query is not None, source is not None)) > 1:
        raise WrongUse("give one of FILE, -c, --list and --describe")
    if as_list or describe is not None:
        sys.stdout.write(_tell(describe))
        return
    from pipeline.steps.query import open_analyst
    from pipeline.steps.query_output import choose_format, write_rows
    from pipeline.steps.whole_file import write_whole
    from pipeline.warehouse.known_at import Moment

    settings = load_settings()
    form = choose_format(output_format, output.suffix if output else "")
    with open_analyst(settings, snapshot, Moment(as_of, known_at)) as analyst:
        sys.stderr.write(f"{analyst.told}\n")
        if query is None and source is None:
            from pipeline.steps.query_shell import run_shell

            if output is not None or assignments:
                raise WrongUse("--output and --param need a query: -c, a file or a question")
            run_shell(settings, analyst, form)
            return
        rows = _ask(analyst, source, query, assignments)
    content = write_rows(rows, form)
    if output is None:
        sys.stdout.write(content.decode())
        return
    write_whole(output, content, "the answer")
    sys.stdout.write(f"{output}\n")


def _tell(table: str | None) -> str:
    if table is not None:
        from pipeline.steps.catalogue import describe_table

        return describe_table(table)
    from pipeline.steps.investigations import format_list, list_investigations

    return format_list(list_investigations())


def _ask(
    analyst: "Analyst", source: str | None, query: str | None, assignments: tuple[str, ...]
) -> "pl.DataFrame":
    from pipeline.steps.investigations import find_investigation
    from pipeline.steps.query import run_query
    from pipeline.steps.query_parameters import read_assignments

    given = read_assignments(assignments)
    if source is None:
        return run_query(analyst, query or "", given)
    asked = find_investigation(source)
    return run_query(analyst, asked.text, given, asked.parameters)


@click.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("business_date", type=DAY, metavar="DATE")
@click.option("--model", "model_id", help="Model. Default: the first in force.")
@click.option("--mpor-days", type=int, help="Horizon. Default: the shortest of the model.")
@snapshot_option
@click.option("--as-of", "as_of", type=DAY, help="Last date whose prices are used.")
@known_at_option
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="PDF to write.")
def explain(
    account_id: str,
    business_date: date,
    model_id: str | None,
    mpor_days: int | None,
    snapshot: str | None,
    as_of: date | None,
    known_at: date | None,
    output: Path | None,
) -> None:
    """Explain the margin and the loss of ACCOUNT on DATE, on the terminal or as PDF."""
    from pipeline.steps.explanation import AccountDay, explain_account_day, find_horizon
    from pipeline.steps.query import open_analyst
    from pipeline.warehouse.known_at import Moment

    settings = load_settings()
    model = model_id or settings.models[0]
    with open_analyst(settings, snapshot, Moment(as_of, known_at)) as analyst:
        shortest = find_horizon(analyst, account_id, business_date, model)
        day = AccountDay(account_id, business_date, model, mpor_days or shortest)
        page = explain_account_day(analyst, day)
    show_page(page, output)


def show_page(page: "Page", output: Path | None) -> None:
    """Write a page to the terminal, or as PDF to a file."""
    if output is None:
        from pipeline.steps.page_text import draw_page

        sys.stdout.write(draw_page(page))
        return
    from pipeline.rendering.render_page import render_page
    from pipeline.steps.whole_file import write_whole

    write_whole(output, render_page(page), "the page")
    sys.stdout.write(f"{output}\n")


COMMANDS = (sql, explain)
