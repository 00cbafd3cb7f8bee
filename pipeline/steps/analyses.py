"""What follows every backtest: offset on trial, exception register, procyclicality."""

from collections.abc import Sequence
from datetime import date

import duckdb

from pipeline.margin.declaration import ModelDeclaration
from pipeline.resources import read_sql
from pipeline.settings import Settings
from pipeline.steps.as_of_tables import write_as_of
from pipeline.steps.exceptions import update_register
from pipeline.steps.inputs import read_market
from pipeline.steps.offset_trial import try_offsets
from pipeline.steps.procyclicality import measure_model
from pipeline.warehouse.connection import fetch_frame, transaction


def update_analyses(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    models: Sequence[ModelDeclaration],
    as_of_date: date,
    window_days: Sequence[int],
) -> None:
    """Bring the results that rest on backtest and margins up to date, as of a date.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The writer.
    settings : Settings
        Reporting currency.
    models : sequence of ModelDeclaration
        Models to look at.
    as_of_date : date
        Last date whose prices may be used.
    window_days : sequence of int
        Lengths of the rolling windows.
    """
    market = read_market(connection, settings, as_of_date)
    members = fetch_frame(connection, "SELECT account_id, member_id FROM core_accounts")
    for model in models:
        nodes = fetch_frame(
            connection,
            read_sql("queries/read_cap_bases.sql"),
            {"model_id": model.model_id, "as_of_date": as_of_date},
        )
        trial = try_offsets(connection, market, model, nodes, members, window_days)
        moved = measure_model(connection, market, model, as_of_date, window_days)
        with transaction(connection):
            for table, rows in (
                ("out_cap_sweep", trial.sweep),
                ("out_cap_limit", trial.limits),
                ("out_offset_pairs", trial.pairs),
                ("out_procyclicality", moved),
            ):
                write_as_of(connection, table, rows, [model], as_of_date)
            update_register(connection, market, model, nodes, as_of_date)
