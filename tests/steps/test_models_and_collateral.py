"""Every shipped model through the command line, with its rules, collateral ratios and calls."""

import json

import pytest

from tests.deliveries import dates, write, write_delivery

DAYS = dates(70)
FIRST, LAST = DAYS[60], DAYS[66]
SHIPPED = ("fhs", "fixed", "grid", "hes", "hvar", "span", "tims")

RULES = """
model_id = "short"
title = "Short history with every rule, for tests"
version = "1"
initial_factor = 1.5
[scenarios]
source = "filtered"
lookback_days = 20
mpor_days = [1]
[volatility]
warm_up_days = 10
[measure]
name = "expected_shortfall"
confidence_pct = 95.0
[tree]
account = "margins"
[[stress.periods]]
id = "january"
first_date = 2024-01-10
last_date = 2024-01-31
[gate]
threshold = 0.3
minimum_observations = 10
[[offset_groups]]
id = "both"
products = ["AA", "BB"]
rationale = "test"
default_fund = "fund"
stress_test = "none"
[procyclicality]
stress_weight = 0.25
floor_years = 10.0
buffer = 0.25
buffer_anchors = 2
buffer_anchor_days = 5
[addons]
contingency_rate = 0.01
minimum_per_contract_amount = 1.0
[addons.concentration]
thresholds = [1.0]
rates = [0.05]
liquidity = [{ product = "AA", volume = 5.0 }]
[collateral]
minimum_transfer_amount = 10.0
"""


@pytest.fixture
def loaded(home, marginproof, tmp_path, monkeypatch):
    (home / "models").mkdir(parents=True)
    (home / "models" / "short.toml").write_text(RULES, encoding="utf-8")
    monkeypatch.setenv("MARGINPROOF_MODELS", "short")
    folder = write_delivery(tmp_path / "in", DAYS, DAYS[60:])
    write(
        folder,
        "collateral.csv",
        "business_date,account_id,asset,amount,haircut_pct",
        [f"{day},one,cash,{1000 + 10 * n},2" for n, day in enumerate(DAYS[60:65])],
    )
    code, _, err = marginproof("load", folder)
    assert code == 0, err


@pytest.fixture
def query(marginproof):
    def run(text):
        code, out, err = marginproof("sql", "--format", "json", "-c", text)
        assert code == 0, err
        return json.loads(out)

    return run


def margin(marginproof, first=FIRST, last=LAST, *options):
    code, out, err = marginproof("margin", "--from", first, "--to", last, *options)
    assert code == 0, err
    return out


def test_rules_ratios_and_calls_are_written(loaded, marginproof, query):
    margin(marginproof)
    rules = query("SELECT DISTINCT rule, label FROM out_rules ORDER BY ALL")
    assert [(r["rule"], r["label"]) for r in rules] == [
        ("buffer", "article_28"),
        ("correlation_gate", "pearson"),
        ("stress_weight", "article_28"),
        ("volatility_floor", "short_history"),
    ]
    (sums,) = query(
        "SELECT count(*) AS n, count_if(abs(maintenance_margin_amount - capped_margin_amount"
        " - addon_amount) > 0.001) AS wrong, min(addon_amount) AS least,"
        " count_if(abs(initial_margin_amount - 1.5 * maintenance_margin_amount) > 0.001) AS off"
        " FROM out_margin"
    )
    assert sums["n"] > 0
    assert (sums["wrong"], sums["off"]) == (0, 0)
    assert sums["least"] > 0
    ratios = query("FROM out_collateral_ratio ORDER BY business_date, account_id")
    assert {r["business_date"] for r in ratios} == {str(day) for day in DAYS[60:65]}
    assert {r["account_id"] for r in ratios} == {"one", "two"}
    first = ratios[0]
    assert first["collateral_value_amount"] == pytest.approx(980.0)
    assert first["margin_ratio"] == pytest.approx(980.0 / first["initial_margin_amount"], rel=1e-6)
    assert first["isolated_margin_amount"] >= first["initial_margin_amount"] - 0.001
    calls = query("FROM out_calls ORDER BY business_date, account_id")
    assert len(calls) == 2 * 6
    assert {c["call_basis"] for c in calls if c["business_date"] <= str(DAYS[65])} == {"collateral"}
    assert {c["call_basis"] for c in calls if c["business_date"] > str(DAYS[65])} == {"requirement"}


def test_running_twice_changes_nothing_and_one_date_equals_the_range(loaded, marginproof, query):
    def results():
        return {
            table: query(f"FROM history.{table} ORDER BY ALL")
            for table in ("out_margin", "out_rules", "out_collateral_ratio", "out_calls")
        }

    for day in DAYS[60:67]:
        margin(marginproof, day, day)
    alone = results()
    margin(marginproof)
    assert results() == alone


def test_dates_in_any_order_end_with_the_same_calls(loaded, marginproof, query):
    for day in reversed(DAYS[60:67]):
        margin(marginproof, day, day)
    backwards = query("FROM out_calls ORDER BY ALL")
    margin(marginproof)
    assert query("FROM out_calls ORDER BY ALL") == backwards
    assert len(backwards) == 2 * 6


def test_collateral_that_comes_later_changes_ratios_and_not_margins(
    loaded, marginproof, query, tmp_path
):
    margin(marginproof)
    before = query("FROM history.out_margin ORDER BY ALL")
    folder = tmp_path / "more"
    write(
        folder,
        "collateral.csv",
        "business_date,account_id,asset,amount,haircut_pct",
        [f"{DAYS[60]},one,cash,5000,0"],
    )
    assert marginproof("load", folder)[0] == 0
    margin(marginproof)
    (row,) = query(
        f"SELECT collateral_value_amount FROM out_collateral_ratio"
        f" WHERE business_date = DATE '{DAYS[60]}' AND account_id = 'one'"
    )
    assert row["collateral_value_amount"] == 5000.0
    assert query("FROM history.out_margin ORDER BY ALL") == before


def test_models_lists_every_model_with_parameters_and_sources(home, marginproof):
    code, out, _ = marginproof("models")
    assert code == 0
    for model_id in SHIPPED:
        assert f"\n{model_id}  " in f"\n{out}"
    assert "Art. 28(1)(b)" in out
    assert "NSE Clearing" in out
    code, out, _ = marginproof("models", "--json")
    detail = json.loads(out)
    assert len({m["parameter_hash"] for m in detail["models"]}) == len(SHIPPED)


def test_a_model_of_rules_runs_on_a_short_history(loaded, marginproof, query):
    margin(marginproof, FIRST, LAST, "--model", "grid", "--model", "tims")
    rows = query(
        "SELECT model_id, count(*) AS n, min(netted_margin_amount) AS least FROM out_margin"
        " WHERE node_level = 'account' GROUP BY model_id ORDER BY model_id"
    )
    assert [(r["model_id"], r["n"]) for r in rows] == [("grid", 28), ("tims", 28)]
    assert min(r["least"] for r in rows) > 0
