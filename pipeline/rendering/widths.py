"""How wide the columns of a table are, from the text they hold.

The browser's own rule for tables of automatic width, applied before layout, because the layout of
tables with fixed widths is faster and does not depend on where a page ends.
"""

import re
from collections.abc import Callable, Sequence

PAGE_MM = 170.0
EM_MM = {"": 2.646, "dense": 2.399}  # 7.5 pt and 6.8 pt
_BOLD_FACTOR = 1.07  # headings and marked cells are semibold
_PADDING_MM = 3.6
_WIDEST_WORD_MM = 40.0
_WIDEST_TEXT_MM = 110.0
_BREAKS = re.compile(r"(?<=[\s\-/])")

Measure = Callable[[str], float]


def plain_measure(text: str) -> float:
    """Return a rough width of a text in em, where no font is at hand."""
    return 0.58 * len(text)


def fit_columns(
    headings: Sequence[str], rows: Sequence[Sequence[str]], em_mm: float, measure: Measure
) -> list[float]:
    """Share the page width among columns by what they hold.

    Parameters
    ----------
    headings : sequence of str
        Heading of each column, its unit included.
    rows : sequence of sequences of str
        Finished text of each cell.
    em_mm : float
        Type size in millimetres.
    measure : callable
        Width of a text in em.

    Returns
    -------
    list of float
        Widths in millimetres. Where everything fits on one line, the rest of the width is shared
        in proportion; else each column has its longest word, and longer texts get what is left in
        proportion to what they lack.
    """
    least, most = [], []
    for i, heading in enumerate(headings):
        texts = {row[i] for row in rows}
        words = {word for text in texts for word in _BREAKS.split(text)}
        heading_word = _widest(set(heading.split()), measure)
        word = max(_widest(words, measure), heading_word) * _BOLD_FACTOR * em_mm
        text = max(_widest(texts, measure), heading_word) * _BOLD_FACTOR * em_mm
        least.append(min(word, _WIDEST_WORD_MM) + _PADDING_MM)
        most.append(min(text, _WIDEST_TEXT_MM) + _PADDING_MM)
    if sum(most) <= PAGE_MM:
        return [width * PAGE_MM / sum(most) for width in most]
    lacking = [max(0.0, b - a) for a, b in zip(least, most, strict=True)]
    spare = max(0.0, PAGE_MM - sum(least)) / (sum(lacking) or 1.0)
    return [a + lack * spare for a, lack in zip(least, lacking, strict=True)]


def _widest(texts: set[str], measure: Measure) -> float:
    return max((measure(text.strip()) for text in texts), default=0.0)
