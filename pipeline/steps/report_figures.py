"""Reading the report's figures from a published snapshot: one query, one kind of row."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import polars as pl

from pipeline.errors import CheckFailed
from pipeline.margin.declaration import ModelDeclaration
from pipeline.rendering import model as report
from pipeline.resources import read_sql
from pipeline.terms import Decision, ExceedanceClass, Level, MarginBasis, Track, Zone
from pipeline.warehouse.connection import fetch_frame, fetch_value

ALL_DAYS = "all"
CHARTED_ACCOUNTS = 3

Windows = dict[tuple[str, str, int, str], tuple[date, date]]
"""First and last date by model_id, track, mpor_days and window_name."""


def fetch_rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any]
) -> list[dict[str, Any]]:
    """Run one query of ``sql/report`` and return its rows by column name."""
    frame = fetch_frame(connection, read_sql(f"report/{query}.sql"), parameters)
    return list(frame.iter_rows(named=True))


def read_coverage(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, ids: list[str]
) -> pl.DataFrame:
    """Read coverage with the Kupiec test beside it.

    Raises
    ------
    CheckFailed
        No backtest is published as of the date.
    """
    frame = fetch_frame(
        connection, read_sql("report/coverage.sql"), {"as_of_date": as_of_date, "model_ids": ids}
    )
    known = fetch_value(
        connection, "SELECT count(*) FROM out_coverage_tests WHERE as_of_date = $1", [as_of_date]
    )
    if not len(frame) and not known:
        msg = (
            f"no backtest is published as of {as_of_date}; run 'marginproof backtest --as-of"
            f" {as_of_date}' first"
        )
        raise CheckFailed(msg)
    return frame


def find_windows(
    connection: duckdb.DuckDBPyConnection,
    as_of_date: date,
    ids: list[str],
    coverage: pl.DataFrame,
) -> Windows:
    """Return first and last date of each window, from the dates that were observed."""
    windows: Windows = {}
    dates = fetch_frame(
        connection,
        read_sql("report/observed_dates.sql"),
        {"as_of_date": as_of_date, "model_ids": ids},
    )
    for (model_id, track, mpor_days), group in dates.group_by(
        ["model_id", "track", "mpor_days"], maintain_order=True
    ):
        days = group["business_date"].sort().to_list()
        for name in coverage["window_name"].unique().sort().to_list():
            length = len(days) if name == ALL_DAYS else int(name.removeprefix("last_"))
            kept = days[-length:]
            series = (str(model_id), str(track), int(str(mpor_days)), name)
            windows[series] = (kept[0], kept[-1])
    return windows


def count_dates(
    connection: duckdb.DuckDBPyConnection,
    as_of_date: date,
    model_id: str,
    mpor_days: int,
    first: date,
    last: date,
) -> int:
    """Count the observed dates of the core track really in a window, which may be a short one."""
    dates = fetch_rows(
        connection, "observed_dates", {"as_of_date": as_of_date, "model_ids": [model_id]}
    )
    return sum(
        row["track"] == Track.CORE_MODEL.value
        and row["mpor_days"] == mpor_days
        and first <= row["business_date"] <= last
        for row in dates
    )


def arrange_coverage(row: dict[str, Any], windows: Windows) -> report.CoverageRow:
    """Turn one row of the coverage query into the report's row, with the dates of its window."""
    window = windows.get((row["model_id"], row["track"], row["mpor_days"], row["window_name"]))
    return report.CoverageRow(
        **{
            **row,
            "track": Track(row["track"]),
            "margin_basis": MarginBasis(row["margin_basis"]),
            "zone": Zone(row["zone"]) if row["zone"] else None,
            "kupiec_decision": Decision(row["kupiec_decision"]),
        },
        window_start_date=window[0] if window else None,
        window_end_date=window[1] if window else None,
    )


def read_exceedances(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, ids: list[str]
) -> list[report.Exceedance]:
    """Read every exceedance of an account up to the date, the largest shortfall first."""
    rows = fetch_rows(connection, "exceedances", {"as_of_date": as_of_date, "model_ids": ids})
    return [
        report.Exceedance(
            **{
                **row,
                "track": Track(row["track"]),
                "margin_basis": MarginBasis(row["margin_basis"]),
                "exceedance_class": (
                    ExceedanceClass(row["exceedance_class"]) if row["exceedance_class"] else None
                ),
            }
        )
        for row in rows
    ]


def read_tests(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, ids: list[str]
) -> list[report.TestResult]:
    """Read the statistical tests as of the date."""
    rows = fetch_rows(connection, "tests", {"as_of_date": as_of_date, "model_ids": ids})
    return [
        report.TestResult(
            **{
                **row,
                "track": Track(row["track"]),
                "margin_basis": MarginBasis(row["margin_basis"]),
                "decision": Decision(row["decision"]),
            }
        )
        for row in rows
    ]


def read_offset_totals(
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[ModelDeclaration],
    ids: list[str],
    first: date,
    last: date,
    as_of_date: date,
) -> list[report.OffsetTotal]:
    """Read margin with and without offsets over all accounts in a window."""
    caps = {m.model_id: 100.0 * m.tree.cap for m in models}
    totals = fetch_rows(
        connection,
        "offset_totals",
        {"first_date": first, "last_date": last, "as_of_date": as_of_date, "model_ids": ids},
    )
    return [report.OffsetTotal(cap_pct=caps[row["model_id"]], **row) for row in totals]


def read_class_totals(
    connection: duckdb.DuckDBPyConnection,
    ids: list[str],
    window_name: str,
    first: date,
    last: date,
    as_of_date: date,
) -> tuple[report.ClassTotal, ...]:
    """Read the days above the netted margin in a window, by what would have covered them."""
    rows = fetch_rows(
        connection,
        "class_totals",
        {"first_date": first, "last_date": last, "as_of_date": as_of_date, "model_ids": ids},
    )
    return tuple(
        report.ClassTotal(
            **{**row, "exceedance_class": ExceedanceClass(row["exceedance_class"])},
            window_name=window_name,
        )
        for row in rows
    )


def read_level_credits(
    connection: duckdb.DuckDBPyConnection,
    ids: list[str],
    mpor_days: int,
    first: date,
    last: date,
    as_of_date: date,
) -> tuple[report.LevelCredit, ...]:
    """Read the offset credit of each tree level in a window."""
    rows = fetch_rows(
        connection,
        "level_credits",
        {
            "first_date": first,
            "last_date": last,
            "as_of_date": as_of_date,
            "model_ids": ids,
            "mpor_days": mpor_days,
        },
    )
    order = list(Level)
    earned = [
        report.LevelCredit(
            row["model_id"], Level(row["node_level"]), row["as_of_amount"], row["mean_amount"]
        )
        for row in rows
    ]
    return tuple(sorted(earned, key=lambda c: (ids.index(c.model_id), order.index(c.level))))


def summarise_severity(
    exceedances: Sequence[report.Exceedance], windows: Windows
) -> tuple[report.SeverityRow, ...]:
    """Summarise shortfalls of the core track by model, horizon and window."""
    rows = []
    for (model_id, track, mpor_days, window_name), (first, last) in sorted(windows.items()):
        if track != Track.CORE_MODEL.value:
            continue
        own = [
            e
            for e in exceedances
            if e.model_id == model_id
            and e.mpor_days == mpor_days
            and e.track is Track.CORE_MODEL
            and first <= e.business_date <= last
        ]
        frame = pl.DataFrame(
            {
                "shortfall": [e.shortfall_amount for e in own],
                "ratio": [
                    100.0 * e.loss_amount / e.tested_margin_amount
                    if e.tested_margin_amount > 0
                    else None
                    for e in own
                ],
                "path": [
                    (e.worst_loss_amount or e.loss_amount) - e.tested_margin_amount for e in own
                ],
            },
            schema={"shortfall": pl.Float64, "ratio": pl.Float64, "path": pl.Float64},
        )
        rows.append(
            report.SeverityRow(
                model_id=model_id,
                mpor_days=mpor_days,
                window_name=window_name,
                margin_basis=MarginBasis.CAPPED,
                exceedances=len(own),
                total_shortfall_amount=float(frame["shortfall"].sum()),
                mean_shortfall_amount=frame["shortfall"].mean(),  # type: ignore[arg-type]
                median_shortfall_amount=frame["shortfall"].median(),  # type: ignore[arg-type]
                largest_shortfall_amount=float(frame["shortfall"].max() or 0.0),  # type: ignore[arg-type]
                largest_loss_to_margin_pct=frame["ratio"].max(),  # type: ignore[arg-type]
                worst_path_shortfall_amount=frame["path"].max(),  # type: ignore[arg-type]
            )
        )
    return tuple(rows)


def read_account_histories(
    connection: duckdb.DuckDBPyConnection,
    as_of_date: date,
    model_id: str,
    mpor_days: int,
    exceedances: Sequence[report.Exceedance],
) -> tuple[report.AccountHistory, ...]:
    """Read the accounts with the largest shortfalls, for the charts."""
    accounts = list(dict.fromkeys(e.account_id for e in exceedances))[:CHARTED_ACCOUNTS]
    return tuple(
        read_account_history(connection, as_of_date, model_id, mpor_days, account_id)
        for account_id in accounts
    )


def read_account_history(
    connection: duckdb.DuckDBPyConnection,
    as_of_date: date,
    model_id: str,
    mpor_days: int,
    account_id: str,
) -> report.AccountHistory:
    """Read margin against loss of one account, for its chart."""
    rows = fetch_rows(
        connection,
        "account_history",
        {
            "account_id": account_id,
            "model_id": model_id,
            "mpor_days": mpor_days,
            "track": Track.CORE_MODEL.value,
            "as_of_date": as_of_date,
        },
    )
    return report.AccountHistory(
        account_id=account_id,
        model_id=model_id,
        mpor_days=mpor_days,
        margin_basis=MarginBasis.CAPPED,
        dates=tuple(r["business_date"] for r in rows),
        margin_amounts=tuple(r["tested_margin_amount"] for r in rows),
        loss_amounts=tuple(r["loss_amount"] for r in rows),
        is_exceedance=tuple(r["is_exceedance"] for r in rows),
        standalone_margin_amounts=tuple(r["standalone_margin_amount"] for r in rows),
    )


def read_margin_histories(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, model_id: str, mpor_days: int
) -> tuple[report.MarginHistory, ...]:
    """Read the margin of all accounts together over time."""
    rows = fetch_rows(
        connection,
        "margin_history",
        {"model_id": model_id, "mpor_days": mpor_days, "as_of_date": as_of_date},
    )
    if not rows:
        return ()
    return (
        report.MarginHistory(
            model_id=model_id,
            mpor_days=mpor_days,
            dates=tuple(r["business_date"] for r in rows),
            standalone_margin_amounts=tuple(r["standalone"] for r in rows),
            netted_margin_amounts=tuple(r["netted"] for r in rows),
            capped_margin_amounts=tuple(r["capped"] for r in rows),
        ),
    )
