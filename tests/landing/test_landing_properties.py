"""Whatever the bytes, every row is accounted for and no defect escapes as a traceback."""

import csv
import io
import re
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.findings import FileKind, LandedFile
from pipeline.landing import COLUMNS, InputFile, read_file

HEADER = "business_date,account_id,instrument_id,quantity\n"


def read(content: bytes, suffix: str = "csv") -> LandedFile:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"positions.{suffix}"
        path.write_bytes(content)
        return read_file(InputFile(FileKind.POSITIONS, path))


def assert_accounted_for(landed: LandedFile) -> None:
    names = [column.name for column in COLUMNS[FileKind.POSITIONS]]
    assert landed.frame.columns == ["row_number", *names]
    assert landed.row_count == landed.frame.height + landed.refused_count
    assert landed.refused.height in {0, landed.refused_count}
    assert bool(landed.findings) == (landed.refused_count > 0 or landed.is_refused)
    for finding in landed.findings:
        assert "\n" not in finding.message
        assert finding.message.startswith(landed.name)
    numbers = landed.frame["row_number"].to_list() + landed.refused["row_number"].to_list()
    assert len(numbers) == len(set(numbers))
    assert landed.frame["quantity"].is_finite().all()


@example(b"\t,")
@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    assert_accounted_for(read(content))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_under_a_good_header(content: bytes) -> None:
    assert_accounted_for(read(HEADER.encode() + content))


@settings(deadline=None)
@given(st.text(alphabet='\r\n",;-.0123456789AZé\x00 ', max_size=200))
def test_any_text_under_a_good_header(content: str) -> None:
    assert_accounted_for(read((HEADER + content).encode()))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=40), st.integers(min_value=0, max_value=600))
def test_damaged_parquet(damage: bytes, at: int) -> None:
    buffer = io.BytesIO()
    pl.DataFrame(
        {
            "business_date": [date(2014, 1, 2)] * 3,
            "account_id": ["A", "B", "C"],
            "instrument_id": ["I", "I", "I"],
            "quantity": [1.0, 2.0, 3.0],
        }
    ).write_parquet(buffer)
    content = bytearray(buffer.getvalue())
    content[at : at + len(damage)] = damage
    assert_accounted_for(read(bytes(content), "parquet"))


DATES = st.sampled_from(["2014-01-02", "2014-01-03", "2014-02-30", "03/01/2014", ""])
NAMES = st.text(alphabet='AB"\n,;é ', max_size=4)
NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.sampled_from(["", "abc", "1,5", " 1", "1e999", "-.5", "+3", "1_0"]),
)


def scalar_verdict(row: tuple[str, ...]) -> str:
    """Say what the reader must do with a row: the obvious way, one row at a time."""
    day, account, instrument, quantity = row
    if not any(row):
        return "blank"
    if day:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
            return "refused"
        try:
            date.fromisoformat(day)
        except ValueError:
            return "refused"
    if any(ord(c) < 32 or ord(c) == 127 for c in account + instrument):
        return "refused"
    if quantity:
        plain = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", quantity, re.ASCII)
        if not plain or abs(float(quantity)) == float("inf"):
            return "refused"
    return "kept"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(DATES, NAMES, NAMES, NUMBERS), max_size=8))
def test_reader_agrees_with_the_scalar_verdict(rows: list[tuple[str, ...]]) -> None:
    buffer = io.StringIO()
    buffer.write(HEADER)
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    landed = read(buffer.getvalue().encode())
    assert_accounted_for(landed)
    verdicts = [scalar_verdict(row) for row in rows]
    numbers = {v: [i for i, w in enumerate(verdicts, start=2) if w == v] for v in set(verdicts)}
    assert landed.row_count == len(rows) - verdicts.count("blank")
    assert landed.frame["row_number"].to_list() == numbers.get("kept", [])
    assert landed.refused["row_number"].to_list() == numbers.get("refused", [])
    for number, day, account, instrument, quantity in landed.frame.rows():
        received = rows[number - 2]
        assert (str(day or ""), account or "", instrument or "") == received[:3]
        assert quantity == (float(received[3]) if received[3] else None)
