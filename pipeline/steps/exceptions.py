"""The exception register: every exceedance with its cause, and what reviewers said of it.

Entries follow the backtest; a review is a new version of an entry, and the versions before stay. A
review holds for the figures it was made on: when they change, the entry is open again.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import duckdb
import polars as pl

from pipeline.backtest.exception_causes import (
    explain_exceedances,
    identify_exceptions,
    split_by_instrument,
)
from pipeline.errors import WrongUse
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.market import Market
from pipeline.resources import read_sql
from pipeline.steps.amounts import round_amounts
from pipeline.steps.inputs import read_book
from pipeline.steps.runs import describe_run, record_run
from pipeline.warehouse.connection import fetch_frame, fetch_value, transaction
from pipeline.warehouse.partitions import replace_partitions

_TABLE = "out_exceptions"
_KEY = ("exception_id",)


class ExceptionStatus(StrEnum):
    """Where the investigation of an exceedance stands."""

    OPEN = "open"
    EXPLAINED = "explained"
    ACCEPTED = "accepted"
    CLOSED = "closed"


@dataclass(frozen=True)
class Review:
    """What a reviewer says of an exception.

    Attributes
    ----------
    exception_id : str
        Identifier in the register.
    status : ExceptionStatus
        Where the investigation stands now.
    note, reviewer : str
        What was found, and by whom.
    known_at : date or None
        Date from which the review counts as known; the latest date of the backtest where None.
    """

    exception_id: str
    status: ExceptionStatus
    note: str
    reviewer: str
    known_at: date | None = None


@dataclass(frozen=True)
class ReviewedException:
    """An exception after a review."""

    exception_id: str
    business_date: date
    account_id: str
    status: str
    cause: str
    known_from: date
    is_changed: bool


def update_register(
    connection: duckdb.DuckDBPyConnection,
    market: Market,
    model: ModelDeclaration,
    nodes: pl.DataFrame,
    as_of_date: date,
) -> int:
    """Enter new and changed exceedances of a model, and mark those that are no more.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer; the caller holds the transaction.
    market : Market
        Prices up to the as-of date.
    model : ModelDeclaration
        The model.
    nodes : polars.DataFrame
        Rows of ``queries/read_cap_bases.sql`` of the model.
    as_of_date : date
        Exceedances whose horizon ends later are left for a later run.

    Returns
    -------
    int
        Entries written.
    """
    changed = fetch_frame(
        connection,
        read_sql("queries/changed_exceptions.sql"),
        {"model_id": model.model_id, "as_of_date": as_of_date},
    )
    written = _withdraw(connection, model)
    if not len(changed):
        return written
    first, last = changed["business_date"].min(), changed["business_date"].max()
    book = read_book(connection, market, model, first, last)  # type: ignore[arg-type]
    scenarios = fetch_frame(
        connection,
        read_sql("queries/binding_scenarios.sql"),
        {"model_id": model.model_id, "first_date": first, "last_date": last},
    )
    explained = explain_exceedances(
        changed, split_by_instrument(market, book, changed), nodes, scenarios
    )
    return written + replace_partitions(
        connection,
        _TABLE,
        round_amounts(
            explained.with_columns(
                exception_id=identify_exceptions(explained),
                scope=pl.lit("account"),
                scope_id=pl.col("account_id"),
                is_exceedance=pl.lit(value=True),
                status=pl.when("is_same")
                .then("status")
                .otherwise(pl.lit(ExceptionStatus.OPEN.value)),
            )
        ),
        _KEY,
    )


def _withdraw(connection: duckdb.DuckDBPyConnection, model: ModelDeclaration) -> int:
    """Mark the entries of a model that the backtest no longer finds; return how many."""
    gone = fetch_frame(
        connection, read_sql("queries/withdrawn_exceptions.sql"), {"model_id": model.model_id}
    )
    if not len(gone):
        return 0
    held = fetch_frame(
        connection, "FROM out_exceptions WHERE model_id = $1", [model.model_id]
    ).join(gone, on="exception_id", how="inner", maintain_order="left")
    rows = held.with_columns(is_exceedance=pl.lit(value=False), known_from=pl.col("withdrawn_from"))
    return replace_partitions(connection, _TABLE, rows, _KEY)


def review_exception(connection: duckdb.DuckDBPyConnection, review: Review) -> ReviewedException:
    """Record a review as the new version of an exception.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer.
    review : Review
        What is said of the exception.

    Returns
    -------
    ReviewedException
        The exception as it stands; unchanged where it already stood so.

    Raises
    ------
    WrongUse
        There is no such exception, note or reviewer are empty, or the review would count as known
        before what it is about.
    """
    note, reviewer = review.note.strip(), review.reviewer.strip()
    if not note or not reviewer:
        raise WrongUse("--note and --reviewer must say something")
    held = fetch_frame(
        connection, "FROM out_exceptions WHERE exception_id = $1", [review.exception_id]
    )
    if not len(held):
        msg = (
            f"no exception {review.exception_id!r} in the register; list them with"
            " marginproof sql -c 'FROM out_exceptions'"
        )
        raise WrongUse(msg)
    state = held.row(0, named=True)
    latest = fetch_value(connection, "SELECT max(business_date) FROM out_backtest")
    known_from = review.known_at or max(d for d in (latest, state["known_from"]) if d)
    if known_from < state["known_from"]:
        msg = (
            f"--known-at {known_from} is before {state['known_from']}, from which the present state"
            f" of exception {review.exception_id} is known"
        )
        raise WrongUse(msg)
    said = (review.status.value, note, reviewer)
    is_changed = said != (state["status"], state["note"], state["reviewer"])
    if is_changed:
        _write_review(connection, held, said, known_from)
    return ReviewedException(
        exception_id=review.exception_id,
        business_date=state["business_date"],
        account_id=state["account_id"],
        status=review.status.value,
        cause=state["cause"],
        known_from=known_from if is_changed else state["known_from"],
        is_changed=is_changed,
    )


def _write_review(
    connection: duckdb.DuckDBPyConnection,
    held: pl.DataFrame,
    said: tuple[str, str, str],
    known_from: date,
) -> None:
    status, note, reviewer = (pl.lit(text) for text in said)
    rows = held.with_columns(
        status=status,
        note=note,
        reviewer=reviewer,
        review_count=pl.col("review_count") + 1,
        known_from=pl.lit(known_from, dtype=pl.Date),
    )
    name = str(held["exception_id"][0])
    content = hashlib.sha256("\0".join([name, *said]).encode()).hexdigest()
    with transaction(connection):
        replace_partitions(connection, _TABLE, rows, _KEY)
        record_run(
            connection,
            describe_run(
                "exception", known_from, {f"exception/{name}": content}, row_counts={_TABLE: 1}
            ),
        )
