"""Rules between rows and tables: SQL checks that return the offending rows.

The delivery stands in DuckDB as ``landed_<kind>``, what is already loaded as ``known_<kind>``, and
``sql/checks/tables`` builds what several checks share. Each check is one file of ``sql/checks``
that returns file_number, row_number, business_date and value; zero rows = pass.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import polars as pl

from pipeline.resources import read_sql

OFFENDER_SCHEMA: dict[str, type[pl.DataType]] = {
    "file_number": pl.Int32,
    "row_number": pl.Int64,
    "business_date": pl.Date,
    "value": pl.String,
}
"""Columns of offending rows; row_number is null where the defect is a row that is not there."""

_SHARED_TABLES = "checks/tables/in_force.sql"
_SHARED_NAMES = (
    ("VIEW", "accounts_in_force"),
    ("VIEW", "fx_rates_in_force"),
    ("TABLE", "needed"),
    ("TABLE", "held"),
    ("TABLE", "price_dates"),
    ("TABLE", "position_dates"),
    ("VIEW", "prices_in_force"),
    ("TABLE", "instruments_in_force"),
)


@contextmanager
def open_tables(
    tables: Mapping[str, pl.DataFrame],
    connection: duckdb.DuckDBPyConnection | None = None,
    *,
    shared: bool = True,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Register frames as tables for the checks, and take them away again.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        Frames by table name, ``landed_*`` and ``known_*``.
    connection : duckdb.DuckDBPyConnection, optional
        Where to register them; a connection in memory where omitted. Only temporary objects are
        made.
    shared : bool
        Whether to build what the checks of a delivery share.

    Yields
    ------
    duckdb.DuckDBPyConnection
        The connection.
    """
    used = connection or duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
    try:
        for name, frame in tables.items():
            used.register(name, frame.to_arrow())
        if shared:
            used.execute(read_sql(_SHARED_TABLES))
        yield used
    finally:
        if connection is None:
            used.close()
        else:
            for kind, name in _SHARED_NAMES if shared else ():
                # Names and kinds are the constants above.
                used.execute(f"DROP {kind} IF EXISTS temp.{name}")
            for name in tables:
                used.unregister(name)


def find_offending_rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, object]
) -> pl.DataFrame:
    """Run one check.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With the tables registered.
    sql : str
        File below ``sql/checks``.
    parameters : mapping of str to object
        Values by name; those that the check does not name are left out.

    Returns
    -------
    polars.DataFrame
        Columns of `OFFENDER_SCHEMA`, by file, row, date and value.
    """
    text = read_sql(f"checks/{sql}")
    named = {
        name for statement in duckdb.extract_statements(text) for name in statement.named_parameters
    }
    used = {name: value for name, value in parameters.items() if name in named}
    rows: pl.DataFrame = connection.sql(text, params=used).pl()
    return rows.select(pl.col(name).cast(dtype) for name, dtype in OFFENDER_SCHEMA.items()).sort(
        list(OFFENDER_SCHEMA), nulls_last=True
    )
