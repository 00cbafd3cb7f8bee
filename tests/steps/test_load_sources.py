"""Loading a declared source into the warehouse: rows in are rows committed plus quarantined."""

from pathlib import Path

import pytest

from pipeline.settings import Settings
from pipeline.steps.load import load_files
from pipeline.steps.session import open_session
from pipeline.warehouse.connection import fetch_frame, fetch_value

BARS = "date,instrument,open,high,low,close,volume\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bars.csv").write_text(
        BARS + "2024-01-02,AA,1,1,1,10,5\n2024-01-02,BB,1,1,1,,5\n2024-01-03,AA,1,1,1,11,5\n"
    )
    (tmp_path / "yahoo_CC-USD.csv").write_text(
        "Date,Adj Close,Close,High,Low,Open,Volume\n2024-01-02,3,3,3,3,3,1\n2024-01-03,,,,,,\n"
    )
    return tmp_path


def test_two_sources_share_a_date_and_every_row_is_accounted_for(
    folder: Path, own_settings: Settings
) -> None:
    with open_session(own_settings, publish=False) as connection:
        first = load_files(connection, own_settings, [folder / "bars.csv"], None, "ohlcv_csv")
        assert (first.rows, first.stopped) == ({"instruments": 1, "prices": 2}, ())
        second = load_files(
            connection, own_settings, [folder / "yahoo_CC-USD.csv"], None, "yahoo_daily"
        )
        assert second.rows == {"instruments": 1, "prices": 1}
        held = "SELECT business_date::VARCHAR, instrument_id FROM core_prices ORDER BY ALL"
        assert fetch_frame(connection, held).rows() == [
            ("2024-01-02", "AA"),
            ("2024-01-02", "CC"),
            ("2024-01-03", "AA"),
        ]
        # Again, and in a corrected file: the other source's rows stay, nothing is doubled.
        again = load_files(connection, own_settings, [folder / "bars.csv"], None, "ohlcv_csv")
        assert (again.changed, again.rows) == (0, first.rows)
        corrected = folder / "corrected.csv"
        corrected.write_text(BARS + "2024-01-02,AA,1,1,1,10.5,5\n")
        load_files(connection, own_settings, [corrected], None, "ohlcv_csv")
        prices = "SELECT settlement_price FROM core_prices WHERE business_date = '2024-01-02'"
        assert sorted(fetch_frame(connection, prices).to_series()) == [3.0, 10.5]
        assert fetch_frame(
            connection, "SELECT kind, reason, row_number FROM core_quarantine ORDER BY ALL"
        ).rows() == [
            ("prices", "a row of padding without close", 3),
            ("prices", "the close is empty", 3),
        ]
        lost = fetch_value(
            connection,
            "SELECT sum(row_count - quarantined_count) FROM core_files"
            " WHERE kind = 'prices' AND file_name <> 'corrected.csv'",
        )
        assert lost == 3
        sources = "SELECT DISTINCT source FROM core_files ORDER BY 1"
        assert fetch_frame(connection, sources).to_series().to_list() == [
            "ohlcv_csv",
            "yahoo_daily",
        ]


def test_workbook_in_a_folder_is_named(tmp_path: Path, own_settings: Settings) -> None:
    (tmp_path / "accounts.csv").write_text("account_id,member_id,account_type\none,M1,house\n")
    (tmp_path / "prices.xlsx").touch()
    with open_session(own_settings, publish=False) as connection:
        summary = load_files(connection, own_settings, [tmp_path])
    assert summary.warnings == (
        "prices.xlsx: the file is not read; expected a name that ends with .csv or .parquet",
    )
