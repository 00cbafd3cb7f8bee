"""What an exceedance came from, in numbers: instruments that lost most, credit that failed.

Identifiers and causes of the exception register are made here; who reviewed what belongs to the
steps.
"""

import hashlib
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.backtest.losses import compute_position_losses
from pipeline.margin.market import Book, Market, find_dates, settle_expired
from pipeline.terms import ExceedanceClass, Level

KEY = ["business_date", "model_id", "track", "account_id", "mpor_days"]
"""What an exceedance is; its identifier is a hash of these."""
NAMED_INSTRUMENTS = 3
_DAY = ["business_date", "account_id", "mpor_days"]
_LEVELS = (Level.PRODUCT.value, Level.OFFSET_GROUP.value, Level.ACCOUNT.value)
_CLASS_WORDS = {
    ExceedanceClass.CAPPED.value: "the cap would have covered it",
    ExceedanceClass.OFFSET.value: "the offset granted was too large",
    ExceedanceClass.MODEL.value: "the margin without offsets fails too",
    ExceedanceClass.CALLED.value: "the margin called was under the recomputed one",
}
_NO_CLASS = "no recomputed margin to compare with"


def identify_exceptions(exceedances: pl.DataFrame) -> pl.Series:
    """Return the identifier of each exceedance: 16 hexadecimal digits of a SHA-256.

    It depends on nothing but what the exceedance is, so that it stays the same whatever later runs
    find out about the amounts.

    Parameters
    ----------
    exceedances : polars.DataFrame
        The columns of `KEY`.
    """
    keys = exceedances.select(
        pl.concat_str([pl.col(k).cast(pl.String) for k in KEY], separator="/")
    )
    return pl.Series(
        "exception_id",
        [hashlib.sha256(key.encode()).hexdigest()[:16] for key in keys.to_series()],
        dtype=pl.String,
    )


def split_by_instrument(market: Market, book: Book, exceedances: pl.DataFrame) -> pl.DataFrame:
    """Return the loss of every position of the account-days that exceeded.

    Parameters
    ----------
    market, book : Market, Book
        Prices up to the ends of the horizons, and the positions.
    exceedances : polars.DataFrame
        business_date, account_id, mpor_days, horizon_end_date.

    Returns
    -------
    polars.DataFrame
        business_date, account_id, mpor_days, instrument_id, loss_amount.
    """
    wanted = exceedances.select(*_DAY, "horizon_end_date").unique().sort(_DAY)
    held = pl.DataFrame(
        {
            "business_date": pl.Series(market.dates[book.date]).cast(pl.Date),
            "account_id": pl.Series(book.accounts.astype(str), dtype=pl.String).gather(
                book.account
            ),
            "position": np.arange(len(book.date)),
        }
    )
    rows = wanted.join(
        held, on=["business_date", "account_id"], how="inner", maintain_order="left_right"
    )
    chosen = rows["position"].to_numpy()
    end = find_dates(market, rows["horizon_end_date"])
    positions = replace(
        book,
        date=book.date[chosen],
        account=book.account[chosen],
        instrument=book.instrument[chosen],
        quantity=book.quantity[chosen],
    )
    losses = compute_position_losses(market, settle_expired(market), positions, end)
    return rows.select(
        *_DAY,
        instrument_id=market.instruments["instrument_id"].gather(positions.instrument),
        loss_amount=pl.Series(losses, dtype=pl.Float64),
    )


def explain_exceedances(
    exceedances: pl.DataFrame,
    instrument_losses: pl.DataFrame,
    nodes: pl.DataFrame,
    scenarios: pl.DataFrame,
) -> pl.DataFrame:
    """State the cause of each exceedance in numbers.

    Parameters
    ----------
    exceedances : polars.DataFrame
        ``_DAY`` and exceedance_class; other columns are kept.
    instrument_losses : polars.DataFrame
        Rows of `split_by_instrument`.
    nodes : polars.DataFrame
        Core rows of the nodes of these account-days, of one model: ``_DAY``, scope, loss_amount,
        level_credit_amount.
    scenarios : polars.DataFrame
        ``_DAY``, margin_scenario, margin_scenario_loss_amount, margin_scenarios: at most one row an
        account-day; none where the model writes no scenarios.

    Returns
    -------
    polars.DataFrame
        The exceedances with largest_instrument_id, largest_instrument_loss_amount, failed_level,
        failed_credit_amount, the columns of the scenarios and cause.

    Notes
    -----
    The credit granted at a level is what its nodes' margins fall short of the sum of their
    children's. What the day bore of it is the same difference taken on the losses, floored at zero
    as margins are: sum of max(child loss, 0) less sum of max(node loss, 0). The level that failed
    is the one whose granted credit exceeds the borne one by most; over all levels the differences
    add up to (standalone - netted) - (sum of instruments' losses - loss of the account).
    """
    largest = (
        instrument_losses.filter(pl.col("loss_amount") > 0)
        .sort(*_DAY, "loss_amount", "instrument_id", descending=[False] * 3 + [True, False])
        .group_by(_DAY, maintain_order=True)
        .head(NAMED_INSTRUMENTS)
    )
    named = pl.format(
        "{} {}", "instrument_id", pl.col("loss_amount").map_elements(_money, pl.String)
    )
    drivers = largest.group_by(_DAY, maintain_order=True).agg(
        largest_instrument_id=pl.col("instrument_id").first(),
        largest_instrument_loss_amount=pl.col("loss_amount").first(),
        named=named.str.join(", "),
    )
    joined = exceedances
    for found in (drivers, _find_failed_levels(instrument_losses, nodes), scenarios):
        joined = joined.join(found, on=_DAY, how="left", maintain_order="left")
    parts = [
        pl.col("exceedance_class")
        .replace_strict(_CLASS_WORDS, default=_NO_CLASS, return_dtype=pl.String)
        .fill_null(_NO_CLASS),
        pl.format("largest losses: {}", "named"),
        pl.format(
            "credit that failed: {}, level {}",
            pl.col("failed_credit_amount").map_elements(_money, pl.String),
            "failed_level",
        ),
        pl.format(
            "margin set by {} {}, loss {}",
            pl.when(pl.col("margin_scenarios") > 1)
            .then(pl.lit("a tail, its worst scenario"))
            .otherwise(pl.lit("scenario")),
            "margin_scenario",
            pl.col("margin_scenario_loss_amount").map_elements(_money, pl.String),
        ),
    ]
    return joined.with_columns(cause=pl.concat_str(parts, separator="; ", ignore_nulls=True)).drop(
        "named"
    )


def _money(amount: float) -> str:
    return f"{amount:,.0f}"


def _find_failed_levels(instrument_losses: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Return ``_DAY``, failed_level and failed_credit_amount where a level's credit failed."""
    positive = pl.col("loss_amount").clip(lower_bound=0).sum()
    leaves = instrument_losses.group_by(_DAY).agg(instrument=positive)
    levels = nodes.group_by(*_DAY, "scope").agg(
        loss=positive, credit=pl.col("level_credit_amount").sum()
    )
    wide = leaves
    for level in _LEVELS:
        wide = wide.join(
            levels.filter(pl.col("scope") == level).select(
                *_DAY,
                pl.col("loss").alias(level),
                pl.col("credit").alias(f"{level}_credit"),
            ),
            on=_DAY,
            how="inner",
        )
    below = ("instrument", *_LEVELS[:-1])
    failures = [
        (pl.col(f"{level}_credit") - (pl.col(child) - pl.col(level))).alias(f"{level}_failure")
        for child, level in zip(below, _LEVELS, strict=True)
    ]
    return (
        wide.with_columns(failures)
        .unpivot(
            on=[f"{level}_failure" for level in _LEVELS],
            index=_DAY,
            variable_name="failed_level",
            value_name="failed_credit_amount",
        )
        .with_columns(pl.col("failed_level").str.strip_suffix("_failure"))
        .filter(pl.col("failed_credit_amount") > _LEAST_AMOUNT)
        .sort(*_DAY, "failed_credit_amount", "failed_level", descending=[False] * 3 + [True, False])
        .group_by(_DAY, maintain_order=True)
        .first()
    )


_LEAST_AMOUNT = 0.01
"""A difference under a cent is rounding, no credit that failed."""
