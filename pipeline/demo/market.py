"""Real daily closes for the demonstration, on the dates on which every series has a value.

Here belong the periods, the reading of the data files of the Python package ``arch`` and the
calendar. Contracts on these closes and positions in them belong elsewhere.
"""

import importlib.util
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import EnvironmentFault, WrongUse

PeriodName = Literal["standard", "crisis"]

FloatArray = NDArray[np.float64]
DateArray = NDArray[np.datetime64]

# Series, in the order of every column axis here: file below arch/data, column of the value.
PRICE_SERIES = {
    "SP500": ("sp500/sp500.csv.gz", "Close"),
    "NASDAQ": ("nasdaq/nasdaq.csv.gz", "Close"),
    "WTI": ("wti/wti.csv.gz", "DCOILWTICO"),
}
VOLATILITY_SERIES = {"VIX": ("vix/vix.csv.gz", "vix")}


@dataclass(frozen=True)
class Period:
    """A stretch of market history.

    Attributes
    ----------
    first_price_date, last_date : date
        Prices lie between these dates, inclusive.
    positions_from : date
        Positions are held from the first date of the calendar on or after it.
    has_options : bool
        Whether the VIX, and with it the options, cover the period.
    """

    first_price_date: date
    last_date: date
    positions_from: date
    has_options: bool


PERIODS: dict[str, Period] = {
    # The VIX series begins on 2014-01-03, the index series end on 2018-12-31.
    "standard": Period(date(2014, 1, 3), date(2018, 12, 31), date(2016, 1, 1), has_options=True),
    "crisis": Period(date(2005, 6, 1), date(2009, 6, 30), date(2007, 7, 1), has_options=False),
}


@dataclass(frozen=True)
class ExcludedDate:
    """A date left out because not every series has a value on it.

    Attributes
    ----------
    business_date : date
        The date.
    missing : tuple of str
        Series without a value; at least one other series has one.
    """

    business_date: date
    missing: tuple[str, ...]


@dataclass(frozen=True)
class DemoMarket:
    """Closes and implied volatility on a common calendar.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (n_dates,)
        Ascending; every series has a value on each.
    closes : ndarray of shape (n_dates, 3)
        USD, rounded to the cent, in the order of ``PRICE_SERIES``.
    volatility : ndarray of shape (n_dates,), or None
        VIX / 100, an annualised volatility; None in a period without options.
    excluded_dates : tuple of ExcludedDate
        Ascending.
    """

    dates: DateArray
    closes: FloatArray
    volatility: FloatArray | None
    excluded_dates: tuple[ExcludedDate, ...]


def find_period(name: str) -> Period:
    """Return a period by name.

    Raises
    ------
    WrongUse
        When there is no such period.
    """
    if name not in PERIODS:
        known = ", ".join(sorted(PERIODS))
        raise WrongUse(f"there is no demonstration period {name!r}; expected one of: {known}")
    return PERIODS[name]


def read_market(period: Period) -> DemoMarket:
    """Read the series of a period and keep the dates on which all of them have a value.

    A date on which some series have a value and others have none (the crude oil price is not
    published on some days on which stocks trade, and the other way round) is excluded for all and
    reported; a day without any value is no date. Nothing is filled forward: a filled price would
    be a loss of zero that nobody observed.

    Parameters
    ----------
    period : Period
        First and last date, and whether the VIX is needed.

    Returns
    -------
    DemoMarket
        The calendar and the values.

    Raises
    ------
    EnvironmentFault
        When the package ``arch``, or one of its data files, is missing.
    """
    folder = _find_data_folder()
    wanted = PRICE_SERIES | (VOLATILITY_SERIES if period.has_options else {})
    names = list(wanted)
    table = _read_series(folder, names[0], *wanted[names[0]])
    for name in names[1:]:
        series = _read_series(folder, name, *wanted[name])
        table = table.join(series, on="business_date", how="full", coalesce=True)
    table = (
        table.filter(pl.col("business_date").is_between(period.first_price_date, period.last_date))
        .filter(pl.any_horizontal(pl.col(names).is_not_null()))
        .sort("business_date")
    )
    complete = table.drop_nulls(names)
    excluded = tuple(
        ExcludedDate(row["business_date"], tuple(name for name in names if row[name] is None))
        for row in table.filter(pl.any_horizontal(pl.col(names).is_null())).iter_rows(named=True)
    )
    closes = complete.select(list(PRICE_SERIES)).to_numpy()
    return DemoMarket(
        dates=complete["business_date"].to_numpy().astype("datetime64[D]"),
        closes=np.round(closes, 2),
        volatility=np.round(complete["VIX"].to_numpy() / 100, 4) if period.has_options else None,
        excluded_dates=excluded,
    )


def _find_data_folder() -> Path:
    """Return the folder of the data files of ``arch``.

    The package is found, not imported: importing it compiles and loads its models, which takes
    many times longer than reading the four files.
    """
    found = importlib.util.find_spec("arch")
    if found is None or not found.submodule_search_locations:
        msg = (
            "the demonstration reads the market data that the Python package arch carries, and"
            " arch is not installed; install arch 8 and run it again"
        )
        raise EnvironmentFault(msg)
    return Path(found.submodule_search_locations[0]) / "data"


def _read_series(folder: Path, name: str, file_name: str, column: str) -> pl.DataFrame:
    """Return business_date and the value of one series, without the days that have none."""
    path = folder / file_name
    if not path.is_file():
        msg = (
            f"the installed Python package arch does not carry the data file {file_name}, from"
            " which the demonstration reads; install arch 8 and run it again"
        )
        raise EnvironmentFault(msg)
    # Read as text first: a day without a value is an empty field in some files and a dot in others.
    return (
        pl.read_csv(path, columns=["Date", column], infer_schema=False)
        .select(
            business_date=pl.col("Date").str.to_date("%m/%d/%Y"),
            value=pl.col(column).cast(pl.Float64, strict=False),
        )
        .drop_nulls("value")
        .rename({"value": name})
    )
