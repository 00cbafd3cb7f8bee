import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from pipeline.rendering.annex import build_attachments
from pipeline.rendering.model import (
    Column,
    ColumnFormat,
    FurtherSection,
    Line,
    LineChart,
    ReportData,
    Table,
    VerdictStatus,
)
from pipeline.rendering.render import RenderedReport, render_report
from pipeline.rendering.wording import load_wording
from pipeline.terms import ExceedanceClass

from .pdf import attachments_of, flat_text_of, fonts_of, text_of
from .sample import CHALLENGER, MODEL, make_sample

HOSTILE = (
    "<script>alert(1)</script>",
    "</td></tr></table><img src=http://example.org/x.png>",
    "{{ report.manifest }}{% include '/etc/passwd' %}",
    "\u202eevil\u202c\u200b\u0000",
    "عميل",
    "x" * 200,
    "\U0001f600 $x^2$ & “quoted”",
    "=1+1",
    "Клиент 7",
)


UPRIGHT = {"IBM-Plex-Sans", "IBM-Plex-Sans-Semi-Bold", "IBM-Plex-Mono"}


def emptied(data: ReportData) -> ReportData:
    """Return the report of a run without a single observation."""
    verdict = replace(
        data.verdict,
        status=VerdictStatus.INSUFFICIENT_DATA,
        reasons=(),
        observations=0,
        exceedances=0,
        coverage_pct=None,
        coverage_low_pct=None,
        coverage_high_pct=None,
        zone=None,
        largest_shortfall_amount=0.0,
        largest_shortfall_account_id=None,
        largest_shortfall_date=None,
        total_shortfall_amount=0.0,
        offset_caused_days=0,
        offset_shortfall_amount=0.0,
    )
    quality = replace(
        data.data_quality,
        contract_results=(),
        excluded_days=(),
        missing_prices=(),
        missing_price_account_days=0,
    )
    run = replace(data.manifest, inputs=(), libraries=(), settings=())
    return ReportData(
        data.organisation, data.as_of_date, data.currency, verdict, run, quality, models=()
    )


def test_same_bytes_from_two_processes_in_two_folders_and_time_zones(
    rendered: RenderedReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PYTHONHASHSEED", "4242")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.chdir(tmp_path)
    again = render_report(make_sample(), Path("other") / "name.pdf")
    assert again.path.read_bytes() == rendered.path.read_bytes()
    assert again.sha256 == rendered.sha256 == hashlib.sha256(again.path.read_bytes()).hexdigest()
    assert sorted(p.name for p in (tmp_path / "other").iterdir()) == ["name.pdf"]


def test_pdf_identifier_and_dates_come_from_the_run_not_the_clock(rendered: RenderedReport) -> None:
    data = make_sample()
    with pikepdf.open(rendered.path) as pdf:
        expected = hashlib.sha256(data.manifest.run_id.encode()).digest()[:16]
        assert bytes(pdf.trailer.ID[0]) == expected
        day = data.as_of_date.strftime("%Y%m%d")
        assert str(pdf.docinfo.CreationDate).startswith(f"D:{day}")
        for spec in pdf.attachments.values():
            assert str(spec.get_file().obj.Params.ModDate) == f"D:{day}000000Z"


def test_page_one_says_the_verdict_and_its_numbers(rendered: RenderedReport) -> None:
    verdict = make_sample().verdict
    words = flat_text_of(rendered.path, page=1)
    assert "Adequate with findings" in words
    assert "99.0 %" in words
    assert f"{verdict.coverage_pct:.2f} %" in words
    assert f"{verdict.coverage_low_pct:.2f} to {verdict.coverage_high_pct:.2f}" in words
    assert f"{verdict.exceedances:,}" in words
    assert f"of {verdict.observations:,} observations" in words
    assert f"{verdict.largest_shortfall_amount:,.0f}" in words
    assert f"{verdict.offset_credit_amount:,.0f}" in words
    assert f"{verdict.offset_shortfall_amount:,.0f}" in words
    assert (
        f"more shortfall than without offsets; days of class Offset: {verdict.offset_caused_days}"
        in (words)
    )
    assert "Demonstration, positions invented" in words


def test_every_section_is_there_numbered_and_bookmarked(
    rendered: RenderedReport, reports: Path
) -> None:
    wording = load_wording(reports / "wording", "en")
    keys = (
        "verdict coverage exceedances offsets tests severity data_quality models limitations"
        " regulatory signoff manifest"
    )
    titles = [wording.say(f"sections.{key}") for key in keys.split()]
    with pikepdf.open(rendered.path) as pdf:
        with pdf.open_outline() as outline:
            labels = [child.title for child in outline.root[0].children]
        assert labels == [f"{i} {title}" for i, title in enumerate(titles, start=1)]
        assert str(pdf.Root.Lang) == "en"
        assert len(pdf.pages) == rendered.pages
        metadata = pdf.Root.Metadata.read_bytes()
    assert b'pdfaid:part="3"' in metadata
    assert b'pdfaid:conformance="A"' in metadata


def test_contents_name_the_page_each_section_begins_on(rendered: RenderedReport) -> None:
    with pikepdf.open(rendered.path) as pdf:
        pages = {page.obj.objgen: i for i, page in enumerate(pdf.pages, start=1)}
        with pdf.open_outline() as outline:
            starts = {
                child.title: pages[child.destination[0].objgen]
                for child in outline.root[0].children
            }
    contents = text_of(rendered.path, layout=True, page=2)
    cells = re.split(r"\n|(?<=\d) {3,}(?=\d+ )", contents)
    rows = [cell.split() for cell in cells if cell.strip()]
    printed = {" ".join(row[:-1]): int(row[-1]) for row in rows if row[-1].isdigit()}
    assert {title: printed.get(title) for title in starts} == starts
    assert f"Page 2 of {rendered.pages}" in " ".join(contents.split())


def test_one_count_of_exceedances_everywhere(rendered: RenderedReport) -> None:
    data = make_sample()
    files = attachments_of(rendered.path)
    log = list(csv.DictReader(io.StringIO(files["exceedances.csv"].decode())))
    manifest = json.loads(files["manifest.json"])
    text = flat_text_of(rendered.path)
    count = data.verdict.exceedances
    assert count == len(log) == manifest["verdict"]["exceedances"] == 139
    assert f"tested margin in the observation window: {count}." in text
    assert f"Rows of the attached exceedances.csv: {len(log)}; of these" in text
    coverage = list(csv.DictReader(io.StringIO(files["coverage.csv"].decode())))
    firm = [
        row
        for row in coverage
        if (row["scope"], row["model_id"], row["mpor_days"], row["window_name"])
        == ("firm", MODEL, "2", "all")
        and row["margin_basis"] == "capped"
    ]
    assert {int(row["exceedances"]) for row in firm} == {count}
    tests = list(csv.DictReader(io.StringIO(files["tests.csv"].decode())))
    assert {int(t["exceedances"]) for t in tests if t["scope"] == "firm"} == {count}
    classes = {
        row["exceedance_class"]: row
        for row in csv.DictReader(io.StringIO(files["classes.csv"].decode()))
    }
    assert sum(int(classes[c]["account_days"]) for c in ("offset", "model")) == count
    worst = sum(float(row["shortfall_amount"]) for row in log)
    assert worst == pytest.approx(data.verdict.total_shortfall_amount, rel=1e-12)


def test_the_body_shows_a_hundred_exceedances_and_says_where_the_rest_is(
    rendered: RenderedReport,
) -> None:
    data = make_sample()
    text = text_of(rendered.path, layout=True)
    largest = sorted(data.exceedances, key=lambda e: -e.shortfall_amount)
    for rank in (1, 50, 100):
        e = largest[rank - 1]
        row = next(
            line.split()
            for line in text.splitlines()
            if line.split()[:3] == [str(rank), e.business_date.isoformat(), e.account_id]
        )
        amounts = (
            e.loss_amount,
            e.netted_margin_amount,
            e.capped_margin_amount,
            e.standalone_margin_amount,
            e.shortfall_amount,
        )
        assert row[3] == e.model_id
        assert row[5:] == [f"{amount:,.0f}" for amount in amounts]
        is_model = e.exceedance_class is ExceedanceClass.MODEL
        assert row[4] == ("Model" if is_model else "Offset")
    assert "The table shows 100 of 139 rows" in " ".join(text.split())


def test_attachments_come_back_byte_for_byte_with_their_printed_checksums(
    rendered: RenderedReport, reports: Path
) -> None:
    data = make_sample()
    wording = load_wording(reports / "wording", "en")
    names = attachments_of(rendered.path)
    described = {
        name: wording.say(f"annexes.{name.split('.')[0]}")
        for name in names
        if name != "queries.txt"
    }
    expected = {a.name: a.content for a in build_attachments(data, described)}
    assert names == expected
    assert names["queries.txt"] == data.annexes[0].content
    text = flat_text_of(rendered.path).replace(" ", "")
    for content in expected.values():
        assert hashlib.sha256(content).hexdigest() in text
    listed = {a["name"]: a["sha256"] for a in json.loads(names["manifest.json"])["annexes"]}
    assert listed == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in expected.items()
        if name != "manifest.json"
    }
    with pikepdf.open(rendered.path) as pdf:
        relations = {str(spec.obj.AFRelationship) for spec in pdf.attachments.values()}
        assert len({spec.objgen for spec in pdf.Root.AF}) == len(pdf.Root.AF) == len(expected)
    assert relations == {"/Data"}


def test_fonts_are_the_vendored_ones_and_have_every_glyph(
    rendered: RenderedReport, reports: Path
) -> None:
    assert fonts_of(rendered.path) == UPRIGHT
    known: set[int] = set()
    for path in (reports / "fonts").glob("*.ttf"):
        with TTFont(path) as font:
            known |= set(font.getBestCmap())
    shown = {ord(c) for c in text_of(rendered.path) if c not in "\n\f"}
    assert shown <= known
    assert sum(p.stat().st_size for p in (reports / "fonts").iterdir()) < 1_200_000
    assert "SIL OPEN FONT LICENSE" in (reports / "fonts" / "OFL.txt").read_text()


def test_figures_carry_alternative_text(rendered: RenderedReport) -> None:
    with pikepdf.open(rendered.path) as pdf:
        figures = [
            obj
            for obj in pdf.objects
            if isinstance(obj, pikepdf.Dictionary) and obj.get("/S") == "/Figure"
        ]
        texts = [str(obj.Alt) for obj in figures]
    assert len(texts) == 6
    assert any("The loss exceeded the margin on 11 of 750 dates" in text for text in texts)
    assert any("139 in all over 35 months" in text for text in texts)


def test_hostile_names_are_text_and_break_nothing(tmp_path: Path) -> None:
    data = make_sample()
    log = tuple(
        replace(e, account_id=HOSTILE[i % len(HOSTILE)], note=HOSTILE[-1])
        for i, e in enumerate(data.exceedances)
    )
    histories = tuple(
        replace(h, account_id=name)
        for h, name in zip(data.account_histories, HOSTILE[6:], strict=False)
    )
    scopes = tuple(
        replace(row, scope_id=HOSTILE[i]) if i < len(HOSTILE) else row
        for i, row in enumerate(data.coverage_by_scope[1:])
    )
    hostile = replace(
        data,
        organisation=HOSTILE[1],
        exceedances=log,
        account_histories=histories,
        coverage_by_scope=scopes,
        verdict=replace(data.verdict, largest_shortfall_account_id=HOSTILE[0]),
        limitations=HOSTILE,
    )
    report = render_report(hostile, tmp_path / "hostile.pdf")
    text = flat_text_of(report.path)
    joined = text.replace(" ", "")
    assert "<script>alert(1)</script>" in text
    assert "{{ report.manifest }}{% include '/etc/passwd' %}" in text
    assert "[U+202E]evil[U+202C][U+200B][U+0000]" in joined
    assert "[U+0639][U+0645][U+064A][U+0644]" in joined
    assert "[U+1F600]$x^2$&“quoted”" in joined
    assert "x" * 200 in joined
    assert "Клиент 7" in text
    assert "root:" not in text
    assert fonts_of(report.path) == UPRIGHT
    rows = csv.DictReader(
        io.StringIO(attachments_of(report.path)["exceedances.csv"].decode(), newline="")
    )
    assert {row["account_id"] for row in rows} == {e.account_id for e in log}
    with pikepdf.open(report.path) as pdf:
        links = [a for page in pdf.pages for a in page.get("/Annots", [])]
        assert all("/URI" not in str(a.get("/A", "")) for a in links)


def test_sections_without_data_say_so(tmp_path: Path, reports: Path) -> None:
    wording = load_wording(reports / "wording", "en")
    report = render_report(emptied(make_sample()), tmp_path / "empty.pdf")
    text = flat_text_of(report.path)
    tables = (
        "coverage headline by_scope exceedances register classes levels offsets tests other_tests"
        " severity contracts excluded missing_prices inputs libraries"
    )
    for key in tables.split():
        assert wording.say(f"tables.{key}.empty") in text, key
    for key in (
        "exceedances_unobserved",
        "exceedances_no_history",
        "offsets_no_margin",
        "models_empty",
    ):
        assert wording.say(f"text.{key}") in text, key
    assert "Not enough data for a verdict" in text
    assert wording.say("verdict.reasons_empty") in text
    assert fonts_of(report.path) == UPRIGHT | {"IBM-Plex-Sans-Italic"}


def test_further_sections_are_numbered_in_their_place(tmp_path: Path) -> None:
    data = emptied(make_sample())
    table = Table(
        "Largest increase of margin",
        (
            Column("Model"),
            Column("Increase", ColumnFormat.PCT),
            Column("Loss", ColumnFormat.AMOUNT),
            Column("On", ColumnFormat.DATE),
        ),
        ((CHALLENGER, 41.5, -1250.5, data.as_of_date), (MODEL, None, 7.0, None)),
        note="Constant positions.",
    )
    dates = tuple(h for h in make_sample().margin_histories[0].dates[:30])
    chart = LineChart(
        "Margin of a constant portfolio",
        "Margin rises and falls.",
        "Date",
        "USD",
        dates,
        (Line("one", tuple(float(i) for i in range(30))),),
        reference_value=12.0,
    )
    sections = (
        FurtherSection("cyclical", "Procyclicality", ("It is low.",), (table,), (chart,)),
        FurtherSection("cross", "Rules answered", after="limitations", empty_sentence="None yet."),
    )
    report = render_report(replace(data, further_sections=sections), tmp_path / "more.pdf")
    with pikepdf.open(report.path) as pdf, pdf.open_outline() as outline:
        labels = [child.title for child in outline.root[0].children]
    assert labels[5:8] == ["6 Severity of shortfalls", "7 Procyclicality", "8 Data quality"]
    assert labels[-4:] == [
        "11 Rules answered",
        "12 Regulatory cross-reference",
        "13 Sign-off",
        "14 Run manifest and annex",
    ]
    text = flat_text_of(report.path)
    for piece in ("41.5", "\u22121,250", "Constant positions.", "None yet.", "It is low."):
        assert piece in text
