"""A report verifies; whatever somebody changes in it is named."""

import csv
import io
import json
import re
import shutil

import pikepdf
import pytest

from pipeline.cli.app import run
from pipeline.rendering.codec import encode
from pipeline.rendering.printed import read_printed
from pipeline.rendering.render import RenderedReport, render_report
from pipeline.steps import verify_pages
from tests.deliveries import declare_test_model
from tests.steps.trial import BACKTEST, MODEL_FAILS, deliver_move

LAST = BACKTEST[-1]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A data home with a report, made once."""
    folder = tmp_path_factory.mktemp("verify")
    home = folder / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARGINPROOF_HOME", str(home))
        patch.setenv("MARGINPROOF_MODELS", "short")
        declare_test_model(home)
        delivery = deliver_move(folder / "in", MODEL_FAILS)
        for arguments in (
            ("load", delivery),
            ("backfill", "--from", BACKTEST[0], "--to", LAST),
            ("report", "--as-of", LAST, "--window", "all", "--output", folder / "report.pdf"),
        ):
            assert run([str(a) for a in arguments]) == 0
    return folder


@pytest.fixture(scope="module")
def rendered_once():
    """Render each report's data once, however many tests ask for them."""
    known = {}

    def call(data, output):
        key = encode(data)
        if key not in known:
            render_report(data, output)
            known[key] = output.read_bytes()
        output.write_bytes(known[key])
        return RenderedReport(output, "", 0)

    return call


@pytest.fixture
def verify(published, rendered_once, monkeypatch, capsys):
    """Verify a PDF with the published warehouse; returns exit code, differences, statements."""
    monkeypatch.setattr(verify_pages, "render_report", rendered_once)
    monkeypatch.setenv("MARGINPROOF_HOME", str(published / "home"))
    monkeypatch.setenv("MARGINPROOF_MODELS", "short")
    capsys.readouterr()

    def call(path):
        capsys.readouterr()
        code = run(["verify", str(path), "--json"])
        captured = capsys.readouterr()
        found = json.loads(captured.out)
        assert found["verified"] == (code == 0) == (not found["differences"])
        assert "Traceback" not in captured.err
        assert code == 0 or len(captured.err.strip().splitlines()) == 1
        return code, found["differences"], found["statements"]

    return call


@pytest.fixture
def altered(published, tmp_path):
    """Return a function that changes a copy of the report with pikepdf."""

    def call(change):
        path = tmp_path / "altered.pdf"
        with pikepdf.open(published / "report.pdf") as pdf:
            change(pdf)
            pdf.save(path)
        return path

    return call


def replace_content(pdf, name, content):
    old = pdf.attachments[name]
    pdf.attachments[name] = pikepdf.AttachedFileSpec(
        pdf, content, filename=name, description=old.description
    )


def content_of(pdf, name):
    return pdf.attachments[name].get_file().read_bytes()


def test_an_untouched_report_verifies(published, verify):
    code, differences, statements = verify(published / "report.pdf")
    assert (code, differences) == (0, [])
    assert any("attached files compared with their checksums" in s for s in statements)
    assert any(re.search(r"the text and drawings of \d+ pages compared", s) for s in statements)
    assert f"the figures were gathered anew from the warehouse as of {LAST}" in statements


def test_a_resaved_report_says_the_same_and_verifies(verify, altered):
    assert verify(altered(lambda _: None))[0] == 0


def test_without_a_warehouse_the_annex_alone_is_asked(published, verify, monkeypatch, tmp_path):
    monkeypatch.setenv("MARGINPROOF_HOME", str(tmp_path / "nothing"))
    code, _, statements = verify(published / "report.pdf")
    assert code == 0
    assert any("not compared with a warehouse" in s for s in statements)


def test_a_changed_annex_is_found(verify, altered):
    def change(pdf):
        rows = list(csv.reader(io.StringIO(content_of(pdf, "exceedances.csv").decode())))
        column = rows[0].index("shortfall_amount")
        rows[1][column] = repr(float(rows[1][column]) / 2)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        replace_content(pdf, "exceedances.csv", text.getvalue().encode())

    code, differences, _ = verify(altered(change))
    assert code == 1
    assert any(d.startswith("the attached exceedances.csv has the checksum") for d in differences)
    assert "the pages do not print the checksum of the attached exceedances.csv" in differences
    assert any("row 1.shortfall_amount" in d for d in differences)


def test_a_changed_manifest_is_found(verify, altered):
    def change(pdf):
        manifest = json.loads(content_of(pdf, "manifest.json"))
        manifest["verdict"]["exceedances"] += 1
        replace_content(pdf, "manifest.json", json.dumps(manifest).encode())

    code, differences, _ = verify(altered(change))
    assert code == 1
    assert "the pages do not print the checksum of the attached manifest.json" in differences
    assert any("verdict.exceedances is" in d and "manifest.json" in d for d in differences)


def test_swapped_files_are_named(verify, altered):
    def change(pdf):
        one, other = content_of(pdf, "tests.csv"), content_of(pdf, "severity.csv")
        replace_content(pdf, "tests.csv", other)
        replace_content(pdf, "severity.csv", one)

    code, differences, _ = verify(altered(change))
    assert code == 1
    assert any(d.endswith("it holds the content of severity.csv") for d in differences)
    assert any(d.endswith("it holds the content of tests.csv") for d in differences)


@pytest.mark.parametrize("name", ["coverage.csv", "manifest.json", "report_data.json"])
def test_a_missing_file_is_named(verify, altered, name):
    def change(pdf):
        del pdf.attachments[name]

    code, differences, _ = verify(altered(change))
    assert code == 1
    assert any(name in d for d in differences)


def test_a_file_slipped_in_is_named(verify, altered):
    code, differences, _ = verify(altered(replace_added))
    assert code == 1
    assert "the file more.csv is attached and the manifest does not list it" in differences


def replace_added(pdf):
    pdf.attachments["more.csv"] = pikepdf.AttachedFileSpec(pdf, b"a,b\n", filename="more.csv")


def test_changed_data_no_longer_give_the_pages_the_tables_or_the_warehouse(verify, altered):
    def change(pdf):
        data = json.loads(content_of(pdf, "report_data.json"))
        data["verdict"]["offset_credit_amount"] += 1000.0
        data["coverage"][0]["coverage_pct"] = 100.0
        replace_content(pdf, "report_data.json", json.dumps(data).encode())

    code, differences, _ = verify(altered(change))
    assert code == 1
    assert any(d.startswith("the verdict's offset_credit_amount is") for d in differences)
    assert any(d.startswith("coverage_pct of the coverage (short") for d in differences)
    assert any(d.startswith("page 1 says") for d in differences)
    assert any(
        d.startswith("verdict.offset_credit_amount is") and "in the warehouse" in d
        for d in differences
    )


def test_a_changed_printed_figure_is_found(published, verify, altered):
    """Shift one digit on page one, as an editor of PDF files would."""
    printed = read_printed(published / "report.pdf").pages[0]
    shown = printed[printed.index("Exceedances") + 1]

    def change(pdf):
        page = pdf.pages[0]
        instructions = list(pikepdf.parse_content_stream(page))
        label = code = None
        fonts = {}
        for position, (operands, operator) in enumerate(instructions):
            if str(operator) == "Tf":
                code = str(operands[0])
                fonts.setdefault(code, page.Resources.Font[code].ToUnicode.read_bytes().decode())
            if str(operator) in ("Tj", "TJ") and text_of(operands[-1], fonts[code]) == shown:
                label = position
                break
        assert label is not None
        table = fonts[code]
        glyphs = {t: g for g, t in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>", table)}
        other = next(
            glyphs[f"{ord(d):04x}"]
            for d in "0123456789"
            if d not in shown and f"{ord(d):04x}" in glyphs
        )
        instructions[label] = ([pikepdf.String(bytes.fromhex(other))], pikepdf.Operator("Tj"))
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(instructions))

    code, differences, _ = verify(altered(change))
    assert code == 1
    assert len(differences) == 1
    assert re.fullmatch(rf"page 1 says “\d+” where its data give “{shown}”", differences[0])


def text_of(operand, table):
    known = {
        g.lower(): chr(int(t, 16))
        for g, t in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]{4})>", table)
    }
    parts = operand if isinstance(operand, pikepdf.Array) else [operand]
    codes = b"".join(bytes(p) for p in parts if isinstance(p, pikepdf.String)).hex()
    return "".join(known.get(codes[i : i + 4], "?") for i in range(0, len(codes), 4))


def test_a_warehouse_that_changed_since_is_told_apart(published, verify, monkeypatch, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(published / "home", home)
    monkeypatch.setenv("MARGINPROOF_HOME", str(home))
    later = tmp_path / "later"
    later.mkdir()
    text = "business_date,instrument_id,settlement_price\n"
    (later / "prices-correction.csv").write_text(f"{LAST},AA,1.0\n{LAST},BB,1.0\n".join((text, "")))
    assert run(["load", str(later)]) == 0
    assert run(["backfill", "--from", str(BACKTEST[0]), "--to", str(LAST)]) == 0
    code, differences, statements = verify(published / "report.pdf")
    assert code == 1
    assert all("in the warehouse" in d for d in differences[:-1])
    assert re.fullmatch(r"and \d+ more differences of this kind", differences[-1])
    assert any("came after the report, such as prices-correction.csv" in s for s in statements)


def test_what_is_no_report_is_one_sentence(verify, tmp_path, capsys, monkeypatch):
    path = tmp_path / "noise.pdf"
    path.write_bytes(b"%PDF-1.7 nothing more")
    assert run(["verify", str(path)]) == 1
    assert "is no PDF that can be read" in capsys.readouterr().err
    assert run(["verify", str(tmp_path / "missing.pdf")]) == 2
    assert run(["verify"]) == 2
    assert "name the report to verify" in capsys.readouterr().err
