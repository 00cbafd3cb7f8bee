"""The adequacy report: monthly, and whenever somebody asks.

**choose_date > render > may_distribute > distribute.**

| when | date of the report |
| --- | --- |
| after each publication (asset `marginproof_snapshot`) | the last business date of the month before, once the first date of a new month is published; any other day ends as skipped |
| by hand | the parameter `as_of_date` (YYYY-MM-DD), else the newest backtest |

With the nightly run of 22:00 UTC the monthly report is there in the night after the first business
date of the month. `render` reads the published snapshot only and never waits for the writer.
`distribute` copies the PDF and its companions, byte for byte, into a folder of the report's date
below `MARGINPROOF_DISTRIBUTION`. Whatever a backfill published is rendered and never distributed;
`may_distribute` says so and ends as skipped.
"""  # noqa: E501 - a table's row is one line

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, Asset, Param, chain
from command_line import BUSINESS_DATE
from report_operators import (
    CHOICE_TASK,
    DistributeOperator,
    DistributionGuard,
    ReportDateOperator,
    ReportOperator,
)
from task_settings import DEFAULT_ARGUMENTS

SNAPSHOT = Asset(name="marginproof_snapshot")

with DAG(
    dag_id="adequacy_report",
    description="Render the adequacy report of a month or of a date, and hand it on",
    doc_md=__doc__,
    schedule=[SNAPSHOT],
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    params={
        "as_of_date": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Date of the report",
            description="YYYY-MM-DD; empty takes the month's end, by hand the newest backtest.",
        )
    },
    default_args=DEFAULT_ARGUMENTS,
    tags=["marginproof"],
):
    choose_date = ReportDateOperator(
        task_id=CHOICE_TASK,
        arguments=[],
        time_limit=timedelta(minutes=5),
        writes=False,
    )
    render = ReportOperator(
        task_id="render",
        arguments=["report", "--as-of", BUSINESS_DATE],
        time_limit=timedelta(minutes=30),
        writes=False,
    )
    may_distribute = DistributionGuard(
        task_id="may_distribute", execution_timeout=timedelta(minutes=5)
    )
    distribute = DistributeOperator(task_id="distribute", execution_timeout=timedelta(minutes=15))
    chain(choose_date, render, may_distribute, distribute)
