"""A range of business dates at once, in one run.

**load > backfill > check_outputs > publish.** `load` reads the folders of all dates of the range
from `MARGINPROOF_INBOX`; `backfill` recomputes margins and backtests of the range in one process,
which is much faster than a run a date; `check_outputs` holds the last date to its contracts. A file
that its contract refuses stops the run before anything is published.

By hand or by REST only, with the parameters `first_date` and `last_date` (YYYY-MM-DD). To have a
run and a log for each date, use `airflow backfill create --dag-id margin_daily` instead. Neither
way distributes a report: what a backfill publishes says so. Every writing task takes the only slot
of the pool `duckdb_writer`, so a nightly run waits its turn between the tasks of this one.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset, Param, chain
from command_line import BUSINESS_DATE, FIRST_DATE, INPUTS_FOLDER
from command_operator import RangeOperator
from task_settings import DEFAULT_ARGUMENTS, NO_PUBLISH

SNAPSHOT = Asset(name="marginproof_snapshot")

with DAG(
    dag_id="margin_backfill",
    description="Load and compute a range of business dates, publish the snapshot",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    params={
        name: Param(type="string", format="date", title=title, description="YYYY-MM-DD")
        for name, title in (("first_date", "First date"), ("last_date", "Last date"))
    },
    default_args=DEFAULT_ARGUMENTS,
    tags=["marginproof"],
):
    load = RangeOperator(
        task_id="load",
        arguments=["load", INPUTS_FOLDER, NO_PUBLISH],
        time_limit=timedelta(hours=2),
        writes=True,
    )
    backfill = RangeOperator(
        task_id="backfill",
        arguments=["backfill", "--from", FIRST_DATE, "--to", BUSINESS_DATE, NO_PUBLISH],
        time_limit=timedelta(hours=6),
        writes=True,
    )
    check_outputs = RangeOperator(
        task_id="check_outputs",
        arguments=["check", BUSINESS_DATE, "--outputs"],
        time_limit=timedelta(minutes=15),
        writes=True,
    )
    publish = RangeOperator(
        task_id="publish",
        arguments=["publish"],
        time_limit=timedelta(minutes=15),
        writes=True,
        outlets=[SNAPSHOT],
    )
    chain(load, backfill, check_outputs, publish)
