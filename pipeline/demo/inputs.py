"""The input folder of the demonstration, written in one go.

Here belong the file names and formats, the first date with enough history and the result. Market
data, contracts and positions come from the sibling modules.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.demo.accounts import Account, declare_accounts, leave_out_options
from pipeline.demo.contracts import (
    FUTURES,
    OPTION_UNDERLYING,
    describe_instruments,
    list_options,
    price_contracts,
)
from pipeline.demo.market import (
    DateArray,
    DemoMarket,
    ExcludedDate,
    Period,
    PeriodName,
    find_period,
    read_market,
)
from pipeline.demo.positions import build_positions
from pipeline.errors import EnvironmentFault, WrongUse

SEED = 20140103
LOOKBACK_DAYS = 500
LARGEST_MPOR_DAYS = 2


@dataclass(frozen=True)
class DemoInputs:
    """What was written.

    Attributes
    ----------
    folder : Path
        Folder of the input files.
    first_price_date, last_date : date
        First and last date of the calendar.
    first_margin_date : date
        First date with positions; the history before it is as long as was asked for.
    accounts : tuple of str
        Account names.
    excluded_dates : tuple of ExcludedDate
        Dates left out of the calendar, and the series that had no value on them.
    row_counts : dict of str to int
        Rows of each file, by file name.
    """

    folder: Path
    first_price_date: date
    first_margin_date: date
    last_date: date
    accounts: tuple[str, ...]
    excluded_dates: tuple[ExcludedDate, ...]
    row_counts: dict[str, int]

    @property
    def excluded_count(self) -> int:
        """Number of dates left out of the calendar."""
        return len(self.excluded_dates)

    @property
    def excluded_reason(self) -> str:
        """One sentence: how many dates are left out, and for want of which series."""
        if not self.excluded_dates:
            return "No date is left out: every series has a value on every date."
        missing = [name for excluded in self.excluded_dates for name in excluded.missing]
        parts = [f"{name} on {missing.count(name)}" for name in sorted(set(missing))]
        dates = "1 date is" if self.excluded_count == 1 else f"{self.excluded_count} dates are"
        return f"{dates} left out because not every series has a value: {', '.join(parts)}."


def write_demo_inputs(
    folder: Path,
    period: PeriodName,
    lookback_days: int = LOOKBACK_DAYS,
    largest_mpor_days: int = LARGEST_MPOR_DAYS,
) -> DemoInputs:
    """Write the input files of the demonstration.

    ``standard`` has the S&P 500, the NASDAQ, WTI crude and options on the S&P 500 from 2014 to
    2018; ``crisis`` has the three futures from 2005 to June 2009, without options because the
    volatility series begins later. Prices are real closes; accounts and positions are invented
    from a fixed seed.

    The first year of prices and of positions is written as CSV, every other year as Parquet. All
    files are written beside their places first and then moved into them.

    Parameters
    ----------
    folder : Path
        Made where it does not exist; files of an earlier run of the same period are replaced.
    period : {'standard', 'crisis'}
        Stretch of history.
    lookback_days, largest_mpor_days : int
        Longest lookback and margin period of risk of the models to be shown. Positions begin on a
        date with ``lookback_days + largest_mpor_days`` dates of prices before it, which is what
        ``lookback_days`` overlapping moves need.

    Returns
    -------
    DemoInputs
        Dates, accounts and row counts.

    Raises
    ------
    WrongUse
        When the period is unknown, when it is too short for the lookback, or when the folder
        holds files that are not the demonstration's.
    EnvironmentFault
        When the package ``arch`` is not installed or the folder cannot be written.
    """
    chosen = find_period(period)
    market = read_market(chosen)
    first_row = _find_first_row(market.dates, chosen, lookback_days + largest_mpor_days)
    accounts = declare_accounts(np.random.default_rng([SEED, 0]))
    chain = None
    if chosen.has_options:
        underlying = list(FUTURES).index(OPTION_UNDERLYING)
        chain = list_options(market.dates, market.closes[:, underlying])
    else:
        accounts = leave_out_options(accounts)
    files: dict[str, pl.DataFrame] = {
        "instruments.csv": describe_instruments(chain),
        "accounts.csv": _describe_accounts(accounts),
    }
    files |= _split_by_year("prices", price_contracts(market, chain))
    positions = build_positions(
        accounts, market, chain, first_row, np.random.default_rng([SEED, 1])
    )
    files |= _split_by_year("positions", positions)
    _write_files(folder, files)
    return _summarise(folder, market, first_row, accounts, files)


def _find_first_row(dates: DateArray, period: Period, history_days: int) -> int:
    """Return the first row of the period with ``history_days`` dates before it."""
    if history_days < 0:
        raise WrongUse(f"the history before the first position is {history_days} dates long")
    wanted = int(np.searchsorted(dates, np.datetime64(period.positions_from, "D")))
    first = max(wanted, history_days)
    if first >= len(dates):
        msg = (
            f"the demonstration period has {len(dates)} dates, fewer than the {history_days + 1}"
            " that the lookback and the margin period of risk need"
        )
        raise WrongUse(msg)
    return first


def _describe_accounts(accounts: tuple[Account, ...]) -> pl.DataFrame:
    """Return account_id, member_id and account_type."""
    return pl.DataFrame(
        {
            "account_id": [account.account_id for account in accounts],
            "member_id": [account.member_id for account in accounts],
            "account_type": [account.account_type for account in accounts],
        }
    )


def _split_by_year(kind: str, frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return one frame a year by file name: the first year as CSV, the others as Parquet."""
    years = frame["business_date"].dt.year().unique().sort().to_list()
    return {
        f"{kind}_{year}.{'csv' if year == years[0] else 'parquet'}": frame.filter(
            pl.col("business_date").dt.year() == year
        )
        for year in years
    }


def _write_files(folder: Path, files: dict[str, pl.DataFrame]) -> None:
    """Write all files beside the folder, then move each into its place."""
    staging = folder.with_name(f"{folder.name}.partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = sorted({path.name for path in folder.iterdir()} - set(files))
        if strangers:
            msg = (
                f"the folder {folder} holds {strangers[0]}, which is no file of this"
                " demonstration; choose an empty folder"
            )
            raise WrongUse(msg)
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        for name, frame in files.items():
            _write_file(staging / name, frame)
        for name in files:
            (staging / name).replace(folder / name)
    except OSError as error:
        msg = f"the demonstration could not be written to {folder}: {error.strerror}"
        raise EnvironmentFault(msg) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_file(path: Path, frame: pl.DataFrame) -> None:
    """Write a frame in the format its name says."""
    write: Callable[[Path], object] = (
        frame.write_csv if path.suffix == ".csv" else frame.write_parquet
    )
    write(path)


def _summarise(
    folder: Path,
    market: DemoMarket,
    first_row: int,
    accounts: tuple[Account, ...],
    files: dict[str, pl.DataFrame],
) -> DemoInputs:
    """Describe what was written."""
    dates: list[date] = market.dates.tolist()
    return DemoInputs(
        folder=folder,
        first_price_date=dates[0],
        first_margin_date=dates[first_row],
        last_date=dates[-1],
        accounts=tuple(account.account_id for account in accounts),
        excluded_dates=market.excluded_dates,
        row_counts={name: frame.height for name, frame in files.items()},
    )
