"""The figures of page one computed anew from the report's own tables.

Counts and shortfalls come from the exceedance log, the offset credit from the margins shown. The
tables themselves are computed anew in ``verify_figures``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.rendering.model import Exceedance, ReportData
from pipeline.steps.verdict import decide_status
from pipeline.steps.verify_differences import state_differences
from pipeline.terms import ExceedanceClass, Track

_NAMED = ("the report", "its own annex")
_CENT = 0.01
_COPIED = ("observations", "coverage_pct", "coverage_low_pct", "coverage_high_pct", "zone")

Log = Mapping[tuple[str, Track, int], Sequence[Exceedance]]
"""Exceedances by model, track and horizon."""


def compare(shown: Any, found: Any, figure: str) -> list[str]:
    """Say where a figure shown and the one found differ."""
    return state_differences(shown, found, _NAMED, figure)


def compare_amounts(shown: float, found: float, figure: str) -> list[str]:
    """Compare amounts to the cent: sums of many addends differ in their last digits."""
    if abs(shown - found) <= max(_CENT, 1e-9 * abs(found)):
        return []
    return [f"{figure} is {shown:,.2f} in {_NAMED[0]} and {found:,.2f} in {_NAMED[1]}"]


def within(log: Iterable[Exceedance], first: date, last: date) -> list[Exceedance]:
    """Return the exceedances of a window of dates."""
    return [e for e in log if first <= e.business_date <= last]


def recompute_verdict(data: ReportData, log: Log) -> list[str]:
    """Compute the verdict's counts, shortfalls and coverage anew, and say which differ."""
    v = data.verdict
    kept = [
        e
        for e in within(
            log.get((v.model_id, v.track, v.mpor_days), ()), v.window_start_date, v.window_end_date
        )
        if e.margin_basis is v.margin_basis
    ]
    caused = [e for e in kept if e.exceedance_class is ExceedanceClass.OFFSET]
    largest = max((e.shortfall_amount for e in kept), default=0.0)
    cost = sum(
        e.shortfall_amount - max(e.loss_amount - e.standalone_margin_amount, 0.0)
        for e in kept
        if e.standalone_margin_amount is not None
    )
    differences = [
        *compare(v.exceedances, len(kept), "the verdict's count of exceedances"),
        *compare(v.offset_caused_days, len(caused), "the verdict's count of class offset"),
        *compare_amounts(
            v.largest_shortfall_amount, largest, "the verdict's largest_shortfall_amount"
        ),
        *compare_amounts(
            v.total_shortfall_amount,
            sum(e.shortfall_amount for e in kept),
            "the verdict's total_shortfall_amount",
        ),
        *compare_amounts(v.offset_shortfall_amount, cost, "the verdict's offset_shortfall_amount"),
    ]
    row = next(
        (
            r
            for r in data.coverage
            if r.scope == "firm"
            and r.loss_basis == "end"
            and (r.model_id, r.track, r.mpor_days, r.window_name, r.margin_basis)
            == (v.model_id, v.track, v.mpor_days, v.window_name, v.margin_basis)
        ),
        None,
    )
    if row is not None:
        for name in _COPIED:
            differences += compare(getattr(v, name), getattr(row, name), f"the verdict's {name}")
        differences += compare(
            v.target_coverage_pct, row.confidence_pct, "the verdict's target_coverage_pct"
        )
        differences += compare(v.status.value, decide_status(row, v.reasons).value, "the verdict")
    return differences + _recompute_reasons(data)


def _recompute_reasons(data: ReportData) -> list[str]:
    """Hold the figures inside the verdict's reasons against the verdict's own."""
    v = data.verdict
    known = {
        "coverage_pct": v.coverage_pct,
        "low_pct": v.coverage_low_pct,
        "high_pct": v.coverage_high_pct,
        "target_pct": v.target_coverage_pct,
    }
    differences: list[str] = []
    for reason in v.reasons:
        own = dict(known) if reason.code.value.startswith("coverage_") else {}
        if reason.code.value.startswith("zone_"):
            own = {"exceedances": v.exceedances, "observations": v.observations}
        if reason.code.value == "largest_shortfall":
            own = {"shortfall_amount": v.largest_shortfall_amount}
        for value in reason.values:
            if value.name in own:
                differences += compare(
                    value.value, own[value.name], f"{value.name} of the ground {reason.code}"
                )
    return differences


def recompute_credit(data: ReportData) -> list[str]:
    """Compute the offset credit anew from the margins shown, and say what differs."""
    v = data.verdict
    total = next(
        (o for o in data.offset_totals if (o.model_id, o.mpor_days) == (v.model_id, v.mpor_days)),
        None,
    )
    if total is None:
        return []
    differences = [
        *compare_amounts(
            v.offset_credit_amount,
            total.standalone_margin_amount - total.capped_margin_amount,
            "the verdict's offset_credit_amount",
        ),
        *compare_amounts(
            v.mean_offset_credit_amount,
            total.mean_standalone_margin_amount - total.mean_capped_margin_amount,
            "the verdict's mean_offset_credit_amount",
        ),
    ]
    earned = [c.as_of_amount for c in data.level_credits if c.model_id == v.model_id]
    if earned:
        differences += compare_amounts(
            total.standalone_margin_amount - total.netted_margin_amount,
            sum(earned),
            "the offset credit before the cap",
        )
    history = next(
        (
            h
            for h in data.margin_histories
            if (h.model_id, h.mpor_days) == (v.model_id, v.mpor_days)
        ),
        None,
    )
    if history is not None and history.dates:
        for name in ("standalone", "netted", "capped"):
            drawn = getattr(history, f"{name}_margin_amounts")[-1]
            if drawn is not None:
                differences += compare_amounts(
                    getattr(total, f"{name}_margin_amount"),
                    drawn,
                    f"{name}_margin_amount of the firm",
                )
    return differences
