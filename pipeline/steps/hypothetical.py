"""Hypothetical portfolios: margins and losses of books that nobody holds, from a file.

They go through the engine and the comparison of real accounts, into rows of their own: never into
positions, margins or pools of real accounts.
"""

import tomllib
from collections.abc import Sequence
from datetime import date

import duckdb
import polars as pl

from pipeline.backtest.exceedances import compare_hypothetical
from pipeline.backtest.hypothetical import (
    HypotheticalPortfolio,
    hash_portfolios,
    parse_portfolios,
)
from pipeline.backtest.hypothetical_book import build_hypothetical_positions
from pipeline.backtest.losses import compute_losses
from pipeline.errors import WrongUse
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.engine import compute_margins
from pipeline.margin.market import Market, build_book, find_dates
from pipeline.resources import read_sql
from pipeline.settings import Settings
from pipeline.steps.amounts import round_amounts
from pipeline.steps.inputs import DateInputs, group_products
from pipeline.terms import HYPOTHETICAL
from pipeline.warehouse.connection import fetch_frame, transaction
from pipeline.warehouse.partitions import replace_partitions

FILE_NAME = "hypothetical.toml"
_DATE = ("business_date", "model_id")


def read_portfolios(settings: Settings) -> list[HypotheticalPortfolio]:
    """Read ``<home>/hypothetical.toml``; no file means no portfolio.

    Raises
    ------
    WrongUse
        The file is no TOML or declares what cannot be; the sentence names portfolio, leg and key.
    """
    path = settings.home / FILE_NAME
    if not path.exists():
        return []
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{FILE_NAME}: not a TOML file: {error}"
        raise WrongUse(msg) from error
    except OSError as error:
        msg = f"{FILE_NAME} cannot be read: {error.strerror}"
        raise WrongUse(msg) from error
    return parse_portfolios(document, FILE_NAME)


def write_portfolios(
    connection: duckdb.DuckDBPyConnection,
    portfolios: Sequence[HypotheticalPortfolio],
    known_from: date,
) -> None:
    """Write what is declared, for readers of the results; the caller holds the transaction.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer.
    portfolios : sequence of HypotheticalPortfolio
        All that are declared; others that were are withdrawn.
    known_from : date
        Date from which a new declaration counts as known.
    """
    rows = pl.DataFrame(
        {
            "portfolio_id": [one.portfolio_id for one in portfolios],
            "title": [one.title for one in portfolios],
            "reason": [one.reason for one in portfolios],
            "composition": [one.composition for one in portfolios],
            "roll_days": [one.roll_days for one in portfolios],
        },
        schema={
            "portfolio_id": pl.String,
            "title": pl.String,
            "reason": pl.String,
            "composition": pl.String,
            "roll_days": pl.Int32,
        },
    )
    held = fetch_frame(connection, "SELECT portfolio_id FROM out_hypothetical_portfolios")
    dated = pl.lit(known_from, dtype=pl.Date).alias("known_from")
    replace_partitions(
        connection,
        "out_hypothetical_portfolios",
        rows.with_columns(dated),
        ("portfolio_id",),
        held.with_columns(dated),
    )


def update_hypothetical(
    connection: duckdb.DuckDBPyConnection,
    market: Market,
    inputs: DateInputs,
    model: ModelDeclaration,
    portfolios: Sequence[HypotheticalPortfolio],
    as_of_date: date,
) -> int:
    """Recompute margins and losses of the portfolios where they are out of date.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer.
    market : Market
        All prices; a horizon is followed as far as they go, as for accounts.
    inputs : DateInputs
        What is in force on each date.
    model : ModelDeclaration
        The model.
    portfolios : sequence of HypotheticalPortfolio
        What is declared now.
    as_of_date : date
        Last date of positions.

    Returns
    -------
    int
        Dates recomputed: every date with prices whose inputs, parameters or declared portfolios
        have changed.
    """
    stale = _find_stale(connection, inputs, model, portfolios, as_of_date)
    if not len(stale):
        return 0
    codes = find_dates(market, stale["business_date"])
    built = build_hypothetical_positions(market, portfolios, codes)
    book = build_book(built.positions, market, group_products(market, model))
    margins, losses, excluded = [], [], []
    for mpor_days in model.scenarios.mpor_days:
        result = compute_margins(market, book, model, mpor_days, codes, with_tail=False)
        margins.append(round_amounts(result.margins))
        losses.append(round_amounts(compute_losses(market, book, mpor_days)))
        excluded.append(
            pl.concat([built.excluded, result.excluded]).with_columns(
                model_id=pl.lit(model.model_id), mpor_days=pl.lit(mpor_days, dtype=pl.Int32)
            )
        )
    rows = compare_hypothetical(
        pl.concat(losses), pl.concat(margins), model.coverage.tolerance_amount
    ).with_columns(model_id=pl.lit(model.model_id))
    provenance = stale.with_columns(parameter_hash=pl.lit(model.parameter_hash))
    partitions = provenance.with_columns(model_id=pl.lit(model.model_id))

    def dated(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(provenance, on="business_date", how="left", maintain_order="left")

    with transaction(connection):
        for table, frame in (
            ("out_hypothetical_margin", pl.concat(margins)),
            ("out_hypothetical_exclusions", pl.concat(excluded)),
        ):
            replace_partitions(connection, table, dated(frame), _DATE, partitions)
        replace_partitions(
            connection,
            "out_backtest",
            round_amounts(dated(rows)),
            (*_DATE, "scope"),
            partitions.with_columns(scope=pl.lit(HYPOTHETICAL)),
        )
    return len(stale)


def _find_stale(
    connection: duckdb.DuckDBPyConnection,
    inputs: DateInputs,
    model: ModelDeclaration,
    portfolios: Sequence[HypotheticalPortfolio],
    as_of_date: date,
) -> pl.DataFrame:
    """Return business_date, input_hash and known_from of the dates to recompute.

    The hash is that of a backtest in which the declared portfolios take the place of positions.
    Where none is declared any more, the dates that hold results are emptied.
    """
    declared = hash_portfolios(portfolios)
    expected = (
        DateInputs(
            inputs.frame.with_columns(
                position_hash=pl.lit(declared),
                position_known_from=pl.lit(None, dtype=pl.Date),
                called_hash=pl.lit(None, dtype=pl.String),
                called_known_from=pl.lit(None, dtype=pl.Date),
            )
        )
        .hash_backtests(model)
        .filter(pl.col("business_date") <= as_of_date)
        .select("business_date", "input_hash", "known_from")
    )
    held = fetch_frame(
        connection, read_sql("queries/held_hypothetical.sql"), {"model_id": model.model_id}
    )
    joined = expected.join(
        held.rename({"input_hash": "held_hash"}), on="business_date", how="left"
    ).sort("business_date")
    if not portfolios:
        joined = joined.filter(pl.col("held_hash").is_not_null())
    return joined.filter(pl.col("input_hash").ne_missing(pl.col("held_hash"))).select(
        "business_date", "input_hash", "known_from"
    )
