"""Parameters of a query: what its header declares, and the values a person gives.

Running the query does not belong here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.errors import WrongUse

Value = str | int | float | date | None
_LINE = re.compile(
    r"(?P<name>\w+) (?P<kind>date|number|text)"
    r"(?: = (?P<default>\S+)|, for example (?P<example>\S+)): (?P<meaning>.+)"
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a query.

    Attributes
    ----------
    name, kind : str
        Name without the dollar sign; ``date``, ``number`` or ``text``.
    meaning : str
        What it is about.
    default : str or None
        Value where none is given; None where one must be given. ``champion`` stands for the first
        model in force, ``newest`` for the last date with prices, ``none`` for null.
    example : str or None
        A value to try, of a parameter without a default.
    """

    name: str
    kind: str
    meaning: str
    default: str | None
    example: str | None


def parse_parameter(text: str) -> Parameter:
    """Read one declaration: ``name kind = default: meaning`` or ``name kind, for example x: ...``.

    Raises
    ------
    WrongUse
        The text is no declaration.
    """
    found = _LINE.fullmatch(text)
    if found is None:
        msg = (
            f"the parameter {text!r} is not declared as 'name kind = default: meaning' or"
            " 'name kind, for example value: meaning', with date, number or text as kind"
        )
        raise WrongUse(msg)
    return Parameter(
        found["name"], found["kind"], found["meaning"], found["default"], found["example"]
    )


def read_assignments(assignments: Iterable[str]) -> dict[str, str]:
    """Read ``name=value`` texts.

    Raises
    ------
    WrongUse
        A text has no equals sign, or a name comes twice.
    """
    given: dict[str, str] = {}
    for assignment in assignments:
        name, separator, value = assignment.partition("=")
        if not separator or not name.isidentifier():
            msg = f"--param {assignment!r} is not of the form name=value"
            raise WrongUse(msg)
        if name in given:
            msg = f"the parameter {name} is given twice"
            raise WrongUse(msg)
        given[name] = value
    return given


def guess_parameters(names: Iterable[str], given: Mapping[str, str]) -> list[Parameter]:
    """Declare the parameters of a query without a header by the look of their values."""
    return [Parameter(name, _guess_kind(given.get(name, "")), "", None, None) for name in names]


def _guess_kind(value: str) -> str:
    if _DATE.fullmatch(value):
        return "date"
    try:
        float(value)
    except ValueError:
        return "text"
    return "number"


def bind_parameters(
    parameters: Sequence[Parameter],
    given: Mapping[str, str],
    used: Iterable[str],
    meanings: Mapping[str, Value],
) -> dict[str, Value]:
    """Return the value of every parameter that the query uses, in its type.

    Parameters
    ----------
    parameters : sequence of Parameter
        What the query declares.
    given : mapping of str to str
        What the person gave.
    used : iterable of str
        Names that the text of the query mentions.
    meanings : mapping of str to value
        What ``champion`` and ``newest`` stand for.

    Returns
    -------
    dict of str to value
        By name.

    Raises
    ------
    WrongUse
        A parameter is missing, unknown, or its value is not of its kind.
    """
    declared = {parameter.name: parameter for parameter in parameters}
    unknown = sorted(set(given) - set(declared))
    if unknown:
        known = f"its parameters are {', '.join(declared)}" if declared else "it takes none"
        msg = f"the query has no parameter {unknown[0]}; {known}"
        raise WrongUse(msg)
    missing = [p for p in parameters if p.name not in given and p.default is None]
    if missing:
        needed = ", ".join(f"{p.name} ({p.kind})" for p in missing)
        sample = " ".join(f"--param {p.name}={p.example or 'VALUE'}" for p in missing)
        msg = f"the query needs {needed}; add {sample}"
        raise WrongUse(msg)
    values: dict[str, Value] = {}
    for name in sorted(set(used)):
        parameter = declared[name]
        if name in given:
            values[name] = _convert(parameter, given[name])
        elif parameter.default in meanings:
            values[name] = meanings[str(parameter.default)]
        else:
            values[name] = _convert(parameter, str(parameter.default))
    return values


def _convert(parameter: Parameter, value: str) -> Value:
    if parameter.kind == "text":
        return value
    try:
        if parameter.kind == "date":
            return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - no zone in a date
        number = float(value)
    except ValueError as error:
        form = "a date as YYYY-MM-DD" if parameter.kind == "date" else "a number"
        msg = f"the parameter {parameter.name} is {value!r}; expected {form}"
        raise WrongUse(msg) from error
    return int(number) if number.is_integer() else number
