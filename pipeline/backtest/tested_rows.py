"""Rows of ``out_backtest`` as tested: one row for each margin a loss is compared with, and windows.

Everything that counts or tests exceedances starts from these rows, so that all counts agree.
Pooling and statistics belong to `coverage_summary` and `series_tests`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.backtest.exceedances import find_exceedances
from pipeline.backtest.losses import LossStatus
from pipeline.terms import MarginBasis, Track

ALL_DAYS = "all"
SERIES = ["model_id", "track", "mpor_days", "margin_basis"]
_CALENDAR = ["model_id", "track", "mpor_days"]


@dataclass(frozen=True)
class CoverageRule:
    """What a model's coverage is held to.

    Attributes
    ----------
    target_pct : float
        Coverage target in per cent.
    tolerance_amount : float
        Tolerance of the comparison, in reporting currency.
    """

    target_pct: float
    tolerance_amount: float


def name_window(days: int | None) -> str:
    """Return the name of the window of the last dates; None is the window of all of them."""
    return ALL_DAYS if days is None else f"last_{days}"


def compare_every_basis(rows: pl.DataFrame, rules: Mapping[str, CoverageRule]) -> pl.DataFrame:
    """Compare each loss with the three margins of the core model, or with the one in force.

    Parameters
    ----------
    rows : polars.DataFrame
        Rows of ``out_backtest``.
    rules : mapping of str to CoverageRule
        By model_id.

    Returns
    -------
    polars.DataFrame
        model_id, track, mpor_days, margin_basis, business_date, scope, scope_id, account_id,
        status, loss (null unless observed), margin, exceeds (False unless observed), shortfall (0
        unless exceeding).
    """
    core = rows.filter(pl.col("track") == Track.CORE_MODEL.value)
    columns = {
        MarginBasis.STANDALONE: "standalone_margin_amount",
        MarginBasis.NETTED: "netted_margin_amount",
        MarginBasis.CAPPED: "capped_margin_amount",
    }
    frames = [
        core.with_columns(margin_basis=pl.lit(basis.value), margin=pl.col(column))
        for basis, column in columns.items()
    ]
    frames.append(
        rows.filter(pl.col("track") == Track.ADEQUACY.value).with_columns(
            margin=pl.col("tested_margin_amount")
        )
    )
    tested = pl.concat(frames)
    tolerance = tested["model_id"].replace_strict(
        {model: rule.tolerance_amount for model, rule in rules.items()},
        return_dtype=pl.Float64,
        default=0.0,
    )
    observed = tested["status"] == LossStatus.OBSERVED.value
    exceeds = find_exceedances(tested["loss_amount"], tested["margin"], tolerance.to_numpy())
    over = pl.Series(observed & exceeds.fill_null(value=False))
    return tested.select(
        *SERIES,
        "business_date",
        "scope",
        "scope_id",
        "account_id",
        "status",
        "margin",
        loss=pl.when(observed).then(pl.col("loss_amount")),
        exceeds=over,
        shortfall=pl.when(over).then(pl.col("loss_amount") - pl.col("margin")).otherwise(0.0),
    )


def cut_window(tested: pl.DataFrame, days: int | None) -> pl.DataFrame:
    """Keep the last dates with an ended horizon; pending rows stay, they are only counted.

    Parameters
    ----------
    tested : polars.DataFrame
        Rows of `compare_every_basis`.
    days : int or None
        How many dates of a model, track and horizon; None for all.

    Returns
    -------
    polars.DataFrame
        The rows kept, in their order, with window_name.
    """
    named = pl.lit(name_window(days)).alias("window_name")
    if days is None:
        return tested.with_columns(named)
    first = (
        tested.filter(pl.col("status") != LossStatus.PENDING.value)
        .select(*_CALENDAR, "business_date")
        .unique()
        .group_by(_CALENDAR)
        .agg(first_date=pl.col("business_date").top_k(days).min())
    )
    # A horizon that starts later ends later, so every pending date is after the first one kept.
    return (
        tested.join(first, on=_CALENDAR, how="left", maintain_order="left")
        .filter(pl.col("first_date").is_null() | (pl.col("business_date") >= pl.col("first_date")))
        .drop("first_date")
        .with_columns(named)
    )
