"""A writer killed by SIGKILL: the last snapshot stays readable, the next run ends the same."""

import os
import random
import time

import pytest

from tests.faults.processes import (
    BACKTEST,
    RANGE,
    command,
    copy_home,
    die_at,
    here,
    leftovers,
    read_everything,
    read_home,
    start,
)

IN_MARGIN = {
    "between two tables of one transaction": ("pipeline.steps.margin.replace_partitions", 2),
    "after the margins, before collateral": ("pipeline.steps.margin.update_collateral", 1),
    "before the coverage is written": ("pipeline.steps.backtest.write_as_of", 2),
    "before the run is recorded": ("pipeline.steps.daily.record_run", 1),
}
IN_PUBLISH = {
    "before the copy": ("shutil.copyfile", 1),
    "when the copy is half there": ("shutil._fastcopy_sendfile", 1),
    "before the copy is on the disk": ("os.fsync", 1),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "point",
    [
        ("pipeline.steps.load.replace_partitions", 2),
        ("pipeline.steps.load.record_run", 1),
        ("pipeline.cli.work.publish_snapshot", 0),
    ],
    ids=["between two tables", "before the commit", "after the commit"],
)
def test_a_writer_killed_in_load(undisturbed, tmp_path, monkeypatch, point):
    home = copy_home(undisturbed.empty, tmp_path / "home")
    if point[1]:
        die_at(home, *point, "load", undisturbed.delivery)
        rows = read_everything(home / "warehouse.duckdb")
        assert all(hashed.startswith("0:") for table, hashed in rows.items() if "raw" in table)
    else:
        die_at(home, "pipeline.warehouse.snapshot.make_folder", 1, "load", undisturbed.delivery)
    assert not (home / "snapshots" / "current.duckdb").exists()
    assert here(monkeypatch, home, "load", undisturbed.delivery) == 0
    assert here(monkeypatch, home, "backfill", *RANGE) == 0
    assert read_home(home) == undisturbed.contents
    assert leftovers(home) == []


@pytest.mark.slow
@pytest.mark.parametrize("point", IN_MARGIN.values(), ids=IN_MARGIN.keys())
def test_a_writer_killed_while_it_computes(undisturbed, tmp_path, monkeypatch, point):
    home = copy_home(undisturbed.loaded, tmp_path / "home")
    before = read_everything(home / "snapshots" / "current.duckdb")
    die_at(home, *point, "backfill", *RANGE)
    assert read_everything(home / "snapshots" / "current.duckdb") == before
    assert here(monkeypatch, home, "backfill", *RANGE) == 0
    assert read_home(home) == undisturbed.contents
    assert leftovers(home) == []


@pytest.mark.parametrize("point", IN_PUBLISH.values(), ids=IN_PUBLISH.keys())
def test_a_writer_killed_while_it_publishes(undisturbed, tmp_path, monkeypatch, point):
    home = copy_home(undisturbed.finished, tmp_path / "home")
    before = (home / "snapshots" / "current.duckdb").read_bytes()
    die_at(home, *point, "publish")
    assert (home / "snapshots" / "current.duckdb").read_bytes() == before
    assert here(monkeypatch, home, "publish") == 0
    assert read_home(home) == undisturbed.contents
    assert leftovers(home) == []


@pytest.mark.slow
def test_a_writer_killed_at_any_moment(undisturbed, tmp_path, monkeypatch):
    home = copy_home(undisturbed.loaded, tmp_path / "home")
    draw = random.Random(7)
    killed = 0
    for _ in range(4):
        process = start(home, "backfill", *RANGE)
        time.sleep(draw.uniform(0.8, 4.0))
        process.kill()
        process.communicate()
        killed += process.returncode == -9
        read_everything(home / "snapshots" / "current.duckdb")
    assert killed
    assert here(monkeypatch, home, "backfill", *RANGE) == 0
    assert read_home(home) == undisturbed.contents
    assert leftovers(home) == []


@pytest.mark.slow
def test_the_report_after_a_killed_run_is_the_same_file(undisturbed, tmp_path, monkeypatch):
    home = copy_home(undisturbed.loaded, tmp_path / "home")
    die_at(home, *IN_MARGIN["between two tables of one transaction"], "backfill", *RANGE)
    assert here(monkeypatch, home, "backfill", *RANGE) == 0
    for each in (undisturbed.finished, home):
        assert here(monkeypatch, each, "report", "--as-of", BACKTEST[-1]) == 0
    name = f"adequacy-{BACKTEST[-1]}.pdf"
    assert (home / "reports" / name).read_bytes() == (
        undisturbed.finished / "reports" / name
    ).read_bytes()


def test_what_a_killed_process_spilled_is_swept(undisturbed, tmp_path, monkeypatch):
    home = copy_home(undisturbed.finished, tmp_path / "home")
    dead = start(home, "--version")
    dead.communicate()
    (home / "tmp" / f"duckdb_temp_{dead.pid}_0_storage_S64K-0.tmp").write_bytes(b"x")
    living = home / "tmp" / f"duckdb_temp_{os.getpid()}_0_storage_S64K-0.tmp"
    living.write_bytes(b"x")
    assert here(monkeypatch, home, "publish") == 0
    assert leftovers(home) == [f"tmp/{living.name}"]


def test_a_held_warehouse_is_one_sentence_that_names_the_holder(undisturbed, tmp_path):
    from pipeline.settings import Settings
    from pipeline.warehouse import open_writer

    home = copy_home(undisturbed.finished, tmp_path / "home")
    before = read_home(home)
    with open_writer(Settings(home=home)):
        code, out, err = command(home, "publish")
    assert (code, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert f"is being written by process {os.getpid()}" in err
    assert command(home, "publish")[0] == 0
    assert read_home(home) == before
