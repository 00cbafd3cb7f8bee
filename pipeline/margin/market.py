"""Market history and positions as aligned arrays, the form every kernel works on.

Frames come in, arrays go out; which rows are read is decided by the steps.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import CheckFailed
from pipeline.terms import Kind, OptionType, Settlement

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

DAYS_PER_YEAR = 365.0
TRADING_DAYS_PER_YEAR = 252.0


@dataclass(frozen=True)
class Market:
    """Prices of every instrument on every date of the calendar.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (n_dates,)
        The calendar: every date with a price, ascending.
    instruments : polars.DataFrame
        One row per instrument, sorted by instrument_id; row numbers are instrument codes.
    price, volatility : ndarray of shape (n_dates, n_instruments)
        Settlement price and implied volatility; NaN where there is none.
    rate : ndarray of shape (n_dates, n_instruments)
        Reporting currency per unit of the instrument's currency.
    """

    dates: NDArray[np.datetime64]
    instruments: pl.DataFrame
    price: FloatArray
    volatility: FloatArray
    rate: FloatArray

    def column(self, name: str) -> FloatArray:
        """Return a numeric instrument column as floats, null as NaN."""
        return self.instruments[name].cast(pl.Float64).fill_null(np.nan).to_numpy()

    @cached_property
    def multiplier(self) -> FloatArray:
        """Units of the underlying per contract."""
        return self.column("multiplier")

    @cached_property
    def is_principal(self) -> BoolArray:
        """Which instruments are paid for in full, so that their value, not their gain, is at risk.

        Spot holdings and options whose premium was paid upfront: a move of their currency changes
        the whole value. Futures and perpetuals settle their gain each day.
        """
        frame = self.instruments
        settled_daily = (frame["premium_style"] == "futures_style").fill_null(value=False)
        is_spot = (frame["kind"] == Kind.SPOT.value).to_numpy()
        upfront = self.is_option & ~settled_daily.to_numpy()
        principal: BoolArray = (is_spot | upfront) & ~self.is_inverse
        return principal

    @cached_property
    def strike(self) -> FloatArray:
        """Strike of each option, NaN where there is none."""
        return self.column("strike")

    @cached_property
    def expiry(self) -> NDArray[np.datetime64]:
        """Expiry date of each instrument, NaT where it has none."""
        return self.instruments["expiry_date"].cast(pl.Date).to_numpy().astype("datetime64[D]")

    @cached_property
    def is_option(self) -> BoolArray:
        """Which instruments are options."""
        return (self.instruments["kind"] == Kind.OPTION.value).to_numpy()

    @cached_property
    def is_call(self) -> BoolArray:
        """Which instruments are calls."""
        return (
            (self.instruments["option_type"] == OptionType.CALL.value)
            .fill_null(value=False)
            .to_numpy()
        )

    @cached_property
    def is_inverse(self) -> BoolArray:
        """Which instruments settle in coin."""
        return (self.instruments["settlement"] == Settlement.INVERSE.value).to_numpy()

    @cached_property
    def underlying(self) -> IntArray:
        """Code of the instrument an option is written on, -1 where there is none."""
        ids = self.instruments["instrument_id"]
        codes = self.instruments.select("underlying").join(
            pl.DataFrame({"underlying": ids, "code": np.arange(len(ids))}),
            on="underlying",
            how="left",
            maintain_order="left",
        )
        return codes["code"].fill_null(-1).to_numpy().astype(np.int64)


def _encode(names: pl.Series, known: pl.Series) -> IntArray:
    """Return the place of each name in a list of distinct names, -1 where it is not in it."""
    codes = names.cast(pl.Enum(known.cast(pl.String)), strict=False).to_physical()
    return codes.cast(pl.Int64).fill_null(-1).to_numpy()


def build_market(
    instruments: pl.DataFrame,
    prices: pl.DataFrame,
    fx_rates: pl.DataFrame,
    reporting_currency: str,
) -> Market:
    """Arrange prices as matrices of dates by instruments.

    Parameters
    ----------
    instruments : polars.DataFrame
        The columns of ``core_instruments``.
    prices : polars.DataFrame
        business_date, instrument_id, settlement_price, implied_vol; one row per key.
    fx_rates : polars.DataFrame
        business_date, currency, rate (reporting currency per unit); may be empty.
    reporting_currency : str
        The currency whose rate is 1.

    Returns
    -------
    Market
        NaN where an instrument has no price, or its currency no rate, on a date.
    """
    instruments = instruments.sort("instrument_id")
    calendar = prices["business_date"].unique().sort()
    dates = calendar.to_numpy().astype("datetime64[D]")
    row = np.searchsorted(dates, prices["business_date"].to_numpy().astype("datetime64[D]"))
    code = _encode(prices["instrument_id"], instruments["instrument_id"])
    known = code >= 0
    row, code = row[known], code[known]
    shape = (len(dates), len(instruments))
    price, volatility = np.full(shape, np.nan), np.full(shape, np.nan)
    price[row, code] = prices["settlement_price"].to_numpy()[known]
    volatility[row, code] = (
        prices["implied_vol"].cast(pl.Float64).fill_null(np.nan).to_numpy()[known]
    )
    rate = np.ones(shape)
    currencies = instruments["currency"].to_numpy()
    for currency in sorted(set(currencies) - {reporting_currency}):
        series = pl.DataFrame({"business_date": calendar}).join(
            fx_rates.filter(pl.col("currency") == currency).select("business_date", "rate"),
            on="business_date",
            how="left",
            maintain_order="left",
        )["rate"]
        values = series.fill_null(np.nan).to_numpy()
        rate[:, currencies == currency] = values[:, None]
    return Market(dates, instruments, price, volatility, rate)


def settle_expired(market: Market) -> FloatArray:
    """Return prices in which an expired instrument keeps what it settled at.

    A future keeps its last price on or before its expiry; an option settles at the intrinsic value
    of its underlying's price on the expiry date (or the last price of the underlying before it).
    A horizon that runs over an expiry therefore ends at the settlement, never at a missing price.

    Parameters
    ----------
    market : Market
        Prices of dates by instruments.

    Returns
    -------
    ndarray of shape (n_dates, n_instruments)
        Prices; NaN where an instrument that has not expired has no price.
    """
    price = market.price.copy()
    expiry = market.expiry
    if np.isnat(expiry).all():
        return price
    last = np.searchsorted(market.dates, expiry, side="right") - 1
    codes = np.flatnonzero(~np.isnat(expiry) & (last >= 0) & (expiry <= market.dates[-1]))
    underlying, is_option, strike = market.underlying, market.is_option, market.strike
    sign = np.where(market.is_call, 1.0, -1.0)
    for code in codes:  # over instruments that expired, not over dates or accounts
        end = int(last[code])
        if is_option[code] and underlying[code] >= 0:
            basis = _last_value(market.price[: end + 1, underlying[code]])
            settled = max(float(sign[code]) * (basis - strike[code]), 0.0)
            if market.is_inverse[code]:
                settled /= basis
        else:
            settled = _last_value(price[: end + 1, code])
        # An option need not be quoted on the day it expires; a price that stands is kept.
        if is_option[code] and market.dates[end] == expiry[code] and np.isnan(price[end, code]):
            price[end, code] = settled
        price[end + 1 :, code] = settled
    return price


def _last_value(series: FloatArray) -> float:
    """Return the last value that is not NaN; NaN where there is none."""
    present = np.flatnonzero(~np.isnan(series))
    return float(series[present[-1]]) if len(present) else float("nan")


@dataclass(frozen=True)
class Book:
    """Positions as codes, sorted by date, account, offset group, product and instrument.

    Attributes
    ----------
    accounts, products, groups : ndarray of str
        Names; codes index them.
    date, account, instrument : ndarray of int64, shape (n_positions,)
        Codes of each position; ``date`` indexes the market's calendar.
    quantity : ndarray of shape (n_positions,)
        Contracts; negative is short.
    product_of, group_of : ndarray of int64, shape (n_instruments,), (n_products,)
        Product of each instrument and offset group of each product.
    """

    accounts: NDArray[np.object_]
    products: NDArray[np.object_]
    groups: NDArray[np.object_]
    date: IntArray
    account: IntArray
    instrument: IntArray
    quantity: FloatArray
    product_of: IntArray
    group_of: IntArray

    def on_date(self, date_code: int) -> slice:
        """Return the slice of the positions of one date."""
        bounds = np.searchsorted(self.date, [date_code, date_code + 1])
        return slice(int(bounds[0]), int(bounds[1]))


def find_dates(market: Market, dates: pl.Series) -> IntArray:
    """Return the code of each date in the market's calendar, of the next one where it has none."""
    found: IntArray = np.searchsorted(market.dates, dates.to_numpy().astype("datetime64[D]"))
    return found.astype(np.int64, copy=False)


def build_book(positions: pl.DataFrame, market: Market, groups: dict[str, str]) -> Book:
    """Arrange positions as sorted codes.

    Parameters
    ----------
    positions : polars.DataFrame
        business_date, account_id, instrument_id, quantity; rows on dates outside the market's
        calendar are left out by the caller. Zero quantities are dropped.
    market : Market
        Calendar and instruments.
    groups : dict of str to str
        Offset group of each product.

    Returns
    -------
    Book
        The positions.

    Raises
    ------
    CheckFailed
        A position in an instrument that the market does not know.
    """
    positions = positions.filter(pl.col("quantity") != 0)
    products, product_of = np.unique(
        market.instruments["product"].to_numpy().astype(str), return_inverse=True
    )
    group_names = np.array([groups.get(p, p) for p in products], dtype=str)
    group_list, group_of = np.unique(group_names, return_inverse=True)
    accounts = positions["account_id"].unique().sort()
    account = _encode(positions["account_id"], accounts)
    instrument = _encode(positions["instrument_id"], market.instruments["instrument_id"])
    if (instrument < 0).any():
        stranger = positions["instrument_id"][int(np.argmax(instrument < 0))]
        msg = f"positions: instrument {stranger!r} is not among the instruments"
        raise CheckFailed(msg)
    date = find_dates(market, positions["business_date"])
    # One number orders a position: the instruments' rank already says group and product.
    codes = np.arange(len(product_of))
    in_tree = np.lexsort((codes, product_of, group_of[product_of]))
    rank = np.empty_like(codes)
    rank[in_tree] = codes
    key = (date * len(accounts) + account) * len(codes) + rank[instrument]
    order = np.argsort(key, kind="stable")
    return Book(
        accounts=accounts.to_numpy().astype(object),
        products=products.astype(object),
        groups=group_list.astype(object),
        date=date[order].astype(np.int64),
        account=account[order],
        instrument=instrument[order],
        quantity=positions["quantity"].to_numpy()[order].astype(np.float64),
        product_of=product_of.astype(np.int64),
        group_of=group_of.astype(np.int64),
    )
