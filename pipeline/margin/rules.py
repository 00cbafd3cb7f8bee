"""Rules on top of core margin: procyclicality tools, add-ons, maintenance and initial margin.

What they add stays apart from netted and capped margin: the core model is tested without it, the
margin in force with it. The formulas are in `procyclicality_tools`, `addons` and `collateral`; here
they are applied to the nodes of one date.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.errors import CheckFailed
from pipeline.margin.addons import Tiers, concentration_addon, contingency_charge
from pipeline.margin.addons import minimum_charge_addon as lift_to_minimum
from pipeline.margin.collateral import initial_margin
from pipeline.margin.conditions import Conditions
from pipeline.margin.core_model import DayBook
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.market import DAYS_PER_YEAR, Book, FloatArray, Market
from pipeline.margin.procyclicality_tools import (
    FLOOR_YEARS,
    LEAST_BUFFER,
    LEAST_STRESS_WEIGHT,
    FloorLabel,
    apply_buffer,
    apply_volatility_floor,
    weight_stressed_margin,
)
from pipeline.margin.rule_status import RuleStatus
from pipeline.margin.tree import NodeMargins, find_tree_nodes, sum_children
from pipeline.terms import Level

LEVELS = (Level.PRODUCT, Level.OFFSET_GROUP, Level.ACCOUNT)
View = Callable[[Conditions], dict[Level, NodeMargins] | None]
ByLevel = dict[Level, FloatArray]


@dataclass(frozen=True)
class NodeCharges:
    """What the rules make of the nodes of one level, each of shape (n_nodes,).

    Attributes
    ----------
    addon : ndarray
        Everything that is required beyond capped margin.
    maintenance, initial : ndarray
        Margin in force, ``capped + addon``, and the step up from it.
    """

    addon: FloatArray
    maintenance: FloatArray
    initial: FloatArray


def apply_rules(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    day: DayBook,
    core: dict[Level, NodeMargins],
    view: View,
) -> tuple[dict[Level, NodeCharges], list[RuleStatus]]:
    """Apply the rules of a model to the nodes of one date.

    With C the capped margin of a node, T the largest of C and what each procyclicality tool makes
    of it, A the contingency and concentration charges below the node and m the minimum charge::

        addon       = (T - C) + A + max(m - T - A, 0)
        maintenance = C + addon
        initial     = initial factor x maintenance + buffer amount (accounts only)

    Parameters
    ----------
    market, book : Market, Book
        Prices and names.
    model : ModelDeclaration
        The rules.
    day : DayBook
        Positions of the date.
    core : dict of Level to NodeMargins
        Core margins under current conditions.
    view : callable
        Core margins of the same positions under other conditions.

    Returns
    -------
    charges : dict of Level to NodeCharges
        For every node.
    statuses : list of RuleStatus
        Which tools were in force, and under which label.
    """
    capped = {level: core[level].capped for level in LEVELS}
    tempered, statuses = temper(market, model, day, capped, view)
    charged = _charge_positions(market, book, model, day)
    factor = _initial_factor(market, model, day.date_code)
    charges = {}
    for level in LEVELS:
        addon = tempered[level] - capped[level]
        if charged is not None:
            amount, minimum = charged[level]
            addon = addon + amount + lift_to_minimum(tempered[level] + amount, minimum)
        maintenance = capped[level] + addon
        buffer = model.initial_buffer_amount if level is Level.ACCOUNT else 0.0
        charges[level] = NodeCharges(
            addon, maintenance, initial_margin(maintenance, factor, buffer)
        )
    return charges, statuses


def temper(
    market: Market, model: ModelDeclaration, day: DayBook, capped: ByLevel, view: View
) -> tuple[ByLevel, list[RuleStatus]]:
    """Apply the tools against procyclical margin; none lowers a margin.

    Parameters
    ----------
    market : Market
        Calendar.
    model : ModelDeclaration
        The tools.
    day : DayBook
        Positions of the date.
    capped : dict of Level to ndarray
        Capped margins under current conditions.
    view : callable
        Core margins under other conditions.

    Returns
    -------
    tempered : dict of Level to ndarray
        The largest of capped margin and each tool's margin.
    statuses : list of RuleStatus
        One for each tool that is declared.
    """
    tools, code = model.procyclicality, day.date_code
    result, statuses = dict(capped), []
    if tools.stress_weight > 0:
        stressed = view(Conditions(code, "stressed"))
        if stressed is not None:
            for level in LEVELS:
                weighted = weight_stressed_margin(
                    capped[level], stressed[level].capped, tools.stress_weight
                )
                result[level] = np.maximum(result[level], weighted.margin_amount)
        statuses.append(
            RuleStatus(
                rule="stress_weight",
                in_force=stressed is not None,
                label=_label(tools.stress_weight >= LEAST_STRESS_WEIGHT),
                value=tools.stress_weight,
                threshold=LEAST_STRESS_WEIGHT,
                reason="" if stressed is not None else "no stressed move is known yet",
            )
        )
    if tools.floor_years > 0:
        statuses.append(_apply_floor(market, model, code, capped, result, view))
    if tools.buffer > 0:
        statuses.append(_apply_buffer(model, code, capped, result, view))
    return result, statuses


def _label(meets_article_28: bool) -> str:
    return "article_28" if meets_article_28 else "below_article_28"


def _apply_floor(
    market: Market,
    model: ModelDeclaration,
    code: int,
    capped: ByLevel,
    result: ByLevel,
    view: View,
) -> RuleStatus:
    """Floor the margins in place at those under the volatility of the declared years."""
    declared = model.procyclicality.floor_years
    there = float((market.dates[code] - market.dates[0]).astype(np.int64)) / DAYS_PER_YEAR
    # Half a week of slack: ten years of trading days begin on the first one after a weekend.
    years = declared if there >= declared - 4.0 / DAYS_PER_YEAR else there
    floor = view(Conditions(code, "long_run")) if years > 0 else None
    label = FloorLabel.SHORT_HISTORY
    if floor is not None:
        for level in LEVELS:
            floored = apply_volatility_floor(capped[level], floor[level].capped, years)
            result[level] = np.maximum(result[level], floored.margin_amount)
            label = floored.label
    return RuleStatus(
        rule="volatility_floor",
        in_force=floor is not None,
        label=str(label),
        value=years,
        threshold=FLOOR_YEARS,
        reason="" if floor is not None else "no move to take a floor from",
    )


def _apply_buffer(
    model: ModelDeclaration, code: int, capped: ByLevel, result: ByLevel, view: View
) -> RuleStatus:
    """Add the buffer that is left, in place, against earlier conditions of the same portfolio."""
    tools = model.procyclicality
    anchors = code - tools.buffer_anchor_days * np.arange(tools.buffer_anchors, 0, -1)
    views = [view(Conditions(int(anchor))) for anchor in anchors if anchor >= 0]
    known = [one for one in views if one is not None]
    for level in LEVELS:
        history = np.stack([*(one[level].capped for one in known), capped[level]])
        buffered = apply_buffer(history, tools.buffer, max(len(known), 1))
        result[level] = np.maximum(result[level], buffered.margin_amount[-1])
    return RuleStatus(
        rule="buffer",
        in_force=True,
        label=_label(tools.buffer >= LEAST_BUFFER),
        value=tools.buffer,
        threshold=LEAST_BUFFER,
        observations=len(known),
        reason="" if known else "no earlier conditions: the buffer is whole",
    )


def _charge_positions(
    market: Market, book: Book, model: ModelDeclaration, day: DayBook
) -> dict[Level, tuple[FloatArray, FloatArray]] | None:
    """Return contingency plus concentration charges, and the minimum, of every node.

    Notional is quantity x multiplier x price (of an option's underlying), of inverse contracts
    their face.
    """
    declared = model.addons
    if not declared.is_used:
        return None
    positions, code = day.positions, day.date_code
    basis = np.where(
        market.is_option[day.instruments], market.underlying[day.instruments], day.instruments
    )
    price = np.abs(market.price[code, basis])
    coin = market.is_inverse[day.instruments] & ~market.is_option[day.instruments]
    unit = market.multiplier[day.instruments] * market.rate[code, day.instruments]
    unit = unit * np.where(coin, 1.0, price)
    size = np.abs(positions.quantity)
    notional = size * unit[positions.instrument]
    product, group, account = find_tree_nodes(positions)
    charge = sum_children(contingency_charge(notional, declared.contingency_rate), product)
    contracts = sum_children(size, product)
    if declared.concentration is not None:
        names = book.products[positions.product[product.starts]].astype(str)
        volume = {item.product: item.volume for item in declared.concentration.liquidity}
        liquidity = np.array([volume.get(name, np.inf) for name in names])
        charged = np.isfinite(liquidity)
        tiers = Tiers(declared.concentration.thresholds, declared.concentration.rates)
        net = sum_children(positions.quantity, product)[charged]
        mean_notional = sum_children(notional, product)[charged] / contracts[charged]
        charge[charged] += mean_notional * concentration_addon(net, tiers, liquidity[charged])
    least = declared.minimum_per_contract_amount * contracts
    by_group = (sum_children(charge, group), sum_children(least, group))
    return {
        Level.PRODUCT: (charge, least),
        Level.OFFSET_GROUP: by_group,
        Level.ACCOUNT: (sum_children(by_group[0], account), sum_children(by_group[1], account)),
    }


def _initial_factor(market: Market, model: ModelDeclaration, date_code: int) -> float:
    """Return the initial factor, greater while a stablecoin among the collateral is off its peg."""
    declared = model.collateral
    if declared.depeg_initial_factor == 0 or not declared.pegged_assets:
        return model.initial_factor
    ids = market.instruments["instrument_id"].to_list()
    prices = []
    for item in declared.pegged_assets:
        price = (
            market.price[date_code, ids.index(item.instrument)]
            if item.instrument in ids
            else float("nan")
        )
        if np.isnan(price):
            msg = (
                f"model {model.model_id}: no price of {item.instrument}, the peg of {item.asset},"
                f" on {market.dates[date_code]}; it is never read as par"
            )
            raise CheckFailed(msg)
        prices.append(float(price))
    gap = max(declared.peg_threshold - min(prices), 0.0)
    return model.initial_factor + gap * declared.depeg_initial_factor
