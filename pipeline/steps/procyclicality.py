"""Procyclicality of the written margins, and of positions held constant through a window.

Margins of held positions come from the margin engine, the same path as every other margin.
"""

from collections.abc import Sequence
from datetime import date

import duckdb
import numpy as np
import polars as pl

from pipeline.backtest.portfolio_procyclicality import (
    FixedBook,
    Portfolio,
    choose_fixed_positions,
    describe_procyclicality,
)
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.engine import compute_margins
from pipeline.margin.market import Market, build_book
from pipeline.resources import read_sql
from pipeline.steps.amounts import round_amounts
from pipeline.steps.inputs import group_products
from pipeline.terms import Level
from pipeline.warehouse.connection import fetch_frame

ALL_DAYS = "all"


def measure_model(
    connection: duckdb.DuckDBPyConnection,
    market: Market,
    model: ModelDeclaration,
    as_of_date: date,
    window_days: Sequence[int],
) -> pl.DataFrame:
    """Measure the procyclicality of one model's margins.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where margins, positions and prices are read from.
    market : Market
        Prices up to the as-of date.
    model : ModelDeclaration
        The model.
    as_of_date : date
        Last date looked at.
    window_days : sequence of int
        Lengths of the rolling windows; the window of all dates is always there. Fixed books are
        followed over the first of them, at the model's first horizon.

    Returns
    -------
    polars.DataFrame
        Rows of ``out_procyclicality`` without provenance.
    """
    margins = fetch_frame(
        connection,
        read_sql("queries/read_requirements.sql"),
        {"model_id": model.model_id, "as_of_date": as_of_date},
    )
    described = []
    for mpor_days in model.scenarios.mpor_days:
        own = margins.filter(pl.col("mpor_days") == mpor_days)
        dates = own["business_date"].unique().sort().to_list()
        if not dates:
            continue
        for days in (*window_days, None):
            window = dates if days is None else dates[-days:]
            followed = days is not None and days == window_days[0]
            fixed = (
                _follow_books(connection, market, model, mpor_days, window)
                if followed and mpor_days == model.scenarios.mpor_days[0]
                else []
            )
            described.append(
                describe_procyclicality(
                    own.filter(pl.col("business_date") >= window[0]), fixed, window
                ).with_columns(
                    model_id=pl.lit(model.model_id),
                    mpor_days=pl.lit(mpor_days, dtype=pl.Int32),
                    window_name=pl.lit(ALL_DAYS if days is None else f"last_{days}"),
                )
            )
    return pl.concat(described) if described else pl.DataFrame()


def _follow_books(
    connection: duckdb.DuckDBPyConnection,
    market: Market,
    model: ModelDeclaration,
    mpor_days: int,
    window: list[date],
) -> list[FixedBook]:
    """Recompute the margins of the first and of the last positions on every date of a window."""
    priced = fetch_frame(
        connection, read_sql("queries/count_price_days.sql"), {"business_dates": window}
    )
    codes = np.searchsorted(market.dates, np.array(window, dtype="datetime64[D]")).astype(np.int64)
    held, counts = [], {}
    for portfolio, book_date in ((Portfolio.FIRST, window[0]), (Portfolio.LAST, window[-1])):
        positions = fetch_frame(
            connection,
            read_sql("queries/read_positions.sql"),
            {"first_date": book_date, "last_date": book_date},
        ).filter(pl.col("quantity") != 0)
        kept, counts[portfolio] = choose_fixed_positions(positions, priced, window)
        held.append(
            kept.with_columns(account_id=pl.format("{}/{}", pl.lit(portfolio.value), "account_id"))
        )
    # Both books go through the engine at once, as accounts of their own.
    book = build_book(pl.concat(held), market, group_products(market, model))
    result = compute_margins(market, book, model, mpor_days, codes, with_tail=False)
    parts = pl.col("account_id").str.splitn("/", 2)
    margins = (
        round_amounts(result.margins.filter(pl.col("node_level") == Level.ACCOUNT.value))
        .select("business_date", "account_id", margin_amount="capped_margin_amount")
        .with_columns(parts.struct.rename_fields(["portfolio", "account_id"]))
        .unnest("account_id")
    )
    return [
        FixedBook(
            portfolio,
            window[0] if portfolio is Portfolio.FIRST else window[-1],
            margins.filter(pl.col("portfolio") == portfolio.value).drop("portfolio"),
            counts[portfolio],
        )
        for portfolio in counts
    ]
