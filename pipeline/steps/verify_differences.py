"""Two trees of plain values compared, each difference a sentence.

Values as JSON holds them. What is compared, and which of the two is right, the caller says.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

_IDENTITY = (
    "model_id",
    "track",
    "scope",
    "scope_id",
    "mpor_days",
    "window_name",
    "margin_basis",
    "loss_basis",
    "business_date",
    "account_id",
    "instrument_id",
    "exceedance_class",
    "level",
    "test",
    "contract",
    "rule",
    "column_name",
    "code",
    "key",
    "kind",
    "name",
)
"""Names that together tell one row of a table from the others."""
_RELATIVE = 1e-9
_ABSOLUTE = 1e-9


def state_differences(
    first: Any, second: Any, named: tuple[str, str], where: str = ""
) -> list[str]:
    """Say where two trees differ.

    Parameters
    ----------
    first, second
        Mappings, sequences, texts, numbers and None, as JSON holds them. Members that only one
        mapping has are passed over, rows that only one table has are not.
    named : tuple of str
        What the two are called, for the sentences.
    where : str
        Name of the place compared.

    Returns
    -------
    list of str
        One sentence for each difference; numbers are equal within a relative 1e-9, which is what
        the order of a sum may change.
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return [
            sentence
            for name, value in first.items()
            if name in second
            for sentence in state_differences(
                value, second[name], named, f"{where}.{name}" if where else name
            )
        ]
    if _is_table(first) and _is_table(second) and (first or second):
        return _compare_rows(first, second, named, where)
    if _is_list(first) and _is_list(second):
        return _compare_lists(first, second, named, where)
    if _is_equal(first, second):
        return []
    return [f"{where} is {_say(first)} in {named[0]} and {_say(second)} in {named[1]}"]


def shorten(sentences: Sequence[str], most: int = 20) -> list[str]:
    """Return the first sentences and the number of the others."""
    if len(sentences) <= most:
        return list(sentences)
    return [*sentences[:most], f"and {len(sentences) - most} more differences of this kind"]


def _compare_rows(
    first: Sequence[Mapping[str, Any]],
    second: Sequence[Mapping[str, Any]],
    named: tuple[str, str],
    where: str,
) -> list[str]:
    left, right = _by_identity(first), _by_identity(second)
    sentences = [
        f"{where} ({key}) stands in {named[0]} and not in {named[1]}"
        for key in left
        if key not in right
    ]
    sentences += [
        f"{where} ({key}) stands in {named[1]} and not in {named[0]}"
        for key in right
        if key not in left
    ]
    for key, row in left.items():
        if key in right:
            sentences += state_differences(row, right[key], named, f"{where} ({key})")
    return sentences


def _compare_lists(
    first: Sequence[Any], second: Sequence[Any], named: tuple[str, str], where: str
) -> list[str]:
    if len(first) != len(second):
        return [f"{where} has {len(first)} values in {named[0]} and {len(second)} in {named[1]}"]
    return [
        sentence
        for i, (one, other) in enumerate(zip(first, second, strict=True), start=1)
        for sentence in state_differences(one, other, named, f"{where}, number {i}")
    ]


def _by_identity(rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Index rows by what names them; rows of one name are told apart by their order."""
    indexed: dict[str, Mapping[str, Any]] = {}
    seen: dict[str, int] = {}
    for row in rows:
        parts = (_plain_text(row[name]) for name in _IDENTITY if row.get(name) not in (None, ""))
        name = ", ".join(parts)
        seen[name] = seen.get(name, 0) + 1
        indexed[name if seen[name] == 1 else f"{name}, number {seen[name]}"] = row
    return indexed


def _plain_text(value: Any) -> str:
    return str(value["date"]) if isinstance(value, Mapping) and "date" in value else str(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_table(value: Any) -> bool:
    return _is_list(value) and all(
        isinstance(row, Mapping) and any(name in row for name in _IDENTITY) for row in value
    )


def _is_equal(first: Any, second: Any) -> bool:
    is_number = isinstance(first, int | float) and isinstance(second, int | float)
    if is_number:
        return math.isclose(first, second, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    return bool(first == second)


def _say(value: Any) -> str:
    text = "nothing" if value is None or value == "" else str(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
