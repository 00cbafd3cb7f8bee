"""What the data catalogue says of tables and columns is true of the rows that a run writes."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs
import pytest

from pipeline.settings import Settings
from pipeline.steps.amounts import AMOUNT_DECIMALS
from pipeline.steps.daily import compute_range
from pipeline.steps.load import load_files
from pipeline.steps.models import load_models
from pipeline.steps.session import open_session
from pipeline.warehouse.connection import fetch_frame, fetch_value, open_reader
from tests.deliveries import dates, declare_test_model, write, write_delivery
from tests.steps.test_catalogue import BY_TABLE, TABLES, grain_columns

# Columns whose comment lists every value that the column can take.
VOCABULARIES = {
    "account_type",
    "command",
    "decision",
    "exceedance_class",
    "kind",
    "loss_basis",
    "margin_basis",
    "node_level",
    "option_type",
    "premium_style",
    "scope",
    "settlement",
    "severity",
    "shock_type",
    "status",
    "test",
    "track",
    "window_name",
    "zone",
}
DAYS = dates(32)


def write_inputs(folder: Path) -> None:
    """Two futures, an option on one of them, and one that is listed too late for a margin."""
    write_delivery(folder, DAYS, DAYS)
    write(
        folder,
        "instruments-more.csv",
        "instrument_id,product,kind,underlying,risk_factor,currency,settlement,multiplier,"
        "expiry_date,strike,option_type,premium_style,shock_type",
        [
            "CALL,AA,option,AA,AA,USD,linear,10,2024-12-20,100,call,upfront,log",
            "LATE,LATE,future,,LATE,USD,linear,1,,,,,absolute",
        ],
    )
    write(folder, "accounts-more.csv", "account_id,member_id,account_type", ["new,M2,house"])
    write(
        folder,
        "prices-more.csv",
        "business_date,instrument_id,settlement_price,implied_vol",
        [f"{day},CALL,5,{0.2 + n / 1000}" for n, day in enumerate(DAYS)]
        + [f"{DAYS[3]},LATE,,", *(f"{day},LATE,50," for day in DAYS[28:])],
    )
    write(
        folder,
        "positions-more.csv",
        "business_date,account_id,instrument_id,quantity",
        [f"{day},two,CALL,-3" for day in DAYS] + [f"{day},new,LATE,1" for day in DAYS[28:]],
    )
    write(
        folder,
        "margin_called.csv",
        "business_date,account_id,called_amount",
        [f"{day},two,50" for day in DAYS[24:]],
    )
    write(
        folder,
        "collateral.csv",
        "business_date,account_id,asset,amount,haircut_pct",
        [f"{day},two,cash,100,5" for day in DAYS],
    )
    write(folder, "fx_rates.csv", "business_date,currency,rate", [f"{DAYS[0]},EUR,1.1"])
    write_further_inputs(folder, DAYS[0])


def write_further_inputs(folder: Path, day: object) -> None:
    """One row of each kind that is kept for reference."""
    write(folder, "rates.csv", "business_date,currency,tenor_days,rate_pct", [f"{day},USD,30,0.17"])
    write(
        folder,
        "dividends.csv",
        "business_date,instrument_id,dividend_price",
        [f"{day},AA,0.45"],
    )
    write(folder, "funding.csv", "business_date,instrument_id,funding_pct", [f"{day},AA,0.01"])
    write(
        folder,
        "adjustments.csv",
        "business_date,instrument_id,event,quantity_factor,price_factor,final_price",
        [f"{day},AA,split,4,0.25,"],
    )
    write(
        folder,
        "published_margins.csv",
        "business_date,exchange,product,currency,initial_amount,maintenance_amount",
        [f"{day},nymex,AA,USD,3850,3500"],
    )
    write(
        folder,
        "trader_positions.csv",
        "business_date,report,contract_code,contract,trader_category,long_quantity,"
        "short_quantity,spread_quantity,open_interest_quantity",
        [f"{day},legacy,067651,CRUDE OIL,commercial,400,500,100,1000"],
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A snapshot of what load, margin and backtest write, with a date corrected afterwards."""
    home = tmp_path_factory.mktemp("home")
    declare_test_model(home)
    # A rule on top, so that the table of rules has rows as well.
    with (home / "models" / "short.toml").open("a") as model:
        model.write("[procyclicality]\nfloor_years = 10.0\n")
        model.write("[tail]\nconfidence_pct = [90.0]\nworst_scenarios = 3\n")
    declared = (home / "models" / "short.toml").read_text()
    (home / "models" / "long.toml").write_text(
        declared.replace('"short"', '"long"').replace("lookback_days = 20", "lookback_days = 999")
    )
    settings = Settings(home=home, memory_limit="1GB", temp_limit="1GB", models=("short", "long"))
    models = load_models(settings)
    write_inputs(home / "inputs")
    (home / "hypothetical.toml").write_text(
        '[[portfolio]]\nid = "alone"\ntitle = "AA alone"\nreason = "no offset"\n'
        '[[portfolio.leg]]\nproduct = "AA"\nnotional_amount = 1000\n'
    )
    correction = write(
        home,
        "positions-again.csv",
        "business_date,account_id,instrument_id,quantity",
        [f"{DAYS[25]},two,AA,7"],
    )
    with open_session(settings, publish=True) as connection:
        for path in (home / "inputs", correction):
            assert load_files(connection, settings, [path]).stopped == ()
        compute_range(connection, settings, models, DAYS[0], DAYS[-1])
    with open_reader(settings) as connection:
        yield connection


@BY_TABLE
def test_no_two_rows_share_the_grain(written, table):
    frame = fetch_frame(written, f"FROM {table.name}")
    assert table.name == "out_exceptions" or len(frame) > 0
    assert frame.select(grain_columns(table)).is_duplicated().sum() == 0


@BY_TABLE
def test_only_a_column_that_says_so_holds_nulls(written, table):
    frame = fetch_frame(written, f"FROM {table.name}")
    silent = [c.name for c in table.columns if "null" not in c.meaning.lower()]
    assert {name: frame[name].null_count() for name in silent if frame[name].null_count()} == {}


@BY_TABLE
def test_every_word_in_a_column_of_words_is_explained(written, table):
    frame = fetch_frame(written, f"FROM {table.name}")
    for column in table.columns:
        if column.name in VOCABULARIES and table.name != "out_exceptions":
            explained = set(re.findall(r"\w+", column.meaning))
            assert set(frame[column.name].drop_nulls()) <= explained, column.name


def test_the_amounts_of_a_margin_are_what_their_comments_say(written):
    margins = fetch_frame(written, "FROM out_margin")
    key = ["business_date", "mpor_days", "account_id"]
    accounts = margins.filter(pl.col("node_level") == "account").sort(key)
    products = margins.filter(pl.col("node_level") == "product")
    netted = products.group_by(key).agg(pl.col("netted_margin_amount").sum()).sort(key)
    earned = margins.group_by(key).agg(pl.col("level_credit_amount").sum()).sort(key)
    assert len(accounts) > 30
    assert accounts["offset_credit_amount"].max() > 1
    np.testing.assert_allclose(
        accounts["cap_base_margin_amount"], netted["netted_margin_amount"], atol=1e-3
    )
    np.testing.assert_allclose(
        accounts["offset_credit_amount"], earned["level_credit_amount"], atol=1e-3
    )
    assert products["cap_base_margin_amount"].equals(products["netted_margin_amount"])
    assert margins["addon_amount"].min() >= 0 < margins["addon_amount"].max()
    np.testing.assert_allclose(
        margins["maintenance_margin_amount"],
        margins["capped_margin_amount"] + margins["addon_amount"],
        atol=1e-3,
    )


@pytest.mark.parametrize("name", ["out_margin", "out_backtest", "out_coverage"])
def test_amounts_are_rounded_as_their_table_says(written, name):
    assert f"Amounts are rounded to {AMOUNT_DECIMALS} decimals" in TABLES[name].meaning
    amounts = fetch_frame(written, f"FROM {name}").select(cs.ends_with("_amount"))
    assert amounts.equals(amounts.select(pl.all().round(AMOUNT_DECIMALS)))


def test_a_missing_figure_has_the_status_that_its_comment_gives(written):
    rows = fetch_frame(written, "FROM out_backtest")
    observed = rows.filter(pl.col("status") == "observed")
    other = rows.filter(pl.col("status") != "observed")
    figures = ["loss_amount", "worst_loss_amount", "is_exceedance", "shortfall_amount"]
    assert observed.select(figures).null_count().row(0) == (0, 0, 0, 0)
    assert len(other) > 0
    assert other.select(figures).null_count().row(0) == (len(other),) * 4
    assert set(other["exceedance_class"]) == {None}
    adequacy = rows.filter(pl.col("track") == "adequacy")
    assert set(adequacy["scope"]) == {"account"}
    assert set(adequacy["margin_basis"]) == {"called", "initial"}


def test_a_model_without_a_margin_has_a_test_row_that_says_why(written):
    rows = fetch_frame(
        written, "FROM out_coverage_tests WHERE model_id = 'long' AND track = 'core_model'"
    )
    assert rows["mpor_days"].to_list() == [1, 2]
    assert set(rows["decision"]) == {"insufficient_data"}
    assert rows["reason"].str.starts_with("history too short: ").all()


def test_a_superseded_version_stays_and_the_snapshot_carries_the_comments(written):
    versions = fetch_frame(
        written,
        "FROM history.raw_positions WHERE account_id = 'two' AND instrument_id = 'AA'"
        " AND business_date = $1 ORDER BY known_from",
        [DAYS[25]],
    )
    assert versions["known_from"].to_list() == [DAYS[25], DAYS[-1]]
    assert versions["known_to"].to_list() == [DAYS[-1], None]
    comment = fetch_value(
        written,
        "SELECT comment FROM duckdb_columns() WHERE schema_name = 'main'"
        " AND table_name = 'out_margin' AND column_name = 'netted_margin_amount'",
    )
    described = {column.name: column.meaning for column in TABLES["out_margin"].columns}
    assert comment == described["netted_margin_amount"]
