"""The offset on trial, from written margins and losses: cap sweep, largest cap, pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipeline.backtest.cap_counterfactual import SCOPES, CapRule, try_caps
from pipeline.backtest.losses import LossStatus
from pipeline.backtest.offset_pairs import list_break_events, pair_account_days, summarise_pairs
from pipeline.backtest.pair_dependence import correlate_legs
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.market import Market
from pipeline.steps.inputs import group_products, read_book
from pipeline.terms import HYPOTHETICAL

ALL_DAYS = "all"


@dataclass(frozen=True)
class OffsetTrial:
    """Rows of ``out_cap_sweep``, ``out_cap_limit`` and ``out_offset_pairs``, without provenance."""

    sweep: pl.DataFrame
    limits: pl.DataFrame
    pairs: pl.DataFrame


def try_offsets(
    connection: duckdb.DuckDBPyConnection,
    market: Market,
    model: ModelDeclaration,
    nodes: pl.DataFrame,
    members: pl.DataFrame,
    window_days: Sequence[int],
) -> OffsetTrial:
    """Put the offsets of one model on trial, for each horizon and window.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where positions are read from.
    market : Market
        Prices up to the as-of date.
    model : ModelDeclaration
        The model.
    nodes : polars.DataFrame
        Rows of ``queries/read_cap_bases.sql`` of the model.
    members : polars.DataFrame
        account_id, member_id.
    window_days : sequence of int
        Lengths of the rolling windows; the window of all days is always there.

    Returns
    -------
    OffsetTrial
        Sorted rows.
    """
    rule = CapRule(
        model.tree.cap, model.coverage.target_pct / 100.0, model.coverage.tolerance_amount
    )
    groups = group_products(market, model)
    sweeps, limits, pairs = [], [], []
    for mpor_days in model.scenarios.mpor_days:
        own = nodes.filter(pl.col("mpor_days") == mpor_days)
        if not len(own):
            continue
        observed = own.filter(pl.col("status") == LossStatus.OBSERVED.value)
        is_real = pl.col("scope") != HYPOTHETICAL
        paired = pair_account_days(observed.filter(is_real), groups)
        correlations = _correlate(connection, market, model, mpor_days, paired)
        # Windows of accounts are cut from dates of accounts, those of portfolios from their own.
        for kind in (is_real, ~is_real):
            for name, first in _find_windows(own.filter(kind), window_days):
                inside = kind & (pl.col("business_date") >= first)
                trial = try_caps(
                    observed.filter(inside & pl.col("scope").is_in(SCOPES)), members, rule
                )
                series = (
                    pl.lit(model.model_id).alias("model_id"),
                    pl.lit(mpor_days, dtype=pl.Int32).alias("mpor_days"),
                    pl.lit(name).alias("window_name"),
                )
                sweeps.append(trial.sweep.with_columns(series))
                limits.append(trial.limits.with_columns(series))
                if kind is is_real:
                    judged = summarise_pairs(
                        paired.filter(pl.col("business_date") >= first),
                        correlations,
                        rule.tolerance_amount,
                    )
                    pairs.append(judged.with_columns(series))
    return OffsetTrial(
        *(pl.concat(found) if found else _NOTHING for found in (sweeps, limits, pairs))
    )


_NOTHING = pl.DataFrame()


def _find_windows(own: pl.DataFrame, window_days: Sequence[int]) -> list[tuple[str, date]]:
    """Return name and first date of each window, over the dates whose horizon has ended."""
    dates = own["business_date"].unique().sort()
    if not len(dates):
        return []
    named = [(f"last_{days}", dates[-min(days, len(dates))]) for days in window_days]
    return [*named, (ALL_DAYS, dates[0])]


def _correlate(
    connection: duckdb.DuckDBPyConnection,
    market: Market,
    model: ModelDeclaration,
    mpor_days: int,
    paired: pl.DataFrame,
) -> pl.DataFrame:
    events = list_break_events(paired)
    first, last = events["business_date"].min(), events["business_date"].max()
    if first is None or last is None:
        return events.with_columns(correlation=pl.lit(None, dtype=pl.Float64))
    book = read_book(connection, market, model, first, last)  # type: ignore[arg-type]
    return correlate_legs(market, book, model, mpor_days, events)
