"""From a declaration and the market to TIMS: point losses, classes and groups of each date."""

from collections.abc import Callable

import numpy as np

from pipeline.errors import WrongUse
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


def adapt_tims(
    state: MarketState, model: ModelDeclaration, counts: BoolArray
) -> Callable[[FloatArray], FloatArray]:
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
    callable
        Quantities (accounts, instruments) to margins (accounts,).
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
    groups, class_group = np.unique(state.group, return_inverse=True)
    product_group, group_offset, wider_offset = _offsets(state, declared, groups, counts, model)
    instruments = TimsInstruments(
        product_class=state.product,
        class_group=class_group.astype(np.int64),
        product_group=product_group,
        point_losses=losses,
        minimum_charge=minimum,
        class_group_offset=group_offset,
        product_group_offset=wider_offset,
    )
    return lambda quantities: tims_margin(quantities, instruments).requirement


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
    groups: IntArray,
    counts: BoolArray,
    model: ModelDeclaration,
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return product group of each class group, and the offsets of both."""
    by_group = {item.group: item for item in declared.class_groups}
    wider = {item.id: item.offset_pct / 100.0 for item in declared.product_groups}
    names, offsets = [], []
    for group in groups:
        of_group = state.product_names[state.group == group]
        item = by_group.get(model.group_of(str(of_group[0])))
        offset = item.offset_pct / 100.0 if item is not None and counts[group] else 0.0
        together = item is not None and item.product_group and counts[group]
        names.append(item.product_group if item is not None and together else f" {group}")
        offsets.append(offset)
    # A class group of its own is named by a blank and a number, which no declared name begins with.
    distinct, product_group = np.unique(names, return_inverse=True)
    return (
        product_group.astype(np.int64),
        np.array(offsets),
        np.array([wider.get(str(name), 0.0) for name in distinct]),
    )
