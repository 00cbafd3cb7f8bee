"""One business date, from input files to a published snapshot.

**wait_for_files > load > check > margin > backtest > check_outputs > publish.** Each task runs one
`marginproof` command in its own process and process group; nothing else happens in Airflow.

| when | business date |
| --- | --- |
| schedule: every day 22:00 UTC (23:00 CET, 00:00 CEST, 17:00 EST, 18:00 EDT) | the UTC date |
| an event of the asset `marginproof_inbox` | `business_date` in the event's extra |
| backfill | the UTC date of each logical date |
| by hand | the parameter `business_date`, else the UTC date of the logical date, else an error |

The parameter `business_date` (YYYY-MM-DD) wins wherever it is set. The input files are in the
folder YYYY-MM-DD below `MARGINPROOF_INBOX`, or in that folder itself if it has none per date.
A delivery announces itself with `POST /api/v2/assets/events` and
`{"asset_id": ..., "extra": {"business_date": "YYYY-MM-DD"}}`. Events that arrive close together are
handed to one run; if they name different dates that run fails and says which dates to start by
hand.

`wait_for_files` holds no slot while it waits, at most `MARGINPROOF_WAIT_MINUTES` (240). A date on
which nothing traded on that weekday in the four weeks before (the weekend of an exchange; never for
crypto) is skipped at once; a date of which no file has come by the deadline is skipped with the
alert `no_data`; a date of which only some needed files have come fails. A run that has not ended
`MARGINPROOF_LATE_MINUTES` (300; 0 for no deadline, which `airflow dags test` needs) after it was
queued raises the alert `late`. A backfill neither
waits nor alerts.

Every task that writes to the one warehouse file takes the only slot of the pool `duckdb_writer`
(`airflow pools set duckdb_writer 1 "one writer"`). All commands replace whole partitions: a run may
be repeated, and dates may come in any order. Readers use the snapshot that `publish` swaps in once
the results have passed their check; it emits the asset `marginproof_snapshot`.

A check that fails (exit code 1) and wrong use (2) fail the task at once; a fault of the
environment (3: lock held, disk full) is retried after about 1, 2 and 4 minutes. The task's
error is the sentence that the command printed; it is also what the alert `failed` says, to the log
and to the program named by `MARGINPROOF_ALERT_COMMAND`. Unpausing the DAG fires the latest
scheduled run once, even though it does not catch up.
"""

import os
from datetime import UTC, datetime, timedelta

# The names about deadlines are missing from Airflow's own stub.
from airflow.sdk import (  # type: ignore[attr-defined]
    DAG,
    Asset,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    DeadlineAlert,
    DeadlineReference,
    Param,
    SyncCallback,
    chain,
)
from alerts import tell_late
from command_line import BUSINESS_DATE, INPUTS_FOLDER
from command_operator import CommandOperator
from inputs_sensor import InputsSensor
from task_settings import DEFAULT_ARGUMENTS, NO_PUBLISH

INBOX = Asset(name="marginproof_inbox")
SNAPSHOT = Asset(name="marginproof_snapshot")
LATE_MINUTES = float(os.environ.get("MARGINPROOF_LATE_MINUTES") or 300)
LATE_ALERT = DeadlineAlert(
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    interval=timedelta(minutes=LATE_MINUTES),
    callback=SyncCallback(tell_late),
)

with DAG(
    dag_id="margin_daily",
    description="Load one business date, compute and backtest its margin, publish the snapshot",
    doc_md=__doc__,
    # A trigger timetable: the logical date is the moment of firing, not the start of an interval.
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("0 22 * * *", timezone="UTC"), assets=[INBOX]
    ),
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    params={
        "business_date": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Business date",
            description="YYYY-MM-DD; empty takes the date of the schedule, the event or the run.",
        )
    },
    default_args=DEFAULT_ARGUMENTS,
    # Where there is no scheduler to watch it (`airflow dags test`), a run cannot have a deadline.
    deadline=LATE_ALERT if LATE_MINUTES > 0 else None,
    tags=["marginproof"],
):
    wait_for_files = InputsSensor(task_id="wait_for_files")
    load = CommandOperator(
        task_id="load",
        arguments=["load", INPUTS_FOLDER, NO_PUBLISH],
        time_limit=timedelta(minutes=30),
        writes=True,
    )
    check = CommandOperator(
        task_id="check",
        arguments=["check", BUSINESS_DATE],
        time_limit=timedelta(minutes=15),
        writes=True,
    )
    margin = CommandOperator(
        task_id="margin",
        arguments=["margin", "--from", BUSINESS_DATE, "--to", BUSINESS_DATE, NO_PUBLISH],
        time_limit=timedelta(minutes=60),
        writes=True,
    )
    backtest = CommandOperator(
        task_id="backtest",
        arguments=["backtest", "--as-of", BUSINESS_DATE, NO_PUBLISH],
        time_limit=timedelta(minutes=60),
        writes=True,
    )
    check_outputs = CommandOperator(
        task_id="check_outputs",
        arguments=["check", BUSINESS_DATE, "--outputs"],
        time_limit=timedelta(minutes=15),
        writes=True,
    )
    publish = CommandOperator(
        task_id="publish",
        arguments=["publish"],
        time_limit=timedelta(minutes=15),
        writes=True,
        outlets=[SNAPSHOT],
    )
    chain(wait_for_files, load, check, margin, backtest, check_outputs, publish)
