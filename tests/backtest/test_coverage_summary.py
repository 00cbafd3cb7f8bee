import polars as pl
import pytest

from pipeline.backtest import coverage_summary
from pipeline.backtest.coverage_summary import report_short_history
from pipeline.backtest.tested_rows import CoverageRule, compare_every_basis
from tests.markets import day

RULES = {"m": CoverageRule(99.0, 0.005)}
MEMBERS = pl.DataFrame({"account_id": ["a", "b"], "member_id": ["M", "M"]})


def summarise_coverage(given, members, rules, window_days):
    tested = compare_every_basis(given, rules)
    return coverage_summary.summarise_coverage(tested, members, rules, window_days)


def rows(spec, track="core_model", basis="capped"):
    """Rows of out_backtest from (day, account, loss, netted, capped, standalone, status)."""
    return pl.DataFrame(
        [
            {
                "business_date": day(t),
                "model_id": "m",
                "track": track,
                "scope": "account",
                "scope_id": account,
                "account_id": account,
                "mpor_days": 1,
                "margin_basis": basis,
                "status": status,
                "loss_amount": loss,
                "netted_margin_amount": netted,
                "capped_margin_amount": capped,
                "standalone_margin_amount": standalone,
                "tested_margin_amount": capped,
            }
            for t, account, loss, netted, capped, standalone, status in spec
        ],
        schema_overrides={"mpor_days": pl.Int32, "loss_amount": pl.Float64},
    )


def series(count, exceeding=(), account="a"):
    return [
        (t, account, 150.0 if t in exceeding else 0.0, 90.0, 100.0, 200.0, "observed")
        for t in range(count)
    ]


def pick(frame, **conditions):
    return frame.filter(**conditions).row(0, named=True)


def test_counts_by_basis_scope_and_window():
    given = rows(series(300, {0, 1, 299}) + series(300, {299}, "b"))
    coverage = summarise_coverage(given, MEMBERS, RULES, (250,)).coverage
    firm = pick(coverage, scope="firm", window_name="all", margin_basis="capped")
    assert (firm["observations"], firm["exceedances"]) == (600, 4)
    assert firm["coverage_pct"] == pytest.approx(100 * (1 - 4 / 600))
    assert firm["largest_shortfall_amount"] == pytest.approx(50.0)
    assert firm["total_shortfall_amount"] == pytest.approx(200.0)
    recent = pick(coverage, scope="firm", window_name="last_250", margin_basis="capped")
    assert (recent["observations"], recent["exceedances"], recent["window_days"]) == (500, 2, 250)
    alone = pick(coverage, scope="account", scope_id="b", window_name="all", margin_basis="netted")
    assert (alone["observations"], alone["exceedances"]) == (300, 1)
    assert alone["largest_shortfall_amount"] == pytest.approx(60.0)
    gross = pick(coverage, scope="member", window_name="all", margin_basis="standalone")
    assert (gross["scope_id"], gross["observations"], gross["exceedances"]) == ("M", 600, 0)


def test_zones_and_kupiec_are_those_of_basel_for_250_days():
    for exceedances, zone, p_value in (
        (4, "green", 0.3805),
        (5, "yellow", 0.1619),
        (10, "red", 0.0003),
    ):
        summary = summarise_coverage(
            rows(series(250, set(range(exceedances)))), MEMBERS.head(1), RULES, ()
        )
        row = pick(summary.coverage, scope="account", margin_basis="capped")
        assert row["zone"] == zone
        test = pick(summary.tests, scope="account", margin_basis="capped", test="kupiec_pof")
        assert test["p_value"] == pytest.approx(p_value, abs=5e-5)


def test_too_few_exceedances_are_conservative_and_never_a_failure():
    summary = summarise_coverage(rows(series(600)), MEMBERS.head(1), RULES, ())
    test = pick(summary.tests, scope="account", margin_basis="capped", test="kupiec_pof")
    assert test["decision"] == "conservative"
    assert pick(summary.coverage, scope="account", margin_basis="capped")["zone"] == "green"


def test_pending_and_missing_days_are_counted_and_no_observations():
    spec = series(10)
    spec += [
        (10, "a", None, 90.0, 100.0, 200.0, "missing_price"),
        (11, "a", None, 90.0, 100.0, 200.0, "pending"),
    ]
    coverage = summarise_coverage(rows(spec), MEMBERS, RULES, (5,)).coverage
    whole = pick(coverage, scope="firm", window_name="all", margin_basis="capped")
    assert (whole["observations"], whole["pending_count"], whole["missing_price_count"]) == (
        10,
        1,
        1,
    )
    recent = pick(coverage, scope="firm", window_name="last_5", margin_basis="capped")
    assert (recent["observations"], recent["pending_count"], recent["missing_price_count"]) == (
        4,
        1,
        1,
    )


def test_the_adequacy_track_keeps_the_basis_of_each_row():
    given = rows(series(3), "adequacy", "called")
    coverage = summarise_coverage(given, MEMBERS, RULES, ()).coverage
    assert set(coverage["margin_basis"]) == {"called"}


def test_no_rows_give_no_coverage_and_no_failure():
    summary = summarise_coverage(rows(series(1)).clear(), MEMBERS, RULES, (250,))
    assert summary.coverage.height == 0
    assert summary.tests.height == 0


def test_a_history_that_is_too_short_is_said_in_the_tests():
    excluded = pl.DataFrame(
        {"model_id": ["m"], "mpor_days": [1], "reason": ["history too short: 4 of 500 moves"]},
        schema_overrides={"mpor_days": pl.Int32},
    )
    row = report_short_history(excluded, {"m": 99.0}).row(0, named=True)
    assert row["decision"] == "insufficient_data"
    assert row["track"] == "core_model"
    assert row["reason"] == "history too short: 4 of 500 moves"
    assert row["p_value"] is None
