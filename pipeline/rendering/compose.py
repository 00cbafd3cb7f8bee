"""Puts the report together as HTML: sections, tables, charts and wording as finished text.

Jinja2 works in a sandbox on the files below ``reports/`` alone, escapes every expression and fails
on a missing one. Nothing is laid out here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from pipeline.rendering import (
    context_tables,
    coverage_tables,
    offset_tables,
    statistics_tables,
    verdict_view,
)
from pipeline.rendering.annex import Attachment, build_attachments, reserved_names
from pipeline.rendering.charts import (
    draw_account,
    draw_classes,
    draw_coverage,
    draw_heat_map,
    draw_lines,
    draw_margin,
    draw_months,
)
from pipeline.rendering.drawing import Chart, Studio, register_font
from pipeline.rendering.formats import make_formats
from pipeline.rendering.glyphs import Printable
from pipeline.rendering.model import FurtherSection, ReportData
from pipeline.rendering.tables import TableMaker, TableView
from pipeline.rendering.wording import Wording, load_wording

FONT_FILES = (
    "IBMPlexSans-Regular.ttf",
    "IBMPlexSans-SemiBold.ttf",
    "IBMPlexSans-Italic.ttf",
    "IBMPlexMono-Regular.ttf",
)
CHART_SCHEME = "report-chart:"
FONT_SCHEME = "report-font:"
_SECTIONS = (
    "verdict",
    "coverage",
    "exceedances",
    "offsets",
    "tests",
    "severity",
    "data_quality",
    "models",
    "limitations",
    "regulatory",
    "signoff",
    "manifest",
)
_MOST_HISTORIES = 3


@dataclass(frozen=True)
class ChartView:
    """Where the template finds a chart, and what replaces it."""

    source: str
    caption: str
    alternative_text: str


@dataclass(frozen=True)
class FurtherView:
    """A further section as the template prints it."""

    section: FurtherSection
    tables: tuple[TableView, ...]
    charts: tuple[ChartView, ...]


@dataclass(frozen=True)
class SectionView:
    """One numbered section: anchor, title, template."""

    number: int
    key: str
    title: str
    template: str
    further: FurtherView | None = None


@dataclass(frozen=True)
class Composition:
    """The report before layout: HTML, the charts it refers to, the files to attach."""

    html: str
    charts: Mapping[str, str]
    attachments: tuple[Attachment, ...]


class _Gallery:
    """Collects charts under the address the template uses."""

    def __init__(self) -> None:
        self.svg: dict[str, str] = {}

    def hang(self, key: str, chart: Chart) -> ChartView:
        source = f"{CHART_SCHEME}{key}"
        self.svg[source] = chart.svg
        return ChartView(source, chart.caption, chart.alternative_text)


def compose(data: ReportData, reports: Path) -> Composition:
    """Return the report as HTML with its charts and attachments.

    Parameters
    ----------
    data : ReportData
        Consistent data (see ``consistency.py``).
    reports : Path
        The folder with templates, wording and fonts.

    Returns
    -------
    Composition
        The same for the same data, on any machine.
    """
    wording = load_wording(reports / "wording", data.language)
    fonts = [reports / "fonts" / name for name in FONT_FILES]
    register_font(fonts[0])
    printable = Printable(fonts[:3])
    formats = make_formats(data, wording)
    maker = TableMaker(wording, formats, printable.width)
    gallery = _Gallery()
    studio = Studio(wording, formats, data.currency, printable.text)
    names = reserved_names()
    described = {name: wording.say(f"annexes.{name.split('.')[0]}") for name in names}
    attachments = build_attachments(data, described)
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(reports),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printable.finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = "exception.html.j2" if data.layout == "exception" else "adequacy.html.j2"
    html = environment.get_template(template).render(
        report=data,
        verdict=data.verdict,
        say=wording.say,
        texts=wording.items,
        formats=formats,
        window=maker.window,
        figures=verdict_view.key_figures(data, maker),
        reasons=verdict_view.reasons(data, maker),
        sections=_sections(data, wording, maker, studio, gallery),
        tables=_tables(data, maker, attachments),
        models=_models(data, maker),
        charts=_charts(data, studio, gallery),
        log=offset_tables.headline_log(data),
        attachments=attachments,
    )
    return Composition(html, gallery.svg, attachments)


def _sections(
    data: ReportData, wording: Wording, maker: TableMaker, studio: Studio, gallery: _Gallery
) -> list[SectionView]:
    views: list[SectionView] = []

    def add(key: str, title: str, template: str, further: FurtherView | None = None) -> None:
        views.append(SectionView(len(views) + 1, key, title, template, further))

    if data.layout == "exception":
        for section in data.further_sections:
            add(
                section.key,
                section.title,
                "sections/further.html.j2",
                _further(section, maker, studio, gallery),
            )
        return views
    known = set(_SECTIONS)
    taken = set(_SECTIONS)
    for key in _SECTIONS:
        add(key, wording.say(f"sections.{key}"), f"sections/{key}.html.j2")
        for section in data.further_sections:
            follows = section.after if section.after in known else "severity"
            if follows == key:
                view = _further(section, maker, studio, gallery)
                anchor = section.key if section.key not in taken else f"further-{len(views)}"
                taken.add(anchor)
                add(anchor, section.title, "sections/further.html.j2", view)
    return views


def _further(
    section: FurtherSection, maker: TableMaker, studio: Studio, gallery: _Gallery
) -> FurtherView:
    drawn = [
        *(draw_heat_map(chart, studio) for chart in section.heat_maps),
        *(draw_lines(chart, studio) for chart in section.charts),
    ]
    charts = tuple(gallery.hang(f"further-{len(gallery.svg)}", chart) for chart in drawn)
    return FurtherView(section, tuple(maker.make_further(t) for t in section.tables), charts)


def _tables(
    data: ReportData, maker: TableMaker, attachments: tuple[Attachment, ...]
) -> dict[str, TableView | tuple[TableView, ...]]:
    log = offset_tables.headline_log(data)
    quality = data.data_quality
    return {
        "headline": coverage_tables.headline_table(data, maker),
        "coverage": coverage_tables.coverage_tables(data, maker),
        "by_scope": coverage_tables.scope_table(data, maker),
        "exceedances": offset_tables.exceedance_table(log, maker),
        "register": offset_tables.register_table(log, maker),
        "classes": offset_tables.class_table(offset_tables.headline_classes(data), maker),
        "levels": offset_tables.level_table(data.level_credits, maker),
        "offsets": offset_tables.offset_table(data.offset_totals, maker),
        "tests": statistics_tables.result_table(statistics_tables.headline_tests(data), maker),
        "other_tests": statistics_tables.other_tests_table(data, maker),
        "severity": coverage_tables.severity_table(data.severity, maker),
        "contracts": context_tables.contract_table(quality.contract_results, maker),
        "failed_rules": context_tables.failed_rule_table(quality.contract_results, maker),
        "excluded": context_tables.excluded_table(quality.excluded_days, maker),
        "missing_prices": context_tables.missing_price_table(quality.missing_prices, maker),
        "inputs": context_tables.input_table(data.manifest.inputs, maker),
        "libraries": context_tables.library_table(data.manifest, maker),
        "annexes": context_tables.annex_table(attachments, maker),
    }


def _models(data: ReportData, maker: TableMaker) -> list[dict[str, object]]:
    return [
        {
            "declaration": model,
            "parameters": context_tables.parameter_table(model, maker),
            "groups": context_tables.group_table(model, maker),
        }
        for model in data.models
    ]


def _charts(
    data: ReportData, studio: Studio, gallery: _Gallery
) -> dict[str, ChartView | list[ChartView] | None]:
    v = data.verdict
    log = offset_tables.headline_log(data)
    classes = offset_tables.headline_classes(data)
    rows = coverage_tables.scopes_shown(data.coverage_by_scope)
    histories = [h for h in data.account_histories if h.dates][:_MOST_HISTORIES]
    margins = [h for h in data.margin_histories if h.dates][:_MOST_HISTORIES]
    has_interval = any(r.coverage_low_pct is not None for r in rows)
    return {
        "coverage": gallery.hang(
            "coverage",
            draw_coverage(rows, v.target_coverage_pct, v.interval_confidence_pct, studio),
        )
        if has_interval
        else None,
        "accounts": [
            gallery.hang(f"account-{i}", draw_account(h, studio)) for i, h in enumerate(histories)
        ],
        "months": gallery.hang(
            "months", draw_months(log, v.window_start_date, v.window_end_date, studio)
        )
        if log
        else None,
        "margins": [
            gallery.hang(f"margin-{i}", draw_margin(h, studio)) for i, h in enumerate(margins)
        ],
        "classes": gallery.hang("classes", draw_classes(classes, studio)) if classes else None,
    }
