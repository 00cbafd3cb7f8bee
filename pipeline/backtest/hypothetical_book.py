"""Positions that nobody reported: hypothetical portfolios, and all holders of one instrument.

Here portfolios and instruments become books that margin engine and losses take like any other.
What is declared belongs to `hypothetical`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl

from pipeline.backtest.hypothetical import HypotheticalLeg, HypotheticalPortfolio
from pipeline.errors import WrongUse
from pipeline.margin.market import Book, BoolArray, FloatArray, IntArray, Market

_POSITIONS = {
    "business_date": pl.Date,
    "account_id": pl.String,
    "instrument_id": pl.String,
    "quantity": pl.Float64,
}


class Side(StrEnum):
    """Which holders of an instrument are taken together."""

    LONG = "all long"
    SHORT = "all short"


@dataclass(frozen=True)
class HypotheticalPositions:
    """Positions of hypothetical portfolios.

    Attributes
    ----------
    positions : polars.DataFrame
        business_date, account_id (the portfolio), instrument_id, quantity.
    excluded : polars.DataFrame
        business_date, account_id, reason: dates on which a portfolio cannot be held.
    """

    positions: pl.DataFrame
    excluded: pl.DataFrame


@dataclass(frozen=True)
class _Holding:
    """Contracts of one leg on some dates, arrays of shape (n_dates, 2); code -1 is none."""

    code: IntArray
    weight: FloatArray
    reason: str


def build_hypothetical_positions(
    market: Market, portfolios: Sequence[HypotheticalPortfolio], date_codes: IntArray
) -> HypotheticalPositions:
    """Size each portfolio on each date, at the prices of that date alone.

    Parameters
    ----------
    market : Market
        Prices, rates and instruments.
    portfolios : sequence of HypotheticalPortfolio
        The portfolios.
    date_codes : ndarray of int64, shape (n_dates,)
        Dates, as rows of the market's calendar.

    Returns
    -------
    HypotheticalPositions
        A portfolio is held on a date in full or not at all.

    Raises
    ------
    WrongUse
        A product without a future, perpetual or spot instrument.

    Notes
    -----
    Quantity is ``weight x notional / (price x multiplier x rate)`` in fractional contracts; of an
    inverse contract, whose multiplier is its value in the quote currency, ``weight x notional /
    (multiplier x rate)``. At a constant maturity m between contracts that expire in a <= m < b days
    the weights are ``(b - m) / (b - a)`` and ``(m - a) / (b - a)``.
    """
    held, excluded = [_none(_POSITIONS)], [_none(_EXCLUDED)]
    dates = market.dates[date_codes]
    ids = market.instruments["instrument_id"]
    for one in portfolios:  # a handful of portfolios, never of dates
        holdings = [_choose(market, leg, one, date_codes) for leg in one.legs]
        known = np.stack([(found.code >= 0).any(axis=1) for found in holdings])
        complete: BoolArray = np.logical_and.reduce(known, axis=0)
        failed = np.flatnonzero(~complete)
        reasons = pl.Series([found.reason for found in holdings], dtype=pl.String)
        excluded.append(
            pl.DataFrame({"business_date": dates[failed]}).select(
                pl.col("business_date").cast(pl.Date),
                account_id=pl.lit(one.portfolio_id),
                reason=reasons.gather(np.argmin(known[:, failed], axis=0)),
            )
        )
        for leg, found in zip(one.legs, holdings, strict=True):
            row, slot = np.nonzero((found.code >= 0) & complete[:, None])
            code = found.code[row, slot]
            value = _value_of_one(market, date_codes[row], code)
            held.append(
                pl.DataFrame(
                    {
                        "business_date": dates[row],
                        "account_id": np.full(len(row), one.portfolio_id),
                        "instrument_id": ids.gather(code),
                        "quantity": found.weight[row, slot] * leg.notional_amount / value,
                    }
                ).cast(_POSITIONS)  # type: ignore[arg-type]
            )
    together = ["business_date", "account_id", "instrument_id"]
    return HypotheticalPositions(
        # Two legs may meet in one contract.
        pl.concat(held).group_by(together).agg(pl.col("quantity").sum()).sort(together),
        pl.concat(excluded).sort("business_date", "account_id"),
    )


_EXCLUDED = {"business_date": pl.Date, "account_id": pl.String, "reason": pl.String}


def _none(schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


def _value_of_one(market: Market, date: IntArray, code: IntArray) -> FloatArray:
    price = np.where(market.is_inverse[code], 1.0, market.price[date, code])
    value: FloatArray = price * market.multiplier[code] * market.rate[date, code]
    return value


def _choose(
    market: Market, leg: HypotheticalLeg, portfolio: HypotheticalPortfolio, date_codes: IntArray
) -> _Holding:
    is_candidate = (market.instruments["product"] == leg.product).to_numpy() & ~market.is_option
    codes = np.flatnonzero(is_candidate)
    if not len(codes):
        msg = (
            f"hypothetical portfolio {portfolio.portfolio_id!r}: no future, perpetual or spot"
            f" instrument of product {leg.product!r} is loaded"
        )
        raise WrongUse(msg)
    expiry = market.expiry[codes]
    # What never expires stands behind every contract that does.
    order = np.lexsort((codes, np.where(np.isnat(expiry), np.datetime64("9999-12-31"), expiry)))
    codes, expiry = codes[order], expiry[order]
    price = market.price[date_codes][:, codes]
    value = price * market.rate[date_codes][:, codes]
    days = (expiry[None, :] - market.dates[date_codes, None]).astype(np.float64)
    days[:, np.isnat(expiry)] = np.inf
    # At a price of 0 or less no quantity is worth the notional.
    usable = (value > 0) & (days >= portfolio.roll_days)
    if leg.maturity_days:
        return _around_maturity(leg, codes, days, usable)
    place = np.cumsum(usable, axis=1)
    chosen = usable & (place == leg.nearby)
    code = np.where(chosen.any(axis=1), codes[np.argmax(chosen, axis=1)], -1)
    return _Holding(
        np.stack((code, np.full_like(code, -1)), axis=1),
        np.ones((len(code), 2)),
        f"{leg.product}: no contract {leg.nearby} by expiry with a price above 0"
        if leg.nearby > 1
        else f"{leg.product}: no contract with a price above 0",
    )


def _around_maturity(
    leg: HypotheticalLeg, codes: IntArray, days: FloatArray, usable: BoolArray
) -> _Holding:
    place = np.arange(len(codes))
    expires = usable & np.isfinite(days)
    before = np.where(expires & (days <= leg.maturity_days), place, -1).max(axis=1)
    after = np.where(expires & (days > leg.maturity_days), place, len(codes)).min(axis=1)
    row = np.arange(len(days))
    both = (before >= 0) & (after < len(codes))
    first, second = np.maximum(before, 0), np.minimum(after, len(codes) - 1)
    near = np.where(both, days[row, first], 0.0)
    gap = np.where(both, days[row, second], 1.0) - near
    weight = np.where(both, (leg.maturity_days - near) / gap, 0.0)
    code = np.stack((codes[first], np.where(weight > 0, codes[second], -1)), axis=1)
    code[~both] = -1
    return _Holding(
        code,
        np.stack((1.0 - weight, weight), axis=1),
        f"{leg.product}: no two contracts with a price above 0 around {leg.maturity_days} days",
    )


def pool_by_instrument(market: Market, book: Book) -> pl.DataFrame:
    """Add up all long and all short positions in each instrument on each date.

    Losses and margins of one instrument are proportional to the quantity, so all holders of one
    side exceed together or not at all, and their shortfalls add up. Long and short never net.

    Parameters
    ----------
    market : Market
        Calendar and instruments.
    book : Book
        Positions of real accounts.

    Returns
    -------
    polars.DataFrame
        business_date, account_id (instrument and side, see `split_pool_names`), instrument_id,
        quantity; sorted.
    """
    side = np.where(book.quantity > 0, Side.LONG, Side.SHORT).astype(str)
    return (
        pl.DataFrame(
            {
                "business_date": pl.Series(market.dates[book.date]).cast(pl.Date),
                "instrument_id": market.instruments["instrument_id"].gather(book.instrument),
                "side": pl.Series(side, dtype=pl.String),
                "quantity": book.quantity,
            }
        )
        .group_by("business_date", "instrument_id", "side")
        # Sums of amounts depend on the order of addition.
        .agg(pl.col("quantity").sort().sum())
        .select(
            "business_date",
            account_id=pl.format("{}/{}", "side", "instrument_id"),
            instrument_id="instrument_id",
            quantity="quantity",
        )
        .sort("business_date", "account_id")
    )


def split_pool_names(rows: pl.DataFrame, scope: str) -> pl.DataFrame:
    """Name rows of pooled instruments: scope, scope_id the instrument, account_id the side.

    Parameters
    ----------
    rows : polars.DataFrame
        Rows with scope and scope_id whose account_id is one of `pool_by_instrument`.
    scope : str
        Name of the scope.
    """
    parts = pl.col("account_id").str.splitn("/", 2)
    return rows.with_columns(
        scope=pl.lit(scope),
        scope_id=parts.struct.field("field_1"),
        account_id=parts.struct.field("field_0"),
    )
