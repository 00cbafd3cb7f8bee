"""The input files of the demonstration against the market data, the schema and slow oracles."""

import importlib.util
import math
import os
import re
import subprocess
import sys
import tomllib
from calendar import FRIDAY, monthrange
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.backtest.hypothetical import parse_portfolios
from pipeline.demo import inputs, positions, write_demo_inputs
from pipeline.demo.accounts import Account, FutureLeg
from pipeline.demo.contracts import FUTURES
from pipeline.demo.hypothetical import DECLARATION
from pipeline.demo.market import PERIODS, ExcludedDate, read_market
from pipeline.errors import EnvironmentFault, WrongUse
from pipeline.resources import read_sql

UNDERLYING = "SP500"


def read_file(path):
    if path.suffix == ".csv":
        return pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
    return pl.read_parquet(path)


def read_all(folder, kind):
    frames = [read_file(path) for path in sorted(folder.glob(f"{kind}*"))]
    return pl.concat(frames, how="vertical_relaxed")


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


class Written:
    def __init__(self, folder, period):
        self.result = write_demo_inputs(folder, period)
        self.folder = folder
        self.instruments = read_all(folder, "instruments")
        self.accounts = read_all(folder, "accounts")
        self.prices = read_all(folder, "prices")
        self.positions = read_all(folder, "positions")
        self.dates = self.prices["business_date"].unique().sort()

    @property
    def held(self):
        return self.positions.join(self.instruments, on="instrument_id", how="left")


@pytest.fixture(scope="module")
def standard(tmp_path_factory):
    return Written(tmp_path_factory.mktemp("demo") / "standard", "standard")


@pytest.fixture(scope="module")
def crisis(tmp_path_factory):
    return Written(tmp_path_factory.mktemp("demo") / "crisis", "crisis")


@pytest.fixture(params=["standard", "crisis"])
def written(request):
    return request.getfixturevalue(request.param)


# Files


def test_files_have_the_columns_of_the_raw_tables(written):
    schema = read_sql("migrations/0001_schema.sql")
    bookkeeping = {"file_sha256", "known_from", "known_to"}
    for kind in ("instruments", "accounts", "prices", "positions"):
        body = re.search(rf"TABLE history\.raw_{kind} \((.*?)\n\);", schema, re.DOTALL).group(1)
        columns = [line.split()[0] for line in body.strip().splitlines()]
        wanted = [name for name in columns if name not in bookkeeping]
        for path in written.folder.glob(f"{kind}*"):
            assert read_file(path).columns == wanted, path.name


def test_both_formats_are_used_for_prices_and_for_positions(written):
    for kind in ("prices", "positions"):
        paths = sorted(written.folder.glob(f"{kind}_*"))
        suffixes = [path.suffix for path in paths]
        assert suffixes[0] == ".csv"
        assert suffixes[1:] == [".parquet"] * (len(paths) - 1)
        assert len(paths) >= 3
        for path in paths:
            frame = read_file(path)
            assert {day.year for day in frame["business_date"]} == {int(path.stem[-4:])}


def test_row_counts_are_those_of_the_files(written):
    counts = written.result.row_counts
    assert set(counts) == {path.name for path in written.folder.iterdir()}
    for kind in ("instruments", "accounts", "prices", "positions"):
        total = sum(count for name, count in counts.items() if name.startswith(kind))
        assert total == getattr(written, kind).height


def test_size_of_the_standard_period(standard):
    assert standard.instruments.height == 3 + 62 * 14
    assert standard.prices.height == 42_609
    assert 90_000 < standard.positions.height < 120_000


def test_keys_are_unique(written):
    assert written.instruments["instrument_id"].is_unique().all()
    assert written.prices.select("business_date", "instrument_id").is_unique().all()
    key = ["business_date", "account_id", "instrument_id"]
    assert written.positions.select(key).is_unique().all()


@pytest.mark.parametrize("name", ["standard", "crisis"])
def test_another_process_writes_the_same_bytes(name, request, tmp_path):
    code = (
        "import sys; from pathlib import Path; from pipeline.demo import write_demo_inputs;"
        " write_demo_inputs(Path(sys.argv[1]), sys.argv[2])"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "POLARS_MAX_THREADS": "1"}
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "again"), name],
        check=True,
        env=environment,
        cwd=Path(inputs.__file__).parents[2],
    )
    assert contents(tmp_path / "again") == contents(request.getfixturevalue(name).folder)


def test_writing_twice_into_a_folder_replaces_the_files(tmp_path):
    first = write_demo_inputs(tmp_path / "demo", "crisis")
    before = contents(tmp_path / "demo")
    assert write_demo_inputs(tmp_path / "demo", "crisis") == first
    assert contents(tmp_path / "demo") == before
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


# Calendar


def test_standard_dates(standard):
    result = standard.result
    assert result.first_price_date == date(2014, 1, 3) == standard.dates[0]
    assert result.first_margin_date == date(2016, 1, 4) == standard.positions["business_date"].min()
    # 2018-12-31 has no crude oil price, so the calendar ends one date earlier.
    assert result.last_date == date(2018, 12, 28) == standard.dates[-1]
    assert standard.positions["business_date"].max() == result.last_date


def test_crisis_dates(crisis):
    result = crisis.result
    assert result.first_price_date == date(2005, 6, 1) == crisis.dates[0]
    assert result.first_margin_date == date(2007, 7, 2) == crisis.positions["business_date"].min()
    assert result.last_date == date(2009, 6, 30) == crisis.positions["business_date"].max()


def test_history_before_the_first_position_is_long_enough(written):
    assert (written.dates < written.result.first_margin_date).sum() >= 502


def test_positions_on_every_date_from_the_first(written):
    wanted = written.dates.filter(written.dates >= written.result.first_margin_date)
    assert written.positions["business_date"].unique().sort().to_list() == wanted.to_list()
    days = written.positions.group_by("account_id").agg(pl.col("business_date").n_unique())
    assert days["business_date"].unique().to_list() == [len(wanted)]


def test_a_longer_lookback_begins_on_a_later_date(tmp_path, standard):
    result = write_demo_inputs(tmp_path / "demo", "standard", lookback_days=750)
    assert result.first_margin_date == standard.dates[752]


def test_a_lookback_longer_than_the_period_is_wrong_use(tmp_path):
    with pytest.raises(WrongUse, match="has 1025 dates, fewer than the 1503"):
        write_demo_inputs(tmp_path / "demo", "crisis", lookback_days=1500)
    with pytest.raises(WrongUse, match="-3 dates long"):
        write_demo_inputs(tmp_path / "demo", "crisis", lookback_days=-5)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_period_is_wrong_use(tmp_path):
    with pytest.raises(WrongUse, match="'boom'; expected one of: crisis, standard"):
        write_demo_inputs(tmp_path / "demo", "boom")


def test_dates_without_every_series_are_left_out_and_reported(standard, crisis):
    assert standard.result.excluded_dates == (
        ExcludedDate(date(2017, 7, 3), ("WTI",)),
        ExcludedDate(date(2018, 11, 23), ("WTI",)),
        # Stock exchanges were closed for a day of mourning, crude oil traded.
        ExcludedDate(date(2018, 12, 5), ("SP500", "NASDAQ", "VIX")),
        ExcludedDate(date(2018, 12, 24), ("WTI",)),
        ExcludedDate(date(2018, 12, 31), ("WTI",)),
    )
    assert standard.result.excluded_count == 5
    assert standard.result.excluded_reason == (
        "5 dates are left out because not every series has a value:"
        " NASDAQ on 1, SP500 on 1, VIX on 1, WTI on 4."
    )
    assert [(e.business_date, e.missing) for e in crisis.result.excluded_dates] == [
        (date(2005, 11, 25), ("WTI",)),
        (date(2006, 7, 3), ("WTI",)),
        (date(2006, 11, 24), ("WTI",)),
        (date(2007, 1, 2), ("SP500", "NASDAQ")),
    ]


def test_holidays_with_an_empty_vix_are_no_dates(standard):
    from arch.data import vix

    series = vix.load()["vix"]
    holidays = [stamp.date() for stamp in series.index[series.isna()]]
    assert len(holidays) == 46
    excluded = {e.business_date for e in standard.result.excluded_dates}
    assert date(2014, 1, 20) in holidays
    assert not set(holidays) & set(standard.dates)
    # A holiday of every market is no date at all, and so is not one that was left out.
    assert date(2014, 1, 20) not in excluded


def test_no_price_is_missing(written):
    assert written.prices["settlement_price"].null_count() == 0
    assert written.prices["settlement_price"].is_finite().all()
    counts = written.prices.filter(pl.col("instrument_id").is_in(["SP500", "NASDAQ", "WTI"]))
    assert counts.group_by("instrument_id").len()["len"].unique().to_list() == [len(written.dates)]


def test_closes_are_those_that_arch_loads(written):
    from arch.data import nasdaq, sp500, wti

    sources = {
        "SP500": sp500.load()["Close"],
        "NASDAQ": nasdaq.load()["Close"],
        "WTI": wti.load()["DCOILWTICO"],
    }
    for name, series in sources.items():
        rows = written.prices.filter(pl.col("instrument_id") == name).sort("business_date")
        expected = series.loc[rows["business_date"].to_numpy()].to_numpy()
        assert np.abs(rows["settlement_price"].to_numpy() - expected).max() <= 0.005 + 1e-9
        assert rows["implied_vol"].null_count() == rows.height


def test_a_missing_vix_is_never_filled(standard):
    market = read_market(PERIODS["standard"])
    assert market.volatility is not None
    assert np.isfinite(market.volatility).all()
    assert market.closes.shape == (len(standard.dates), 3)
    assert read_market(PERIODS["crisis"]).volatility is None


# Contracts


def test_futures_terms(written):
    futures = written.instruments.filter(pl.col("kind") == "future")
    assert futures.select("instrument_id", "multiplier", "shock_type").rows() == [
        ("SP500", 50.0, "log"),
        ("NASDAQ", 20.0, "log"),
        ("WTI", 1000.0, None),
    ]
    for column in ("product", "risk_factor"):
        assert (futures[column] == futures["instrument_id"]).all()
    for column in ("underlying", "expiry_date", "strike", "option_type", "premium_style"):
        assert futures[column].null_count() == 3
    assert futures.select("currency", "settlement").unique().rows() == [("USD", "linear")]


def test_options_terms(standard):
    options = standard.instruments.filter(pl.col("kind") == "option")
    terms = ["product", "underlying", "risk_factor", "settlement", "multiplier", "premium_style"]
    assert options.select(terms).unique().rows() == [
        ("SP500", "SP500", "SP500", "linear", 50.0, "upfront")
    ]
    assert (options["strike"] % 25 == 0).all()
    per_expiry = options.group_by("expiry_date").agg(
        pl.col("strike").n_unique().alias("strikes"), pl.len()
    )
    assert per_expiry.select("strikes", "len").unique().rows() == [(7, 14)]


def third_friday(year, month):
    fridays = [
        date(year, month, day)
        for day in range(1, monthrange(year, month)[1] + 1)
        if date(year, month, day).weekday() == FRIDAY
    ]
    return fridays[2]


def test_options_expire_on_third_fridays_or_the_date_before(standard):
    days = set(standard.dates)
    expected = []
    for year in range(2014, 2020):
        for month in range(1, 13):
            day = third_friday(year, month)
            while day not in days and day <= standard.result.last_date:
                day -= timedelta(days=1)
            expected.append(day)
    expiries = standard.instruments["expiry_date"].drop_nulls().unique().sort().to_list()
    assert expiries == expected[: len(expiries)]
    assert date(2014, 4, 17) in expiries  # the third Friday was Good Friday
    assert expiries[-1] == date(2019, 2, 15)


def test_options_are_priced_on_every_date_from_listing_to_expiry(standard):
    rows = standard.prices.join(standard.instruments, on="instrument_id").drop_nulls("expiry_date")
    lives = rows.group_by("instrument_id", "expiry_date").agg(
        pl.col("business_date").min().alias("listed"),
        pl.col("business_date").max().alias("last"),
        pl.len(),
    )
    days = standard.dates.to_list()
    for row in lives.unique(["expiry_date", "listed", "last", "len"]).iter_rows(named=True):
        assert row["last"] == min(row["expiry_date"], days[-1])
        assert row["len"] == sum(row["listed"] <= day <= row["last"] for day in days)
        if row["listed"] > days[0]:
            assert 58 <= (row["expiry_date"] - row["listed"]).days <= 65


def test_strikes_surround_the_close_at_listing(standard):
    rows = standard.prices.join(standard.instruments, on="instrument_id")
    spot = rows.filter(pl.col("instrument_id") == UNDERLYING).select(
        "business_date", pl.col("settlement_price").alias("spot")
    )
    options = rows.drop_nulls("strike").join(spot, on="business_date").sort("business_date")
    listing = options.unique("instrument_id", keep="first", maintain_order=True)
    for (_, _), group in listing.group_by("expiry_date", "option_type"):
        strikes = group["strike"].sort().to_list()
        close = group["spot"][0]
        wanted = [close * share / 100 for share in range(85, 120, 5)]
        assert max(abs(a - b) for a, b in zip(strikes, wanted, strict=True)) <= 12.5


def scalar_option(spot, strike, days, volatility, kind):
    sign = 1.0 if kind == "call" else -1.0
    if days == 0:
        return max(sign * (spot - strike), 0.0)
    deviation = volatility * math.sqrt(days / 365.0)
    d1 = math.log(spot / strike) / deviation + deviation / 2

    def normal(x):
        return 0.5 * math.erfc(-x / math.sqrt(2.0))

    return sign * (spot * normal(sign * d1) - strike * normal(sign * (d1 - deviation)))


def test_option_prices_against_a_scalar_oracle(standard):
    from arch.data import vix

    volatility = vix.load()["vix"]
    spot = dict(
        standard.prices.filter(pl.col("instrument_id") == UNDERLYING)
        .select("business_date", "settlement_price")
        .iter_rows()
    )
    rows = standard.prices.join(standard.instruments, on="instrument_id").drop_nulls("strike")
    at_expiry = rows.filter(pl.col("business_date") == pl.col("expiry_date"))
    assert at_expiry.height == 60 * 14
    sample = pl.concat([rows.gather_every(13), at_expiry])
    for row in sample.iter_rows(named=True):
        day = row["business_date"]
        assert row["implied_vol"] == pytest.approx(volatility.loc[str(day)] / 100, abs=1e-12)
        expected = scalar_option(
            spot[day],
            row["strike"],
            (row["expiry_date"] - day).days,
            row["implied_vol"],
            row["option_type"],
        )
        assert row["settlement_price"] == pytest.approx(expected, abs=5.1e-5)


# Accounts and positions


def test_forty_accounts_with_eight_members(standard):
    accounts = standard.accounts
    assert accounts.height == 40
    assert accounts["account_id"].is_unique().all()
    assert accounts["account_id"].to_list() == list(standard.result.accounts)
    assert accounts["account_id"].str.contains(r"^ACC-[A-Z0-9]+(-[A-Z0-9]+)*-\d\d$").all()
    assert accounts["member_id"].unique().sort().to_list() == [
        f"MEMBER-{n:02d}" for n in range(1, 9)
    ]
    assert set(accounts["account_type"]) == {"house", "client_omnibus", "client_individual"}
    assert set(standard.positions["account_id"]) == set(accounts["account_id"])


def test_crisis_has_the_same_accounts_without_option_strategies(standard, crisis):
    assert_frame_equal(
        crisis.accounts,
        standard.accounts.filter(
            pl.col("account_id").is_in(crisis.accounts["account_id"].implode())
        ),
    )
    left_out = set(standard.result.accounts) - set(crisis.result.accounts)
    held = standard.held.group_by("account_id").agg((pl.col("kind") == "option").any())
    with_options = set(held.filter(pl.col("kind"))["account_id"])
    makers = {name for name in standard.result.accounts if "MARKET-MAKER" in name}
    assert left_out == with_options - makers
    assert len(crisis.result.accounts) == 24
    assert crisis.instruments["kind"].unique().to_list() == ["future"]
    assert set(crisis.positions["account_id"]) == set(crisis.result.accounts)


def test_every_position_has_a_price_on_its_date(written):
    unpriced = written.positions.join(
        written.prices, on=["business_date", "instrument_id"], how="anti"
    )
    assert unpriced.height == 0
    assert written.held["kind"].null_count() == 0


def test_no_option_is_held_on_or_after_its_expiry(standard):
    options = standard.held.filter(pl.col("kind") == "option")
    assert options.height > 50_000
    assert (options["expiry_date"] > options["business_date"]).all()


def test_quantities_are_whole_contracts_and_change(written):
    quantity = written.positions["quantity"]
    assert (quantity == quantity.round()).all()
    assert (quantity != 0).all()
    changes = written.positions.group_by("account_id").agg(
        (pl.col("quantity").abs() * 1.0).n_unique().alias("sizes")
    )
    assert changes["sizes"].min() > 15


def test_sides_are_what_the_names_say(standard):
    futures = standard.held.filter(pl.col("kind") == "future").sort("business_date")

    def sides(pattern, instrument):
        rows = futures.filter(
            pl.col("account_id").str.contains(pattern) & (pl.col("instrument_id") == instrument)
        )
        return set(rows["quantity"].sign())

    assert sides("ACC-LONG-SP500", "SP500") == {1.0}
    assert sides("ACC-SHORT-WTI", "WTI") == {-1.0}
    assert sides("SP500-VS-NASDAQ", "SP500") == {1.0}
    assert sides("SP500-VS-NASDAQ", "NASDAQ") == {-1.0}
    assert sides("WTI-VS-SP500", "WTI") == {1.0}
    assert sides("WTI-VS-SP500", "SP500") == {-1.0}
    assert sides("ACC-TREND", "WTI") == {1.0, -1.0}
    options = standard.held.filter(pl.col("kind") == "option").with_columns(
        pl.col("account_id").str.extract("ACC-(.*)-").alias("strategy"),
        pl.col("quantity").sign().alias("side"),
    )
    found = {
        strategy: set(group.select("option_type", "side").unique().rows())
        for (strategy,), group in options.group_by("strategy")
    }
    assert found["COVERED-CALL"] == {("call", -1.0)}
    assert found["PROTECTIVE-PUT"] == {("put", 1.0)}
    assert found["COLLAR"] == {("put", 1.0), ("call", -1.0)}
    assert found["SHORT-STRANGLE"] == {("put", -1.0), ("call", -1.0)}
    assert found["LONG-STRADDLE"] == {("put", 1.0), ("call", 1.0)}
    assert found["CALENDAR-CALL"] == {("call", 1.0), ("call", -1.0)}
    assert found["PUT-SPREAD"] == {("put", 1.0), ("put", -1.0)}
    assert len(found["MARKET-MAKER"]) == 4


def test_sizes_against_a_scalar_oracle(monkeypatch):
    monkeypatch.setattr(positions, "SIZE_DEVIATION", 0.0)
    monkeypatch.setattr(positions, "LEG_DEVIATION", 0.0)
    market = read_market(PERIODS["crisis"])
    legs = (
        FutureLeg("SP500", 0.7),
        FutureLeg("WTI", -0.3),
        FutureLeg("NASDAQ", 0.4, follows_trend=True),
    )
    account = Account("ACC-X-01", "MEMBER-01", "house", 3e6, 5, legs, is_option_strategy=False)
    first = 700
    frame = positions.build_positions((account,), market, None, first, np.random.default_rng(1))
    found = {(row[0], row[2]): row[3] for row in frame.iter_rows()}
    assert frame.height == 3 * (len(market.dates) - first)
    flips = set()
    for row in range(first, len(market.dates)):
        trade = row - (row - first) % 5
        for leg, column, multiplier in zip(legs, (0, 2, 1), (50, 1000, 20), strict=True):
            close = market.closes[trade, column]
            side = -1 if leg.follows_trend and close < market.closes[trade - 60, column] else 1
            size = max(round(abs(leg.weight) * 3e6 / (multiplier * close)), 1)
            expected = size * side * (1 if leg.weight > 0 else -1)
            assert found[market.dates[row].item(), leg.instrument_id] == expected
            flips.add((leg.instrument_id, side))
    assert ("NASDAQ", -1) in flips
    assert ("NASDAQ", 1) in flips


def test_sizes_wander_around_their_usual_value():
    paths = positions._wander(np.random.default_rng(3), 400, 2_000, 0.35)
    assert paths.std(axis=1) == pytest.approx(np.full(400, 0.35), rel=0.1)
    assert paths.mean() == pytest.approx(0.0, abs=0.02)
    half_life = np.mean(paths[:-120] * paths[120:]) / np.mean(paths**2)
    assert half_life == pytest.approx(0.5, abs=0.05)


def test_two_legs_in_one_contract_net():
    market = read_market(PERIODS["crisis"])
    legs = (FutureLeg("SP500", 1.0), FutureLeg("SP500", -0.25))
    account = Account("ACC-X-01", "MEMBER-01", "house", 9e6, 1, legs, is_option_strategy=False)
    frame = positions.build_positions((account,), market, None, 900, np.random.default_rng(1))
    assert frame.height == len(market.dates) - 900
    assert (frame["quantity"] > 0).all()


def test_spread_legs_are_of_like_notional(standard):
    rows = standard.held.join(standard.prices, on=["business_date", "instrument_id"]).filter(
        pl.col("account_id").str.contains("SP500-VS-NASDAQ")
    )
    ratio = (
        rows.with_columns(
            (pl.col("quantity") * pl.col("multiplier") * pl.col("settlement_price")).alias("value")
        )
        .group_by("business_date", "account_id")
        .agg(pl.col("value").sum().abs() / pl.col("value").abs().sum())
    )
    assert 0.0 < ratio["value"].median() < 0.1
    assert ratio["value"].max() < 0.3


def test_options_are_rolled_on_expiry_and_strikes_are_kept_between(standard):
    rows = standard.held.filter(pl.col("account_id") == "ACC-SHORT-STRANGLE-01")
    puts = rows.filter(pl.col("option_type") == "put").sort("business_date")
    assert puts["business_date"].is_unique().all()
    expiries = standard.instruments["expiry_date"].drop_nulls().unique().sort().to_list()
    for row in puts.iter_rows(named=True):
        assert row["expiry_date"] == min(day for day in expiries if day > row["business_date"])
    assert puts.group_by("expiry_date").agg(pl.col("strike").n_unique())["strike"].max() == 1
    for before, after in pairwise(puts.select("business_date", "expiry_date").rows()):
        if before[1] != after[1]:
            assert after[0] == before[1]


def test_strike_is_the_listed_one_nearest_to_the_wanted_one_at_the_roll(standard):
    spot = dict(
        standard.prices.filter(pl.col("instrument_id") == UNDERLYING)
        .select("business_date", "settlement_price")
        .iter_rows()
    )
    rows = standard.held.filter(
        (pl.col("account_id") == "ACC-SHORT-STRANGLE-02") & (pl.col("option_type") == "call")
    )
    grid = standard.instruments.drop_nulls("strike").group_by("expiry_date").agg("strike")
    strikes = dict(grid.iter_rows())
    rolls = rows.sort("business_date").unique("expiry_date", keep="first", maintain_order=True)
    assert rolls.height == 37
    for row in rolls[1:].iter_rows(named=True):
        wanted = 1.05 * spot[row["business_date"]]
        nearest = min(abs(strike - wanted) for strike in strikes[row["expiry_date"]])
        assert abs(row["strike"] - wanted) == pytest.approx(nearest)


def test_calendar_spreads_hold_two_expiries(standard):
    rows = standard.held.filter(pl.col("account_id") == "ACC-CALENDAR-CALL-01")
    expiries = rows.group_by("business_date").agg(pl.col("expiry_date").n_unique())
    assert expiries["expiry_date"].unique().to_list() == [2]
    short = rows.filter(pl.col("quantity") < 0).select("business_date", "expiry_date")
    long = rows.filter(pl.col("quantity") > 0).select("business_date", "expiry_date")
    both = short.join(long, on="business_date", suffix="_long")
    assert (both["expiry_date"] < both["expiry_date_long"]).all()


def test_market_makers_hold_many_small_positions_that_offset(standard):
    rows = standard.held.filter(pl.col("account_id").str.contains("MARKET-MAKER"))
    per_day = rows.group_by("business_date", "account_id").agg(
        pl.len(), (pl.col("quantity").sum().abs() / pl.col("quantity").abs().sum()).alias("net")
    )
    assert per_day["len"].min() > 15
    assert per_day["net"].median() < 0.5


# Faults


def test_without_arch_one_sentence_and_nothing_written(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EnvironmentFault, match=r"arch is not installed; install arch 8"):
        write_demo_inputs(tmp_path / "demo", "standard")
    assert list(tmp_path.iterdir()) == []


def test_an_arch_without_the_data_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.demo.market._find_data_folder", lambda: tmp_path / "none")
    with pytest.raises(
        EnvironmentFault, match=r"does not carry the data file sp500/sp500\.csv\.gz"
    ):
        write_demo_inputs(tmp_path / "demo", "standard")
    assert list(tmp_path.iterdir()) == []


def test_the_package_does_not_import_arch(tmp_path):
    code = (
        "import sys; from pathlib import Path; from pipeline.demo import write_demo_inputs;"
        " write_demo_inputs(Path(sys.argv[1]), 'crisis');"
        " sys.exit('arch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "demo")],
        check=False,
        cwd=Path(inputs.__file__).parents[2],
    )
    assert done.returncode == 0


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "positions_mine.csv").write_text("mine")
    with pytest.raises(WrongUse, match=r"holds positions_mine\.csv"):
        write_demo_inputs(folder, "crisis")
    assert contents(folder) == {"positions_mine.csv": b"mine"}
    assert list(tmp_path.iterdir()) == [folder]


def test_a_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    write = inputs._write_file

    def write_until_full(path, frame):
        if path.name == "positions_2007.csv":
            raise OSError(28, "No space left on device")
        write(path, frame)

    monkeypatch.setattr(inputs, "_write_file", write_until_full)
    with pytest.raises(EnvironmentFault, match=r"could not be written to .*: No space left"):
        write_demo_inputs(tmp_path / "demo", "crisis")
    assert contents(tmp_path / "demo") == {}
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_no_dates_left_out_is_said_so(crisis):
    complete = replace(crisis.result, excluded_dates=())
    assert complete.excluded_reason.startswith("No date is left out")


def test_the_declared_portfolios_hold_products_of_the_demonstration() -> None:
    portfolios = parse_portfolios(tomllib.loads(DECLARATION), "hypothetical.toml")
    assert [one.portfolio_id for one in portfolios] == [
        "index-pair",
        "crude-against-index",
        "crude-alone",
    ]
    assert {leg.product for one in portfolios for leg in one.legs} == set(FUTURES)
    pair = portfolios[0].legs
    assert pair[0].notional_amount == -pair[1].notional_amount
