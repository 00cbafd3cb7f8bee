import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from pipeline.rendering import charts
from pipeline.rendering.compose import FONT_FILES
from pipeline.rendering.drawing import Chart, Studio, register_font
from pipeline.rendering.formats import make_formats
from pipeline.rendering.glyphs import Printable
from pipeline.rendering.model import Line, LineChart
from pipeline.rendering.offset_tables import headline_classes, headline_log
from pipeline.rendering.wording import load_wording

from .sample import make_sample

REPORTS = Path(__file__).resolve().parents[2] / "reports"
FONTS = [REPORTS / "fonts" / name for name in FONT_FILES]


def make_studio() -> Studio:
    register_font(FONTS[0])
    wording = load_wording(REPORTS / "wording", "en")
    data = make_sample()
    formats = make_formats(data, wording)
    return Studio(wording, formats, data.currency, Printable(FONTS[:3]).text)


def draw_all() -> dict[str, Chart]:
    data, studio = make_sample(), make_studio()
    v = data.verdict
    line = LineChart("c", "a", "x", "y", (0.0, 0.5, 1.0), (Line("l", (1.0, None, 3.0)),), 2.0)
    return {
        "account": charts.draw_account(data.account_histories[0], studio),
        "margin": charts.draw_margin(data.margin_histories[0], studio),
        "coverage": charts.draw_coverage(data.coverage_by_scope, 99.0, 95.0, studio),
        "classes": charts.draw_classes(headline_classes(data), studio),
        "months": charts.draw_months(
            headline_log(data), v.window_start_date, v.window_end_date, studio
        ),
        "lines": charts.draw_lines(line, studio),
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, Chart]:
    return draw_all()


def texts_of(svg: str) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314, our own text
    return [
        "".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")
    ]


def test_charts_are_the_same_whatever_the_users_settings_are(drawn: dict[str, Chart]) -> None:
    with mpl.rc_context({"font.size": 20, "axes.grid": False, "lines.linewidth": 9}):
        assert draw_all() == drawn


def test_drawing_leaves_settings_and_pyplot_alone(drawn: dict[str, Chart]) -> None:
    before = dict(mpl.rcParams)
    draw_all()
    assert dict(mpl.rcParams) == before
    code = "import sys, pipeline.rendering.charts; print('matplotlib.pyplot' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "False", result.stderr
    assert len(drawn) == 6


def test_charts_are_text_in_the_vendored_typeface_without_a_date(drawn: dict[str, Chart]) -> None:
    for chart in drawn.values():
        assert "<text" in chart.svg
        assert "dc:date" not in chart.svg
        root = ET.fromstring(chart.svg)  # noqa: S314, our own text
        styles = [n.get("style", "") for n in root.iter("{http://www.w3.org/2000/svg}text")]
        assert styles
        assert all("font-family: 'IBM Plex Sans'" in style for style in styles)
        assert chart.caption
        assert chart.alternative_text.endswith((".", "a"))


def test_exceedance_marks_are_as_many_as_exceedances(drawn: dict[str, Chart]) -> None:
    history = make_sample().account_histories[0]
    root = ET.fromstring(drawn["account"].svg)  # noqa: S314, our own text
    uses = list(root.iter("{http://www.w3.org/2000/svg}use"))
    colour = [u for u in uses if "#b23c00" in u.get("style", "")]
    in_legend = 1
    assert len(colour) - in_legend == sum(history.is_exceedance) == 11


def test_scopes_are_labelled_and_limited_to_what_fits(drawn: dict[str, Chart]) -> None:
    texts = texts_of(drawn["coverage"].svg)
    assert "All accounts" in texts
    assert sum(text.startswith("Account ") for text in texts) == 23
    assert "for 24 scopes against the target of 99.0 per cent" in drawn["coverage"].alternative_text


def test_a_name_cannot_become_markup_or_mathematics() -> None:
    data, studio = make_sample(), make_studio()
    name = "$\\frac{1}{2}$<b>&\u202e\U0001f600" + "y" * 99
    row = replace(data.coverage_by_scope[1], scope_id=name)
    chart = charts.draw_coverage((row,), 99.0, 95.0, studio)
    label = next(t for t in texts_of(chart.svg) if t.startswith("Account"))
    assert label == "Account $\\frac{1}{2}$<b>&[U+202E][U+1…"


def test_a_history_with_gaps_and_no_exceedance_is_drawn() -> None:
    data, studio = make_sample(), make_studio()
    history = data.account_histories[0]
    empty = replace(
        history,
        margin_amounts=(None,) * len(history.dates),
        loss_amounts=(None,) * len(history.dates),
        is_exceedance=(False,) * len(history.dates),
        standalone_margin_amounts=(),
    )
    chart = charts.draw_account(empty, studio)
    assert "exceeded the margin on 0 of 750 dates" in chart.alternative_text
    assert "largest loss was –" in chart.alternative_text
    one_day = replace(
        history,
        dates=history.dates[:1],
        margin_amounts=history.margin_amounts[:1],
        loss_amounts=history.loss_amounts[:1],
        is_exceedance=history.is_exceedance[:1],
        standalone_margin_amounts=(),
    )
    assert "on 0 of 1 dates" in charts.draw_account(one_day, studio).alternative_text


def test_months_without_exceedance_keep_their_place() -> None:
    data, studio = make_sample(), make_studio()
    v = data.verdict
    log = headline_log(data)[:1]
    chart = charts.draw_months(log, v.window_start_date, v.window_end_date, studio)
    worst = log[0].business_date.isoformat()[:7]
    assert f"1 in all over 35 months; most in {worst} with 1" in chart.alternative_text
