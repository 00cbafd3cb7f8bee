"""The importer of real futures data: its rules on made-up rows, its figures on the real files."""

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import CheckFailed, EnvironmentFault
from pipeline.resources import read_sql

from .importer import (
    VARIABLE,
    call_published_margin,
    describe_contracts,
    five_day_case,
    hold,
    read_curves,
    read_initial_margins,
    read_multipliers,
    real_data_folder,
    spread_case,
    write_case,
)

needs_real_data = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not os.environ.get(VARIABLE), reason=f"{VARIABLE} does not name a folder of market data"
    ),
]


def on_real_data(test):
    for mark in needs_real_data:
        test = mark(test)
    return test


# Rules, on made-up rows


def curve_rows(*rows):
    frame = pl.DataFrame(
        rows,
        orient="row",
        schema={
            "date": pl.Date,
            "root": pl.String,
            "nth": pl.Int16,
            "contract": pl.String,
            "last_trade": pl.Date,
            "close": pl.Float64,
            "series": pl.String,
        },
    )
    return frame.cast({"date": pl.Datetime("ms"), "last_trade": pl.Datetime("ns")})


RB = ("RB", 2, "2017-10", date(2017, 9, 29))
NG = ("NG", 1, "2017-10", date(2017, 9, 27))
MADE_UP = (
    (date(2017, 8, 25), *RB, 1.5, "RB02"),
    (date(2017, 8, 27), *RB, 0.0, "RB02"),
    (date(2017, 8, 28), *RB, 1.6, "RB02"),
    (date(2017, 8, 25), *NG, 2.9, "NG01"),
    (date(2017, 8, 28), *NG, None, "NG01"),
    (date(2017, 8, 29), *NG, float("nan"), "NG01"),
    (date(2017, 8, 28), "NG", 36, None, None, 3.0, "NG36"),
)
SPECIFICATIONS = """market,symbol,type,description,quote_currency,contract_multiplier
nymex,NG,future,Henry Hub Natural Gas Futures,USD,10000.0
nymex,RB,future,RBOB Gasoline Futures,USD,42000.0
other,NG,future,Another contract,USD,1.0
"""
MARGINS = """date,exchange,symbol,initial,maintenance,rows_in_file,upstream_comment
2017-08-26,nymex,RB,3000.0,2700.0,2,""
2017-08-01,nymex,RB,2500.0,2300.0,2,""
2017-08-01,nymex,NG,1500.0,1400.0,1,""
2017-08-01,other,NG,1.0,1.0,1,""
"""


def write_source(folder, rows=MADE_UP, margins=MARGINS):
    for name in ("futures_curves_rtl", "lean_margins", "lean_futures_specs"):
        (folder / name).mkdir(parents=True)
    curve_rows(*rows).write_parquet(folder / "futures_curves_rtl" / "futures_curves.parquet")
    (folder / "lean_margins" / "cme_margins.csv").write_text(margins)
    (folder / "lean_futures_specs" / "contract_specs.csv").write_text(SPECIFICATIONS)
    return folder


def test_rows_without_close_or_contract_and_bad_ticks_are_dropped_and_counted(tmp_path):
    curves = read_curves(write_source(tmp_path))
    assert curves.prices.select("business_date", "root", "settlement_price").rows() == [
        (date(2017, 8, 25), "NG", 2.9),
        (date(2017, 8, 25), "RB", 1.5),
        (date(2017, 8, 28), "RB", 1.6),
    ]
    assert curves.dropped.rows() == [
        ("NG", "no close", 2),
        ("NG", "no contract", 1),
        ("RB", "known bad tick", 1),
    ]


def test_a_bad_tick_does_not_make_a_root_absolute_but_a_negative_close_does(tmp_path):
    rows = (*MADE_UP, (date(2017, 9, 1), *NG, -0.5, "NG01"))
    source = write_source(tmp_path, rows)
    contracts = describe_contracts(read_curves(source), read_multipliers(source))
    assert contracts.select("instrument_id", "multiplier", "shock_type", "expiry_date").rows() == [
        ("NG-2017-10", 10_000.0, "absolute", date(2017, 9, 27)),
        ("RB-2017-10", 42_000.0, "log", date(2017, 9, 29)),
    ]


def test_two_closes_of_a_contract_on_a_date_stop_the_import(tmp_path):
    source = write_source(tmp_path, (*MADE_UP, MADE_UP[0]))
    with pytest.raises(CheckFailed, match="two closes on one date"):
        read_curves(source)


def test_two_last_trading_dates_of_a_contract_stop_the_import(tmp_path):
    moved = (date(2017, 8, 29), "RB", 2, "2017-10", date(2017, 9, 28), 1.5, "RB02")
    with pytest.raises(CheckFailed, match="two last trading dates"):
        read_curves(write_source(tmp_path, (*MADE_UP, moved)))


def positions_of(*rows):
    columns = ["business_date", "account_id", "instrument_id", "quantity"]
    return pl.DataFrame(rows, orient="row", schema=columns)


def test_margin_in_force_is_the_last_effective_one_and_never_a_later_one(tmp_path):
    margins = read_initial_margins(write_source(tmp_path))
    called = call_published_margin(
        positions_of(
            (date(2017, 8, 25), "A", "RB-2017-10", -2.0),
            (date(2017, 8, 25), "A", "NG-2017-10", 1.0),
            (date(2017, 8, 26), "A", "RB-2017-10", 2.0),
            (date(2017, 8, 28), "B", "RB-2017-10", 1.0),
        ),
        margins,
    )
    assert called.rows() == [
        (date(2017, 8, 25), "A", 2 * 2500.0 + 1500.0),
        (date(2017, 8, 26), "A", 2 * 3000.0),
        (date(2017, 8, 28), "B", 3000.0),
    ]


def test_a_position_before_the_first_published_margin_stops_the_import(tmp_path):
    margins = read_initial_margins(write_source(tmp_path))
    early = positions_of((date(2017, 7, 31), "A", "RB-2017-10", 1.0))
    with pytest.raises(CheckFailed, match="no margin is published for RB on or before 2017-07-31"):
        call_published_margin(early, margins)


def test_a_published_row_without_margin_stops_the_import(tmp_path):
    source = write_source(tmp_path, margins=MARGINS + '2017-08-27,nymex,RB,,2700.0,2,""\n')
    with pytest.raises(CheckFailed, match="row without initial margin"):
        read_initial_margins(source)


def test_a_position_without_a_price_stops_the_import(tmp_path):
    source = write_source(tmp_path / "source")
    with pytest.raises(CheckFailed, match="RB-2017-10 is held without price on 2017-08-27"):
        write_case(
            tmp_path / "case",
            source,
            pl.DataFrame({"root": ["RB"], "contract": ["2017-10"]}),
            (date(2017, 8, 25), date(2017, 8, 28)),
            positions_of((date(2017, 8, 27), "A", "RB-2017-10", 1.0)),
        )
    assert not (tmp_path / "case").exists()


def test_a_case_of_chosen_contracts_dates_and_positions(tmp_path):
    source = write_source(tmp_path / "source")
    rows = read_curves(source, ("RB",)).prices
    case = write_case(
        tmp_path / "case",
        source,
        pl.DataFrame({"root": ["RB"], "contract": ["2017-10"]}),
        (date(2017, 8, 26), date(2017, 8, 31)),
        hold("SHORT-RB", rows.filter(pl.col("business_date") == date(2017, 8, 28)), -3.0),
    )
    assert case.dates == case.position_dates == (date(2017, 8, 28),)
    assert (case.folder / "positions.csv").read_text() == (
        "business_date,account_id,instrument_id,quantity\n2017-08-28,SHORT-RB,RB-2017-10,-3.0\n"
    )
    assert (case.folder / "margin_called.csv").read_text() == (
        "business_date,account_id,called_amount\n2017-08-28,SHORT-RB,9000.0\n"
    )
    assert pl.read_parquet(case.folder / "prices.parquet").rows() == [
        (date(2017, 8, 28), "RB-2017-10", 1.6, None)
    ]
    assert case.row_counts == {
        "instruments.csv": 1,
        "accounts.csv": 1,
        "prices.parquet": 1,
        "positions.csv": 1,
        "margin_called.csv": 1,
    }


def test_without_the_variable_one_sentence(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(EnvironmentFault, match=f"{VARIABLE} must name the folder"):
        real_data_folder()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(EnvironmentFault, match=f"{VARIABLE} must name the folder"):
        real_data_folder()


# Figures, on the real files


def closes_of(case, instrument):
    prices = pl.read_parquet(case.folder / "prices.parquet")
    rows = prices.filter(pl.col("instrument_id") == instrument).sort("business_date")
    return dict(rows.select("business_date", "settlement_price").iter_rows())


def read_csv(case, name):
    return pl.read_csv(case.folder / name, try_parse_dates=True, infer_schema_length=None)


def held_by(case, account):
    rows = read_csv(case, "positions.csv").filter(pl.col("account_id") == account)
    found = {}
    for day, _, instrument, quantity in rows.iter_rows():
        found.setdefault(day, {})[instrument] = quantity
    return found


@pytest.fixture(scope="module")
def spreads(tmp_path_factory):
    return spread_case(tmp_path_factory.mktemp("real") / "spreads")


@on_real_data
def test_what_is_dropped_from_the_real_files():
    assert read_curves(real_data_folder()).dropped.rows() == [
        ("NG", "no contract", 870),
        ("RB", "known bad tick", 1),
    ]


@on_real_data
def test_published_multipliers():
    assert dict(read_multipliers(real_data_folder()).iter_rows()) == {
        "CL": 1_000.0,
        "HO": 42_000.0,
        "NG": 10_000.0,
        "RB": 42_000.0,
    }


@on_real_data
def test_only_crude_oil_is_absolute():
    source = real_data_folder()
    contracts = describe_contracts(read_curves(source), read_multipliers(source))
    found = contracts.select("product", "shock_type").unique().sort("product").rows()
    assert found == [("CL", "absolute"), ("HO", "log"), ("NG", "log"), ("RB", "log")]


@on_real_data
def test_published_crude_oil_margin_in_spring_2020():
    margins = read_initial_margins(real_data_folder(), ("CL",))
    rows = margins.filter(
        pl.col("business_date").is_between(date(2020, 1, 29), date(2020, 5, 13))
    ).select("business_date", "initial_amount")
    published = dict(rows.iter_rows())
    assert published[date(2020, 1, 29)] == 3_850.0
    assert published[date(2020, 4, 17)] == 8_250.0
    assert published[date(2020, 4, 24)] == 11_000.0
    assert published[date(2020, 5, 13)] == 13_200.0


@on_real_data
def test_five_days_to_the_negative_price(tmp_path):
    case = five_day_case(tmp_path / "five")
    closes = closes_of(case, "CL-2020-05")
    assert case.dates == case.position_dates == tuple(closes)
    assert [day.day for day in case.dates] == [14, 15, 16, 17, 20]
    assert closes[date(2020, 4, 17)] == 18.27
    assert closes[date(2020, 4, 20)] == -37.63
    assert held_by(case, "LONG-CL") == {day: {"CL-2020-05": 1.0} for day in case.dates}
    called = read_csv(case, "margin_called.csv")
    assert called.rows() == [(date(2020, 4, 17), "LONG-CL", 8_250.0)]
    instrument = read_csv(case, "instruments.csv").row(0, named=True)
    loss = (closes[date(2020, 4, 17)] - closes[date(2020, 4, 20)]) * instrument["multiplier"]
    assert loss == pytest.approx(55_900.0)
    assert loss - called["called_amount"][0] == pytest.approx(47_650.0)
    assert instrument["shock_type"] == "absolute"
    assert instrument["expiry_date"] == date(2020, 4, 21)


@on_real_data
def test_files_have_the_columns_of_the_raw_tables(spreads):
    schema = read_sql("migrations/0001_schema.sql")
    for path in spreads.folder.iterdir():
        body = schema.split(f"TABLE history.raw_{path.stem} (")[1].split(");")[0]
        columns = [line.split()[0] for line in body.strip().splitlines()]
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
        assert frame.columns == columns[:-3], path.name
        assert columns[-3:] == ["file_sha256", "known_from", "known_to"]
        assert frame.height == spreads.row_counts[path.name]


@on_real_data
def test_spreads_have_six_hundred_dates_and_enough_history(spreads):
    assert len(spreads.dates) == 600
    assert spreads.dates[-1] == date(2020, 5, 15)
    assert spreads.position_dates[0] == date(2020, 3, 2)
    assert len(spreads.position_dates) == 54
    assert spreads.dates.index(spreads.position_dates[0]) >= 502
    assert spreads.position_dates == spreads.dates[-54:]


@on_real_data
def test_calendar_spread_ends_before_the_may_contract_expires(spreads):
    held = held_by(spreads, "CALENDAR")
    assert max(held) == date(2020, 4, 20)
    assert list(held) == [day for day in spreads.position_dates if day <= date(2020, 4, 20)]
    assert all(book == {"CL-2020-05": 1.0, "CL-2020-06": -1.0} for book in held.values())
    may, june = closes_of(spreads, "CL-2020-05"), closes_of(spreads, "CL-2020-06")
    before, after = date(2020, 4, 17), date(2020, 4, 20)
    # May fell 55.90, June 4.60: a spread that netted to little lost 51,300 USD.
    loss = 1_000 * ((may[before] - may[after]) - (june[before] - june[after]))
    assert loss == pytest.approx(51_300.0)
    called = dict(
        read_csv(spreads, "margin_called.csv")
        .filter(pl.col("account_id") == "CALENDAR")
        .select("business_date", "called_amount")
        .iter_rows()
    )
    assert called[before] == 2 * 8_250.0
    assert set(called) == set(held)


@on_real_data
def test_crack_spread_holds_the_second_contracts(spreads):
    curves = read_curves(real_data_folder(), ("CL", "HO")).prices
    held = held_by(spreads, "CRACK")
    assert tuple(held) == spreads.position_dates
    for day, book in held.items():
        rows = curves.filter(pl.col("business_date") == day)
        expected = {}
        for root, quantity in (("CL", -1.0), ("HO", 1.0)):
            alive = rows.filter((pl.col("root") == root) & (pl.col("expiry_date") >= day))
            expected[f"{root}-{alive['contract'].sort()[1]}"] = quantity
        assert book == expected


@on_real_data
def test_outright_holds_the_front_contract_until_the_date_before_it_expires(spreads):
    held = held_by(spreads, "OUTRIGHT")
    assert tuple(held) == spreads.position_dates
    expiries = dict(
        read_csv(spreads, "instruments.csv").select("instrument_id", "expiry_date").iter_rows()
    )
    crude = sorted(name for name in expiries if name.startswith("CL-"))
    for day, book in held.items():
        front = next(name for name in crude if expiries[name] > day)
        assert book == {front: 1.0}
    assert held[date(2020, 4, 20)] == {"CL-2020-05": 1.0}
    assert held[date(2020, 4, 21)] == {"CL-2020-06": 1.0}


@on_real_data
def test_nth_contract_of_the_folder_is_the_nth_of_the_market_up_to_three(spreads):
    written = (
        pl.read_parquet(spreads.folder / "prices.parquet")
        .join(read_csv(spreads, "instruments.csv"), on="instrument_id")
        .with_columns(
            pl.col("expiry_date").rank("ordinal").over("product", "business_date").alias("rank")
        )
        .filter(pl.col("rank") <= 3)
    )
    market = read_curves(real_data_folder(), ("CL", "HO")).prices.select(
        "business_date",
        pl.concat_str("root", "contract", separator="-").alias("instrument_id"),
        "nearby",
    )
    both = written.join(market, on=["business_date", "instrument_id"])
    assert both.height == 600 * 3 * 2
    assert (both["rank"] == both["nearby"]).all()


@on_real_data
def test_called_margin_against_a_scalar_oracle(spreads):
    margins = read_initial_margins(real_data_folder(), ("CL", "HO"))
    expected = {}
    for day, account, instrument, quantity in read_csv(spreads, "positions.csv").iter_rows():
        in_force = max(
            (effective, amount)
            for root, effective, amount in margins.iter_rows()
            if root == instrument[:2] and effective <= day
        )[1]
        expected[day, account] = expected.get((day, account), 0.0) + in_force * abs(quantity)
    called = read_csv(spreads, "margin_called.csv")
    assert {(day, account): amount for day, account, amount in called.iter_rows()} == expected


@on_real_data
def test_the_same_case_has_the_same_bytes(spreads, tmp_path):
    again = spread_case(tmp_path / "again", Path(os.environ[VARIABLE]))
    for path in spreads.folder.iterdir():
        assert (again.folder / path.name).read_bytes() == path.read_bytes()
