"""Run the DAGs' operator against a stand-in command and print what Airflow gets to see as JSON.

A program of its own, like describe_bag: Airflow is imported in this process only. Arguments: the
dags folder and the stand-in command, which ends with the exit code it is given.
"""

import json
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest import mock

CASES = {
    "done": ["0"],
    "check failed": ["1"],
    "wrong use": ["2"],
    "environment": ["3"],
    "killed": ["-9"],
    "past the limit": ["sleep"],
}


def main(dags_folder: str, stand_in: str) -> None:
    sys.path.append(dags_folder)
    import command_operator
    from airflow.sdk import Asset
    from command_line import INPUTS_FOLDER

    snapshot = Asset(name="snapshot")
    outcomes = {}

    def execute(arguments: list[str], **facts: object) -> dict[str, object]:
        operator = command_operator.CommandOperator(
            task_id="task",
            arguments=arguments,
            time_limit=timedelta(seconds=3),
            writes=True,
            outlets=[snapshot],
        )
        events = defaultdict(SimpleNamespace)
        context = {
            "dag_run": SimpleNamespace(run_type="manual"),
            "logical_date": datetime(2026, 1, 5, 22, tzinfo=UTC),
            "params": {"business_date": None},
            "triggering_asset_events": {},
            "outlet_events": events,
            **facts,
        }
        try:
            operator.execute(context)
        except command_operator.AirflowException as error:
            return {"error": type(error).__name__, "message": str(error)}
        return {"error": None, "extra": events[snapshot].extra}

    with mock.patch.object(command_operator, "find_command", return_value=stand_in):
        for name, arguments in CASES.items():
            outcomes[name] = execute(arguments)
        outcomes["no date"] = execute(["0"], logical_date=None)
        outcomes["no inbox"] = execute([INPUTS_FOLDER])
        inbox = Asset(name="marginproof_inbox")
        outcomes["asset"] = execute(
            ["0"],
            dag_run=SimpleNamespace(run_type="asset_triggered"),
            logical_date=None,
            triggering_asset_events={
                inbox: [SimpleNamespace(extra={"business_date": "2026-01-02"})]
            },
        )
        outcomes["asset without date"] = execute(
            ["0"],
            dag_run=SimpleNamespace(run_type="asset_triggered"),
            logical_date=None,
            triggering_asset_events={inbox: [SimpleNamespace(extra=None)]},
        )
    with mock.patch.object(command_operator, "find_command", return_value=stand_in + "-nowhere"):
        outcomes["not installed"] = execute(["0"])
    sys.__stdout__.write(json.dumps(outcomes) + "\n")


if __name__ == "__main__":
    sys.stdout = sys.stderr
    main(*sys.argv[1:])
