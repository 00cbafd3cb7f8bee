"""From tested rows to matrices, and what the matrices are asked."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.backtest.battery import run_battery
from pipeline.backtest.block_bootstrap import day_weights, default_block_days
from pipeline.backtest.many_accounts import adjust_account_tests, count_alarms, judge_many_accounts
from pipeline.backtest.overlap import overlap_inflation
from pipeline.backtest.pooled_rows import bootstrap_pooled_coverage, state_pooled_power
from pipeline.backtest.series_matrix import arrange_series
from pipeline.backtest.series_tests import SEED, cut_series, run_series_tests
from pipeline.backtest.shared_days import date_block_bootstrap
from pipeline.backtest.simulated_null import simulate_exceedances
from pipeline.backtest.tested_rows import CoverageRule, compare_every_basis
from tests.markets import day

RULES = {"m": CoverageRule(95.0, 0.5), "n": CoverageRule(99.0, 0.5)}
MEMBERS = pl.DataFrame({"account_id": ["a", "b", "c"], "member_id": ["M", "M", "N"]})
STATUSES = ("observed", "pending", "missing_price")
LARGE, SMALL = 150.0, 0.0


def backtest_row(n, account, loss, status="observed", **changed):
    return {
        "business_date": day(n),
        "model_id": "m",
        "track": "core_model",
        "scope": "account",
        "scope_id": account,
        "account_id": account,
        "mpor_days": 1,
        "margin_basis": "capped",
        "status": status,
        "loss_amount": loss if status == "observed" else None,
        "netted_margin_amount": 90.0,
        "capped_margin_amount": 100.0,
        "standalone_margin_amount": 200.0,
        "tested_margin_amount": 100.0,
        **changed,
    }


def frame(rows):
    return pl.DataFrame(
        rows,
        schema_overrides={
            "mpor_days": pl.Int32,
            "loss_amount": pl.Float64,
            "netted_margin_amount": pl.Float64,
            "capped_margin_amount": pl.Float64,
            "standalone_margin_amount": pl.Float64,
            "tested_margin_amount": pl.Float64,
        },
    )


def panel(hits, **changed):
    """Rows of accounts a, b, .. from a matrix of exceedances."""
    return [
        backtest_row(n, "abcdefgh"[account], LARGE if hit else SMALL, **changed)
        for account, series in enumerate(hits)
        for n, hit in enumerate(series)
    ]


def windows_of(rows, days=(250,)):
    return cut_series(compare_every_basis(frame(rows), RULES), RULES, days)


def row_of(matrix, **key):
    (row,) = matrix.keys.with_row_index("row").filter(**key)["row"]
    return row


@given(
    st.lists(
        st.tuples(
            st.integers(0, 12),
            st.sampled_from("abc"),
            st.sampled_from([90.0, 90.5, 90.6, 100.6, 200.6]),
            st.sampled_from(STATUSES),
        ),
        min_size=1,
        max_size=40,
        unique_by=lambda row: row[:2],
    ),
    st.integers(1, 6),
)
def test_matrices_hold_what_reading_the_rows_one_by_one_gives(given_rows, days):
    # A horizon that starts later ends later.
    last_ended = max((n for n, _, _, s in given_rows if s != "pending"), default=-1)
    rows = [r for r in given_rows if (r[3] == "pending") == (r[0] > last_ended)]
    margins = {"netted": 90.0, "capped": 100.0, "standalone": 200.0}
    found = windows_of([backtest_row(n, a, loss, s) for n, a, loss, s in rows], (days,))
    ended = sorted({n for n, _, _, status in rows if status != "pending"})
    for name, kept in ((f"last_{days}", ended[-days:]), ("all", ended)):
        expected = {}
        for n, account, loss, status in sorted(rows):
            if n in kept and status == "observed":
                for basis, margin in margins.items():
                    series = expected.setdefault((account, basis), [])
                    series.append((loss > margin + 0.5, margin, loss))
        matches = [w for w in found if w.window_name == name]
        assert len(matches) == bool(expected)
        if not expected:
            continue
        matrix = matches[0].series
        assert len(matrix.keys) == len(expected)
        for (account, basis), days_seen in expected.items():
            row = row_of(matrix, account_id=account, margin_basis=basis)
            seen = matrix.observed[row]
            columns = (matrix.hits[row], matrix.margin[row], matrix.loss[row])
            assert list(zip(*(c[seen] for c in columns), strict=True)) == days_seen
            assert not matrix.hits[row, ~seen].any()


def test_products_of_an_account_are_series_of_their_own_under_the_capped_margin():
    rows = panel([[0, 1, 0]])
    for account in "ab":
        rows += [
            backtest_row(n, account, LARGE, scope="product", scope_id="gold") for n in range(3)
        ]
    rows += [backtest_row(n, "a", LARGE, scope="offset_group", scope_id="metal") for n in range(3)]
    keys = arrange_series(compare_every_basis(frame(rows), RULES)).keys
    named = set(keys.select("scope", "scope_id", "account_id", "margin_basis").iter_rows())
    assert named == {
        *(("account", "a", "a", basis) for basis in ("netted", "capped", "standalone")),
        ("product", "gold", "a", "capped"),
        ("product", "gold", "b", "capped"),
    }


def test_every_test_of_a_series_is_the_battery_on_that_series_alone():
    rng = np.random.default_rng(5)
    hits = rng.random((3, 300)) < 0.08
    rows = panel(hits) + panel(hits[:2], model_id="n")
    tests = run_series_tests(windows_of(rows))
    for model_id, confidence, account, series, window_name in (
        ("m", 0.95, "c", hits[2], "all"),
        ("m", 0.95, "a", hits[0, 50:], "last_250"),
        ("n", 0.99, "b", hits[1], "all"),
    ):
        alone = run_battery(series, confidence, margin=np.full(series.size, 100.0)).frame()
        found = tests.filter(
            model_id=model_id, scope_id=account, margin_basis="capped", window_name=window_name
        )
        joined = alone.join(found, on="test", how="full", suffix="_found")
        assert len(joined) == len(alone) == len(found)
        for column in ("p_value", "statistic", "decision", "observations", "exceedances"):
            assert joined[column].to_list() == joined[f"{column}_found"].to_list(), column


def test_only_horizons_over_one_day_are_corrected_and_the_correction_is_the_default_seeds():
    hits = simulate_exceedances(3, 300, 0.95, seed=1, horizon_days=5)
    one = run_series_tests(windows_of(panel(hits)))
    five = run_series_tests(windows_of(panel(hits, mpor_days=5)))
    raw = set(one["test"])
    added = set(five["test"]) - raw
    assert len(raw) == 14
    assert {"binomial_z_overlap", "coverage_block_bootstrap"} < added
    assert {name.rpartition("_")[2] for name in added} == {
        "overlap",
        "bootstrap",
        "phases",
        "simulated",
    }
    assert five.equals(run_series_tests(windows_of(panel(hits, mpor_days=5))))


def test_overlap_alone_makes_raw_tests_reject_and_corrected_ones_hold():
    hits = simulate_exceedances(8, 1_000, 0.95, seed=2, horizon_days=10)
    tests = run_series_tests(windows_of(panel(hits, mpor_days=10), ()))
    rejected = {
        name: (rows["p_value"] < 0.05).sum()
        for (name,), rows in tests.filter(margin_basis="capped").group_by("test")
    }
    assert rejected["christoffersen_independence"] == 8
    assert rejected["christoffersen_independence_simulated"] <= 2


def test_adjusted_tests_are_those_of_the_scalar_rules():
    rng = np.random.default_rng(3)
    hits = rng.random((8, 250)) < np.array([0.01, 0.02, 0.05, 0.05, 0.05, 0.08, 0.12, 0.2])[:, None]
    tests = run_series_tests(windows_of(panel(hits), ()))
    adjusted = adjust_account_tests(tests).filter(test="binomial_exact", margin_basis="capped")
    raw = tests.filter(test="binomial_exact", margin_basis="capped")
    conservative = (raw["decision"] == "conservative").to_list()
    evidence = [
        1.0 if kind else p for p, kind in zip(raw["p_value"].to_list(), conservative, strict=True)
    ]
    assert any(conservative)
    assert adjusted["p_value"].to_list() == evidence
    ordered = sorted(evidence)
    holm, largest = [], 0.0
    for i, p in enumerate(ordered):
        largest = max(largest, min(1.0, p * (8 - i)))
        holm.append(largest)
    listed = [
        min(1.0, *(q * 8 / (j + 1) for j, q in enumerate(ordered) if j >= i)) for i in range(8)
    ]
    by_p = adjusted.sort("p_value")
    assert by_p["holm_p_value"].to_list() == pytest.approx(holm)
    assert by_p["benjamini_hochberg_p_value"].to_list() == pytest.approx(listed)
    harmonic = sum(1 / i for i in range(1, 9))
    by_any_dependence = [
        min(1.0, *(q * 8 * harmonic / (j + 1) for j, q in enumerate(ordered) if j >= i))
        for i in range(8)
    ]
    assert by_p["benjamini_yekutieli_p_value"].to_list() == pytest.approx(by_any_dependence)
    assert set(adjusted["tested_accounts"]) == {8}


def test_the_firm_and_a_member_of_one_account_are_resampled_as_alone():
    rng = np.random.default_rng(4)
    hits = rng.random((3, 200)) < 0.06
    (window,) = windows_of(panel(hits), ())
    rows = bootstrap_pooled_coverage(window, MEMBERS).filter(margin_basis="capped")
    for scope_id, own in (("firm", hits), ("N", hits[2:])):
        (row,) = rows.filter(scope_id=scope_id).iter_rows(named=True)
        alone = date_block_bootstrap(own, 0.95, seed=SEED)
        assert (row["observations"], row["exceedances"]) == (own.size, own.sum())
        assert row["coverage_low_pct"] == pytest.approx(100 * alone.low)
        assert row["coverage_high_pct"] == pytest.approx(100 * alone.high)
        assert row["variance_inflation"] == pytest.approx(alone.variance_inflation)
        if scope_id == "firm":
            assert row["any_wrong_p_value"] == alone.any_wrong_p_value
    assert rows.filter(scope="member")["accounts"].to_list() == [2, 1]
    assert rows["block_days"].unique().to_list() == [default_block_days(200, 1)]


def test_a_calendar_of_its_own_does_not_change_what_another_model_says():
    rng = np.random.default_rng(6)
    hits = rng.random((3, 200)) < 0.06
    (both,) = windows_of(panel(hits) + panel(hits[:, :90], model_id="n"), ())
    (alone,) = windows_of(panel(hits[:, :90], model_id="n"), ())
    kept = bootstrap_pooled_coverage(both, MEMBERS).filter(model_id="n")
    assert kept.equals(bootstrap_pooled_coverage(alone, MEMBERS))
    weights = day_weights(90, default_block_days(90, 1), 999, SEED)
    assert weights.sum(axis=0).tolist() == [90.0] * 999


def test_alarms_by_chance_are_the_binomial_law_and_more_where_losses_overlap():
    hits = simulate_exceedances(6, 250, 0.99, seed=7)
    one, two, ten = (
        count_alarms(windows_of(panel(hits, model_id="n", mpor_days=days), ())).row(0, named=True)
        for days in (1, 2, 10)
    )
    # Basel, 250 days at 99 %: 10.78 % of accounts are yellow or red by chance.
    assert one["expected_yellow_or_red_accounts"] == pytest.approx(6 * 0.1078, abs=6e-4)
    assert one["expected_red_accounts"] == pytest.approx(6 * 0.00025, abs=6e-5)
    assert one["expected_yellow_or_red_accounts"] < two["expected_yellow_or_red_accounts"]
    assert one["expected_red_accounts"] < two["expected_red_accounts"]
    assert two["expected_red_accounts"] < ten["expected_red_accounts"] < 6
    exceedances = hits.sum(axis=1)
    assert one["yellow_or_red_accounts"] == (exceedances >= 5).sum()
    assert one["red_accounts"] == (exceedances >= 10).sum()


def test_power_is_stated_for_effective_observations():
    hits = np.zeros((3, 200), dtype=bool)
    (window,) = windows_of(panel(hits, mpor_days=2), ())
    rows = state_pooled_power(window, bootstrap_pooled_coverage(window, MEMBERS))
    account, firm = (rows.filter(margin_basis="capped", scope=s) for s in ("account", "firm"))
    effective = 200 / overlap_inflation(2, 0.95).variance_inflation
    assert account["effective_observations"].to_list() == [pytest.approx(effective)]
    assert (account["observations"][0], firm["observations"][0]) == (200, 600)
    # Without an exceedance nothing tells how accounts depend: the most cautious count.
    assert firm["effective_observations"].to_list() == [pytest.approx(effective)]
    assert f"With {int(effective)} observations" in account["sentence"][0]


def test_an_account_without_an_exceedance_or_with_one_day_is_judged_without_failing():
    rows = [*panel([[0] * 30]), backtest_row(29, "b", LARGE)]
    windows = windows_of(rows)
    tests = run_series_tests(windows)
    many = judge_many_accounts(windows, tests, MEMBERS)
    independence = many.multiple_tests.filter(
        test="christoffersen_independence_exact", margin_basis="capped", window_name="all"
    )
    assert independence["p_value"].to_list() == [None, None]
    assert independence["holm_p_value"].to_list() == [None, None]
    assert set(independence["tested_accounts"]) == {0}
    assert set(many.false_alarms["accounts"]) == {2}
