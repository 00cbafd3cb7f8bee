"""The tail of the margins, as the margin step writes it."""

import json
import shutil

import pytest

from pipeline.steps import margin as step
from tests.deliveries import TEST_MODEL, dates, write_delivery

DAYS = dates(45)
HELD = DAYS[38:43]
TAIL = "[tail]\nconfidence_pct = [90.0, 97.5]\nworst_scenarios = 3\n"
TABLES = ("out_margin", "out_margin_levels", "out_margin_scenarios")


@pytest.fixture
def loaded(home, marginproof, tmp_path, monkeypatch):
    (home / "models").mkdir(parents=True)
    (home / "models" / "short.toml").write_text(TEST_MODEL + TAIL, encoding="utf-8")
    monkeypatch.setenv("MARGINPROOF_MODELS", "short")
    code, _, err = marginproof("load", write_delivery(tmp_path / "in", DAYS, HELD))
    assert code == 0, err

    def query(text):
        code, out, err = marginproof("sql", "--format", "json", "-c", text)
        assert code == 0, err
        return json.loads(out)

    return query


def margin(marginproof, first=HELD[0], last=HELD[-1]):
    code, _, err = marginproof("margin", "--from", first, "--to", last)
    assert code == 0, err


def test_written_levels_hold_the_written_margin_to_the_cent(loaded, marginproof):
    margin(marginproof)
    (found,) = loaded(
        "SELECT count(*) AS n, count_if(l.input_hash <> m.input_hash) AS other_inputs,"
        " count_if(round(expected_shortfall_amount, 2) <> round(netted_margin_amount, 2)) AS wrong"
        " FROM out_margin_levels AS l JOIN out_margin AS m"
        " USING (business_date, model_id, mpor_days, account_id)"
        " WHERE is_model_confidence AND node_level = 'account'"
    )
    assert found == {"n": 2 * 2 * len(HELD), "other_inputs": 0, "wrong": 0}
    rows = loaded(
        "SELECT count(*) AS n, count(DISTINCT (business_date, mpor_days, account_id)) AS accounts,"
        " count_if(scenario_date > business_date) AS later, count_if(is_binding) AS binding"
        " FROM out_margin_scenarios"
    )[0]
    # 20 scenarios at 95 %: the tail mean is the worst scenario alone.
    assert rows == {"n": 3 * 20, "accounts": 20, "later": 0, "binding": 20}


def test_twice_and_date_by_date_write_the_same_versions(loaded, marginproof):
    def results():
        return {table: loaded(f"FROM history.{table} ORDER BY ALL") for table in TABLES}

    for day in HELD:
        margin(marginproof, day, day)
    alone = results()
    margin(marginproof)
    assert results() == alone
    assert all(row["known_to"] is None for rows in alone.values() for row in rows)


@pytest.mark.parametrize("positions", [1, 5])
def test_blocks_of_dates_leave_no_trace(
    loaded, home, marginproof, tmp_path, monkeypatch, positions
):
    other = tmp_path / "other"
    shutil.copytree(home, other)

    def results():
        return {
            table: loaded(f"FROM history.{table} ORDER BY ALL")
            for table in (*TABLES, "out_rules", "out_exclusions")
        }

    margin(marginproof)
    at_once = results()
    assert at_once["out_margin"]
    monkeypatch.setenv("MARGINPROOF_HOME", str(other))
    monkeypatch.setattr(step, "BLOCK_POSITIONS", positions)
    written = []
    write = step._write
    monkeypatch.setattr(
        step, "_write", lambda *given: written.append(len(given[2])) or write(*given)
    )
    margin(marginproof)
    assert sum(written) == len(HELD)
    assert len(written) > 1
    assert results() == at_once
