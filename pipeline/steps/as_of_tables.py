"""Writing results as of a date: one partition a date and model, replaced whole."""

from collections.abc import Sequence
from datetime import date

import duckdb
import polars as pl

from pipeline.margin.declaration import ModelDeclaration
from pipeline.resources import read_sql
from pipeline.steps.amounts import round_amounts
from pipeline.warehouse.connection import fetch_value
from pipeline.warehouse.partitions import replace_partitions

_PARTITION = ("as_of_date", "model_id")


def write_as_of(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    rows: pl.DataFrame,
    models: Sequence[ModelDeclaration],
    as_of_date: date,
) -> None:
    """Replace the rows of some models as of a date; the caller holds the transaction.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer.
    table : str
        Table with as_of_date, model_id and the columns of provenance.
    rows : polars.DataFrame
        Its other columns and model_id; a model without rows ends up with none.
    models : sequence of ModelDeclaration
        The models whose rows these are.
    as_of_date : date
        Last date whose prices were used. The rows count as known from it, or from the date from
        which a correction of an earlier date does, so that what was reported before stays.
    """
    dated = [
        pl.lit(as_of_date, dtype=pl.Date).alias("as_of_date"),
        pl.lit(find_knowledge(connection, as_of_date), dtype=pl.Date).alias("known_from"),
    ]
    hashes = pl.DataFrame(
        {
            "model_id": [m.model_id for m in models],
            "parameter_hash": [m.parameter_hash for m in models],
        },
        schema={"model_id": pl.String, "parameter_hash": pl.String},
    )
    # Of a model without a history the analyses have nothing, not even columns.
    given = rows if rows.width else connection.table(table).limit(0).pl().drop("parameter_hash")
    replace_partitions(
        connection,
        table,
        round_amounts(given)
        .join(hashes, on="model_id", how="left", maintain_order="left")
        .with_columns(dated),
        _PARTITION,
        hashes.select("model_id").with_columns(dated),
    )


def find_knowledge(connection: duckdb.DuckDBPyConnection, as_of_date: date) -> date:
    """Return the latest date from which an input up to a date counts as known.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The warehouse.
    as_of_date : date
        Last date looked at.

    Returns
    -------
    date
        The as-of date, or that of a later correction.
    """
    known: date | None = fetch_value(
        connection, read_sql("queries/latest_knowledge.sql"), {"as_of_date": as_of_date}
    )
    return max(known or as_of_date, as_of_date)
