"""Declared sources: dialects, clocks, symbols and layouts, with every row accounted for."""

import gzip
import io
import tempfile
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import WrongUse
from pipeline.findings import FileKind, LandedFile
from pipeline.landing import list_ignored, list_sources, load_source, read_file, read_source
from pipeline.landing.files import InputFile
from pipeline.landing.source import parse_source

BASE = """
source = "vendor"
version = "1"
owner = "Owner"
description = "A vendor."
[file]
format = "csv"
fields = ["day", "name", "price"]
{file}
{top}
[[tables]]
kind = "prices"
{table}
[tables.columns]
business_date = {{ field = "day"{day} }}
instrument_id = {{ field = "name"{name} }}
settlement_price = {{ field = "price"{price} }}
"""


def declare(**parts: str) -> str:
    return BASE.format(
        **(dict.fromkeys(["file", "top", "table", "day", "name", "price"], "") | parts)
    )


def read(folder: Path, content: bytes, declaration: str, name: str = "any.csv") -> LandedFile:
    path = folder / name
    path.write_bytes(content)
    (landed,) = read_source(path, parse_source(declaration, "vendor"))
    assert landed.row_count == landed.frame.height + landed.refused_count
    return landed


def rows(landed: LandedFile) -> list[tuple[object, ...]]:
    return landed.frame.select("business_date", "instrument_id", "settlement_price").rows()


def test_every_shipped_declaration_is_read() -> None:
    assert len(list_sources()) > 9
    for name in list_sources():
        assert load_source(name).name == name


DAY = date(2024, 3, 1)
DIALECTS = [
    ("", "day,name,price\n2024-03-01,A,-1.5\n", "utf-8", {}),
    ("BOM", "\ufeffday,name,price\r\n2024-03-01,A,-1.5\r\n", "utf-8", {}),
    (
        "decimal comma and thousands",
        "day;name;price\n01.03.2024;Ä;-1.234,5\n",
        "cp1252",
        {
            "file": 'separator = ";"\nencoding = "cp1252"\ndecimal_mark = ","\n'
            'thousands_mark = "."',
            "day": ', form = "%d.%m.%Y"',
        },
    ),
    (
        "month first, padded, quoted line break",
        'day,"name",price\n03/01/2024,"A\nB",   -1.5 \n',
        "utf-8",
        {"day": ', form = "%m/%d/%Y"', "name": ', words = { "A\\nB" = "A" }'},
    ),
    ("UTF-16", "day,name,price\n2024-03-01,A,-1.5\n", "utf-16", {"file": 'encoding = "utf-16"'}),
    ("no header", "2024-03-01,A,-1.5\n", "utf-8", {"file": "header = false"}),
    (
        "scaled",
        "day,name,price\n2024-03-01,A,-15000\n",
        "utf-8",
        {"price": ", divide_by = 10000"},
    ),
]


@pytest.mark.parametrize(
    ("text", "encoding", "parts"), [d[1:] for d in DIALECTS], ids=[d[0] for d in DIALECTS]
)
def test_dialect_gives_the_same_row(
    tmp_path: Path, text: str, encoding: str, parts: dict[str, str]
) -> None:
    landed = read(tmp_path, text.encode(encoding), declare(**parts))
    price = -1234.5 if "1.234" in text else -1.5
    assert rows(landed) == [(DAY, "Ä" if "Ä" in text else "A", price)]
    assert landed.findings == ()


def test_day_before_month_is_refused_where_month_first_is_declared(tmp_path: Path) -> None:
    content = b"day,name,price\n31/01/2024,A,1\n1/2/2024,B,1\n01/02/2024,C,1\n"
    landed = read(tmp_path, content, declare(day=', form = "%m/%d/%Y"'))
    assert rows(landed) == [(date(2024, 1, 2), "C", 1.0)]
    assert landed.refused["reason"].to_list() == ["not a date"] * 2
    assert landed.is_refused


def test_packed_files_are_read_whatever_their_name(tmp_path: Path) -> None:
    text = b"day,name,price\n2024-03-01,A,-1.5\n"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("inner/one.csv", text)
        packed.writestr("README", "no data")
    for content in (
        gzip.compress(text),
        pa.compress(text, "zstd", asbytes=True),
        archive.getvalue(),
    ):
        declaration = declare(file='names = "*.csv"')
        assert rows(read(tmp_path, content, declaration, "packed.bin")) == [(DAY, "A", -1.5)]
    damaged = read(tmp_path, gzip.compress(text)[:-12], declare(), "packed.bin")
    assert damaged.is_refused
    assert damaged.findings[0].rule == "unpacks"


def test_our_own_files_may_be_packed_and_other_ones_are_named(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv.gz"
    path.write_bytes(
        gzip.compress(b"business_date,instrument_id,settlement_price\n2024-03-01,A,x\n")
    )
    landed = read_file(InputFile(FileKind.PRICES, path))
    assert landed.findings[0].message.startswith("prices.csv.gz, column settlement_price, row 2")
    assert landed.row_count == landed.refused.height == 1
    (tmp_path / "prices.xlsx").touch()
    assert list_ignored([tmp_path]) == (
        "prices.xlsx: the file is not read; expected a name that ends with .csv or .parquet",
    )


def test_cut_off_follows_the_clocks_of_its_zone(tmp_path: Path) -> None:
    """16:00 in New York is 21:00 UTC in winter and 20:00 UTC in summer."""
    stamps = ["2019-03-08 20:59", "2019-03-08 21:01", "2019-03-11 19:59", "2019-03-11 20:01"]
    content = "day,name,price\n" + "".join(f"{stamp},A,{n}\n" for n, stamp in enumerate(stamps))
    declaration = declare(
        day=', form = "%Y-%m-%d %H:%M", time_zone = "UTC", business_time_zone = "America/New_York",'
        " cut_off = 16:00:00"
    )
    landed = read(tmp_path, content.encode(), declaration)
    assert [day for day, _, _ in rows(landed)] == [
        date(2019, 3, 8),
        date(2019, 3, 9),
        date(2019, 3, 11),
        date(2019, 3, 12),
    ]


def test_local_times_that_clocks_skip_or_repeat_are_refused(tmp_path: Path) -> None:
    content = b"day,name,price\n2019-03-10 02:30,A,1\n2019-11-03 01:30,A,1\n2019-11-03 03:30,A,1\n"
    declaration = declare(day=', form = "%Y-%m-%d %H:%M", time_zone = "America/New_York"')
    landed = read(tmp_path, content, declaration)
    assert rows(landed) == [(date(2019, 11, 3), "A", 1.0)]
    assert landed.refused["row_number"].to_list() == [2, 3]


def test_symbol_stands_for_another_instrument_by_date(tmp_path: Path) -> None:
    symbols = """
[[symbols]]
symbol = "A"
instrument_id = "OLD"
last_date = 2024-01-31
[[symbols]]
symbol = "A"
instrument_id = "NEW"
first_date = 2024-03-01
"""
    content = b"day,name,price\n2024-01-31,A,1\n2024-02-01,A,2\n2024-03-01,A,3\n2024-03-01,B,4\n"
    landed = read(tmp_path, content, declare(top=symbols, name=", symbols = true"))
    assert [(name, price) for _, name, price in rows(landed)] == [("OLD", 1), ("NEW", 3), ("B", 4)]
    assert landed.refused["reason"].to_list() == ["the symbol stands for no instrument on the date"]
    assert not landed.is_refused


def test_drift_of_the_columns_is_named(tmp_path: Path) -> None:
    landed = read(tmp_path, b"day,name,Price\n2024-03-01,A,1\n", declare())
    assert [(f.rule, f.column) for f in landed.findings] == [
        ("column_present", "price"),
        ("column_known", "Price"),
    ]


FAULTS = [
    ("", 'spam = "x"', "spam is not known"),
    ('separator = ";;"', "", "separator is ';;'"),
    ('encoding = "klingon"', "", "encoding is 'klingon'"),
    ("", '[[leave_out]]\nreason = "r"', "where is missing"),
    ("", '[[leave_out]]\nreason = "r"\nwhere = [{ field = "f", is = "empty" }]', "lacks 'f'"),
    ("decimal_mark = 1", "", "decimal_mark is 1"),
    ('name_pattern = "("', "", "no regular expression"),
    ("", "[wide", "not valid TOML"),
]


@pytest.mark.parametrize(("file", "top", "words"), FAULTS)
def test_faulty_declaration_gives_one_sentence(file: str, top: str, words: str) -> None:
    text = declare(file=file, top=top)
    if "spam" in top:
        text = f"{top}\n" + declare()
    with pytest.raises(WrongUse) as caught:
        parse_source(text, "vendor")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_source_names_those_there_are() -> None:
    with pytest.raises(WrongUse, match="there is no source 'none'; expected one of"):
        load_source("none")


ANY_TEXT = declare(
    file='separator = ";"',
    top='[[leave_out]]\nreason = "negative"\n'
    'where = [{ field = "price", is = "below", values = ["0"] }]',
)


@given(st.binary(max_size=200))
def test_whatever_the_bytes_nothing_is_lost_and_nothing_is_raised(content: bytes) -> None:
    check_bytes(content)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["2024-03-01", "2024-3-1", "", "x"]),
            st.text(st.characters(exclude_characters=';"\r\n'), max_size=4),
            st.sampled_from(["1", "-1", "1,5", "nan", "1e400", " 2 ", ""]),
        ),
        max_size=8,
    )
)
def test_rows_in_are_rows_taken_and_rows_refused(records: list[tuple[str, str, str]]) -> None:
    lines = ["day;name;price", *(";".join(record) for record in records)]
    landed = check_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    if not any(finding.business_date is None and not finding.rows for finding in landed.findings):
        assert landed.row_count == sum(any(map(str.strip, record)) for record in records)


def check_bytes(content: bytes) -> LandedFile:
    with tempfile.TemporaryDirectory() as folder:
        landed = read(Path(folder), content, ANY_TEXT)
    frame = landed.frame
    assert frame["settlement_price"].is_finite().fill_null(value=True).all()
    assert not frame.filter(pl.col("settlement_price") < 0).height
    return landed
