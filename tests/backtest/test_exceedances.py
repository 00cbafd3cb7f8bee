import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.backtest.exceedances import compare_adequacy, compare_core_model
from tests.markets import day

TOLERANCE = 0.005


def losses(*amounts, status="observed"):
    return pl.DataFrame(
        {
            "business_date": [day(i) for i in range(len(amounts))],
            "scope": ["account"] * len(amounts),
            "scope_id": ["a"] * len(amounts),
            "account_id": ["a"] * len(amounts),
            "mpor_days": [1] * len(amounts),
            "horizon_end_date": [day(i + 1) for i in range(len(amounts))],
            "status": [status] * len(amounts),
            "loss_amount": list(amounts),
            "worst_loss_amount": list(amounts),
        },
        schema_overrides={
            "mpor_days": pl.Int32,
            "loss_amount": pl.Float64,
            "worst_loss_amount": pl.Float64,
        },
    )


def margins(count, netted, capped, standalone, initial=None):
    return pl.DataFrame(
        {
            "business_date": [day(i) for i in range(count)],
            "mpor_days": [1] * count,
            "account_id": ["a"] * count,
            "node_level": ["account"] * count,
            "node_id": ["a"] * count,
            "confidence_pct": [99.0] * count,
            "standalone_margin_amount": [standalone] * count,
            "netted_margin_amount": [netted] * count,
            "capped_margin_amount": [capped] * count,
            "initial_margin_amount": [capped if initial is None else initial] * count,
        },
        schema={
            "business_date": pl.Date,
            "mpor_days": pl.Int32,
            "account_id": pl.String,
            "node_level": pl.String,
            "node_id": pl.String,
            "confidence_pct": pl.Float64,
            "standalone_margin_amount": pl.Float64,
            "netted_margin_amount": pl.Float64,
            "capped_margin_amount": pl.Float64,
            "initial_margin_amount": pl.Float64,
        },
    )


def called(*pairs):
    return pl.DataFrame(
        [(day(i), "a", float(amount)) for i, amount in pairs],
        schema={"business_date": pl.Date, "account_id": pl.String, "called_amount": pl.Float64},
        orient="row",
    )


def test_each_class_names_what_would_have_covered_the_loss():
    rows = compare_core_model(
        losses(50.0, 100.0, 110.0, 150.0, 400.0), margins(5, 100.0, 120.0, 300.0), TOLERANCE
    )
    assert rows["exceedance_class"].to_list() == [None, None, "capped", "offset", "model"]
    assert rows["is_exceedance"].to_list() == [False, False, False, True, True]
    assert rows["shortfall_amount"].to_list() == pytest.approx([0.0, 0.0, 0.0, 30.0, 280.0])
    assert set(rows["margin_basis"]) == {"capped"}


def test_an_exceedance_is_strictly_above_margin_plus_tolerance():
    edge = 120.0 + TOLERANCE
    rows = compare_core_model(
        losses(edge, math.nextafter(edge, math.inf), math.nextafter(edge, 0.0)),
        margins(3, 120.0, 120.0, 120.0),
        TOLERANCE,
    )
    assert rows["is_exceedance"].to_list() == [False, True, False]
    assert rows["exceedance_class"].to_list() == [None, "model", None]


def test_a_pending_day_is_neither_an_exceedance_nor_none():
    rows = compare_core_model(losses(None, status="pending"), margins(1, 1.0, 1.0, 1.0), TOLERANCE)
    assert rows["is_exceedance"].to_list() == [None]
    assert rows["shortfall_amount"].to_list() == [None]
    assert rows["exceedance_class"].to_list() == [None]


def test_the_margin_called_is_tested_where_it_is_known():
    rows = compare_adequacy(
        losses(90.0, 90.0),
        margins(2, 100.0, 120.0, 300.0, initial=130.0),
        called((0, 80)),
        TOLERANCE,
    )
    assert rows["tested_margin_amount"].to_list() == [80.0, 130.0]
    assert rows["margin_basis"].to_list() == ["called", "initial"]
    assert rows["is_exceedance"].to_list() == [True, False]
    assert rows["exceedance_class"].to_list() == ["called", None]


def test_called_margin_without_any_recomputed_margin_is_tested_all_the_same():
    rows = compare_adequacy(
        losses(55_900.0), margins(0, 0.0, 0.0, 0.0), called((0, 8_250)), TOLERANCE
    )
    row = rows.row(0, named=True)
    assert row["is_exceedance"] is True
    assert row["shortfall_amount"] == pytest.approx(47_650.0)
    assert row["netted_margin_amount"] is None
    assert row["exceedance_class"] is None, "nothing tells what would have covered it"


def test_an_account_day_with_neither_margin_is_no_row():
    rows = compare_adequacy(losses(5.0), margins(0, 0.0, 0.0, 0.0), called(), TOLERANCE)
    assert rows.height == 0


@given(
    loss=st.floats(-500, 500),
    ordered=st.lists(st.floats(0, 400), min_size=3, max_size=3).map(sorted),
)
def test_the_class_agrees_with_the_rule_read_aloud(loss, ordered):
    netted, capped, standalone = ordered
    row = compare_core_model(losses(loss), margins(1, netted, capped, standalone), TOLERANCE).row(
        0, named=True
    )
    expected = None
    if loss > netted + TOLERANCE:
        expected = "capped"
        if loss > capped + TOLERANCE:
            expected = "offset"
            if loss > standalone + TOLERANCE:
                expected = "model"
    assert row["exceedance_class"] == expected
    assert row["is_exceedance"] == (loss > capped + TOLERANCE)
