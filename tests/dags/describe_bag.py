"""Parse the dags folder as Airflow does and print what came out as JSON; run as a program.

In a process of its own, so that Airflow's import, settings and logging stay out of the test run.
"""

import contextlib
import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

HEAVY = ("duckdb", "polars", "pandas", "pyarrow", "scipy", "weasyprint", "great_expectations")


def limit_of(task: Any) -> timedelta:
    """Return the task's own limit; one without a command has Airflow's alone."""
    return getattr(task, "time_limit", None) or task.execution_timeout


def describe(folder: Path) -> dict[str, object]:
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.serialization.serialized_objects import DagSerialization

    bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
    described: dict[str, object] = {
        "files": sorted(Path(name).name for name in bag.file_last_changed),
        "import_errors": dict(bag.import_errors),
        "heavy_modules": sorted(
            name for name in sys.modules if name.split(".")[0] in {*HEAVY, "pipeline"}
        ),
    }
    dags = {}
    for dag_id, dag in bag.dags.items():
        dags[dag_id] = {
            "doc_md": dag.doc_md,
            "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "params": {name: dag.params.get_param(name).schema for name in dag.params},
            "schedule": DagSerialization.serialize_dag(dag)["timetable"],
            "tasks": [
                {
                    "task_id": task.task_id,
                    "operator": type(task).__name__,
                    "arguments": list(getattr(task, "arguments", [])),
                    "writes": getattr(task, "writes", False),
                    "pool": task.pool,
                    "pool_slots": task.pool_slots,
                    "retries": task.retries,
                    "retry_delay_seconds": task.retry_delay.total_seconds(),
                    "retry_backoff": task.retry_exponential_backoff,
                    "time_limit_seconds": limit_of(task).total_seconds(),
                    "execution_timeout_seconds": task.execution_timeout.total_seconds(),
                    "downstream": sorted(task.downstream_task_ids),
                    "outlets": [outlet.name for outlet in task.outlets],
                    "template_fields": list(task.template_fields),
                }
                for task in dag.topological_sort()
            ],
        }
    described["dags"] = dags
    return described


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        description = json.dumps(describe(Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])))
    sys.stdout.write(description + "\n")
