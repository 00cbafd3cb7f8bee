"""Turning mappings into frozen declarations, each fault in one sentence that names the key.

What a key means belongs to the declarations themselves.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pipeline.errors import WrongUse

Declared = TypeVar("Declared")


def require_value(condition: bool, where: str, expected: str) -> None:
    """Raise `WrongUse` with what was expected unless the condition holds."""
    if not condition:
        msg = f"{where}: expected {expected}"
        raise WrongUse(msg)


def build(kind: type[Declared], given: object, where: str) -> Declared:
    """Build a declaration from a mapping, refusing unknown keys and values of a wrong type.

    Tables nest: a field that is itself a declaration, or a tuple of declarations, is built from
    the table, or the array of tables, under its name.

    Parameters
    ----------
    kind : type
        A frozen dataclass; its annotations say what each value may be.
    given : mapping
        What was read.
    where : str
        Path of the table, for the sentence.

    Returns
    -------
    object of type ``kind``

    Raises
    ------
    WrongUse
        An unknown or missing key, or a value of another type.
    """
    if not isinstance(given, Mapping):
        msg = f"{where}: expected a table"
        raise WrongUse(msg)
    hints = get_type_hints(kind)
    names = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(set(given) - set(names))
    if unknown:
        msg = f"{where}: unknown key {unknown[0]!r}; known keys are {', '.join(sorted(names))}"
        raise WrongUse(msg)
    dot = "." if ":" in where else ": "  # the file's name ends with a colon, tables with a dot
    values = {k: _convert(hints[k], v, f"{where}{dot}{k}") for k, v in given.items()}
    try:
        return kind(**values)
    except TypeError as error:
        msg = f"{where}: {str(error).split(') ')[-1]}"
        raise WrongUse(msg) from error


def _convert(hint: Any, value: object, where: str) -> Any:
    """Return the value as its annotation says, or refuse it."""
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        return _convert(next(a for a in get_args(hint) if a is not type(None)), value, where)
    if origin is tuple:
        require_value(isinstance(value, list | tuple), where, "a list")
        inner = get_args(hint)[0]
        return tuple(_convert(inner, v, where) for v in value)  # type: ignore[attr-defined]
    if origin is Literal:
        allowed = get_args(hint)
        require_value(value in allowed, where, f"one of {', '.join(map(str, allowed))}")
        return value
    if is_dataclass(hint) and isinstance(hint, type):
        return value if isinstance(value, hint) else build(hint, value, where)
    return _convert_plain(hint, value, where)


def _convert_plain(hint: Any, value: object, where: str) -> Any:
    if hint is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        require_value(number and value == value, where, "a number")  # NaN differs from itself
        return float(value)  # type: ignore[arg-type]
    if hint is int:
        require_value(
            isinstance(value, int) and not isinstance(value, bool), where, "a whole number"
        )
    elif hint is bool:
        require_value(isinstance(value, bool), where, "true or false")
    elif hint is str:
        require_value(isinstance(value, str), where, "text")
    elif hint is date:
        require_value(type(value) is date, where, "a date such as 2008-09-01")
    elif isinstance(hint, type) and hasattr(hint, "__members__"):
        allowed = [str(member) for member in hint]  # type: ignore[attr-defined]
        require_value(value in allowed, where, f"one of {', '.join(allowed)}")
        return hint(value)
    return value
