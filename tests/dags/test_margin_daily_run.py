"""The DAG in a real Airflow process on real files: SQLite metadata, a DuckDB warehouse, the CLI."""

import csv
import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

pytestmark = [pytest.mark.service, pytest.mark.slow]

AIRFLOW = Path(sys.executable).with_name("airflow")
MARGINPROOF = Path(sys.executable).with_name("marginproof")
HISTORY_DAYS = 520
INSTRUMENTS = {"SP500": 4000.0, "NASDAQ": 12000.0, "GOLD": 1900.0}
# In the first account the two indices offset each other, in the second nothing does.
POSITIONS = {
    "A1": {"SP500": 30.0, "NASDAQ": -10.0, "GOLD": 5.0},
    "A2": {"SP500": -12.0, "GOLD": 40.0},
}
# An analyst's session: counts the dates it sees, waits for a line, counts again.
READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
count = "SELECT count(DISTINCT business_date) FROM out_margin"
print(connection.execute(count).fetchone()[0], flush=True)
sys.stdin.readline()
print(connection.execute(count).fetchone()[0], flush=True)
"""
SENTINEL = "sentinel-that-must-not-be-seen"


def make_dates() -> list[date]:
    """Weekdays up to Tuesday 6 January 2026, so that the last three span a weekend."""
    days = (date(2026, 1, 6) - timedelta(days=age) for age in range(2 * HISTORY_DAYS))
    return sorted([day for day in days if day.weekday() < 5][:HISTORY_DAYS])


def make_prices(dates: list[date]) -> dict[date, dict[str, float]]:
    """Random walks of three prices, two of them moving together."""
    random = np.random.default_rng(20260106)
    common, own, gold = random.normal(0.0, 0.01, (3, len(dates)))
    moves = {"SP500": common, "NASDAQ": 1.2 * common + 0.4 * own, "GOLD": gold}
    paths = {name: start * np.exp(np.cumsum(moves[name])) for name, start in INSTRUMENTS.items()}
    return {
        day: {name: round(float(paths[name][i]), 2) for name in INSTRUMENTS}
        for i, day in enumerate(dates)
    }


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def write_day(folder: Path, day: date, prices: dict[date, dict[str, float]]) -> None:
    write(
        folder / "prices.csv",
        ["business_date", "instrument_id", "settlement_price"],
        [[d, name, price] for d in prices for name, price in prices[d].items()],
    )
    write(
        folder / "positions.csv",
        ["business_date", "account_id", "instrument_id", "quantity"],
        [
            [day, account, name, quantity]
            for account, held in POSITIONS.items()
            for name, quantity in held.items()
        ],
    )


@dataclass(frozen=True)
class Desk:
    """A data home, an inbox with folders per date, and an Airflow to run the DAG with."""

    environment: dict[str, str]
    home: Path
    inbox: Path
    first: date
    second: date
    third: date

    @property
    def snapshot(self) -> Path:
        return self.home / "snapshots" / "current.duckdb"

    def run_command(self, *arguments: str) -> None:
        result = subprocess.run(
            [str(MARGINPROOF), *arguments],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert result.returncode == 0, result.stderr

    def run_dag(self, *arguments: str) -> tuple[int, str]:
        """Run the DAG in this process's child; return the exit code and all that was printed."""
        result = subprocess.run(
            [str(AIRFLOW), "dags", "test", "margin_daily", *arguments],
            env=self.environment,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
        )
        # Task logs go to the terminal here; kept with the other files for the search for secrets.
        with (self.home / "dag_runs.log").open("a") as file:
            file.write(result.stdout)
        return result.returncode, result.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, airflow_environment: dict[str, str]) -> Desk:
    home = tmp_path_factory.mktemp("home")
    inbox = tmp_path_factory.mktemp("inbox")
    environment = {
        **airflow_environment,
        "MARGINPROOF_HOME": str(home),
        "MARGINPROOF_INBOX": str(inbox),
        "MARGINPROOF_LATE_MINUTES": "0",
        "AIRFLOW__API__SECRET_KEY": SENTINEL,
        "AIRFLOW_CONN_STORE": f"postgresql://user:{SENTINEL}@localhost/none",
        "PGPASSWORD": SENTINEL,
    }
    dates = make_dates()
    first, second, third = dates[-3:]
    prices = make_prices(dates)
    write(
        inbox / str(first) / "instruments.csv",
        [
            "instrument_id",
            "product",
            "kind",
            "risk_factor",
            "currency",
            "settlement",
            "multiplier",
        ],
        [[name, name, "spot", name, "USD", "linear", 1] for name in INSTRUMENTS],
    )
    write(
        inbox / str(first) / "accounts.csv",
        ["account_id", "member_id", "account_type"],
        [["A1", "M1", "house"], ["A2", "M1", "client_individual"]],
    )
    write_day(inbox / str(first), first, {day: prices[day] for day in dates[:-2]})
    write_day(inbox / str(second), second, {second: prices[second]})
    # The third delivery is broken: positions without quantities.
    write_day(inbox / str(third), third, {third: prices[third]})
    write(
        inbox / str(third) / "positions.csv",
        ["business_date", "account_id", "instrument_id"],
        [[third, "A1", "GOLD"]],
    )
    subprocess.run(
        [str(AIRFLOW), "db", "migrate"],
        env=environment,
        capture_output=True,
        check=True,
        timeout=300,
    )
    return Desk(environment, home, inbox, first, second, third)


def test_day_from_files_to_snapshot(desk: Desk) -> None:
    # What was there before this day, computed without Airflow.
    day_before = str(desk.inbox / str(desk.first))
    desk.run_command("load", day_before, "--no-publish")
    desk.run_command("backfill", "--from", str(desk.first), "--to", str(desk.first))
    # An analyst reads all the while.
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(desk.snapshot)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "1\n"
        exit_code, output = desk.run_dag(f"{desk.second}T22:00:00+00:00")
        assert exit_code == 0, output
        after, _ = reader.communicate("\n", timeout=60)
    finally:
        reader.kill()
        reader.wait()
    # The open session kept the snapshot it had.
    assert after == "1\n"

    with duckdb.connect(str(desk.snapshot), read_only=True) as connection:
        margins = connection.execute(
            "SELECT business_date, account_id, bool_and(netted_margin_amount > 0), "
            "bool_and(capped_margin_amount <= standalone_margin_amount) FROM out_margin "
            "WHERE node_level = 'account' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        backtest = connection.execute(
            "SELECT business_date, status, count(*) > 0 FROM out_backtest "
            "WHERE scope = 'account' AND track = 'core_model' AND mpor_days = 1 "
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    assert margins == [
        (day, account, True, True) for day in (desk.first, desk.second) for account in ("A1", "A2")
    ]
    # The first day's horizon has ended on the second; the second day's has not.
    assert [(day, status) for day, status, _ in backtest] == [
        (desk.first, "observed"),
        (desk.second, "pending"),
    ]


def test_broken_delivery_stops_before_anything_is_published(desk: Desk) -> None:
    before = hashlib.sha256(desk.snapshot.read_bytes()).hexdigest()
    # By parameter: the logical date is that of the moment.
    exit_code, output = desk.run_dag("--conf", f'{{"business_date": "{desk.third}"}}')
    assert exit_code != 0
    assert "AirflowFailException" in output
    assert "quantity" in output
    assert "up_for_retry" not in output
    assert "'publish'" not in output
    assert hashlib.sha256(desk.snapshot.read_bytes()).hexdigest() == before


def test_no_secret_is_written_anywhere(desk: Desk) -> None:
    kept = [desk.home, Path(desk.environment["AIRFLOW_HOME"])]
    files = [
        Path(folder, name) for top in kept for folder, _, names in os.walk(top) for name in names
    ]
    assert "Business date" in (desk.home / "dag_runs.log").read_text()
    assert {desk.snapshot, kept[1] / "airflow.db"} <= set(files)
    holding = [str(file) for file in files if SENTINEL.encode() in file.read_bytes()]
    assert holding == []
