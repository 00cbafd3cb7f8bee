"""Ad-hoc queries on a published snapshot, read-only and without access to files."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from pipeline.errors import CheckFailed, WrongUse
from pipeline.settings import Settings
from pipeline.steps.query_parameters import (
    Parameter,
    Value,
    bind_parameters,
    guess_parameters,
)
from pipeline.warehouse.connection import fetch_frame, fetch_value
from pipeline.warehouse.known_at import NOW, Moment, open_reader_at
from pipeline.warehouse.views import create_missing_views

# What reads. Anything else is refused by name before the read-only connection would refuse it.
_READING = {
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
    duckdb.StatementType.CALL,
    duckdb.StatementType.PRAGMA,
    duckdb.StatementType.MULTI,
}


@dataclass(frozen=True)
class Analyst:
    """A connection for a person's own queries.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        Read-only, without files and network.
    told, state : str
        Which snapshot is read and as of when; the latter alone.
    meanings : mapping of str to value
        What ``champion``, ``newest`` and ``none`` stand for in a default.
    """

    connection: duckdb.DuckDBPyConnection
    told: str
    state: str
    meanings: Mapping[str, Value] = field(default_factory=dict)


def find_snapshot(settings: Settings, named: str | None) -> Path:
    """Return the snapshot that a name or path means; the newest where there is none.

    Raises
    ------
    WrongUse
        There is no such snapshot; the sentence names those there are.
    """
    if named is None:
        return settings.snapshot_path
    for path in (Path(named), settings.snapshots / named, settings.snapshots / f"{named}.duckdb"):
        if path.is_file():
            return path
    held = sorted(p.stem for p in settings.snapshots.glob("*.duckdb") if p.name[0] != ".")
    there = f"the snapshots are {', '.join(held)}" if held else "none is published"
    msg = f"no snapshot {named!r}; {there}"
    raise WrongUse(msg)


@contextmanager
def open_analyst(
    settings: Settings, snapshot: str | None = None, moment: Moment = NOW
) -> Iterator[Analyst]:
    """Open a snapshot for a person's own queries.

    Parameters
    ----------
    settings : Settings
        Where snapshots lie, and the models in force.
    snapshot : str, optional
        Name or path of a snapshot; the newest where omitted.
    moment : Moment
        As-of date and date of knowledge.

    Yields
    ------
    Analyst
        The connection and what it reads.
    """
    path = find_snapshot(settings, snapshot)
    with open_reader_at(settings, moment, path) as connection:
        create_missing_views(connection)
        _lock(connection)
        newest = fetch_value(connection, "SELECT max(business_date) FROM core_calendar")
        known = (
            f"as known at {moment.known_at_date}"
            if moment.known_at_date
            else "with every correction so far"
        )
        state = f"as of {moment.as_of_date or newest or 'no date'}, {known}"
        meanings: dict[str, Value] = {
            "champion": settings.models[0],
            "newest": newest,
            "none": None,
        }
        yield Analyst(connection, f"snapshot {path}, {state}", state, meanings)


def _lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Take files, network and settings away from the connection for good."""
    if fetch_value(connection, "SELECT current_setting('lock_configuration')"):
        return
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def run_query(
    analyst: Analyst,
    query: str,
    given: Mapping[str, str] | None = None,
    parameters: Sequence[Parameter] | None = None,
) -> pl.DataFrame:
    """Run a query and return its rows; of several statements those of the last.

    Parameters
    ----------
    analyst : Analyst
        Where it runs.
    query : str
        SQL, as a person or a file wrote it.
    given : mapping of str to str, optional
        Values of its parameters.
    parameters : sequence of Parameter, optional
        Those it declares; guessed from the values where it declares none.

    Returns
    -------
    polars.DataFrame
        The rows.

    Raises
    ------
    WrongUse
        DuckDB cannot parse or bind the query, it does not only read, or a parameter is missing or
        unknown.
    CheckFailed
        The query failed while it ran.
    """
    given = given or {}
    try:
        statements = duckdb.extract_statements(query)
        used = [set(s.named_parameters) for s in statements]
        _refuse_writing(statements)
        mentioned = sorted(set().union(*used))
        declared = list(parameters or guess_parameters(mentioned, given))
        undeclared = sorted(set(mentioned) - {p.name for p in declared})
        declared += guess_parameters(undeclared, given)
        frame = pl.DataFrame()
        values = bind_parameters(declared, given, mentioned, analyst.meanings)
        for statement, names in zip(statements, used, strict=True):
            own = {name: values[name] for name in names}
            frame = fetch_frame(analyst.connection, statement.query, own or None)
    except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as error:
        msg = f"the query cannot be run: {_first_line(error)}"
        raise WrongUse(msg) from error
    except duckdb.Error as error:
        msg = f"the query failed: {_first_line(error)}"
        raise CheckFailed(msg) from error
    return frame


def _refuse_writing(statements: Sequence[duckdb.Statement]) -> None:
    if not statements:
        raise WrongUse("the query is empty")
    for statement in statements:
        if statement.type not in _READING:
            msg = (
                f"the query is refused: {statement.type.name} does more than read a snapshot,"
                " which is read-only; to write rows to a file use --output"
            )
            raise WrongUse(msg)


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
