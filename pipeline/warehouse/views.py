"""The views that people query: created in every snapshot when it is published.

What they show is said in ``sql/views``, one view a file. They are no part of the warehouse itself,
so that a new version of the program may change them without a migration.
"""

import duckdb

from pipeline.resources import resource_path


def view_names() -> list[str]:
    """Return the names of the views, in the order in which they build on each other."""
    return [
        path.stem.partition("_")[2] for path in sorted(resource_path("sql/views").glob("*.sql"))
    ]


def create_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every view, with the comments on it and its columns.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A database with the tables of the warehouse.
    """
    for path in sorted(resource_path("sql/views").glob("*.sql")):
        connection.execute(path.read_text(encoding="utf-8"))


def create_missing_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the views that a snapshot of an earlier version lacks, for this connection alone."""
    held = {
        row[0]
        for row in connection.execute(
            "SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal"
        ).fetchall()
    }
    for path in sorted(resource_path("sql/views").glob("*.sql")):
        if path.stem.partition("_")[2] not in held:
            statement = duckdb.extract_statements(path.read_text(encoding="utf-8"))[0].query
            connection.execute(statement.replace("REPLACE VIEW", "REPLACE TEMP VIEW", 1))
