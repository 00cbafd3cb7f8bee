"""The margin step: recompute what is out of date in a range, then ratios and calls from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.engine import MarginResult, compute_margins, prepare_model
from pipeline.margin.market import Book, Market, find_dates
from pipeline.settings import Settings
from pipeline.steps.amounts import round_amounts
from pipeline.steps.collateral import update_collateral
from pipeline.steps.inputs import (
    DateInputs,
    read_book,
    read_date_inputs,
    read_held_results,
    read_market,
)
from pipeline.steps.progress import track_progress
from pipeline.warehouse.connection import transaction
from pipeline.warehouse.partitions import replace_partitions

_PARTITION = ("business_date", "model_id")
# Positions whose margins are held before they are written. A day of a million positions is written
# alone; what a long range needs does not grow with its length.
BLOCK_POSITIONS = 1_000_000


@dataclass(frozen=True)
class MarginSummary:
    """What the margin step did.

    Attributes
    ----------
    dates : int
        Dates recomputed, over all models.
    rows : int
        Margin rows computed.
    changed : int
        Partitions (business_date, model_id) whose rows changed.
    excluded : int
        Account-days, over all models and horizons, without a margin.
    exclusion_reason : str
        Why, of the latest of them; empty where there is none.
    """

    dates: int
    rows: int
    changed: int
    excluded: int
    exclusion_reason: str = ""


def update_margins(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    models: Sequence[ModelDeclaration],
    first_date: date,
    last_date: date,
) -> MarginSummary:
    """Compute the margins of a range of dates where they are out of date.

    A date is out of date where nothing is in force for it or what is in force was computed from
    other inputs or parameters. Later dates that were computed before and whose lookback touches
    what changed are recomputed too, so that dates may arrive in any order.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer.
    settings : Settings
        Reporting currency.
    models : sequence of ModelDeclaration
        Models to compute.
    first_date, last_date : date
        Range, both included.

    Returns
    -------
    MarginSummary
        Counts, zero where everything was up to date.
    """
    inputs = read_date_inputs(connection, date.max)
    held = read_held_results(connection)
    stale = {m.model_id: find_stale_margins(inputs, held, m, first_date, last_date) for m in models}
    wanted = [frame for frame in stale.values() if len(frame)]
    if not wanted:
        # Collateral may have come since; margins that stand need no recomputation for it.
        update_collateral(connection, models, first_date, last_date)
        return MarginSummary(0, 0, 0, 0)
    first = min(frame["business_date"].min() for frame in wanted)  # type: ignore[type-var]
    last = max(frame["business_date"].max() for frame in wanted)  # type: ignore[type-var]
    market = read_market(connection, settings, last)  # type: ignore[arg-type]
    total = sum(len(stale[m.model_id]) * len(m.scenarios.mpor_days) for m in models)
    computed = changed = excluded = 0
    reason = ""
    with track_progress("margin, dates", total) as advance:
        for model in models:
            dates = stale[model.model_id]
            if not len(dates):
                continue
            book = read_book(connection, market, model, first, last)  # type: ignore[arg-type]
            cores = [prepare_model(market, book, model, days) for days in model.scenarios.mpor_days]
            for block in _cut_dates(dates, book, market):
                codes = find_dates(market, block["business_date"])
                results = [
                    compute_margins(market, book, model, days, codes, advance, core)
                    for days, core in zip(model.scenarios.mpor_days, cores, strict=True)
                ]
                changed += _write(connection, model, block, results)
                computed += sum(len(result.margins) for result in results)
                excluded += sum(len(result.excluded) for result in results)
                reasons = pl.concat([result.excluded for result in results]).sort("business_date")
                reason = reasons["reason"][-1] if len(reasons) else reason
    # Margins of later dates may have been recomputed with those of the range.
    update_collateral(connection, models, first_date, max(last, last_date))  # type: ignore[type-var,arg-type]
    dates_done = sum(len(frame) for frame in stale.values())
    return MarginSummary(dates_done, computed, changed, excluded, reason)


def find_stale_margins(
    inputs: DateInputs,
    held: pl.DataFrame,
    model: ModelDeclaration,
    first_date: date,
    last_date: date,
) -> pl.DataFrame:
    """Return business_date, input_hash and known_from of the dates to recompute."""
    expected = inputs.hash_margins(model)
    in_force = (
        held.filter(
            (pl.col("model_id") == model.model_id)
            & pl.col("result").is_in(["margin", "exclusions"])
        )
        .group_by("business_date")
        .agg(pl.col("input_hash").min().alias("held_hash"), pl.col("input_hash").n_unique())
        .select("business_date", "held_hash")
    )
    joined = expected.join(in_force, on="business_date", how="left", maintain_order="left")
    in_range = pl.col("business_date").is_between(first_date, last_date)
    was_computed = pl.col("held_hash").is_not_null() & (pl.col("business_date") > last_date)
    differs = pl.col("input_hash").ne_missing(pl.col("held_hash"))
    return joined.filter((in_range | was_computed) & differs).select(
        "business_date", "input_hash", "known_from"
    )


def _cut_dates(dates: pl.DataFrame, book: Book, market: Market) -> list[pl.DataFrame]:
    """Cut dates into blocks of at most ``BLOCK_POSITIONS`` positions, or of one date with more."""
    spans = [book.on_date(int(code)) for code in find_dates(market, dates["business_date"])]
    blocks, first, held = [], 0, 0
    for place, span in enumerate(spans):
        size = span.stop - span.start
        if place > first and held + size > BLOCK_POSITIONS:
            blocks.append(dates[first:place])
            first, held = place, 0
        held += size
    return [*blocks, dates[first:]]


def _write(
    connection: duckdb.DuckDBPyConnection,
    model: ModelDeclaration,
    dates: pl.DataFrame,
    results: Sequence[MarginResult],
) -> int:
    """Replace the partitions of the recomputed dates in one transaction."""
    margins = round_amounts(pl.concat([result.margins for result in results]))
    excluded = pl.concat(
        [
            result.excluded.with_columns(mpor_days=pl.lit(days, dtype=pl.Int32))
            for result, days in zip(results, model.scenarios.mpor_days, strict=True)
        ]
    ).with_columns(model_id=pl.lit(model.model_id))
    partitions = dates.with_columns(model_id=pl.lit(model.model_id))
    provenance = dates.with_columns(parameter_hash=pl.lit(model.parameter_hash))
    with transaction(connection):
        changed = replace_partitions(
            connection,
            "out_margin",
            margins.join(provenance, on="business_date", how="left", maintain_order="left"),
            _PARTITION,
            partitions,
        )
        for table, frames in (
            ("out_rules", [result.rules for result in results]),
            ("out_margin_levels", [result.levels for result in results]),
            ("out_margin_scenarios", [result.scenarios for result in results]),
        ):
            replace_partitions(
                connection,
                table,
                round_amounts(pl.concat(frames)).join(
                    provenance, on="business_date", how="left", maintain_order="left"
                ),
                _PARTITION,
                partitions,
            )
        replace_partitions(
            connection,
            "out_exclusions",
            excluded.join(provenance, on="business_date", how="left", maintain_order="left"),
            _PARTITION,
            partitions,
        )
    return changed
