"""The steps of a day in their order, and the same over a range of days."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from pipeline.errors import WrongUse
from pipeline.margin.declaration import ModelDeclaration
from pipeline.resources import read_sql
from pipeline.settings import Settings
from pipeline.steps.backtest import BacktestSummary, update_backtest
from pipeline.steps.check import check_inputs, check_outputs, raise_if_failed
from pipeline.steps.margin import MarginSummary, update_margins
from pipeline.steps.runs import describe_run, record_run
from pipeline.warehouse.connection import fetch_value, transaction


@dataclass(frozen=True)
class DaySummary:
    """What the steps of a range of days did."""

    margin: MarginSummary
    backtest: BacktestSummary


def require_range(first_date: date, last_date: date) -> None:
    """Refuse a range that ends before it begins."""
    if first_date > last_date:
        msg = f"--from {first_date} is later than --to {last_date}"
        raise WrongUse(msg)


def compute_range(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    models: Sequence[ModelDeclaration],
    first_date: date,
    last_date: date,
) -> DaySummary:
    """Recompute margins and backtest for a range of committed dates.

    Raises
    ------
    WrongUse
        The range is empty.
    """
    require_range(first_date, last_date)
    margin = update_margins(connection, settings, models, first_date, last_date)
    backtest = update_backtest(connection, settings, models, last_date)
    record_step(connection, "backfill" if first_date < last_date else "daily", last_date, models)
    return DaySummary(margin, backtest)


def run_day(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    models: Sequence[ModelDeclaration],
    business_date: date,
) -> DaySummary:
    """Check the inputs of a date, compute, and check the outputs.

    Raises
    ------
    CheckFailed
        A contract fails; what was computed before stays committed, nothing is published.
    """
    raise_if_failed(check_inputs(connection, settings, business_date))
    summary = compute_range(connection, settings, models, business_date, business_date)
    raise_if_failed(check_outputs(connection, business_date))
    return summary


def record_step(
    connection: duckdb.DuckDBPyConnection,
    command: str,
    business_date: date,
    models: Sequence[ModelDeclaration],
) -> None:
    """Write the run of a step to the run log, with the checksums of the dates it rests on."""
    checksums = dict(
        connection.execute(
            "SELECT file_name || '/' || file_sha256[1:8], file_sha256 FROM core_files"
        ).fetchall()
    )
    declared = fetch_value(connection, read_sql("queries/declared_portfolios.sql"))
    if declared:
        checksums["hypothetical.toml"] = hashlib.sha256(declared.encode()).hexdigest()
    counts = {}
    for table in ("out_margin", "out_backtest", "out_coverage"):
        # The table's name is one of three words written above.
        counts[table] = int(fetch_value(connection, f"SELECT count(*) FROM {table}"))  # noqa: S608
    with transaction(connection):
        record_run(
            connection,
            describe_run(command, business_date, checksums, models, counts),
        )
