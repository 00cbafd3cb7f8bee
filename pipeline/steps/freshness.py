"""Whether what is written still follows from what is committed."""

from collections.abc import Sequence
from datetime import date

import duckdb
import polars as pl

from pipeline.errors import CheckFailed
from pipeline.margin.declaration import ModelDeclaration
from pipeline.steps.backtest import find_stale_backtests
from pipeline.steps.inputs import read_date_inputs, read_held_results
from pipeline.steps.margin import find_stale_margins


def require_fresh_results(
    connection: duckdb.DuckDBPyConnection, models: Sequence[ModelDeclaration], as_of_date: date
) -> None:
    """Refuse results that were computed from other inputs or parameters than those in force.

    A date for which nothing was ever computed is no stale result; a correction that came after the
    margin, a margin that came after the backtest and a changed parameter are.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A snapshot or the warehouse.
    models : sequence of ModelDeclaration
        Models whose results are about to be shown.
    as_of_date : date
        Last date looked at.

    Raises
    ------
    CheckFailed
        Results are out of date; the sentence names the range and the command that renews them.
    """
    inputs = read_date_inputs(connection, date.max)
    held = read_held_results(connection)
    for model in models:
        computed = held.filter(pl.col("model_id") == model.model_id)
        margins = find_stale_margins(inputs, held, model, date.min, as_of_date).filter(
            pl.col("business_date") <= as_of_date
        )
        backtests = find_stale_backtests(inputs, held, model, as_of_date)
        stale = pl.concat([margins, backtests]).join(
            computed.select("business_date").unique(), on="business_date", how="semi"
        )
        if len(stale):
            dates: list[date] = stale["business_date"].unique().sort().to_list()
            msg = (
                f"the results of model {model.model_id} are out of date on"
                f" {len(dates)} dates from {dates[0]} to {dates[-1]}: inputs, parameters or margins"
                f" changed since; run 'marginproof backfill --from {dates[0]} --to {as_of_date}'"
                " first"
            )
            raise CheckFailed(msg)
