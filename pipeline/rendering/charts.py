"""The report's charts as SVG text, each with the sentence that replaces it for a reader without it.

Finished series in, SVG out: no file, no pyplot, no state left behind. Text stays text, in the
vendored typeface; what is drawn is decided by the caller, how it is labelled by the wording.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.rendering import palette
from pipeline.rendering.drawing import (
    Chart,
    Studio,
    amount_axis,
    canvas,
    date_axis,
    days_of,
    floats,
    largest,
    last,
    legend,
    tick_text,
)
from pipeline.rendering.model import (
    AccountHistory,
    ClassTotal,
    CoverageRow,
    Exceedance,
    HeatMap,
    LineChart,
    MarginHistory,
)
from pipeline.terms import ExceedanceClass

_MOST_SCOPES = 24
_BASES = ("netted", "capped", "standalone")


def draw_account(history: AccountHistory, studio: Studio) -> Chart:
    """Draw an account's tested margin against its loss, exceedances marked."""
    margins = floats(history.margin_amounts)
    losses = floats(history.loss_amounts)
    hits = np.array(history.is_exceedance, dtype=bool)
    days = days_of(history.dates)
    say = studio.wording.say
    with canvas(58.0) as (axes, svg):
        unit = amount_axis(axes, np.concatenate([margins, losses]), studio)
        axes.fill_between(
            days, 0, losses, step="mid", color="#aab4be", linewidth=0, label=say("charts.loss")
        )
        if history.standalone_margin_amounts:
            axes.plot(
                days,
                floats(history.standalone_margin_amounts),
                drawstyle="steps-mid",
                label=say("basis.standalone"),
                **palette.BASIS_STYLES["standalone"],
            )
        axes.plot(
            days,
            margins,
            drawstyle="steps-mid",
            label=say(f"basis.{history.margin_basis}"),
            **palette.BASIS_STYLES["capped"],
        )
        axes.plot(
            days[hits],
            losses[hits],
            linestyle="none",
            marker="v",
            markersize=5,
            markerfacecolor=palette.VERMILION,
            markeredgecolor="white",
            markeredgewidth=0.5,
            label=say("charts.exceedance"),
        )
        axes.axhline(0, color=palette.MUTED, linewidth=0.6)
        axes.set_ylabel(unit)
        date_axis(axes, history.dates)
        legend(axes)
    values = {
        "account": studio.printable(history.account_id),
        "model": studio.printable(history.model_id),
        "count": studio.formats.count(int(hits.sum())),
        "days": studio.formats.count(len(history.dates)),
        "first": studio.formats.iso(history.dates[0]),
        "last": studio.formats.iso(history.dates[-1]),
        "mpor": studio.formats.count(history.mpor_days),
        "largest_loss": studio.formats.money(largest(losses)),
        "largest_margin": studio.formats.money(largest(margins)),
    }
    return _chart("account", svg, studio, values)


def draw_margin(history: MarginHistory, studio: Studio) -> Chart:
    """Draw the margin of all accounts without offsets, netted and capped, over time."""
    series = {
        "standalone": history.standalone_margin_amounts,
        "capped": history.capped_margin_amounts,
        "netted": history.netted_margin_amounts,
        "called": history.called_margin_amounts,
    }
    drawn = {basis: floats(amounts) for basis, amounts in series.items() if amounts}
    days = days_of(history.dates)
    say = studio.wording.say
    with canvas(58.0) as (axes, svg):
        unit = amount_axis(axes, np.concatenate(list(drawn.values())), studio)
        axes.fill_between(
            days,
            drawn["capped"],
            drawn["standalone"],
            color=palette.PALE,
            linewidth=0,
            label=say("charts.credit"),
        )
        for basis, amounts in drawn.items():
            axes.plot(
                days, amounts, label=say(f"basis_short.{basis}"), **palette.BASIS_STYLES[basis]
            )
        axes.set_ylim(bottom=0)
        axes.set_ylabel(unit)
        date_axis(axes, history.dates)
        legend(axes)
    values = {
        "model": studio.printable(history.model_id),
        "first": studio.formats.iso(history.dates[0]),
        "last": studio.formats.iso(history.dates[-1]),
        **{basis: studio.formats.money(last(drawn[basis])) for basis in _BASES},
    }
    return _chart("margin", svg, studio, values)


def draw_coverage(
    rows: Sequence[CoverageRow], target_pct: float, interval_pct: float, studio: Studio
) -> Chart:
    """Draw coverage with its interval for each scope against the target.

    At most 24 scopes with an interval are drawn: the first of ``rows``.
    """
    usable = [r for r in rows if None not in (r.coverage_pct, r.coverage_low_pct)]
    shown = usable[:_MOST_SCOPES]
    below = sum((r.coverage_pct or 0.0) < target_pct for r in shown)
    with canvas(16.0 + 4.6 * len(shown)) as (axes, svg):
        for place, row in enumerate(reversed(shown)):
            _draw_interval(axes, place, row, target_pct)
        axes.axvline(target_pct, color=palette.INK, linewidth=0.9, linestyle=(0, (4, 2)))
        axes.set_yticks(range(len(shown)), [_scope_label(r, studio) for r in reversed(shown)])
        axes.set_ylim(-0.7, len(shown) - 0.3)
        lowest = min((r.coverage_low_pct or 100.0 for r in shown), default=target_pct)
        margin = max(100.0 - min(lowest, target_pct), 0.05) * 0.06
        axes.set_xlim(min(lowest, target_pct) - margin, 100.0 + margin)
        axes.xaxis.set_major_locator(MaxNLocator(7))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: tick_text(x, axes, studio)))
        axes.set_xlabel(studio.wording.say("charts.coverage_axis"))
        axes.grid(axis="y", visible=False)
    values = {
        "count": studio.formats.count(len(shown)),
        "below": studio.formats.count(below),
        "target": studio.formats.target(target_pct),
        "interval": studio.formats.target(interval_pct, 0),
    }
    return _chart("coverage", svg, studio, values)


def draw_classes(totals: Sequence[ClassTotal], studio: Studio) -> Chart:
    """Draw the shortfall of each class against each margin."""
    say = studio.wording.say
    by_class = {t.exceedance_class: t for t in totals}
    classes = [c for c in ExceedanceClass if c in by_class]
    bars = {
        basis: [getattr(by_class[c], f"{basis}_shortfall_amount") for c in classes]
        for basis in _BASES
    }
    with canvas(22.0 + 12.0 * len(classes)) as (axes, svg):
        unit = amount_axis(axes, np.array([*bars.values()]).ravel(), studio, vertical=False)
        for place, basis in enumerate(_BASES):
            axes.barh(
                [i + (place - 1) * 0.26 for i in range(len(classes))],
                bars[basis],
                height=0.22,
                linewidth=0.7,
                label=say("charts.against", basis=say(f"basis.{basis}").lower()),
                **_bar_style(basis),
            )
        axes.set_yticks(range(len(classes)), [say(f"class.{c}") for c in classes])
        axes.invert_yaxis()
        axes.set_xlabel(unit)
        axes.grid(axis="y", visible=False)
        legend(axes)
    parts = [
        say(
            "charts.class_part",
            name=say(f"class.{c}"),
            days=studio.formats.count(by_class[c].account_days),
            amount=studio.formats.money(by_class[c].netted_shortfall_amount),
        )
        for c in classes
    ]
    return _chart("classes", svg, studio, {"parts": "; ".join(parts)})


def draw_months(log: Sequence[Exceedance], start: date, end: date, studio: Studio) -> Chart:
    """Draw the exceedances of each month of the window, by class."""
    months = _months(start, end)
    counts = Counter((_month(e.business_date), e.exceedance_class or "none") for e in log)
    totals = Counter(_month(e.business_date) for e in log)
    say = studio.wording.say
    with canvas(48.0) as (axes, svg):
        floor = np.zeros(len(months))
        for name in [*ExceedanceClass, "none"]:
            heights = np.array([counts[month, name] for month in months], dtype=float)
            if not heights.any():
                continue
            style = palette.CLASS_STYLES[str(name)]
            axes.bar(
                range(len(months)),
                heights,
                bottom=floor,
                width=0.72,
                linewidth=0.7,
                label=say(f"class.{name}"),
                **style,
            )
            floor += heights
        step = max(1, round(len(months) / 12))
        places = list(range(0, len(months), step))
        axes.set_xticks(places, [months[i] for i in places])
        axes.set_xlim(-0.7, len(months) - 0.3)
        axes.set_ylim(0, max(1.0, floor.max() * 1.08))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_ylabel(say("charts.exceedance_axis"))
        axes.grid(axis="x", visible=False)
        if log:
            legend(axes)
    worst = max(months, key=lambda m: totals[m])
    values = {
        "count": studio.formats.count(len(log)),
        "months": studio.formats.count(len(months)),
        "worst": worst,
        "worst_count": studio.formats.count(totals[worst]),
    }
    return _chart("months", svg, studio, values)


def draw_lines(chart: LineChart, studio: Studio) -> Chart:
    """Draw the lines of a further section."""
    styles = [palette.BASIS_STYLES[b] for b in ("capped", "netted", "standalone", "called")]
    by_date = all(isinstance(x, date) for x in chart.x_values)
    places: Any = (
        days_of([x for x in chart.x_values if isinstance(x, date)])
        if by_date
        else np.array(chart.x_values, dtype=float)
    )
    with canvas(56.0) as (axes, svg):
        for number, line in enumerate(chart.lines):
            style = styles[number % len(styles)]
            axes.plot(places, floats(line.values), label=studio.label(line.label), **style)
        if chart.reference_value is not None:
            axes.axhline(chart.reference_value, color=palette.INK, linewidth=0.8)
        axes.set_xlabel(studio.printable(chart.x_label))
        axes.set_ylabel(studio.printable(chart.y_label))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: tick_text(y, axes, studio, "y")))
        if by_date:
            date_axis(axes, [x for x in chart.x_values if isinstance(x, date)])
        legend(axes)
    return Chart(svg(), chart.caption, chart.alternative_text)


def draw_heat_map(chart: HeatMap, studio: Studio) -> Chart:
    """Draw one value a pair of names; every cell carries its number, so that grey tells as much."""
    names = [studio.label(name) for name in chart.names]
    values = np.array([floats(row) for row in chart.values])
    shown = np.ma.masked_invalid(np.where(np.tri(len(names), k=-1) > 0, values, np.nan))[1:, :-1]
    highest = float(shown.max()) if shown.count() else 0.0
    colors = LinearSegmentedColormap.from_list("credit", ["#f2f6fa", palette.BLUE])
    with canvas(18.0 + 9.0 * max(1, len(names) - 1)) as (axes, svg):
        edges = np.arange(len(names)) - 0.5
        axes.pcolormesh(
            edges,
            edges,
            shown,
            cmap=colors,
            vmin=0,
            vmax=max(highest, 1e-9),
            edgecolor="white",
            linewidth=1.5,
        )
        for (row, column), value in np.ndenumerate(shown.filled(np.nan)):
            if np.isfinite(value):
                axes.text(
                    column,
                    row,
                    studio.formats.pct(float(value)),
                    ha="center",
                    va="center",
                    color="white" if value > 0.55 * highest else palette.INK,
                )
        axes.set_xticks(range(len(names) - 1), names[:-1])
        axes.set_yticks(range(len(names) - 1), names[1:])
        axes.invert_yaxis()
        axes.grid(visible=False)
    return Chart(svg(), chart.caption, chart.alternative_text)


def _chart(key: str, svg: Callable[[], str], studio: Studio, values: dict[str, str]) -> Chart:
    return Chart(
        svg(),
        studio.wording.say(f"charts.{key}.caption", **values),
        studio.wording.say(f"charts.{key}.alternative", **values),
    )


def _bar_style(basis: str) -> dict[str, Any]:
    return {
        "netted": {"facecolor": palette.VERMILION, "edgecolor": palette.VERMILION},
        "capped": {"facecolor": "#c9dcea", "edgecolor": palette.BLUE, "hatch": "/////"},
        "standalone": {"facecolor": "white", "edgecolor": palette.INK},
    }[basis]


def _draw_interval(axes: Axes, place: int, row: CoverageRow, target_pct: float) -> None:
    coverage, low, high = floats([row.coverage_pct, row.coverage_low_pct, row.coverage_high_pct])
    is_below = bool(coverage < target_pct)
    color = palette.VERMILION if is_below else palette.BLUE
    axes.plot([low, high], [place, place], color=color, linewidth=1.4, solid_capstyle="butt")
    axes.plot(
        [coverage],
        [place],
        marker="D" if is_below else "o",
        markersize=4.2,
        markerfacecolor="white" if is_below else color,
        markeredgecolor=color,
        markeredgewidth=1.1,
    )


def _scope_label(row: CoverageRow, studio: Studio) -> str:
    scope = studio.wording.say(f"scope.{row.scope}")
    return scope if row.scope == "firm" else f"{scope} {studio.label(row.scope_id)}"


def _month(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def _months(start: date, end: date) -> list[str]:
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return [f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(first, last + 1)]
