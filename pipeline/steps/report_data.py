"""Gathering the figures of the adequacy report from a published snapshot.

Reads ``out_*`` and ``core_*`` only. The verdict's rule is in ``verdict``, layout and wording in
``pipeline.rendering`` and ``reports/``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import duckdb

from pipeline.margin.declaration import ModelDeclaration
from pipeline.rendering import model as report
from pipeline.rendering.wording import load_wording
from pipeline.resources import resource_path
from pipeline.settings import Settings
from pipeline.steps.report_accounts import describe_accounts
from pipeline.steps.report_context import (
    build_manifest,
    describe_model,
    read_quality,
    state_limitations,
)
from pipeline.steps.report_figures import (
    arrange_coverage,
    count_dates,
    fetch_rows,
    find_windows,
    read_account_histories,
    read_class_totals,
    read_coverage,
    read_exceedances,
    read_level_credits,
    read_margin_histories,
    read_offset_totals,
    read_tests,
    summarise_severity,
)
from pipeline.steps.report_layout import TrialRequest
from pipeline.steps.report_scope import ReportLevel, ReportScope
from pipeline.steps.report_sections import describe_trial
from pipeline.steps.report_sensitivity import (
    describe_changes,
    describe_hypothetical,
    describe_sensitivity,
)
from pipeline.steps.verdict import VerdictFigures, decide_verdict
from pipeline.terms import Decision, MarginBasis, Track

_TESTED_BASES = {MarginBasis.CAPPED, MarginBasis.CALLED, MarginBasis.INITIAL}


@dataclass(frozen=True)
class ReportRequest:
    """What a report is asked to show.

    Attributes
    ----------
    as_of_date : date
        Date of the backtest that the report shows.
    window_name : str
        Window of the verdict, ``last_250`` or ``all``.
    organisation : str
        Name on the title.
    is_demonstration : bool
        Whether the positions are invented; said on every page.
    limitations : tuple of str
        What is known of the inputs beside what the warehouse holds.
    scope : ReportScope
        Whose results are shown; the session must be restricted to them.
    language : str
        Name of the wording.
    """

    as_of_date: date
    window_name: str = "last_250"
    organisation: str = "Marginproof"
    is_demonstration: bool = False
    limitations: tuple[str, ...] = ()
    scope: ReportScope = field(default_factory=ReportScope)
    language: str = "en"


def gather_report(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    models: Sequence[ModelDeclaration],
    request: ReportRequest,
) -> report.ReportData:
    """Gather the report's figures.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A published snapshot, read-only.
    settings : Settings
        Reporting currency.
    models : sequence of ModelDeclaration
        Models shown, the champion first; the verdict rests on its first horizon.
    request : ReportRequest
        What to show.

    Returns
    -------
    ReportData
        Finished numbers.

    Raises
    ------
    CheckFailed
        No backtest was run as of the date.
    """
    champion = models[0]
    mpor_days = champion.scenarios.mpor_days[0]
    ids = [m.model_id for m in models]
    coverage = read_coverage(connection, request.as_of_date, ids)
    windows = find_windows(connection, request.as_of_date, ids, coverage)
    rows = [arrange_coverage(row, windows) for row in coverage.iter_rows(named=True)]
    headline = _headline(rows, champion, mpor_days, request.window_name)
    first, last = windows.get(
        (champion.model_id, Track.CORE_MODEL.value, mpor_days, request.window_name),
        (request.as_of_date,) * 2,
    )
    exceedances = read_exceedances(connection, request.as_of_date, ids)
    in_headline = [
        e
        for e in exceedances
        if e.model_id == champion.model_id
        and e.mpor_days == mpor_days
        and e.track is Track.CORE_MODEL
        and first <= e.business_date <= last
    ]
    scopes = [
        r
        for r in rows
        if r.scope != "firm"
        and _is_headline_series(r, headline)
        and r.window_name == headline.window_name
    ]
    tests = read_tests(connection, request.as_of_date, ids)
    offsets = read_offset_totals(connection, models, ids, first, last, request.as_of_date)
    quality = read_quality(connection, request.as_of_date, champion.model_id, mpor_days)
    own = [
        t
        for t in tests
        if t.model_id == champion.model_id
        and t.mpor_days == mpor_days
        and t.window_name == request.window_name
        and t.track is Track.CORE_MODEL
        and t.scope == "firm"
        and t.margin_basis is MarginBasis.CAPPED
    ]
    verdict = decide_verdict(
        VerdictFigures(
            headline=headline,
            in_force=next(
                (
                    r
                    for r in rows
                    if r.scope == "firm"
                    and r.track is Track.ADEQUACY
                    and r.margin_basis is MarginBasis.CALLED
                    and (r.model_id, r.mpor_days, r.window_name)
                    == (headline.model_id, headline.mpor_days, headline.window_name)
                ),
                None,
            ),
            scopes=scopes,
            exceedances=in_headline,
            offset=next(
                (
                    o
                    for o in offsets
                    if o.model_id == champion.model_id and o.mpor_days == mpor_days
                ),
                None,
            ),
            tests=own,
            first_date=first,
            last_date=last,
            stopped_rules=sum(
                1 for r in quality.contract_results if r.severity == "stop" and r.failed_count
            ),
            excluded_dates=len(quality.excluded_days),
            short_history=next(
                (
                    t.reason
                    for t in tests
                    if not headline.observations
                    and t.track is Track.CORE_MODEL
                    and (t.model_id, t.mpor_days) == (champion.model_id, mpor_days)
                    and t.decision is Decision.INSUFFICIENT_DATA
                ),
                "",
            ),
        )
    )
    wording = load_wording(resource_path("reports/wording"), request.language)
    series = {
        "as_of_date": request.as_of_date,
        "model_id": champion.model_id,
        "mpor_days": mpor_days,
        "window_name": request.window_name,
    }
    return report.ReportData(
        organisation=request.organisation,
        as_of_date=request.as_of_date,
        currency=settings.reporting_currency,
        verdict=replace(
            verdict,
            window_dates=count_dates(
                connection, request.as_of_date, champion.model_id, mpor_days, first, last
            ),
        ),
        changes=describe_changes(
            fetch_rows(connection, "previous_result", series),
            headline,
            champion.parameter_hash,
            wording,
        ),
        manifest=build_manifest(
            connection,
            models,
            request.as_of_date,
            f"{request.window_name}{request.scope.file_suffix}",
        ),
        data_quality=quality,
        models=tuple(describe_model(m, i == 0) for i, m in enumerate(models)),
        coverage=tuple(r for r in rows if r.scope == "firm"),
        coverage_by_scope=tuple(scopes),
        exceedances=tuple(exceedances),
        class_totals=read_class_totals(
            connection, ids, request.window_name, first, last, request.as_of_date
        ),
        level_credits=read_level_credits(
            connection, ids, mpor_days, first, last, request.as_of_date
        ),
        offset_totals=tuple(offsets),
        tests=tuple(t for t in tests if t.scope == "firm" and t.margin_basis in _TESTED_BASES),
        severity=summarise_severity(exceedances, windows),
        account_histories=read_account_histories(
            connection, request.as_of_date, champion.model_id, mpor_days, in_headline
        ),
        margin_histories=read_margin_histories(
            connection, request.as_of_date, champion.model_id, mpor_days
        ),
        limitations=(*request.limitations, *state_limitations(champion, quality)),
        further_sections=_with_content(
            request,
            *describe_accounts(
                connection, request.as_of_date, champion.model_id, mpor_days, request.window_name
            ),
            describe_hypothetical(
                fetch_rows(
                    connection,
                    "hypothetical",
                    {
                        "as_of_date": request.as_of_date,
                        "model_id": champion.model_id,
                        "window_name": request.window_name,
                    },
                )
                # They are the firm's, nobody's in particular.
                if request.scope.level is ReportLevel.FIRM
                else [],
                wording,
            ),
            describe_sensitivity(
                fetch_rows(
                    connection,
                    "margin_levels",
                    {
                        "as_of_date": request.as_of_date,
                        "model_id": champion.model_id,
                        "mpor_days": mpor_days,
                        "first_date": first,
                        "last_date": last,
                    },
                ),
                fetch_rows(connection, "cap_sweep", series),
                headline,
                quality,
                wording,
            ),
            *describe_trial(
                connection,
                TrialRequest(
                    request.as_of_date,
                    tuple(ids),
                    mpor_days,
                    request.window_name,
                    first,
                    settings.reporting_currency,
                ),
            ),
        ),
        language=request.language,
        scope=request.scope.level.value,
        scope_id=request.scope.scope_id,
        is_demonstration=request.is_demonstration,
    )


def _with_content(
    request: ReportRequest, *sections: report.FurtherSection
) -> tuple[report.FurtherSection, ...]:
    """Leave out what is computed for all accounts together where only some may be shown."""
    if request.scope.level is ReportLevel.FIRM:
        return sections
    return tuple(s for s in sections if s.paragraphs or s.charts or any(t.rows for t in s.tables))


def _is_headline_series(row: report.CoverageRow, headline: report.CoverageRow) -> bool:
    return (row.model_id, row.track, row.mpor_days, row.margin_basis) == (
        headline.model_id,
        headline.track,
        headline.mpor_days,
        headline.margin_basis,
    )


def _headline(
    rows: Sequence[report.CoverageRow],
    champion: ModelDeclaration,
    mpor_days: int,
    window_name: str,
) -> report.CoverageRow:
    """Return the firm's row of the verdict's series, an empty one where nothing was observed."""
    empty = report.CoverageRow(
        model_id=champion.model_id,
        track=Track.CORE_MODEL,
        scope="firm",
        scope_id="firm",
        mpor_days=mpor_days,
        window_name=window_name,
        window_days=0,
        confidence_pct=champion.coverage.target_pct,
        margin_basis=MarginBasis.CAPPED,
        observations=0,
        exceedances=0,
        expected_exceedances=0.0,
        coverage_pct=None,
        coverage_low_pct=None,
        coverage_high_pct=None,
        zone=None,
        kupiec_p_value=None,
        kupiec_decision=Decision.INSUFFICIENT_DATA,
        largest_shortfall_amount=0.0,
        total_shortfall_amount=0.0,
    )
    return next(
        (
            r
            for r in rows
            if r.scope == "firm" and _is_headline_series(r, empty) and r.window_name == window_name
        ),
        empty,
    )
