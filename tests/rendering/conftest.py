"""One rendered sample for all tests that only look at it."""

from pathlib import Path

import pytest

from pipeline.rendering.render import RenderedReport, render_report

from .sample import make_sample


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> RenderedReport:
    return render_report(make_sample(), tmp_path_factory.mktemp("report") / "adequacy.pdf")


@pytest.fixture(scope="session")
def reports() -> Path:
    return Path(__file__).resolve().parents[2] / "reports"
