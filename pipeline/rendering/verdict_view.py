"""Page one in words: key figures, reasons and what each finding rests on.

The verdict is the caller's; here its numbers are written and its reason codes become sentences.
"""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from pipeline.rendering.model import Reason, ReportData, Value
from pipeline.rendering.statistics_tables import known_test
from pipeline.rendering.tables import TableMaker


@dataclass(frozen=True)
class KeyFigure:
    """One figure of page one: label, value and the small print under it."""

    label: str
    value: str
    note: str
    css: str = ""


@dataclass(frozen=True)
class ReasonView:
    """One reason in a sentence, and whether it speaks against the margin."""

    text: str
    is_finding: bool


def key_figures(data: ReportData, maker: TableMaker) -> tuple[KeyFigure, ...]:
    """Return the figures a signatory looks at first."""
    v, say, formats = data.verdict, maker.wording.say, maker.formats
    expected = v.observations * (1 - v.target_coverage_pct / 100)
    zone = "none" if v.zone is None else v.zone.value
    return (
        KeyFigure(
            say("verdict.target"),
            say("format.with_pct", value=formats.target(v.target_coverage_pct)),
            say("verdict.target_note", days=formats.count(v.mpor_days)),
        ),
        KeyFigure(
            say("verdict.coverage"),
            say("format.with_pct", value=formats.coverage(v.coverage_pct, v.target_coverage_pct))
            if v.coverage_pct is not None
            else say("verdict.coverage_none"),
            say(
                "verdict.coverage_note",
                confidence=formats.target(v.interval_confidence_pct, 0),
                interval=formats.interval(v.coverage_low_pct, v.coverage_high_pct),
            ),
        ),
        KeyFigure(
            say("verdict.exceedances"),
            formats.count(v.exceedances),
            say(
                "verdict.exceedances_note",
                observations=formats.count(v.observations),
                expected=formats.number(expected, 1),
            ),
        ),
        KeyFigure(
            say("verdict.zone"), say(f"zone.{zone}"), say(f"verdict.zone_{zone}"), f"zone-{zone}"
        ),
        KeyFigure(
            say("verdict.largest", unit=formats.unit),
            formats.amount(v.largest_shortfall_amount),
            _largest_note(data, maker),
        ),
        KeyFigure(
            say("verdict.credit", unit=formats.unit),
            formats.amount(v.offset_credit_amount),
            say(
                "verdict.credit_note",
                mean=formats.amount(v.mean_offset_credit_amount),
                date=formats.iso(data.as_of_date),
            ),
        ),
        KeyFigure(
            say("verdict.cost", unit=formats.unit),
            formats.amount(v.offset_shortfall_amount),
            say("verdict.cost_note", count=formats.count(v.offset_caused_days)),
        ),
        KeyFigure(
            say("verdict.total", unit=formats.unit),
            formats.amount(v.total_shortfall_amount),
            say("verdict.total_note"),
        ),
    )


def reasons(data: ReportData, maker: TableMaker) -> tuple[ReasonView, ...]:
    """Return the verdict's reasons as sentences, in the order given."""
    views: list[ReasonView] = []
    for code, group in groupby(data.verdict.reasons, key=lambda r: r.code):
        members = list(group)
        if len(members) > 1 and maker.wording.has(f"reasons_together.{code}"):
            views.append(_together(members, data, maker))
        else:
            views += [_reason(reason, data, maker) for reason in members]
    return tuple(views)


def _together(members: list[Reason], data: ReportData, maker: TableMaker) -> ReasonView:
    """Write several reasons of one kind as one sentence."""
    say = maker.wording.say
    key = f"reasons_together.{members[0].code}"
    parts = [say(f"{key}.part", **_values(member, data, maker)) for member in members]
    return ReasonView(
        say(f"{key}.sentence", parts=say("reasons_together.join").join(parts)),
        any(member.is_finding for member in members),
    )


def _reason(reason: Reason, data: ReportData, maker: TableMaker) -> ReasonView:
    values = _values(reason, data, maker)
    return ReasonView(maker.wording.say(f"reasons.{reason.code}", **values), reason.is_finding)


def _values(reason: Reason, data: ReportData, maker: TableMaker) -> dict[str, str]:
    target = data.verdict.target_coverage_pct
    return {v.name: _written(v.name, v.value, target, maker) for v in reason.values}


def _written(name: str, value: Value, target: float, maker: TableMaker) -> str:
    formats = maker.formats
    if value is None or isinstance(value, date):
        return formats.iso(value)
    if isinstance(value, str):
        return _named(name, value, maker)
    if name.endswith("_pct"):
        shown = formats.coverage(value, target)
        return formats.target(float(value)) if name == "target_pct" else shown
    writers = {"_amount": formats.money, "p_value": formats.p_value}
    return next((w for end, w in writers.items() if name.endswith(end)), formats.count)(value)


def _named(name: str, value: str, maker: TableMaker) -> str:
    if name == "test":
        return known_test(value, maker)
    if name == "scope" and maker.wording.has(f"scope.{value}"):
        return maker.wording.say(f"scope.{value}").lower()
    return value


def _largest_note(data: ReportData, maker: TableMaker) -> str:
    v = data.verdict
    if v.largest_shortfall_account_id is None or v.largest_shortfall_date is None:
        return maker.wording.say("verdict.largest_none")
    return maker.wording.say(
        "verdict.largest_note",
        account=v.largest_shortfall_account_id,
        date=maker.formats.iso(v.largest_shortfall_date),
    )
