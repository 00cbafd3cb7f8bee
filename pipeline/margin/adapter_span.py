"""From a declaration and the market to SPAN: risk arrays, deltas and rates of each date.

The combined commodity is the product, a contract month the expiry of a future or of an option's
underlying. The rules are in `span`, `span_scan` and `span_spreads`; tiers and tables of spreads are
resolved in `span_tables`.
"""

import numpy as np

from pipeline.errors import WrongUse
from pipeline.margin.day_rules import DayRules, UnitScenarios
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.declared_span import SpanDeclaration
from pipeline.margin.market import (
    DAYS_PER_YEAR,
    TRADING_DAYS_PER_YEAR,
    BoolArray,
    FloatArray,
    IntArray,
)
from pipeline.margin.market_state import MarketState
from pipeline.margin.span import SpanInstruments, SpanParameters, span_margin
from pipeline.margin.span_scan import (
    SpanScenarios,
    composite_delta,
    futures_risk_array,
    option_risk_array,
    scenario_prices,
    volatility_scan_range,
)
from pipeline.margin.span_tables import (
    calendar_spreads,
    inter_commodity_spreads,
    number_months,
    number_tiers,
)
from pipeline.terms import Level

# A scan range of zero, of a price that never moved, has no delta to weigh; this share of the
# price stands for it.
LEAST_RANGE = 1e-9


def adapt_span(state: MarketState, model: ModelDeclaration, counts: BoolArray) -> DayRules:
    """Return SPAN of a date.

    Parameters
    ----------
    state : MarketState
        Instruments of the date.
    model : ModelDeclaration
        With a table ``span``.
    counts : ndarray of bool, shape (n_groups,)
        Offset groups that may offset: spreads between products of others earn no credit.

    Returns
    -------
    DayRules
        The units of its scenarios are the combined commodities.
    """
    if model.span is None:
        msg = f"model {model.model_id}: source span needs a table [span]"
        raise WrongUse(msg)
    declared = model.span
    scan_range = np.maximum(
        state.price_range(declared.price_range), LEAST_RANGE * np.abs(state.base)
    )
    front, point_value = _references(state)
    risk_array, delta, value = _scan(state, declared, scan_range)
    scaled = delta * state.point_value / point_value[state.product]
    for array in declared.risk_arrays:
        own = state.names == array.instrument
        risk_array[own], scaled[own] = np.array(array.losses), array.delta
    month, month_tier_number, month_product = number_months(state, declared)
    tiers = number_tiers(state, declared, month, month_tier_number, month_product)
    minimum = declared.short_option_amount + (
        declared.short_option_pct / 100.0 * np.abs(state.base) * state.unit_value
    )
    instruments = SpanInstruments(
        commodity=state.product,
        month=month,
        risk_array=risk_array,
        delta=scaled,
        option_value=np.where(state.premium_style == "upfront", value, 0.0),
        short_option_rate=np.where(state.is_option, minimum, 0.0),
        month_tier=tiers.month_tier,
        tier_commodity=tiers.commodity,
        delivery_rate_spread=tiers.delivery_spread,
        delivery_rate_outright=tiers.delivery_outright,
        price_scan_range=scan_range[front] * point_value,
    )
    parameters = SpanParameters(
        calendar_spreads=calendar_spreads(state, declared, tiers, point_value),
        inter_commodity_spreads=inter_commodity_spreads(state, declared, counts),
        price_risk_method=declared.price_risk_method,
        option_value_treatment=declared.option_value_treatment,
    )

    def scenarios(quantities: FloatArray) -> UnitScenarios:
        margin = span_margin(quantities, instruments, parameters)
        scanned = margin.scanning_risk + margin.calendar_charge + margin.delivery_charge
        binds = (margin.scanning_risk > 0) & (
            scanned - margin.inter_commodity_credit >= margin.short_option_minimum
        )
        return UnitScenarios(
            margin.scenario_losses, np.where(binds, margin.active_scenario - 1, -1)
        )

    return DayRules(
        margin=lambda quantities: span_margin(quantities, instruments, parameters).requirement,
        scenarios=scenarios,
        unit_level=np.full(len(state.product_names), Level.PRODUCT.value),
        unit_name=state.product_names,
    )


def _references(state: MarketState) -> tuple[IntArray, FloatArray]:
    """Return, for each product, the instrument of its front month and its value of a point.

    One delta of the product is one such contract; futures come before options.
    """
    far = np.datetime64("9999-12-31", "D")
    expiry = np.where(np.isnat(state.expiry), far, state.expiry)
    order = np.lexsort((np.arange(len(expiry)), expiry, state.is_option, state.product))
    _, first = np.unique(state.product[order], return_index=True)
    front = order[first]
    return front, state.point_value[front]


def _scan(
    state: MarketState, declared: SpanDeclaration, scan_range: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return risk arrays, deltas per unit of underlying, and option values of one long unit."""
    scenarios = SpanScenarios(declared.extreme_move_multiple, declared.extreme_cover_fraction)
    look_ahead = declared.look_ahead_days / DAYS_PER_YEAR
    arrays = np.zeros((len(state.names), len(scenarios.weight)))
    delta, value = np.ones(len(state.names)), np.zeros(len(state.names))
    for absolute in (False, True):
        which = np.flatnonzero(~state.is_option & (state.is_absolute == absolute))
        arrays[which] = futures_risk_array(
            state.base[which],
            scan_range[which],
            scenarios,
            state.point_value[which],
            "normal" if absolute else "lognormal",
        )
    size = np.abs(state.base)
    relative = np.divide(state.daily_absolute, size, out=np.zeros_like(size), where=size > 0)
    daily = np.where(state.is_absolute, relative, state.daily_log)
    volatility_range = volatility_scan_range(
        daily * np.sqrt(TRADING_DAYS_PER_YEAR),
        declared.volatility_floor,
        declared.volatility_fraction,
    )
    for which in state.option_sets():
        terms = state.options(which)
        reach = volatility_range[which] * (size[which] if terms.model == "normal" else 1.0)
        arrays[which] = option_risk_array(terms, scan_range[which], reach, scenarios, look_ahead)
        value[which] = terms.value(terms.forward[:, None], terms.volatility[:, None], 0.0)[:, 0]
        coin = state.is_inverse[which, None]
        if coin.any():
            # The premium is held in coin: it gains and loses with the coin's own price.
            moved = scenario_prices(terms.forward, scan_range[which], scenarios, terms.model)
            growth = moved / terms.forward[:, None] - 1.0
            held = scenarios.weight * value[which, None] * growth
            arrays[which] += np.where(coin, held, 0.0)
        delta[which] = composite_delta(
            terms, scan_range[which], look_ahead, declared.delta_deviations
        )
    return arrays, delta, value
