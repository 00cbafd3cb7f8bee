"""Weekly upkeep: integrity check, compaction of the warehouse file, old snapshots removed.

One task runs `marginproof housekeeping` under the writer's pool, on Sunday 03:00 UTC (04:00 CET,
05:00 CEST, 22:00 EST and 23:00 EDT of Saturday). The command reads every row, writes a compact
copy, compares row counts and content hashes of every table, and only then lets the copy take the
place of the file. The newest `MARGINPROOF_KEPT_SNAPSHOTS` (30) dated snapshots stay; the one that
readers use is never touched.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable
from command_operator import CommandOperator
from task_settings import DEFAULT_ARGUMENTS

with DAG(
    dag_id="housekeeping",
    description="Check the warehouse, compact it, keep the newest snapshots",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("0 3 * * 0", timezone="UTC"),
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGUMENTS,
    tags=["marginproof"],
):
    CommandOperator(
        task_id="housekeeping",
        arguments=["housekeeping"],
        time_limit=timedelta(hours=2),
        writes=True,
    )
