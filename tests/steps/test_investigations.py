"""Every question that is shipped, against answers worked out from the inputs by hand."""

import re

import duckdb
import pytest

from pipeline.steps.investigations import PARTS, list_investigations, read_header
from pipeline.warehouse.known_at import Moment
from tests.steps.investigated import (
    CORRECTED,
    KNOWN,
    LAST,
    ask,
    investigated,  # noqa: F401 - a fixture
    query,
    read_prices,
    succeed,
)
from tests.steps.trial import BACKTEST, BEFORE, DAYS

SHIPPED = {one.name: one for one in list_investigations()}
MULTIPLIER = {"AA": 10, "BB": 5}


@pytest.fixture(scope="module")
def settings(investigated):  # noqa: F811
    return investigated[0]


@pytest.fixture(scope="module")
def price(investigated):  # noqa: F811
    """Settlement price by date and instrument, with the correction."""
    folder = investigated[1]
    rows = read_prices(folder / "first") + read_prices(folder / "late")
    return {(row[0], row[1]): float(row[2]) for row in rows}


def quantity(account, instrument, day):
    start = {("one", "AA"): 10, ("one", "BB"): -25, ("two", "AA"): 4}[account, instrument]
    return start + (day - DAYS[0]).days % 3


def loss(price, account, instrument, day, days=1):
    end = DAYS[DAYS.index(day) + days]
    move = price[str(end), instrument] - price[str(day), instrument]
    return -quantity(account, instrument, day) * MULTIPLIER[instrument] * move


def margins(settings, day, level="account", model="short", **more):
    rows = query(
        settings,
        "FROM out_margin WHERE business_date = $d AND node_level = $l AND model_id = $m"
        " AND mpor_days = 1 ORDER BY account_id, node_id",
        d=day,
        l=level,
        m=model,
        **more,
    )
    return {(row["account_id"], row["node_id"]): row for row in rows}


def test_there_are_at_least_fifteen_questions_each_with_a_whole_header():
    assert len(SHIPPED) >= 15
    for one in SHIPPED.values():
        parts = read_header(one.text)
        assert tuple(parts) == PARTS, one.name
        assert one.question.endswith("?"), one.name
        assert one.grain.startswith("one row "), one.name
        assert len(one.example) >= 2, one.name


@pytest.mark.parametrize("name", SHIPPED)
def test_what_a_question_declares_is_what_it_uses(name):
    one = SHIPPED[name]
    (statement,) = duckdb.extract_statements(one.text)
    assert set(statement.named_parameters) == {p.name for p in one.parameters}
    assert all(p.meaning for p in one.parameters)
    body = "\n".join(line for line in one.text.splitlines() if not line.startswith("--"))
    for relation in re.findall(r"\w+(?:\.\w+)?", one.inputs):
        assert re.search(rf"\b{re.escape(relation)}\b", body), relation


@pytest.mark.parametrize("name", SHIPPED)
def test_the_example_shows_columns_that_the_answer_has(name, settings):
    one = SHIPPED[name]
    given = {p.name: p.example for p in one.parameters if p.default is None}
    given.update({k: "short" for k in given if k == "challenger"})
    from pipeline.steps.query import open_analyst, run_query

    with open_analyst(settings) as analyst:
        frame = run_query(analyst, one.text, given, one.parameters)
    shown = [column.strip() for column in one.example[0].split("|")]
    renamed = {"losing": "losing_product", "gaining": "gaining_product"}
    assert {renamed.get(c, c) for c in shown} <= set(frame.columns)


def test_an_exceedance_is_explained_down_to_its_instruments(settings, price):
    rows = ask(settings, "explain_exceedance", account_id="one", business_date=BEFORE)
    assert {row["instrument_id"]: row["loss_amount"] for row in rows} == {
        name: pytest.approx(loss(price, "one", name, BEFORE), abs=1e-3) for name in ("AA", "BB")
    }
    total = sum(loss(price, "one", name, BEFORE) for name in ("AA", "BB"))
    assert rows[0]["account_loss_amount"] == pytest.approx(total, abs=1e-3)
    assert sum(row["share_pct"] for row in rows) == pytest.approx(100, abs=0.02)
    assert rows[0]["exceedance_class"] == "offset"
    margin = margins(settings, BEFORE)["one", "one"]
    assert rows[0]["tested_margin_amount"] == margin["capped_margin_amount"]
    assert rows[0]["shortfall_amount"] == pytest.approx(
        total - margin["capped_margin_amount"], abs=1e-3
    )


def test_the_offset_that_failed_is_named_with_both_legs(settings, price):
    rows = ask(settings, "failed_offsets", first_date=DAYS[0])
    assert [row["business_date"] for row in rows if row["account_id"] == "one"] == [BEFORE]
    (row,) = rows
    legs = {name: loss(price, "one", name, BEFORE) for name in ("AA", "BB")}
    losing, gaining = max(legs, key=legs.get), min(legs, key=legs.get)
    assert (row["losing_product"], row["gaining_product"]) == (losing, gaining)
    assert row["losing_product_loss_amount"] == pytest.approx(legs[losing], abs=1e-3)
    assert row["gaining_product_loss_amount"] == pytest.approx(legs[gaining], abs=1e-3)
    assert row["failed_level"] == "account"


def test_concentration_is_each_share_of_the_whole(settings):
    rows = ask(settings, "concentrated_accounts", business_date=BEFORE)
    held = margins(settings, BEFORE)
    total = sum(row["capped_margin_amount"] for row in held.values())
    products = margins(settings, BEFORE, "product")
    for row in rows:
        name = row["account_id"]
        assert row["share_pct"] == pytest.approx(
            100 * held[name, name]["capped_margin_amount"] / total, abs=0.01
        )
        own = {k[1]: v["netted_margin_amount"] for k, v in products.items() if k[0] == name}
        assert row["largest_product"] == max(own, key=own.get)
        assert row["product_share_pct"] == pytest.approx(
            100 * max(own.values()) / sum(own.values()), abs=0.01
        )
    assert [row["account_id"] for row in rows] == ["one", "two"]


def test_a_pair_that_decouples_takes_the_whole_credit_of_two_products(settings):
    (row,) = ask(settings, "pair_decouples", product="AA", other_product="BB", business_date=BEFORE)
    held = margins(settings, BEFORE, "product")
    apart = sum(v["netted_margin_amount"] for k, v in held.items() if k[0] == "one")
    together = margins(settings, BEFORE)["one", "one"]["netted_margin_amount"]
    assert row["account_id"] == "one"
    assert row["credit_at_stake_amount"] == pytest.approx(apart - together, abs=1e-3)


def test_stale_prices_count_dates_without_a_move(settings, price):
    last = LAST
    rows = ask(settings, "stale_prices", account_id="one", business_date=last)
    assert {r["instrument_id"] for r in rows} == {"AA", "BB"}
    for row in rows:
        values = [price[str(day), row["instrument_id"]] for day in DAYS if day <= last]
        unchanged = 0
        while values[-1 - unchanged] == values[-2 - unchanged]:
            unchanged += 1
        assert row["unchanged_days"] == unchanged
        assert (row["dates_without_price"], row["last_price_date"]) == (0, last)


def test_the_effects_on_a_margin_add_up_and_a_larger_position_counts_as_one(settings):
    day = DAYS[31]
    before = DAYS[30]
    rows = {r["account_id"]: r for r in ask(settings, "margin_movers", business_date=day)}
    for name, row in rows.items():
        parts = ("positions_amount", "prices_amount", "parameters_amount", "offsets_amount")
        assert sum(row[p] for p in parts) == pytest.approx(row["change_amount"], abs=1e-3)
        then, now = margins(settings, before)[name, name], margins(settings, day)[name, name]
        assert row["change_amount"] == pytest.approx(
            now["capped_margin_amount"] - then["capped_margin_amount"], abs=1e-3
        )
        assert row["parameters_amount"] == 0
    growth = quantity("two", "AA", day) / quantity("two", "AA", before) - 1
    then = margins(settings, before, "product")["two", "AA"]["netted_margin_amount"]
    assert rows["two"]["positions_amount"] == pytest.approx(then * growth, abs=1e-3)
    assert rows["two"]["offsets_amount"] == 0


def test_credit_by_member_adds_its_accounts(settings):
    (row,) = ask(settings, "offset_credit_by_member", business_date=BEFORE)
    held = margins(settings, BEFORE)
    assert (row["member_id"], row["accounts"]) == ("M1", 2)
    assert row["offset_credit_amount"] == pytest.approx(
        sum(r["offset_credit_amount"] for r in held.values()), abs=1e-3
    )


def test_credit_that_rose_before_a_breach(settings):
    rows = ask(settings, "credit_rose_before_breach", first_date=DAYS[0], days_before=3)
    expected = {}
    for day, account in {
        (r["business_date"], r["account_id"])
        for r in query(
            settings,
            "FROM exceedances WHERE track = 'core_model' AND model_id = 'short' AND mpor_days = 1",
        )
    }:
        earlier = DAYS[DAYS.index(day) - 3]
        if earlier < BACKTEST[0]:
            continue
        now, then = (margins(settings, d)[account, account] for d in (day, earlier))
        share = [
            100 * r["offset_credit_amount"] / r["standalone_margin_amount"] for r in (then, now)
        ]
        if share[1] > share[0]:
            expected[day, account] = pytest.approx(share[1] - share[0], abs=0.01)
    assert {(r["business_date"], r["account_id"]): r["rise_pct"] for r in rows} == expected


def test_days_without_an_observation_are_counted_with_their_reason(settings):
    rows = ask(settings, "excluded_days")
    assert [(r["mpor_days"], r["reason"], r["account_days"]) for r in rows] == [
        (1, "the horizon has not ended", 2),
        (2, "the horizon has not ended", 4),
    ]


def test_called_margins_are_held_against_recomputed_ones(settings):
    rows = {
        r["account_id"]: r for r in ask(settings, "recomputed_against_called", business_date=BEFORE)
    }
    recomputed = margins(settings, BEFORE)["one", "one"]["initial_margin_amount"]
    assert rows["one"]["difference_amount"] == pytest.approx(400 - recomputed, abs=1e-3)
    assert rows["one"]["outcome"] == ("called less" if recomputed > 404 else "called more")
    assert rows["two"]["outcome"] == "not called"


def test_a_late_correction_shows_what_it_changed(settings):
    (row,) = ask(settings, "late_corrections")
    assert (row["business_date"], row["known_from"]) == (CORRECTED, KNOWN)
    assert (row["corrected_prices"], row["corrected_positions"]) == (2, 0)
    changes = []
    for days in (1, 2):
        text = (
            "SELECT sum(capped_margin_amount) AS total FROM out_margin WHERE model_id = 'short'"
            " AND node_level = 'account' AND business_date = $d AND mpor_days = $n"
        )
        now, then = (
            query(settings, text, snapshot=s, d=CORRECTED, n=days)[0]["total"]
            for s in (None, "before")
        )
        changes.append(now - then)
    assert row["margin_change_amount"] == pytest.approx(sum(changes), abs=1e-3)
    assert row["changed_accounts"] == 2


def test_collateral_is_held_against_margin(settings):
    rows = {r["account_id"]: r for r in ask(settings, "margin_ratio", business_date=BEFORE)}
    assert set(rows) == {"one", "two"}
    for name, row in rows.items():
        assert (row["collateral_amount"], row["collateral_value_amount"]) == (1000, 900)
        required = margins(settings, BEFORE)[name, name]["maintenance_margin_amount"]
        assert row["maintenance_margin_amount"] == required


@pytest.mark.parametrize("cap", [0, 60, 100])
def test_another_cap_counts_what_the_sweep_of_the_backtest_counts(settings, cap):
    whole = next(
        r for r in ask(settings, "cap_counterfactual", cap_pct=cap) if r["account_id"] is None
    )
    (swept,) = query(
        settings,
        "FROM out_cap_sweep WHERE scope = 'firm' AND window_name = 'all' AND mpor_days = 1"
        " AND model_id = 'short' AND cap_pct = $cap",
        cap=cap,
    )
    for name in ("observations", "exceedances"):
        assert whole[name] == swept[name]
    assert whole["mean_margin_amount"] == pytest.approx(swept["mean_margin_amount"], abs=1e-3)
    assert whole["shortfall_amount"] or pytest.approx(swept["shortfall_amount"], abs=1e-3) == 0


def test_a_challenger_is_compared_on_the_same_days(settings):
    rows = {
        r["account_id"]: r
        for r in ask(settings, "model_against_challenger", challenger="challenger")
    }
    whole = rows[None]
    assert whole["observations"] == rows["one"]["observations"] + rows["two"]["observations"]
    counted = query(
        settings,
        "SELECT model_id, count_if(is_exceedance) AS n, avg(tested_margin_amount) AS margin"
        " FROM out_backtest WHERE track = 'core_model' AND scope = 'account' AND mpor_days = 1"
        " AND status = 'observed' GROUP BY ALL",
    )
    by_model = {r["model_id"]: r for r in counted}
    assert whole["exceedances"] == by_model["short"]["n"]
    assert whole["challenger_exceedances"] == by_model["challenger"]["n"]
    assert whole["margin_difference_pct"] == pytest.approx(
        100 * (by_model["challenger"]["margin"] / by_model["short"]["margin"] - 1), abs=1e-3
    )
    assert whole["margin_difference_pct"] < 0, "90 % needs less than 95 %"


def test_pairs_are_ranked_by_the_credit_that_losses_did_not_justify(settings):
    (row,) = ask(settings, "doubtful_pairs")
    (pair,) = query(
        settings,
        "FROM out_offset_pairs WHERE model_id = 'short' AND mpor_days = 1 AND window_name = 'all'",
    )
    assert (row["product"], row["other_product"]) == ("AA", "BB")
    assert row["excess_pct"] == pair["granted_credit_pct"] - pair["justified_credit_pct"]


TABLES = ("out_margin", "out_backtest", "core_prices", "account_days", "raw_files", "out_coverage")


@pytest.mark.parametrize("table", TABLES)
def test_what_was_known_before_the_correction_is_rebuilt_row_by_row(settings, table):
    text = f"FROM {table} ORDER BY ALL"
    if table == "out_backtest" or table == "out_margin":
        text = f"SELECT * EXCLUDE (input_hash) FROM {table} ORDER BY ALL"
    before = query(settings, text, snapshot="before")
    rebuilt = query(settings, text, moment=Moment(None, LAST))
    assert len(before) > 1
    assert rebuilt == before
    if table != "raw_files":
        assert query(settings, text) != before


def test_an_earlier_as_of_date_hides_what_came_later(settings):
    moment = Moment(BEFORE, None)
    (row,) = query(
        settings,
        "SELECT max(business_date) AS last, count_if(status = 'observed') AS observed"
        " FROM out_backtest WHERE business_date = $d AND mpor_days = 1",
        moment=moment,
        d=BEFORE,
    )
    assert row == {"last": BEFORE, "observed": 0}
    (row,) = query(settings, "SELECT max(business_date) AS last FROM core_prices", moment=moment)
    assert row == {"last": BEFORE}


def test_position_losses_add_up_to_the_loss_of_every_account_day(settings):
    (row,) = query(
        settings,
        "WITH totals AS (SELECT business_date, model_id, mpor_days, account_id,"
        " sum(loss_amount) AS total FROM position_losses GROUP BY ALL)"
        " SELECT count(*) AS days, max(abs(total - loss_amount)) AS worst FROM account_days"
        " LEFT JOIN totals USING (business_date, model_id, mpor_days, account_id)"
        " WHERE loss_amount IS NOT NULL",
    )
    assert row["days"] > 100
    assert row["worst"] < 1e-3


def test_a_report_is_rebuilt_byte_for_byte_after_a_correction(
    investigated,  # noqa: F811
    tmp_path,
):
    now, again = tmp_path / "now.pdf", tmp_path / "again.pdf"
    succeed("report", "--as-of", str(LAST), "--output", str(now))
    succeed("report", "--as-of", str(LAST), "--known-at", str(LAST), "--output", str(again))
    reported = (investigated[1] / "reported.pdf").read_bytes()
    same = again.read_bytes() == reported
    assert same, "the rebuilt report has other bytes"
    corrected = now.read_bytes() != reported
    assert corrected, "the correction left no trace in the report"
