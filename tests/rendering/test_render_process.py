import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import CheckFailed, EnvironmentFault, WrongUse
from pipeline.rendering import document, process, render
from pipeline.rendering.model import Column, FurtherSection, Table
from pipeline.rendering.render import render_report

from .sample import make_sample


def listing(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_the_calling_process_never_imports_the_layout_library() -> None:
    heavy = ("weasyprint", "matplotlib", "jinja2", "fontTools", "numpy")
    code = f"import sys, pipeline.rendering.render; print(set({heavy}) & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "set()", result.stderr


def test_a_failed_rendering_keeps_the_older_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.pdf"
    target.write_bytes(b"yesterday")

    def killed(*_: Any, **__: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], -9, b"", b"")

    monkeypatch.setattr(process.subprocess, "run", killed)
    with pytest.raises(EnvironmentFault, match="ended by signal 9"):
        render_report(make_sample(), target)
    assert target.read_bytes() == b"yesterday"
    assert listing(tmp_path) == ["report.pdf"]


def test_a_defect_in_the_worker_keeps_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashed(*_: Any, **__: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 1, b"", b"Traceback: KeyError: 'x'")

    monkeypatch.setattr(process.subprocess, "run", crashed)
    with pytest.raises(RuntimeError, match="KeyError: 'x'"):
        render_report(make_sample(), tmp_path / "report.pdf")
    assert listing(tmp_path) == []


def test_a_rendering_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "TIME_LIMIT_SECONDS", 0.05)
    with pytest.raises(EnvironmentFault, match="not rendered within"):
        render_report(make_sample(), tmp_path / "report.pdf")
    assert listing(tmp_path) == []


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match=r"cannot be written to .*file/report.pdf"):
        render_report(make_sample(), tmp_path / "file" / "report.pdf")


def test_an_unknown_language_crosses_the_process_as_wrong_use(tmp_path: Path) -> None:
    data = replace(make_sample(), language="xx")
    with pytest.raises(WrongUse, match=r"no report wording for the language 'xx'; known are: .*en"):
        render_report(data, tmp_path / "report.pdf")
    with pytest.raises(WrongUse):
        render_report(replace(data, language="../en"), tmp_path / "report.pdf")
    assert listing(tmp_path) == []


def test_missing_pango_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        msg = "cannot load library 'libpango-1.0-0'"
        raise OSError(msg)

    monkeypatch.setattr(document.importlib, "import_module", missing)
    with pytest.raises(EnvironmentFault) as caught:
        document.load_weasyprint()
    for package in ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"):
        assert package in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://example.org/x.css", "file:///etc/passwd", "report-font:../../x", "data:,x"]
)
def test_nothing_but_the_own_resources_can_be_fetched(url: str) -> None:
    weasyprint = document.load_weasyprint()
    fetcher = document.make_fetcher(weasyprint, {"report-chart:a": (b"<svg/>", "image/svg+xml")})
    assert fetcher.fetch("report-chart:a").read() == b"<svg/>"
    with pytest.raises(weasyprint.urls.FatalURLFetchingError, match="may not fetch"):
        weasyprint.HTML(string=f"<img alt=x src='{url}'>", url_fetcher=fetcher).write_pdf()


def test_templates_and_style_name_no_address_outside(reports: Path) -> None:
    for path in [*reports.rglob("*.j2"), *reports.rglob("*.css"), *reports.rglob("*.toml")]:
        text = path.read_text(encoding="utf-8")
        assert "http" not in text, path
        assert "@import" not in text, path
        assert "|safe" not in text.replace(" ", ""), path


def test_a_count_that_disagrees_stops_the_report(tmp_path: Path) -> None:
    data = make_sample()
    target = tmp_path / "report.pdf"
    verdict = replace(data.verdict, exceedances=data.verdict.exceedances - 1)
    with pytest.raises(CheckFailed, match=r"verdict counts 138 .* exceedance log 139"):
        render_report(replace(data, verdict=verdict), target)
    with pytest.raises(CheckFailed, match="exceedance log 138"):
        render_report(replace(data, exceedances=data.exceedances[1:]), target)
    rows = tuple(
        replace(r, exceedances=r.exceedances + 1)
        if (r.model_id, r.mpor_days, r.margin_basis)
        == (data.verdict.model_id, data.verdict.mpor_days, data.verdict.margin_basis)
        else r
        for r in data.coverage
    )
    with pytest.raises(CheckFailed, match=r"coverage of .* counts"):
        render_report(replace(data, coverage=rows), target)
    tests = tuple(replace(t, exceedances=7) for t in data.tests)
    with pytest.raises(CheckFailed, match="the test kupiec_pof rests on 7"):
        render_report(replace(data, tests=tests), target)
    largest = replace(data.verdict, largest_shortfall_amount=1.0)
    with pytest.raises(CheckFailed, match=r"largest shortfall is 1\.0"):
        render_report(replace(data, verdict=largest), target)
    assert listing(tmp_path) == []


def test_a_number_that_is_none_stops_the_report(tmp_path: Path) -> None:
    data = make_sample()
    verdict = replace(data.verdict, coverage_pct=float("nan"))
    with pytest.raises(CheckFailed, match=r"report\.verdict\.coverage_pct is nan"):
        render_report(replace(data, verdict=verdict), tmp_path / "report.pdf")


def test_too_long_a_table_and_a_taken_annex_name_are_refused(tmp_path: Path) -> None:
    data = make_sample()
    table = Table("Long", (Column("Name"),), tuple(("x",) for _ in range(201)))
    section = FurtherSection("long", "Long", tables=(table,))
    with pytest.raises(CheckFailed, match="has 201 rows"):
        render_report(replace(data, further_sections=(section,)), tmp_path / "report.pdf")
    taken = replace(data.annexes[0], name="coverage.csv")
    with pytest.raises(CheckFailed, match="annex file"):
        render_report(replace(data, annexes=(taken,)), tmp_path / "report.pdf")
