"""ReportData as JSON and back, for the way to the rendering process.

Nothing here knows what a field means: the type annotations of the dataclasses decide. Dates and
bytes are tagged objects, so that a union of text, number and date comes back as what it was.
"""

import base64
import json
import math
import types
import typing
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any

from pipeline.errors import CheckFailed
from pipeline.rendering.model import ReportData


def encode(data: ReportData) -> str:
    """Return the report's data as one JSON text.

    Raises
    ------
    CheckFailed
        When a number is not finite; the sentence names the field.
    """
    return json.dumps(_plain(data, "report"), allow_nan=False, ensure_ascii=False)


def decode(text: str) -> ReportData:
    """Return the data that `encode` wrote, equal to the original."""
    data: ReportData = _typed(ReportData, json.loads(text))
    return data


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"the report was not rendered: {where} is {value}, and every number must exist"
        raise CheckFailed(msg)
    if value is None or isinstance(value, bool | int | str | float):
        return value
    if isinstance(value, date | bytes):
        return _tag(value)
    if isinstance(value, tuple):
        return [_plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    return _members(value, where)


def _tag(value: date | bytes) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode("ascii")}
    return {"date": value.isoformat()}


def _members(value: Any, where: str) -> dict[str, Any]:
    if not is_dataclass(value):
        msg = f"{where} has the type {type(value).__name__}, which the report model does not know"
        raise TypeError(msg)
    kind: Any = type(value)
    return {name: _plain(getattr(value, name), f"{where}.{name}") for name in _field_types(kind)}


@cache
def _field_types(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in fields(kind)}


def _typed(kind: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return _tagged(value) if not is_dataclass(kind) else _built(kind, value)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _from_union(typing.get_args(kind), value)
    if origin is tuple:
        return _from_list(typing.get_args(kind), value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return float(value) if kind is float else value


def _built(kind: Any, members: dict[str, Any]) -> Any:
    hints = _field_types(kind)
    return kind(**{name: _typed(hints[name], member) for name, member in members.items()})


def _tagged(value: dict[str, str]) -> date | bytes:
    if "date" in value:
        return date.fromisoformat(value["date"])
    return base64.b64decode(value["bytes"])


def _from_list(members: tuple[Any, ...], values: list[Any]) -> tuple[Any, ...]:
    if len(members) == 2 and members[1] is Ellipsis:
        return tuple(_typed(members[0], item) for item in values)
    return tuple(_typed(member, item) for member, item in zip(members, values, strict=True))


def _from_union(members: tuple[Any, ...], value: Any) -> Any:
    for member in members:
        if isinstance(member, type) and issubclass(member, Enum) and isinstance(value, str):
            return member(value)
    if float in members and int not in members and isinstance(value, int):
        return float(value)
    return value
