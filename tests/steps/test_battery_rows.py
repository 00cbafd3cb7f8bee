"""The tests of single accounts and of all accounts, from delivered files to published rows."""

import math

import polars as pl
import pytest

from pipeline.backtest.battery import run_battery
from pipeline.backtest.overlap import overlap_inflation
from pipeline.backtest.power import state_power
from pipeline.rendering.wording import load_wording
from pipeline.resources import resource_path
from pipeline.settings import Settings
from pipeline.steps.backtest import update_backtest
from pipeline.steps.daily import compute_range
from pipeline.steps.load import load_files
from pipeline.steps.models import load_models
from pipeline.steps.report_accounts import describe_accounts
from pipeline.steps.session import open_session
from pipeline.terms import Decision
from pipeline.warehouse.connection import fetch_frame, open_reader
from tests.deliveries import (
    dates,
    declare_test_model,
    write,
    write_delivery,
)

DAYS = dates(150)
FIRST = 25
LATE = 100
KEY = ["scope", "scope_id", "account_id", "mpor_days", "window_name", "margin_basis", "track"]
TABLES = (
    "out_coverage_tests",
    "out_multiple_tests",
    "out_false_alarms",
    "out_coverage_bootstrap",
    "out_power",
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A home with three accounts, one of them opened late, and a hundred days of backtest."""
    home = tmp_path_factory.mktemp("home")
    declare_test_model(home)
    settings = Settings(home=home, memory_limit="1GB", temp_limit="1GB", models=("short",))
    folder = write_delivery(home / "in", DAYS, DAYS[FIRST:])
    write(folder, "accounts-more.csv", "account_id,member_id,account_type", ["late,M2,house"])
    write(
        folder,
        "positions-more.csv",
        "business_date,account_id,instrument_id,quantity",
        [f"{day},late,BB,7" for day in DAYS[LATE:]],
    )
    models = load_models(settings)
    with open_session(settings, publish=True) as connection:
        assert load_files(connection, settings, [folder]).stopped == ()
        compute_range(connection, settings, models, DAYS[FIRST], DAYS[-1])
    return settings


@pytest.fixture(scope="module")
def written(settings):
    with open_reader(settings) as connection:
        yield connection


@pytest.fixture(scope="module")
def tests(written):
    return fetch_frame(written, "FROM out_coverage_tests")


def series_of(connection, account, mpor_days):
    """Days of an account under the capped margin, as the table of comparisons has them."""
    return fetch_frame(
        connection,
        "SELECT is_exceedance, tested_margin_amount FROM out_backtest WHERE track = 'core_model'"
        " AND scope = 'account' AND status = 'observed' AND account_id = $1 AND mpor_days = $2"
        " ORDER BY business_date",
        [account, mpor_days],
    )


def test_pools_have_count_tests_and_accounts_and_their_products_the_battery(tests):
    assert tests.select(*KEY, "test").is_duplicated().sum() == 0
    names = {
        (scope, account is None, mpor_days): set(group["test"])
        for (scope, account, mpor_days), group in tests.group_by("scope", "account_id", "mpor_days")
    }
    counts = {"traffic_light", "kupiec_pof", "binomial_exact"}
    pools = {"firm", "member", "instrument", "product", "offset_group"}
    assert {key[0] for key in names if key[1]} == pools
    assert all(found == counts for (_, pooled, _), found in names.items() if pooled)
    battery, corrected = names["account", False, 1], names["account", False, 2]
    assert counts < battery < corrected
    assert (len(battery), len(corrected)) == (14, 14 + 18)
    assert names["product", False, 1] == battery
    assert ("product", False, 2) not in names
    products = tests.filter(pl.col("account_id").is_not_null(), scope="product")
    assert set(products["margin_basis"]) == {"capped"}
    assert set(products["window_name"]) == {"all"}
    ordered = tests.filter(pl.col("test") == "kupiec_tuff", scope="account")
    assert set(ordered["margin_basis"]) == {"capped", "initial"}
    counted = tests.filter(pl.col("test") == "kupiec_pof", scope="account")
    assert set(counted["margin_basis"]) == {"standalone", "netted", "capped", "initial"}
    assert set(products.select("account_id", "scope_id").iter_rows()) == {
        ("one", "AA"),
        ("one", "BB"),
        ("two", "AA"),
        ("late", "BB"),
    }


@pytest.mark.parametrize("account", ["one", "two", "late"])
@pytest.mark.parametrize("mpor_days", [1, 2])
def test_a_row_is_the_test_of_that_accounts_days(written, tests, account, mpor_days):
    days = series_of(written, account, mpor_days)
    assert len(days) == len(DAYS) - (LATE if account == "late" else FIRST) - mpor_days
    alone = run_battery(
        days["is_exceedance"].to_numpy(), 0.99, margin=days["tested_margin_amount"].to_numpy()
    )
    found = tests.filter(
        scope="account",
        scope_id=account,
        mpor_days=mpor_days,
        track="core_model",
        margin_basis="capped",
        window_name="all",
    )
    for outcome in alone.outcomes(0):
        row = found.filter(test=outcome.test).row(0, named=True)
        assert (row["observations"], row["exceedances"]) == (
            outcome.observations,
            outcome.exceedances,
        )
        assert row["decision"] == outcome.decision, outcome.test
        assert row["reason"] == outcome.reason, outcome.test
        assert row["degrees_of_freedom"] == outcome.degrees_of_freedom
        for name in ("p_value", "statistic", "estimate"):
            expected = getattr(outcome, name)
            assert (row[name] is None) == (expected is None), (outcome.test, name)
            assert expected is None or math.isclose(row[name], expected, abs_tol=1e-12)


def test_one_number_of_exceedances_stands_in_every_table(written, tests):
    counted = fetch_frame(
        written, "SELECT * EXCLUDE (account_id) FROM out_coverage_tests WHERE scope = 'account'"
    ).join(
        fetch_frame(written, "FROM out_coverage"),
        on=["track", "scope", "scope_id", "mpor_days", "window_name", "margin_basis"],
        suffix="_coverage",
    )
    assert len(counted) == (tests["scope"] == "account").sum() > 400
    assert counted["exceedances"].equals(counted["exceedances_coverage"])
    assert counted["exceedances"].sum() > 0
    pooled = fetch_frame(
        written,
        "SELECT shared.exceedances AS resampled, coverage.exceedances AS counted"
        " FROM out_coverage_bootstrap AS shared JOIN out_coverage AS coverage"
        " USING (track, scope, scope_id, mpor_days, window_name, margin_basis)",
    )
    assert len(pooled) == 3 * 2 * 2 * 4
    assert pooled["resampled"].equals(pooled["counted"])


def test_a_family_is_every_account_with_enough_data(written):
    rows = fetch_frame(written, "FROM out_multiple_tests")
    assert rows.group_by("mpor_days").agg(pl.col("test").n_unique()).sort("mpor_days").rows() == [
        (1, 3),
        (2, 3),
    ]
    for _, family in rows.group_by(["track", "mpor_days", "window_name", "margin_basis", "test"]):
        assert sorted(family["scope_id"]) == ["late", "one", "two"]
        known = family.filter(pl.col("p_value").is_not_null())
        assert set(family["tested_accounts"]) == {len(known)}
        assert (known["holm_p_value"] >= known["benjamini_hochberg_p_value"]).all()
        assert (known["benjamini_hochberg_p_value"] >= known["p_value"]).all()
        if len(known):
            smallest = known["p_value"].min() * len(known)
            assert known["holm_p_value"].min() == pytest.approx(min(1.0, smallest))


def test_power_is_that_of_the_windows_dates(written):
    for mpor_days in (1, 2):
        (row,) = fetch_frame(
            written,
            "FROM out_power WHERE scope = 'account' AND track = 'core_model' AND mpor_days = $1"
            " AND margin_basis = 'capped' AND window_name = 'all'",
            [mpor_days],
        ).iter_rows(named=True)
        n_dates = len(DAYS) - FIRST - mpor_days
        effective = n_dates / overlap_inflation(mpor_days, 0.99).variance_inflation
        assert row["observations"] == n_dates
        assert row["effective_observations"] == pytest.approx(effective)
        assert row["sentence"] == state_power(int(effective), 0.99).sentence


def test_every_test_has_a_name_and_a_sentence_for_readers(tests):
    wording = load_wording(resource_path("reports/wording"), "en")
    for name in tests["test"].unique():
        base = name.removesuffix("_phases").removesuffix("_simulated")
        assert wording.has(f"tests.{base}.title"), name
        assert all(wording.has(f"tests.{base}.{decision}") for decision in Decision), name


def test_the_report_shows_alarms_corrections_and_power(written):
    accounts, overlap = describe_accounts(written, DAYS[-1], "short", 1, "all")
    assert accounts.paragraphs[0].startswith("One account: With 124 observations, ")
    titles = [table.caption for table in accounts.tables]
    assert len(titles) == len(set(titles)) == 5
    alarms, corrected, _, decided, shared = accounts.tables
    assert [row[1] for row in alarms.rows] == [3, 3, 3]
    for row in corrected.rows:
        assert row[2] >= row[4] >= row[5]
        assert row[2] >= row[3]
    assert all(sum(row[1:]) == 3 for row in decided.rows)
    assert [row[0] for row in shared.rows] == ["All accounts", "M1", "M2"]
    (table,) = overlap.tables
    assert "of 3, horizon of 2 days" in table.caption
    assert len(table.rows) == 8 + 2
    assert describe_accounts(written, DAYS[0], "short", 1, "all") == ()


def test_running_again_changes_nothing_and_an_early_date_has_nothing_to_say(settings):
    models = load_models(settings)
    with open_session(settings, publish=False) as connection:
        before = {t: fetch_frame(connection, f"FROM history.{t} ORDER BY ALL") for t in TABLES}
        update_backtest(connection, settings, models, DAYS[-1])
        for table, rows in before.items():
            assert len(rows) > 0
            assert rows.equals(fetch_frame(connection, f"FROM history.{table} ORDER BY ALL"))
        update_backtest(connection, settings, models, DAYS[FIRST])
        for table in TABLES[1:]:
            early = f"SELECT count(*) FROM {table} WHERE as_of_date = $1"
            assert fetch_frame(connection, early, [DAYS[FIRST]]).item() == 0, table
        pending = fetch_frame(
            connection, "FROM out_coverage_tests WHERE as_of_date = $1", [DAYS[FIRST]]
        )
        assert set(pending["decision"]) == {"insufficient_data"}
