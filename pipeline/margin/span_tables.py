"""SPAN's tables of tiers and spreads, resolved for the contract months of one date.

A declaration names tiers by nearby months and spreads by tier and product; the rules want indices
of what is held. Prices and risk arrays belong to `adapter_span`.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.margin.declared_span import SpanCalendarSpread, SpanDeclaration, SpanLeg, SpanTier
from pipeline.margin.market import BoolArray, FloatArray, IntArray
from pipeline.margin.market_state import MarketState
from pipeline.margin.span_spreads import (
    CalendarSpread,
    InterCommoditySpread,
    SpreadLeg,
    calendar_charge_rate,
)


@dataclass(frozen=True)
class Tiers:
    """Tiers of the months held.

    Attributes
    ----------
    month_tier : ndarray of int64, shape (n_months,)
        Tier of each contract month.
    commodity, number : ndarray of int64, shape (n_tiers,)
        Product of each tier and the number it is declared under.
    delivery_spread, delivery_outright : ndarray of shape (n_tiers,)
        Delivery charges in force on the date.
    """

    month_tier: IntArray
    commodity: IntArray
    number: IntArray
    delivery_spread: FloatArray
    delivery_outright: FloatArray


def number_months(
    state: MarketState, declared: SpanDeclaration
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the month of each instrument, and tier number and product of each month.

    Instruments without expiry share one month of their product.
    """
    days = np.where(np.isnat(state.expiry), -1, state.expiry.astype(np.int64))
    keys = np.column_stack([state.product, days])
    _, first, month = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    number = np.array([_tier_number(state, declared, int(i)) for i in first], dtype=np.int64)
    return month.reshape(-1).astype(np.int64), number, state.product[first]


def _tier_number(state: MarketState, declared: SpanDeclaration, instrument: int) -> int:
    tiers = _tiers_of(declared, str(state.products[instrument]))
    nearby = int(state.nearby[instrument])
    for tier in tiers:
        if nearby <= tier.last_month:
            return tier.tier
    return tiers[-1].tier if tiers else 1


def _tiers_of(declared: SpanDeclaration, product: str) -> list[SpanTier]:
    own = [tier for tier in declared.tiers if tier.product == product]
    return sorted(own, key=lambda tier: tier.last_month)


def number_tiers(
    state: MarketState,
    declared: SpanDeclaration,
    month: IntArray,
    month_tier_number: IntArray,
    month_product: IntArray,
) -> Tiers:
    """Return the tiers of the months held, with their delivery charges.

    Parameters
    ----------
    state : MarketState
        Instruments.
    declared : SpanDeclaration
        Tiers.
    month, month_tier_number, month_product
        From ``number_months``.

    Returns
    -------
    Tiers
    """
    keys = np.column_stack([month_product, month_tier_number])
    tiers, month_tier = np.unique(keys, axis=0, return_inverse=True)
    month_tier = month_tier.reshape(-1).astype(np.int64)
    spread, outright = np.zeros(len(tiers)), np.zeros(len(tiers))
    for at, (commodity, number) in enumerate(tiers):
        for tier in _tiers_of(declared, str(state.product_names[commodity])):
            if tier.tier == number and tier.delivery_days > 0:
                own = month_tier[month] == at
                days = (state.expiry[own] - state.date).astype(np.float64)
                if np.any(days <= tier.delivery_days):
                    spread[at] = tier.delivery_spread_amount
                    outright[at] = tier.delivery_outright_amount
    return Tiers(month_tier, tiers[:, 0], tiers[:, 1], spread, outright)


def calendar_spreads(
    state: MarketState, declared: SpanDeclaration, tiers: Tiers, point_value: FloatArray
) -> tuple[CalendarSpread, ...]:
    """Return the calendar spreads between the tiers held, with their charges in money.

    A product without spreads of its own has those of every pair of its tiers, a tier with itself
    first, at ``calendar_charge_pct`` of the far leg.
    """
    place = {
        (int(c), int(n)): at
        for at, (c, n) in enumerate(zip(tiers.commodity, tiers.number, strict=True))
    }
    spreads = []
    for code, product in enumerate(state.product_names):
        own = state.product == code
        far = _far_price(state, np.flatnonzero(own))
        table = [s for s in declared.calendar_spreads if s.product == product]
        held = sorted(n for c, n in place if c == code)
        for item in table or _default_spreads(str(product), held, declared.calendar_charge_pct):
            if not all((code, leg.tier) in place for leg in item.legs):
                continue
            by_value = calendar_charge_rate(far, item.charge_pct / 100.0, point_value[code])
            spreads.append(
                CalendarSpread(
                    commodity=code,
                    priority=item.priority,
                    charge_rate=item.charge_amount + float(by_value),
                    legs=tuple(
                        SpreadLeg(place[code, leg.tier], leg.side, leg.delta_ratio)
                        for leg in item.legs
                    ),
                )
            )
    return tuple(spreads)


def _far_price(state: MarketState, own: IntArray) -> float:
    """Return the size of the price of the last contract month of a product."""
    dated = own[~np.isnat(state.expiry[own])]
    last = dated[state.expiry[dated].argmax()] if len(dated) else own[0]
    return abs(float(state.base[last]))


def _default_spreads(
    product: str, numbers: list[int], charge_pct: float
) -> list[SpanCalendarSpread]:
    pairs = sorted(
        ((a, b) for a in numbers for b in numbers if a <= b), key=lambda pair: pair[1] - pair[0]
    )
    return [
        SpanCalendarSpread(
            product=product,
            priority=at,
            legs=(SpanLeg(first, 1), SpanLeg(second, -1)),
            charge_pct=charge_pct,
        )
        for at, (first, second) in enumerate(pairs)
        if charge_pct > 0
    ]


def inter_commodity_spreads(
    state: MarketState, declared: SpanDeclaration, counts: BoolArray
) -> tuple[InterCommoditySpread, ...]:
    """Return the spreads between products held whose offset group counts."""
    place = {str(product): code for code, product in enumerate(state.product_names)}
    return tuple(
        InterCommoditySpread(
            priority=item.priority,
            credit_rate=item.credit_rate,
            legs=tuple(
                SpreadLeg(place[leg.product], leg.side, leg.delta_ratio) for leg in item.legs
            ),
        )
        for item in declared.inter_commodity_spreads
        if all(leg.product in place for leg in item.legs)
        and all(counts[state.group[place[leg.product]]] for leg in item.legs)
    )
