"""Ad-hoc queries on a published snapshot, read-only and without access to files."""

import io

import duckdb
import polars as pl

from pipeline.errors import CheckFailed, WrongUse
from pipeline.settings import Settings
from pipeline.warehouse.connection import fetch_frame, open_reader


def run_query(settings: Settings, query: str, output_format: str) -> str:
    """Run one query on the newest snapshot and write its rows as text.

    Parameters
    ----------
    settings : Settings
        Where the snapshot lies.
    query : str
        SQL, as the analyst wrote it.
    output_format : {"table", "csv", "json"}
        How rows are written.

    Returns
    -------
    str
        The rows, ending with a line break.

    Raises
    ------
    WrongUse
        DuckDB cannot parse or bind the query.
    CheckFailed
        The query failed while it ran.
    """
    with open_reader(settings) as connection:
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            frame = fetch_frame(connection, query)
        except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as error:
            msg = f"the query cannot be run: {str(error).splitlines()[0]}"
            raise WrongUse(msg) from error
        except duckdb.Error as error:
            msg = f"the query failed: {str(error).splitlines()[0]}"
            raise CheckFailed(msg) from error
    # Sums of integers come as 128-bit decimals, which JSON and CSV would write as text or 1.0.
    whole = [c for c, t in frame.schema.items() if isinstance(t, pl.Decimal) and t.scale == 0]
    frame = frame.with_columns(pl.col(whole).cast(pl.Int64, strict=False))
    if output_format == "json":
        return frame.write_json() + "\n"
    if output_format == "csv":
        buffer = io.BytesIO()
        frame.write_csv(buffer)
        return buffer.getvalue().decode()
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=-1,
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        fmt_str_lengths=200,
        thousands_separator=",",
        float_precision=2,
    ):
        return f"{frame}\n({len(frame):,} rows)\n"
