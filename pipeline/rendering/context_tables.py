"""The tables around the results: data quality, model declarations, inputs and attached files."""

from collections.abc import Iterable, Sequence

from pipeline.rendering.annex import Attachment
from pipeline.rendering.model import (
    ContractResult,
    ExcludedDay,
    InputFile,
    MissingPrice,
    ModelDeclaration,
    RunManifest,
)
from pipeline.rendering.tables import ColumnPlan, TableMaker, TableView

_MOST_RULES = 80
_MOST_DAYS = 60


def contract_table(results: Sequence[ContractResult], maker: TableMaker) -> TableView:
    """Return each data contract with its rules counted, failed ones apart."""
    plan = (
        ColumnPlan("contract", "text"),
        ColumnPlan("rules", "count"),
        ColumnPlan("rules_failed", "count"),
        ColumnPlan("checked", "count"),
        ColumnPlan("failed", "count"),
    )
    rows = []
    for contract in sorted({r.contract for r in results}):
        own = [r for r in results if r.contract == contract]
        rows.append(
            (
                contract,
                len(own),
                sum(r.failed_count > 0 for r in own),
                max(r.checked_count for r in own),
                sum(r.failed_count for r in own),
            )
        )
    return maker.make("contracts", plan, rows[:_MOST_RULES])


def failed_rule_table(results: Sequence[ContractResult], maker: TableMaker) -> TableView:
    """Return the rules that failed, those that stop a date first."""
    failed = sorted(
        (r for r in results if r.failed_count),
        key=lambda r: (r.severity, r.contract, r.column_name, r.rule),
    )
    shown = failed[:_MOST_RULES]
    plan = (
        ColumnPlan("contract", "text"),
        ColumnPlan("rule", "text"),
        ColumnPlan("column", "text"),
        ColumnPlan("severity", "severity"),
        ColumnPlan("checked", "count"),
        ColumnPlan("failed", "count"),
        ColumnPlan("message", "text"),
    )
    rows = [
        (
            r.contract,
            r.rule,
            r.column_name,
            r.severity,
            r.checked_count,
            r.failed_count,
            r.message,
        )
        for r in shown
    ]
    note = maker.shortened(len(shown), len(failed), "contract_results.csv")
    return maker.make("failed_rules", plan, rows, note=note, css="tall")


def excluded_table(days: Iterable[ExcludedDay], maker: TableMaker) -> TableView:
    """Return the dates left out of the observations, and why."""
    ordered = sorted(days, key=lambda d: (d.business_date, d.reason))
    shown = ordered[:_MOST_DAYS]
    plan = (
        ColumnPlan("date", "date"),
        ColumnPlan("account_days", "count"),
        ColumnPlan("why", "text"),
    )
    rows = [(d.business_date, d.account_days, d.reason) for d in shown]
    note = maker.shortened(len(shown), len(ordered), "excluded_days.csv")
    return maker.make("excluded", plan, rows, note=note)


def missing_price_table(prices: Iterable[MissingPrice], maker: TableMaker) -> TableView:
    """Return the prices that were absent, those that cost most observations first."""
    ordered = sorted(prices, key=lambda p: (-p.account_days, p.business_date, p.instrument_id))
    shown = ordered[:_MOST_DAYS]
    plan = (
        ColumnPlan("date", "date"),
        ColumnPlan("instrument", "text"),
        ColumnPlan("account_days", "count"),
        ColumnPlan("why", "text"),
    )
    rows = [(p.business_date, p.instrument_id, p.account_days, p.reason) for p in shown]
    note = maker.shortened(len(shown), len(ordered), "missing_prices.csv")
    return maker.make("missing_prices", plan, rows, note=note)


def parameter_table(model: ModelDeclaration, maker: TableMaker) -> TableView:
    """Return a model's parameters with the source of each."""
    plan = (
        ColumnPlan("parameter", "text", 1.5),
        ColumnPlan("value", "text", 1.3),
        ColumnPlan("source", "text", 3.2),
    )
    rows = [
        (p.name, f"{p.value}\u00a0{p.unit}" if p.unit else p.value, p.source)
        for p in model.parameters
    ]
    return maker.make("parameters", plan, rows, css="tall", model=model.model_id)


def group_table(model: ModelDeclaration, maker: TableMaker) -> TableView:
    """Return what a model declares about each offset group."""
    plan = (
        ColumnPlan("offset_group", "text", 1.0),
        ColumnPlan("products", "text", 1.3),
        ColumnPlan("rationale", "text", 2.5),
        ColumnPlan("default_fund", "text", 0.9),
        ColumnPlan("stress_test", "text", 1.7),
    )
    rows = [
        (g.group_id, ", ".join(g.products), g.rationale, g.default_fund, g.stress_test_result)
        for g in model.offset_groups
    ]
    return maker.make("groups", plan, rows, css="tall", model=model.model_id)


def input_table(inputs: Iterable[InputFile], maker: TableMaker) -> TableView:
    """Return the input files with their checksums."""
    ordered = sorted(inputs, key=lambda f: (f.kind, f.name, f.sha256))
    shown = ordered[:_MOST_RULES]
    plan = (
        ColumnPlan("file", "text", 43.0),
        ColumnPlan("kind", "text", 22.0),
        ColumnPlan("rows", "count", 14.0),
        ColumnPlan("sha256", "mono", 91.0),
    )
    superseded = maker.wording.say("tables.inputs.superseded")
    rows = [
        (f"{f.name} ({superseded})" if f.is_superseded else f.name, f.kind, f.rows, f.sha256)
        for f in shown
    ]
    note = maker.shortened(len(shown), len(ordered), "manifest.json")
    return maker.make("inputs", plan, rows, note=note)


def library_table(run: RunManifest, maker: TableMaker) -> TableView:
    """Return the libraries whose version can change the numbers or the bytes."""
    plan = (ColumnPlan("library", "text", 1.0), ColumnPlan("version", "text", 1.0))
    rows = [(lib.name, lib.version) for lib in sorted(run.libraries, key=lambda lib: lib.name)]
    return maker.make("libraries", plan, rows, css="narrow")


def annex_table(attachments: Sequence[Attachment], maker: TableMaker) -> TableView:
    """Return the attached files with their checksums."""
    plan = (
        ColumnPlan("file", "text", 32.0),
        ColumnPlan("content", "text", 34.0),
        ColumnPlan("rows", "count", 13.0),
        ColumnPlan("sha256", "mono", 91.0),
    )
    rows = [(a.name, a.description, a.rows, a.sha256) for a in attachments]
    return maker.make("annexes", plan, rows)
