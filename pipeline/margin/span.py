"""SPAN: the requirement of every account from risk arrays, spreads, credits and minimums.

Scenarios and risk arrays are built in `span_scan`, spreads are formed in `span_spreads`; here they
are put together. Positions, files and dates do not belong here. Every step works on all accounts at
once; the loops run over combined commodities and over the rows of the spread tables.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.margin.checks import require, require_finite, require_not_negative
from pipeline.margin.grouping import sum_by
from pipeline.margin.market import IntArray
from pipeline.margin.pricing import Array
from pipeline.margin.span_spreads import (
    CalendarSpread,
    InterCommoditySpread,
    PriceRiskMethod,
    form_calendar_spreads,
    form_inter_commodity_spreads,
    weighted_price_risk,
)
from pipeline.margin.unit_margins import UnitMargins, unit_margins

OptionValueTreatment = Literal["pooled", "limited", "none"]

# Net deltas below this share of gross deltas count as zero.
DELTA_TOLERANCE = 1e-9


@dataclass(frozen=True)
class SpanInstruments:
    """What SPAN needs to know of instruments, tiers and combined commodities.

    Attributes
    ----------
    commodity, month : ndarray of int64, shape (instruments,)
        Combined commodity and contract month (an index that is unique across commodities).
    risk_array : ndarray of shape (instruments, 16)
        Counted loss of one long unit, reporting currency.
    delta : ndarray of shape (instruments,)
        Composite delta of one long unit in deltas of the combined commodity (contract scaling
        included); 1 for the reference future.
    option_value : ndarray of shape (instruments,)
        Value of one long premium-paid option, reporting currency; 0 for futures and for options
        margined like futures.
    short_option_rate : ndarray of shape (instruments,)
        Minimum charge per short option; 0 for futures.
    month_tier : ndarray of int64, shape (months,)
        Tier of each contract month.
    tier_commodity : ndarray of int64, shape (tiers,)
        Combined commodity of each tier.
    delivery_rate_spread, delivery_rate_outright : ndarray of shape (tiers,)
        Delivery (spot month) charge per delta inside calendar spreads and outside them; 0 for
        tiers that are not in delivery.
    price_scan_range : ndarray of shape (commodities,)
        Reporting currency per delta, read by the scan-range methods of price risk.
    """

    commodity: IntArray
    month: IntArray
    risk_array: Array
    delta: Array
    option_value: Array
    short_option_rate: Array
    month_tier: IntArray
    tier_commodity: IntArray
    delivery_rate_spread: Array
    delivery_rate_outright: Array
    price_scan_range: Array

    def __post_init__(self) -> None:
        for name in ("risk_array", "delta", "option_value"):
            require_finite(f"SPAN {name}", getattr(self, name))
        for name in (
            "short_option_rate",
            "delivery_rate_spread",
            "delivery_rate_outright",
            "price_scan_range",
        ):
            require_not_negative(f"SPAN {name}", getattr(self, name))
        require(
            bool((self.tier_commodity[self.month_tier][self.month] == self.commodity).all()),
            "a contract month belongs to a tier of another combined commodity",
        )


@dataclass(frozen=True)
class SpanParameters:
    """Rules of the calculation.

    Attributes
    ----------
    calendar_spreads, inter_commodity_spreads : tuple
        The two priority tables.
    price_risk_method : {"normal", "scan_range", "scan_range_cap"}
        Weighted price risk of a spread leg, as CME names the methods.
    option_value_treatment : {"pooled", "limited", "none"}
        Whether the net value of premium-paid options reduces the requirement of all combined
        commodities together, of their own alone, or not at all.
    """

    calendar_spreads: tuple[CalendarSpread, ...] = ()
    inter_commodity_spreads: tuple[InterCommoditySpread, ...] = ()
    price_risk_method: PriceRiskMethod = "normal"
    option_value_treatment: OptionValueTreatment = "pooled"


@dataclass(frozen=True)
class SpanMargin:
    """The requirement and everything it is made of, in reporting currency.

    Attributes
    ----------
    scenario_losses : ndarray of shape (accounts, commodities, 16)
        Counted loss under each scenario.
    scanning_risk, calendar_charge, delivery_charge, inter_commodity_credit, short_option_minimum,
    net_option_value : ndarray of shape (accounts, commodities)
    active_scenario : ndarray of int64, shape (accounts, commodities)
        Number 1 to 16 of the scenario with the greatest loss.
    commodity_risk : ndarray of shape (accounts, commodities)
        Requirement of each combined commodity before inter-commodity credits.
    credited_risk : ndarray of shape (accounts, commodities)
        The same after inter-commodity credits.
    requirement : ndarray of shape (accounts,)
        The margin, at least 0.
    """

    scenario_losses: Array
    scanning_risk: Array
    active_scenario: IntArray
    calendar_charge: Array
    delivery_charge: Array
    inter_commodity_credit: Array
    short_option_minimum: Array
    net_option_value: Array
    commodity_risk: Array
    credited_risk: Array
    requirement: Array


def scanning_risk(scenario_losses: Array) -> tuple[Array, IntArray]:
    """Return the greatest scenario loss, floored at zero, and the scenario number (1 to 16).

    Ties go to the lower number.

    Parameters
    ----------
    scenario_losses : ndarray of shape (..., 16)
    """
    active = scenario_losses.argmax(axis=-1)
    worst = np.take_along_axis(scenario_losses, active[..., None], axis=-1)[..., 0]
    return np.maximum(worst, 0.0), active.astype(np.int64) + 1


def span_margin(
    quantities: Array, instruments: SpanInstruments, parameters: SpanParameters
) -> SpanMargin:
    """Compute the SPAN requirement of every account.

    For each combined commodity c::

        commodity_risk = max(scanning + calendar + delivery, short option minimum)
        credited_risk  = max(scanning + calendar + delivery - inter-commodity credit,
                             short option minimum)

    and for the account, with V the net value of its premium-paid options::

        pooled   max(sum of (credited_risk - V) over commodities, 0)
        limited  sum of max(credited_risk - V, 0) over commodities
        none     sum of credited_risk over commodities

    where scanning = max(worst of the sixteen scenario losses, 0); calendar charge and credit are
    formed in `span_spreads` from net deltas per contract month; delivery = spread deltas x spread
    rate + other deltas x outright rate of tiers in delivery; short option minimum = short options
    x rate.
    "limited" is CME's limit on available net option value: what an option is worth beyond its own
    combined commodity's risk does not pay for another's.

    Parameters
    ----------
    quantities : ndarray of shape (accounts, instruments)
        Units; negative is short. Missing values are refused.
    instruments : SpanInstruments
    parameters : SpanParameters

    Returns
    -------
    SpanMargin

    Raises
    ------
    CheckFailed
        If a quantity is missing.
    """
    require_finite("SPAN quantities", quantities)
    commodities = len(instruments.price_scan_range)
    losses = np.zeros((len(quantities), commodities, instruments.risk_array.shape[1]))
    for c in range(commodities):
        held = np.flatnonzero(instruments.commodity == c)
        losses[:, c] = quantities[:, held] @ instruments.risk_array[held]
    scanning, active = scanning_risk(losses)

    tiers = len(instruments.tier_commodity)
    position_delta = quantities * instruments.delta
    gross_delta = sum_by(np.abs(position_delta), instruments.commodity, commodities)
    months = len(instruments.month_tier)
    month_delta = _drop_rounding(
        sum_by(position_delta, instruments.month, months),
        gross_delta[:, instruments.tier_commodity[instruments.month_tier]],
    )
    calendar = form_calendar_spreads(
        sum_by(np.maximum(month_delta, 0.0), instruments.month_tier, tiers),
        sum_by(np.maximum(-month_delta, 0.0), instruments.month_tier, tiers),
        commodities,
        parameters.calendar_spreads,
    )
    outright = calendar.remaining_long + calendar.remaining_short
    delivery = sum_by(
        calendar.spread_delta * instruments.delivery_rate_spread
        + outright * instruments.delivery_rate_outright,
        instruments.tier_commodity,
        commodities,
    )
    net_delta = _drop_rounding(
        sum_by(month_delta, instruments.tier_commodity[instruments.month_tier], commodities),
        gross_delta,
    )
    price_risk = weighted_price_risk(
        losses, active, net_delta, instruments.price_scan_range, parameters.price_risk_method
    )
    spreadable = _drop_rounding(
        sum_by(
            calendar.remaining_long - calendar.remaining_short,
            instruments.tier_commodity,
            commodities,
        ),
        gross_delta,
    )
    credit = form_inter_commodity_spreads(
        spreadable, price_risk, parameters.inter_commodity_spreads
    )
    minimum = sum_by(
        np.maximum(-quantities, 0.0) * instruments.short_option_rate,
        instruments.commodity,
        commodities,
    )
    value = sum_by(quantities * instruments.option_value, instruments.commodity, commodities)

    before_credit = scanning + calendar.charge + delivery
    credited = np.maximum(before_credit - credit, minimum)
    return SpanMargin(
        scenario_losses=losses,
        scanning_risk=scanning,
        active_scenario=active,
        calendar_charge=calendar.charge,
        delivery_charge=delivery,
        inter_commodity_credit=credit,
        short_option_minimum=minimum,
        net_option_value=value,
        commodity_risk=np.maximum(before_credit, minimum),
        credited_risk=credited,
        requirement=_apply_option_value(credited, value, parameters.option_value_treatment),
    )


def _drop_rounding(net_delta: Array, gross_delta: Array) -> Array:
    """Set deltas that are nothing but the rounding of a cancellation to zero.

    Price risk is divided by net delta: a residue of 1e-17 would earn credit for the whole of it.
    """
    return np.where(np.abs(net_delta) <= DELTA_TOLERANCE * gross_delta, 0.0, net_delta)


def _apply_option_value(
    credited_risk: Array, option_value: Array, treatment: OptionValueTreatment
) -> Array:
    if treatment == "none":
        return np.asarray(credited_risk.sum(axis=1))
    after = credited_risk - option_value
    if treatment == "limited":
        return np.asarray(np.maximum(after, 0.0).sum(axis=1))
    return np.asarray(np.maximum(after.sum(axis=1), 0.0))


def span_unit_margins(instruments: SpanInstruments, parameters: SpanParameters) -> UnitMargins:
    """Compute the requirement of one unit of each instrument held alone: margin without offsets.

    Parameters
    ----------
    instruments : SpanInstruments
    parameters : SpanParameters

    Returns
    -------
    UnitMargins
        From `span_margin` itself, on accounts of a single instrument.
    """
    return unit_margins(
        lambda quantities: span_margin(quantities, instruments, parameters).requirement,
        len(instruments.commodity),
    )
