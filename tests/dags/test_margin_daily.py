"""The DAG as Airflow parses it: what is there, what it imports, and who may write."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
WRITING_COMMANDS = {
    "backfill",
    "backtest",
    "check",
    "housekeeping",
    "load",
    "margin",
    "publish",
}
DAGS = {"adequacy_report", "housekeeping", "margin_backfill", "margin_daily"}
HELPERS = {
    "alerts",
    "business_date",
    "command_line",
    "command_operator",
    "distribution",
    "inputs_folder",
    "inputs_sensor",
    "report_operators",
    "run_command",
    "task_settings",
}
OPERATORS = {"command_operator", "inputs_sensor", "report_operators"}
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
    """The tasks of the daily run."""
    described: list[dict[str, Any]] = bag["dags"]["margin_daily"]["tasks"]
    return described


@pytest.fixture
def every_task(bag: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks of all DAGs."""
    return [task for dag in bag["dags"].values() for task in dag["tasks"]]


def test_bag_holds_exactly_the_expected_dags(bag: dict[str, Any]) -> None:
    assert bag["import_errors"] == {}
    assert set(bag["dags"]) == DAGS
    # The helpers are no DAG files: Airflow does not parse them on their own.
    assert bag["files"] == sorted(f"{name}.py" for name in DAGS)


def test_parsing_imports_nothing_heavy(bag: dict[str, Any]) -> None:
    assert bag["heavy_modules"] == []


def test_each_task_runs_exactly_one_command(tasks: list[dict[str, Any]]) -> None:
    day = "<business date>"
    assert [(task["task_id"], task["arguments"]) for task in tasks] == [
        ("wait_for_files", []),
        ("load", ["load", "<inputs folder>", "--no-publish"]),
        ("check", ["check", day]),
        ("margin", ["margin", "--from", day, "--to", day, "--no-publish"]),
        ("backtest", ["backtest", "--as-of", day, "--no-publish"]),
        ("check_outputs", ["check", day, "--outputs"]),
        ("publish", ["publish"]),
    ]
    assert [task["operator"] for task in tasks] == ["InputsSensor", *["CommandOperator"] * 6]
    order = [task["task_id"] for task in tasks]
    assert [task["downstream"] for task in tasks] == [*([task] for task in order[1:]), []]


def test_the_other_dags_run_these_tasks(bag: dict[str, Any]) -> None:
    first, day = "<first date>", "<business date>"
    found = {
        name: [(task["task_id"], task["arguments"]) for task in dag["tasks"]]
        for name, dag in bag["dags"].items()
    }
    assert found["margin_backfill"] == [
        ("load", ["load", "<inputs folder>", "--no-publish"]),
        ("backfill", ["backfill", "--from", first, "--to", day, "--no-publish"]),
        ("check_outputs", ["check", day, "--outputs"]),
        ("publish", ["publish"]),
    ]
    assert found["housekeeping"] == [("housekeeping", ["housekeeping"])]
    assert found["adequacy_report"] == [
        ("choose_date", []),
        ("render", ["report", "--as-of", day]),
        # Whatever a backfill had a hand in stops here.
        ("may_distribute", []),
        ("distribute", []),
    ]


def test_every_writing_task_takes_the_writers_pool(every_task: list[dict[str, Any]]) -> None:
    for task in every_task:
        assert task["writes"] is bool(WRITING_COMMANDS.intersection(task["arguments"][:1]))
        pool = "duckdb_writer" if task["writes"] else "default_pool"
        assert (task["pool"], task["pool_slots"]) == (pool, 1)
    assert sum(task["writes"] for task in every_task) == 6 + 4 + 1


def test_every_task_has_a_limit_a_backoff_and_no_template(
    every_task: list[dict[str, Any]],
) -> None:
    for task in every_task:
        if task["operator"] == "InputsSensor":
            # It asks again until its deadline; past that nothing is gained.
            assert task["retries"] == 0
            continue
        assert task["retries"] == 3
        assert task["retry_delay_seconds"] == 60
        assert task["retry_backoff"] == 2
        assert 0 < task["time_limit_seconds"] <= 6 * 3600
        if task["arguments"]:
            assert task["execution_timeout_seconds"] > task["time_limit_seconds"]
        assert task["template_fields"] == []


def test_schedule_is_a_trigger_every_evening_or_a_delivery(bag: dict[str, Any]) -> None:
    dag = bag["dags"]["margin_daily"]
    assert dag["catchup"] is False
    assert dag["max_active_runs"] == 1
    schedule = dag["schedule"]["__var"]
    timetable = schedule["timetable"]
    # Of the two cron timetables only this one has the moment of firing as its logical date.
    assert timetable["__type"] == "airflow.timetables.trigger.CronTriggerTimetable"
    assert timetable["__var"]["expression"] == "0 22 * * *"
    assert timetable["__var"]["timezone"] == "UTC"
    assert [asset["name"] for asset in schedule["asset_condition"]["objects"]] == [
        "marginproof_inbox"
    ]


def test_only_publish_announces_a_snapshot(every_task: list[dict[str, Any]]) -> None:
    announcing = [(task["task_id"], task["outlets"]) for task in every_task if task["outlets"]]
    assert announcing == [("publish", ["marginproof_snapshot"])] * 2


def test_upkeep_runs_on_sunday_and_the_report_after_a_publication(bag: dict[str, Any]) -> None:
    upkeep = bag["dags"]["housekeeping"]["schedule"]["__var"]
    assert (upkeep["expression"], upkeep["timezone"]) == ("0 3 * * 0", "UTC")
    report = bag["dags"]["adequacy_report"]["schedule"]["__var"]
    assert [asset["name"] for asset in report["asset_condition"]["objects"]] == [
        "marginproof_snapshot"
    ]


def test_business_date_parameter_is_an_optional_date(bag: dict[str, Any]) -> None:
    schema = bag["dags"]["margin_daily"]["params"]["business_date"]
    assert schema["type"] == ["null", "string"]
    assert schema["format"] == "date"


@pytest.mark.parametrize(
    ("dag_id", "mentioned"),
    [
        ("margin_daily", ["MARGINPROOF_INBOX", "duckdb_writer", "business_date", "22:00 UTC"]),
        ("adequacy_report", ["MARGINPROOF_DISTRIBUTION", "as_of_date", "backfill"]),
        ("margin_backfill", ["MARGINPROOF_INBOX", "duckdb_writer", "first_date", "last_date"]),
        ("housekeeping", ["MARGINPROOF_KEPT_SNAPSHOTS", "03:00 UTC"]),
    ],
)
def test_dag_explains_itself(bag: dict[str, Any], dag_id: str, mentioned: list[str]) -> None:
    dag = bag["dags"][dag_id]
    for word in mentioned + [task["task_id"] for task in dag["tasks"]]:
        assert word in dag["doc_md"]


def test_dag_files_import_only_light_modules(dags_folder: Path) -> None:
    files = sorted(dags_folder.glob("*.py"))
    assert {file.stem for file in files} == DAGS | HELPERS
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


def test_only_operators_and_dags_know_airflow(dags_folder: Path) -> None:
    importing = {
        file.stem
        for file in dags_folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airflow")
    }
    assert importing == DAGS | OPERATORS


@pytest.mark.parametrize("word", ["data_interval", "prev_", "shell=", "os.system", "{{", "now("])
def test_dag_files_never_mention(dags_folder: Path, word: str) -> None:
    texts = {file.name: file.read_text() for file in dags_folder.glob("*.py")}
    assert len(texts) == len(DAGS) + len(HELPERS)
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


@pytest.mark.parametrize(
    ("case", "day", "run_type"),
    [("done", "2026-01-05", "manual"), ("asset", "2026-01-02", "asset_triggered")],
)
def test_success_announces_its_business_date(
    outcomes: dict[str, Any], case: str, day: str, run_type: str
) -> None:
    assert outcomes[case] == {
        "error": None,
        "extra": {"business_date": day, "run_type": run_type},
    }
