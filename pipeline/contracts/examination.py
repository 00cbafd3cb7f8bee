"""Examining a delivery: every contract on every file, and the rules between tables.

Here belongs the order of the checks. Great Expectations is behind ``adapter``, SQL behind
``checks``, the wording of outcomes in ``outcome``; writing results belongs to the steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipeline.contracts.adapter import find_failing_rows
from pipeline.contracts.checks import find_offending_rows, open_tables
from pipeline.contracts.declaration import (
    MARGIN,
    Contract,
    TableRule,
    load_contract,
    load_contracts,
)
from pipeline.contracts.outcome import (
    Outcome,
    describe_findings,
    describe_quarantine,
    describe_results,
    empty_offenders,
)
from pipeline.contracts.reading import describe_reading
from pipeline.findings import QUARANTINE_SCHEMA, FileKind, Finding, LandedFile, Severity

_RESULT_ORDER = ("contract", "rule", "column_name", "business_date")


@dataclass(frozen=True)
class Examination:
    """What the contracts say about a delivery.

    Attributes
    ----------
    findings : tuple of Finding
        Every defect: those of reading first, then by contract, rule, date and file.
    results : polars.DataFrame
        One row per contract, rule, column and business date (null for kinds without a date),
        passed or not, with the columns of `RESULT_SCHEMA`.
    accepted : mapping of FileKind to polars.DataFrame
        Rows to load of each kind delivered: the columns of the kind and ``file_sha256``, without
        quarantined rows and without the stopped dates. Empty frames where the delivery is refused.
    quarantine : polars.DataFrame
        Rows left out, with the columns of `QUARANTINE_SCHEMA`.
    stopped_dates : frozenset of date
        Dates of which nothing may be loaded.
    is_refused : bool
        Whether a finding stops the whole delivery: a file that cannot be read, a row whose date
        cannot be read, or reference data at fault.
    """

    findings: tuple[Finding, ...]
    results: pl.DataFrame
    accepted: Mapping[FileKind, pl.DataFrame]
    quarantine: pl.DataFrame
    stopped_dates: frozenset[date]
    is_refused: bool


def examine(
    delivery: Sequence[LandedFile],
    known: Mapping[str, pl.DataFrame],
    reporting_currency: str,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Examination:
    """Examine a delivery against the contracts.

    Parameters
    ----------
    delivery : sequence of LandedFile
        The files, as landing read them.
    known : mapping of str to polars.DataFrame
        Rows already loaded by kind (``instruments``, ``accounts``, ``prices``, ``positions``,
        ``fx_rates``), with the columns of the kind; a missing kind is empty. Of dated kinds the
        dates of the delivery suffice. Delivered rows take the place of known ones: of the same
        key for instruments and accounts, of the same date for dated kinds.
    reporting_currency : str
        The currency that needs no rate.
    connection : duckdb.DuckDBPyConnection, optional
        Where the rules between tables run; a connection in memory where omitted.

    Returns
    -------
    Examination
        Findings, results, rows to load and rows left out.
    """
    contracts = load_contracts()
    delivered = [kind for kind in FileKind if any(file.kind is kind for file in delivery)]
    landed = {kind: _stack(delivery, kind, contracts[kind]) for kind in FileKind}
    received = dict(landed)
    tables = {f"landed_{kind}": frame for kind, frame in landed.items()} | {
        f"known_{kind}": _select_known(known.get(kind), contracts[kind]) for kind in FileKind
    }
    parameters = {"reporting_currency": reporting_currency}
    repeated = {kind: _find_repeated(contracts[kind], landed[kind]) for kind in delivered}
    for kind, outcome in repeated.items():
        if outcome is not None:
            rows = outcome.offenders.select("file_number", "row_number")
            landed[kind] = landed[kind].join(rows, on=rows.columns, how="anti")
            tables[f"landed_{kind}"] = landed[kind]
    outcomes: dict[FileKind, list[Outcome]] = {
        kind: _check_columns(contracts[kind], landed[kind]) for kind in delivered
    }
    with open_tables(tables, connection) as opened:
        for kind in delivered:
            for rule in contracts[kind].rules:
                outcomes[kind].append(_apply(opened, kind, rule, delivery, parameters))
    names = [file.name for file in delivery]
    for kind, outcome in repeated.items():
        if outcome is not None:
            outcomes[kind].append(outcome)
    every = [outcome for kind in delivered for outcome in outcomes[kind]]
    quarantine = describe_quarantine(every, received, delivery)
    findings = (
        *(finding for file in delivery for finding in file.findings),
        *describe_findings(every, names),
    )
    stopped = frozenset(
        finding.business_date
        for finding in findings
        if finding.severity is Severity.STOP and finding.business_date is not None
    )
    is_refused = any(
        finding.severity is Severity.STOP and finding.business_date is None for finding in findings
    )
    return Examination(
        findings=findings,
        results=pl.concat(
            [
                describe_reading(delivery),
                *(describe_results(outcomes[kind], landed[kind], names) for kind in delivered),
            ]
        ).sort(_RESULT_ORDER),
        accepted={
            kind: _accept(landed[kind], quarantine, stopped, delivery, is_refused=is_refused)
            for kind in delivered
        },
        quarantine=pl.concat(
            [*(file.refused for file in delivery), quarantine.drop("file_number")]
        ),
        stopped_dates=stopped,
        is_refused=is_refused,
    )


def examine_margin(margin: pl.DataFrame) -> Examination:
    """Examine rows of ``out_margin`` against their own contract.

    Parameters
    ----------
    margin : polars.DataFrame
        With the columns of the contract ``margin``; others are ignored. Row numbers in findings
        count from 1 in the order of the frame.

    Returns
    -------
    Examination
        Findings and results; nothing is accepted or left out.
    """
    contract = load_contract(MARGIN)
    landed = _number(margin, contract, file_number=0)
    outcomes = _check_columns(contract, landed)
    with open_tables({"landed_margin": landed}, shared=False) as opened:
        outcomes += [
            _outcome(contract.name, rule, find_offending_rows(opened, rule.sql, {}))
            for rule in contract.rules
        ]
    findings = describe_findings(outcomes, ["out_margin"])
    return Examination(
        findings=findings,
        results=describe_results(outcomes, landed, ["out_margin"]).sort(_RESULT_ORDER),
        accepted={},
        quarantine=pl.DataFrame(schema=QUARANTINE_SCHEMA),
        stopped_dates=frozenset(f.business_date for f in findings if f.business_date is not None),
        is_refused=any(finding.business_date is None for finding in findings),
    )


def _stack(delivery: Sequence[LandedFile], kind: FileKind, contract: Contract) -> pl.DataFrame:
    """Return the rows of all files of one kind, with the number of the file."""
    frames = [
        file.frame.select(
            pl.lit(number, pl.Int32).alias("file_number"), "row_number", *contract.schema
        )
        for number, file in enumerate(delivery)
        if file.kind is kind
    ]
    schema = {"file_number": pl.Int32, "row_number": pl.Int64} | contract.schema
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _find_repeated(contract: Contract, landed: pl.DataFrame) -> Outcome | None:
    """Find rows that stand equal in an earlier file of the delivery; None where there is none.

    The same row sent twice is one row. Rows that differ under one key are a defect, and so is a
    row that stands twice in one file.
    """
    if landed["file_number"].n_unique() < 2:
        return None
    content = list(contract.schema)
    first = pl.col("file_number").min().over(content).alias("first_number")
    rows = landed.with_columns(first).filter(pl.col("file_number") > pl.col("first_number"))
    if not rows.height:
        return None
    key = contract.key[-1]
    return Outcome(
        contract=contract.name,
        rule="equal_rows_count_once",
        column=key,
        severity=Severity.WARN,
        problem="the same row stands in an earlier file and counts once",
        expected="each row in one file",
        offenders=rows.select(
            "file_number",
            "row_number",
            (pl.col("business_date") if contract.is_dated else pl.lit(None, pl.Date)).alias(
                "business_date"
            ),
            pl.col(key).cast(pl.String).alias("value"),
        ),
        quarantine=True,
    )


def _number(frame: pl.DataFrame, contract: Contract, file_number: int) -> pl.DataFrame:
    """Return the columns of a contract with file and row numbers."""
    return frame.select(
        pl.lit(file_number, pl.Int32).alias("file_number"),
        pl.int_range(1, 1 + pl.len(), dtype=pl.Int64).alias("row_number"),
        *(pl.col(name).cast(dtype) for name, dtype in contract.schema.items()),
    )


def _select_known(known: pl.DataFrame | None, contract: Contract) -> pl.DataFrame:
    """Return the known rows of one kind with the columns of its contract."""
    if known is None:
        return pl.DataFrame(schema=contract.schema)
    return known.select(pl.col(name).cast(dtype) for name, dtype in contract.schema.items())


def _check_columns(contract: Contract, landed: pl.DataFrame) -> list[Outcome]:
    """Check the values of every column."""
    date_column = pl.col("business_date") if contract.is_dated else pl.lit(None, pl.Date)
    return [
        Outcome(
            contract=contract.name,
            rule=check.rule,
            column=check.column,
            severity=check.severity,
            problem=check.problem,
            expected=check.expected,
            offenders=landed[positions].select(
                "file_number",
                "row_number",
                date_column.alias("business_date"),
                pl.col(check.column).cast(pl.String).alias("value"),
            )
            if len(positions)
            else empty_offenders(),
        )
        for check, positions in find_failing_rows(contract, landed)
    ]


def _apply(
    connection: duckdb.DuckDBPyConnection,
    kind: FileKind,
    rule: TableRule,
    delivery: Sequence[LandedFile],
    parameters: Mapping[str, object],
) -> Outcome:
    """Apply a rule, but say nothing where rows it depends on could not be read.

    A price that cannot be read is one defect, named already; that the position has no price is
    its consequence, not a second one.
    """
    concerned = {kind, *rule.reads} if rule.reads else set()
    stops = {
        file.name: [f for f in file.findings if f.severity is Severity.STOP] for file in delivery
    }
    unread = [file for file in delivery if file.kind in concerned and stops[file.name]]
    refused = [file.name for file in unread if file.is_refused]
    if refused:
        return _outcome(kind, rule, empty_offenders(), blocked_by=refused[0])
    blocked = frozenset(
        finding.business_date
        for file in unread
        for finding in stops[file.name]
        if finding.business_date is not None
    )
    rows = find_offending_rows(connection, rule.sql, parameters)
    if blocked:
        rows = rows.filter(~pl.col("business_date").is_in(list(blocked)).fill_null(value=False))
    return _outcome(kind, rule, rows, blocked_dates=blocked)


def _outcome(
    contract: str,
    rule: TableRule,
    offenders: pl.DataFrame,
    blocked_by: str = "",
    blocked_dates: frozenset[date] = frozenset(),
) -> Outcome:
    """Return the outcome of a rule between rows or tables."""
    return Outcome(
        contract=str(contract),
        rule=rule.name,
        column=rule.column,
        severity=rule.severity,
        problem=rule.problem,
        expected=rule.expected,
        offenders=offenders,
        quarantine=rule.quarantine,
        blocked_by=blocked_by,
        blocked_dates=blocked_dates,
    )


def _accept(
    landed: pl.DataFrame,
    quarantine: pl.DataFrame,
    stopped: frozenset[date],
    delivery: Sequence[LandedFile],
    *,
    is_refused: bool,
) -> pl.DataFrame:
    """Return the rows to load of one kind."""
    rows = landed.clear() if is_refused else landed
    if quarantine.height:
        rows = rows.join(quarantine, on=["file_number", "row_number"], how="anti")
    if stopped and "business_date" in rows.columns:
        rows = rows.filter(~pl.col("business_date").is_in(list(stopped)))
    checksums = pl.Series([file.sha256 for file in delivery], dtype=pl.String)
    return rows.drop("file_number", "row_number").with_columns(
        checksums.gather(rows["file_number"]).alias("file_sha256")
    )
