"""How the rows of a query are written: table, CSV, JSON or Parquet.

Nothing is queried here. Files are written by Polars, never by the database.
"""

import io

import polars as pl

from pipeline.errors import WrongUse

FORMATS = ("table", "csv", "json", "parquet")


def write_rows(frame: pl.DataFrame, output_format: str) -> bytes:
    """Write rows in a format.

    Parameters
    ----------
    frame : polars.DataFrame
        The rows.
    output_format : {"table", "csv", "json", "parquet"}
        How.

    Returns
    -------
    bytes
        The same for the same rows.
    """
    frame = _plain_numbers(frame)
    buffer = io.BytesIO()
    if output_format == "json":
        return (frame.write_json() + "\n").encode()
    if output_format == "csv":
        _flat(frame).write_csv(buffer)
        return buffer.getvalue()
    if output_format == "parquet":
        frame.write_parquet(buffer)
        return buffer.getvalue()
    return _draw_table(frame).encode()


def choose_format(output_format: str | None, suffix: str) -> str:
    """Return the format asked for, or the one that the ending of the output file tells.

    Raises
    ------
    WrongUse
        Parquet is to be written to a terminal or a pipe.
    """
    if output_format is None:
        ending = suffix.removeprefix(".").lower()
        return ending if ending in FORMATS else "table"
    if output_format == "parquet" and not suffix:
        raise WrongUse("Parquet is no text; name a file with --output FILE.parquet")
    return output_format


def _plain_numbers(frame: pl.DataFrame) -> pl.DataFrame:
    """Make 64-bit integers of sums of integers.

    They come as 128-bit decimals, which JSON and CSV would write as text or 1.0.
    """
    whole = [c for c, t in frame.schema.items() if isinstance(t, pl.Decimal) and t.scale == 0]
    return frame.with_columns(pl.col(whole).cast(pl.Int64, strict=False))


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Write lists and records as JSON text, as CSV has none."""
    nested = [c for c, t in frame.schema.items() if t.is_nested()]
    return frame.with_columns(
        pl.Series(c, [None if v is None else str(v) for v in frame[c].to_list()], dtype=pl.String)
        for c in nested
    )


def _draw_table(frame: pl.DataFrame) -> str:
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
