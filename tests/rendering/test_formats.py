import json
import math
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import CheckFailed
from pipeline.rendering import codec
from pipeline.rendering.compose import FONT_FILES
from pipeline.rendering.formats import Formats, choose_scale
from pipeline.rendering.glyphs import Printable
from pipeline.rendering.wording import load_wording

from .sample import make_sample

REPORTS = Path(__file__).resolve().parents[2] / "reports"
WORDING = load_wording(REPORTS / "wording", "en")


def formats(largest: float = 1e6) -> Formats:
    return Formats(WORDING, "USD", choose_scale([largest]))


def as_float(text: str) -> float:
    return float(text.replace(",", "").replace("\u2212", "-"))


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (1234567.891, 0, "1,234,568"),
        (-1234.5, 1, "\u22121,234.5"),
        (-0.0004, 2, "0.00"),
        (0.0, 0, "0"),
        (None, 2, "–"),
    ],
)
def test_numbers_have_groups_a_true_minus_and_no_negative_zero(
    value: float | None, decimals: int, shown: str
) -> None:
    assert formats().number(value, decimals) == shown


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_a_written_number_reads_back_within_half_a_unit(value: float, decimals: int) -> None:
    read = as_float(formats().number(value, decimals))
    assert abs(read - value) <= 0.5 * 10**-decimals * (1 + 1e-9) + abs(value) * 1e-15


def test_another_language_has_its_own_separators() -> None:
    texts = {"format": {"decimal_point": ",", "thousands_separator": ".", "scale": {"one": ""}}}
    german = type(WORDING)("de", texts)
    assert Formats(german, "EUR", choose_scale([1e6])).number(1234567.5, 1) == "1.234.567,5"


@pytest.mark.parametrize(
    ("value", "target", "shown"),
    [
        (99.0, 99.0, "99.00"),
        (98.998, 99.0, "98.998"),
        (98.99999, 99.0, "98.99999"),
        (99.99967, 99.0, "99.9997"),
        (99.999999999, None, "99.999999999"),
        (100.0, 99.0, "100.00"),
        (99.4, 99.5, "99.40"),
        (None, 99.0, "–"),
    ],
)
def test_coverage_is_never_rounded_across_its_target_or_a_hundred(
    value: float | None, target: float | None, shown: str
) -> None:
    assert formats().coverage(value, target) == shown


@given(st.integers(1, 10**7), st.data())
def test_printed_coverage_stands_on_the_same_side_of_the_target(
    n: int, data: st.DataObject
) -> None:
    x = data.draw(st.integers(0, min(n, n // 50 + 1)))
    coverage = 100 * (1 - x / n)
    shown = as_float(formats().coverage(coverage, 99.0))
    assert (shown < 99.0) == (coverage < 99.0)
    assert (shown < 100.0) == (x > 0)


@pytest.mark.parametrize(
    ("value", "shown"), [(99.0, "99.0"), (99.5, "99.5"), (97.25, "97.25"), (99.865, "99.865")]
)
def test_a_target_keeps_its_declared_decimals(value: float, shown: str) -> None:
    assert formats().target(value) == shown
    assert formats().target(95.0, 0) == "95"


def test_p_values_and_dates() -> None:
    written = formats()
    assert written.p_value(0.49694) == "0.497"
    assert written.p_value(0.0004) == "<\u20090.001"
    assert written.p_value(None) == "–"
    assert written.long_date(date(2026, 3, 5)) == "5 March 2026"
    assert written.iso(None) == "–"


@pytest.mark.parametrize(
    ("largest", "unit", "shown"),
    [
        (0.5, "USD", "0.123457"),
        (5_000, "USD", "0.12"),
        (5e8, "USD", "0"),
        (5e10, "USD thousand", "0"),
        (5e14, "USD million", "0"),
        (5e19, "USD billion", "0"),
    ],
)
def test_the_unit_follows_the_largest_amount(largest: float, unit: str, shown: str) -> None:
    written = formats(largest)
    assert written.unit == unit
    assert written.amount(0.1234567) == shown


def test_an_amount_in_thousands_is_divided_once() -> None:
    assert formats(5e10).money(12_345_678.0) == "USD thousand\u00a012,346"


def test_the_sample_survives_the_way_to_the_process_and_back() -> None:
    data = make_sample()
    assert codec.decode(codec.encode(data)) == data


def test_decoded_values_have_the_declared_types() -> None:
    data = codec.decode(codec.encode(make_sample()))

    def walk(value: object) -> None:
        if is_dataclass(value):
            for f in fields(value):
                walk(getattr(value, f.name))
        elif isinstance(value, tuple):
            for item in value:
                walk(item)
        else:
            assert not isinstance(value, dict | list)

    walk(data)
    assert data.as_of_date.year == 2025
    assert data.annexes[0].content == b"-- none\n"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_named(value: float) -> None:
    data = make_sample()
    row = replace(data.coverage[3], total_shortfall_amount=value)
    broken = replace(data, coverage=(*data.coverage[:3], row))
    with pytest.raises(CheckFailed, match=r"report\.coverage\[3\]\.total_shortfall_amount"):
        codec.encode(broken)


def test_a_foreign_type_is_a_defect_of_the_caller() -> None:
    broken = replace(make_sample(), limitations=["a list"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="limitations has the type list"):
        codec.encode(broken)


def test_the_request_is_plain_json() -> None:
    assert json.loads(codec.encode(make_sample()))["as_of_date"] == {"date": "2025-11-14"}


@given(st.text(max_size=60))
def test_every_printed_character_has_a_glyph_or_is_named(text: str) -> None:
    shown = PRINTABLE.text(text)
    assert PRINTABLE.text(shown) == shown
    for character in text:
        if character != "\n":
            assert character in shown or f"[U+{ord(character):04X}]" in shown


PRINTABLE = Printable(REPORTS / "fonts" / name for name in FONT_FILES[:3])


@pytest.mark.parametrize("point", [0x202E, 0x200B, 0xAD, 0x0, 0x1F600, 0x5D0, 0xD800, 0xFEFF, 0x9])
def test_invisible_and_foreign_characters_are_written_as_code_points(point: int) -> None:
    assert PRINTABLE.text(f"a{chr(point)}b") == f"a[U+{point:04X}]b"
