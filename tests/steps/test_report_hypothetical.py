"""The report's section on hypothetical portfolios, from the rows of its query."""

from pipeline.rendering.wording import load_wording
from pipeline.resources import resource_path
from pipeline.steps.report_sensitivity import describe_hypothetical

WORDING = load_wording(resource_path("reports/wording"), "en")


def make_row(portfolio_id, coverage_pct, exceedances, zone):
    return {
        "portfolio_id": portfolio_id,
        "title": f"Title of {portfolio_id}",
        "mpor_days": 1,
        "observations": 250,
        "capped_exceedances": exceedances,
        "capped_coverage_pct": coverage_pct,
        "netted_coverage_pct": 97.0,
        "zone": zone,
        "largest_shortfall_amount": 12.5,
    }


def test_portfolios_stand_with_the_lowest_coverage_first():
    rows = [make_row("pair", 100.0, 0, "green"), make_row("alone", 96.8, 8, "yellow")]
    section = describe_hypothetical(rows, WORDING)
    (table,) = section.tables
    assert [row[0] for row in table.rows] == ["Title of alone", "Title of pair"]
    assert table.rows[0][2:] == (250, 8, 96.8, 97.0, WORDING.say("zone.yellow"), 12.5)
    assert section.paragraphs


def test_nothing_declared_is_said():
    section = describe_hypothetical([], WORDING)
    assert section.tables == ()
    assert "No hypothetical portfolio" in section.empty_sentence
