"""Instruments and hypothetical portfolios, from declared file and positions to published rows."""

import polars as pl
import pytest

from pipeline.errors import WrongUse
from pipeline.resources import read_sql
from pipeline.settings import Settings
from pipeline.steps.backtest import update_backtest
from pipeline.steps.daily import compute_range
from pipeline.steps.load import load_files
from pipeline.steps.models import load_models
from pipeline.steps.session import open_session
from pipeline.warehouse.connection import fetch_frame, fetch_value
from tests.deliveries import dates, declare_test_model, write_delivery, write_prices

DAYS = dates(90)
FIRST = 40
LAST_GAP = DAYS[60]
NOTIONAL = 1_000_000.0
FILE = """
[[portfolio]]
id = "alone"
title = "AA alone"
reason = "no offset"
[[portfolio.leg]]
product = "AA"
notional_amount = 1_000_000

[[portfolio]]
id = "pair"
title = "AA against BB"
reason = "the offset"
[[portfolio.leg]]
product = "AA"
notional_amount = 500_000
[[portfolio.leg]]
product = "BB"
notional_amount = -500_000
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A warehouse with two accounts, two portfolios and a date on which one product is closed."""
    path = tmp_path_factory.mktemp("home")
    declare_test_model(path)
    settings = Settings(home=path, memory_limit="1GB", temp_limit="1GB", models=("short",))
    (path / "hypothetical.toml").write_text(FILE, encoding="utf-8")
    folder = write_delivery(path / "in", DAYS, [day for day in DAYS[FIRST:] if day != LAST_GAP])
    write_prices(folder, DAYS)
    text = (folder / "prices.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in text if not line.startswith(f"{LAST_GAP},BB")]
    (folder / "prices.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    models = load_models(settings)
    with open_session(settings, publish=True) as connection:
        assert load_files(connection, settings, [folder]).stopped == ()
        compute_range(connection, settings, models, DAYS[FIRST], DAYS[-1])
        yield settings, connection


@pytest.fixture(scope="module")
def connection(home):
    return home[1]


def test_instruments_add_up_to_margin_without_offsets(connection):
    totals = fetch_frame(
        connection,
        "SELECT business_date, mpor_days, scope, sum(standalone_margin_amount) AS margin,"
        " sum(loss_amount) AS loss FROM out_backtest"
        " WHERE track = 'core_model' AND scope IN ('instrument', 'account')"
        " GROUP BY ALL",
    )
    wide = totals.pivot(on="scope", index=["business_date", "mpor_days"], values=["margin", "loss"])
    # The gap gives an account fewer scenario dates than each of its instruments has.
    wide = wide.filter(pl.col("business_date") < LAST_GAP)
    assert len(wide) == 2 * 20
    assert wide["margin_instrument"].to_list() == pytest.approx(
        wide["margin_account"].to_list(), abs=0.001
    )
    one_day = wide.filter(pl.col("mpor_days") == 1, pl.col("business_date") < DAYS[59]).drop_nulls()
    assert one_day["loss_instrument"].to_list() == pytest.approx(
        one_day["loss_account"].to_list(), abs=0.001
    )


def test_an_instrument_is_counted_by_side_under_one_margin(connection):
    rows = fetch_frame(connection, "FROM out_backtest WHERE scope = 'instrument'")
    assert set(rows.select("scope_id", "account_id").iter_rows()) == {
        ("AA", "all long"),
        ("BB", "all short"),
    }
    coverage = fetch_frame(connection, "FROM out_coverage WHERE scope = 'instrument'")
    assert set(coverage["margin_basis"]) == {"capped"}
    counted = (
        rows.filter(status="observed")
        .group_by("scope_id", "mpor_days")
        .agg(pl.len().cast(pl.Int64), pl.col("is_exceedance").sum().cast(pl.Int64))
    )
    found = coverage.filter(window_name="all").select(
        "scope_id", "mpor_days", "observations", "exceedances"
    )
    assert sorted(found.iter_rows()) == sorted(counted.iter_rows())


def test_a_leg_alone_has_the_loss_and_the_margin_of_its_notional(connection):
    rows = fetch_frame(
        connection,
        "SELECT hyp.loss_amount, hyp.tested_margin_amount, real.tested_margin_amount AS margin,"
        " start.settlement_price AS price, after.settlement_price AS price_after, held.quantity"
        " FROM out_backtest AS hyp"
        " JOIN out_backtest AS real USING (business_date, mpor_days, track)"
        " JOIN core_positions AS held ON held.business_date = hyp.business_date"
        "   AND held.account_id = 'two'"
        " JOIN core_prices AS start ON start.business_date = hyp.business_date"
        "   AND start.instrument_id = 'AA'"
        " JOIN core_prices AS after ON after.business_date = hyp.horizon_end_date"
        "   AND after.instrument_id = 'AA'"
        " WHERE hyp.scope = 'hypothetical' AND hyp.scope_id = 'alone' AND real.scope = 'account'"
        " AND real.account_id = 'two' AND track = 'core_model'",
    )
    assert len(rows) > 90
    for row in rows.iter_rows(named=True):
        loss = NOTIONAL * (1 - row["price_after"] / row["price"])
        assert row["loss_amount"] == pytest.approx(loss, abs=0.001)
        quantity = NOTIONAL / (row["price"] * 10)
        assert row["tested_margin_amount"] == pytest.approx(
            row["margin"] / row["quantity"] * quantity, rel=1e-6
        )


def test_a_pair_earns_an_offset_and_the_cap_holds(connection):
    margins = fetch_frame(
        connection,
        "FROM out_hypothetical_margin WHERE account_id = 'pair' AND node_level = 'account'",
    )
    assert (margins["netted_margin_amount"] < margins["standalone_margin_amount"]).any()
    tested = fetch_value(
        connection,
        "SELECT count(*) FROM out_backtest WHERE scope = 'hypothetical'"
        " AND tested_margin_amount < netted_margin_amount",
    )
    assert tested == 0
    for day in (DAYS[50], DAYS[70]):
        check = read_sql("outputs/tested_margin_is_written_margin.sql")
        assert len(fetch_frame(connection, check, {"business_date": day})) == 0


def test_every_date_with_prices_has_a_row_or_a_reason(connection):
    answered = fetch_frame(
        connection,
        "SELECT DISTINCT business_date, scope_id AS account_id FROM out_backtest"
        " WHERE scope = 'hypothetical' AND mpor_days = 1 UNION ALL"
        " SELECT business_date, account_id FROM out_hypothetical_exclusions WHERE mpor_days = 1",
    )
    assert len(answered) == 2 * len(DAYS)
    reasons = fetch_frame(
        connection,
        "SELECT business_date, reason FROM out_hypothetical_exclusions"
        " WHERE account_id = 'pair' AND mpor_days = 1 ORDER BY business_date",
    )
    assert reasons["reason"][0].startswith("history too short: 0 of 20 moves")
    assert reasons.row(-1) == (LAST_GAP, "BB: no contract with a price above 0")


def test_portfolios_are_in_no_position_and_in_no_pool(connection):
    assert (
        fetch_value(
            connection,
            "SELECT count(*) FROM core_positions WHERE account_id IN ('alone', 'pair')",
        )
        == 0
    )
    assert (
        fetch_value(
            connection, "SELECT count(*) FROM out_margin WHERE account_id IN ('alone', 'pair')"
        )
        == 0
    )
    pooled = fetch_frame(
        connection,
        "SELECT mpor_days, observations FROM out_coverage WHERE scope = 'firm'"
        " AND track = 'core_model' AND margin_basis = 'capped' AND window_name = 'all' ORDER BY 1",
    )
    real = fetch_frame(
        connection,
        "SELECT mpor_days, count(*) AS observations FROM out_backtest WHERE scope = 'account'"
        " AND track = 'core_model' AND status = 'observed' GROUP BY 1 ORDER BY 1",
    )
    assert pooled.rows() == real.rows()
    shared = fetch_frame(connection, "FROM out_coverage_bootstrap")
    assert set(shared["scope"]) == {"firm", "member"}
    assert set(fetch_frame(connection, "FROM out_exceptions")["scope"]) <= {"account"}


def test_portfolios_have_coverage_tests_families_and_a_cap_of_their_own(connection):
    coverage = fetch_frame(connection, "FROM out_coverage WHERE scope = 'hypothetical'")
    assert set(coverage["scope_id"]) == {"alone", "pair"}
    assert set(coverage["margin_basis"]) == {"standalone", "netted", "capped"}
    assert set(coverage["track"]) == {"core_model"}
    names = fetch_frame(
        connection,
        "SELECT scope, mpor_days, test FROM out_coverage_tests WHERE margin_basis = 'capped'"
        " AND track = 'core_model' AND scope IN ('account', 'hypothetical')",
    )
    for mpor_days in (1, 2):
        of = names.filter(mpor_days=mpor_days)
        assert set(of.filter(scope="hypothetical")["test"]) == set(
            of.filter(scope="account")["test"]
        )
    families = fetch_frame(connection, "FROM out_multiple_tests WHERE scope = 'hypothetical'")
    assert set(families["scope_id"]) == {"alone", "pair"}
    limits = fetch_frame(connection, "FROM out_cap_limit WHERE scope = 'hypothetical'")
    assert set(limits["scope_id"]) == {"alone", "pair"}
    sweep = fetch_frame(
        connection,
        "SELECT cap_pct, exceedances FROM out_cap_sweep WHERE scope = 'hypothetical'"
        " AND scope_id = 'pair' AND mpor_days = 1 AND window_name = 'all' ORDER BY cap_pct",
    )
    assert sweep["exceedances"].is_sorted()
    netted = coverage.filter(scope_id="pair", mpor_days=1, window_name="all", margin_basis="netted")
    assert sweep["exceedances"][-1] == netted["exceedances"][0]


def test_the_report_query_lists_them(connection):
    rows = fetch_frame(
        connection,
        read_sql("report/hypothetical.sql"),
        {"as_of_date": DAYS[-1], "model_id": "short", "window_name": "all"},
    )
    assert rows.select("portfolio_id", "mpor_days").rows() == [
        ("alone", 1),
        ("alone", 2),
        ("pair", 1),
        ("pair", 2),
    ]
    assert (rows["capped_exceedances"] <= rows["netted_exceedances"]).all()
    assert (rows["standalone_exceedances"] <= rows["capped_exceedances"]).all()
    assert (rows["excluded_dates"] > 0).all()
    assert rows["title"][2] == "AA against BB"
    assert rows["kupiec_decision"].null_count() == 0
    instruments = fetch_frame(
        connection,
        read_sql("report/instrument_coverage.sql"),
        {"as_of_date": DAYS[-1], "model_id": "short", "window_name": "all"},
    )
    assert set(instruments["instrument_id"]) == {"AA", "BB"}


def test_running_again_changes_nothing_and_a_new_file_changes_those_rows_alone(home):
    settings, connection = home
    models = load_models(settings)

    def read(condition):
        return fetch_frame(connection, f"FROM history.out_backtest WHERE {condition} ORDER BY ALL")

    real = read("scope <> 'hypothetical'")
    assumed = read("scope = 'hypothetical'")
    update_backtest(connection, settings, models, DAYS[-1])
    assert read("scope = 'hypothetical'").equals(assumed)
    path = settings.home / "hypothetical.toml"
    path.write_text(FILE.replace("1_000_000", "2_000_000"), encoding="utf-8")
    summary = update_backtest(connection, settings, models, DAYS[-1])
    assert summary.dates == 0
    assert read("scope <> 'hypothetical'").equals(real)
    doubled = fetch_frame(
        connection,
        "SELECT fresh.loss_amount / held.loss_amount AS ratio FROM out_backtest AS fresh"
        " JOIN history.out_backtest AS held USING (business_date, mpor_days, scope, scope_id)"
        " WHERE fresh.scope_id = 'alone' AND held.known_to IS NOT NULL AND fresh.loss_amount > 1",
    )
    assert len(doubled) > 20
    assert doubled["ratio"].to_list() == pytest.approx([2.0] * len(doubled), rel=1e-5)
    path.write_text(FILE.replace('product = "AA"', 'product = "GC"'), encoding="utf-8")
    with pytest.raises(WrongUse, match=r"of product 'GC' is loaded$"):
        update_backtest(connection, settings, models, DAYS[-1])
    path.unlink()
    update_backtest(connection, settings, models, DAYS[-1])
    assert read("scope <> 'hypothetical'").equals(real)
    for table in (
        "out_hypothetical_portfolios",
        "out_hypothetical_margin",
        "out_hypothetical_exclusions",
    ):
        assert fetch_value(connection, f"SELECT count(*) FROM {table}") == 0
    left = "SELECT count(*) FROM out_backtest WHERE scope = 'hypothetical'"
    assert fetch_value(connection, left) == 0
    left = "SELECT count(*) FROM out_coverage WHERE scope = 'hypothetical'"
    assert fetch_value(connection, left) == 0
