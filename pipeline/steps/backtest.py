"""The backtest step: losses against margins up to an as-of date, then coverage and its tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipeline.backtest.exceedances import (
    compare_adequacy,
    compare_core_model,
    compare_instruments,
)
from pipeline.backtest.hypothetical_book import pool_by_instrument
from pipeline.backtest.losses import compute_losses
from pipeline.backtest.results import BacktestResults, conclude_backtest
from pipeline.backtest.tested_rows import CoverageRule
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.engine import compute_margins
from pipeline.margin.market import Book, Market, build_book, find_dates
from pipeline.resources import read_sql
from pipeline.settings import Settings
from pipeline.steps.amounts import round_amounts
from pipeline.steps.analyses import update_analyses
from pipeline.steps.as_of_tables import write_as_of
from pipeline.steps.hypothetical import (
    read_portfolios,
    update_hypothetical,
    write_portfolios,
)
from pipeline.steps.inputs import (
    DateInputs,
    group_products,
    read_book,
    read_date_inputs,
    read_held_results,
    read_market,
)
from pipeline.steps.progress import track_progress
from pipeline.terms import Level
from pipeline.warehouse.connection import fetch_frame, transaction
from pipeline.warehouse.partitions import replace_partitions

ROLLING_WINDOWS = (250,)
_SCOPES = (Level.INSTRUMENT, Level.PRODUCT, Level.OFFSET_GROUP, Level.ACCOUNT)
"""Scopes that rest on positions; hypothetical portfolios are a partition of their own."""


@dataclass(frozen=True)
class BacktestSummary:
    """What the backtest step did.

    Attributes
    ----------
    dates : int
        Dates compared anew, over all models.
    observations, exceedances : int
        Account-days of the core track over all models and horizons, all days.
    adequacy_exceedances : int
        Account-days on which the margin in force was exceeded, all models, horizons and days.
    """

    dates: int
    observations: int
    exceedances: int
    adequacy_exceedances: int


def update_backtest(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    models: Sequence[ModelDeclaration],
    as_of_date: date,
) -> BacktestSummary:
    """Compare losses with margins up to a date and summarise the coverage.

    Only dates whose margin, called margin or horizon changed are compared anew. Coverage as of a
    date counts a horizon that ends later as pending: no later price enters it.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer.
    settings : Settings
        Reporting currency.
    models : sequence of ModelDeclaration
        Models to test.
    as_of_date : date
        Last date whose prices may be used.

    Returns
    -------
    BacktestSummary
        Counts.
    """
    portfolios = read_portfolios(settings)
    inputs = read_date_inputs(connection, date.max)
    held = read_held_results(connection)
    compared = 0
    if inputs.dates:
        market = read_market(connection, settings, date.max)
        with track_progress("backtest, models", len(models)) as advance:
            for model in models:
                compared += _compare(connection, market, inputs, held, model, as_of_date)
                update_hypothetical(connection, market, inputs, model, portfolios, as_of_date)
                advance()
    results = _conclude(connection, models, as_of_date)
    with transaction(connection):
        write_portfolios(connection, portfolios, as_of_date)
        for table, rows in results.tables.items():
            write_as_of(connection, table, rows, models, as_of_date)
    if inputs.dates:
        update_analyses(connection, settings, models, as_of_date, ROLLING_WINDOWS)
    totals = results.coverage.filter((pl.col("scope") == "firm") & (pl.col("window_name") == "all"))
    core = totals.filter((pl.col("track") == "core_model") & (pl.col("margin_basis") == "capped"))
    adequacy = totals.filter(pl.col("track") == "adequacy")
    return BacktestSummary(
        dates=compared,
        observations=int(core["observations"].sum()),
        exceedances=int(core["exceedances"].sum()),
        adequacy_exceedances=int(adequacy["exceedances"].sum()),
    )


def find_stale_backtests(
    inputs: DateInputs, held: pl.DataFrame, model: ModelDeclaration, as_of_date: date
) -> pl.DataFrame:
    """Return business_date, input_hash and known_from of the dates to compare anew.

    Parameters
    ----------
    inputs : DateInputs
        What is in force on each date.
    held : polars.DataFrame
        Rows of ``read_held_results``.
    model : ModelDeclaration
        The model.
    as_of_date : date
        Last date.
    """
    expected = inputs.hash_backtests(model).filter(pl.col("business_date") <= as_of_date)
    in_force = held.filter(
        (pl.col("model_id") == model.model_id) & (pl.col("result") == "backtest")
    ).select("business_date", held_hash="input_hash")
    margin_hashes = (
        held.filter(
            (pl.col("model_id") == model.model_id)
            & pl.col("result").is_in(["margin", "exclusions"])
        )
        .group_by("business_date")
        .agg(margin_hash=pl.col("input_hash").max())
    )
    return (
        expected.join(margin_hashes, on="business_date", how="left", maintain_order="left")
        .with_columns(
            input_hash=pl.concat_str("input_hash", pl.col("margin_hash").fill_null("none"))
        )
        .join(in_force, on="business_date", how="left", maintain_order="left")
        .filter(pl.col("input_hash").ne_missing(pl.col("held_hash")))
        .select("business_date", "input_hash", "known_from")
    )


def _compare(
    connection: duckdb.DuckDBPyConnection,
    market: Market,
    inputs: DateInputs,
    held: pl.DataFrame,
    model: ModelDeclaration,
    as_of_date: date,
) -> int:
    """Compare the dates of one model up to a date that are out of date; return how many.

    A row is compared with all that is known of its horizon, so that a later run as of an earlier
    date never takes an observation back; what lay in the future then is masked when it is read.
    """
    stale = find_stale_backtests(inputs, held, model, as_of_date)
    if not len(stale):
        return 0
    first, last = stale["business_date"].min(), stale["business_date"].max()
    book = read_book(connection, market, model, first, last)  # type: ignore[arg-type]
    margins = fetch_frame(
        connection,
        read_sql("queries/read_margins.sql"),
        {"model_id": model.model_id, "first_date": first, "last_date": last},
    )
    called = fetch_frame(
        connection, "SELECT business_date, account_id, called_amount FROM core_margin_called"
    )
    tolerance = model.coverage.tolerance_amount
    losses = pl.concat(
        [round_amounts(compute_losses(market, book, days)) for days in model.scenarios.mpor_days]
    ).join(stale.select("business_date"), on="business_date", how="semi")
    provenance = stale.with_columns(parameter_hash=pl.lit(model.parameter_hash))
    rows = pl.concat(
        [
            compare_core_model(losses, margins, tolerance),
            compare_adequacy(losses, margins, called, tolerance),
            _compare_instruments(market, book, model, stale),
        ],
        how="diagonal",
    ).with_columns(model_id=pl.lit(model.model_id))
    rows = rows.join(provenance, on="business_date", how="left", maintain_order="left").sort(
        "business_date", "track", "scope", "scope_id", "account_id", "mpor_days"
    )
    with transaction(connection):
        replace_partitions(
            connection,
            "out_backtest",
            round_amounts(rows),
            ("business_date", "model_id", "scope"),
            provenance.with_columns(model_id=pl.lit(model.model_id)).join(
                pl.DataFrame({"scope": [scope.value for scope in _SCOPES]}), how="cross"
            ),
        )
    return len(stale)


def _compare_instruments(
    market: Market, book: Book, model: ModelDeclaration, stale: pl.DataFrame
) -> pl.DataFrame:
    """Compare all holders of each instrument's sides, margined as if they held nothing else."""
    pooled = pool_by_instrument(market, book).join(
        stale.select("business_date"), on="business_date", how="semi"
    )
    sides = build_book(pooled, market, group_products(market, model))
    codes = find_dates(market, stale["business_date"])
    compared = []
    for days in model.scenarios.mpor_days:
        margins = compute_margins(market, sides, model, days, codes, with_tail=False).margins
        losses = compute_losses(market, sides, days)
        compared.append(
            compare_instruments(
                round_amounts(losses), round_amounts(margins), model.coverage.tolerance_amount
            )
        )
    return pl.concat(compared)


def _conclude(
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[ModelDeclaration],
    as_of_date: date,
) -> BacktestResults:
    rules = {
        m.model_id: CoverageRule(m.coverage.target_pct, m.coverage.tolerance_amount) for m in models
    }

    def read(query: str) -> pl.DataFrame:
        text = read_sql(f"queries/{query}.sql")
        keys = [{"as_of_date": as_of_date, "model_id": model.model_id} for model in models]
        return pl.concat([fetch_frame(connection, text, key) for key in keys])

    return conclude_backtest(
        read("read_backtest"),
        fetch_frame(connection, "SELECT account_id, member_id FROM core_accounts"),
        _explain_missing_margins(connection, models, as_of_date),
        rules,
        ROLLING_WINDOWS,
        read("read_margin_levels"),
    )


def _explain_missing_margins(
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[ModelDeclaration],
    as_of_date: date,
) -> pl.DataFrame:
    """Return model_id, mpor_days and reason of each series that has positions but no margin."""
    explained = []
    for model in models:
        for mpor_days in model.scenarios.mpor_days:
            row = fetch_frame(
                connection,
                read_sql("queries/models_without_margin.sql"),
                {"as_of_date": as_of_date, "model_id": model.model_id, "mpor_days": mpor_days},
            ).row(0, named=True)
            if not row["is_without_margin"]:
                continue
            needed = model.scenarios.lookback_days + mpor_days
            if row["price_dates"] < needed:
                reason = f"history too short: {row['price_dates']} of {needed} dates with prices"
            else:
                reason = row["reason"] or "no margin is written; run 'marginproof margin' first"
            explained.append((model.model_id, mpor_days, reason))
    return pl.DataFrame(
        explained,
        schema={"model_id": pl.String, "mpor_days": pl.Int32, "reason": pl.String},
        orient="row",
    )
