"""Which characters the report's typeface can show, and how any other is written.

A character without a glyph would be printed as an empty box, or in whatever font the machine has,
and a control that reorders text could make one account look like another. Both are written as
their code point, ``[U+1F600]``; the annex files keep the text exactly as it was received.
"""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from markupsafe import Markup

_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs"})


class Printable:
    """Writes text with the characters that all the given fonts have.

    Parameters
    ----------
    fonts : iterable of Path
        TrueType fonts; a character must have a glyph in each.
    """

    def __init__(self, fonts: Iterable[Path]) -> None:
        shared: set[int] | None = None
        self._advance: dict[int, float] = {}
        for path in fonts:
            with TTFont(path, lazy=True) as font:
                names = font.getBestCmap()
                if shared is None:
                    widths, unit = font["hmtx"].metrics, font["head"].unitsPerEm
                    self._advance = {p: widths[name][0] / unit for p, name in names.items()}
            shared = set(names) if shared is None else shared & set(names)
        self._points = frozenset(
            p for p in shared or () if unicodedata.category(chr(p)) not in _INVISIBLE
        )
        shown = "".join(re.escape(chr(p)) for p in sorted(self._points))
        self._other = re.compile(f"[^{shown}]")

    def text(self, value: str) -> str:
        """Return the text with line breaks as spaces and unknown characters as code points."""
        return self._other.sub(_code_point, " ".join(value.split("\n")))

    def width(self, value: str) -> float:
        """Return the width of a text in em, as set in the first font."""
        return sum(self._advance.get(ord(c), 1.0) for c in self.text(value))

    def finalize(self, value: object) -> object:
        """Write one template expression; markup was built from parts that came through here."""
        if isinstance(value, Markup) or not isinstance(value, str):
            return value
        return self.text(value)


def _code_point(match: re.Match[str]) -> str:
    return f"[U+{ord(match.group()):04X}]"
