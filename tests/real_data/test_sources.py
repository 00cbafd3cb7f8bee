"""Files as vendors ship them, read by declaration alone: which rows are taken, which not, and why.

The reasons are those of the README beside the data: symbol collisions, padding, a header-only file,
prices times 10,000, local stamps around the changes of the clocks, placeholders, nulls, bad ticks.
"""

import os
from collections import Counter
from datetime import date

import polars as pl
import pytest

from pipeline.contracts import examine
from pipeline.errors import CheckFailed, WrongUse
from pipeline.findings import FileKind, LandedFile, Severity
from pipeline.landing import find_files, load_source, read_source

from .importer import VARIABLE, describe_contracts, read_curves, read_multipliers, real_data_folder

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not os.environ.get(VARIABLE), reason=f"{VARIABLE} does not name a folder of market data"
    ),
]

EMPTY = "the close is empty"
NOT_KEPT = "another row of the same key is kept"
NO_FUTURE = "the price of the future is not given"

# source, file, rows by kind and table, rows left out by reason
FILES: list[tuple[str, str, list[tuple[str, int]], dict[str, int]]] = [
    (
        "futures_curves",
        "futures_curves_rtl/futures_curves.parquet",
        [("prices", 710_609), ("instruments", 1_378)],
        {EMPTY: 6_985, "the delivery month is not known": 61_665, "known bad tick": 1},
    ),
    (
        "futures_curves_wide",
        "futures_curves_rtl/raw_wide_2020-03_05.csv",
        [("prices", 11_375)],
        {EMPTY: 145},
    ),
    (
        "cme_margins",
        "lean_margins/cme_margins.csv",
        [("published_margins", 22_083)],
        {"a single row is a placeholder and no history": 27},
    ),
    (
        "deribit_options",
        "deribit_options/deribit_options_daily.parquet",
        [("prices", 156_199), ("prices", 2_753), ("instruments", 9_716), ("instruments", 268)],
        {NO_FUTURE: 4_725},
    ),
    (
        "deribit_futures",
        "deribit_futures/deribit_futures.parquet",
        [("prices", 1_728), ("instruments", 2)],
        {NOT_KEPT: 4_964},
    ),
    ("cftc_positions", "cftc_cot/cot_positions.parquet", [("trader_positions", 10_415)], {}),
    ("cftc_legacy", "cftc_cot/raw_legacy_2024_head200.txt", [("trader_positions", 199)] * 3, {}),
    ("cftc_financial", "cftc_cot/raw_tff_2026_head200.txt", [("trader_positions", 199)] * 5, {}),
    (
        "ohlcv",
        "crypto_daily/crypto_daily_yahoo.parquet",
        [("prices", 38_457), ("instruments", 26)],
        {},
    ),
    (
        "ohlcv",
        "crypto_daily/binance_100d_2025.parquet",
        [("prices", 3_879), ("instruments", 40)],
        {},
    ),
    (
        "ohlcv",
        "crypto_daily/btc_coinbase_lean.parquet",
        [("prices", 1_318), ("instruments", 1)],
        {},
    ),
    (
        "yahoo_daily",
        "awkward/yahoo_SOL1-USD_tail400.csv",
        [("prices", 0), ("instruments", 0)],
        {
            "a row of padding without close": 252,
            "SOL1 is quoted below 2 USD and is not Solana": 148,
        },
    ),
    (
        "yahoo_daily",
        "awkward/yahoo_ATOM1-USD_tail400.csv",
        [("prices", 1), ("instruments", 1)],
        {"a row of padding without close": 399},
    ),
    (
        "yahoo_daily",
        "awkward/yahoo_LUNA1-USD_tail400.csv",
        [("prices", 400), ("instruments", 1)],
        {},
    ),
    ("exchange_klines", "awkward/OMUSDT_1d.csv", [("prices", 100), ("instruments", 1)], {}),
    ("lean_daily", "awkward/lean_fb_daily.zip", [("prices", 2_947), ("instruments", 2)], {}),
    ("lean_daily", "awkward/lean_uso_daily.zip", [("prices", 3_910), ("instruments", 2)], {}),
    (
        "lean_hourly",
        "awkward/spy_hourly_dst_naive_local.csv",
        [("prices", 6), ("instruments", 1)],
        {NOT_KEPT: 36},
    ),
]


def land(source: str, name: str) -> list[LandedFile]:
    return read_source(real_data_folder() / name, load_source(source))


def prices_of(source: str, name: str) -> dict[tuple[date, str], float]:
    frame = land(source, name)[0].frame
    columns = frame.select("business_date", "instrument_id", "settlement_price")
    return {(day, name): price for day, name, price in columns.iter_rows()}


@pytest.mark.parametrize(("source", "name", "taken", "left_out"), FILES, ids=lambda v: str(v)[:40])
def test_every_row_is_taken_or_left_out_with_its_reason(
    source: str, name: str, taken: list[tuple[str, int]], left_out: dict[str, int]
) -> None:
    landed = land(source, name)
    assert [(file.kind.value, file.frame.height) for file in landed] == taken
    reasons = Counter(reason for file in landed for reason in file.refused["reason"])
    assert dict(reasons) == left_out
    for file in landed:
        assert file.row_count == file.frame.height + file.refused.height
        assert {finding.severity for finding in file.findings} <= {Severity.WARN}
        assert not file.is_refused


def test_the_declaration_says_what_the_importer_of_curves_coded() -> None:
    """Prices, expiry dates, multipliers and shock types are those of code that was checked."""
    folder = real_data_folder()
    prices, instruments = land("futures_curves", "futures_curves_rtl/futures_curves.parquet")
    curves = read_curves(folder)
    coded = describe_contracts(curves, read_multipliers(folder))
    roots = ["CL", "HO", "NG", "RB"]
    declared = instruments.frame.filter(pl.col("product").is_in(roots)).sort("instrument_id")
    # RB has one close of zero, a bad tick that both leave out: its moves stay logarithmic.
    assert declared.drop("row_number").equals(
        coded.sort("instrument_id").select(declared.columns[1:])
    )
    ours = prices.frame.filter(
        pl.col("instrument_id").str.slice(0, 3).is_in([f"{r}-" for r in roots])
    )
    theirs = curves.prices.select(
        "business_date",
        pl.concat_str("root", "contract", separator="-").alias("instrument_id"),
        "settlement_price",
    )
    key = ["business_date", "instrument_id"]
    assert ours.select(theirs.columns).sort(key).equals(theirs.sort(key))


def test_prices_are_those_of_the_vendor_in_their_unit_and_on_their_date() -> None:
    wide = prices_of("futures_curves_wide", "futures_curves_rtl/raw_wide_2020-03_05.csv")
    assert wide[date(2020, 4, 20), "CL.01"] == -37.63  # the real settlement below zero
    facebook = prices_of("lean_daily", "awkward/lean_fb_daily.zip")
    assert facebook[date(2021, 3, 31), "FB"] == 294.53  # 2,945,300 in the file
    assert {name for day, name in facebook if day < date(2012, 5, 18)} == {"FB.1"}
    assert {name for day, name in facebook if day >= date(2012, 5, 18)} == {"FB"}
    oil_fund = prices_of("lean_daily", "awkward/lean_uso_daily.zip")
    # Eight shares became one on 2020-04-29: as traded, the price jumps, and it is not smoothed.
    ratio = oil_fund[date(2020, 4, 29), "USO"] / oil_fund[date(2020, 4, 28), "USO"]
    assert ratio == pytest.approx(8, rel=0.2)
    om = prices_of("exchange_klines", "awkward/OMUSDT_1d.csv")
    assert om[date(2025, 4, 13), "OMUSDT"] == 1.0092  # the fall of 84 % is real


def test_hourly_bars_keep_the_last_close_of_each_new_york_day_across_the_clock_changes() -> None:
    spy = prices_of("lean_hourly", "awkward/spy_hourly_dst_naive_local.csv")
    assert sorted(day for day, _ in spy) == [
        date(2019, 3, 8),
        date(2019, 3, 11),
        date(2019, 3, 12),
        date(2019, 11, 1),
        date(2019, 11, 4),
        date(2019, 11, 5),
    ]
    assert spy[date(2019, 11, 5), "SPY"] == 307.03


def test_negative_prices_are_quarantined_by_no_one_where_the_product_allows_them() -> None:
    """The file of all closes at or below zero: WTI and the Houston spread, and one bad tick."""
    rows = pl.read_csv(
        real_data_folder() / "futures_curves_rtl" / "nonpositive_prices.csv", try_parse_dates=True
    )
    landed, _ = land("futures_curves", "futures_curves_rtl/futures_curves.parquet")
    kept = landed.frame.filter(pl.col("settlement_price") <= 0)
    roots = Counter(name.split("-")[0] for name in kept["instrument_id"])
    assert Counter(rows["root"])["RB"] == 1
    assert roots["CL"] == Counter(rows["root"])["CL"] == 1
    assert "RB" not in roots
    # Of the spread, those whose delivery month is known.
    assert 0 < roots["HTT"] <= Counter(rows["root"])["HTT"]
    assert landed.refused.filter(reason="known bad tick")["business_date"].to_list() == [
        date(2017, 8, 27)
    ]


def test_padded_and_quoted_reports_give_numbers() -> None:
    legacy = land("cftc_legacy", "cftc_cot/raw_legacy_2024_head200.txt")
    first = legacy[0].frame.row(0, named=True)
    assert (first["business_date"], first["contract_code"]) == (date(2024, 2, 6), "001602")
    assert (first["long_quantity"], first["short_quantity"], first["spread_quantity"]) == (
        121_345,
        159_629,
        113_552,
    )
    assert first["open_interest_quantity"] == 419_546


REFUSED = [
    ("exchange_klines", "awkward/PIUSDT_1d.csv", "the file has no row"),
    ("yahoo_daily", "awkward/OMUSDT_1d.csv", "the column is missing"),
    ("lean_hourly", "awkward/OMUSDT_1d.csv", "not a date"),
    ("ohlcv", "awkward/lean_fb_daily.zip", "no member of the archive has a name that fits"),
    ("cme_margins", "lean_futures_specs/contract_specs.csv", "the row has 10 fields"),
    ("cme_margins", "futures_curves_rtl/nonpositive_prices.csv", "the column is missing"),
    ("futures_curves", "cftc_cot/raw_tff_2026_head200.txt", "the file does not parse"),
]


@pytest.mark.parametrize(("source", "name", "problem"), REFUSED)
def test_file_of_another_source_is_refused_with_the_reason(
    source: str, name: str, problem: str
) -> None:
    landed = land(source, name)
    assert any(problem in finding.problem for file in landed for finding in file.findings)
    assert all(file.is_refused for file in landed if file.kind is not FileKind.INSTRUMENTS)
    assert sum(file.frame.height for file in landed if file.kind is FileKind.PRICES) == 0


def test_files_without_a_kind_are_refused_by_name() -> None:
    """Contract terms have no expiry date and roll factors belong to a series that nobody holds."""
    folder = real_data_folder() / "lean_futures_specs"
    with pytest.raises(CheckFailed, match="cannot be told from its name"):
        find_files([folder / "contract_specs.csv"])
    with pytest.raises(WrongUse, match="is no input file"):
        find_files([folder / "es_roll_factors.jsonl"])


def test_real_margins_and_positions_hold_their_contracts() -> None:
    delivery: list[LandedFile] = [
        *land("cme_margins", "lean_margins/cme_margins.csv"),
        *land("cftc_positions", "cftc_cot/cot_positions.parquet"),
    ]
    examination = examine(delivery, {}, "USD")
    stops = [f.message for f in examination.findings if f.severity is Severity.STOP]
    assert stops == []
    received = sum(file.row_count for file in delivery)
    committed = sum(frame.height for frame in examination.accepted.values())
    assert received == committed + examination.quarantine.height
