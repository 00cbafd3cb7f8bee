"""Collateral ratios and margin calls of a range of dates, from the margins that are written."""

from collections.abc import Sequence
from datetime import date

import duckdb
import polars as pl

from pipeline.margin.collateral_account import compare_calls, compare_ratios, value_collateral
from pipeline.margin.declaration import ModelDeclaration
from pipeline.resources import read_sql
from pipeline.steps.amounts import round_amounts
from pipeline.warehouse.connection import fetch_frame, transaction
from pipeline.warehouse.partitions import replace_partitions

_PARTITION = ("business_date", "model_id")


def update_collateral(
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[ModelDeclaration],
    first_date: date,
    last_date: date,
) -> int:
    """Recompute ratios and calls of a range of dates and of the date after it.

    The date after is compared with the last one of the range, so it may change too. Nothing is
    written where nothing changes.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer.
    models : sequence of ModelDeclaration
        Models whose margins are compared.
    first_date, last_date : date
        Range, both included.

    Returns
    -------
    int
        Partitions (business_date, model_id) of either table whose rows changed.
    """
    calendar = fetch_frame(
        connection, "SELECT business_date FROM core_calendar ORDER BY business_date"
    )["business_date"].to_list()
    before = max((day for day in calendar if day < first_date), default=first_date)
    after = min((day for day in calendar if day > last_date), default=last_date)
    dates = [day for day in calendar if before <= day <= after]
    wanted = [day for day in dates if day >= first_date]
    return sum(_update(connection, model, dates, wanted) for model in models if wanted)


def _update(
    connection: duckdb.DuckDBPyConnection,
    model: ModelDeclaration,
    dates: Sequence[date],
    wanted: Sequence[date],
) -> int:
    days = {"first_date": dates[0], "last_date": dates[-1]}
    margins = fetch_frame(
        connection,
        read_sql("queries/read_account_margins.sql"),
        {"model_id": model.model_id, **days},
    )
    if not len(margins):
        return 0
    holdings = fetch_frame(connection, read_sql("queries/read_collateral.sql"), days)
    pegs = _read_pegs(connection, model, dates[-1])
    values = value_collateral(holdings, model, pegs)
    hashes = margins.select("business_date", "parameter_hash", "input_hash").unique("business_date")
    partitions = (
        hashes.filter(pl.col("business_date").is_in(list(wanted)))
        .select("business_date", known_from="business_date")
        .with_columns(model_id=pl.lit(model.model_id))
    )
    changed = 0
    with transaction(connection):
        for table, rows in (
            ("out_collateral_ratio", compare_ratios(margins, values, model)),
            ("out_calls", compare_calls(margins, values, model, dates)),
        ):
            own = rows.filter(pl.col("business_date").is_in(list(wanted)))
            changed += replace_partitions(
                connection,
                table,
                round_amounts(own)
                .join(hashes, on="business_date", how="left", maintain_order="left")
                .with_columns(model_id=pl.lit(model.model_id)),
                _PARTITION,
                partitions,
            )
    return changed


def _read_pegs(
    connection: duckdb.DuckDBPyConnection, model: ModelDeclaration, last_date: date
) -> dict[tuple[date, str], float]:
    """Read the prices that show whether stablecoins hold their peg."""
    instruments = {item.instrument for item in model.collateral.pegged_assets}
    if not instruments:
        return {}
    prices = fetch_frame(connection, read_sql("queries/read_prices.sql"), {"last_date": last_date})
    own = prices.filter(pl.col("instrument_id").is_in(sorted(instruments)))
    return {
        (day, instrument): price
        for day, instrument, price in own.select(
            "business_date", "instrument_id", "settlement_price"
        ).iter_rows()
        if price is not None
    }
