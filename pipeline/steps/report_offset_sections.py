"""The report's sections on the offset on trial: how large the cap may be, pairs of products.

Finished rows come in, sections go out; every sentence is in ``reports/wording``.
"""

from pipeline.rendering.model import ColumnFormat, FurtherSection, HeatMap, Line, LineChart, Table
from pipeline.rendering.wording import Wording
from pipeline.steps.report_layout import Rows, TrialRequest, make_column, write_money

_MOST_LIMITS = 40
_MOST_MAPPED = 16
_TABLE_STEP_PCT = 10
_ASTERISK = "*"


def describe_cap(
    sweep: Rows, limits: Rows, request: TrialRequest, wording: Wording
) -> FurtherSection:
    """Lay out the cap sweep and the largest cap."""
    say = wording.say
    firm = next(row for row in limits if row["scope"] == "firm")
    case = (
        "proven"
        if firm["proven_cap_pct"] is not None
        else "observed"
        if firm["largest_cap_pct"] is not None
        else "none"
    )
    sentence = say(
        f"trial.cap_{case}",
        target=f"{firm['target_pct']:g}",
        largest=_percent(firm["largest_cap_pct"]),
        proven=_percent(firm["proven_cap_pct"]),
        in_force=f"{firm['cap_in_force_pct']:g}",
        reason=firm["reason"],
    )
    return FurtherSection(
        key="cap_sweep",
        title=say("trial.cap"),
        paragraphs=(say("trial.cap_intro"), sentence),
        tables=(_sweep_table(sweep, wording), _limit_table(limits, wording)),
        charts=_cap_charts(sweep, firm["target_pct"], request, wording),
        after="offsets",
    )


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _cap_charts(
    sweep: Rows, target_pct: float, request: TrialRequest, wording: Wording
) -> tuple[LineChart, LineChart]:
    say = wording.say
    caps = tuple(row["cap_pct"] for row in sweep)
    named = {"model": request.champion, "days": request.mpor_days}
    coverage = LineChart(
        caption=say("trial.cap_coverage_chart", **named),
        alternative_text=say(
            "trial.cap_coverage_alternative",
            high=f"{sweep[0]['coverage_pct']:.2f}",
            low=f"{sweep[-1]['coverage_pct']:.2f}",
            target=f"{target_pct:g}",
        ),
        x_label=say("trial.cap_axis"),
        y_label=say("trial.coverage_axis"),
        x_values=caps,
        lines=(
            Line(say("trial.coverage_line"), tuple(row["coverage_pct"] for row in sweep)),
            Line(say("trial.low_line"), tuple(row["coverage_low_pct"] for row in sweep)),
        ),
        reference_value=target_pct,
    )
    margin = LineChart(
        caption=say("trial.cap_margin_chart", **named),
        alternative_text=say(
            "trial.cap_margin_alternative",
            high=write_money(sweep[0]["mean_margin_amount"]),
            low=write_money(sweep[-1]["mean_margin_amount"]),
        ),
        x_label=say("trial.cap_axis"),
        y_label=say("trial.margin_axis", currency=request.currency),
        x_values=caps,
        lines=(Line(say("trial.margin_line"), tuple(row["mean_margin_amount"] for row in sweep)),),
    )
    return coverage, margin


def _sweep_table(sweep: Rows, wording: Wording) -> Table:
    shown = [r for r in sweep if r["is_cap_in_force"] or r["cap_pct"] % _TABLE_STEP_PCT == 0]
    return Table(
        wording.say("trial.sweep_table"),
        (
            make_column(wording, "cap"),
            make_column(wording, "exceedances", ColumnFormat.COUNT, 1.2),
            make_column(wording, "coverage", ColumnFormat.COVERAGE, 1.2),
            make_column(wording, "low", ColumnFormat.COVERAGE),
            make_column(wording, "high", ColumnFormat.COVERAGE),
            make_column(wording, "shortfall", ColumnFormat.AMOUNT, 1.6),
            make_column(wording, "mean_margin", ColumnFormat.AMOUNT, 1.6),
        ),
        tuple(
            (
                f"{row['cap_pct']:g} %{_ASTERISK if row['is_cap_in_force'] else ''}",
                row["exceedances"],
                row["coverage_pct"],
                row["coverage_low_pct"],
                row["coverage_high_pct"],
                row["shortfall_amount"],
                row["mean_margin_amount"],
            )
            for row in shown
        ),
        wording.say("trial.sweep_note"),
    )


def _limit_table(limits: Rows, wording: Wording) -> Table:
    return Table(
        wording.say("trial.limit_table"),
        (
            make_column(wording, "scope", share=2.0),
            make_column(wording, "observations", ColumnFormat.COUNT),
            make_column(wording, "observed_cap", ColumnFormat.PCT),
            make_column(wording, "proven_cap", ColumnFormat.PCT),
        ),
        tuple(
            (
                wording.say(f"scope.{row['scope']}")
                if row["scope"] == "firm"
                else f"{wording.say('scope.' + row['scope'])} {row['scope_id']}",
                row["observations"],
                row["largest_cap_pct"],
                row["proven_cap_pct"],
            )
            for row in limits[:_MOST_LIMITS]
        ),
        wording.say("trial.limit_note"),
    )


def describe_pairs(pairs: Rows, wording: Wording) -> FurtherSection:
    """Lay out coverage, credit and dependence of pairs of products."""
    say = wording.say
    shown = pairs[:_MOST_LIMITS]
    names = [f"{row['product']} / {row['other_product']}" for row in shown]
    covered = Table(
        say("trial.pair_coverage_table"),
        (
            make_column(wording, "pair", share=2.0),
            make_column(wording, "accounts", ColumnFormat.COUNT),
            make_column(wording, "observations", ColumnFormat.COUNT, 1.2),
            make_column(wording, "exceedances", ColumnFormat.COUNT, 1.2),
            make_column(wording, "coverage", ColumnFormat.COVERAGE, 1.1),
            make_column(wording, "low", ColumnFormat.COVERAGE),
            make_column(wording, "high", ColumnFormat.COVERAGE),
            make_column(wording, "shortfall", ColumnFormat.AMOUNT, 1.4),
        ),
        tuple(
            (
                name,
                row["accounts"],
                row["account_days"],
                row["exceedances"],
                row["coverage_pct"],
                row["coverage_low_pct"],
                row["coverage_high_pct"],
                row["shortfall_amount"],
            )
            for name, row in zip(names, shown, strict=True)
        ),
    )
    credited = Table(
        say("trial.pair_credit_table"),
        (
            make_column(wording, "pair", share=2.0),
            make_column(wording, "granted", ColumnFormat.PCT),
            make_column(wording, "justified", ColumnFormat.PCT),
            make_column(wording, "hedge", ColumnFormat.PCT),
            make_column(wording, "offset_days", ColumnFormat.COUNT, 1.2),
            make_column(wording, "offset_loss", ColumnFormat.AMOUNT, 1.4),
            make_column(wording, "offset_credit", ColumnFormat.AMOUNT, 1.4),
            make_column(wording, "broken", ColumnFormat.PCT),
        ),
        tuple(
            (
                name,
                row["granted_credit_pct"],
                row["justified_credit_pct"],
                row["variance_reduction_pct"],
                row["offset_days"],
                row["offset_loss_amount"],
                row["offset_credit_amount"],
                row["break_share_pct"],
            )
            for name, row in zip(names, shown, strict=True)
        ),
        say("trial.pair_credit_note"),
    )
    return FurtherSection(
        key="offset_pairs",
        title=say("trial.pairs"),
        paragraphs=(say("trial.pairs_intro"),) if shown else (),
        tables=(covered, credited) if shown else (),
        heat_maps=_credit_map(pairs, wording),
        after="offsets",
        empty_sentence=say("trial.pairs_empty"),
    )


def _credit_map(pairs: Rows, wording: Wording) -> tuple[HeatMap, ...]:
    """Lay out the credit granted to pairs as a map, where there are few enough to read."""
    granted = {
        (row["product"], row["other_product"]): row["granted_credit_pct"]
        for row in pairs
        if row["granted_credit_pct"] is not None
    }
    names = tuple(sorted({name for pair in granted for name in pair}))
    if not 2 <= len(names) <= _MOST_MAPPED:
        return ()
    values = tuple(tuple(granted.get((a, b), granted.get((b, a))) for b in names) for a in names)
    largest = max(granted, key=lambda pair: granted[pair])
    return (
        HeatMap(
            wording.say("trial.pairs_map"),
            wording.say(
                "trial.pairs_map_alternative",
                count=len(granted),
                largest=f"{granted[largest]:.1f}",
                pair=" / ".join(largest),
            ),
            names,
            values,
        ),
    )
