"""The operators of the DAGs that run exactly one Marginproof command a task.

They join Airflow to the helpers beside them and hold no rule of their own about margins, dates or
files. No field is a template and no secret passes through one; the arguments come from constants of
the DAG, validated dates and folders.
"""

import json
import os
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from business_date import (
    EXTRA_KEY,
    RUN_TYPE_KEY,
    NoBusinessDateError,
    parse_business_date,
    resolve_business_date,
)
from command_line import (
    BUSINESS_DATE,
    FIRST_DATE,
    INPUTS_FOLDER,
    command_environment,
    fill_arguments,
    find_command,
)
from inputs_folder import VARIABLE, NoInputsError, resolve_range_folders
from run_command import run_command

WRITER_POOL = "duckdb_writer"
"""Pool with one slot: DuckDB lets one process write, so one task at a time may."""

# Past our own limit: should the helper itself hang, Airflow ends the task all the same.
_LIMIT_MARGIN = timedelta(minutes=2)


class CommandOperator(BaseOperator):
    """Run one Marginproof command for the run's business date.

    Exit codes 1 (a check failed) and 2 (wrong use) fail the task at once, since running it again
    changes nothing; 3 (the environment) and a death by signal are retried with the task's backoff.
    The error message is the sentence that the command wrote to stderr.

    Parameters
    ----------
    arguments : sequence of str
        Arguments of the command; ``BUSINESS_DATE`` and ``INPUTS_FOLDER`` are replaced.
    time_limit : timedelta
        Wall time after which the command's process group is ended.
    writes : bool
        Whether the command writes to the warehouse; then it waits for the writer's pool.
    **kwargs
        What every Airflow operator takes.
    """

    def __init__(
        self,
        *,
        arguments: Sequence[str],
        time_limit: timedelta,
        writes: bool,
        **kwargs: Any,
    ) -> None:
        if writes:
            kwargs["pool"] = WRITER_POOL
        super().__init__(execution_timeout=time_limit + _LIMIT_MARGIN, **kwargs)
        self.arguments = tuple(arguments)
        self.time_limit = time_limit
        self.writes = writes
        self._is_asked_to_stop = False

    def execute(self, context: Context) -> None:
        """Run the command and turn its outcome into Airflow's."""
        try:
            day = self.find_date(context)
            arguments = self.find_arguments(context, day)
        except (NoBusinessDateError, NoInputsError) as error:
            raise AirflowFailException(str(error)) from error
        self.log.info("Business date %s", day)
        self.run(arguments)
        for outlet in self.outlets:
            if isinstance(outlet, Asset):
                context["outlet_events"][outlet].extra = {
                    EXTRA_KEY: day.isoformat(),
                    RUN_TYPE_KEY: self.find_run_type(context),
                }

    def find_date(self, context: Context) -> date:
        """Return the date that the run is for."""
        return business_date_of(context)

    def find_arguments(self, context: Context, day: date) -> list[str]:  # noqa: ARG002
        """Return the command's arguments with every placeholder replaced."""
        return fill_arguments(self.arguments, day, os.environ.get(VARIABLE))

    def find_run_type(self, context: Context) -> str:
        """Return what an announcement says about the run: those of a backfill are history."""
        return run_type_of(context)

    def run(self, arguments: Sequence[str]) -> str:
        """Run one command to its end and return what it wrote to stdout.

        Raises
        ------
        AirflowException
            The environment was at fault; Airflow tries again.
        AirflowFailException
            Running it again would change nothing.
        """
        command = [find_command(), *arguments]
        self.log.info("Command %s", command)
        outcome = run_command(
            command,
            time_limit_seconds=self.time_limit.total_seconds(),
            log=self.log.info,
            should_stop=lambda: self._is_asked_to_stop,
            environment=command_environment(os.environ),
        )
        if not outcome.is_success:
            if outcome.is_worth_retrying:
                raise AirflowException(outcome.failure)
            raise AirflowFailException(outcome.failure)
        return outcome.answer

    def on_kill(self) -> None:
        """Ask the running command to end, when somebody stops the task."""
        self._is_asked_to_stop = True


class RangeOperator(CommandOperator):
    """Run one command for the range of dates in the run's parameters.

    ``FIRST_DATE`` and ``BUSINESS_DATE`` (the last date) are replaced, and ``INPUTS_FOLDER`` by the
    folders of all dates of the range.
    """

    def find_date(self, context: Context) -> date:
        """Return the last date of the range."""
        return self._range(context)[1]

    def find_arguments(self, context: Context, day: date) -> list[str]:
        """Return the arguments; the folders are looked for only where they are needed."""
        first, last = self._range(context)
        arguments: list[str] = []
        for argument in self.arguments:
            if argument == INPUTS_FOLDER:
                folders = resolve_range_folders(os.environ.get(VARIABLE), first, last)
                arguments += [str(folder) for folder in folders]
            else:
                dates = {FIRST_DATE: first.isoformat(), BUSINESS_DATE: day.isoformat()}
                arguments.append(dates.get(argument, argument))
        return arguments

    def find_run_type(self, context: Context) -> str:  # noqa: ARG002
        """Return ``backfill``: a range of dates is history, whoever asked for it."""
        return "backfill"

    def _range(self, context: Context) -> tuple[date, date]:
        names = ("first_date", "last_date")
        first, last = (
            parse_business_date(context["params"].get(name), f"The parameter {name}")
            for name in names
        )
        if first > last:
            msg = f"The first date {first} is later than the last date {last}."
            raise NoBusinessDateError(msg)
        return first, last


def ask_calendar(operator: CommandOperator, day: date) -> dict[str, Any]:
    """Return what the published snapshot knows about a date as a day of business."""
    answer: dict[str, Any] = json.loads(operator.run(["calendar", day.isoformat(), "--json"]))
    calendar: dict[str, Any] = answer["calendar"]
    return calendar


def run_type_of(context: Context) -> str:
    """Return Airflow's run type as plain text."""
    kind = context["dag_run"].run_type
    return str(getattr(kind, "value", kind))


def business_date_of(context: Context) -> date:
    """Take from the task's context what tells the business date, and resolve it."""
    events = context["triggering_asset_events"]
    return resolve_business_date(
        run_type=run_type_of(context),
        logical_date=context.get("logical_date"),
        requested=context["params"].get("business_date"),
        asset_extras=[event.extra or {} for asset in events for event in events[asset]],
    )
