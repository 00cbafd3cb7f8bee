"""Replacing whole partitions, with every superseded version kept.

A partition is the set of rows that share the values of its key columns, for example one business
date of one model. Which partitions are to be written is decided by the steps.
"""

from collections.abc import Sequence

import duckdb
import polars as pl

from pipeline.warehouse.connection import fetch_value

VERSION_COLUMNS = ("known_from", "known_to")


def _quote(identifier: str) -> str:
    """Quote an identifier that comes from the catalogue or from code, never from a user."""
    return '"' + identifier.replace('"', '""') + '"'


def table_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Return the column names of ``history.<table>`` in their order."""
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'history' AND table_name = $1 ORDER BY ordinal_position",
        [table],
    ).fetchall()
    return [row[0] for row in rows]


def replace_partitions(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: pl.DataFrame,
    keys: Sequence[str],
    partitions: pl.DataFrame | None = None,
    ignored: Sequence[str] = ("file_sha256",),
) -> int:
    """Make ``rows`` the rows in force of their partitions.

    A partition whose content is unchanged is left alone, so that running twice ends with the same
    rows. Otherwise the rows in force are closed (``known_to`` becomes the ``known_from`` of what
    replaces them) and the new ones inserted. The caller holds the transaction.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer.
    table : str
        Name of the table in schema ``history``.
    rows : polars.DataFrame
        The new rows, with every column but ``known_to``.
    keys : sequence of str
        The columns that name a partition.
    partitions : polars.DataFrame, optional
        Key columns and ``known_from`` of partitions to replace even where ``rows`` has none of
        their rows (they end up empty); the partitions of ``rows`` where omitted.
    ignored : sequence of str
        Columns that are provenance and do not make a partition different.

    Returns
    -------
    int
        Number of partitions that changed.
    """
    columns = [c for c in table_columns(connection, table) if c != "known_to"]
    content = [c for c in columns if c not in {*VERSION_COLUMNS, *ignored}]
    quoted = {c: _quote(c) for c in columns}
    key_list = ", ".join(quoted[k] for k in keys)
    content_list = ", ".join(quoted[c] for c in content)
    matches = " AND ".join(f"held.{quoted[k]} IS NOT DISTINCT FROM part.{quoted[k]}" for k in keys)
    target = f"history.{_quote(table)}"
    wanted = rows.select(*keys, "known_from").group_by(keys).agg(pl.col("known_from").max())
    if partitions is not None:
        wanted = (
            pl.concat([wanted, partitions.select(*keys, "known_from")], how="vertical_relaxed")
            .group_by(keys)
            .agg(pl.col("known_from").max())
        )
    connection.register("incoming_rows", rows.select(columns).to_arrow())
    connection.register("incoming_partitions", wanted.sort(keys).to_arrow())
    # Identifiers come from the catalogue and from code; values never enter the text.
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE changed_partitions AS
        WITH fresh AS (
            SELECT {key_list}, count(*) AS row_count,
                   sum(hash({content_list})::HUGEINT) AS content_hash
            FROM incoming_rows GROUP BY ALL
        ), current AS (
            SELECT {key_list}, count(*) AS row_count,
                   sum(hash({content_list})::HUGEINT) AS content_hash
            FROM {target} AS held
            WHERE known_to IS NULL
              AND EXISTS (SELECT 1 FROM incoming_partitions AS part WHERE {matches})
            GROUP BY ALL
        )
        SELECT part.*
        FROM incoming_partitions AS part
        LEFT JOIN fresh ON {matches.replace("held.", "fresh.")}
        LEFT JOIN current ON {matches.replace("held.", "current.")}
        WHERE (fresh.row_count, fresh.content_hash)
              IS DISTINCT FROM (current.row_count, current.content_hash)
        """  # noqa: S608
    )
    connection.execute(
        f"UPDATE {target} AS held SET known_to = part.known_from"  # noqa: S608
        f" FROM changed_partitions AS part WHERE held.known_to IS NULL AND {matches}"
    )
    connection.execute(
        f"""
        INSERT INTO {target} ({", ".join(quoted.values())}, known_to)
        SELECT {", ".join("held." + q for q in quoted.values())}, NULL
        FROM incoming_rows AS held
        WHERE EXISTS (SELECT 1 FROM changed_partitions AS part WHERE {matches})
        """  # noqa: S608
    )
    changed = int(fetch_value(connection, "SELECT count(*) FROM changed_partitions"))
    connection.execute("DROP TABLE changed_partitions")
    # Only after success: in a transaction that has failed nothing can be unregistered, and the next
    # registration takes the name over.
    connection.unregister("incoming_rows")
    connection.unregister("incoming_partitions")
    return changed
