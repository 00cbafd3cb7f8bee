"""Collateral ratios and calls of accounts, as rows."""

import polars as pl
import pytest

from pipeline.errors import CheckFailed
from pipeline.margin.collateral_account import compare_calls, compare_ratios, value_collateral
from pipeline.margin.declaration import parse_declaration
from tests.markets import day

MODEL = {
    "model_id": "m",
    "title": "M",
    "version": "1",
    "scenarios": {"source": "historical", "lookback_days": 5, "mpor_days": [1]},
    "measure": {"name": "worst_scenario"},
}


def declare(**changes):
    return parse_declaration({**MODEL, **changes}, "m.toml")


def holdings(*rows):
    return pl.DataFrame(
        [
            (day(t), account, asset, amount, haircut, day(t))
            for t, account, asset, amount, haircut in rows
        ],
        schema={
            "business_date": pl.Date,
            "account_id": pl.String,
            "asset": pl.String,
            "amount": pl.Float64,
            "haircut_pct": pl.Float64,
            "known_from": pl.Date,
        },
        orient="row",
    )


def margins(*rows):
    """Rows of (day, account, standalone, add-on, maintenance, initial)."""
    return pl.DataFrame(
        [(day(t), 1, *rest, day(t)) for t, *rest in rows],
        schema={
            "business_date": pl.Date,
            "mpor_days": pl.Int32,
            "account_id": pl.String,
            "standalone_margin_amount": pl.Float64,
            "addon_amount": pl.Float64,
            "maintenance_margin_amount": pl.Float64,
            "initial_margin_amount": pl.Float64,
            "known_from": pl.Date,
        },
        orient="row",
    )


def test_haircuts_and_a_stablecoin_off_its_peg():
    model = declare(
        collateral={
            "pegged_assets": [{"asset": "usdc", "instrument": "USDC"}],
            "peg_threshold": 0.99,
            "depeg_haircut_factor": 2.0,
        }
    )
    held = holdings(
        (0, "a", "bond", 1000.0, 5.0), (0, "a", "usdc", 1000.0, 1.0), (1, "a", "usdc", 1000.0, 1.0)
    )
    values = value_collateral(held, model, {(day(0), "USDC"): 0.94, (day(1), "USDC"): 1.02})
    assert values["collateral_amount"].to_list() == [2000.0, 1000.0]
    # 1000 x 0.94 x (1 - 0.01 - 2 x 0.05) = 836.6; above par is par.
    assert values["collateral_value_amount"].to_list() == pytest.approx([950 + 836.6, 990.0])


def test_a_stablecoin_without_a_price_is_never_par():
    model = declare(collateral={"pegged_assets": [{"asset": "usdc", "instrument": "USDC"}]})
    with pytest.raises(
        CheckFailed, match="usdc is held as collateral on 2020-01-01 and USDC has no"
    ):
        value_collateral(holdings((0, "a", "usdc", 1.0, 0.0)), model, {})


def test_cross_beside_isolated_margin():
    model = declare(initial_factor=1.5, initial_buffer_amount=10.0)
    given = margins(
        (0, "covered", 300.0, 20.0, 100.0, 160.0),
        (0, "short", 300.0, 0.0, 100.0, 160.0),
        (0, "none", 0.0, 0.0, 0.0, 10.0),
        (1, "covered", 300.0, 20.0, 100.0, 160.0),
    )
    held = holdings((0, "covered", "cash", 320.0, 0.0), (0, "short", "cash", 120.0, 0.0))
    rows = compare_ratios(given, value_collateral(held, model, {}), model)
    assert rows["business_date"].to_list() == [day(0)] * 3  # nothing is known of the second day
    by_account = {row["account_id"]: row for row in rows.iter_rows(named=True)}
    covered, short, none = by_account["covered"], by_account["short"], by_account["none"]
    assert covered["margin_ratio"] == 2.0
    assert covered["maintenance_ratio"] == 3.2
    assert covered["initial_buffer_amount"] == 60.0
    assert covered["isolated_margin_amount"] == pytest.approx(1.5 * 320 + 10)
    assert covered["isolated_ratio"] == pytest.approx(320 / 490)
    assert (covered["status"], short["status"], none["status"]) == (
        "covered",
        "below_initial",
        "below_initial",
    )
    assert short["surplus_amount"] == -40.0
    assert none["collateral_amount"] == 0.0
    assert none["maintenance_ratio"] is None


def test_calls_against_the_collateral_of_the_day_before():
    model = declare(collateral={"minimum_transfer_amount": 50.0})
    given = margins(
        *[(0, a, 0.0, 0.0, 100.0, 100.0) for a in ("big", "small", "gone")],
        (2, "big", 0.0, 0.0, 300.0, 300.0),
        (2, "small", 0.0, 0.0, 130.0, 130.0),
        (2, "new", 0.0, 0.0, 70.0, 70.0),
    )
    held = holdings((0, "big", "cash", 200.0, 10.0), (0, "small", "cash", 100.0, 0.0))
    rows = compare_calls(given, value_collateral(held, model, {}), model, [day(0), day(2), day(3)])
    got = {row["account_id"]: row for row in rows.iter_rows(named=True)}
    assert set(rows["business_date"]) == {day(2)}
    assert set(rows["previous_date"]) == {day(0)}
    assert set(rows["call_basis"]) == {"collateral"}
    assert [got[a]["call_amount"] for a in ("big", "small", "new", "gone")] == [
        120.0,
        30.0,
        70.0,
        0.0,
    ]
    assert [got[a]["is_called"] for a in ("big", "small", "new", "gone")] == [
        True,
        False,
        True,
        False,
    ]
    assert [got[a]["change_amount"] for a in ("big", "small", "new", "gone")] == [200, 30, 70, -100]
    assert got["gone"]["held_amount"] == 0.0


def test_without_collateral_a_call_is_the_rise_of_the_requirement():
    given = margins((0, "a", 0.0, 0.0, 100.0, 100.0), (1, "a", 0.0, 0.0, 80.0, 80.0))
    empty = value_collateral(holdings(), declare(), {})
    row = compare_calls(given, empty, declare(), [day(0), day(1)]).row(0, named=True)
    assert row["call_basis"] == "requirement"
    assert (row["call_amount"], row["excess_amount"], row["is_called"]) == (0.0, 20.0, False)


def test_the_first_date_has_no_call_and_gaps_in_margins_none_either():
    given = margins((0, "a", 0.0, 0.0, 1.0, 1.0), (2, "a", 0.0, 0.0, 1.0, 1.0))
    empty = value_collateral(holdings(), declare(), {})
    assert compare_calls(given, empty, declare(), [day(0), day(1), day(2)]).is_empty()
