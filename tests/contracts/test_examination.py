"""What an examination accepts, leaves out and reports, with and without rows loaded earlier."""

from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.contracts import RESULT_SCHEMA, Examination, examine, load_contracts
from pipeline.contracts.adapter import list_column_checks
from pipeline.findings import QUARANTINE_SCHEMA, FileKind
from pipeline.landing import find_files, read_file
from tests.contracts.deliveries import (
    ONE_DATE,
    SOUND,
    examine_folder,
    replaced,
    sentences,
    write_delivery,
)

DAY = date(2014, 1, 2)
NEXT_DAY = date(2014, 1, 3)
NOTHING: dict[str, str | None] = dict.fromkeys(SOUND)


def loaded(folder: Path) -> dict[str, pl.DataFrame]:
    """Return the sound delivery as rows loaded earlier."""
    earlier = folder / "earlier"
    earlier.mkdir()
    accepted = examine_folder(earlier).accepted
    return {str(kind): frame.drop("file_sha256") for kind, frame in accepted.items()}


def result(examination: Examination, contract: str, rule: str) -> list[tuple[object, ...]]:
    """Return date, checked count, failed count and message of a rule."""
    rows = examination.results.filter(contract=contract, rule=rule)
    return rows.select("business_date", "checked_count", "failed_count", "message").rows()


def test_results_list_every_rule_of_every_contract_on_every_date(tmp_path: Path) -> None:
    results = examine_folder(tmp_path).results
    assert results.schema == pl.Schema(RESULT_SCHEMA)
    assert results["failed_count"].sum() == 0
    assert set(results["message"]) == {""}
    expected = {
        (str(kind), rule, column, day)
        for kind, contract in load_contracts().items()
        for day in ((DAY, NEXT_DAY) if contract.is_dated else (None,))
        if day != NEXT_DAY or kind not in ONE_DATE
        for rule, column in [
            ("readable", ""),
            *((check.rule, check.column) for check in list_column_checks(contract)),
            *((rule.name, rule.column) for rule in contract.rules),
        ]
    }
    keys = results.select("contract", "rule", "column_name", "business_date")
    assert set(keys.rows()) == expected
    assert len(keys) == len(expected)
    assert keys.equals(keys.sort(keys.columns))
    counts = results.filter(contract="positions", business_date=DAY)["checked_count"]
    assert set(counts) == {5}


def test_failed_rule_is_counted_on_its_date_only(tmp_path: Path) -> None:
    examination = examine_folder(tmp_path, replaced("positions", ("2014-01-02,A,OIL", ",A,GOLD")))
    assert examination.is_refused
    assert result(examination, "positions", "instrument_is_known")[0] == (
        None,
        1,
        1,
        (
            "positions.csv, column instrument_id, row 3 ('GOLD'): the instrument is not known;"
            " expected"
            " an instrument_id delivered in instruments now or earlier"
        ),
    )
    assert [row[:3] for row in result(examination, "positions", "instrument_is_known")[1:]] == [
        (DAY, 4, 0),
        (NEXT_DAY, 4, 0),
    ]


def test_stopped_date_is_left_out_of_every_kind(tmp_path: Path) -> None:
    examination = examine_folder(
        tmp_path, replaced("prices", ("2014-01-03,IDX,1831", "2014-01-03,IDX,"))
    )
    assert examination.stopped_dates == {NEXT_DAY}
    assert not examination.is_refused
    for kind, frame in examination.accepted.items():
        contract = load_contracts()[kind]
        assert frame.columns == [*contract.schema, "file_sha256"]
        if contract.is_dated:
            assert set(frame["business_date"]) == {DAY}
    assert examination.accepted[FileKind.INSTRUMENTS].height == 6
    assert examination.quarantine.height == 0


def test_price_of_what_nobody_holds_is_left_out_and_counted(tmp_path: Path) -> None:
    examination = examine_folder(tmp_path, replaced("prices", ("UNHELD,1831", "UNHELD,")))
    assert examination.stopped_dates == frozenset()
    assert examination.accepted[FileKind.PRICES].height == 11
    assert examination.accepted[FileKind.PRICES]["settlement_price"].null_count() == 0
    assert examination.quarantine.schema == pl.Schema(QUARANTINE_SCHEMA)
    assert examination.quarantine.drop("file_sha256").rows() == [
        (
            "prices.csv",
            "prices",
            13,
            NEXT_DAY,
            "settlement_price",
            "the price is missing and the row is left out",
            "2014-01-03,UNHELD,,",
        )
    ]


def test_rows_are_told_apart_by_file(tmp_path: Path) -> None:
    lines = SOUND["prices"].strip().splitlines()
    header = lines[0]
    write_delivery(tmp_path, {"prices": None})
    (tmp_path / "prices_a.csv").write_text(
        "\n".join([header, *lines[1:7]]).replace("UNHELD,1830", "UNHELD,")
    )
    (tmp_path / "prices_b.csv").write_text(
        "\n".join([header, *lines[7:], lines[1].replace("1830", "1840")])
    )
    delivery = [read_file(file) for file in find_files([tmp_path])]
    examination = examine(delivery, {}, "USD")
    assert [(f.file_name, f.rule, f.rows) for f in examination.findings] == [
        ("prices_a.csv", "unique_key", (2,)),
        ("prices_b.csv", "unique_key", (8,)),
        ("prices_a.csv", "other_price_is_present", (7,)),
    ]
    assert examination.quarantine["file_name"].to_list() == ["prices_a.csv"]
    assert examination.quarantine["row_number"].to_list() == [7]
    by_name = {file.name: file.sha256 for file in delivery}
    assert examination.quarantine["file_sha256"].to_list() == [by_name["prices_a.csv"]]
    prices = examination.accepted[FileKind.PRICES]
    assert set(prices["file_sha256"]) == {by_name["prices_b.csv"]}
    assert set(prices["business_date"]) == {NEXT_DAY}


def test_unreadable_price_has_no_second_finding(tmp_path: Path) -> None:
    examination = examine_folder(
        tmp_path, replaced("prices", ("2014-01-02,OIL,95.5", "2014-01-02,OIL,?"))
    )
    assert [(f.rule, f.business_date) for f in examination.findings] == [("readable_number", DAY)]
    assert examination.stopped_dates == {DAY}
    assert result(examination, "prices", "readable") == [
        (DAY, 6, 1, examination.findings[0].message),
        (NEXT_DAY, 6, 0, ""),
    ]
    assert result(examination, "positions", "held_instrument_has_price") == [
        (DAY, 0, 0, "not checked, because rows of the date cannot be read"),
        (NEXT_DAY, 4, 0, ""),
    ]
    assert examination.quarantine["row_content"].to_list() == ["2014-01-02,OIL,?,"]


def test_file_that_cannot_be_used_silences_the_rules_that_read_it(tmp_path: Path) -> None:
    examination = examine_folder(
        tmp_path, {"prices": "business_date,instrument_id\n2014-01-02,IDX\n"}
    )
    assert [(f.file_name, f.column) for f in examination.findings] == [
        ("prices.csv", "settlement_price")
    ]
    assert examination.is_refused
    assert all(frame.height == 0 for frame in examination.accepted.values())
    assert result(examination, "positions", "date_has_prices") == [
        (None, 0, 0, "not checked, because prices.csv cannot be used")
    ]
    assert result(examination, "prices", "readable") == [
        (None, 1, 1, examination.findings[0].message)
    ]
    assert [row[:3] for row in result(examination, "positions", "unique_key")] == [
        (DAY, 5, 0),
        (NEXT_DAY, 4, 0),
    ]


def test_positions_are_checked_against_what_is_loaded_already(tmp_path: Path) -> None:
    known = loaded(tmp_path)
    changes = NOTHING | {"positions": SOUND["positions"]}
    assert sentences(examine_folder(tmp_path, changes, known)) == []
    without = {kind: frame for kind, frame in known.items() if kind != "prices"}
    examination = examine_folder(tmp_path, changes, without)
    assert {f.rule for f in examination.findings} == {"date_has_prices"}


def test_unknown_account_is_told_by_the_accounts_loaded_already(tmp_path: Path) -> None:
    known = loaded(tmp_path)
    changes = NOTHING | replaced("positions", ("2014-01-02,B,COIN", "2014-01-02,C,COIN"))
    examination = examine_folder(tmp_path, changes, known)
    assert [(f.rule, f.rows, f.values) for f in examination.findings] == [
        ("account_is_known", (6,), ("C",))
    ]


def test_option_loaded_without_volatility_stops_positions_that_come_later(tmp_path: Path) -> None:
    known = loaded(tmp_path)
    known["prices"] = known["prices"].with_columns(implied_vol=pl.lit(None, pl.Float64))
    changes = NOTHING | {"positions": SOUND["positions"].split("2014-01-03")[0]}
    assert sentences(examine_folder(tmp_path, changes, known)) == [
        (
            "positions.csv, column instrument_id, row 4 ('IDX-C'), business date 2014-01-02: the"
            " price"
            " of the held option was loaded without implied volatility; expected an implied_vol for"
            " every option with a position on the date"
        )
    ]


def test_prices_that_replace_those_of_a_date_must_cover_earlier_positions(tmp_path: Path) -> None:
    known = loaded(tmp_path)
    prices = replaced("prices", ("2014-01-02,OIL,95.5,\n", ""), ("2014-01-03,IDX,1831,\n", ""))
    examination = examine_folder(tmp_path, NOTHING | prices, known)
    assert sentences(examination) == [
        (
            "prices.csv, column instrument_id ('OIL'), business date 2014-01-02: an instrument"
            " that the"
            " positions loaded earlier need has no row; expected a row for every instrument with a"
            " position on the date, and for its underlying"
        ),
        (
            "prices.csv, column instrument_id ('IDX'), business date 2014-01-03: an instrument"
            " that the"
            " positions loaded earlier need has no row; expected a row for every instrument with a"
            " position on the date, and for its underlying"
        ),
    ]
    assert examination.stopped_dates == {DAY, NEXT_DAY}


def test_null_price_is_judged_by_the_positions_in_force(tmp_path: Path) -> None:
    known = loaded(tmp_path)
    prices = replaced("prices", ("2014-01-02,OIL,95.5", "2014-01-02,OIL,"))
    examination = examine_folder(tmp_path, NOTHING | prices, known)
    assert [(f.rule, f.rows) for f in examination.findings] == [("held_price_is_present", (3,))]
    # Positions that come with the delivery replace those of their date: OIL is no longer held.
    flat = replaced("positions", ("2014-01-02,A,OIL,-3\n", ""))
    examination = examine_folder(tmp_path, NOTHING | prices | flat, known)
    assert [(f.rule, f.rows) for f in examination.findings] == [("other_price_is_present", (3,))]


def test_delivered_instrument_takes_the_place_of_the_known_one(tmp_path: Path) -> None:
    known = loaded(tmp_path)
    known["instruments"] = known["instruments"].with_columns(currency=pl.lit("JPY"))
    examination = examine_folder(tmp_path, None, known)
    assert sentences(examination) == []
    only_positions = NOTHING | {"positions": SOUND["positions"]}
    other = tmp_path / "other"
    other.mkdir()
    examination = examine_folder(other, only_positions, known)
    assert {f.rule for f in examination.findings} == {"currency_has_rate"}


def test_reporting_currency_is_the_callers(tmp_path: Path) -> None:
    write_delivery(tmp_path)
    delivery = [read_file(file) for file in find_files([tmp_path])]
    examination = examine(delivery, {}, "EUR")
    rules = {(finding.file_name, finding.rule) for finding in examination.findings}
    assert rules == {
        ("fx_rates.csv", "reporting_currency_is_one"),
        ("positions.csv", "currency_has_rate"),
    }
    assert {finding.values for finding in examination.findings if finding.column == "rate"} == {
        ("EUR at 1.37",),
        ("EUR at 1.36",),
    }


def test_examination_leaves_nothing_in_the_callers_connection(tmp_path: Path) -> None:
    write_delivery(tmp_path)
    delivery = [read_file(file) for file in find_files([tmp_path])]
    with duckdb.connect() as connection:
        before = connection.execute("SHOW ALL TABLES").fetchall()
        first = examine(delivery, {}, "USD", connection)
        second = examine(delivery, {}, "USD", connection)
        assert connection.execute("SHOW ALL TABLES").fetchall() == before
    assert first.results.equals(second.results)
    assert first.results.equals(examine(delivery, {}, "USD").results)


@pytest.mark.parametrize("kind", FileKind)
def test_each_kind_may_come_alone(tmp_path: Path, kind: FileKind) -> None:
    known = loaded(tmp_path)
    examination = examine_folder(tmp_path, NOTHING | {str(kind): SOUND[kind]}, known)
    assert sentences(examination) == []
    assert list(examination.accepted) == [kind]


def test_equal_rows_of_two_files_load_once_and_unequal_ones_stop(tmp_path: Path) -> None:
    """A file sent again under another name is no defect; a row that differs is."""
    write_delivery(tmp_path)
    again = tmp_path / "positions_again.csv"
    again.write_text(SOUND["positions"].lstrip("\n"), encoding="utf-8")
    equal = examine([read_file(file) for file in find_files([tmp_path])], {}, "USD")
    assert [(f.rule, f.severity, f.row_count) for f in equal.findings] == [
        ("equal_rows_count_once", "warn", 5),
        ("equal_rows_count_once", "warn", 4),
    ]
    assert equal.accepted[FileKind.POSITIONS].height == 9
    assert equal.quarantine["file_name"].to_list() == ["positions_again.csv"] * 9
    again.write_text(SOUND["positions"].lstrip("\n").replace("A,OIL,-3", "A,OIL,-4"))
    unequal = examine([read_file(file) for file in find_files([tmp_path])], {}, "USD")
    assert unequal.stopped_dates == {DAY}
    assert unequal.accepted[FileKind.POSITIONS].height == 4
