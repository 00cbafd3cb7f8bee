"""The shell for queries: reads statements and dot commands, on a terminal or from a pipe.

How a query runs and how rows are written is decided elsewhere.
"""

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from pipeline.errors import MarginproofError, WrongUse
from pipeline.settings import Settings
from pipeline.steps.catalogue import describe_table
from pipeline.steps.investigations import (
    find_investigation,
    format_list,
    list_investigations,
)
from pipeline.steps.query import Analyst, run_query
from pipeline.steps.query_output import write_rows
from pipeline.steps.query_parameters import read_assignments
from pipeline.warehouse.connection import fetch_frame

_HELP = """\
Write a query and end it with a semicolon.
.list                   the questions that have a name
.run NAME [name=value]  run one of them
.tables                 tables and views
.describe TABLE         what a table and its columns hold
.snapshot               which snapshot is read
.help                   this text
.quit                   leave
"""
_HISTORY = "sql_history"
_KEYWORDS = (
    *("SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "JOIN", "LEFT JOIN", "USING"),
    *("HAVING", "QUALIFY", "WITH", "UNION ALL", "AND", "BETWEEN", "IS NULL", "DISTINCT", "CASE"),
)


class Shell:
    """Answers one statement or dot command at a time.

    Parameters
    ----------
    analyst : Analyst
        Where queries run.
    output_format : str
        How rows are written.
    out : text stream
        Where answers go.
    """

    def __init__(self, analyst: Analyst, output_format: str, out: TextIO) -> None:
        self._analyst = analyst
        self._format = output_format
        self._out = out

    def answer(self, text: str) -> bool:
        """Answer one input; return whether the shell goes on.

        Raises
        ------
        MarginproofError
            The input is wrong or the query fails.
        """
        text = text.strip()
        if text in {".quit", ".exit", ".q"}:
            return False
        if text.startswith("."):
            self._out.write(self._command(text))
        elif text.strip("; \n"):
            self._write(run_query(self._analyst, text))
        return True

    def _command(self, text: str) -> str:
        name, *arguments = shlex.split(text)
        if name == ".help":
            return _HELP
        if name == ".list":
            return format_list(list_investigations())
        if name == ".tables":
            return "\n".join(sorted(read_names(self._analyst))) + "\n"
        if name == ".snapshot":
            return f"{self._analyst.told}\n"
        if name == ".describe" and len(arguments) == 1:
            return describe_table(arguments[0].rstrip(";"))
        if name == ".run" and arguments:
            asked = find_investigation(arguments[0])
            given = read_assignments(arguments[1:])
            self._write(run_query(self._analyst, asked.text, given, asked.parameters))
            return ""
        msg = f"no command {text!r}; .help names them"
        raise WrongUse(msg)

    def _write(self, frame: Any) -> None:
        self._out.write(write_rows(frame, self._format).decode())


def split_input(lines: Iterable[str]) -> Iterator[str]:
    """Yield dot commands and statements, each of the latter up to its semicolon.

    A semicolon ends a statement at the end of a line only, so that one inside a text does not.
    """
    held: list[str] = []
    for line in lines:
        if not held and line.lstrip().startswith("."):
            yield line
            continue
        held.append(line)
        if line.rstrip().endswith(";"):
            yield "\n".join(held)
            held = []
    if any(line.strip() for line in held):
        yield "\n".join(held)


def run_shell(settings: Settings, analyst: Analyst, output_format: str) -> None:
    """Run the shell: with history and completion on a terminal, else line by line from stdin.

    Raises
    ------
    MarginproofError
        A statement from a pipe is wrong or fails; the ones after it are not run.
    """
    shell = Shell(analyst, output_format, sys.stdout)
    if not sys.stdin.isatty():
        for text in split_input(line.rstrip("\n") for line in sys.stdin):
            if not shell.answer(text):
                return
        return
    _converse(shell, _prompt(settings, analyst))


def _converse(shell: Shell, read: Callable[[], str]) -> None:
    """Answer what a person writes until they leave; a mistake is told and forgiven."""
    while True:
        try:
            if not shell.answer(read()):
                return
        except EOFError:
            return
        except KeyboardInterrupt:
            continue
        except MarginproofError as error:
            sys.stderr.write(f"{error}\n")


def _prompt(settings: Settings, analyst: Analyst) -> Callable[[], str]:
    """Return a function that reads one input, over several lines up to a semicolon."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory

    history: History
    try:
        with (settings.home / _HISTORY).open("a", encoding="utf-8"):
            history = FileHistory(str(settings.home / _HISTORY))
    except OSError:
        history = InMemoryHistory()  # a home that only others may write

    def is_unfinished() -> bool:
        text = session.default_buffer.text.strip()
        return bool(text) and not text.startswith(".") and not text.endswith(";")

    session: PromptSession[str] = PromptSession(
        history=history,
        completer=WordCompleter([*read_words(analyst), *_KEYWORDS], ignore_case=True),
        multiline=Condition(is_unfinished),
        complete_while_typing=False,
        prompt_continuation="......... ",
    )
    return lambda: session.prompt("marginproof ")


def read_names(analyst: Analyst) -> list[str]:
    """Return the names of the tables and views that a query can use."""
    frame = fetch_frame(
        analyst.connection,
        "SELECT DISTINCT table_name FROM duckdb_columns() WHERE schema_name = 'main'"
        " AND database_name IN (current_database(), 'temp') AND NOT internal",
    )
    return [name for name in frame["table_name"].to_list() if name != "schema_migrations"]


def read_words(analyst: Analyst) -> list[str]:
    """Return what the shell completes: tables, columns, dot commands, questions."""
    columns = fetch_frame(
        analyst.connection,
        "SELECT DISTINCT column_name FROM duckdb_columns() WHERE schema_name = 'main'"
        " AND database_name IN (current_database(), 'temp') AND NOT internal",
    )["column_name"].to_list()
    commands = [line.split()[0] for line in _HELP.splitlines() if line.startswith(".")]
    questions = [one.name for one in list_investigations()]
    return sorted({*read_names(analyst), *columns, *commands, *questions})
