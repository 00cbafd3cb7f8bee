"""The report's figures computed anew from its own tables by the code of the back-test.

Counts and amounts come from the exceedance log, coverage, intervals, zones and the tests that need
counts alone from the formulas of ``pipeline.backtest``, the offset credit from the margins shown.
Nothing is read here, and no page is looked at.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.backtest.coverage import (
    ZONES,
    binomial_exact_columns,
    binomial_z_columns,
    coverage_interval,
    kupiec_pof_columns,
    traffic_light_columns,
    traffic_light_test_columns,
)
from pipeline.backtest.outcome import DECISIONS
from pipeline.rendering.model import CoverageRow, Exceedance, ReportData, TestResult
from pipeline.steps.report_figures import summarise_severity
from pipeline.steps.verify_verdict import (
    Log,
    compare,
    compare_amounts,
    recompute_credit,
    recompute_verdict,
    within,
)
from pipeline.terms import ExceedanceClass, Track

COUNT_TESTS = {
    "binomial_exact": binomial_exact_columns,
    "binomial_z": binomial_z_columns,
    "kupiec_pof": kupiec_pof_columns,
    "traffic_light": traffic_light_test_columns,
}
"""Tests that counts alone decide; all others need the losses day by day."""


def recompute_figures(data: ReportData) -> list[str]:
    """Compute every figure that the report's own tables determine, and say which differ.

    Parameters
    ----------
    data : ReportData
        What the report says it shows.

    Returns
    -------
    list of str
        One sentence for each figure that does not follow from the tables.
    """
    log: defaultdict[tuple[str, Track, int], list[Exceedance]] = defaultdict(list)
    for exceedance in data.exceedances:
        log[exceedance.model_id, exceedance.track, exceedance.mpor_days].append(exceedance)
    return [
        *_recompute_coverage((*data.coverage, *data.coverage_by_scope), data),
        *_recompute_counts(data, log),
        *_recompute_tests(data),
        *_recompute_severity(data),
        *_recompute_classes(data, log),
        *recompute_verdict(data, log),
        *recompute_credit(data),
    ]


def _name_row(row: CoverageRow) -> str:
    return (
        f"of the coverage ({row.model_id}, {row.track}, {row.scope} {row.scope_id},"
        f" {row.mpor_days} days, {row.window_name}, {row.margin_basis})"
    )


def _recompute_coverage(rows: Sequence[CoverageRow], data: ReportData) -> list[str]:
    if not rows:
        return []
    x = np.array([r.exceedances for r in rows])
    t = np.array([r.observations for r in rows])
    confidence = np.array([r.confidence_pct for r in rows]) / 100.0
    if np.any(x > t) or np.any(x < 0):
        wrong = rows[int(np.argmax((x > t) | (x < 0)))]
        return [f"the exceedances {_name_row(wrong)} are more than its observations"]
    interval = coverage_interval(x, t, data.verdict.interval_confidence_pct / 100.0)
    zones = traffic_light_columns(x, t, confidence).zone
    kupiec = kupiec_pof_columns(x, t, confidence)
    differences: list[str] = []
    for i, row in enumerate(rows):
        is_observed = row.observations > 0
        found: dict[str, Any] = {
            "expected_exceedances": float(t[i] * (1.0 - confidence[i])),
            "coverage_pct": 100.0 * float(interval.coverage[i]) if is_observed else None,
            "coverage_low_pct": 100.0 * float(interval.low[i]) if is_observed else None,
            "coverage_high_pct": 100.0 * float(interval.high[i]) if is_observed else None,
            "zone": ZONES[int(zones[i])] if is_observed else None,
        }
        if is_observed and row.loss_basis == "end":
            found["kupiec_p_value"] = float(kupiec.p_value[i])
        for name, value in found.items():
            differences += compare(getattr(row, name), value, f"{name} {_name_row(row)}")
    return differences


def _recompute_counts(data: ReportData, log: Log) -> list[str]:
    """Count the log for each row of the firm, its members and accounts that the log covers."""
    v = data.verdict
    differences: list[str] = []
    for row in (*data.coverage, *data.coverage_by_scope):
        first, last = row.window_start_date, row.window_end_date
        own = log.get((row.model_id, row.track, row.mpor_days), ())
        is_logged = any(e.margin_basis is row.margin_basis for e in own) or (
            row.model_id,
            row.track,
            row.mpor_days,
            row.margin_basis,
        ) == (v.model_id, v.track, v.mpor_days, v.margin_basis)
        if row.loss_basis != "end" or first is None or last is None or not is_logged:
            continue
        if row.scope not in ("firm", "member", "account"):
            continue
        kept = [
            e
            for e in within(own, first, last)
            if e.margin_basis is row.margin_basis and _belongs(e, row)
        ]
        differences += compare(row.exceedances, len(kept), f"exceedances {_name_row(row)}")
        differences += compare_amounts(
            row.total_shortfall_amount,
            sum(e.shortfall_amount for e in kept),
            f"total_shortfall_amount {_name_row(row)}",
        )
        differences += compare_amounts(
            row.largest_shortfall_amount,
            max((e.shortfall_amount for e in kept), default=0.0),
            f"largest_shortfall_amount {_name_row(row)}",
        )
    return differences


def _belongs(exceedance: Exceedance, row: CoverageRow) -> bool:
    if row.scope == "firm":
        return True
    holder = exceedance.member_id if row.scope == "member" else exceedance.account_id
    return holder == row.scope_id


def _recompute_tests(data: ReportData) -> list[str]:
    counts = {_series_of(r): r for r in data.coverage if r.loss_basis == "end"}
    differences: list[str] = []
    for test in data.tests:
        row = counts.get(_series_of(test))
        named = (
            f"of the test {test.test} ({test.model_id}, {test.track}, {test.mpor_days} days,"
            f" {test.window_name}, {test.margin_basis})"
        )
        if row is None:
            continue
        if test.test in COUNT_TESTS or test.exceedances:
            differences += compare(test.exceedances, row.exceedances, f"exceedances {named}")
        if test.test not in COUNT_TESTS or not 0 <= test.exceedances <= test.observations:
            continue
        columns = COUNT_TESTS[test.test](
            test.exceedances, test.observations, row.confidence_pct / 100.0
        )
        is_known = test.observations > 0
        found = {
            "statistic": float(columns.statistic[0]) if is_known else None,
            "p_value": float(columns.p_value[0]) if is_known else None,
            "decision": DECISIONS[int(columns.decision[0])],
        }
        for name, value in found.items():
            differences += compare(getattr(test, name), value, f"{name} {named}")
    return differences


def _series_of(row: CoverageRow | TestResult) -> tuple[object, ...]:
    return (
        row.model_id,
        row.track,
        row.scope,
        row.scope_id,
        row.mpor_days,
        row.window_name,
        row.margin_basis,
    )


def _recompute_severity(data: ReportData) -> list[str]:
    windows = {
        (r.model_id, r.track.value, r.mpor_days, r.window_name): (
            r.window_start_date,
            r.window_end_date,
        )
        for r in data.coverage
        if r.window_start_date is not None and r.window_end_date is not None
    }
    found = {
        (r.model_id, r.mpor_days, r.window_name): r
        for r in summarise_severity(data.exceedances, windows)
    }
    differences: list[str] = []
    for row in data.severity:
        own = found.get((row.model_id, row.mpor_days, row.window_name))
        if own is None or own.margin_basis is not row.margin_basis:
            continue
        named = f"of the severity ({row.model_id}, {row.mpor_days} days, {row.window_name})"
        for name, value in vars(own).items():
            differences += compare(getattr(row, name), value, f"{name} {named}")
    return differences


def _recompute_classes(data: ReportData, log: Log) -> list[str]:
    """Count the exceedances of each class; days that the cap covered are none and not logged."""
    v = data.verdict
    differences: list[str] = []
    for total in data.class_totals:
        series = (total.model_id, total.mpor_days, total.window_name)
        is_logged = total.exceedance_class in (ExceedanceClass.OFFSET, ExceedanceClass.MODEL)
        if series != (v.model_id, v.mpor_days, v.window_name) or not is_logged:
            continue
        kept = [
            e
            for e in within(
                log.get((v.model_id, Track.CORE_MODEL, v.mpor_days), ()),
                v.window_start_date,
                v.window_end_date,
            )
            if e.exceedance_class is total.exceedance_class
        ]
        named = f"of the class {total.exceedance_class}"
        differences += compare(total.account_days, len(kept), f"account_days {named}")
        differences += compare_amounts(
            total.largest_shortfall_amount,
            max((e.shortfall_amount for e in kept), default=0.0),
            f"largest_shortfall_amount {named}",
        )
    return differences
