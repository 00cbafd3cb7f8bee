"""Procyclicality of real and of fixed portfolios, as rows of ``out_procyclicality``.

What a client paid (positions and parameters move) is set beside what the model alone did to a
portfolio held constant. The measures themselves belong to `procyclicality`; recomputing margins of
a fixed portfolio belongs to the steps, which call the margin engine.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import polars as pl

from pipeline.backtest.outcome import IntArray
from pipeline.backtest.procyclicality import INCREASE_DAYS, measure_procyclicality
from pipeline.terms import FIRM


class Portfolio(StrEnum):
    """Whose margin is followed through a window."""

    ACTUAL = "actual"
    FIRST = "fixed_first"
    LAST = "fixed_last"


@dataclass(frozen=True)
class FixedBook:
    """Margins of positions held constant.

    Attributes
    ----------
    portfolio : Portfolio
        Which date's positions are held.
    book_date : date
        That date.
    margins : polars.DataFrame
        business_date, account_id, margin_amount over the window.
    counts : polars.DataFrame
        account_id, held, kept: positions of the account on the date, and those of them that are
        followed because they have a price on every date of the window.
    """

    portfolio: Portfolio
    book_date: date
    margins: pl.DataFrame
    counts: pl.DataFrame


_INCREASES = [f"increase_{days}_days_pct" for days in INCREASE_DAYS]
SCHEMA = {
    "scope": pl.String,
    "scope_id": pl.String,
    "portfolio": pl.String,
    "book_date": pl.Date,
    "first_date": pl.Date,
    "last_date": pl.Date,
    "margin_days": pl.Int64,
    "peak_to_trough": pl.Float64,
    "peak_date": pl.Date,
    "trough_date": pl.Date,
    **dict.fromkeys(_INCREASES, pl.Float64),
    "first_margin_amount": pl.Float64,
    "last_margin_amount": pl.Float64,
    "parameter_effect_amount": pl.Float64,
    "position_effect_amount": pl.Float64,
    "left_out_pct": pl.Float64,
    "reason": pl.String,
}


def choose_fixed_positions(
    positions: pl.DataFrame, priced: pl.DataFrame, dates: list[date]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Hold the positions of one date constant over a window.

    Parameters
    ----------
    positions : polars.DataFrame
        account_id, instrument_id, quantity of the date whose positions are held.
    priced : polars.DataFrame
        instrument_id, price_days: on how many dates of the window an instrument has a price.
    dates : list of date
        The window.

    Returns
    -------
    positions : polars.DataFrame
        business_date, account_id, instrument_id, quantity: the positions that have a price on
        every date, on every date.
    counts : polars.DataFrame
        account_id, held, kept. An instrument that expires or is listed inside the window cannot
        be held through it; nothing is put in its place.
    """
    whole = priced.filter(pl.col("price_days") == len(dates)).select("instrument_id")
    kept = positions.join(whole, on="instrument_id", how="semi")
    counts = (
        positions.group_by("account_id")
        .agg(held=pl.len().cast(pl.Int64))
        .join(
            kept.group_by("account_id").agg(kept=pl.len().cast(pl.Int64)),
            on="account_id",
            how="left",
        )
        .with_columns(pl.col("kept").fill_null(0))
        .sort("account_id")
    )
    days = pl.DataFrame({"business_date": dates}, schema={"business_date": pl.Date})
    held = days.join(kept, how="cross").sort("business_date", "account_id", "instrument_id")
    return held, counts


def describe_procyclicality(
    actual: pl.DataFrame, fixed: list[FixedBook], dates: list[date]
) -> pl.DataFrame:
    """Measure the margin series of every account and of the firm, real and fixed.

    Parameters
    ----------
    actual : polars.DataFrame
        business_date, account_id, margin_amount of the real portfolios.
    fixed : list of FixedBook
        Margins of positions held constant; may be empty.
    dates : list of date
        The window, ascending.

    Returns
    -------
    polars.DataFrame
        Columns of `SCHEMA`. The effects stand in the rows of the portfolio ``actual``:

        parameter effect = fixed_first(last date) - fixed_first(first date), the change of margin
        with the positions of the first date held, and position effect = the rest of the change of
        the actual margin, in which trades and what could not be held are together. They are null
        where no fixed book is there.
    """
    books = [
        (Portfolio.ACTUAL, None, actual, None),
        *((book.portfolio, book.book_date, book.margins, book.counts) for book in fixed),
    ]
    rows = [
        _measure(portfolio, book_date, margins, counts, dates)
        for portfolio, book_date, margins, counts in books
        if len(margins)
    ]
    if not rows:
        return pl.DataFrame(schema=SCHEMA)
    frame = pl.concat(rows)
    held = frame.filter(pl.col("portfolio") == Portfolio.FIRST.value).select(
        "scope",
        "scope_id",
        held_change=pl.col("last_margin_amount") - pl.col("first_margin_amount"),
    )
    own_change = pl.col("last_margin_amount") - pl.col("first_margin_amount")
    is_actual = pl.col("portfolio") == Portfolio.ACTUAL.value
    return (
        frame.join(held, on=["scope", "scope_id"], how="left")
        .with_columns(
            parameter_effect_amount=pl.when(is_actual).then("held_change"),
            position_effect_amount=pl.when(is_actual).then(own_change - pl.col("held_change")),
        )
        .select(*SCHEMA)
        .cast(SCHEMA)  # type: ignore[arg-type]
        .sort("scope", "scope_id", "portfolio")
    )


def _measure(
    portfolio: Portfolio,
    book_date: date | None,
    margins: pl.DataFrame,
    counts: pl.DataFrame | None,
    dates: list[date],
) -> pl.DataFrame:
    calendar = pl.DataFrame({"business_date": dates}, schema={"business_date": pl.Date})
    names = margins["account_id"].unique().sort()
    indexed = margins.join(calendar.with_row_index("day"), on="business_date", how="inner").join(
        names.to_frame().with_row_index("series"), on="account_id", how="inner"
    )
    series = np.full((len(names) + 1, len(dates)), np.nan)
    series[indexed["series"].to_numpy(), indexed["day"].to_numpy()] = indexed[
        "margin_amount"
    ].to_numpy()
    # The firm has a margin on a day as soon as one account has.
    some = np.isfinite(series[:-1]).any(axis=0)
    series[-1, some] = np.nansum(series[:-1, some], axis=0)
    measured = measure_procyclicality(series)
    day = np.array(dates, dtype="datetime64[D]")
    increases = 100.0 * measured.largest_increase
    return pl.DataFrame(
        {
            "scope": ["account"] * len(names) + [FIRM],
            "scope_id": [*names.to_list(), FIRM],
            "portfolio": [portfolio.value] * (len(names) + 1),
            "book_date": pl.Series([book_date] * (len(names) + 1), dtype=pl.Date),
            "first_date": pl.Series([dates[0]] * (len(names) + 1), dtype=pl.Date),
            "last_date": pl.Series([dates[-1]] * (len(names) + 1), dtype=pl.Date),
            "margin_days": np.isfinite(series).sum(axis=1),
            "peak_to_trough": measured.peak_to_trough,
            "peak_date": _dates_at(day, measured.peak_day),
            "trough_date": _dates_at(day, measured.trough_day),
            **dict(zip(_INCREASES, increases.T, strict=True)),
            "first_margin_amount": np.nan_to_num(series[:, 0], nan=0.0),
            "last_margin_amount": np.nan_to_num(series[:, -1], nan=0.0),
            "left_out_pct": _share_left_out(names, counts),
            "reason": list(measured.reason),
        }
    ).with_columns(pl.col("peak_to_trough", *_INCREASES).fill_nan(None))


def _share_left_out(names: pl.Series, counts: pl.DataFrame | None) -> pl.Series:
    """Return the share of positions that are not followed, by account and for the firm."""
    if counts is None:
        return pl.Series([None] * (len(names) + 1), dtype=pl.Float64)
    total = counts.select(pl.lit(FIRM).alias("account_id"), pl.col("held", "kept").sum()).unique()
    by_account = names.to_frame().join(counts, on="account_id", how="left", maintain_order="left")
    share = 100.0 * (1.0 - pl.col("kept") / pl.col("held"))
    return pl.concat([by_account, total]).select(share).to_series()


def _dates_at(day: np.ndarray, index: IntArray) -> pl.Series:
    found = index >= 0
    dates = np.where(found, day[np.maximum(index, 0)], np.datetime64("NaT"))
    return pl.Series(dates, dtype=pl.Date)
