"""Stored types are accepted, widened or refused by name."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipeline.findings import FileKind, LandedFile
from pipeline.landing import InputFile, read_file

ROWS = pl.DataFrame(
    {
        "business_date": [date(2014, 1, 2), date(2014, 1, 3)],
        "account_id": ["A", "B"],
        "instrument_id": ["I", "J"],
        "quantity": [1.0, -2.0],
    }
)


def read(folder: Path, frame: pl.DataFrame) -> LandedFile:
    path = folder / "positions.parquet"
    frame.write_parquet(path)
    landed = read_file(InputFile(FileKind.POSITIONS, path))
    assert landed.row_count == landed.frame.height + landed.refused_count
    return landed


def test_rows_are_numbered_from_one(tmp_path: Path) -> None:
    landed = read(tmp_path, ROWS)
    assert landed.frame.rows() == [
        (1, date(2014, 1, 2), "A", "I", 1.0),
        (2, date(2014, 1, 3), "B", "J", -2.0),
    ]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("quantity", pl.Series([1, -2], dtype=pl.Int32)),
        ("quantity", pl.Series([1.0, -2.0], dtype=pl.Float32)),
        ("quantity", pl.Series([Decimal("1.00"), Decimal("-2.00")])),
        ("account_id", pl.Series(["A", "B"], dtype=pl.Categorical)),
        ("business_date", pl.Series([datetime(2014, 1, 2), datetime(2014, 1, 3)])),  # noqa: DTZ001
    ],
    ids=["integers", "single", "decimals", "categories", "midnight"],
)
def test_types_that_widen(tmp_path: Path, column: str, values: pl.Series) -> None:
    landed = read(tmp_path, ROWS.with_columns(values.alias(column)))
    assert landed.findings == ()
    assert landed.frame.drop("row_number").rows() == ROWS.rows()


def test_whole_numbers_widen_to_text(tmp_path: Path) -> None:
    landed = read(tmp_path, ROWS.with_columns(account_id=pl.Series([17, 18])))
    assert landed.frame["account_id"].to_list() == ["17", "18"]


@pytest.mark.parametrize(
    ("column", "values", "stored", "expected"),
    [
        (
            "quantity",
            pl.Series(["1", "2"]),
            "String",
            "a column stored as whole, decimal or floating-point numbers",
        ),
        (
            "quantity",
            pl.Series([True, False]),
            "Boolean",
            "a column stored as whole, decimal or floating-point numbers",
        ),
        (
            "business_date",
            pl.Series(["2014-01-02", "2014-01-03"]),
            "String",
            "a column stored as dates, or as time stamps at midnight without time zone",
        ),
        (
            "business_date",
            pl.Series([datetime(2014, 1, 2, tzinfo=UTC)] * 2),
            "Datetime(time_unit='us', time_zone='UTC')",
            "a column stored as dates, or as time stamps at midnight without time zone",
        ),
        ("account_id", pl.Series([b"A", b"B"]), "Binary", "a column stored as text"),
        ("account_id", pl.Series([1.5, 2.5]), "Float64", "a column stored as text"),
    ],
)
def test_type_that_does_not_widen_refuses_the_file(
    tmp_path: Path, column: str, values: pl.Series, stored: str, expected: str
) -> None:
    landed = read(tmp_path, ROWS.with_columns(values.alias(column)))
    assert [finding.message for finding in landed.findings] == [
        f"positions.parquet, column {column}: the column is stored as {stored}; expected {expected}"
    ]
    assert landed.is_refused
    assert (landed.frame.height, landed.refused_count) == (0, 2)


def test_numbers_that_are_not_finite_refuse_their_rows(tmp_path: Path) -> None:
    landed = read(tmp_path, ROWS.with_columns(quantity=pl.Series([float("nan"), float("-inf")])))
    assert [finding.message for finding in landed.findings] == [
        (
            "positions.parquet, column quantity, row 1 ('NaN'), business date 2014-01-02: not a"
            " finite"
            " number; expected a finite number such as -12.5"
        ),
        (
            "positions.parquet, column quantity, row 2 ('-inf'), business date 2014-01-03: not a"
            " finite"
            " number; expected a finite number such as -12.5"
        ),
    ]
    assert landed.refused["row_content"].to_list() == ["2014-01-02,A,I,NaN", "2014-01-03,B,J,-inf"]


def test_time_of_day_is_no_date(tmp_path: Path) -> None:
    stamps = pl.Series([datetime(2014, 1, 2), datetime(2014, 1, 3, 16, 30)])  # noqa: DTZ001
    landed = read(tmp_path, ROWS.with_columns(business_date=stamps))
    assert [finding.message for finding in landed.findings] == [
        (
            "positions.parquet, column business_date, row 2 ('2014-01-03 16:30:00.000000'): not a"
            " date; expected a date such as 2014-01-31"
        )
    ]
    assert landed.is_refused


@pytest.mark.parametrize("day", [-(2**31), 2**31 - 1, 2_932_897, -25_568])
def test_date_out_of_range_is_named_by_its_number(tmp_path: Path, day: int) -> None:
    dates = pl.Series([16_072, day], dtype=pl.Int32).cast(pl.Date)
    landed = read(tmp_path, ROWS.with_columns(business_date=dates))
    assert [finding.message for finding in landed.findings] == [
        (
            f"positions.parquet, column business_date, row 2 ('stored as {day}'): not a date;"
            " expected"
            " a date such as 2014-01-31"
        )
    ]
    assert landed.frame["business_date"].to_list() == [date(2014, 1, 2)]


def test_nulls_are_left_to_the_contracts(tmp_path: Path) -> None:
    landed = read(tmp_path, ROWS.with_columns(quantity=None, account_id=pl.lit("")))
    assert landed.findings == ()
    assert landed.frame["quantity"].to_list() == [None, None]
    assert landed.frame["account_id"].to_list() == [None, None]


def test_columns_are_compared_with_the_kind(tmp_path: Path) -> None:
    landed = read(tmp_path, ROWS.rename({"quantity": "lots"}))
    assert [(f.rule, f.column) for f in landed.findings] == [
        ("column_present", "quantity"),
        ("column_known", "lots"),
    ]


def test_file_without_rows(tmp_path: Path) -> None:
    landed = read(tmp_path, ROWS.clear())
    assert [finding.message for finding in landed.findings] == [
        "positions.parquet: the file has no row; expected at least one row"
    ]


def test_damage_inside_a_page(tmp_path: Path) -> None:
    path = tmp_path / "positions.parquet"
    pl.concat([ROWS] * 50).write_parquet(path, compression="uncompressed", statistics=False)
    content = path.read_bytes()
    verdicts = set()
    for start in range(4, len(content) - 4, 8):
        path.write_bytes(content[:start] + b"\xff" * 4 + content[start + 4 :])
        landed = read_file(InputFile(FileKind.POSITIONS, path))
        assert landed.row_count == landed.frame.height + landed.refused_count
        verdicts.update(finding.rule for finding in landed.findings)
    assert "parses" in verdicts


@pytest.mark.parametrize("kept", [0, 3, 100, -10])
def test_truncated_file(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "positions.parquet"
    ROWS.write_parquet(path)
    path.write_bytes(path.read_bytes()[:kept])
    landed = read_file(InputFile(FileKind.POSITIONS, path))
    problem = landed.findings[0].problem
    assert problem.startswith("the file does not parse") if kept else problem == "the file is empty"
    assert len(landed.findings) == 1
    assert landed.is_refused
