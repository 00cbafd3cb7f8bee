"""The sensor that waits for a day's files, and says what an empty day means.

It holds no slot while it waits. What counts as delivered is decided in ``inputs_folder``, whether a
date is a day of business by the prices of the weeks before (the command ``marginproof calendar``).
"""

import os
import time
from datetime import date, timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, Context
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
)
from alerts import send_alert
from business_date import NoBusinessDateError
from command_operator import CommandOperator, ask_calendar, business_date_of, run_type_of
from inputs_folder import VARIABLE, Delivery, NoInputsError, examine_delivery

WAIT_VARIABLE = "MARGINPROOF_WAIT_MINUTES"
POLL_VARIABLE = "MARGINPROOF_POLL_SECONDS"
# A file that still grows is not delivered.
SETTLE_SECONDS = 2.0
_CALENDAR_LIMIT = timedelta(minutes=2)


class InputsSensor(BaseSensorOperator):
    """Wait until prices and positions of the business date are there and no longer change.

    A date on which nothing trades, by the weeks before, ends as skipped at once; a date of which no
    file at all has come by the deadline ends as skipped with an alert; a date of which some needed
    files have come fails with the sentence that names the others. A backfill does not wait.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            mode="reschedule",
            poke_interval=float(os.environ.get(POLL_VARIABLE) or 60),
            timeout=60 * float(os.environ.get(WAIT_VARIABLE) or 240),
            # Past the deadline nothing is gained by asking again.
            retries=0,
            execution_timeout=_CALENDAR_LIMIT + timedelta(minutes=1),
            **kwargs,
        )

    def poke(self, context: Context) -> bool:
        """Whether the day's files are there."""
        day, delivery = self._look(context)
        if delivery.is_complete(time.time(), SETTLE_SECONDS):
            self.log.info("The files of %s are in %s.", day, delivery.folder)
            return True
        if delivery.is_empty:
            self._skip_closed_day(day)
        waited_for = " and ".join(delivery.missing) or "files that no longer change"
        self.log.info("Waiting for %s of %s.", waited_for, day)
        if run_type_of(context) == "backfill" and delivery.missing:
            self._give_up(context, day, delivery)
        return False

    def execute(self, context: Context) -> Any:
        """Wait, and turn the end of the waiting into an outcome with its reason."""
        try:
            return super().execute(context)
        except AirflowSensorTimeout:
            day, delivery = self._look(context)
            self._give_up(context, day, delivery)

    def _look(self, context: Context) -> tuple[date, Delivery]:
        try:
            day = business_date_of(context)
            return day, examine_delivery(os.environ.get(VARIABLE), day)
        except (NoBusinessDateError, NoInputsError) as error:
            raise AirflowFailException(str(error)) from error

    def _skip_closed_day(self, day: date) -> None:
        """Skip a date on which, by the published prices, nothing trades."""
        asking = CommandOperator(
            task_id=f"{self.task_id}_calendar",
            arguments=(),
            time_limit=_CALENDAR_LIMIT,
            writes=False,
        )
        try:
            calendar = ask_calendar(asking, day)
        except AirflowException as error:
            # Before the first snapshot there is no calendar to ask: then the day is waited for.
            self.log.info("No calendar: %s", error)
            return
        if not calendar["is_expected"]:
            raise AirflowSkipException(str(calendar["reason"]))

    def _give_up(self, context: Context, day: date, delivery: Delivery) -> None:
        if not delivery.is_empty:
            waited = " and ".join(delivery.missing) or "files that no longer change"
            msg = f"Of the files of {day} only some have come: {waited} are missing."
            raise AirflowFailException(msg)
        sentence = f"No file of {day} has come by its deadline; the day has no figures."
        if run_type_of(context) != "backfill":
            task = context["task_instance"]
            send_alert("no_data", sentence, {"dag_id": task.dag_id, "run_id": task.run_id})
        raise AirflowSkipException(sentence)
