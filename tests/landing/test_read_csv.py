"""Every defect of a CSV file gives one sentence: file, column, row, value and expectation."""

import gzip
import hashlib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import CheckFailed, EnvironmentFault
from pipeline.findings import QUARANTINE_SCHEMA, FileKind, LandedFile, Severity
from pipeline.landing import DECIMAL_COMMA, DECIMAL_POINT, InputFile, TextDialect, read_file

HEADER = b"business_date,account_id,instrument_id,quantity\n"
ROW = b"2014-01-02,A,I,1\n"
COLUMNS = "business_date, account_id, instrument_id, quantity"


def read(
    folder: Path,
    content: bytes,
    kind: FileKind = FileKind.POSITIONS,
    dialect: TextDialect = DECIMAL_POINT,
) -> LandedFile:
    path = folder / f"{kind}.csv"
    path.write_bytes(content)
    landed = read_file(InputFile(kind, path), dialect)
    assert landed.row_count == landed.frame.height + landed.refused_count
    assert landed.refused.schema == pl.Schema(QUARANTINE_SCHEMA)
    assert all(finding.severity is Severity.STOP for finding in landed.findings)
    return landed


def sentences(landed: LandedFile) -> list[str]:
    return [finding.message for finding in landed.findings]


def test_rows_have_the_declared_types_and_numbers(tmp_path: Path) -> None:
    content = b"quantity,instrument_id,account_id,business_date\n-1.5e2,I,A,2014-01-02\n"
    landed = read(tmp_path, content)
    assert landed.frame.schema == pl.Schema(
        {
            "row_number": pl.Int64,
            "business_date": pl.Date,
            "account_id": pl.String,
            "instrument_id": pl.String,
            "quantity": pl.Float64,
        }
    )
    assert landed.frame.rows() == [(2, date(2014, 1, 2), "A", "I", -150.0)]
    assert (landed.name, landed.sha256) == ("positions.csv", hashlib.sha256(content).hexdigest())
    assert landed.findings == ()


def test_optional_columns_may_be_left_out(tmp_path: Path) -> None:
    content = b"business_date,instrument_id,settlement_price\n2014-01-02,I,\n"
    landed = read(tmp_path, content, FileKind.PRICES)
    assert landed.frame.rows() == [(2, date(2014, 1, 2), "I", None, None)]
    assert landed.frame.schema["implied_vol"] == pl.Float64


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + HEADER + ROW,
        (HEADER + ROW).replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + (HEADER + ROW + b"\n").replace(b"\n", b"\r\n"),
        (HEADER + ROW).rstrip(b"\n"),
        HEADER + b'"2014-01-02","A","I","1"\n',
        HEADER + ROW + b"\n,,,\n\n",
        b" business_date ,account_id,instrument_id, quantity\n" + ROW,
    ],
    ids=["bom", "crlf", "bom_crlf", "no_last_newline", "quoted", "blank_rows", "padded_header"],
)
def test_harmless_dialects_read_alike(tmp_path: Path, content: bytes) -> None:
    landed = read(tmp_path, content)
    assert landed.findings == ()
    assert landed.frame.rows() == [(2, date(2014, 1, 2), "A", "I", 1.0)]
    assert landed.row_count == 1


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    landed = read(tmp_path, HEADER + b"\n\n" + ROW + b"\n2014-01-02,B,I,x\n")
    assert landed.frame["row_number"].to_list() == [4]
    assert landed.findings[0].rows == (6,)


def test_empty_quoted_text_is_null(tmp_path: Path) -> None:
    landed = read(tmp_path, HEADER + b'2014-01-02,"",I,""\n')
    assert landed.frame.rows() == [(2, date(2014, 1, 2), None, "I", None)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "positions.csv: the file is empty; expected a header and rows"),
        (b"\xef\xbb\xbf", "positions.csv: the file is empty; expected a header and rows"),
        (HEADER, "positions.csv: there is no row under the header; expected at least one row"),
        (
            HEADER.rstrip() + b"\r\n\r\n",
            "positions.csv: there is no row under the header; expected at least one row",
        ),
        (
            b"\n" + HEADER + ROW,
            (
                "positions.csv: row 1 has no column names; expected a line of column names that"
                " ends"
                " with LF or CR LF"
            ),
        ),
        (
            (HEADER + ROW).replace(b"\n", b"\r"),
            (
                "positions.csv: lines end with a carriage return alone; expected a line of column"
                " names that ends with LF or CR LF"
            ),
        ),
        (
            (HEADER + ROW).decode().encode("utf-16"),
            "positions.csv: the file is UTF-16; expected text in UTF-8",
        ),
        (
            gzip.compress(HEADER + ROW, mtime=0),
            "positions.csv, row 1: row 1 is not text in UTF-8; expected text in UTF-8",
        ),
        (
            HEADER + ROW + b"2014-01-02,M\xfcller,I,1\n",
            "positions.csv, row 3: the byte 0xfc is not text in UTF-8; expected text in UTF-8",
        ),
        (
            HEADER + ROW + b"2014-01-02,A,I,1,5\n",
            (
                "positions.csv, row 3: the row has 5 fields under 4 columns; expected 4 fields"
                " separated by ','"
            ),
        ),
        (
            HEADER + b'2014-01-02,"A,I,1\n' + ROW,
            (
                "positions.csv, row 2: quotation marks do not pair; expected quotation marks around"
                " whole fields and doubled inside them"
            ),
        ),
        (
            HEADER + b'2014-01-02,A"B,I,1\n2014-01-02,A"C,I,1\n',
            (
                "positions.csv, row 2: quotation marks do not pair; expected quotation marks around"
                " whole fields and doubled inside them"
            ),
        ),
        (
            (HEADER + ROW).replace(b",", b";"),
            (
                "positions.csv, row 1: the header is separated by ';'; expected fields separated by"
                " ',', or the file's dialect declared"
            ),
        ),
        (
            b"a,b\n1,2\n",
            (
                "positions.csv ('a', 'b'): none of the columns is in the file; expected the"
                " columns"
                f" {COLUMNS}"
            ),
        ),
        (
            b"business_date,account_id,instrument_id\n2014-01-02,A,I\n",
            (
                "positions.csv, column quantity: the column is missing; expected the columns"
                f" {COLUMNS}"
            ),
        ),
        (
            b"business_date,account_id,instrument_id,quantity,desk\n2014-01-02,A,I,1,D\n",
            (
                "positions.csv, column desk: the column is not known; expected no column but"
                f" {COLUMNS}"
            ),
        ),
        (
            b"business_date,account_id,instrument_id,quantity,\n2014-01-02,A,I,1,\n",
            f"positions.csv: a column has no name; expected no column but {COLUMNS}",
        ),
        (
            b"business_date,account_id,instrument_id,quantity,quantity\n2014-01-02,A,I,1,1\n",
            (
                "positions.csv, column quantity: the column stands 2 times in the header; expected"
                " each column once"
            ),
        ),
    ],
)
def test_file_that_is_refused_as_a_whole(tmp_path: Path, content: bytes, sentence: str) -> None:
    landed = read(tmp_path, content)
    assert sentences(landed) == [sentence]
    assert landed.is_refused
    assert landed.frame.height == 0
    assert landed.refused.height == 0
    assert "quantity" in landed.frame.columns


def test_each_wrong_column_is_named_and_the_rows_are_counted(tmp_path: Path) -> None:
    content = b"business_date,account_id,instrument,quantity\n" + ROW * 3
    landed = read(tmp_path, content)
    assert [finding.column for finding in landed.findings] == ["instrument_id", "instrument"]
    assert (landed.row_count, landed.refused_count) == (3, 3)


def test_text_in_a_number_refuses_the_row_and_stops_its_date(tmp_path: Path) -> None:
    content = HEADER + ROW + b"2014-01-02,B,I,ten\n2014-01-03,B,I,2\n"
    landed = read(tmp_path, content)
    assert sentences(landed) == [
        (
            "positions.csv, column quantity, row 3 ('ten'), business date 2014-01-02: not a finite"
            " number; expected a finite number such as -12.5"
        )
    ]
    assert landed.findings[0].business_date == date(2014, 1, 2)
    assert not landed.is_refused
    assert landed.frame["row_number"].to_list() == [2, 4]
    assert landed.refused.rows() == [
        (
            landed.sha256,
            "positions.csv",
            "positions",
            3,
            date(2014, 1, 2),
            "quantity",
            "not a finite number",
            "2014-01-02,B,I,ten",
        )
    ]


@pytest.mark.parametrize(
    "value", ["inf", "-Infinity", "NaN", "1e400", "1_000", "0x10", " 5", "5 ", "1.2.3", "--1", "٣"]
)
def test_what_is_no_finite_number(tmp_path: Path, value: str) -> None:
    landed = read(tmp_path, HEADER + f"2014-01-02,A,I,{value}\n".encode())
    assert [(f.rule, f.rows, f.values) for f in landed.findings] == [
        ("readable_number", (2,), (value,))
    ]
    assert landed.frame.height == 0


@pytest.mark.parametrize(
    ("value", "number"), [("1.", 1.0), (".5", 0.5), ("+5", 5.0), ("-0", 0.0), ("1E-3", 0.001)]
)
def test_what_is_a_number(tmp_path: Path, value: str, number: float) -> None:
    landed = read(tmp_path, HEADER + f"2014-01-02,A,I,{value}\n".encode())
    assert landed.frame["quantity"].to_list() == [number]


@pytest.mark.parametrize(
    "value",
    [
        "02/01/2014",
        "2014/01/02",
        "2014-1-2",
        "20140102",
        "2014-02-30",
        "2014-01-02T00:00:00",
        " 2014-01-02",
        "0000-01-01",
        "1899-12-31",
        "today",
    ],
)
def test_date_that_is_not_iso_refuses_the_file(tmp_path: Path, value: str) -> None:
    landed = read(tmp_path, HEADER + f"{value},A,I,1\n".encode() + ROW)
    assert sentences(landed) == [
        (
            f"positions.csv, column business_date, row 2 ({value!r}): not a date; expected a date"
            " such"
            " as 2014-01-31"
        )
    ]
    assert landed.is_refused
    assert (landed.row_count, landed.frame.height, landed.refused.height) == (2, 1, 1)
    assert landed.refused["business_date"].to_list() == [None]


def test_line_break_inside_quotes_is_one_row_and_named(tmp_path: Path) -> None:
    landed = read(tmp_path, HEADER + b'2014-01-02,"A\nB",I,1\n2014-01-02,C,I,x\n')
    assert sentences(landed) == [
        (
            "positions.csv, column account_id, row 2 ('A\\nB'), business date 2014-01-02: text"
            " with a"
            " line break or a control character; expected text on one line without control"
            " characters"
        ),
        (
            "positions.csv, column quantity, row 3 ('x'), business date 2014-01-02: not a finite"
            " number; expected a finite number such as -12.5"
        ),
    ]
    assert landed.row_count == 2


def test_many_offenders_give_one_sentence_a_date(tmp_path: Path) -> None:
    rows = b"".join(b"2014-01-0%d,A,I%d,x%d\n" % (1 + i // 6, i, i % 4) for i in range(12))
    landed = read(tmp_path, HEADER + rows)
    assert sentences(landed) == [
        (
            "positions.csv, column quantity, rows 2, 3, 4, 5, 6 and 1 more ('x0', 'x1', 'x2'),"
            " business date 2014-01-01: not a finite number; expected a finite number such as -12.5"
        ),
        (
            "positions.csv, column quantity, rows 8, 9, 10, 11, 12 and 1 more ('x2', 'x3', 'x0'),"
            " business date 2014-01-02: not a finite number; expected a finite number such as -12.5"
        ),
    ]
    assert [finding.row_count for finding in landed.findings] == [6, 6]
    assert landed.refused.height == 12


def test_decimal_comma_is_read_where_declared(tmp_path: Path) -> None:
    content = (HEADER + ROW).replace(b",", b";") + b"2014-01-02;B;I;-1,5\n2014-01-02;C;I;1.500\n"
    landed = read(tmp_path, content, dialect=DECIMAL_COMMA)
    assert landed.frame["quantity"].to_list() == [1.0, -1.5]
    assert sentences(landed) == [
        (
            "positions.csv, column quantity, row 4 ('1.500'), business date 2014-01-02: not a"
            " finite"
            " number; expected a finite number such as -12,5"
        )
    ]


def test_name_with_a_pattern_character_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "positions[1]*.csv"
    path.write_bytes(HEADER + ROW)
    (tmp_path / "positions1.csv").write_bytes(HEADER + ROW * 2)
    assert read_file(InputFile(FileKind.POSITIONS, path)).row_count == 1


def test_file_that_disappears(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match=r"positions\.csv cannot be read: No such file"):
        read_file(InputFile(FileKind.POSITIONS, tmp_path / "positions.csv"))


def test_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "positions.csv"
    path.write_bytes(HEADER + ROW)
    digest = hashlib.file_digest

    def append_meanwhile(*args: object) -> object:
        result = digest(*args)  # type: ignore[arg-type]
        path.write_bytes(HEADER + ROW + ROW)
        return result

    monkeypatch.setattr(hashlib, "file_digest", append_meanwhile)
    with pytest.raises(CheckFailed, match=r"was changed while it was read"):
        read_file(InputFile(FileKind.POSITIONS, path))
