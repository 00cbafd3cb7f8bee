"""The tables of coverage and severity.

Selecting, ordering and writing finished numbers; no figure is estimated here. Where the body shows
fewer rows than there are, the table's note says how many and where the rest stands.
"""

from collections.abc import Iterable
from itertools import groupby

from pipeline.rendering.model import CoverageRow, ReportData, SeverityRow
from pipeline.rendering.tables import ColumnPlan, TableMaker, TableView
from pipeline.terms import MarginBasis

_MOST_ROWS = 100
_MOST_SCOPES = 40
_MOST_ACCOUNTS = 18
_BASIS_ORDER = {basis: i for i, basis in enumerate(MarginBasis)}
_SCOPES = ("firm", "member", "offset_group", "product", "instrument", "hypothetical", "account")

_COVERAGE_FIGURES = (
    ColumnPlan("observations", "count", 18.0),
    ColumnPlan("exceedances", "count", 17.5),
    ColumnPlan("expected", "one_decimal", 13.0),
    ColumnPlan("coverage", "formatted_pct", 16.0),
    ColumnPlan("interval", "formatted_pct", 20.5),
    ColumnPlan("zone", "zone", 12.5),
    ColumnPlan("kupiec_p", "p_value", 13.0),
    ColumnPlan("decision", "decision", 19.5),
)


def coverage_tables(data: ReportData, maker: TableMaker) -> tuple[TableView, ...]:
    """Return one table of coverage for each model and track, the verdict's model first."""
    v = data.verdict

    def group(row: CoverageRow) -> tuple[bool, str, bool, str]:
        is_other = row.track is not v.track
        return (row.model_id != v.model_id, row.model_id, is_other, row.track.value)

    ordered = sorted(
        (r for r in data.coverage if r.loss_basis == "end"),
        key=lambda r: (
            group(r),
            r.mpor_days,
            r.window_days,
            r.window_name,
            _BASIS_ORDER[r.margin_basis],
        ),
    )
    plan = (
        ColumnPlan("mpor", "days", 9.5),
        ColumnPlan("window", "window", 15.5),
        ColumnPlan("basis", "basis", 15.5),
        *_COVERAGE_FIGURES,
    )
    tables = []
    for (_, model_id, _, track), members in groupby(ordered, key=group):
        every = list(members)
        rows = every[:_MOST_ROWS]
        series = (v.model_id, v.track.value, v.mpor_days, v.window_name, v.margin_basis)
        marked = [
            i
            for i, r in enumerate(rows)
            if (r.model_id, r.track.value, r.mpor_days, r.window_name, r.margin_basis) == series
        ]
        tables.append(
            maker.make(
                "coverage",
                plan,
                [
                    (r.mpor_days, r.window_name, r.margin_basis, *_coverage_cells(r, maker))
                    for r in rows
                ],
                emphasised=marked,
                css="dense",
                note=_coverage_note(len(rows), len(every), bool(marked), maker),
                model=model_id,
                track=maker.wording.say(f"track.{track}"),
                confidence=_confidences(rows, maker),
                interval=_interval(data, maker),
            )
        )
    return tuple(tables)


def _coverage_note(shown: int, total: int, is_marked: bool, maker: TableMaker) -> str:
    marked = maker.wording.say("tables.coverage.note") if is_marked else ""
    return " ".join(n for n in (marked, maker.shortened(shown, total, "coverage.csv")) if n)


def headline_table(data: ReportData, maker: TableMaker) -> TableView:
    """Return the verdict's series under every margin: what offsets, cap and call make of it."""
    v = data.verdict
    series = (v.model_id, v.mpor_days, v.window_name)
    chosen = sorted(
        (
            r
            for r in data.coverage
            if (r.model_id, r.mpor_days, r.window_name) == series
            and r.scope == "firm"
            and r.loss_basis == "end"
            and (r.track is v.track or r.margin_basis is MarginBasis.CALLED)
        ),
        key=lambda r: (_BASIS_ORDER[r.margin_basis], r.track.value),
    )
    plan = (
        ColumnPlan("basis", "basis", 1.4),
        ColumnPlan("exceedances", "count", 1.0),
        ColumnPlan("coverage", "formatted_pct", 1.0),
        ColumnPlan("interval", "formatted_pct", 1.6),
        ColumnPlan("zone", "zone", 0.9),
        ColumnPlan("total_shortfall", "amount", 1.5),
        ColumnPlan("largest_shortfall", "amount", 1.5),
    )
    rows = [
        (
            r.margin_basis,
            r.exceedances,
            maker.formats.coverage(r.coverage_pct, r.confidence_pct),
            maker.formats.interval(r.coverage_low_pct, r.coverage_high_pct),
            r.zone,
            r.total_shortfall_amount,
            r.largest_shortfall_amount,
        )
        for r in chosen
    ]
    tested = [
        i for i, r in enumerate(chosen) if r.margin_basis is v.margin_basis and r.track is v.track
    ]
    return maker.make("headline", plan, rows, emphasised=tested, interval=_interval(data, maker))


def scope_order(rows: Iterable[CoverageRow]) -> list[CoverageRow]:
    """Order scopes: firm first, accounts last, within each the lowest coverage first."""
    return sorted(
        rows,
        key=lambda r: (
            _SCOPES.index(r.scope) if r.scope in _SCOPES else len(_SCOPES),
            100.0 if r.coverage_pct is None else r.coverage_pct,
            -r.exceedances,
            r.scope_id,
        ),
    )


def scopes_shown(rows: Iterable[CoverageRow]) -> list[CoverageRow]:
    """Return the scopes the body shows: all levels, and of accounts those covered least."""
    ordered = scope_order(rows)
    others = [r for r in ordered if r.scope != "account"][:_MOST_SCOPES]
    accounts = [r for r in ordered if r.scope == "account"][:_MOST_ACCOUNTS]
    return others + accounts


def scope_table(data: ReportData, maker: TableMaker) -> TableView:
    """Return the coverage of the verdict's series by scope."""
    shown = scopes_shown(data.coverage_by_scope)
    plan = (
        ColumnPlan("scope", "scope"),
        ColumnPlan("scope_id", "text"),
        *_COVERAGE_FIGURES,
    )
    rows = [
        (r.scope, "" if r.scope == "firm" else r.scope_id, *_coverage_cells(r, maker))
        for r in shown
    ]
    note = maker.shortened(len(shown), len(data.coverage_by_scope), "coverage.csv")
    return maker.make(
        "by_scope", plan, rows, note=note, css="dense", interval=_interval(data, maker)
    )


def severity_table(rows: Iterable[SeverityRow], maker: TableMaker) -> TableView:
    """Return how large the shortfalls were."""
    plan = (
        ColumnPlan("model", "text"),
        ColumnPlan("mpor", "days"),
        ColumnPlan("window", "window"),
        ColumnPlan("basis", "basis"),
        ColumnPlan("exceedances", "count"),
        ColumnPlan("total_shortfall", "amount"),
        ColumnPlan("mean_shortfall", "amount"),
        ColumnPlan("median_shortfall", "amount"),
        ColumnPlan("largest_shortfall", "amount"),
        ColumnPlan("loss_to_margin", "pct"),
        ColumnPlan("worst_path", "amount"),
    )
    ordered = sorted(
        rows,
        key=lambda r: (
            r.model_id,
            r.mpor_days,
            _window_order(r.window_name),
            _BASIS_ORDER[r.margin_basis],
        ),
    )
    shown = ordered[:_MOST_ROWS]
    cells = [
        (
            r.model_id,
            r.mpor_days,
            r.window_name,
            r.margin_basis,
            r.exceedances,
            r.total_shortfall_amount,
            r.mean_shortfall_amount,
            r.median_shortfall_amount,
            r.largest_shortfall_amount,
            r.largest_loss_to_margin_pct,
            r.worst_path_shortfall_amount,
        )
        for r in shown
    ]
    note = maker.shortened(len(shown), len(ordered), "severity.csv")
    return maker.make("severity", plan, cells, note=note, css="dense")


def _window_order(name: str) -> tuple[bool, int, str]:
    days = name.removeprefix("last_")
    return (not days.isdigit(), int(days) if days.isdigit() else 0, name)


def _coverage_cells(row: CoverageRow, maker: TableMaker) -> tuple[object, ...]:
    formats = maker.formats
    return (
        row.observations,
        row.exceedances,
        row.expected_exceedances,
        formats.coverage(row.coverage_pct, row.confidence_pct),
        formats.interval(row.coverage_low_pct, row.coverage_high_pct),
        row.zone,
        row.kupiec_p_value,
        row.kupiec_decision,
    )


def _interval(data: ReportData, maker: TableMaker) -> str:
    return maker.formats.target(data.verdict.interval_confidence_pct, 0)


def _confidences(rows: Iterable[CoverageRow], maker: TableMaker) -> str:
    levels = sorted({r.confidence_pct for r in rows})
    return ", ".join(maker.formats.target(level) for level in levels)
