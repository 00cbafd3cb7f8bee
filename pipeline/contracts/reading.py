"""Whether the rows of a delivery could be read at all, as results beside those of the rules.

Reading itself belongs to ``pipeline.landing``; here its outcome is only counted.
"""

from collections.abc import Sequence

import polars as pl

from pipeline.contracts.outcome import RESULT_SCHEMA, count_by_date
from pipeline.findings import FileKind, LandedFile, Severity

READABLE = "readable"


def describe_reading(delivery: Sequence[LandedFile]) -> pl.DataFrame:
    """Describe whether rows could be read at all, as the rule ``readable`` of each contract.

    Parameters
    ----------
    delivery : sequence of LandedFile
        The files.

    Returns
    -------
    polars.DataFrame
        Columns of `RESULT_SCHEMA`: by kind and date the rows read and refused, and under a null
        date the files refused as a whole, each counting at least once.
    """
    frames = [pl.DataFrame(schema=RESULT_SCHEMA)]
    for kind in FileKind:
        files = [file for file in delivery if file.kind is kind]
        if files:
            frames.append(_describe_reading(kind, files))
    return pl.concat(frames)


def _describe_reading(kind: FileKind, files: Sequence[LandedFile]) -> pl.DataFrame:
    """Describe the reading of the files of one kind."""
    read = pl.concat([count_by_date(file.frame) for file in files])
    refused = pl.concat([count_by_date(file.refused) for file in files])
    whole = pl.DataFrame(
        {
            "business_date": [None] * len(files),
            "checked_count": [
                max(1, file.row_count) if file.is_refused and not file.frame.height else 0
                for file in files
            ],
        },
        schema={"business_date": pl.Date, "checked_count": pl.Int64},
    ).filter(pl.col("checked_count") > 0)
    failed = pl.concat([refused, whole]).with_columns(failed_count="checked_count")
    sentences = [(f.business_date, f.message) for file in files for f in file.findings]
    messages = pl.DataFrame(
        {"business_date": [d for d, _ in sentences], "message": [m for _, m in sentences]},
        schema={"business_date": pl.Date, "message": pl.String},
    ).unique("business_date", keep="first", maintain_order=True)
    counts = (
        pl.concat([read.with_columns(failed_count=pl.lit(0, pl.Int64)), failed])
        .group_by("business_date")
        .agg(pl.col("checked_count").sum(), pl.col("failed_count").sum())
        .filter(pl.col("checked_count") > 0)
    )
    return (
        counts.join(messages, on="business_date", how="left", nulls_equal=True)
        .select(
            "business_date",
            pl.lit(str(kind)).alias("contract"),
            pl.lit(READABLE).alias("rule"),
            pl.lit("").alias("column_name"),
            pl.lit(str(Severity.STOP)).alias("severity"),
            "checked_count",
            "failed_count",
            pl.col("message").fill_null(""),
        )
        .cast(RESULT_SCHEMA)  # type: ignore[arg-type]
    )
