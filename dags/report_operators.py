"""The operators of the adequacy report: which date it is for, whether and where it is handed on."""

import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from business_date import EXTRA_KEY, RUN_TYPE_KEY, NoBusinessDateError, parse_business_date
from command_operator import CommandOperator, ask_calendar, run_type_of
from distribution import VARIABLE, NoReportError, copy_report, reports_folder

CHOICE_TASK = "choose_date"


class ReportDateOperator(CommandOperator):
    """Choose the date of the report and leave it to the tasks that follow.

    By hand it is the parameter ``as_of_date``, else the newest backtest. After a publication it is
    the last business date of the month before, once the first date of a new month is published: by
    then the one-day horizon of that date has ended. Any other publication ends as skipped.
    """

    def execute(self, context: Context) -> str:  # type: ignore[override]
        """Return the date as text."""
        try:
            requested = context["params"].get("as_of_date")
            if requested is not None:
                return parse_business_date(requested, "The parameter as_of_date").isoformat()
            published = [
                parse_business_date(e.get(EXTRA_KEY), "The snapshot's business_date")
                for e in event_extras(context)
            ]
        except NoBusinessDateError as error:
            raise AirflowFailException(str(error)) from error
        if not published:
            newest = ask_calendar(self, date.max)["previous_date"]
            if newest is None:
                msg = "Nothing has been backtested yet: there is no date to report on."
                raise AirflowFailException(msg)
            return str(newest)
        day = max(published)
        previous = ask_calendar(self, day)["previous_date"]
        if previous is None or previous[:7] == day.isoformat()[:7]:
            msg = f"{day} is not the first date of its month: the monthly report is not due."
            raise AirflowSkipException(msg)
        return str(previous)


class ReportOperator(CommandOperator):
    """Run one command for the date that was chosen for the report."""

    def find_date(self, context: Context) -> date:
        """Return the chosen date."""
        return chosen_date(context)


class DistributionGuard(BaseOperator):
    """Let a report go out only if no backfill had a hand in it; otherwise skip what follows."""

    def execute(self, context: Context) -> None:
        """Skip during a backfill and where no folder is configured."""
        kinds = {run_type_of(context), *(e.get(RUN_TYPE_KEY) for e in event_extras(context))}
        if "backfill" in kinds:
            msg = "A backfill published these figures: the report is rendered, not distributed."
            raise AirflowSkipException(msg)
        if not os.environ.get(VARIABLE):
            msg = f"{VARIABLE} is not set: the report is rendered, not distributed."
            raise AirflowSkipException(msg)


class DistributeOperator(BaseOperator):
    """Copy the PDF and its companions to the configured folder."""

    def execute(self, context: Context) -> None:
        """Copy, and log what was copied."""
        target = Path(os.environ[VARIABLE])
        try:
            copies = copy_report(reports_folder(), target, chosen_date(context))
        except NoReportError as error:
            raise AirflowFailException(str(error)) from error
        for copy in copies:
            self.log.info("Distributed %s", copy)


def chosen_date(context: Context) -> date:
    """Return the date that the first task left for the others."""
    text = context["task_instance"].xcom_pull(task_ids=CHOICE_TASK)
    return parse_business_date(text, f"What {CHOICE_TASK} left")


def event_extras(context: Context) -> Iterable[Mapping[str, object]]:
    """Return the extra of every asset event that started the run."""
    events = context["triggering_asset_events"]
    return [event.extra or {} for asset in events for event in events[asset]]
