"""Taking typed fields out of a YAML mapping, one clear sentence for each that does not fit.

What the fields mean belongs to ``declaration``.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.errors import WrongUse


class Fields:
    """The fields of one mapping of a declaration, taken one by one; what is left is an error.

    Parameters
    ----------
    document : object
        What YAML made of the mapping.
    where : str
        File, and list within it, for messages.

    Raises
    ------
    WrongUse
        From every method: the mapping is none, or a field is missing, unknown or of another type.
    """

    def __init__(self, document: object, where: str) -> None:
        if not isinstance(document, Mapping):
            msg = f"the data contract {where} holds {document!r}; expected named fields"
            raise WrongUse(msg)
        self._left: dict[str, Any] = {str(key): value for key, value in document.items()}
        name = self._left.get("name")
        self._where = f"{where}, {name}" if name else where

    def finish(self) -> None:
        """Raise if a field has not been taken."""
        if self._left:
            msg = f"the data contract {self._where} has the unknown field {min(self._left)!r}"
            raise WrongUse(msg)

    def _take(self, name: str, expected: str, types: tuple[type, ...], default: object) -> Any:
        value = self._left.pop(name, default)
        fits = isinstance(value, types) and (bool in types or not isinstance(value, bool))
        if not fits and (value is not default or default is ...):
            found = "is missing" if value is ... else f"is {value!r}"
            msg = f"the data contract {self._where}: {name} {found}; expected {expected}"
            raise WrongUse(msg)
        return value

    def text(self, name: str, default: object = ...) -> str:
        """Take a text."""
        return str(self._take(name, "a text", (str,), default))

    def day(self, name: str) -> date:
        """Take a date."""
        day: date = self._take(name, "a date", (date,), ...)
        return day

    def flag(self, name: str, *, default: object = ...) -> bool:
        """Take true or false."""
        return bool(self._take(name, "true or false", (bool,), default))

    def number(self, name: str) -> float | None:
        """Take an optional number."""
        value = self._take(name, "a number", (int, float), None)
        return None if value is None else float(value)

    def word(self, name: str, allowed: Sequence[str]) -> str:
        """Take one of several words."""
        return self._require(name, self.text(name), allowed)

    def words(self, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """Take an optional list of words."""
        return tuple(self._require(name, word, allowed) for word in self.texts(name, ()))

    def _require(self, name: str, word: str, allowed: Sequence[str]) -> str:
        if word not in list(map(str, allowed)):
            msg = (
                f"the data contract {self._where}: {name} is {word!r}; expected one of"
                f" {', '.join(map(str, allowed))}"
            )
            raise WrongUse(msg)
        return word

    def texts(self, name: str, default: object = ...) -> tuple[str, ...]:
        """Take a list of texts."""
        values = self._take(name, "a list of texts", (list,), default)
        if not all(isinstance(value, str) for value in values):
            msg = f"the data contract {self._where}: {name} is {values!r}; expected texts"
            raise WrongUse(msg)
        return tuple(values)

    def entries(self, name: str) -> list["Fields"]:
        """Take a list of mappings."""
        values = self._take(name, "a list", (list,), ...)
        return [Fields(value, f"{self._where}, {name}") for value in values]
