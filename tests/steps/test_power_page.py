"""The page on what the tests can show: as committed, and by the command."""

import re
from pathlib import Path

import pytest

from pipeline.backtest.power import kupiec_power, observations_needed
from pipeline.backtest.size_study import exact_size
from pipeline.steps.power import PowerStudy, format_power

PAGE = Path(__file__).parents[2] / "docs" / "statistical-tests.md"


def test_the_committed_page_is_what_the_command_writes():
    assert PAGE.read_text(encoding="utf-8") == format_power(PowerStudy())


def test_the_page_shows_exact_sizes_beside_nominal_ones():
    page = PAGE.read_text(encoding="utf-8")
    row = re.search(r"\| `kupiec_pof` \| 5\.00 \| ([0-9.]+) \|", page)
    assert float(row[1]) == pytest.approx(100 * exact_size("kupiec_pof", 250, 0.99), abs=0.005)
    assert float(row[1]) == 9.48
    assert f"| 3.00 | {100 * kupiec_power(250, 0.99, 0.03):.2f} |" in page
    # Basel Committee (1996): at 250 days a right model is yellow or red 10.8 % of the time.
    assert "| 10.78 | 0.03 |" in page
    assert f"| 2.00 | {observations_needed(0.99, 0.02):,} |" in page


def test_the_command_writes_the_page(marginproof, tmp_path):
    asked = ("power", "--observations", 14, "--confidence", 80, "--series", 200, "--seed", 1)
    code, out, err = marginproof(*asked)
    assert (code, err) == (0, "")
    assert "## 14 observations" in out
    assert "200 simulated" in out
    assert "-" not in [row.split(" | ")[2] for row in re.findall(r"^\| `.*", out, re.MULTILINE)]
    path = tmp_path / "page.md"
    assert marginproof(*asked, "--output", path)[:2] == (0, f"{path}\n")
    assert path.read_text(encoding="utf-8") == out


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (("--confidence", 100), "--confidence must be at least 50 and under 100, in per cent"),
        (("--observations", 1), "--observations must be at least 2"),
        (("--series", 5), "--series must be at least 100"),
    ],
)
def test_a_study_out_of_range_is_refused(marginproof, asked, sentence):
    code, out, err = marginproof("power", *asked)
    assert (code, out) == (2, "")
    assert sentence in err
