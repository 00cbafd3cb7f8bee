"""Queries on snapshots, and when snapshots are published."""

import json

import pytest

from tests.deliveries import dates, write_delivery

DAYS = dates(3)


@pytest.fixture
def published(marginproof, short_model, tmp_path):
    assert marginproof("load", write_delivery(tmp_path / "in", DAYS, DAYS))[0] == 0


def test_rows_come_as_table_csv_and_json(published, marginproof):
    query = "SELECT account_id, count(*) AS n FROM core_positions GROUP BY ALL ORDER BY ALL"
    code, out, _ = marginproof("sql", "-c", query, "--format", "json")
    assert (code, json.loads(out)) == (
        0,
        [{"account_id": "one", "n": 6}, {"account_id": "two", "n": 3}],
    )
    assert marginproof("sql", "-c", query, "--format", "csv")[1] == "account_id,n\none,6\ntwo,3\n"
    table = marginproof("sql", "-c", query)[1]
    assert "account_id" in table
    assert "(2 rows)" in table


def test_sums_of_integers_are_numbers(published, marginproof):
    out = marginproof("sql", "-c", "SELECT sum(2::BIGINT) AS n", "--format", "json")[1]
    assert json.loads(out) == [{"n": 2}]


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("SELEC 1", 2, "cannot be run"),
        ("FROM nowhere", 2, "nowhere"),
        ("DELETE FROM out_runs", 2, "DELETE does more than read"),
        ("SELECT 1; DELETE FROM out_runs", 2, "DELETE does more than read"),
        ("FROM read_csv('/etc/passwd')", 1, "disabled"),
        ("COPY (SELECT 1) TO '/tmp/stolen.csv'", 2, "COPY does more than read"),
        ("ATTACH '/tmp/other.duckdb'", 2, "ATTACH does more than read"),
        ("SET enable_external_access = true", 2, "SET does more than read"),
        (";", 2, "the query is empty"),
    ],
)
def test_a_query_cannot_write_or_reach_files(published, marginproof, query, code, words):
    got, out, err = marginproof("sql", "-c", query)
    told, sentence = err.splitlines()
    assert (got, out) == (code, "")
    assert told.startswith("snapshot ")
    assert sentence.startswith("marginproof: the query ")
    assert words in sentence


def test_nothing_is_published_until_asked_for(marginproof, short_model, tmp_path, own_settings):
    folder = write_delivery(tmp_path / "in", DAYS, DAYS)
    assert marginproof("load", folder, "--no-publish")[0] == 0
    assert not own_settings.snapshot_path.exists()
    code, _, err = marginproof("sql", "-c", "SELECT 1")
    assert code == 3
    assert "no snapshot is published" in err
    assert marginproof("publish")[0] == 0
    assert own_settings.snapshot_path.exists()


def test_models_are_listed_with_parameters_and_sources(marginproof, short_model):
    code, out, _ = marginproof("models")
    assert code == 0
    assert "hes  Historical expected shortfall" in out
    assert "tree.cap = 0.8  [Regulation (EU) 153/2013, Art. 27(4)" in out
    assert "short  Short history, for tests" in out
    detail = json.loads(marginproof("models", "--json")[1])["models"]
    assert {m["model_id"] for m in detail} >= {"hes", "hvar", "short"}


def test_a_misspelt_parameter_is_named(marginproof, short_model, home):
    path = home / "models" / "short.toml"
    path.write_text(path.read_text().replace("lookback_days", "lookback_day"), encoding="utf-8")
    code, _, err = marginproof("margin", "--from", DAYS[0], "--to", DAYS[0])
    assert code == 2
    assert "short.toml: scenarios: unknown key 'lookback_day'" in err


def test_the_doctor_finds_this_environment_fit(marginproof, home):
    code, out, err = marginproof("doctor")
    assert code == 0, err
    assert "ok   weasyprint" in out
    assert "ok   report fonts" in out


def test_the_run_log_names_inputs_parameters_and_code(published, marginproof):
    marginproof("backfill", "--from", DAYS[0], "--to", DAYS[2])
    out = marginproof("sql", "--format", "json", "-c", "FROM out_runs ORDER BY command")[1]
    runs = json.loads(out)
    assert [run["command"] for run in runs] == ["backfill", "load"]
    assert all(len(run["run_id"]) == 16 and run["status"] == "done" for run in runs)
    assert json.loads(runs[1]["row_counts"])["positions"] == 9
    assert "positions.csv" in runs[1]["input_checksums"]
    marginproof("backfill", "--from", DAYS[0], "--to", DAYS[2])
    again = json.loads(
        marginproof("sql", "--format", "json", "-c", "FROM out_runs ORDER BY command")[1]
    )
    assert [r["run_id"] for r in again] == [r["run_id"] for r in runs]
