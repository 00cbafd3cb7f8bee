"""The tables of statistical tests, each with a sentence that says what its outcome means.

Selecting, ordering and writing finished outcomes; no test is carried out here.
"""

from collections import Counter
from collections.abc import Sequence

from pipeline.rendering.model import ReportData, TestResult
from pipeline.rendering.tables import ColumnPlan, TableMaker, TableView, base_test
from pipeline.terms import Decision

_MOST_ROWS = 100


def headline_tests(data: ReportData) -> list[TestResult]:
    """Return the tests of the verdict's series at firm scope, in the order given."""
    v = data.verdict
    return [t for t in data.tests if _is_headline(t, data) and t.window_name == v.window_name]


def result_table(tests: Sequence[TestResult], maker: TableMaker) -> TableView:
    """Return statistic, p-value, decision and a plain sentence for each test."""
    plan = (
        ColumnPlan("test", "text", 1.7),
        ColumnPlan("statistic", "statistic", 0.75),
        ColumnPlan("p_value", "p_value", 0.75),
        ColumnPlan("decision", "decision", 0.95),
        ColumnPlan("plain_sentence", "text", 3.4),
    )
    rows = [
        (
            known_test(t.test, maker),
            t.statistic,
            t.p_value,
            t.decision,
            _sentence(t, maker),
        )
        for t in tests[:_MOST_ROWS]
    ]
    note = maker.shortened(len(rows), len(tests), "tests.csv")
    return maker.make("tests", plan, rows, note=note, css="tall")


def other_tests_table(data: ReportData, maker: TableMaker) -> TableView:
    """Return, for the tests not shown one by one, how many ended with each decision."""
    shown = set(map(id, headline_tests(data)))
    counts: Counter[tuple[str, str, str, Decision]] = Counter()
    for t in data.tests:
        if id(t) not in shown:
            counts[t.model_id, t.scope, known_test(t.test, maker), t.decision] += 1
    plan = (
        ColumnPlan("model", "text"),
        ColumnPlan("scope", "scope"),
        ColumnPlan("test", "text"),
        *(ColumnPlan(f"decision_{d}", "count") for d in Decision),
    )
    keys = sorted({key[:3] for key in counts})[:_MOST_ROWS]
    rows = [(*key, *(counts[*key, decision] for decision in Decision)) for key in keys]
    return maker.make("other_tests", plan, rows)


def known_test(test: str, maker: TableMaker) -> str:
    """Return the name of a test as readers know it."""
    return maker.test(test)


def _is_headline(test: TestResult, data: ReportData) -> bool:
    v = data.verdict
    series = (v.model_id, v.track, v.mpor_days, v.margin_basis)
    tested = (test.model_id, test.track, test.mpor_days, test.margin_basis)
    return tested == series and test.scope == "firm"


def _sentence(test: TestResult, maker: TableMaker) -> str:
    say = maker.wording.say
    key = f"tests.{base_test(test.test)[0]}.{test.decision}"
    known = say(key) if maker.wording.has(key) else ""
    parts = [known or say("tests.unknown_null", null=test.null) if test.null or known else ""]
    if test.reason:
        parts.append(say("tests.remark", reason=test.reason))
    if test.reference:
        parts.append(say("tests.reference", reference=test.reference))
    return " ".join(part for part in parts if part)
