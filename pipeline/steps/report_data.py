"""Gathering the figures of the adequacy report from a published snapshot.

Reads ``out_*`` and ``core_*`` only. The verdict's rule is in ``verdict``, layout and wording in
``pipeline.rendering`` and ``reports/``.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from typing import Any

import duckdb
import polars as pl

from pipeline.errors import CheckFailed
from pipeline.margin.declaration import ModelDeclaration
from pipeline.rendering import model as report
from pipeline.resources import read_sql
from pipeline.settings import Settings
from pipeline.steps.runs import code_version, describe_run, hash_parameters
from pipeline.steps.verdict import VerdictFigures, decide_verdict
from pipeline.terms import Decision, ExceedanceClass, Level, MarginBasis, Track, Zone
from pipeline.warehouse.connection import fetch_frame, fetch_value

ALL_DAYS = "all"
CHARTED_ACCOUNTS = 3
_LIBRARIES = ("duckdb", "matplotlib", "numpy", "polars", "scipy", "weasyprint")


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
    """

    as_of_date: date
    window_name: str = "last_250"
    organisation: str = "Marginproof"
    is_demonstration: bool = False


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
    coverage = _read_coverage(connection, request.as_of_date, ids)
    windows = _find_windows(connection, request.as_of_date, ids, coverage)
    rows = [_coverage_row(row, windows) for row in coverage.iter_rows(named=True)]
    headline = _headline(rows, champion, mpor_days, request.window_name)
    first, last = windows.get(
        (champion.model_id, mpor_days, request.window_name), (request.as_of_date,) * 2
    )
    exceedances = _read_exceedances(connection, request.as_of_date, ids)
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
    tests = _read_tests(connection, request.as_of_date, ids)
    offsets = _read_offset_totals(connection, models, ids, first, last)
    quality = _read_quality(connection, request.as_of_date, champion.model_id, mpor_days)
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
        )
    )
    return report.ReportData(
        organisation=request.organisation,
        as_of_date=request.as_of_date,
        currency=settings.reporting_currency,
        verdict=verdict,
        manifest=_build_manifest(connection, models, request),
        data_quality=quality,
        models=tuple(_describe_model(m, i == 0) for i, m in enumerate(models)),
        coverage=tuple(r for r in rows if r.scope == "firm"),
        coverage_by_scope=tuple(scopes),
        exceedances=tuple(exceedances),
        class_totals=_read_class_totals(connection, ids, request.window_name, first, last),
        level_credits=_read_level_credits(connection, ids, mpor_days, first, last),
        offset_totals=tuple(offsets),
        tests=tuple(t for t in tests if t.scope == "firm" and t.margin_basis in _TESTED_BASES),
        severity=_summarise_severity(exceedances, windows),
        account_histories=_read_account_histories(
            connection, request.as_of_date, champion.model_id, mpor_days, in_headline
        ),
        margin_histories=_read_margin_histories(
            connection, request.as_of_date, champion.model_id, mpor_days
        ),
        limitations=_state_limitations(champion, quality),
        is_demonstration=request.is_demonstration,
    )


_TESTED_BASES = {MarginBasis.CAPPED, MarginBasis.CALLED}
_Windows = dict[tuple[str, int, str], tuple[date, date]]


def _fetch(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any]
) -> list[dict[str, Any]]:
    """Run one query of ``sql/report`` and return its rows by column name."""
    frame = fetch_frame(connection, read_sql(f"report/{query}.sql"), parameters)
    return list(frame.iter_rows(named=True))


def _read_coverage(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, ids: list[str]
) -> pl.DataFrame:
    frame = fetch_frame(
        connection, read_sql("report/coverage.sql"), {"as_of_date": as_of_date, "model_ids": ids}
    )
    known = fetch_value(
        connection, "SELECT count(*) FROM out_coverage_tests WHERE as_of_date = $1", [as_of_date]
    )
    if not len(frame) and not known:
        msg = (
            f"no backtest is published as of {as_of_date}; run 'marginproof backtest --as-of"
            f" {as_of_date}' first"
        )
        raise CheckFailed(msg)
    return frame


def _find_windows(
    connection: duckdb.DuckDBPyConnection,
    as_of_date: date,
    ids: list[str],
    coverage: pl.DataFrame,
) -> _Windows:
    """Return first and last date of each window, from the dates that were observed."""
    windows: _Windows = {}
    dates = fetch_frame(
        connection,
        read_sql("report/observed_dates.sql"),
        {"as_of_date": as_of_date, "model_ids": ids},
    )
    for (model_id, mpor_days), group in dates.group_by(
        ["model_id", "mpor_days"], maintain_order=True
    ):
        days = group["business_date"].sort().to_list()
        for name in coverage["window_name"].unique().sort().to_list():
            length = len(days) if name == ALL_DAYS else int(name.removeprefix("last_"))
            kept = days[-length:]
            windows[(str(model_id), int(str(mpor_days)), name)] = (kept[0], kept[-1])
    return windows


def _coverage_row(row: dict[str, Any], windows: _Windows) -> report.CoverageRow:
    window = windows.get((row["model_id"], row["mpor_days"], row["window_name"]))
    return report.CoverageRow(
        **{
            **row,
            "track": Track(row["track"]),
            "margin_basis": MarginBasis(row["margin_basis"]),
            "zone": Zone(row["zone"]) if row["zone"] else None,
            "kupiec_decision": Decision(row["kupiec_decision"]),
        },
        window_start_date=window[0] if window else None,
        window_end_date=window[1] if window else None,
    )


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


def _read_exceedances(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, ids: list[str]
) -> list[report.Exceedance]:
    rows = _fetch(connection, "exceedances", {"as_of_date": as_of_date, "model_ids": ids})
    return [
        report.Exceedance(
            **{
                **row,
                "track": Track(row["track"]),
                "margin_basis": MarginBasis(row["margin_basis"]),
                "exceedance_class": (
                    ExceedanceClass(row["exceedance_class"]) if row["exceedance_class"] else None
                ),
            }
        )
        for row in rows
    ]


def _read_tests(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, ids: list[str]
) -> list[report.TestResult]:
    rows = _fetch(connection, "tests", {"as_of_date": as_of_date, "model_ids": ids})
    return [
        report.TestResult(
            **{
                **row,
                "track": Track(row["track"]),
                "margin_basis": MarginBasis(row["margin_basis"]),
                "decision": Decision(row["decision"]),
            }
        )
        for row in rows
    ]


def _read_offset_totals(
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[ModelDeclaration],
    ids: list[str],
    first: date,
    last: date,
) -> list[report.OffsetTotal]:
    caps = {m.model_id: 100.0 * m.tree.cap for m in models}
    totals = _fetch(
        connection,
        "offset_totals",
        {"first_date": first, "last_date": last, "model_ids": ids},
    )
    return [report.OffsetTotal(cap_pct=caps[row["model_id"]], **row) for row in totals]


def _read_class_totals(
    connection: duckdb.DuckDBPyConnection,
    ids: list[str],
    window_name: str,
    first: date,
    last: date,
) -> tuple[report.ClassTotal, ...]:
    rows = _fetch(
        connection, "class_totals", {"first_date": first, "last_date": last, "model_ids": ids}
    )
    return tuple(
        report.ClassTotal(
            **{**row, "exceedance_class": ExceedanceClass(row["exceedance_class"])},
            window_name=window_name,
        )
        for row in rows
    )


def _read_level_credits(
    connection: duckdb.DuckDBPyConnection,
    ids: list[str],
    mpor_days: int,
    first: date,
    last: date,
) -> tuple[report.LevelCredit, ...]:
    rows = _fetch(
        connection,
        "level_credits",
        {"first_date": first, "last_date": last, "model_ids": ids, "mpor_days": mpor_days},
    )
    order = list(Level)
    earned = [
        report.LevelCredit(
            row["model_id"], Level(row["node_level"]), row["as_of_amount"], row["mean_amount"]
        )
        for row in rows
    ]
    return tuple(sorted(earned, key=lambda c: (ids.index(c.model_id), order.index(c.level))))


def _read_quality(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, model_id: str, mpor_days: int
) -> report.DataQuality:
    series = {"as_of_date": as_of_date, "model_id": model_id, "mpor_days": mpor_days}
    counts = _fetch(connection, "data_quality", series)[0]
    contracts = _fetch(connection, "contract_results", {"as_of_date": as_of_date})
    excluded = _fetch(connection, "excluded_days", series)
    return report.DataQuality(
        **counts,
        contract_results=tuple(report.ContractResult(**row) for row in contracts),
        excluded_days=tuple(report.ExcludedDay(**row) for row in excluded),
    )


def _build_manifest(
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[ModelDeclaration],
    request: ReportRequest,
) -> report.RunManifest:
    files = connection.execute(
        "SELECT file_name, kind, file_sha256, row_count FROM raw_files"
        " ORDER BY kind, file_name, file_sha256"
    ).fetchall()
    inputs = tuple(
        report.InputFile(name=name, kind=kind, sha256=sha256, rows=rows)
        for name, kind, sha256, rows in files
    )
    run = describe_run(
        f"report/{request.window_name}",
        request.as_of_date,
        {f"{i.kind}/{i.name}/{i.sha256[:8]}": i.sha256 for i in inputs},
        models,
    )
    return report.RunManifest(
        run_id=run.run_id,
        parameter_hash=hash_parameters(models),
        code_version=code_version(),
        inputs=inputs,
        libraries=tuple(report.LibraryVersion(name, version(name)) for name in _LIBRARIES),
    )


def _describe_model(model: ModelDeclaration, is_champion: bool) -> report.ModelDeclaration:
    declared = asdict(model)
    parameters = [
        report.Parameter(
            name=f"{part}.{name}",
            value=_write_value(value),
            source=model.sources.get(f"{part}.{name}", ""),
        )
        for part in ("scenarios", "measure", "coverage", "tree")
        for name, value in declared[part].items()
    ]
    parameters.append(
        report.Parameter(
            "initial_factor",
            _write_value(model.initial_factor),
            model.sources.get("initial_factor", ""),
        )
    )
    return report.ModelDeclaration(
        model_id=model.model_id,
        title=model.title,
        role="champion" if is_champion else "challenger",
        version=model.version,
        parameter_hash=model.parameter_hash,
        parameters=tuple(parameters),
        offset_groups=tuple(
            report.OffsetGroup(g.id, g.products, g.rationale, g.default_fund, g.stress_test)
            for g in model.offset_groups
        ),
    )


def _write_value(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, default=str)


def _summarise_severity(
    exceedances: Sequence[report.Exceedance], windows: _Windows
) -> tuple[report.SeverityRow, ...]:
    """Summarise shortfalls of the core track by model, horizon and window."""
    rows = []
    for (model_id, mpor_days, window_name), (first, last) in sorted(windows.items()):
        own = [
            e
            for e in exceedances
            if e.model_id == model_id
            and e.mpor_days == mpor_days
            and e.track is Track.CORE_MODEL
            and first <= e.business_date <= last
        ]
        frame = pl.DataFrame(
            {
                "shortfall": [e.shortfall_amount for e in own],
                "ratio": [
                    100.0 * e.loss_amount / e.tested_margin_amount
                    if e.tested_margin_amount > 0
                    else None
                    for e in own
                ],
                "path": [
                    (e.worst_loss_amount or e.loss_amount) - e.tested_margin_amount for e in own
                ],
            },
            schema={"shortfall": pl.Float64, "ratio": pl.Float64, "path": pl.Float64},
        )
        rows.append(
            report.SeverityRow(
                model_id=model_id,
                mpor_days=mpor_days,
                window_name=window_name,
                margin_basis=MarginBasis.CAPPED,
                exceedances=len(own),
                total_shortfall_amount=float(frame["shortfall"].sum()),
                mean_shortfall_amount=frame["shortfall"].mean(),  # type: ignore[arg-type]
                median_shortfall_amount=frame["shortfall"].median(),  # type: ignore[arg-type]
                largest_shortfall_amount=float(frame["shortfall"].max() or 0.0),  # type: ignore[arg-type]
                largest_loss_to_margin_pct=frame["ratio"].max(),  # type: ignore[arg-type]
                worst_path_shortfall_amount=frame["path"].max(),  # type: ignore[arg-type]
            )
        )
    return tuple(rows)


def _read_account_histories(
    connection: duckdb.DuckDBPyConnection,
    as_of_date: date,
    model_id: str,
    mpor_days: int,
    exceedances: Sequence[report.Exceedance],
) -> tuple[report.AccountHistory, ...]:
    """Read the accounts with the largest shortfalls, for the charts."""
    accounts = list(dict.fromkeys(e.account_id for e in exceedances))[:CHARTED_ACCOUNTS]
    histories = []
    for account_id in accounts:
        rows = _fetch(
            connection,
            "account_history",
            {
                "account_id": account_id,
                "model_id": model_id,
                "mpor_days": mpor_days,
                "track": Track.CORE_MODEL.value,
                "as_of_date": as_of_date,
            },
        )
        histories.append(
            report.AccountHistory(
                account_id=account_id,
                model_id=model_id,
                mpor_days=mpor_days,
                margin_basis=MarginBasis.CAPPED,
                dates=tuple(r["business_date"] for r in rows),
                margin_amounts=tuple(r["tested_margin_amount"] for r in rows),
                loss_amounts=tuple(r["loss_amount"] for r in rows),
                is_exceedance=tuple(r["is_exceedance"] for r in rows),
                standalone_margin_amounts=tuple(r["standalone_margin_amount"] for r in rows),
            )
        )
    return tuple(histories)


def _read_margin_histories(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, model_id: str, mpor_days: int
) -> tuple[report.MarginHistory, ...]:
    rows = _fetch(
        connection,
        "margin_history",
        {"model_id": model_id, "mpor_days": mpor_days, "as_of_date": as_of_date},
    )
    if not rows:
        return ()
    return (
        report.MarginHistory(
            model_id=model_id,
            mpor_days=mpor_days,
            dates=tuple(r["business_date"] for r in rows),
            standalone_margin_amounts=tuple(r["standalone"] for r in rows),
            netted_margin_amounts=tuple(r["netted"] for r in rows),
            capped_margin_amounts=tuple(r["capped"] for r in rows),
        ),
    )


def _state_limitations(champion: ModelDeclaration, quality: report.DataQuality) -> tuple[str, ...]:
    """State what the figures cannot show, from what was declared and observed."""
    lookback = champion.scenarios.lookback_days
    longest = max(champion.scenarios.mpor_days)
    limitations = [
        (
            f"Scenarios are the last {lookback} moves; what did not happen in them is not in the"
            " margin."
        ),
        (
            "Exceedances of different accounts on one date share the same market move: account-days are"
            " not independent, so intervals and tests that count them are narrower than the evidence."
        ),
        (
            "Positions are frozen over the horizon; trading, liquidation costs and price impact are"
            " outside the loss."
        ),
        "The calendar is the set of dates with prices; a date without prices is no observation.",
    ]
    if longest > 1:
        limitations.append(
            f"Horizons of {longest} days overlap, so their exceedances come in clusters even where"
            " the margin is right; tests that assume independent days overstate the evidence."
        )
    if quality.pending_account_days:
        limitations.append(
            f"{quality.pending_account_days} account-days are pending because their horizon has"
            " not ended; they are outside the observations."
        )
    return tuple(limitations)
