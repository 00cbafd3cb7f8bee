"""The report's sections on what the verdict depends on, and on what changed since the last one.

Finished rows come in, sections and sentences go out; every word is in ``reports/wording``.
"""

from pipeline.rendering.formats import NOTHING
from pipeline.rendering.model import (
    Column,
    ColumnFormat,
    CoverageRow,
    DataQuality,
    FurtherSection,
    Table,
)
from pipeline.rendering.wording import Wording
from pipeline.steps.report_layout import Rows, write_money

_TARGETS_PCT = (95.0, 97.5, 99.0, 99.5, 99.9)
_MOST_HYPOTHETICAL = 60
_COUNT, _PCT, _AMOUNT = ColumnFormat.COUNT, ColumnFormat.PCT, ColumnFormat.AMOUNT


def describe_changes(
    previous: Rows, headline: CoverageRow, parameter_hash: str, wording: Wording
) -> tuple[str, ...]:
    """State what changed since the last as-of date for which results stand.

    Parameters
    ----------
    previous : rows
        The same series as of that date; empty where there is none.
    headline : CoverageRow
        The series of this report.
    parameter_hash : str
        Hash of the declaration of this report's model.
    wording : Wording
        Where the sentences are.

    Returns
    -------
    tuple of str
        Sentences for page one.
    """
    say = wording.say
    if not previous:
        return (say("changes.first"),)
    before = previous[0]
    none = wording.say("zone.none")
    sentences = [
        say(
            "changes.coverage",
            date=before["as_of_date"],
            before=_percent(before["coverage_pct"]),
            now=_percent(headline.coverage_pct),
            exceedances_before=f"{before['exceedances']:,}",
            exceedances_now=f"{headline.exceedances:,}",
            zone_before=say(f"zone.{before['zone']}") if before["zone"] else none,
            zone_now=say(f"zone.{headline.zone}") if headline.zone else none,
        ),
        say(
            "changes.largest",
            before=write_money(before["largest_shortfall_amount"]),
            now=write_money(headline.largest_shortfall_amount),
        ),
    ]
    if before["confidence_pct"] != headline.confidence_pct:
        sentences.append(
            say(
                "changes.target",
                before=f"{before['confidence_pct']:g}",
                now=f"{headline.confidence_pct:g}",
            )
        )
    same = before["parameter_hash"] == parameter_hash
    sentences.append(
        say("changes.parameters_same")
        if same
        else say("changes.parameters", before=before["parameter_hash"], now=parameter_hash)
    )
    return tuple(sentences)


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def describe_hypothetical(rows: Rows, wording: Wording) -> FurtherSection:
    """Lay out the backtest of the hypothetical portfolios, or say that there is none.

    Parameters
    ----------
    rows : rows
        Rows of ``sql/report/hypothetical.sql``.
    wording : Wording
        Where the sentences are.
    """
    say = wording.say
    shown = sorted(
        rows, key=lambda r: (r["capped_coverage_pct"] or 0.0, r["portfolio_id"], r["mpor_days"])
    )[:_MOST_HYPOTHETICAL]
    none = say("zone.none")
    table = Table(
        say("sensitivity.hypothetical_table"),
        (
            Column(say("sensitivity.columns.portfolio"), share=2.0),
            Column(say("sensitivity.columns.horizon"), _COUNT),
            Column(say("sensitivity.columns.observations"), _COUNT),
            Column(say("sensitivity.columns.exceedances"), _COUNT),
            Column(say("sensitivity.columns.coverage"), ColumnFormat.COVERAGE),
            Column(say("sensitivity.columns.netted_coverage"), ColumnFormat.COVERAGE),
            Column(say("sensitivity.columns.zone")),
            Column(say("sensitivity.columns.shortfall"), _AMOUNT),
        ),
        tuple(
            (
                row["title"],
                row["mpor_days"],
                row["observations"],
                row["capped_exceedances"],
                row["capped_coverage_pct"],
                row["netted_coverage_pct"],
                say(f"zone.{row['zone']}") if row["zone"] else none,
                row["largest_shortfall_amount"],
            )
            for row in shown
        ),
    )
    return FurtherSection(
        key="hypothetical",
        title=say("sensitivity.hypothetical"),
        paragraphs=(say("sensitivity.hypothetical_intro"),) if shown else (),
        tables=(table,) if shown else (),
        after="severity",
        empty_sentence=say("sensitivity.hypothetical_none"),
    )


def describe_sensitivity(
    levels: Rows,
    sweep: Rows,
    headline: CoverageRow,
    quality: DataQuality,
    wording: Wording,
) -> FurtherSection:
    """Lay out how coverage moves with the level of margin, the cap, the target and days left out.

    Days left out are bounded, not guessed: had each account-day without a price been an exceedance,
    coverage would be 1 less (exceedances + left out) / (observations + left out).
    """
    say = wording.say
    left_out = quality.missing_price_account_days + sum(
        day.account_days or 0 for day in quality.excluded_days
    )
    total = headline.observations + left_out
    worst = 100.0 * (1.0 - (headline.exceedances + left_out) / total) if total else None
    paragraphs = [
        say("sensitivity.intro"),
        say("sensitivity.left_out", count=f"{left_out:,}", coverage=_percent(worst))
        if left_out
        else say("sensitivity.left_out_none"),
    ]
    if sweep:
        paragraphs.append(
            say(
                "sensitivity.cap",
                none=_percent(sweep[0]["coverage_pct"]),
                full=_percent(sweep[-1]["coverage_pct"]),
            )
        )
    return FurtherSection(
        key="sensitivity",
        title=say("sensitivity.title"),
        paragraphs=tuple(paragraphs),
        tables=(_level_table(levels, wording), _target_table(headline, wording)),
        after="severity",
    )


def _level_table(levels: Rows, wording: Wording) -> Table:
    say = wording.say
    return Table(
        say("sensitivity.level_table"),
        (
            Column(say("sensitivity.columns.level"), _COUNT, unit="%"),
            Column(say("sensitivity.columns.exceedances"), _COUNT),
            Column(say("sensitivity.columns.coverage"), ColumnFormat.COVERAGE),
            Column(say("sensitivity.columns.shortfall"), _AMOUNT),
        ),
        tuple(
            (
                row["level_pct"],
                row["exceedances"],
                100.0 * (1.0 - row["exceedances"] / row["observations"]),
                row["shortfall_amount"],
            )
            for row in levels
        ),
        say("sensitivity.level_note"),
    )


def _target_table(headline: CoverageRow, wording: Wording) -> Table:
    say = wording.say
    targets = sorted({*_TARGETS_PCT, headline.confidence_pct})
    return Table(
        say("sensitivity.target_table"),
        (
            Column(say("sensitivity.columns.target"), _PCT),
            Column(say("sensitivity.columns.expected"), ColumnFormat.DECIMAL),
            Column(say("sensitivity.columns.exceedances"), _COUNT),
            Column(say("sensitivity.columns.met"), share=1.4),
        ),
        tuple(
            (
                target,
                headline.observations * (1.0 - target / 100.0),
                headline.exceedances,
                say("sensitivity.unknown")
                if headline.coverage_pct is None
                else say("sensitivity.yes")
                if headline.coverage_pct >= target
                else say("sensitivity.no"),
            )
            for target in targets
        ),
        say("sensitivity.target_note"),
    )
