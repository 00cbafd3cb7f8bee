"""The main job on published settlements and published margins."""

import json
import os

import pytest

from tests.real_data.importer import VARIABLE, five_day_case, spread_case

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not os.environ.get(VARIABLE), reason=f"{VARIABLE} names no folder of market data"
    ),
]


def rows(marginproof, query):
    code, out, err = marginproof("sql", "--format", "json", "-c", query)
    assert code == 0, err
    return json.loads(out)


def test_the_day_oil_settled_below_zero(marginproof, home, tmp_path):
    five_day_case(tmp_path / "in")
    assert marginproof("load", tmp_path / "in")[0] == 0
    assert marginproof("backtest", "--as-of", "2020-04-20")[0] == 0
    found = rows(
        marginproof,
        "SELECT DISTINCT business_date::VARCHAR AS business_date, account_id,"
        " horizon_end_date::VARCHAR AS horizon_end_date, loss_amount, tested_margin_amount,"
        " margin_basis, is_exceedance, shortfall_amount, exceedance_class"
        " FROM out_backtest WHERE track = 'adequacy' AND status = 'observed'",
    )
    assert found == [
        {
            "business_date": "2020-04-17",
            "account_id": "LONG-CL",
            "horizon_end_date": "2020-04-20",
            "loss_amount": 55_900.0,
            "tested_margin_amount": 8_250.0,
            "margin_basis": "called",
            "is_exceedance": True,
            "shortfall_amount": 47_650.0,
            "exceedance_class": None,
        }
    ]
    core = rows(
        marginproof,
        "SELECT DISTINCT decision, reason FROM out_coverage_tests"
        " WHERE track = 'core_model' AND mpor_days = 1",
    )
    assert core == [
        {
            "decision": "insufficient_data",
            "reason": "history too short: 5 of 501 dates with prices",
        }
    ]


def test_spreads_show_their_offset_credit_around_that_day(marginproof, home, tmp_path):
    spread_case(tmp_path / "in")
    assert marginproof("load", tmp_path / "in")[0] == 0
    assert marginproof("backfill", "--from", "2020-03-02", "--to", "2020-05-15")[0] == 0
    margins = {
        (row["account_id"], row["business_date"]): row
        for row in rows(
            marginproof,
            "SELECT account_id, business_date::VARCHAR AS business_date,"
            " standalone_margin_amount AS standalone, netted_margin_amount AS netted,"
            " capped_margin_amount AS capped, cap_base_margin_amount AS base,"
            " offset_credit_amount AS credit FROM out_margin"
            " WHERE node_level = 'account' AND model_id = 'hes' AND mpor_days = 1",
        )
    }
    calendar = margins["CALENDAR", "2020-04-17"]
    assert calendar["credit"] > 0.8 * calendar["standalone"], "May against June hardly moved before"
    crack = margins["CRACK", "2020-04-17"]
    assert 0 < crack["credit"] < crack["standalone"]
    assert crack["capped"] == pytest.approx(0.2 * crack["base"] + 0.8 * crack["netted"])
    losses = {
        (row["account_id"], row["track"]): row
        for row in rows(
            marginproof,
            "SELECT account_id, track, loss_amount, exceedance_class FROM out_backtest"
            " WHERE business_date = '2020-04-17' AND scope = 'account' AND model_id = 'hes'"
            " AND mpor_days = 1",
        )
    }
    assert losses["OUTRIGHT", "core_model"]["loss_amount"] == pytest.approx(55_900.0)
    assert losses["CALENDAR", "core_model"]["loss_amount"] == pytest.approx(51_300.0)
    # The margin of the day after moves by amounts: -37.63 has no logarithm.
    after = margins["CALENDAR", "2020-04-20"]
    assert after["netted"] > calendar["netted"]
