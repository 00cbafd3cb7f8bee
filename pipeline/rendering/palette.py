"""Colours, line styles and figure settings that all charts share; no data and no text.

The hues are those of Okabe and Ito's palette for colour-blind readers, darkened until each has
contrast on white paper; no meaning rests on colour alone: lines also differ in dash, areas in
hatching, points in shape, so that the report can be printed in grey.
"""

from typing import Any

INK = "#1b2733"
GRID = "#d5dbe1"
MUTED = "#6b7785"
BLUE = "#00568c"
VERMILION = "#b23c00"
GREEN = "#00694b"
PURPLE = "#8a4770"
AMBER = "#a86f00"
SKY = "#b9d4e8"
PALE = "#e9edf1"

FONT_FAMILY = "IBM Plex Sans"
INCHES_PER_MM = 1 / 25.4
WIDTH_MM = 170.0

BASIS_STYLES: dict[str, dict[str, Any]] = {
    "standalone": {"color": MUTED, "linestyle": (0, (5, 2)), "linewidth": 1.0},
    "netted": {"color": VERMILION, "linestyle": (0, (1, 1.2)), "linewidth": 1.2},
    "capped": {"color": BLUE, "linestyle": "solid", "linewidth": 1.3},
    "called": {"color": GREEN, "linestyle": (0, (6, 1.5, 1, 1.5)), "linewidth": 1.1},
}
CLASS_STYLES: dict[str, dict[str, Any]] = {
    "capped": {"facecolor": "#c9dcea", "edgecolor": BLUE, "hatch": "...."},
    "offset": {"facecolor": VERMILION, "edgecolor": VERMILION, "hatch": ""},
    "model": {"facecolor": "white", "edgecolor": INK, "hatch": "/////"},
    "called": {"facecolor": "#d9d9d9", "edgecolor": GREEN, "hatch": "\\\\\\\\"},
    "none": {"facecolor": PALE, "edgecolor": MUTED, "hatch": ""},
}

SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "adequacy-report",
    "svg.id": None,
    "font.family": [FONT_FAMILY],
    "font.size": 7.5,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 7.5,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "lines.linewidth": 1.2,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "legend.handlelength": 2.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "xtick.major.size": 2.5,
    "ytick.major.size": 0.0,
    "xtick.major.width": 0.5,
    "path.simplify": True,
}
