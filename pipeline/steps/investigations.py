"""The questions in ``sql/investigate``: what each asks, needs and answers, from its header.

A header says question, parameters, grain, inputs and an example of the answer. Running a question
does not belong here.
"""

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import WrongUse
from pipeline.resources import resource_path
from pipeline.steps.query_parameters import Parameter, parse_parameter

PARTS = ("Question", "Parameters", "Grain", "Inputs", "Example")


@dataclass(frozen=True)
class Investigation:
    """One query with its header.

    Attributes
    ----------
    name : str
        Name of the file without its ending.
    question, grain, inputs : str
        What it asks, what a row of the answer stands for, what it reads.
    parameters : tuple of Parameter
        In the order of the header.
    example : tuple of str
        Lines of an example answer.
    text : str
        The whole file.
    """

    name: str
    question: str
    grain: str
    inputs: str
    parameters: tuple[Parameter, ...]
    example: tuple[str, ...]
    text: str


def read_header(text: str) -> dict[str, list[str]]:
    """Return the lines of each part of a header, without the comment signs."""
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        content = line[2:].removeprefix(" ")
        name, separator, rest = content.partition(":")
        if separator and name in PARTS:
            current = parts.setdefault(name, [])
            content = rest
        current.append(content)
    return parts


def parse_investigation(path: Path) -> Investigation:
    """Read a query and the header it may have.

    Raises
    ------
    WrongUse
        The file cannot be read, or its header declares a parameter wrongly.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the query {path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise WrongUse(msg) from error
    parts = read_header(text)
    return Investigation(
        name=path.stem,
        question=_join(parts.get("Question", [])),
        grain=_join(parts.get("Grain", [])),
        inputs=_join(parts.get("Inputs", [])),
        parameters=tuple(parse_parameter(t) for t in _unfold(parts.get("Parameters", []))),
        example=tuple(line.strip() for line in parts.get("Example", []) if line.strip()),
        text=text,
    )


def _join(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())


def _unfold(lines: list[str]) -> list[str]:
    """Join a declaration whose meaning runs over lines; those go in further than its name."""
    folded: list[str] = []
    for line in lines:
        if not line.strip() or line.strip() == "none.":
            continue
        if line.startswith("    ") and folded:
            folded[-1] += f" {line.strip()}"
        else:
            folded.append(line.strip())
    return folded


def list_investigations() -> list[Investigation]:
    """Return every question that is shipped, by name."""
    folder = resource_path("sql/investigate")
    return [parse_investigation(path) for path in sorted(folder.glob("*.sql"))]


def find_investigation(source: str) -> Investigation:
    """Return a question by its name, or a query by the path of its file.

    Raises
    ------
    WrongUse
        Neither is there.
    """
    path = Path(source)
    if path.is_file():
        return parse_investigation(path)
    names = {path.stem: path for path in resource_path("sql/investigate").glob("*.sql")}
    if source not in names:
        msg = f"{source!r} is neither a file nor a question; 'marginproof sql --list' names them"
        raise WrongUse(msg)
    return parse_investigation(names[source])


def format_list(investigations: list[Investigation]) -> str:
    """Return the questions as text, each with its parameters."""
    lines = []
    for one in investigations:
        lines += [one.name, f"  {one.question}"]
        lines += [f"    {_describe(parameter)}" for parameter in one.parameters]
    return "\n".join(lines) + "\n"


def _describe(parameter: Parameter) -> str:
    told = (
        f"for example {parameter.example}"
        if parameter.default is None
        else f"default {parameter.default}"
    )
    return f"{parameter.name} ({parameter.kind}, {told}): {parameter.meaning}"
