"""Rows of ``out_margin_levels`` and ``out_margin_scenarios``; what is in them comes from `tail`."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.market import Book, IntArray, Market
from pipeline.margin.tail_results import AccountTail, TailLevels, WorstScenarios
from pipeline.terms import Level

LEVELS_SCHEMA = {
    "business_date": pl.Date,
    "model_id": pl.String,
    "mpor_days": pl.Int32,
    "account_id": pl.String,
    "confidence_pct": pl.Float64,
    "is_model_confidence": pl.Boolean,
    "scenarios": pl.Int32,
    "quantile_amount": pl.Float64,
    "expected_shortfall_amount": pl.Float64,
}
SCENARIOS_SCHEMA = {
    "business_date": pl.Date,
    "model_id": pl.String,
    "mpor_days": pl.Int32,
    "account_id": pl.String,
    "node_level": pl.String,
    "node_id": pl.String,
    "rank": pl.Int32,
    "scenario": pl.String,
    "scenario_date": pl.Date,
    "scenario_loss_amount": pl.Float64,
    "is_binding": pl.Boolean,
}


def arrange_tail(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    mpor_days: int,
    days: Sequence[tuple[int, AccountTail]],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Turn the tails of some dates into rows without provenance columns.

    Parameters
    ----------
    market, book : Market, Book
        Calendar and names.
    model : ModelDeclaration
        The model.
    mpor_days : int
        Margin period of risk.
    days : sequence of (int, AccountTail)
        Date code and tail; accounts of one date may come in parts.

    Returns
    -------
    levels : polars.DataFrame
        Columns of ``LEVELS_SCHEMA``, ordered by date, account and confidence.
    scenarios : polars.DataFrame
        Columns of ``SCENARIOS_SCHEMA``, ordered by date, account and rank.
    """
    fixed = (pl.lit(model.model_id).alias("model_id"), pl.lit(mpor_days).alias("mpor_days"))
    levels = [_level_rows(market, book, code, tail.levels) for code, tail in days if tail.levels]
    worst = [
        _scenario_rows(market, book, code, tail, tail.worst) for code, tail in days if tail.worst
    ]
    return (
        _arrange(
            levels,
            LEVELS_SCHEMA,
            ("business_date", "account_id", "confidence_pct"),
            *fixed,
            (
                (pl.col("confidence_pct") == model.measure.confidence_pct)
                & (model.measure.name != "worst_scenario")
            ).alias("is_model_confidence"),
        ),
        _arrange(worst, SCENARIOS_SCHEMA, ("business_date", "account_id", "rank"), *fixed),
    )


def _arrange(
    frames: Sequence[pl.DataFrame],
    schema: dict[str, type[pl.DataType]],
    order: Sequence[str],
    *columns: pl.Expr,
) -> pl.DataFrame:
    if not frames:
        return pl.DataFrame(schema=schema)
    return (
        pl.concat(frames)
        .with_columns(*columns)
        .select(pl.col(name).cast(kind) for name, kind in schema.items())
        .sort(order)
    )


def _level_rows(market: Market, book: Book, code: int, levels: TailLevels) -> pl.DataFrame:
    accounts, confidences = levels.quantile.shape
    return pl.DataFrame(
        {
            "business_date": np.full(accounts * confidences, market.dates[code]),
            "account_id": _name(book.accounts, np.repeat(levels.account, confidences)),
            "confidence_pct": np.tile(np.array(levels.confidence_pct), accounts),
            "quantile_amount": levels.quantile.reshape(-1),
            "expected_shortfall_amount": levels.shortfall.reshape(-1),
        }
    ).with_columns(scenarios=pl.lit(levels.scenarios))


def _scenario_rows(
    market: Market, book: Book, code: int, tail: AccountTail, worst: WorstScenarios
) -> pl.DataFrame:
    names = {
        Level.ACCOUNT.value: book.accounts,
        Level.OFFSET_GROUP.value: book.groups,
        Level.PRODUCT.value: book.products,
    }
    level = pl.Series(worst.level, dtype=pl.String)
    node = pl.Series([""], dtype=pl.String).new_from_index(0, len(level))
    for name, of_level in names.items():
        own = worst.level == name
        if own.any():
            known = np.where(own, worst.node, 0)
            node = _name(of_level, known).zip_with(pl.Series(own), node)
    return pl.DataFrame(
        {
            "business_date": np.full(len(level), market.dates[code]),
            "account_id": _name(book.accounts, worst.account),
            "node_level": level,
            "node_id": node,
            "rank": worst.rank,
            "scenario": _name(tail.labels, worst.scenario),
            "scenario_date": tail.dates[worst.scenario],
            "scenario_loss_amount": worst.loss,
            "is_binding": worst.is_binding,
        }
    )


def _name(names: np.ndarray, codes: IntArray) -> pl.Series:
    return pl.Series(names.astype(str), dtype=pl.String).gather(codes)
