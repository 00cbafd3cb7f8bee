"""What every chart needs: the canvas, the axes, the legend, and the words beside the series.

No chart is drawn here. The canvas is a figure of its own with settings of its own, so that neither
a user's matplotlib settings nor an earlier figure can change a byte.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import dates as mdates
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.rendering import palette
from pipeline.rendering.formats import Formats
from pipeline.rendering.wording import Wording

_LABEL_LENGTH = 30
_HANDLE_LENGTH = 9  # sample line and gaps of a legend entry, in characters
_WIDEST_LEGEND = 125


@dataclass(frozen=True)
class Chart:
    """One chart: SVG text, caption and alternative text."""

    svg: str
    caption: str
    alternative_text: str


@dataclass(frozen=True)
class Studio:
    """What drawing needs beside the series: words, number formats, currency, glyph check."""

    wording: Wording
    formats: Formats
    currency: str
    printable: Callable[[str], str]

    def label(self, text: str) -> str:
        """Return a name short enough for an axis, in characters that can be shown."""
        shown = self.printable(text)
        return shown if len(shown) <= _LABEL_LENGTH else shown[: _LABEL_LENGTH - 1] + "…"


def register_font(path: Path) -> None:
    """Make a font file known to matplotlib, once."""
    known = {Path(entry.fname) for entry in font_manager.fontManager.ttflist}
    if path not in known:
        font_manager.fontManager.addfont(str(path))


@contextmanager
def canvas(height_mm: float) -> Iterator[tuple[Axes, Callable[[], str]]]:
    """Yield the axes of a new figure and a function that gives its SVG once it is closed."""
    with mpl.rc_context():
        mpl.rcdefaults()
        settings: Any = palette.SETTINGS
        mpl.rcParams.update(settings)
        size = (palette.WIDTH_MM * palette.INCHES_PER_MM, height_mm * palette.INCHES_PER_MM)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        text = io.StringIO()
        yield axes, text.getvalue
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})


def floats(values: Sequence[float | None]) -> Any:
    """Return the values as an array in which a missing one is NaN, so that a line has a gap."""
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def days_of(dates: Sequence[date]) -> Any:
    """Return the dates as an array of days."""
    return np.array(dates, dtype="datetime64[D]")


def largest(values: Any) -> float | None:
    """Return the largest finite value."""
    finite = values[np.isfinite(values)]
    return float(finite.max()) if finite.size else None


def last(values: Any) -> float | None:
    """Return the last finite value."""
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if finite.size else None


def amount_axis(axes: Axes, values: Any, studio: Studio, *, vertical: bool = True) -> str:
    """Label an axis of amounts in a readable unit and return the unit."""
    finite = np.abs(values[np.isfinite(values)])
    widest = float(finite.max()) if finite.size else 0.0
    scales = (("billion", 1e9), ("million", 1e6), ("thousand", 1e3), ("one", 1.0))
    name, divisor = next((s for s in scales if widest >= s[1]), scales[-1])
    axis, which = (axes.yaxis, "y") if vertical else (axes.xaxis, "x")
    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(
        FuncFormatter(lambda v, _: tick_text(v, axes, studio, which, divisor=divisor))
    )
    return f"{studio.currency} {studio.wording.say(f'format.scale.{name}')}".strip()


def tick_text(
    value: float, axes: Axes, studio: Studio, which: str = "x", *, divisor: float = 1.0
) -> str:
    """Write a tick with as many decimals as the distance between ticks needs."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    places = np.array(axis.get_majorticklocs()) / divisor
    step = float(np.min(np.diff(places))) if len(places) > 1 else 1.0
    decimals = next((d for d in range(7) if abs(round(step, d) - step) < step * 1e-6), 6)
    return studio.formats.number(value / divisor, decimals)


def date_axis(axes: Axes, dates: Sequence[date]) -> None:
    """Fit the x axis to the dates."""
    axes.set_xlim(*days_of([dates[0], dates[-1]]) + np.array([0, 1]))
    untyped: Any = mdates
    axes.xaxis.set_major_locator(untyped.AutoDateLocator(minticks=4, maxticks=9))
    span = (dates[-1] - dates[0]).days
    axes.xaxis.set_major_formatter(untyped.DateFormatter("%Y-%m" if span > 120 else "%m-%d"))
    axes.grid(axis="x", visible=False)


def legend(axes: Axes) -> None:
    """Put the legend above the axes, in one row or, where it would be too wide, in two."""
    handles, labels = axes.get_legend_handles_labels()
    width = sum(len(label) + _HANDLE_LENGTH for label in labels)
    rows = 2 if width > _WIDEST_LEGEND and len(handles) > 1 else 1
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=max(1, -(-len(handles) // rows)),
        borderaxespad=0.2,
        columnspacing=1.4,
        handletextpad=0.6,
    )
