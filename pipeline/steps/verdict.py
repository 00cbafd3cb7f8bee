"""The rule that turns figures into the verdict of page one, and its reasons.

Finished figures in, a verdict out; reading them belongs to ``report_data``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.rendering.model import (
    CoverageRow,
    Exceedance,
    NamedValue,
    OffsetTotal,
    Reason,
    ReasonCode,
    TestResult,
    Verdict,
    VerdictStatus,
)
from pipeline.terms import Decision, ExceedanceClass, Zone

# Fewer observations than let one exceedance be expected show nothing by having none.
LEAST_EXPECTED = 1.0


@dataclass(frozen=True)
class VerdictFigures:
    """What the verdict rests on.

    Attributes
    ----------
    headline : CoverageRow
        Coverage of the firm: champion model, core track, capped margin, the window asked for.
    in_force : CoverageRow or None
        The adequacy track beside it, where margin called is known.
    scopes : sequence of CoverageRow
        The same series by account, product, offset group and member.
    exceedances : sequence of Exceedance
        The headline's exceedances, inside its window.
    offset : OffsetTotal or None
        Margin with and without offsets over the window.
    tests : sequence of TestResult
        The headline's tests.
    first_date, last_date : date
        Window.
    stopped_rules : int
        Contract rules that refused rows.
    excluded_dates : int
        Dates on which an account had no margin.
    short_history : str
        Why the core model has nothing to test; empty where it has.
    """

    headline: CoverageRow
    in_force: CoverageRow | None
    scopes: Sequence[CoverageRow]
    exceedances: Sequence[Exceedance]
    offset: OffsetTotal | None
    tests: Sequence[TestResult]
    first_date: date
    last_date: date
    stopped_rules: int
    excluded_dates: int
    short_history: str


def _reason(
    code: ReasonCode, *, finding: bool = False, **values: float | str | date | None
) -> Reason:
    return Reason(code, tuple(NamedValue(n, v) for n, v in values.items()), finding)


def decide_verdict(figures: VerdictFigures) -> Verdict:
    """Decide whether margin after offsets was enough.

    - insufficient data: no account-day was observed, or none of so few failed that not even one
      exceedance was to be expected at the target;
    - not adequate: achieved coverage is below the target, or the count of exceedances lies in the
      red zone;
    - adequate with findings: coverage meets the target, but something speaks against the margin
      (a scope in the red zone, an offset that cost coverage, a rejected test, refused data);
    - adequate: nothing does.

    A margin that is too high never counts against it.

    Parameters
    ----------
    figures : VerdictFigures
        Finished figures.

    Returns
    -------
    Verdict
        With its reasons, the weightiest first.
    """
    head = figures.headline
    caused = [e for e in figures.exceedances if e.exceedance_class is ExceedanceClass.OFFSET]
    offset_shortfall = sum(e.shortfall_amount for e in caused)
    cost = sum(
        e.shortfall_amount - max(e.loss_amount - e.standalone_margin_amount, 0.0)
        for e in figures.exceedances
        if e.standalone_margin_amount is not None
    )
    reasons = [
        *_coverage_reasons(head),
        *_in_force_reasons(figures.in_force),
        *_offset_reasons(head, len(caused), offset_shortfall, figures.exceedances),
        *_scope_reasons(figures.scopes),
        *_test_reasons(figures.tests),
        *_data_reasons(figures),
    ]
    largest = figures.exceedances[0] if figures.exceedances else None
    offset = figures.offset
    return Verdict(
        status=decide_status(head, reasons),
        reasons=tuple(reasons),
        model_id=head.model_id,
        track=head.track,
        mpor_days=head.mpor_days,
        window_name=head.window_name,
        window_start_date=figures.first_date,
        window_end_date=figures.last_date,
        margin_basis=head.margin_basis,
        target_coverage_pct=head.confidence_pct,
        observations=head.observations,
        exceedances=head.exceedances,
        coverage_pct=head.coverage_pct,
        coverage_low_pct=head.coverage_low_pct,
        coverage_high_pct=head.coverage_high_pct,
        zone=head.zone,
        largest_shortfall_amount=head.largest_shortfall_amount,
        largest_shortfall_account_id=largest.account_id if largest else None,
        largest_shortfall_date=largest.business_date if largest else None,
        total_shortfall_amount=head.total_shortfall_amount,
        standalone_margin_amount=offset.standalone_margin_amount if offset else 0.0,
        tested_margin_amount=offset.capped_margin_amount if offset else 0.0,
        offset_credit_amount=(
            offset.standalone_margin_amount - offset.capped_margin_amount if offset else 0.0
        ),
        mean_offset_credit_amount=(
            offset.mean_standalone_margin_amount - offset.mean_capped_margin_amount
            if offset
            else 0.0
        ),
        offset_caused_days=len(caused),
        offset_shortfall_amount=cost,
    )


def decide_status(head: CoverageRow, reasons: Sequence[Reason]) -> VerdictStatus:
    """Return the verdict of a series and its reasons; the rule is that of `decide_verdict`."""
    if head.coverage_pct is None:
        return VerdictStatus.INSUFFICIENT_DATA
    if head.coverage_pct < head.confidence_pct or head.zone is Zone.RED:
        return VerdictStatus.NOT_ADEQUATE
    if head.expected_exceedances < LEAST_EXPECTED:
        return VerdictStatus.INSUFFICIENT_DATA
    if any(reason.is_finding for reason in reasons):
        return VerdictStatus.ADEQUATE_WITH_FINDINGS
    return VerdictStatus.ADEQUATE


def _coverage_reasons(head: CoverageRow) -> list[Reason]:
    if head.coverage_pct is None or head.coverage_low_pct is None or head.coverage_high_pct is None:
        return []
    values = {
        "coverage_pct": head.coverage_pct,
        "target_pct": head.confidence_pct,
        "low_pct": head.coverage_low_pct,
        "high_pct": head.coverage_high_pct,
    }
    missed = head.coverage_pct < head.confidence_pct
    uncertain = head.coverage_low_pct < head.confidence_pct <= head.coverage_pct
    code = ReasonCode.COVERAGE_MET
    if missed:
        code = ReasonCode.COVERAGE_MISSED
    elif uncertain:
        code = ReasonCode.COVERAGE_UNCERTAIN
    reasons = [_reason(code, finding=missed or uncertain, **values)]
    if head.zone is not None:
        zone = {
            Zone.GREEN: ReasonCode.ZONE_GREEN,
            Zone.YELLOW: ReasonCode.ZONE_YELLOW,
            Zone.RED: ReasonCode.ZONE_RED,
        }[head.zone]
        reasons.append(
            _reason(
                zone,
                finding=head.zone is not Zone.GREEN,
                exceedances=head.exceedances,
                observations=head.observations,
            )
        )
    return reasons


def _in_force_reasons(in_force: CoverageRow | None) -> list[Reason]:
    if in_force is None or not in_force.observations:
        return []
    return [
        _reason(
            ReasonCode.IN_FORCE_EXCEEDED,
            finding=in_force.exceedances > 0,
            exceedances=in_force.exceedances,
            observations=in_force.observations,
            shortfall_amount=in_force.largest_shortfall_amount,
        )
    ]


def _offset_reasons(
    head: CoverageRow, caused: int, shortfall: float, exceedances: Sequence[Exceedance]
) -> list[Reason]:
    reasons: list[Reason] = []
    if not head.observations:
        return reasons
    if caused:
        reasons.append(
            _reason(ReasonCode.OFFSET_COST, finding=True, count=caused, shortfall_amount=shortfall)
        )
    elif exceedances:
        reasons.append(_reason(ReasonCode.OFFSET_CLEAN))
    model = [e for e in exceedances if e.exceedance_class is ExceedanceClass.MODEL]
    if model:
        reasons.append(
            _reason(
                ReasonCode.MODEL_SHORTFALL,
                finding=True,
                count=len(model),
                shortfall_amount=sum(
                    e.loss_amount - e.standalone_margin_amount
                    for e in model
                    if e.standalone_margin_amount is not None
                ),
            )
        )
    if exceedances:
        largest = exceedances[0]
        reasons.append(
            _reason(
                ReasonCode.LARGEST_SHORTFALL,
                shortfall_amount=largest.shortfall_amount,
                account_id=largest.account_id,
                date=largest.business_date,
            )
        )
    return reasons


def _scope_reasons(scopes: Sequence[CoverageRow]) -> list[Reason]:
    reasons = []
    for scope in ("account", "product", "offset_group", "member"):
        red = [r for r in scopes if r.scope == scope and r.zone is Zone.RED]
        if red:
            reasons.append(
                _reason(ReasonCode.SCOPES_IN_RED, finding=True, count=len(red), scope=scope)
            )
    return reasons


def _test_reasons(tests: Sequence[TestResult]) -> list[Reason]:
    return [
        _reason(ReasonCode.TEST_REJECTED, finding=True, test=test.test, p_value=test.p_value)
        for test in tests
        if test.decision is Decision.REJECT and test.test != "traffic_light"
    ]


def _data_reasons(figures: VerdictFigures) -> list[Reason]:
    reasons = []
    if figures.short_history:
        reasons.append(
            _reason(ReasonCode.HISTORY_TOO_SHORT, finding=True, text=figures.short_history)
        )
    if figures.stopped_rules:
        reasons.append(
            _reason(ReasonCode.CONTRACT_FAILURES, finding=True, count=figures.stopped_rules)
        )
    if figures.headline.missing_price_count:
        reasons.append(
            _reason(
                ReasonCode.MISSING_PRICES,
                finding=True,
                count=figures.headline.missing_price_count,
            )
        )
    if figures.excluded_dates:
        reasons.append(
            _reason(ReasonCode.EXCLUDED_DAYS, finding=True, count=figures.excluded_dates)
        )
    if figures.headline.pending_count:
        reasons.append(_reason(ReasonCode.PENDING, count=figures.headline.pending_count))
    return reasons
