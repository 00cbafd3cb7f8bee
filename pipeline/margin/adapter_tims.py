"""From a declaration and the market to TIMS: point losses, classes and groups of each date."""

import numpy as np

from pipeline.errors import WrongUse
from pipeline.margin.day_rules import DayRules, UnitScenarios
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.declared_models import TimsDeclaration
from pipeline.margin.market import BoolArray, FloatArray, IntArray
from pipeline.margin.market_state import MarketState
from pipeline.margin.tims import (
    POINTS,
    TimsInstruments,
    linear_point_losses,
    option_point_losses,
    tims_margin,
    valuation_points,
)
from pipeline.terms import Level

# So that a group and a class of the same name stay apart.
_ALONE, _GROUP = "class ", "group "


def adapt_tims(state: MarketState, model: ModelDeclaration, counts: BoolArray) -> DayRules:
    """Return TIMS of a date.

    The class is the product, the class group the offset group. A group that does not count offsets
    nothing between its classes, nor with others of its product group.

    Parameters
    ----------
    state : MarketState
        Instruments of the date.
    model : ModelDeclaration
        With a table ``tims``.
    counts : ndarray of bool, shape (n_groups,)
        Offset groups that may offset.

    Returns
    -------
    DayRules
        The units of its scenarios are the class groups.
    """
    if model.tims is None:
        msg = f"model {model.model_id}: source tims needs a table [tims]"
        raise WrongUse(msg)
    declared = model.tims
    ranges = {item.product: item for item in declared.classes}
    losses = np.zeros((len(state.names), POINTS))
    minimum = np.full(len(state.names), declared.minimum_per_contract_amount)
    for product in state.product_names:
        own = np.flatnonzero(state.products == product)
        down, up = declared.range_down_pct, declared.range_up_pct
        if product in ranges:
            item = ranges[str(product)]
            down, up = item.range_down_pct, item.range_up_pct
            minimum[own] = item.minimum_per_contract_amount
        losses[own] = _point_losses(state, own, valuation_points(down / 100.0, up / 100.0))
    names, class_group, product_group, group_offset, wider_offset = _offsets(
        state, declared, counts, model
    )
    instruments = TimsInstruments(
        product_class=state.product,
        class_group=class_group,
        product_group=product_group,
        point_losses=losses,
        minimum_charge=minimum,
        class_group_offset=group_offset,
        product_group_offset=wider_offset,
    )

    def scenarios(quantities: FloatArray) -> UnitScenarios:
        margin = tims_margin(quantities, instruments)
        binds = (margin.product_group_risk > 0) & (
            margin.product_group_risk >= margin.minimum_charge
        )
        binding = np.where(binds, margin.worst_point - 1, -1)
        return UnitScenarios(margin.class_group_losses, binding[:, product_group])

    is_group = np.char.startswith(names, _GROUP)
    return DayRules(
        margin=lambda quantities: tims_margin(quantities, instruments).requirement,
        scenarios=scenarios,
        unit_level=np.where(is_group, Level.OFFSET_GROUP.value, Level.PRODUCT.value),
        unit_name=np.array([str(name).removeprefix(_GROUP).removeprefix(_ALONE) for name in names]),
    )


def _point_losses(state: MarketState, own: IntArray, points: FloatArray) -> FloatArray:
    """Loss of one long unit of some instruments of one class at each point."""
    losses = linear_point_losses(np.abs(state.base[own]), state.point_value[own], points)
    place = {int(code): at for at, code in enumerate(own)}
    for which in state.option_sets():
        inside = which[np.isin(which, own)]
        if not len(inside):
            continue
        terms = state.options(inside)
        rows = [place[int(code)] for code in inside]
        losses[rows] = option_point_losses(terms, points)
        coin = state.is_inverse[inside]
        if coin.any():
            # The premium is held in coin, whose price moves by the same points.
            now = terms.value(terms.forward[:, None], terms.volatility[:, None], 0.0)
            losses[rows] += np.where(coin[:, None], now * points, 0.0)
    return losses


def _offsets(
    state: MarketState,
    declared: TimsDeclaration,
    counts: BoolArray,
    model: ModelDeclaration,
) -> tuple[np.ndarray, IntArray, IntArray, FloatArray, FloatArray]:
    """Return names of class groups, class group of each class, product group of each, and offsets.

    Without an offset a class is a group of its own: classes that share a group share the worst
    point, which is an offset too.
    """
    by_group = {item.group: item for item in declared.class_groups}
    wider = {item.id: item.offset_pct / 100.0 for item in declared.product_groups}
    names, wider_names, offset_of = [], [], {}
    for product, code in zip(state.product_names, state.group, strict=True):
        item = by_group.get(model.group_of(str(product)))
        alone = f"{_ALONE}{product}"
        if item is None or not item.offset_pct or not counts[code]:
            names.append(alone)
            wider_names.append(alone)
            continue
        names.append(f"{_GROUP}{item.group}")
        offset_of[names[-1]] = item.offset_pct / 100.0
        together = wider.get(item.product_group, 0.0) > 0
        wider_names.append(f"product group {item.product_group}" if together else names[-1])
    groups, first, class_group = np.unique(names, return_index=True, return_inverse=True)
    products, product_group = np.unique(np.array(wider_names)[first], return_inverse=True)
    return (
        groups,
        class_group.astype(np.int64),
        product_group.astype(np.int64),
        np.array([offset_of.get(str(name), 0.0) for name in groups]),
        np.array([wider.get(str(name).removeprefix("product group "), 0.0) for name in products]),
    )
