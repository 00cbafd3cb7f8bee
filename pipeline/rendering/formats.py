"""How a finished number is written: separators, decimals, minus sign, scale of amounts.

Nothing is computed here beyond rounding for the eye; the annex files hold the numbers unrounded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.rendering.model import ReportData
from pipeline.rendering.wording import Wording

MINUS = "\u2212"
NOTHING = "\u2013"
_MOST_DECIMALS = 12
# Amounts are shown in the smallest unit that keeps the widest column within a table cell.
_SCALES = (("one", 1.0), ("thousand", 1e3), ("million", 1e6), ("billion", 1e9))
_WIDEST = 1e9


@dataclass(frozen=True)
class Scale:
    """Unit in which the report's amounts are written."""

    name: str
    divisor: float
    decimals: int


def choose_scale(amounts: Iterable[float | None]) -> Scale:
    """Choose the unit for all amounts of a report from the largest of them.

    Parameters
    ----------
    amounts : iterable of float or None
        Amounts in reporting currency.

    Returns
    -------
    Scale
        Whole units up to a thousand million, then thousands and so on; decimals where amounts are
        small, as in a report kept in coin.
    """
    largest = max((abs(a) for a in amounts if a is not None), default=0.0)
    name, divisor = next((scale for scale in _SCALES if largest / scale[1] < _WIDEST), _SCALES[-1])
    if name != "one" or largest >= 1e5:
        return Scale(name, divisor, 0)
    return Scale(name, divisor, 2 if largest >= 100 or largest == 0 else 6)


class Formats:
    """Number formats of one report in one language."""

    def __init__(self, wording: Wording, currency: str, scale: Scale) -> None:
        self._wording = wording
        self._point = wording.say("format.decimal_point")
        self._group = wording.say("format.thousands_separator")
        self._scale = scale
        scale_word = wording.say(f"format.scale.{scale.name}")
        self.unit = f"{currency} {scale_word}".strip()

    def number(self, value: float | None, decimals: int) -> str:
        """Write a number with a true minus sign; a number that does not exist as a dash."""
        if value is None:
            return NOTHING
        text = f"{abs(value):,.{decimals}f}"
        text = text.replace(",", "\0").replace(".", self._point).replace("\0", self._group)
        is_zero = not any(c in "123456789" for c in text)
        return MINUS + text if value < 0 and not is_zero else text

    def amount(self, value: float | None) -> str:
        """Write an amount of reporting currency in the report's unit, which the header names."""
        return self.number(
            None if value is None else value / self._scale.divisor, self._scale.decimals
        )

    def money(self, value: float | None) -> str:
        """Write an amount with its unit, for running text."""
        return NOTHING if value is None else f"{self.unit}\u00a0{self.amount(value)}"

    def count(self, value: float | None) -> str:
        """Write a whole number."""
        return self.number(value, 0)

    def pct(self, value: float | None, decimals: int = 1) -> str:
        """Write a percentage without its sign, which the column header carries."""
        return self.number(value, decimals)

    def coverage(self, value: float | None, target: float | None = None) -> str:
        """Write a coverage in per cent, never rounded across 100 or across its target.

        A coverage of 99.9996 must not be printed as 100.00, nor 98.998 as 99.00 beside a target of
        99.00: decimals are added until the printed number is on the right side.
        """
        if value is None:
            return NOTHING
        marks = [100.0] if target is None else [100.0, target]
        for decimals in range(2, _MOST_DECIMALS + 1):
            shown = round(value, decimals)
            if all((shown < mark) == (value < mark) for mark in marks):
                return self.number(value, decimals)
        return self.number(value, _MOST_DECIMALS)

    def target(self, value: float, least: int = 1) -> str:
        """Write a confidence level with the decimals it was declared with."""
        decimals = next(d for d in range(least, 13) if round(value, d) == value or d == 12)
        return self.number(value, decimals)

    def interval(self, low: float | None, high: float | None) -> str:
        """Write an interval of coverages in per cent."""
        if low is None or high is None:
            return NOTHING
        return self._wording.say(
            "format.interval", low=self.coverage(low), high=self.coverage(high)
        )

    def p_value(self, value: float | None) -> str:
        """Write a p-value to three decimals, and a smaller one as an inequality."""
        if value is None:
            return NOTHING
        if value < 0.001:
            return "<\u2009" + self.number(0.001, 3)
        return self.number(value, 3)

    def iso(self, value: date | None) -> str:
        """Write a date for a table."""
        return NOTHING if value is None else value.isoformat()

    def long_date(self, value: date) -> str:
        """Write a date for running text."""
        months = self._wording.items("format.months")
        return self._wording.say(
            "format.long_date", day=value.day, month=months[value.month - 1], year=value.year
        )


def make_formats(data: ReportData, wording: Wording) -> Formats:
    """Return the formats of a report, with the unit its amounts need."""
    v = data.verdict
    amounts: list[float | None] = [
        v.standalone_margin_amount,
        v.tested_margin_amount,
        v.total_shortfall_amount,
        v.largest_shortfall_amount,
    ]
    for e in data.exceedances:
        amounts += [e.loss_amount, e.standalone_margin_amount, e.shortfall_amount]
    for row in data.coverage:
        amounts.append(row.total_shortfall_amount)
    for total in data.offset_totals:
        amounts += [total.standalone_margin_amount, total.netted_margin_amount]
    return Formats(wording, data.currency, choose_scale(amounts))
