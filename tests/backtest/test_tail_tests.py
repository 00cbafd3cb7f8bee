"""The tests of the tail on rows of accounts, against the same tests on one series at a time."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.backtest.expected_shortfall_tests import acerbi_szekely_columns
from pipeline.backtest.multilevel import multilevel_coverage_columns
from pipeline.backtest.series_tests import SEED
from pipeline.backtest.tail_tests import run_tail_tests
from pipeline.backtest.tested_rows import CoverageRule, compare_every_basis

DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(120)]
LEVELS = (95.0, 99.0)
RULES = {"hes": CoverageRule(99.0, 0.01), "grid": CoverageRule(99.0, 0.01)}


def make_rows(losses):
    """Rows of out_backtest: one account a key, all days observed but the last, which is pending."""
    return pl.DataFrame(
        [
            {
                "business_date": day,
                "model_id": "hes",
                "track": "core_model",
                "scope": "account",
                "scope_id": account,
                "account_id": account,
                "mpor_days": 1,
                "margin_basis": "capped",
                "standalone_margin_amount": 900.0,
                "netted_margin_amount": 300.0,
                "capped_margin_amount": 300.0,
                "tested_margin_amount": 300.0,
                "status": "pending" if day == DAYS[-1] else "observed",
                "loss_amount": None if day == DAYS[-1] else float(own[n]),
            }
            for account, own in losses.items()
            for n, day in enumerate(DAYS)
        ],
        schema_overrides={"mpor_days": pl.Int32},
    )


def make_levels(accounts):
    return pl.DataFrame(
        [
            {
                "business_date": day,
                "model_id": "hes",
                "mpor_days": 1,
                "account_id": account,
                "confidence_pct": level,
                "quantile_amount": quantile,
                "expected_shortfall_amount": shortfall,
            }
            for day in DAYS
            for account in accounts
            for level, quantile, shortfall in ((95.0, 165.0, 206.0), (99.0, 233.0, 267.0))
        ],
        schema_overrides={"mpor_days": pl.Int32},
    )


@pytest.fixture(scope="module")
def losses():
    random = np.random.default_rng(11)
    own = random.normal(0.0, 100.0, (2, len(DAYS)))
    own[1] *= 2.5
    return {"calm": own[0], "wild": own[1]}


@pytest.fixture(scope="module")
def results(losses):
    tested = compare_every_basis(make_rows(losses), RULES)
    return run_tail_tests(tested, make_levels(losses), RULES, (50,))


@pytest.mark.parametrize("account", ["calm", "wild"])
@pytest.mark.parametrize(("window", "first"), [("all", 0), ("last_50", 69)])
def test_each_account_has_the_result_of_its_own_series(results, losses, account, window, first):
    loss = losses[account][first:-1]
    found = {
        row["test"]: row
        for row in results.filter(
            (pl.col("account_id") == account) & (pl.col("window_name") == window)
        ).iter_rows(named=True)
    }
    assert set(found) == {"multilevel_coverage", "acerbi_szekely_z1", "acerbi_szekely_z2"}
    counts = [int((loss > quantile + 0.01).sum()) for quantile in (165.0, 233.0)]
    levels = multilevel_coverage_columns([counts], len(loss), np.array(LEVELS) / 100)
    hits = loss > 233.01
    z1, z2 = acerbi_szekely_columns(hits, loss, np.full(len(loss), 267.0), 0.99, seed=SEED)
    for name, columns in (
        ("multilevel_coverage", levels),
        ("acerbi_szekely_z1", z1),
        ("acerbi_szekely_z2", z2),
    ):
        one = columns.outcome(0)
        row = found[name]
        assert row["decision"] == one.decision
        assert row["observations"] == len(loss)
        assert row["reason"] == one.reason
        assert row["statistic"] == pytest.approx(one.statistic)
        assert row["p_value"] == pytest.approx(one.p_value)
    # By hand: 1 - sum of loss over expected shortfall on days beyond the quantile over T p.
    expected = 1.0 - (loss[hits] / 267.0).sum() / (len(loss) * 0.01)
    assert found["acerbi_szekely_z2"]["statistic"] == pytest.approx(expected)


def test_losses_two_and_a_half_times_too_large_are_rejected(results):
    wild = results.filter((pl.col("account_id") == "wild") & (pl.col("window_name") == "all"))
    decisions = dict(zip(wild["test"], wild["decision"], strict=True))
    # Too many days beyond the margin; how far beyond it they lie is another question.
    assert decisions["multilevel_coverage"] == "reject"
    assert decisions["acerbi_szekely_z2"] == "reject"


def test_a_model_without_a_tail_has_no_tests(losses):
    tested = compare_every_basis(make_rows(losses), RULES)
    nothing = run_tail_tests(tested, make_levels(losses).clear(), RULES, (50,))
    assert nothing.width == 0


def test_levels_without_the_target_leave_the_multilevel_test(losses):
    tested = compare_every_basis(make_rows(losses), RULES)
    levels = make_levels(losses).filter(pl.col("confidence_pct") < 99.0)
    found = run_tail_tests(tested, levels, RULES, ())
    assert set(found["test"]) == {"multilevel_coverage"}


def overlapping(seed, horizon=5, scale=100.0):
    days = len(DAYS)
    daily = np.random.default_rng(seed).normal(0.0, scale / np.sqrt(horizon), days + horizon)
    return np.convolve(daily, np.ones(horizon), "valid")[:days]


def over_five_days(frame):
    return frame.with_columns(mpor_days=pl.lit(5, dtype=pl.Int32))


def test_at_five_days_the_corrected_tests_stand_beside_the_raw_ones():
    losses = {"calm": overlapping(3), "wild": overlapping(4, scale=400.0)}
    tested = compare_every_basis(over_five_days(make_rows(losses)), RULES)
    rows = run_tail_tests(tested, over_five_days(make_levels(losses)), RULES, ())
    raw = {"multilevel_coverage", "acerbi_szekely_z1", "acerbi_szekely_z2"}
    assert set(rows["test"]) == raw | {f"{name}_phases" for name in raw}
    for account, own in losses.items():
        loss = own[:-1]
        found = {row["test"]: row for row in rows.filter(account_id=account).iter_rows(named=True)}
        # Each phase by itself, with every fifth day.
        phases = [loss[first::5] for first in range(5)]
        z2 = [
            acerbi_szekely_columns(part > 233.01, part, np.full(len(part), 267.0), 0.99, seed=SEED)[
                1
            ].outcome(0)
            for part in phases
        ]
        levels = [
            multilevel_coverage_columns(
                [[int((part > quantile + 0.01).sum()) for quantile in (165.0, 233.0)]],
                len(part),
                np.array(LEVELS) / 100,
            ).outcome(0)
            for part in phases
        ]
        for name, outcomes in (("acerbi_szekely_z2", z2), ("multilevel_coverage", levels)):
            row, smallest = found[f"{name}_phases"], min(one.p_value for one in outcomes)
            assert row["p_value"] == pytest.approx(min(1.0, 5 * smallest))
            assert row["observations"] == len(loss)
            assert row["exceedances"] == found[name]["exceedances"]
    decisions = {(r["account_id"], r["test"]): r["decision"] for r in rows.iter_rows(named=True)}
    assert decisions["wild", "acerbi_szekely_z2_phases"] == "reject"
    assert decisions["calm", "acerbi_szekely_z2_phases"] == "accept"


def test_a_correct_model_is_rejected_too_often_raw_and_not_once_corrected():
    """Overlap of ten days makes the raw test of severity reject far above its five per cent."""
    losses = {f"a{seed}": overlapping(seed, 10) for seed in range(200)}
    frame = make_rows(losses).with_columns(mpor_days=pl.lit(10, dtype=pl.Int32))
    levels = make_levels(losses).with_columns(mpor_days=pl.lit(10, dtype=pl.Int32))
    rows = run_tail_tests(compare_every_basis(frame, RULES), levels, RULES, ())
    rate = {
        name: (rows.filter(test=name)["decision"] == "reject").mean()
        for name in rows["test"].unique()
    }
    for name in ("multilevel_coverage", "acerbi_szekely_z2"):
        assert rate[name] > 0.08
        assert rate[f"{name}_phases"] < rate[name] / 2
        assert rate[f"{name}_phases"] <= 0.06
