"""What becomes of the outcome of a rule: findings, results and quarantined rows.

Rules are run elsewhere; here the rows that break them are counted by date and put into words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pipeline.contracts.checks import OFFENDER_SCHEMA
from pipeline.findings import (
    NAMED_ROWS,
    NAMED_VALUES,
    QUARANTINE_SCHEMA,
    FileKind,
    Finding,
    LandedFile,
    Severity,
)

RESULT_SCHEMA: dict[str, type[pl.DataType]] = {
    "business_date": pl.Date,
    "contract": pl.String,
    "rule": pl.String,
    "column_name": pl.String,
    "severity": pl.String,
    "checked_count": pl.Int64,
    "failed_count": pl.Int64,
    "message": pl.String,
}
"""Columns of the results: those of ``out_contract_results`` but known_from and known_to."""


@dataclass(frozen=True)
class Outcome:
    """A rule and the rows that break it.

    Attributes
    ----------
    contract, rule, column : str
        Contract, rule and the column that a finding names.
    severity : Severity
        What an offending row does.
    problem, expected : str
        Words of the finding, as in `Finding`.
    offenders : polars.DataFrame
        Offending rows, with the columns of `OFFENDER_SCHEMA`.
    quarantine : bool
        Whether offending rows are left out.
    blocked_by : str
        File that could not be read, for want of which the rule was not run; empty where it was.
    blocked_dates : frozenset of date
        Dates on which rows could not be read, so that the rule says nothing about them.
    """

    contract: str
    rule: str
    column: str
    severity: Severity
    problem: str
    expected: str
    offenders: pl.DataFrame
    quarantine: bool = False
    blocked_by: str = ""
    blocked_dates: frozenset[date] = field(default_factory=frozenset)


def describe_findings(outcomes: Iterable[Outcome], names: Sequence[str]) -> tuple[Finding, ...]:
    """Describe the offending rows, one finding per outcome, date and file.

    Parameters
    ----------
    outcomes : iterable of Outcome
        The outcomes.
    names : sequence of str
        File names by file number.

    Returns
    -------
    tuple of Finding
        In the order of the outcomes, then by date and file.
    """
    return tuple(
        Finding(
            file_name=names[group["file_number"]],
            column=outcome.column,
            rule=outcome.rule,
            severity=outcome.severity,
            problem=outcome.problem,
            expected=outcome.expected,
            business_date=group["business_date"],
            rows=tuple(group["rows"]),
            values=tuple(group["values"]),
            row_count=group["row_count"],
        )
        for outcome in outcomes
        if outcome.offenders.height
        for group in _group(outcome.offenders).iter_rows(named=True)
    )


def _group(offenders: pl.DataFrame) -> pl.DataFrame:
    """Group offending rows by date and file, naming the first of them."""
    return (
        offenders.group_by("business_date", "file_number", maintain_order=True)
        .agg(
            pl.col("row_number").drop_nulls().head(NAMED_ROWS).alias("rows"),
            pl.col("value")
            .drop_nulls()
            .unique(maintain_order=True)
            .head(NAMED_VALUES)
            .alias("values"),
            pl.len().alias("row_count"),
        )
        .sort("business_date", "file_number")
    )


def describe_results(
    outcomes: Iterable[Outcome], landed: pl.DataFrame, names: Sequence[str]
) -> pl.DataFrame:
    """Describe the outcomes of one contract as results, passed or not.

    Parameters
    ----------
    outcomes : iterable of Outcome
        All of one contract.
    landed : polars.DataFrame
        The rows that were checked.
    names : sequence of str
        File names by file number.

    Returns
    -------
    polars.DataFrame
        Columns of `RESULT_SCHEMA`, one row per outcome and date.
    """
    counts = count_by_date(landed)
    frames = [_describe_result(outcome, counts, names) for outcome in outcomes]
    return pl.concat([pl.DataFrame(schema=RESULT_SCHEMA), *frames])


def _describe_result(outcome: Outcome, counts: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Describe one outcome on every date."""
    if outcome.blocked_by:
        because = f"not checked, because {outcome.blocked_by} cannot be used"
        counts = pl.DataFrame(
            {"business_date": [None], "checked_count": [0]},
            schema_overrides={"business_date": pl.Date},
        )
    else:
        because = "not checked, because rows of the date cannot be read"
    findings = describe_findings([outcome], names)
    sentences = pl.DataFrame(
        {
            "business_date": [finding.business_date for finding in findings],
            "message": [finding.message for finding in findings],
        },
        schema={"business_date": pl.Date, "message": pl.String},
    ).unique("business_date", keep="first", maintain_order=True)
    failed = outcome.offenders.group_by("business_date").agg(pl.len().alias("failed_count"))
    is_blocked = (
        pl.lit(value=True)
        if outcome.blocked_by
        else pl.col("business_date").is_in(list(outcome.blocked_dates))
    ).fill_null(value=False)
    return (
        counts.join(failed, on="business_date", how="left", nulls_equal=True)
        .join(sentences, on="business_date", how="left", nulls_equal=True)
        .select(
            "business_date",
            pl.lit(outcome.contract).alias("contract"),
            pl.lit(outcome.rule).alias("rule"),
            pl.lit(outcome.column).alias("column_name"),
            pl.lit(str(outcome.severity)).alias("severity"),
            pl.when(is_blocked).then(0).otherwise("checked_count").alias("checked_count"),
            pl.col("failed_count").fill_null(0),
            pl.when(is_blocked)
            .then(pl.lit(because))
            .otherwise(pl.col("message").fill_null(""))
            .alias("message"),
        )
        .cast(RESULT_SCHEMA)  # type: ignore[arg-type]
    )


def count_by_date(landed: pl.DataFrame) -> pl.DataFrame:
    """Count rows by date, or all of them under a null date where rows have none."""
    if "business_date" not in landed.columns:
        return landed.select(
            pl.lit(None, pl.Date).alias("business_date"),
            pl.len().cast(pl.Int64).alias("checked_count"),
        )
    return landed.group_by("business_date").agg(pl.len().cast(pl.Int64).alias("checked_count"))


def describe_quarantine(
    outcomes: Iterable[Outcome],
    landed: Mapping[FileKind, pl.DataFrame],
    delivery: Sequence[LandedFile],
) -> pl.DataFrame:
    """Describe the rows that rules leave out.

    Parameters
    ----------
    outcomes : iterable of Outcome
        The outcomes.
    landed : mapping of FileKind to polars.DataFrame
        The rows that were checked.
    delivery : sequence of LandedFile
        The files, by file number.

    Returns
    -------
    polars.DataFrame
        Columns of `QUARANTINE_SCHEMA` and file_number; a row once per rule that leaves it out.
    """
    schema = {"file_number": pl.Int32} | QUARANTINE_SCHEMA
    frames = [pl.DataFrame(schema=schema)]
    for outcome in outcomes:
        if not outcome.quarantine or not outcome.offenders.height:
            continue
        rows = landed[FileKind(outcome.contract)].join(
            outcome.offenders.select("file_number", "row_number"),
            on=["file_number", "row_number"],
            how="semi",
        )
        content = [name for name in rows.columns if name not in {"file_number", "row_number"}]
        frames.append(
            rows.select(
                "file_number",
                _gather([file.sha256 for file in delivery]).alias("file_sha256"),
                _gather([file.name for file in delivery]).alias("file_name"),
                pl.lit(outcome.contract).alias("kind"),
                "row_number",
                (
                    pl.col("business_date")
                    if "business_date" in content
                    else pl.lit(None, dtype=pl.Date).alias("business_date")
                ),
                pl.lit(outcome.column).alias("column_name"),
                pl.lit(outcome.problem).alias("reason"),
                pl.concat_str(
                    [pl.col(name).cast(pl.String).fill_null("") for name in content], separator=","
                ).alias("row_content"),
            ).cast(schema)  # type: ignore[arg-type]
        )
    return pl.concat(frames)


def _gather(values: Sequence[str]) -> pl.Expr:
    """Return the value of each row's file."""
    return pl.lit(pl.Series(values, dtype=pl.String)).gather(pl.col("file_number"))


def empty_offenders() -> pl.DataFrame:
    """Return no offending rows."""
    return pl.DataFrame(schema=OFFENDER_SCHEMA)
