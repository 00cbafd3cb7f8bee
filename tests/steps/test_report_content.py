"""What changed since the report before, what the result depends on, which inputs still count."""

import csv
import io
import json

import pikepdf
import pytest

from tests.deliveries import write
from tests.rendering.pdf import attachments_of, flat_text_of
from tests.steps.trial import BACKTEST, backfill, deliver_move, read_rows


@pytest.fixture
def twice(short_model, marginproof, tmp_path, home):
    """Results as of two dates, after a delivery of prices was replaced by another."""
    folder = deliver_move(tmp_path / "in")
    assert marginproof("load", folder)[0] == 0
    header, *rows = (folder / "prices-after.csv").read_text(encoding="utf-8").splitlines()
    corrected = [
        f"{row.rpartition(',')[0]},{float(row.rpartition(',')[2]) + 0.01:.4f}" for row in rows
    ]
    write(tmp_path / "again", "prices-corrected.csv", header, corrected)
    assert marginproof("load", tmp_path / "again")[0] == 0
    backfill(marginproof, BACKTEST[-6])
    backfill(marginproof)
    code, out, err = marginproof("report", "--as-of", BACKTEST[-1], "--json")
    assert code == 0, err
    return json.loads(out)


def test_page_one_says_what_changed_and_the_sections_stand_in_order(twice, marginproof):
    first = flat_text_of(twice["pdf"], page=1)
    assert "Since the report before" in first
    before = read_rows(
        marginproof,
        "SELECT max(as_of_date)::VARCHAR AS d FROM out_coverage"
        f" WHERE as_of_date < '{BACKTEST[-1]}'",
    )[0]["d"]
    assert f"As of {before} coverage was" in first
    assert "The declaration of the model is the same." in first
    with pikepdf.open(twice["pdf"]) as pdf, pdf.open_outline() as outline:
        titles = [child.title.split(" ", 1)[1] for child in outline.root[0].children]
    assert titles == [
        "Verdict",
        "Coverage",
        "Exceedances",
        "The offset on trial",
        "How large the cap may be",
        "Offsets between pairs of products",
        "Statistical tests",
        "Tests of single accounts",
        "Horizons that overlap",
        "Severity of shortfalls",
        "Hypothetical portfolios",
        "Sensitivity",
        "Procyclicality",
        "Margin calls",
        "Data quality",
        "Model declaration",
        "Limitations",
        "Regulatory cross-reference",
        "Sign-off",
        "Run manifest and annex",
    ]


def test_the_window_is_as_long_as_it_says(twice, marginproof):
    first = flat_text_of(twice["pdf"], page=1)
    dates = read_rows(
        marginproof,
        "SELECT count(DISTINCT business_date) AS n FROM out_backtest WHERE scope = 'account' AND"
        f" track = 'core_model' AND mpor_days = 1 AND horizon_end_date <= '{BACKTEST[-1]}'",
    )[0]["n"]
    assert dates < 250
    assert f"{dates} business dates" in first
    assert "250 days" not in first


def test_margin_as_it_is_counts_the_exceedances_of_the_report(twice):
    text = flat_text_of(twice["pdf"])
    count = twice["verdict"]["exceedances"]
    part = text[text.index("Had every tested margin") :]
    row = part[: part.index("120")].split("100 ")[1].split()
    assert int(row[0]) == count
    log = list(
        csv.DictReader(io.StringIO(attachments_of(twice["pdf"])["exceedances.csv"].decode()))
    )
    assert sum(r["track"] == "core_model" and r["mpor_days"] == "1" for r in log) == count


def test_inputs_that_later_files_replaced_are_marked(twice):
    manifest = json.loads(attachments_of(twice["pdf"])["manifest.json"])
    superseded = {f["name"] for f in manifest["inputs"] if f["is_superseded"]}
    assert superseded == {"prices-after.csv"}
    text = flat_text_of(twice["pdf"])
    assert "prices-after.csv (superseded)" in text
    assert "prices-corrected.csv (superseded)" not in text


def test_the_cross_reference_names_the_page_a_section_begins_on(twice):
    with pikepdf.open(twice["pdf"]) as pdf:
        numbers = {page.obj.objgen: n for n, page in enumerate(pdf.pages, start=1)}
        with pdf.open_outline() as outline:
            starts = {
                child.title: numbers[child.destination[0].objgen]
                for child in outline.root[0].children
            }
    page = next(p for title, p in starts.items() if title.endswith("Regulatory cross-reference"))
    text = flat_text_of(twice["pdf"], page=page) + flat_text_of(twice["pdf"], page=page + 1)
    for named in ("Offsets between pairs of products", "Sensitivity", "Statistical tests"):
        title = next(t for t in starts if t.endswith(named))
        assert f"{title}, p. {starts[title]}" in text
