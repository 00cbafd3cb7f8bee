"""From files to published results, through the command line."""

import json
import random
import subprocess
import sys

import pytest

from tests.deliveries import dates, write, write_delivery, write_positions, write_prices

DAYS = dates(40)
TABLES = ("out_margin", "out_exclusions", "out_backtest", "out_coverage", "out_coverage_tests")


def rows(marginproof, query):
    code, out, err = marginproof("sql", "--format", "json", "-c", query)
    assert code == 0, err
    return json.loads(out)


def in_force(marginproof):
    return {table: rows(marginproof, f"FROM {table} ORDER BY ALL") for table in TABLES}


@pytest.fixture
def loaded(short_model, marginproof, tmp_path):
    folder = write_delivery(tmp_path / "in", DAYS, DAYS[25:])
    assert marginproof("load", folder)[0] == 0
    return folder


def test_a_range_of_days_ends_with_margins_and_coverage(loaded, marginproof):
    code, _out, err = marginproof("backfill", "--from", DAYS[25], "--to", DAYS[39])
    assert code == 0, err
    (counts,) = rows(
        marginproof,
        "SELECT count(*) AS margins, count(DISTINCT business_date) AS days FROM out_margin"
        " WHERE node_level = 'account'",
    )
    assert counts == {"margins": 2 * 15 * 2, "days": 15}
    (firm,) = rows(
        marginproof,
        "SELECT observations, pending_count, exceedances FROM out_coverage WHERE scope = 'firm'"
        " AND track = 'core_model' AND margin_basis = 'capped' AND mpor_days = 2"
        " AND window_name = 'all'",
    )
    assert firm["observations"] == 2 * 13
    assert firm["pending_count"] == 2 * 2
    (counted,) = rows(
        marginproof,
        "SELECT count_if(is_exceedance) AS exceedances FROM out_backtest WHERE scope = 'account'"
        " AND track = 'core_model' AND mpor_days = 2",
    )
    assert counted["exceedances"] == firm["exceedances"]
    for day in DAYS[25:]:
        assert marginproof("check", day, "--outputs")[0] == 0


def test_the_flag_follows_from_the_written_amounts(loaded, marginproof):
    marginproof("backfill", "--from", DAYS[25], "--to", DAYS[39])
    wrong = rows(
        marginproof,
        "FROM out_backtest WHERE status = 'observed' AND"
        " is_exceedance IS DISTINCT FROM (loss_amount > tested_margin_amount + 0.005)",
    )
    assert wrong == []


def test_running_twice_changes_nothing(loaded, marginproof):
    marginproof("backfill", "--from", DAYS[25], "--to", DAYS[39])
    once = in_force(marginproof)
    marginproof("load", loaded)
    code, out, _ = marginproof("backfill", "--from", DAYS[25], "--to", DAYS[39])
    assert code == 0
    assert "0 dates recomputed" in out
    assert in_force(marginproof) == once


def test_days_in_any_order_end_with_the_same_rows(
    short_model, marginproof, tmp_path, home, monkeypatch
):
    seen = []
    for name, seed in (("ordered", None), ("shuffled", 4)):
        monkeypatch.setenv("MARGINPROOF_HOME", str(tmp_path / name))
        (tmp_path / name).mkdir()
        (tmp_path / name / "models").symlink_to(home / "models")
        first = write_delivery(tmp_path / f"{name}-first", DAYS[:30], DAYS[25:30])
        assert marginproof("load", first)[0] == 0
        order = DAYS[30:36]
        if seed is not None:
            random.Random(seed).shuffle(order)
        for day in order:
            folder = tmp_path / f"{name}-{day}"
            write_prices(folder, [day])
            write_positions(folder, [day])
            assert marginproof("load", folder)[0] == 0
            assert marginproof("margin", "--from", day, "--to", day)[0] == 0
        assert marginproof("margin", "--from", DAYS[25], "--to", DAYS[35])[0] == 0
        assert marginproof("backtest", "--as-of", DAYS[35])[0] == 0
        seen.append(in_force(marginproof))
    assert seen[0] == seen[1]


def test_a_late_correction_recomputes_what_depends_on_it_and_keeps_the_old(
    loaded, marginproof, tmp_path
):
    marginproof("backfill", "--from", DAYS[25], "--to", DAYS[39])
    before = in_force(marginproof)["out_margin"]
    corrected = tmp_path / "corrected"
    write(
        corrected,
        "prices.csv",
        "business_date,instrument_id,settlement_price",
        [f"{DAYS[20]},AA,250.0", f"{DAYS[20]},BB,99.0"],
    )
    assert marginproof("load", corrected, "--known-at", DAYS[39])[0] == 0
    code, out, _ = marginproof("margin", "--from", DAYS[25], "--to", DAYS[25])
    assert code == 0
    assert "15 dates recomputed" in out, "every date whose lookback touches the correction"
    after = in_force(marginproof)["out_margin"]
    assert len(after) == len(before)
    assert after != before
    (history,) = rows(
        marginproof,
        "SELECT count(*) AS closed, min(known_to)::VARCHAR AS known_to FROM history.out_margin"
        " WHERE known_to IS NOT NULL",
    )
    assert history == {"closed": len(before), "known_to": str(DAYS[39])}


def test_a_changed_cap_changes_the_margin_that_is_tested(loaded, marginproof, home):
    marginproof("backfill", "--from", DAYS[25], "--to", DAYS[39])
    query = (
        "SELECT sum(tested_margin_amount) AS tested FROM out_backtest WHERE scope = 'account'"
        " AND track = 'core_model'"
    )
    (capped,) = rows(marginproof, query)
    path = home / "models" / "short.toml"
    path.write_text(path.read_text() + "\n[tree]\ncap = 0.0\n", encoding="utf-8")
    marginproof("backfill", "--from", DAYS[25], "--to", DAYS[39])
    (uncapped,) = rows(marginproof, query)
    assert uncapped["tested"] > capped["tested"]


def test_the_command_in_a_process_of_its_own(home, tmp_path):
    folder = write_delivery(tmp_path / "in", DAYS[:3], DAYS[2:3])
    command = [sys.executable, "-m", "pipeline"]
    loaded = subprocess.run(
        [*command, "load", str(folder), "--json"], capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stderr
    assert json.loads(loaded.stdout)["load"]["rows"]["prices"] == 6
    unknown = subprocess.run(
        [*command, "margin", "--from", "2024-01-03", "--to", "2024-01-03", "--model", "none"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("marginproof: no model 'none'; the models are")
    assert "Traceback" not in unknown.stderr


def test_a_run_as_of_an_earlier_date_takes_nothing_back_and_looks_at_nothing_later(
    loaded, marginproof
):
    marginproof("margin", "--from", DAYS[25], "--to", DAYS[39])
    marginproof("backtest", "--as-of", DAYS[32])
    coverage = "FROM out_coverage WHERE as_of_date = DATE '2024-02-02' ORDER BY ALL"
    then = rows(marginproof, coverage)
    assert then
    marginproof("backtest", "--as-of", DAYS[39])
    latest = rows(marginproof, "FROM out_backtest ORDER BY ALL")
    marginproof("backtest", "--as-of", DAYS[32])
    assert rows(marginproof, "FROM out_backtest ORDER BY ALL") == latest
    assert rows(marginproof, coverage) == then
