"""Real processes that run commands, and processes that die by their own SIGKILL at a named call.

The point of death is named from outside, by replacing one function in the process that is to die;
the program itself knows nothing of it.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from pipeline.cli.app import run
from tests.deliveries import dates, declare_test_model, write_delivery

DAYS = dates(45)
BACKTEST = DAYS[25:]
RANGE = ("--from", str(BACKTEST[0]), "--to", str(BACKTEST[-1]))
NOT_COMPARED = {"out_run_chain"}

_DIES = """
import importlib, os, signal, sys
module = importlib.import_module(sys.argv[1])
name, calls, path = sys.argv[2], int(sys.argv[3]), sys.argv[4:]
kept = getattr(module, name)
def die(*arguments, **options):
    global calls
    calls -= 1
    if calls == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return kept(*arguments, **options)
setattr(module, name, die)
sys.argv = ["marginproof", *path]
from pipeline.cli import main
main()
"""


def environment(home, **more):
    return {
        **os.environ,
        "MARGINPROOF_HOME": str(home),
        "MARGINPROOF_MODELS": "short",
        **{name: str(value) for name, value in more.items()},
    }


def start(home, *arguments, **more):
    """Start one command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *(str(a) for a in arguments)],
        env=environment(home, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def command(home, *arguments, **more):
    """Run one command in a process of its own to its end."""
    process = start(home, *arguments, **more)
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def die_at(home, function, call, *arguments):
    """Run a command that is killed (SIGKILL) at the given call of module.function."""
    module, _, name = function.rpartition(".")
    killed = subprocess.run(
        [sys.executable, "-c", _DIES, module, name, str(call), *(str(a) for a in arguments)],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert killed.returncode == -9, f"{function} was not reached: {killed.stderr}"


def here(monkeypatch, home, *arguments):
    """Run a command in this process, which has its libraries loaded already."""
    monkeypatch.setenv("MARGINPROOF_HOME", str(home))
    monkeypatch.setenv("MARGINPROOF_MODELS", "short")
    return run([str(a) for a in arguments])


def prepare(folder):
    """Write a delivery of 45 dates and a home with the test model."""
    write_delivery(folder / "in", DAYS, BACKTEST)
    declare_test_model(folder / "home")
    return folder / "in", folder / "home"


def read_everything(database: Path) -> dict[str, str]:
    """Return a hash over the rows of every table, whatever the order they lie in."""
    seen = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' ORDER BY ALL"
        ).fetchall()
        for schema, table in tables:
            if table in NOT_COMPARED:
                continue
            rows = connection.execute(f'FROM "{schema}"."{table}"').fetchall()
            text = "\n".join(sorted(map(repr, rows)))
            seen[table] = f"{len(rows)}:{hashlib.sha256(text.encode()).hexdigest()}"
    return seen


def read_home(home: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return what warehouse and snapshot hold."""
    return (
        read_everything(home / "warehouse.duckdb"),
        read_everything(home / "snapshots" / "current.duckdb"),
    )


def leftovers(home: Path) -> list[str]:
    """Name every file that is neither warehouse, snapshot, model nor report."""
    kept = re.compile(
        r"warehouse\.duckdb|snapshots/(current|\d{4}-\d\d-\d\d)\.duckdb|models/short\.toml"
        r"|reports/[^.].*\.pdf"
    )
    names = (path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())
    return sorted(name for name in names if not kept.fullmatch(name))


def copy_home(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target
