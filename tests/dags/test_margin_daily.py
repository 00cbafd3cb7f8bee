"""The DAG as Airflow parses it: what is there, what it imports, and who may write."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
WRITING_COMMANDS = {"load", "check", "margin", "backtest", "publish"}
HELPERS = {"business_date", "command_line", "command_operator", "inputs_folder", "run_command"}
AIRFLOW_MODULES = {"airflow.sdk", "airflow.sdk.exceptions"}


@pytest.fixture(scope="module")
def bag(airflow_environment: dict[str, str]) -> dict[str, Any]:
    """What a fresh process finds in the dags folder."""
    result = subprocess.run(
        [sys.executable, str(HERE / "describe_bag.py")],
        env=airflow_environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    description: dict[str, Any] = json.loads(result.stdout)
    return description


@pytest.fixture
def tasks(bag: dict[str, Any]) -> list[dict[str, Any]]:
    described: list[dict[str, Any]] = bag["dags"]["margin_daily"]["tasks"]
    return described


def test_bag_holds_exactly_the_expected_dags(bag: dict[str, Any]) -> None:
    assert bag["import_errors"] == {}
    assert sorted(bag["dags"]) == ["margin_daily"]
    # The helpers are no DAG files: Airflow does not parse them on their own.
    assert bag["files"] == ["margin_daily.py"]


def test_parsing_imports_nothing_heavy(bag: dict[str, Any]) -> None:
    assert bag["heavy_modules"] == []


def test_each_task_runs_exactly_one_command(tasks: list[dict[str, Any]]) -> None:
    day = "<business date>"
    assert [(task["task_id"], task["arguments"]) for task in tasks] == [
        ("load", ["load", "<inputs folder>", "--no-publish"]),
        ("check", ["check", day]),
        ("margin", ["margin", "--from", day, "--to", day, "--no-publish"]),
        ("backtest", ["backtest", "--as-of", day, "--no-publish"]),
        ("check_outputs", ["check", day, "--outputs"]),
        ("publish", ["publish"]),
    ]
    assert {task["operator"] for task in tasks} == {"CommandOperator"}
    order = [task["task_id"] for task in tasks]
    assert [task["downstream"] for task in tasks] == [*([task] for task in order[1:]), []]


def test_every_writing_task_takes_the_writers_pool(tasks: list[dict[str, Any]]) -> None:
    for task in tasks:
        assert task["writes"] is (task["arguments"][0] in WRITING_COMMANDS)
        if task["writes"]:
            assert (task["pool"], task["pool_slots"]) == ("duckdb_writer", 1)
    assert any(task["writes"] for task in tasks)


def test_every_task_has_a_limit_a_backoff_and_no_template(tasks: list[dict[str, Any]]) -> None:
    for task in tasks:
        assert task["retries"] == 3
        assert task["retry_delay_seconds"] == 60
        assert task["retry_backoff"] == 2
        assert 0 < task["time_limit_seconds"] <= 3600
        assert task["execution_timeout_seconds"] > task["time_limit_seconds"]
        assert task["template_fields"] == []


def test_schedule_is_a_trigger_on_weekday_evenings_or_a_delivery(bag: dict[str, Any]) -> None:
    dag = bag["dags"]["margin_daily"]
    assert dag["catchup"] is False
    assert dag["max_active_runs"] == 1
    schedule = dag["schedule"]["__var"]
    timetable = schedule["timetable"]
    # Of the two cron timetables only this one has the moment of firing as its logical date.
    assert timetable["__type"] == "airflow.timetables.trigger.CronTriggerTimetable"
    assert timetable["__var"]["expression"] == "0 22 * * 1-5"
    assert timetable["__var"]["timezone"] == "UTC"
    assert [asset["name"] for asset in schedule["asset_condition"]["objects"]] == [
        "marginproof_inbox"
    ]


def test_only_publish_announces_a_snapshot(tasks: list[dict[str, Any]]) -> None:
    assert {task["task_id"]: task["outlets"] for task in tasks if task["outlets"]} == {
        "publish": ["marginproof_snapshot"]
    }


def test_business_date_parameter_is_an_optional_date(bag: dict[str, Any]) -> None:
    schema = bag["dags"]["margin_daily"]["params"]["business_date"]
    assert schema["type"] == ["null", "string"]
    assert schema["format"] == "date"


def test_dag_explains_itself(bag: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    text = bag["dags"]["margin_daily"]["doc_md"]
    mentioned = ["MARGINPROOF_INBOX", "duckdb_writer", "business_date", "22:00 UTC"]
    for word in mentioned + [task["task_id"] for task in tasks]:
        assert word in text


def test_dag_files_import_only_light_modules(dags_folder: Path) -> None:
    files = sorted(dags_folder.glob("*.py"))
    assert {file.stem for file in files} == {"margin_daily", *HELPERS}
    allowed = set(sys.stdlib_module_names) | HELPERS
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file.name} has a relative import"
                modules = [node.module or ""]
            else:
                continue
            for module in modules:
                light = module in AIRFLOW_MODULES or module.split(".")[0] in allowed
                assert light, f"{file.name} imports {module}"


def test_only_operator_and_dag_know_airflow(dags_folder: Path) -> None:
    importing = {
        file.stem
        for file in dags_folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airflow")
    }
    assert importing == {"margin_daily", "command_operator"}


@pytest.mark.parametrize("word", ["data_interval", "prev_", "shell=", "os.system", "{{", "now("])
def test_dag_files_never_mention(dags_folder: Path, word: str) -> None:
    texts = {file.name: file.read_text() for file in dags_folder.glob("*.py")}
    assert len(texts) == 1 + len(HELPERS)
    assert [name for name, text in texts.items() if word in text] == []


def test_ignored_files_are_the_helpers(dags_folder: Path) -> None:
    lines = (dags_folder / ".airflowignore").read_text().splitlines()
    ignored = {line for line in lines if line and not line.startswith("#")}
    assert ignored == {f"{helper}.py" for helper in HELPERS}


@pytest.fixture(scope="module")
def outcomes(
    airflow_environment: dict[str, str],
    dags_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """What Airflow gets to see of each way a command can end."""
    stand_in = tmp_path_factory.mktemp("command") / "marginproof"
    stand_in.write_text(
        f"#!{sys.executable}\n"
        "import os, sys, time\n"
        "print('The warehouse is held by process 7.', file=sys.stderr, flush=True)\n"
        "if sys.argv[1] == 'sleep':\n"
        "    time.sleep(600)\n"
        "code = int(sys.argv[1])\n"
        "os.kill(os.getpid(), -code) if code < 0 else sys.exit(code)\n"
    )
    stand_in.chmod(0o755)
    result = subprocess.run(
        [sys.executable, str(HERE / "operator_outcomes.py"), str(dags_folder), str(stand_in)],
        env=airflow_environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    seen: dict[str, Any] = json.loads(result.stdout)
    return seen


@pytest.mark.parametrize(
    ("case", "error", "message"),
    [
        ("check failed", "AirflowFailException", "The warehouse is held by process 7."),
        ("wrong use", "AirflowFailException", "The warehouse is held by process 7."),
        ("environment", "AirflowException", "The warehouse is held by process 7."),
        ("killed", "AirflowException", "marginproof -9 was ended by signal SIGKILL."),
        ("past the limit", "AirflowFailException", "passed its time limit of 3 seconds"),
        ("not installed", "AirflowFailException", "is not installed where this task runs."),
        ("no date", "AirflowFailException", "has no logical date and no parameter"),
        ("no inbox", "AirflowFailException", "MARGINPROOF_INBOX is not set"),
        ("asset without date", "AirflowFailException", "without naming a date"),
    ],
)
def test_failure_is_retried_only_where_that_helps(
    outcomes: dict[str, Any], case: str, error: str, message: str
) -> None:
    # Airflow retries after AirflowException and never after AirflowFailException.
    assert outcomes[case]["error"] == error
    assert message in outcomes[case]["message"]


@pytest.mark.parametrize(("case", "day"), [("done", "2026-01-05"), ("asset", "2026-01-02")])
def test_success_announces_its_business_date(outcomes: dict[str, Any], case: str, day: str) -> None:
    assert outcomes[case] == {"error": None, "extra": {"business_date": day}}
