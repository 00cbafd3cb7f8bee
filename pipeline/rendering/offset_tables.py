"""The tables of exceedances and of the offset on trial: log, register, classes, levels, margins.

Selecting, ordering and writing finished numbers; no figure is estimated here. Where the body shows
fewer rows than there are, the table's note says how many and where the rest stands.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from pipeline.rendering.model import ClassTotal, Exceedance, LevelCredit, OffsetTotal, ReportData
from pipeline.rendering.tables import ColumnPlan, TableMaker, TableView
from pipeline.terms import ExceedanceClass, Level

LOG_LENGTH = 100
_REGISTER_LENGTH = 30


def headline_log(data: ReportData) -> list[Exceedance]:
    """Return the exceedances of the verdict's series and window, largest shortfall first."""
    v = data.verdict
    chosen = [
        e
        for e in data.exceedances
        if (e.model_id, e.track, e.mpor_days, e.margin_basis)
        == (v.model_id, v.track, v.mpor_days, v.margin_basis)
        and v.window_start_date <= e.business_date <= v.window_end_date
    ]
    return sorted(chosen, key=lambda e: (-e.shortfall_amount, e.business_date, e.account_id))


def exceedance_table(log: Sequence[Exceedance], maker: TableMaker) -> TableView:
    """Return the largest exceedances, at most a hundred."""
    plan = (
        ColumnPlan("rank", "count"),
        ColumnPlan("date", "date"),
        ColumnPlan("account", "text"),
        ColumnPlan("model", "text"),
        ColumnPlan("class", "class"),
        ColumnPlan("loss", "amount"),
        ColumnPlan("netted", "amount"),
        ColumnPlan("capped", "amount"),
        ColumnPlan("standalone", "amount"),
        ColumnPlan("shortfall", "amount"),
    )
    shown = log[:LOG_LENGTH]
    rows = [
        (
            i,
            e.business_date,
            e.account_id,
            e.model_id,
            e.exceedance_class,
            e.loss_amount,
            e.netted_margin_amount,
            e.capped_margin_amount,
            e.standalone_margin_amount,
            e.shortfall_amount,
        )
        for i, e in enumerate(shown, start=1)
    ]
    note = maker.shortened(len(shown), len(log), "exceedances.csv")
    return maker.make("exceedances", plan, rows, note=note, css="dense")


def register_table(log: Sequence[Exceedance], maker: TableMaker) -> TableView:
    """Return the exception register: what was found out about each exceedance."""
    entered = [e for e in log if e.exception_id]
    shown = entered[:_REGISTER_LENGTH]
    plan = (
        ColumnPlan("exception", "text", 27.0),
        ColumnPlan("date", "date", 18.0),
        ColumnPlan("account", "text", 34.0),
        ColumnPlan("cause", "text", 49.0),
        ColumnPlan("status", "text", 14.0),
        ColumnPlan("reviewer", "text", 14.0),
        ColumnPlan("note", "text", 14.0),
    )
    rows = [
        (e.exception_id, e.business_date, e.account_id, e.cause, e.status, e.reviewer, e.note)
        for e in shown
    ]
    note = maker.shortened(len(shown), len(entered), "exceedances.csv")
    return maker.make("register", plan, rows, note=note, css="tall")


def headline_classes(data: ReportData) -> list[ClassTotal]:
    """Return the class totals of the verdict's model, horizon and window, in their fixed order."""
    v = data.verdict
    chosen = [
        t
        for t in data.class_totals
        if (t.model_id, t.mpor_days, t.window_name) == (v.model_id, v.mpor_days, v.window_name)
    ]
    order = {name: i for i, name in enumerate(ExceedanceClass)}
    return sorted(chosen, key=lambda t: order[t.exceedance_class])


def class_table(totals: Sequence[ClassTotal], maker: TableMaker) -> TableView:
    """Return count and shortfall by exceedance class."""
    plan = (
        ColumnPlan("class", "class"),
        ColumnPlan("account_days", "count"),
        ColumnPlan("accounts", "count"),
        ColumnPlan("netted_shortfall", "amount"),
        ColumnPlan("capped_shortfall", "amount"),
        ColumnPlan("standalone_shortfall", "amount"),
        ColumnPlan("largest_shortfall", "amount"),
    )
    rows = [
        (
            t.exceedance_class,
            t.account_days,
            t.accounts,
            t.netted_shortfall_amount,
            t.capped_shortfall_amount,
            t.standalone_shortfall_amount,
            t.largest_shortfall_amount,
        )
        for t in totals
    ]
    return maker.make("classes", plan, rows)


def level_table(credits_by_level: Iterable[LevelCredit], maker: TableMaker) -> TableView:
    """Return the offset credit by level of the netting tree, with the total of the levels."""
    order = {level: i for i, level in enumerate(Level)}
    chosen = sorted(credits_by_level, key=lambda c: (c.model_id, order[c.level]))
    plan = (
        ColumnPlan("model", "text"),
        ColumnPlan("level", "text"),
        ColumnPlan("as_of_credit", "amount"),
        ColumnPlan("mean_credit", "amount"),
    )
    rows: list[tuple[object, ...]] = []
    totals: list[int] = []
    for model_id, members in groupby(chosen, key=lambda c: c.model_id):
        levels = list(members)
        rows += [
            (model_id, maker.wording.say(f"level.{c.level}"), c.as_of_amount, c.mean_amount)
            for c in levels
        ]
        totals.append(len(rows))
        rows.append(
            (
                model_id,
                maker.wording.say("level.all"),
                sum(c.as_of_amount for c in levels),
                sum(c.mean_amount for c in levels),
            )
        )
    return maker.make("levels", plan, rows, emphasised=totals)


def offset_table(totals: Iterable[OffsetTotal], maker: TableMaker) -> TableView:
    """Return margin with and without offsets, and what the cap did, one row a model."""
    plan = (
        ColumnPlan("model", "text"),
        ColumnPlan("mpor", "days"),
        ColumnPlan("cap", "pct"),
        ColumnPlan("standalone_margin", "amount"),
        ColumnPlan("netted_margin", "amount"),
        ColumnPlan("capped_margin", "amount"),
        ColumnPlan("negative_days", "count"),
        ColumnPlan("binding_days", "count"),
    )
    rows = [
        (
            t.model_id,
            t.mpor_days,
            t.cap_pct,
            t.mean_standalone_margin_amount,
            t.mean_netted_margin_amount,
            t.mean_capped_margin_amount,
            t.negative_credit_days,
            t.cap_binding_days,
        )
        for t in sorted(totals, key=lambda t: (t.model_id, t.mpor_days))
    ]
    return maker.make("offsets", plan, rows)
