"""A calendar spread on the real crude oil curve through the whole backtest, spring 2020.

The demonstration's crude oil is one continuous price and has no such spread.
"""

import json
import os
from datetime import date

import pytest

from pipeline.cli.app import run
from tests.real_data.importer import VARIABLE, spread_case

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"{VARIABLE} is not set"),
]
BEFORE = date(2020, 4, 17)
PORTFOLIO = """
[[portfolio]]
id = "crude-calendar"
title = "Crude oil, front against second contract"
reason = "The offset inside one product."
roll_days = 0

[[portfolio.leg]]
product = "CL"
nearby = 1
notional_amount = 1_000_000

[[portfolio.leg]]
product = "CL"
nearby = 2
notional_amount = -1_000_000
"""


@pytest.fixture(scope="module")
def query(tmp_path_factory):
    """Run the job once over the spring; returns a function that reads rows."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARGINPROOF_HOME", str(home))
        patch.setenv("MARGINPROOF_MODELS", "hvar")
        (home / "hypothetical.toml").write_text(PORTFOLIO, encoding="utf-8")
        case = spread_case(tmp_path_factory.mktemp("case") / "spreads")
        assert run(["load", str(case.folder)]) == 0
        assert run(["backfill", "--from", "2020-04-13", "--to", "2020-04-22"]) == 0
        path = home / "rows.json"

        def read(text):
            asked = ["sql", "--format", "json", "--output", str(path), "-c", text]
            assert run(asked) == 0
            rows = json.loads(path.read_text(encoding="utf-8"))
            path.unlink()
            return rows

        yield read


def of_scope(query, scope, scope_id, day=BEFORE):
    (row,) = query(
        "FROM out_backtest WHERE track = 'core_model' AND mpor_days = 1"
        f" AND scope = '{scope}' AND scope_id = '{scope_id}' AND business_date = DATE '{day}'"
    )
    return row


def test_a_spread_that_nets_to_little_loses_as_the_curve_says(query):
    row = of_scope(query, "account", "CALENDAR")
    # May fell from 18.27 to -37.63, June from 25.03 to 20.43; 1,000 barrels a contract.
    assert row["loss_amount"] == pytest.approx(1_000 * (55.90 - 4.60))
    assert row["netted_margin_amount"] < row["standalone_margin_amount"] / 5
    # One product: the cap works above it.
    assert row["capped_margin_amount"] == row["netted_margin_amount"]
    assert (row["is_exceedance"], row["exceedance_class"]) == (True, "model")


def test_a_portfolio_of_the_first_and_second_contract_is_sized_by_its_notional(query):
    row = of_scope(query, "hypothetical", "crude-calendar")
    long, short = 1_000_000 / (18.27 * 1_000), 1_000_000 / (25.03 * 1_000)
    assert row["loss_amount"] == pytest.approx(1_000 * (55.90 * long - 4.60 * short), abs=0.01)
    assert row["is_exceedance"] is True
    # At a price below zero no quantity is worth the notional: the next two contracts are held.
    after = of_scope(query, "hypothetical", "crude-calendar", date(2020, 4, 20))
    assert abs(after["loss_amount"]) < abs(row["loss_amount"]) / 10


def test_an_offset_at_fault_is_told_from_a_model_at_fault(query):
    row = of_scope(query, "account", "CALENDAR", date(2020, 4, 16))
    assert row["netted_margin_amount"] < row["loss_amount"] < row["standalone_margin_amount"]
    assert row["exceedance_class"] == "offset"


def test_the_register_names_instrument_level_and_scenario(query):
    (row,) = query(
        "FROM out_exceptions WHERE track = 'core_model' AND account_id = 'CALENDAR'"
        f" AND mpor_days = 1 AND business_date = DATE '{BEFORE}'"
    )
    assert row["largest_instrument_id"] == "CL-2020-05"
    assert row["largest_instrument_loss_amount"] == pytest.approx(55_900.0)
    assert row["failed_level"] == "product"
    binding = query(
        "SELECT scenario FROM out_margin_scenarios WHERE is_binding AND account_id = 'CALENDAR'"
        f" AND mpor_days = 1 AND business_date = DATE '{BEFORE}'"
    )
    assert binding == [{"scenario": row["margin_scenario"]}]
    assert row["margin_scenario"] <= str(BEFORE)
