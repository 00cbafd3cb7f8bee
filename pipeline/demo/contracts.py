"""Contracts of the demonstration: three futures and monthly options on the S&P 500.

Here belong contract terms, the listing of options and their prices. Who holds them belongs
elsewhere.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.demo.market import DateArray, DemoMarket, FloatArray
from pipeline.margin.pricing import black76

# Grid of strikes at listing, as a share of the close, and the step they are rounded to.
MONEYNESS_GRID = (0.85, 0.90, 0.95, 1.00, 1.05, 1.10, 1.15)
STRIKE_STEP = 25.0
# An option is listed on the first date within this many calendar days of its expiry. Two monthly
# expiries are at most 64 days apart, so the month after next is listed when the front one expires.
LISTING_LEAD_DAYS = 65
OPTION_TYPES = ("call", "put")
DAYS_PER_YEAR = 365.0
OPTION_UNDERLYING = "SP500"

INSTRUMENT_SCHEMA = {
    "instrument_id": pl.String,
    "product": pl.String,
    "kind": pl.String,
    "underlying": pl.String,
    "risk_factor": pl.String,
    "currency": pl.String,
    "settlement": pl.String,
    "multiplier": pl.Float64,
    "expiry_date": pl.Date,
    "strike": pl.Float64,
    "option_type": pl.String,
    "premium_style": pl.String,
    "shock_type": pl.String,
}


@dataclass(frozen=True)
class FutureTerms:
    """Terms of a front-month continuous future: one price series, which never expires.

    The close of the index or of spot crude stands for the future's settlement price; carry and
    the roll from one delivery month to the next are left out.

    Attributes
    ----------
    multiplier : float
        USD per index point, or barrels per contract.
    shock_type : str or None
        Declared shock type of the risk factor; None leaves it to the model.
    """

    multiplier: float
    shock_type: str | None


# In the order of pipeline.demo.market.PRICE_SERIES.
FUTURES = {
    "SP500": FutureTerms(50.0, "log"),
    "NASDAQ": FutureTerms(20.0, "log"),
    "WTI": FutureTerms(1000.0, None),
}


@dataclass(frozen=True)
class OptionChain:
    """Every option series that is listed in a period, as arrays.

    Attributes
    ----------
    expiries : ndarray of datetime64[D], shape (n_expiries,)
        Last trading dates, ascending.
    listed : ndarray of int64, shape (n_expiries,)
        Row of the calendar on which the options of each expiry are listed.
    strikes : ndarray of shape (n_expiries, n_strikes)
        Ascending along the second axis.
    instrument_ids : ndarray of str, shape (n_expiries, n_strikes, 2)
        Call, then put.
    """

    expiries: DateArray
    listed: NDArray[np.int64]
    strikes: FloatArray
    instrument_ids: NDArray[np.str_]


def list_options(dates: DateArray, closes: FloatArray) -> OptionChain:
    """List monthly options on a grid of strikes around the close of the listing date.

    The last trading date is the third Friday of the month or, where that is no date of the
    calendar, the date before it. Expiries after the end of the calendar keep their Friday.

    Parameters
    ----------
    dates : ndarray of datetime64[D], shape (n_dates,)
        The calendar, ascending.
    closes : ndarray of shape (n_dates,)
        Close of the underlying.

    Returns
    -------
    OptionChain
        All expiries listed on or before the last date; the first ones are listed on the first
        date of the calendar, closer to their expiry than later ones.
    """
    lead = np.timedelta64(LISTING_LEAD_DAYS, "D")
    months = np.arange(
        dates[0].astype("datetime64[M]"), (dates[-1] + lead).astype("datetime64[M]") + 1
    )
    fridays = np.busday_offset(months.astype("datetime64[D]"), 2, roll="forward", weekmask="Fri")
    at_or_before = np.searchsorted(dates, fridays, side="right") - 1
    inside = (at_or_before >= 0) & (fridays <= dates[-1])
    expiries = np.where(inside, dates[np.maximum(at_or_before, 0)], fridays)
    listed = np.searchsorted(dates, expiries - lead)
    # An expiry on the first date would never have been tradable before it.
    keep = (expiries > dates[0]) & (listed < len(dates))
    expiries, listed = expiries[keep], listed[keep]
    raw = closes[listed][:, None] * np.array(MONEYNESS_GRID)
    strikes = np.round(raw / STRIKE_STEP) * STRIKE_STEP
    ids = [
        [
            [f"SP500-{expiry}-{kind[0].upper()}{strike:.0f}" for kind in OPTION_TYPES]
            for strike in row
        ]
        for expiry, row in zip(expiries.astype(str), strikes, strict=True)
    ]
    return OptionChain(expiries, listed.astype(np.int64), strikes, np.array(ids, dtype=np.str_))


def describe_instruments(chain: OptionChain | None) -> pl.DataFrame:
    """Return one row per future and option, with the columns of ``INSTRUMENT_SCHEMA``."""
    rows = [
        {
            "instrument_id": name,
            "product": name,
            "kind": "future",
            "risk_factor": name,
            "currency": "USD",
            "settlement": "linear",
            "multiplier": terms.multiplier,
            "shock_type": terms.shock_type,
        }
        for name, terms in FUTURES.items()
    ]
    futures = pl.DataFrame(rows, schema=INSTRUMENT_SCHEMA)
    if chain is None:
        return futures
    shape = chain.instrument_ids.shape
    terms = FUTURES[OPTION_UNDERLYING]
    options = pl.DataFrame(
        {
            "instrument_id": chain.instrument_ids.ravel(),
            "expiry_date": np.broadcast_to(chain.expiries[:, None, None], shape).ravel(),
            "strike": np.broadcast_to(chain.strikes[:, :, None], shape).ravel(),
            "option_type": np.broadcast_to(np.array(OPTION_TYPES), shape).ravel(),
        }
    ).select(
        "instrument_id",
        pl.lit(OPTION_UNDERLYING).alias("product"),
        pl.lit("option").alias("kind"),
        pl.lit(OPTION_UNDERLYING).alias("underlying"),
        pl.lit(OPTION_UNDERLYING).alias("risk_factor"),
        pl.lit("USD").alias("currency"),
        pl.lit("linear").alias("settlement"),
        pl.lit(terms.multiplier).alias("multiplier"),
        pl.col("expiry_date").cast(pl.Date),
        "strike",
        "option_type",
        pl.lit("upfront").alias("premium_style"),
        pl.lit(terms.shock_type).alias("shock_type"),
    )
    return pl.concat([futures, options])


def price_contracts(market: DemoMarket, chain: OptionChain | None) -> pl.DataFrame:
    """Price every contract on every date on which it is listed.

    Futures settle at the close. Options are worth Black-76 on the close with zero rates,
    volatility VIX / 100 for every strike and expiry and calendar days to expiry / 365 years, and
    their intrinsic value on the expiry date; rounded to 1/10,000 point, so that the bytes do not
    depend on the last bit of a library's exponential.

    Parameters
    ----------
    market : DemoMarket
        Closes and volatility.
    chain : OptionChain or None
        The options, where there are any.

    Returns
    -------
    polars.DataFrame
        business_date, instrument_id, settlement_price, implied_vol (null for futures), sorted by
        date and instrument.
    """
    n_dates, n_futures = market.closes.shape
    frames = [
        pl.DataFrame(
            {
                "business_date": np.repeat(market.dates, n_futures),
                "instrument_id": np.tile(np.array(list(FUTURES)), n_dates),
                "settlement_price": market.closes.ravel(),
            }
        ).with_columns(pl.lit(None, pl.Float64).alias("implied_vol"))
    ]
    if chain is not None and market.volatility is not None:
        frames.append(_price_options(market, market.volatility, chain))
    return pl.concat(frames).sort("business_date", "instrument_id")


def _price_options(market: DemoMarket, volatility: FloatArray, chain: OptionChain) -> pl.DataFrame:
    """Price each option from its listing to its expiry or the end of the calendar."""
    rows = np.arange(len(market.dates))
    is_listed = (rows >= chain.listed[:, None]) & (market.dates <= chain.expiries[:, None])
    expiry, day = np.nonzero(is_listed)
    forward = market.closes[day, list(FUTURES).index(OPTION_UNDERLYING)]
    years = (chain.expiries[expiry] - market.dates[day]).astype(np.float64) / DAYS_PER_YEAR
    value = black76(
        forward[:, None, None],
        chain.strikes[expiry][:, :, None],
        years[:, None, None],
        volatility[day][:, None, None],
        np.array([name == "call" for name in OPTION_TYPES]),
    )
    per_pair = chain.instrument_ids[0].size
    return pl.DataFrame(
        {
            "business_date": np.repeat(market.dates[day], per_pair),
            "instrument_id": chain.instrument_ids[expiry].ravel(),
            "settlement_price": np.round(value, 4).ravel(),
            "implied_vol": np.repeat(volatility[day], per_pair),
        }
    )
