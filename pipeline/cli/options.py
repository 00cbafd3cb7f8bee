"""Options and words that several commands share; no command stands here."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pipeline.steps.margin import MarginSummary

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Day(click.ParamType[date]):
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


DAY = Day()
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


def range_options(command: _Command) -> _Command:
    """Add --from and --to."""
    last = click.option("--to", "last", type=DAY, required=True, help="Last business date.")
    first = click.option("--from", "first", type=DAY, required=True, help="First business date.")
    return first(last(command))


def tell_exclusions(summary: "MarginSummary") -> str:
    """Say how many account-days have no margin, and why."""
    if not summary.excluded:
        return ""
    return f"; {summary.excluded:,} account-days without a margin: {summary.exclusion_reason}"
