"""Turn published futures curves and published margins into a Marginproof input folder.

The folder named by the environment variable ``MARGINPROOF_REAL_DATA`` holds, unchanged:

``futures_curves_rtl/futures_curves.parquet``
    Daily closes of whole futures curves: date, root, nth, contract (``YYYY-MM``), last_trade,
    close.
``lean_margins/cme_margins.csv``
    Initial margin per contract as the exchange published it, by effective date: date, symbol,
    initial. It is the margin of a front-month outright; no offset between contracts is in it.
``lean_futures_specs/contract_specs.csv``
    Contract multipliers: market, symbol, contract_multiplier.

What becomes of them:

- an instrument is one delivery month, ``CL-2020-05``, with product ``CL``, expiry_date last_trade
  and risk factor ``CL``, which all months of a curve share (the model then takes moves of the n-th
  nearby contract);
- a price is a close as it stands, a negative one too. Rows without a close or without a contract
  and the ticks of ``KNOWN_BAD_TICKS`` are left out and counted, nothing is filled;
- shock_type is ``absolute`` where a close of the root is zero or below anywhere in the file,
  otherwise ``log``;
- margin_called is the initial margin in force (the last one effective on or before the date) times
  the absolute number of contracts, summed over the account.

This is a tool of the tests. Loading, margin and backtest of what it writes belong to the product.
"""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.errors import CheckFailed, EnvironmentFault

VARIABLE = "MARGINPROOF_REAL_DATA"
ROOTS = ("CL", "HO", "NG", "RB")
MARKET = "nymex"

# Rows that are no trade: the only row of that day in the whole file, on a Sunday, with close zero.
KNOWN_BAD_TICKS = pl.DataFrame(
    {"root": ["RB"], "contract": ["2017-10"], "business_date": [date(2017, 8, 27)]}
)

NO_CLOSE, NO_CONTRACT, BAD_TICK = "no close", "no contract", "known bad tick"


@dataclass(frozen=True)
class Curves:
    """Closes by contract.

    Attributes
    ----------
    prices : polars.DataFrame
        business_date, root, contract, nearby (1 is the front), expiry_date, settlement_price;
        sorted by root, business_date and nearby.
    dropped : polars.DataFrame
        root, reason, rows: what was left out.
    """

    prices: pl.DataFrame
    dropped: pl.DataFrame


@dataclass(frozen=True)
class RealCase:
    """An input folder that was written.

    Attributes
    ----------
    folder : Path
        Where.
    dates : tuple of date
        The calendar, ascending.
    position_dates : tuple of date
        Dates with positions, ascending.
    row_counts : dict of str to int
        Rows by file name.
    dropped : polars.DataFrame
        As in ``Curves``.
    """

    folder: Path
    dates: tuple[date, ...]
    position_dates: tuple[date, ...]
    row_counts: dict[str, int]
    dropped: pl.DataFrame


def real_data_folder() -> Path:
    """Return the folder of the real data.

    Raises
    ------
    EnvironmentFault
        When the environment variable is unset or names no folder.
    """
    name = os.environ.get(VARIABLE, "")
    if not name or not Path(name).is_dir():
        raise EnvironmentFault(f"{VARIABLE} must name the folder of the real market data")
    return Path(name)


def read_curves(source: Path, roots: tuple[str, ...] = ROOTS) -> Curves:
    """Read the closes of some roots.

    Parameters
    ----------
    source : Path
        Folder of the real data.
    roots : tuple of str
        Which curves.

    Returns
    -------
    Curves
        Closes in the file's own unit (USD per barrel, gallon or MMBtu) and what was left out.

    Raises
    ------
    CheckFailed
        When a contract has two closes on a date or two last trading dates.
    """
    table = (
        pl.read_parquet(source / "futures_curves_rtl" / "futures_curves.parquet")
        .filter(pl.col("root").is_in(roots))
        .select(
            pl.col("date").cast(pl.Date).alias("business_date"),
            "root",
            "contract",
            pl.col("nth").cast(pl.Int64).alias("nearby"),
            pl.col("last_trade").cast(pl.Date).alias("expiry_date"),
            pl.col("close").alias("settlement_price"),
        )
        .join(
            KNOWN_BAD_TICKS.with_columns(pl.lit(value=True).alias("is_bad_tick")),
            on=["root", "contract", "business_date"],
            how="left",
        )
        .with_columns(
            pl.when(pl.col("settlement_price").is_null() | pl.col("settlement_price").is_nan())
            .then(pl.lit(NO_CLOSE))
            .when(pl.col("contract").is_null() | pl.col("expiry_date").is_null())
            .then(pl.lit(NO_CONTRACT))
            .when(pl.col("is_bad_tick").fill_null(value=False))
            .then(pl.lit(BAD_TICK))
            .alias("reason")
        )
    )
    dropped = (
        table.drop_nulls("reason")
        .group_by("root", "reason")
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .sort("root", "reason")
    )
    prices = table.filter(pl.col("reason").is_null()).drop("is_bad_tick", "reason")
    if prices.select("root", "contract", "business_date").is_duplicated().any():
        raise CheckFailed("futures_curves.parquet gives a contract two closes on one date")
    if (
        prices.group_by("root", "contract")
        .agg(pl.col("expiry_date").n_unique().alias("n"))["n"]
        .gt(1)
        .any()
    ):
        raise CheckFailed("futures_curves.parquet gives a contract two last trading dates")
    return Curves(prices.sort("root", "business_date", "nearby"), dropped)


def read_initial_margins(source: Path, roots: tuple[str, ...] = ROOTS) -> pl.DataFrame:
    """Read the published initial margins, USD per contract.

    Returns
    -------
    polars.DataFrame
        root, business_date (the date from which it is in force), initial_amount; sorted.

    Raises
    ------
    CheckFailed
        When a row has no initial margin.
    """
    margins = (
        pl.read_csv(source / "lean_margins" / "cme_margins.csv", infer_schema=False)
        .filter((pl.col("exchange") == MARKET) & pl.col("symbol").is_in(roots))
        .select(
            pl.col("symbol").alias("root"),
            pl.col("date").str.to_date("%Y-%m-%d").alias("business_date"),
            pl.col("initial").cast(pl.Float64).alias("initial_amount"),
        )
        .sort("root", "business_date")
    )
    # Carrying the margin before it over a gap would hide that a change is missing.
    if margins["initial_amount"].null_count():
        raise CheckFailed("cme_margins.csv has a row without initial margin")
    return margins


def read_multipliers(source: Path, roots: tuple[str, ...] = ROOTS) -> pl.DataFrame:
    """Read the contract multipliers: barrels, gallons or MMBtu per contract.

    Returns
    -------
    polars.DataFrame
        root, multiplier; sorted.
    """
    return (
        pl.read_csv(
            source / "lean_futures_specs" / "contract_specs.csv",
            infer_schema=False,
            truncate_ragged_lines=True,
        )
        .filter((pl.col("market") == MARKET) & pl.col("symbol").is_in(roots))
        .select(
            pl.col("symbol").alias("root"),
            pl.col("contract_multiplier").cast(pl.Float64).alias("multiplier"),
        )
        .sort("root")
    )


def describe_contracts(curves: Curves, multipliers: pl.DataFrame) -> pl.DataFrame:
    """Return the input file ``instruments``, one row per contract of the curves.

    Parameters
    ----------
    curves : Curves
        Whole history of the roots, so that a shock type does not depend on the dates chosen.
    multipliers : polars.DataFrame
        root, multiplier.
    """
    shock_types = curves.prices.group_by("root").agg(
        pl.when(pl.col("settlement_price").min() <= 0)
        .then(pl.lit("absolute"))
        .otherwise(pl.lit("log"))
        .alias("shock_type")
    )
    nothing = pl.lit(None, pl.String)
    return (
        curves.prices.select("root", "contract", "expiry_date")
        .unique()
        .join(multipliers, on="root")
        .join(shock_types, on="root")
        .sort("root", "contract")
        .select(
            pl.concat_str("root", "contract", separator="-").alias("instrument_id"),
            pl.col("root").alias("product"),
            pl.lit("future").alias("kind"),
            nothing.alias("underlying"),
            pl.col("root").alias("risk_factor"),
            pl.lit("USD").alias("currency"),
            pl.lit("linear").alias("settlement"),
            "multiplier",
            "expiry_date",
            pl.lit(None, pl.Float64).alias("strike"),
            nothing.alias("option_type"),
            nothing.alias("premium_style"),
            "shock_type",
        )
    )


def call_published_margin(positions: pl.DataFrame, margins: pl.DataFrame) -> pl.DataFrame:
    """Return the margin called: initial margin in force x absolute contracts, by account.

    Parameters
    ----------
    positions : polars.DataFrame
        business_date, account_id, instrument_id (``ROOT-YYYY-MM``), quantity.
    margins : polars.DataFrame
        From ``read_initial_margins``.

    Returns
    -------
    polars.DataFrame
        business_date, account_id, called_amount (USD); sorted.

    Raises
    ------
    CheckFailed
        When a position is older than the first published margin of its root.
    """
    in_force = (
        positions.with_columns(pl.col("instrument_id").str.split("-").list.first().alias("root"))
        .sort("root", "business_date")
        .join_asof(
            margins.sort("root", "business_date"),
            on="business_date",
            by="root",
            strategy="backward",
            check_sortedness=False,
        )
    )
    without = in_force.filter(pl.col("initial_amount").is_null())
    if without.height:
        row = without.row(0, named=True)
        msg = f"no margin is published for {row['root']} on or before {row['business_date']}"
        raise CheckFailed(msg)
    return (
        in_force.group_by("business_date", "account_id")
        .agg((pl.col("initial_amount") * pl.col("quantity").abs()).sum().alias("called_amount"))
        .sort("business_date", "account_id")
    )


def write_case(
    folder: Path,
    source: Path,
    contracts: pl.DataFrame,
    dates: tuple[date, date],
    positions: pl.DataFrame,
    called_dates: tuple[date, ...] | None = None,
) -> RealCase:
    """Write an input folder for chosen contracts, dates and positions.

    Accounts are those of the positions, each an individual client of its own member.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    source : Path
        Folder of the real data.
    contracts : polars.DataFrame
        root, contract: what to write instruments and prices of.
    dates : tuple of date
        First and last date, inclusive.
    positions : polars.DataFrame
        business_date, account_id, instrument_id, quantity.
    called_dates : tuple of date, optional
        Dates with a margin called; every date with positions by default.

    Returns
    -------
    RealCase
        What was written.

    Raises
    ------
    CheckFailed
        When a position has no price on its date, or an input is inconsistent.
    """
    roots = tuple(contracts["root"].unique().sort())
    curves = read_curves(source, roots)
    instruments = describe_contracts(curves, read_multipliers(source, roots))
    chosen = contracts.select(
        pl.concat_str("root", "contract", separator="-").alias("instrument_id")
    )
    prices = (
        curves.prices.filter(pl.col("business_date").is_between(*dates))
        .select(
            "business_date",
            pl.concat_str("root", "contract", separator="-").alias("instrument_id"),
            "settlement_price",
            pl.lit(None, pl.Float64).alias("implied_vol"),
        )
        .join(chosen, on="instrument_id", how="semi")
        .sort("business_date", "instrument_id")
    )
    unpriced = positions.join(prices, on=["business_date", "instrument_id"], how="anti")
    if unpriced.height:
        row = unpriced.row(0, named=True)
        raise CheckFailed(f"{row['instrument_id']} is held without price on {row['business_date']}")
    called = positions
    if called_dates is not None:
        called = positions.filter(pl.col("business_date").is_in(called_dates))
    files = {
        "instruments.csv": instruments.join(chosen, on="instrument_id", how="semi"),
        "accounts.csv": _describe_accounts(positions),
        "prices.parquet": prices,
        "positions.csv": positions.sort("business_date", "account_id", "instrument_id"),
        "margin_called.csv": call_published_margin(called, read_initial_margins(source, roots)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in files.items():
        if name.endswith(".csv"):
            frame.write_csv(folder / name)
        else:
            frame.write_parquet(folder / name)
    return RealCase(
        folder=folder,
        dates=tuple(prices["business_date"].unique().sort()),
        position_dates=tuple(positions["business_date"].unique().sort()),
        row_counts={name: frame.height for name, frame in files.items()},
        dropped=curves.dropped,
    )


def _describe_accounts(positions: pl.DataFrame) -> pl.DataFrame:
    """Return the input file ``accounts``."""
    return (
        positions.select("account_id")
        .unique()
        .sort("account_id")
        .with_columns(
            pl.concat_str(pl.lit("MEMBER-"), pl.col("account_id")).alias("member_id"),
            pl.lit("client_individual").alias("account_type"),
        )
    )


def five_day_case(folder: Path, source: Path | None = None) -> RealCase:
    """Write the five days to 2020-04-20, when the front WTI contract settled below zero.

    Account LONG-CL is long one CL-2020-05 on every date. The margin called is on 2020-04-17
    alone; there is no earlier history, so no margin can be computed from moves.

    Parameters
    ----------
    folder : Path
        Where to write.
    source : Path, optional
        Folder of the real data; ``MARGINPROOF_REAL_DATA`` by default.
    """
    source = source or real_data_folder()
    dates = (date(2020, 4, 14), date(2020, 4, 20))
    contract = pl.DataFrame({"root": ["CL"], "contract": ["2020-05"]})
    rows = read_curves(source, ("CL",)).prices.filter(
        pl.col("business_date").is_between(*dates) & (pl.col("contract") == "2020-05")
    )
    positions = hold("LONG-CL", rows, 1.0)
    return write_case(folder, source, contract, dates, positions, called_dates=(date(2020, 4, 17),))


def spread_case(
    folder: Path,
    source: Path | None = None,
    history_dates: int = 600,
    positions_from: date = date(2020, 3, 2),
    last_date: date = date(2020, 5, 15),
) -> RealCase:
    """Write spreads and an outright through April 2020, with history before them.

    - CALENDAR is long one CL-2020-05 and short one CL-2020-06 until the date before the May
      contract's last trading date, and holds nothing afterwards.
    - CRACK is long one HO and short one CL, each the second nearby contract of the date (42,000
      gallons are 1,000 barrels).
    - OUTRIGHT is long one CL, the first contract whose last trading date is after the date: on
      2020-04-20 still CL-2020-05.

    The contracts written are those that were among the first three of their curve on some date,
    with all their prices in the window, so that the n-th contract in the folder is the n-th of the
    market for n up to three.

    Parameters
    ----------
    folder : Path
        Where to write.
    source : Path, optional
        Folder of the real data; ``MARGINPROOF_REAL_DATA`` by default.
    history_dates : int
        Length of the calendar, in dates up to ``last_date``.
    positions_from, last_date : date
        First and last date with positions.
    """
    source = source or real_data_folder()
    prices = read_curves(source, ("CL", "HO")).prices.filter(pl.col("business_date") <= last_date)
    calendar = prices["business_date"].unique().sort().tail(history_dates)
    window = prices.filter(pl.col("business_date") >= calendar[0])
    held = window.filter(pl.col("business_date") >= positions_from)
    crude = held.filter(pl.col("root") == "CL")
    second = held.filter(pl.col("nearby") == 2)
    not_expiring = crude.filter(pl.col("expiry_date") > pl.col("business_date"))
    front = not_expiring.sort("nearby").unique("business_date", keep="first", maintain_order=True)
    spread_is_on = pl.col("business_date").is_in(
        not_expiring.filter(pl.col("contract") == "2020-05")["business_date"].implode()
    )
    spread = crude.filter(spread_is_on)
    positions = pl.concat(
        [
            hold("CALENDAR", spread.filter(pl.col("contract") == "2020-05"), 1.0),
            hold("CALENDAR", spread.filter(pl.col("contract") == "2020-06"), -1.0),
            hold("CRACK", second.filter(pl.col("root") == "HO"), 1.0),
            hold("CRACK", second.filter(pl.col("root") == "CL"), -1.0),
            hold("OUTRIGHT", front, 1.0),
        ]
    )
    contracts = window.filter(pl.col("nearby") <= 3).select("root", "contract").unique()
    return write_case(folder, source, contracts, (calendar[0], calendar[-1]), positions)


def hold(account_id: str, rows: pl.DataFrame, quantity: float) -> pl.DataFrame:
    """Return positions of one account: a quantity of the contract in each row of a curve."""
    return rows.select(
        "business_date",
        pl.lit(account_id).alias("account_id"),
        pl.concat_str("root", "contract", separator="-").alias("instrument_id"),
        pl.lit(quantity).alias("quantity"),
    )
