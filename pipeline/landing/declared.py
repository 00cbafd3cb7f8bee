"""Taking typed words out of a source's declaration, one clear sentence for each that does not fit.

What the words mean belongs to ``source``.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any, NoReturn

from pipeline.errors import WrongUse


class Declared:
    """The words of one table of a declaration, taken one by one; what is left is an error.

    Parameters
    ----------
    document : object
        What TOML made of the table.
    where : str
        File, and table within it, for messages.

    Raises
    ------
    WrongUse
        From every method: a word is missing, unknown or of another type.
    """

    def __init__(self, document: object, where: str) -> None:
        self._where = where
        if not isinstance(document, Mapping):
            self.fail("", f"is {document!r}", "a table of named words")
        self._left: dict[str, Any] = dict(document)

    def fail(self, name: str, found: str, expected: str) -> NoReturn:
        """Raise the sentence of a word that does not fit."""
        place = f"the source {self._where}" + (f": {name}" if name else "")
        msg = f"{place} {found}; expected {expected}"
        raise WrongUse(msg)

    def finish(self) -> None:
        """Raise if a word has not been taken."""
        if self._left:
            self.fail(min(self._left), "is not known", "only the words of the documentation")

    def has(self, name: str) -> bool:
        """Tell whether a word is there."""
        return name in self._left

    def names(self) -> tuple[str, ...]:
        """Return the words that are left, in order."""
        return tuple(self._left)

    def _take(self, name: str, types: tuple[type, ...], expected: str, default: object) -> Any:
        if name not in self._left:
            if default is ...:
                self.fail(name, "is missing", expected)
            return default
        value = self._left.pop(name)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            self.fail(name, f"is {value!r}", expected)
        return value

    def text(self, name: str, default: object = ...) -> str:
        """Take a text."""
        return str(self._take(name, (str,), "a text", default))

    def word(self, name: str, allowed: Sequence[str], default: object = ...) -> str:
        """Take one of several words."""
        value = self.text(name, default)
        if value not in [str(word) for word in allowed]:
            self.fail(name, f"is {value!r}", f"one of {', '.join(filter(None, allowed))}")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Take true or false."""
        return bool(self._take(name, (bool,), "true or false", default))

    def whole(self, name: str, default: int) -> int:
        """Take a whole number of at least zero."""
        value = int(self._take(name, (int,), "a whole number", default))
        if value < 0:
            self.fail(name, f"is {value}", "a whole number of at least zero")
        return value

    def number(self, name: str, default: float) -> float:
        """Take a number."""
        return float(self._take(name, (int, float), "a number", default))

    def day(self, name: str) -> date | None:
        """Take an optional date."""
        day: date | None = self._take(name, (date,), "a date such as 2014-01-31", None)
        return day

    def clock(self, name: str) -> time | None:
        """Take an optional time of day."""
        clock: time | None = self._take(name, (time,), "a time such as 16:00:00", None)
        return clock

    def texts(self, name: str, default: object = ...) -> tuple[str, ...]:
        """Take a list of texts."""
        values = self._take(name, (list, tuple), "a list of texts", default)
        if not all(isinstance(value, str) for value in values):
            self.fail(name, f"is {values!r}", "a list of texts")
        return tuple(values)

    def table(self, name: str) -> dict[str, str]:
        """Take a table of texts by name."""
        values = self._take(name, (dict,), "a table of texts", ...)
        if not all(isinstance(value, str) for value in values.values()):
            self.fail(name, f"is {values!r}", "texts only")
        return dict(values)

    def pattern(self, name: str) -> str:
        """Take an optional regular expression; empty where there is none."""
        text = self.text(name, "")
        self.check_pattern(name, text)
        return text

    def check_pattern(self, name: str, text: str) -> None:
        """Refuse a text that is no regular expression."""
        try:
            re.compile(text)
        except re.error as error:
            self.fail(name, f"is no regular expression ({error})", "a regular expression")

    def group(self, name: str) -> "Declared":
        """Take a table of words."""
        return Declared(self._take(name, (dict,), "a table", ...), f"{self._where}, {name}")

    def groups(self, name: str) -> list["Declared"]:
        """Take an optional list of tables."""
        values = self._take(name, (list,), "a list of tables", ())
        return [
            Declared(value, f"{self._where}, {name} {number}")
            for number, value in enumerate(values, start=1)
        ]
