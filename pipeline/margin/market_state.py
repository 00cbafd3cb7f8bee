"""State of the market on one date for models of rules: prices, terms and ranges of instruments.

What a model makes of them belongs to its adapter.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.margin.declared_span import PriceRange
from pipeline.margin.market import DAYS_PER_YEAR, BoolArray, FloatArray, IntArray, Market
from pipeline.margin.option_terms import OptionTerms, PricingModel
from pipeline.margin.span_scan import price_scan_range


@dataclass(frozen=True)
class MarketState:
    """Instruments held on a date, each array of shape (n_instruments,).

    Attributes
    ----------
    date : numpy.datetime64
        Business date.
    names, products : ndarray of str
        Instrument and product.
    product : ndarray of int64
        Number of the product among ``product_names``.
    product_names : ndarray of str, shape (n_products,)
        Products of these instruments.
    group : ndarray of int64, shape (n_products,)
        Offset group of each product, as a code of the book.
    is_option, is_call, is_inverse, is_absolute : ndarray of bool
        Absolute: the price may fall below zero, options take the normal model.
    kind : ndarray of str
        Spot, future, perpetual or option.
    nearby : ndarray of int64
        Number of the contract month among those listed of its product, 1 is the front.
    base : ndarray
        Price of the underlying of an option, of anything else its own.
    reference : ndarray
        Price of the instrument that gives the risk factor its name, where there is one, else
        ``base``; contingencies are shares of it.
    strike, years, volatility : ndarray
        Terms of options, NaN elsewhere; lognormal implied volatility.
    point_value : ndarray
        Reporting currency per point of ``base``; of inverse contracts the face over the price, so
        that ``point_value x move`` is the gain with its coin valued at the moved price.
    unit_value : ndarray
        Reporting currency per point, of inverse contracts per unit of face.
    expiry : ndarray of datetime64[D]
        Of an option that of its underlying, NaT where there is none: the contract month.
    own_expiry : ndarray of datetime64[D]
        Expiry of the instrument itself.
    premium_style : ndarray of str
        ``upfront`` where the premium of an option is paid at once.
    daily_log, daily_absolute : ndarray
        Volatility of one-day moves of the price factor.
    """

    date: np.datetime64
    names: np.ndarray
    products: np.ndarray
    product: IntArray
    product_names: np.ndarray
    group: IntArray
    is_option: BoolArray
    is_call: BoolArray
    is_inverse: BoolArray
    is_absolute: BoolArray
    kind: np.ndarray
    nearby: IntArray
    base: FloatArray
    reference: FloatArray
    strike: FloatArray
    years: FloatArray
    volatility: FloatArray
    point_value: FloatArray
    unit_value: FloatArray
    expiry: np.ndarray
    own_expiry: np.ndarray
    premium_style: np.ndarray
    daily_log: FloatArray
    daily_absolute: FloatArray

    def options(self, which: IntArray) -> OptionTerms:
        """Return the terms of some options, all lognormal or all normal.

        Normal volatility is implied volatility times the price's size.
        """
        model: PricingModel = "normal" if self.is_absolute[which].any() else "lognormal"
        scale = np.abs(self.base[which]) if model == "normal" else np.ones(len(which))
        return OptionTerms(
            forward=self.base[which],
            strike=self.strike[which],
            years=self.years[which],
            volatility=self.volatility[which] * scale,
            is_call=self.is_call[which].astype(np.float64),  # as numbers, 1 for a call
            multiplier=self.unit_value[which],
            model=model,
        )

    def option_sets(self) -> list[IntArray]:
        """Return the options by pricing model, empty sets left out."""
        sets = [
            np.flatnonzero(self.is_option & (self.is_absolute == absolute))
            for absolute in (False, True)
        ]
        return [which for which in sets if len(which)]

    def price_range(self, declared: PriceRange) -> FloatArray:
        """Return the range of each instrument's base price, in price units.

        ``max(deviations x volatility x sqrt(horizon), floor) x |price|``; of a factor with absolute
        moves ``max(deviations x volatility x sqrt(horizon), floor x |price|)`` with volatility in
        price units; published ranges as they are.
        """
        floor = np.full(len(self.base), declared.floor_pct / 100.0)
        published = np.full(len(self.base), np.nan)
        for item in declared.products:
            own = self.products == item.product
            if item.floor_pct is not None:
                floor[own] = item.floor_pct / 100.0
            if item.range_pct is not None:
                published[own] = item.range_pct / 100.0 * np.abs(self.base[own])
            if item.range_amount is not None:
                published[own] = item.range_amount / self.point_value[own]
        size = np.abs(self.base)
        relative = np.where(
            self.is_absolute,
            np.divide(self.daily_absolute, size, out=np.zeros_like(size), where=size > 0),
            self.daily_log,
        )
        scaled = price_scan_range(size, relative, floor, declared.deviations, declared.horizon_days)
        at_zero = declared.deviations * self.daily_absolute * np.sqrt(declared.horizon_days)
        by_volatility = np.where(self.is_absolute & (size == 0), at_zero, scaled)
        return np.where(np.isnan(published), by_volatility, published)


def read_state(
    market: Market,
    date_code: int,
    instruments: IntArray,
    group_of_product: dict[str, int],
    factor: IntArray,
    is_absolute: BoolArray,
    daily_volatility: tuple[FloatArray, FloatArray],
) -> MarketState:
    """Read the state of some instruments on a date.

    Parameters
    ----------
    market : Market
        Prices and terms.
    date_code : int
        Business date.
    instruments : ndarray of int64, shape (n_instruments,)
        Instrument codes.
    group_of_product : dict of str to int
        Code of the offset group of each product.
    factor : ndarray of int64, shape (n_instruments,)
        Price factor of each instrument.
    is_absolute : ndarray of bool, shape (n_factors,)
        Factors that move by absolute amounts.
    daily_volatility : tuple of ndarray, each of shape (n_factors,)
        Volatility of one-day log and absolute moves.

    Returns
    -------
    MarketState
    """
    frame = market.instruments
    is_option = market.is_option[instruments]
    basis = np.where(is_option, market.underlying[instruments], instruments)
    base = market.price[date_code, basis]
    ids = frame["instrument_id"].to_numpy().astype(str)
    named = np.searchsorted(ids, frame["risk_factor"].to_numpy().astype(str)[basis])
    named = np.minimum(named, len(ids) - 1)
    is_named = ids[named] == frame["risk_factor"].to_numpy().astype(str)[basis]
    reference = np.where(is_named, market.price[date_code, named], base)
    unit_value = market.multiplier[instruments] * market.rate[date_code, instruments]
    is_inverse = market.is_inverse[instruments]
    coin = is_inverse & ~is_option
    products = frame["product"].to_numpy().astype(str)[instruments]
    product_names, product = np.unique(products, return_inverse=True)
    days = (market.expiry[instruments] - market.dates[date_code]).astype(np.float64)
    return MarketState(
        date=market.dates[date_code],
        names=ids[instruments],
        products=products,
        product=product.astype(np.int64),
        product_names=product_names,
        group=np.array([group_of_product[p] for p in product_names], dtype=np.int64),
        is_option=is_option,
        is_call=market.is_call[instruments],
        is_inverse=is_inverse,
        is_absolute=is_absolute[factor] | (base <= 0),
        kind=frame["kind"].to_numpy().astype(str)[instruments],
        nearby=_count_nearby(market, date_code, products, market.expiry[basis]),
        base=base,
        reference=np.where(np.isnan(reference), base, reference),
        strike=market.strike[instruments],
        years=np.where(is_option, days / DAYS_PER_YEAR, np.nan),
        volatility=market.volatility[date_code, instruments],
        point_value=np.where(coin, unit_value / np.where(coin, base, 1.0), unit_value),
        unit_value=unit_value,
        expiry=market.expiry[basis],
        own_expiry=market.expiry[instruments],
        premium_style=frame["premium_style"].fill_null("").to_numpy().astype(str)[instruments],
        daily_log=daily_volatility[0][factor],
        daily_absolute=daily_volatility[1][factor],
    )


def _count_nearby(
    market: Market, date_code: int, products: np.ndarray, month: np.ndarray
) -> IntArray:
    """Return the number of each contract month among those of its product with a price."""
    listed = ~market.is_option & ~np.isnan(market.price[date_code])
    listed &= market.expiry >= market.dates[date_code]  # False where there is no expiry
    names = market.instruments["product"].to_numpy().astype(str)
    number = np.ones(len(products), dtype=np.int64)
    for product in np.unique(products):
        months = np.unique(market.expiry[listed & (names == product)])
        own = (products == product) & ~np.isnat(month)
        number[own] = np.searchsorted(months, month[own]) + 1
    return number
