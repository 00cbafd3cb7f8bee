"""Rows of ``out_backtest`` as tested: one row for each margin a loss is compared with, and windows.

Everything that counts or tests exceedances starts from these rows, so that all counts agree.
Pooling and statistics belong to `coverage_summary` and `series_tests`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.backtest.exceedances import find_exceedances
from pipeline.backtest.losses import LossStatus
from pipeline.backtest.outcome import FloatArray
from pipeline.terms import Level, MarginBasis, Track

ALL_DAYS = "all"
SERIES = ["model_id", "track", "mpor_days", "margin_basis"]
_CALENDAR = ["model_id", "track", "mpor_days"]
_NAMES = ["model_id", "track", "margin_basis", "scope", "scope_id", "account_id", "status"]


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

    At scope instrument the three margins are one, and only the capped basis is there.

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
        unless exceeding). Names are categorical, as grouping a million rows by text is slow. Within
        a basis rows are ordered by date, account and node, because sums of amounts depend on the
        order of addition.
    """
    rows = rows.sort("business_date", "account_id", "scope", "scope_id").with_columns(
        pl.col(_NAMES).cast(pl.Categorical)
    )
    core = rows.filter(pl.col("track") == Track.CORE_MODEL.value)
    # One instrument has no offset: its three margins are one.
    nets = core.filter(pl.col("scope") != Level.INSTRUMENT.value)
    columns = {
        MarginBasis.STANDALONE: "standalone_margin_amount",
        MarginBasis.NETTED: "netted_margin_amount",
        MarginBasis.CAPPED: "capped_margin_amount",
    }
    frames = [
        (core if basis is MarginBasis.CAPPED else nets).with_columns(
            margin_basis=_name(basis.value), margin=pl.col(column)
        )
        for basis, column in columns.items()
    ]
    frames.append(
        rows.filter(pl.col("track") == Track.ADEQUACY.value).with_columns(
            margin=pl.col("tested_margin_amount")
        )
    )
    tested = pl.concat(frames)
    tolerance = map_names(
        tested["model_id"], {model: rule.tolerance_amount for model, rule in rules.items()}
    )
    observed = tested["status"] == LossStatus.OBSERVED.value
    exceeds = find_exceedances(tested["loss_amount"], tested["margin"], tolerance)
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


def _name(value: str) -> pl.Expr:
    return pl.lit(value).cast(pl.Categorical)


def name_scope(scope: str, scope_id: str | pl.Expr) -> dict[str, pl.Expr]:
    """Return the columns scope and scope_id of a scope that pools rows.

    Parameters
    ----------
    scope : str
        Name of the scope.
    scope_id : str or polars.Expr
        What is pooled: one name, or a column of names.
    """
    pooled = pl.lit(scope_id) if isinstance(scope_id, str) else scope_id
    return {"scope": _name(scope), "scope_id": pooled.cast(pl.Categorical)}


def map_names(names: pl.Series, values: Mapping[str, float]) -> FloatArray:
    """Return the value of each row's name.

    Parameters
    ----------
    names : polars.Series
        Names, one a row.
    values : mapping of str to float
        Value of every name that occurs.
    """
    distinct = names.unique()
    mapped = names.replace_strict(
        distinct, [values[name] for name in distinct.cast(pl.String)], return_dtype=pl.Float64
    )
    return np.asarray(mapped.to_numpy(), dtype=np.float64)


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
    named = _name(name_window(days)).alias("window_name")
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
