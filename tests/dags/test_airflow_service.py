"""The DAGs in a running Airflow on PostgreSQL: by schedule, by REST, in a backfill, with faults.

One Airflow serves all tests of this module. The commands come from a process that has its
libraries loaded already (see ``warm_command``); the tests of ``test_margin_daily_run`` start them
as an installation does.
"""

import json
import os
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from airflow_cluster import Cluster, Service, listening_addresses, run_airflow, wait_until
from daily_deliveries import (
    HISTORY_DAYS,
    latest_firing,
    write_broken_positions,
    write_day_positions,
    write_inbox,
)
from warm_command import write_client

from tests.deliveries import declare_test_model

pytestmark = [pytest.mark.service, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
DAGS = {"margin_daily", "adequacy_report", "margin_backfill", "housekeeping"}
BACKFILL_DAYS = 20
BAD_DAY = 7
LOGIN_SENTINEL = "sentinel-of-the-database-and-the-login"
STORED_SENTINEL = "sentinel-of-a-connection"
ALERT_PROGRAM = """#!{python} -S
import sys
with open({file!r}, "a") as file:
    file.write(sys.stdin.read())
"""


@dataclass
class Metrics:
    """A listener that keeps the names of the StatsD metrics it receives."""

    socket: socket.socket
    names: set[str] = field(default_factory=set)

    def listen(self) -> None:
        while True:
            try:
                packet = self.socket.recv(65536)
            except OSError:
                return
            self.names |= {line.split(":")[0] for line in packet.decode().splitlines()}


@dataclass
class Desk:
    """A data home, an inbox, and a running Airflow that works on them."""

    cluster: Cluster
    home: Path
    inbox: Path
    folder: Path
    dates: list[date]
    metrics: Metrics

    @property
    def scheduled(self) -> date:
        return self.dates[-1]

    @property
    def by_rest(self) -> date:
        return self.dates[-2 - BACKFILL_DAYS]

    @property
    def backfilled(self) -> list[date]:
        return self.dates[-1 - BACKFILL_DAYS : -1]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        file = self.folder / "alerts.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def runs(self, kind: str, dag_id: str = "margin_daily") -> list[dict[str, Any]]:
        found = self.cluster.call("GET", f"dags/{dag_id}/dagRuns?limit=100")
        return [run for run in found["dag_runs"] if run["run_type"] == kind]

    def trigger(self, dag_id: str, **parameters: str) -> str:
        body = {"logical_date": None, "conf": parameters}
        return str(self.cluster.call("POST", f"dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def unpause(self, dag_id: str) -> None:
        self.cluster.call("PATCH", f"dags/{dag_id}", {"is_paused": False})


def run_here(arguments: list[str], environment: dict[str, str], client: Path) -> None:
    import subprocess

    result = subprocess.run(
        [str(client), *arguments], env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    home, inbox, airflow = folder / "home", folder / "inbox", folder / "airflow"
    for path in (home, inbox, airflow):
        path.mkdir()
    last = latest_firing()
    count = HISTORY_DAYS + BACKFILL_DAYS + 3
    dates = [last - timedelta(days=age) for age in reversed(range(count))]
    write_inbox(inbox, dates, HISTORY_DAYS)
    write_broken_positions(inbox / str(dates[-1 - BACKFILL_DAYS + BAD_DAY]), dates[-1])
    declare_test_model(home)
    alert = folder / "alert"
    alert.write_text(ALERT_PROGRAM.format(python=sys.executable, file=str(folder / "alerts.jsonl")))
    alert.chmod(0o755)
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    metrics = Metrics(receiver)
    threading.Thread(target=metrics.listen, daemon=True).start()
    address = folder / "command.socket"
    client = write_client(folder / "marginproof", address)
    settings = {
        "MARGINPROOF_COMMAND": str(client),
        "MARGINPROOF_HOME": str(home),
        "MARGINPROOF_INBOX": str(inbox),
        "MARGINPROOF_MODELS": "short",
        "MARGINPROOF_MEMORY_LIMIT": "1GB",
        "MARGINPROOF_ALERT_COMMAND": str(alert),
        "MARGINPROOF_DISTRIBUTION": str(folder / "readers"),
        "MARGINPROOF_POLL_SECONDS": "1",
        "MARGINPROOF_WAIT_MINUTES": "0.1",
        "AIRFLOW_CONN_STORE": f"postgresql://user:{STORED_SENTINEL}@localhost/none",
        "AIRFLOW_VAR_STORE_PASSWORD": STORED_SENTINEL,
        "AIRFLOW__METRICS__STATSD_ON": "True",
        "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
        "AIRFLOW__METRICS__STATSD_PORT": str(receiver.getsockname()[1]),
        "AIRFLOW__METRICS__STATSD_PREFIX": "airflow",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
            {"type": "file", "log_file_path": str(folder / "lineage"), "append": True}
        ),
        "AIRFLOW__OPENLINEAGE__NAMESPACE": "marginproof",
    }
    server = Service.start(
        "command-server",
        [sys.executable, str(ROOT / "tests/dags/warm_command.py"), str(address)],
        {**os.environ, "PYTHONPATH": str(ROOT)},
        folder,
        directory=ROOT,
    )
    try:
        wait_until(address.exists, "the command server", 120.0)
        environment = {**os.environ, **settings}
        first = str(dates[HISTORY_DAYS])
        run_here(["load", str(inbox / first), "--no-publish"], environment, client)
        run_here(["backfill", "--from", first, "--to", first], environment, client)
        with run_airflow(airflow, ROOT / "dags", settings, LOGIN_SENTINEL, DAGS) as cluster:
            cluster.airflow("pools", "set", "duckdb_writer", "1", "one writer")
            yield Desk(cluster, home, inbox, folder, dates, metrics)
    finally:
        server.stop()
        receiver.close()


@pytest.fixture(scope="module")
def day_runs(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """Run margin_daily in all its ways at once; return the ended runs by their type."""
    cluster = desk.cluster
    created = cluster.call(
        "POST",
        "backfills",
        {
            "dag_id": "margin_daily",
            "from_date": f"{desk.backfilled[0]}T00:00:00Z",
            "to_date": f"{desk.backfilled[-1]}T23:59:00Z",
            "max_active_runs": 4,
        },
    )
    shuffle_backfill(cluster, created["id"])
    run_id = desk.trigger("margin_daily", business_date=str(desk.by_rest))
    begun = time.monotonic()
    desk.unpause("margin_daily")
    # Generous: other tests may run on the same two cores.
    cluster.wait_for_run("margin_daily", run_id, seconds=1200)

    def ended(kind: str, count: int) -> list[dict[str, Any]]:
        cluster.require_alive()
        runs = [r for r in desk.runs(kind) if r["state"] in {"success", "failed"}]
        return runs if len(runs) >= count else []

    runs = {
        "manual": desk.runs("manual"),
        "scheduled": wait_until(lambda: ended("scheduled", 1), "the scheduled run", 1200),
        "backfill": wait_until(lambda: ended("backfill", BACKFILL_DAYS), "the backfill", 1800),
    }
    sys.stderr.write(f"22 runs of margin_daily: {time.monotonic() - begun:.0f} s\n")
    return runs


def shuffle_backfill(cluster: Cluster, backfill_id: int) -> None:
    """Put the runs of a backfill that has not begun into a random order."""
    address = cluster.environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    target = address.replace("+psycopg2", "")
    with (
        psycopg2.connect(target, password=LOGIN_SENTINEL) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT id FROM backfill_dag_run WHERE backfill_id = %s", [backfill_id])
        ids = sorted(row[0] for row in cursor.fetchall())
        assert len(ids) == BACKFILL_DAYS
        order = list(range(1, len(ids) + 1))
        random.Random(3).shuffle(order)
        # Their order is unique: first out of the way, then in place.
        for step in (1000, 0):
            for number, key in zip(order, ids, strict=True):
                cursor.execute(
                    "UPDATE backfill_dag_run SET sort_ordinal = %s WHERE id = %s",
                    [number + step, key],
                )


def test_nothing_listens_beyond_this_machine(desk: Desk) -> None:
    addresses = listening_addresses(desk.cluster.services)
    assert f"127.0.0.1:{desk.cluster.port}" in addresses
    assert {a for a in addresses if not a.startswith(("127.", "::1:"))} == set()


def test_run_asked_for_by_rest(desk: Desk, day_runs: dict[str, Any]) -> None:
    (run,) = day_runs["manual"]
    assert run["state"] == "success"
    states = desk.cluster.task_states("margin_daily", run["dag_run_id"])
    assert len(states) == 7
    assert set(states.values()) == {"success"}


def test_scheduled_run(desk: Desk, day_runs: dict[str, Any]) -> None:
    assert [run["state"] for run in day_runs["scheduled"]] == ["success"]
    assert day_runs["scheduled"][0]["logical_date"].startswith(f"{desk.scheduled}T22:00:00")


def test_backfill_fails_on_the_bad_day_alone(desk: Desk, day_runs: dict[str, Any]) -> None:
    states = {run["logical_date"][:10]: run["state"] for run in day_runs["backfill"]}
    bad = desk.backfilled[BAD_DAY]
    assert states == {str(day): "failed" if day == bad else "success" for day in desk.backfilled}
    begun = [
        run["logical_date"] for run in sorted(day_runs["backfill"], key=lambda r: r["start_date"])
    ]
    assert begun not in (sorted(begun), sorted(begun, reverse=True))


def test_each_tasks_log_is_readable(desk: Desk, day_runs: dict[str, Any]) -> None:
    (run,) = day_runs["manual"]
    for task_id in desk.cluster.task_states("margin_daily", run["dag_run_id"]):
        log = desk.cluster.task_log("margin_daily", run["dag_run_id"], task_id)
        assert str(desk.by_rest) in log, task_id


def test_the_bad_day_alerts_with_the_sentence_of_the_command(
    desk: Desk, day_runs: dict[str, Any]
) -> None:
    failed = [alert for alert in desk.alerts if alert["alert"] == "failed"]
    assert [alert["task_id"] for alert in failed] == ["load"]
    assert "quantity" in failed[0]["sentence"]
    assert "positions.csv" in failed[0]["sentence"]


def test_a_repaired_day_runs_clean(desk: Desk, day_runs: dict[str, Any]) -> None:
    bad = desk.backfilled[BAD_DAY]
    write_day_positions(desk.inbox / str(bad), bad, BAD_DAY)
    run_id = desk.trigger("margin_daily", business_date=str(bad))
    assert desk.cluster.wait_for_run("margin_daily", run_id, seconds=600) == "success"
    with duckdb.connect(str(desk.home / "snapshots" / "current.duckdb"), read_only=True) as reader:
        found = reader.execute(
            "SELECT DISTINCT business_date FROM out_margin ORDER BY business_date"
        ).fetchall()
    assert [day for (day,) in found] == desk.dates[HISTORY_DAYS:]


def test_metrics_leave_by_statsd(desk: Desk, day_runs: dict[str, Any]) -> None:
    ended = [name for name in desk.metrics.names if name.startswith("airflow.dagrun.duration")]
    assert any("margin_daily" in name for name in ended), sorted(desk.metrics.names)


def test_no_secret_reaches_a_log(desk: Desk, day_runs: dict[str, Any]) -> None:
    secrets = (LOGIN_SENTINEL.encode(), STORED_SENTINEL.encode())
    logs = [path for path in desk.cluster.logs.rglob("*.log") if path.is_file()]
    assert len(logs) > BACKFILL_DAYS
    assert [str(path) for path in logs if any(s in path.read_bytes() for s in secrets)] == []
