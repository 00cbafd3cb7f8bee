"""The report's sections on offset on trial, procyclicality and calls show what the tables hold."""

import re

import pytest

from pipeline.rendering.model import FurtherSection
from pipeline.settings import load_settings
from pipeline.steps.report_layout import TrialRequest
from pipeline.steps.report_sections import describe_trial
from pipeline.warehouse.connection import open_reader
from tests.steps.trial import BACKTEST, DAYS, backfill, deliver_move, read_rows


@pytest.fixture
def written(short_model, marginproof, tmp_path):
    assert marginproof("load", deliver_move(tmp_path / "in"))[0] == 0
    backfill(marginproof)
    return marginproof


def sections(as_of=BACKTEST[-1], mpor_days=1, window="last_250"):
    request = TrialRequest(as_of, ("short",), mpor_days, window, BACKTEST[0], "USD")
    with open_reader(load_settings()) as connection:
        return {s.key: s for s in describe_trial(connection, request)}


def texts(section: FurtherSection):
    yield from (section.title, *section.paragraphs, section.empty_sentence)
    for table in section.tables:
        yield from (table.caption, table.note, *(column.title for column in table.columns))
        yield from (cell for row in table.rows for cell in row if isinstance(cell, str))
    for chart in section.charts:
        yield from (chart.caption, chart.alternative_text, chart.x_label, chart.y_label)


def test_every_section_is_there_with_finished_sentences(written):
    found = sections()
    assert {key: s.after for key, s in found.items()} == {
        "cap_sweep": "offsets",
        "offset_pairs": "offsets",
        "procyclicality": "severity",
        "margin_calls": "severity",
    }
    for section in found.values():
        assert section.tables
        assert len(section.paragraphs) > 0
        for text in texts(section):
            assert not re.search(r"[{}]|\bNone\b|\bnan\b", text), text
        assert all(p.endswith(".") for p in section.paragraphs)


def test_the_cap_section_shows_the_sweep_and_its_largest_cap(written):
    cap = sections()["cap_sweep"]
    rows = read_rows(
        written,
        "FROM out_cap_sweep WHERE scope = 'firm' AND mpor_days = 1 AND window_name = 'last_250'"
        " ORDER BY cap_pct",
    )
    coverage, margin = cap.charts
    assert coverage.x_values == tuple(row["cap_pct"] for row in rows)
    assert coverage.lines[0].values == tuple(row["coverage_pct"] for row in rows)
    assert margin.lines[0].values == tuple(row["mean_margin_amount"] for row in rows)
    assert coverage.reference_value == 99.0
    shown = {row[0]: row[1] for row in cap.tables[0].rows}
    assert list(shown) == [f"{c} %" if c != 80 else "80 %*" for c in range(0, 101, 10)]
    assert shown["80 %*"] == next(r["exceedances"] for r in rows if r["is_cap_in_force"])
    (limit,) = read_rows(
        written,
        "FROM out_cap_limit WHERE scope = 'firm' AND mpor_days = 1 AND window_name = 'last_250'",
    )
    assert limit["reason"] in cap.paragraphs[1]


def test_pairs_and_calls_show_what_their_tables_hold(written):
    found = sections()
    (pair,) = read_rows(
        written, "FROM out_offset_pairs WHERE mpor_days = 1 AND window_name = 'last_250'"
    )
    covered, credited = found["offset_pairs"].tables
    assert covered.rows[0][:4] == ("AA / BB", 1, pair["account_days"], pair["exceedances"])
    assert credited.rows[0][1:4] == (
        pair["granted_credit_pct"],
        pair["justified_credit_pct"],
        pair["variance_reduction_pct"],
    )
    most = read_rows(
        written,
        "FROM out_margin_calls WHERE mpor_days = 1 ORDER BY call_amount DESC, business_date",
    )
    calls = found["margin_calls"]
    assert [row[2] for row in calls.tables[0].rows] == [
        row["call_amount"] for row in most[:10] if row["call_amount"]
    ]
    assert len(calls.charts[0].x_values) == len(BACKTEST) - 1


def test_procyclicality_shows_real_and_fixed_positions_side_by_side(written):
    section = sections()["procyclicality"]
    firm, accounts = section.tables
    assert [row[1] for row in firm.rows] == [
        "As held",
        "Fixed on the first date",
        "Fixed on the last date",
    ]
    (row,) = read_rows(
        written,
        "FROM out_procyclicality WHERE scope = 'firm' AND portfolio = 'actual' AND mpor_days = 1"
        " AND window_name = 'last_250'",
    )
    assert firm.rows[0][2] == row["peak_to_trough"]
    assert f"{row['parameter_effect_amount']:,.0f}" in section.paragraphs[1]
    assert [r[0] for r in accounts.rows] == ["one", "two"]


def test_where_nothing_was_tried_the_sections_say_so(written):
    found = sections(as_of=DAYS[10])
    assert set(found) == {"offset_pairs", "procyclicality", "margin_calls"}
    for section in found.values():
        assert not section.tables
        assert not section.paragraphs
        assert section.empty_sentence
