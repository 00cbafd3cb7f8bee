"""The one operator of the DAGs: a task that runs exactly one Marginproof command.

It joins Airflow to the helpers beside it and holds no rule of its own about margins, dates or
files. No field is a template and no secret passes through it; the arguments come from constants of
the DAG, a validated date and a folder.
"""

import os
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from airflow.sdk import Asset, BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from business_date import EXTRA_KEY, NoBusinessDateError, resolve_business_date
from command_line import command_environment, fill_arguments, find_command
from inputs_folder import VARIABLE, NoInputsError
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
            day = business_date_of(context)
            arguments = fill_arguments(self.arguments, day, os.environ.get(VARIABLE))
        except (NoBusinessDateError, NoInputsError) as error:
            raise AirflowFailException(str(error)) from error
        command = [find_command(), *arguments]
        self.log.info("Business date %s: %s", day, command)
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
        for outlet in self.outlets:
            if isinstance(outlet, Asset):
                context["outlet_events"][outlet].extra = {EXTRA_KEY: day.isoformat()}

    def on_kill(self) -> None:
        """Ask the running command to end, when somebody stops the task."""
        self._is_asked_to_stop = True


def business_date_of(context: Context) -> date:
    """Take from the task's context what tells the business date, and resolve it."""
    run = context["dag_run"]
    events = context["triggering_asset_events"]
    return resolve_business_date(
        run_type=str(getattr(run.run_type, "value", run.run_type)),
        logical_date=context.get("logical_date"),
        requested=context["params"].get("business_date"),
        asset_extras=[event.extra or {} for asset in events for event in events[asset]],
    )
