import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.rendering.annex import reserved_names
from pipeline.rendering.formats import make_formats
from pipeline.rendering.model import NamedValue, Reason, ReasonCode, VerdictStatus
from pipeline.rendering.statistics_tables import headline_tests, known_test, result_table
from pipeline.rendering.tables import ColumnPlan, TableMaker
from pipeline.rendering.verdict_view import key_figures, reasons
from pipeline.rendering.wording import load_wording
from pipeline.terms import Decision, ExceedanceClass, Level, MarginBasis, Track, Zone

from .sample import make_sample

REPORTS = Path(__file__).resolve().parents[2] / "reports"
WORDING = load_wording(REPORTS / "wording", "en")
TEXT = (REPORTS / "wording" / "en.toml").read_text(encoding="utf-8")


def make_maker() -> TableMaker:
    return TableMaker(WORDING, make_formats(make_sample(), WORDING))


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("zone.", Zone),
        ("verdict.zone_", Zone),
        ("decision.", Decision),
        ("columns.decision_", Decision),
        ("class.", ExceedanceClass),
        ("basis.", MarginBasis),
        ("basis_short.", MarginBasis),
        ("track.", Track),
        ("level.", Level),
        ("verdict.", VerdictStatus),
        ("verdict.line_", VerdictStatus),
        ("reasons.", ReasonCode),
    ],
)
def test_every_word_of_the_vocabularies_has_a_text(prefix: str, words: type) -> None:
    assert all(WORDING.say(f"{prefix}{word}") for word in words)


def test_every_test_has_a_sentence_for_every_decision() -> None:
    tests = tomllib.loads(TEXT)["tests"]
    named = {key: texts for key, texts in tests.items() if isinstance(texts, dict)}
    assert len(named) > 12
    for key, texts in named.items():
        assert set(texts) == {"title", *map(str, Decision)}, key


def test_every_attached_file_is_described() -> None:
    assert all(WORDING.say(f"annexes.{name.split('.')[0]}") for name in reserved_names())


def test_templates_use_only_keys_that_exist() -> None:
    used: set[str] = set()
    for path in REPORTS.rglob("*.j2"):
        source = path.read_text(encoding="utf-8")
        used |= set(re.findall(r"""(?:say|texts)\("([a-z_.0-9]+)"[,)]""", source))
    assert len(used) > 60
    assert [key for key in sorted(used) if not WORDING.has(key)] == []


def test_no_text_stands_in_a_template() -> None:
    for path in REPORTS.rglob("*.j2"):
        source = path.read_text(encoding="utf-8")
        source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", " ", source, flags=re.DOTALL)
        assert re.findall(r"[A-Za-z]{2,}", source) == [], path


VALUES = {
    "coverage_pct": 99.54,
    "target_pct": 99.0,
    "low_pct": 99.4,
    "high_pct": 99.6,
    "exceedances": 139,
    "observations": 30000,
    "test": "kupiec_pof",
    "p_value": 0.0123,
    "count": 7,
    "shortfall_amount": 2804022.4,
    "scope": "account",
    "account_id": "CM01-006",
    "date": date(2025, 1, 23),
    "text": "As stated.",
}


@pytest.mark.parametrize("code", ReasonCode)
def test_every_reason_becomes_a_sentence(code: ReasonCode) -> None:
    data = make_sample()
    values = tuple(NamedValue(name, value) for name, value in VALUES.items())
    verdict = replace(data.verdict, reasons=(Reason(code, values),))
    view = reasons(replace(data, verdict=verdict), make_maker())[0]
    assert view.text.endswith(".")
    assert "{" not in view.text
    assert not view.is_finding


def test_values_of_a_reason_are_written_by_their_name() -> None:
    data = make_sample()
    codes = (
        ReasonCode.COVERAGE_MISSED,
        ReasonCode.TEST_REJECTED,
        ReasonCode.LARGEST_SHORTFALL,
        ReasonCode.SCOPES_BELOW_TARGET,
    )
    values = tuple(NamedValue(name, value) for name, value in VALUES.items())
    verdict = replace(data.verdict, reasons=tuple(Reason(c, values) for c in codes))
    texts = [view.text for view in reasons(replace(data, verdict=verdict), make_maker())]
    assert texts == [
        "Coverage of 99.54 % misses the target of 99.0 % (interval 99.40 to 99.60 %).",
        "Kupiec, proportion of failures rejects the margin (p-value 0.012).",
        "The largest shortfall is USD\u00a02,804,022, account CM01-006 on 2025-01-23.",
        "Below the target on the level of the account: 7, listed in the section on coverage.",
    ]


def test_key_figures_of_the_verdict() -> None:
    v = make_sample().verdict
    figures = {f.label: f.value for f in key_figures(make_sample(), make_maker())}
    assert figures["Target coverage"] == "99.0 %"
    assert figures["Achieved coverage"] == f"{v.coverage_pct:.2f} %"
    assert figures["Exceedances"] == "139"
    assert figures["What the credit cost, USD"] == f"{v.offset_shortfall_amount:,.0f}"


def test_an_unknown_test_is_shown_with_its_null() -> None:
    maker = make_maker()
    assert known_test("experimental_spread", maker) == "experimental_spread"
    assert known_test("kupiec_pof_phases", maker).startswith("Kupiec, proportion of failures, ")
    table = result_table(headline_tests(make_sample()), maker)
    sentences = {row[0].text: row[4].text for row in table.rows}
    assert sentences["experimental_spread"].startswith("Tested: Exceedances occur")
    assert "Source: Kupiec (1995)." in sentences["Kupiec, proportion of failures"]


def test_a_table_in_the_body_is_at_most_two_hundred_rows() -> None:
    maker = make_maker()
    plan = (ColumnPlan("library", "text"), ColumnPlan("version", "text"))
    assert len(maker.make("libraries", plan, [("a", "1")] * 200).rows) == 200
    with pytest.raises(ValueError, match="201 rows"):
        maker.make("libraries", plan, [("a", "1")] * 201)


def test_a_negative_amount_is_marked_in_sign_and_class() -> None:
    maker = make_maker()
    plan = (ColumnPlan("as_of_credit", "amount"),)
    table = maker.make("levels", plan, [(-1234567.0,), (1234567.0,), (-0.001,)])
    assert [(row[0].text, row[0].css) for row in table.rows] == [
        ("\u22121,234,567", "num negative"),
        ("1,234,567", "num"),
        ("0", "num"),
    ]


def test_windows_are_named_for_readers() -> None:
    maker = make_maker()
    assert maker.window("last_250") == "250 days"
    assert maker.window("all") == "All days"
    assert maker.window("stress 2020") == "stress 2020"


def test_no_citation_that_was_not_seen() -> None:
    for word in ("PFMI", "Principle 6", "Article 24", "Article 25", "17Ad", "39.13", "MAR99"):
        assert word not in TEXT
