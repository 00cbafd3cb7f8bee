"""An account-day explained on the terminal and as PDF."""

import pikepdf
import pytest

from pipeline.cli.app import run
from pipeline.rendering.page import Page, PageSection
from pipeline.steps.explanation import AccountDay, explain_account_day
from pipeline.steps.page_text import draw_page, write_cell
from pipeline.steps.query import open_analyst
from tests.steps.investigated import (
    KNOWN,
    LAST,
    investigated,  # noqa: F401 - a fixture
    query,
    succeed,
)
from tests.steps.trial import BACKTEST, BEFORE


@pytest.fixture(scope="module")
def settings(investigated):  # noqa: F811
    return investigated[0]


def explain(settings, account="one", day=BEFORE, days=1):
    with open_analyst(settings) as analyst:
        return explain_account_day(analyst, AccountDay(account, day, "short", days))


def section(page, title):
    return next(s for s in page.sections if s.title == title)


def test_an_exceedance_is_told_in_sentences_and_tables(settings):
    page = explain(settings)
    (row,) = query(
        settings,
        "FROM account_days WHERE account_id = 'one' AND business_date = $d AND mpor_days = 1"
        " AND model_id = 'short'",
        d=BEFORE,
    )
    assert f"lost {write_cell(row['loss_amount'])} against a margin" in page.lead[0]
    assert f"an exceedance, {write_cell(row['shortfall_amount'])} short" in page.lead[0]
    assert page.lead[1].endswith("the offset is at fault.")
    figures = dict(section(page, "Margin and loss").rows)
    assert figures["Offset credit"] == write_cell(row["offset_credit_amount"])
    assert {r[0] for r in section(page, "Positions").rows} == {"AA", "BB"}
    levels = [r[0] for r in section(page, "Netting tree").rows]
    assert levels == ["account", "offset_group", "offset_group", "product", "product"]
    path = section(page, "Prices on the way").rows
    assert len(path) == 4
    assert section(page, "Offset pairs").rows[0][:2] == ("AA", "BB")
    assert section(page, "The account before").rows[0][0] == str(BEFORE)


def test_a_pending_horizon_is_no_gain(settings):
    page = explain(settings, day=LAST)
    assert page.lead == ("The loss is not known: the horizon has not ended.",)
    assert section(page, "Prices on the way").note == "There is nothing to show."


def test_the_page_reads_on_a_terminal(settings, capsys):
    assert run(["explain", "one", str(BEFORE)]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"one on {BEFORE}\n")
    assert "horizon in days: 1; as of" in text
    assert max(map(len, text.splitlines())) <= 132


def test_the_pdf_is_the_same_twice_and_holds_every_table(settings, tmp_path):
    paths = [tmp_path / "a.pdf", tmp_path / "b.pdf"]
    for path in paths:
        succeed("explain", "one", str(BEFORE), "--output", str(path))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with pikepdf.open(paths[0]) as pdf:
        assert len(pdf.pages) >= 1
        assert str(pdf.docinfo["/Title"]) == f"one on {BEFORE}"
    assert set(tmp_path.iterdir()) == set(paths)


def test_what_was_known_then_is_explained_after_a_correction(settings, capsys):
    key = ["explain", "one", str(LAST), "--mpor-days", "1"]
    assert run([*key, "--snapshot", "before"]) == 0
    before = capsys.readouterr().out
    assert run([*key, "--known-at", str(LAST)]) == 0
    rebuilt = capsys.readouterr().out
    assert run(key) == 0
    now = capsys.readouterr().out
    assert rebuilt.splitlines()[2:] == before.splitlines()[2:]
    assert now.splitlines()[2:] != before.splitlines()[2:]


@pytest.mark.parametrize(
    ("account", "day", "words"),
    [
        ("nobody", BEFORE, "no date has one"),
        ("one", KNOWN, f"it has some from {BACKTEST[0]} to {LAST}"),
    ],
)
def test_an_account_day_without_margin_is_one_sentence(settings, capsys, account, day, words):
    assert run(["explain", account, str(day)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert words in said.err


def test_a_cell_is_written_for_the_eye():
    assert [write_cell(v) for v in (None, True, 2.0, -1234.567, 12345, "x")] == [
        "\u2013",
        "yes",
        "2",
        "-1,234.57",
        "12,345",
        "x",
    ]


def test_markup_in_a_name_stays_text():
    page = Page("[bold]a", "<b>", "2024-01-01", (), (PageSection("t", "", ("c",), (False,)),))
    assert draw_page(page).startswith("[bold]a\n<b>\n")
