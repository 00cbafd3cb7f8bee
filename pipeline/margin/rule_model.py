"""Models of rules (fixed, span, grid, tims) as one core model: sub-portfolios along the tree.

The model's own function margins the portfolio of every node, so that margin with and without
offsets comes from one code path: an instrument alone, a product, an offset group, an account. Where
a level sums margins, what its node needs less than its children do is the credit that the rules
grant between them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pipeline.margin.adapter_fixed import adapt_fixed
from pipeline.margin.adapter_grid import adapt_grid
from pipeline.margin.adapter_span import adapt_span
from pipeline.margin.adapter_tims import adapt_tims
from pipeline.margin.conditions import (
    Conditions,
    VolatilityHistory,
    build_volatility,
    is_stressed,
    rows_of,
)
from pipeline.margin.core_model import DayBook, Readiness
from pipeline.margin.day_rules import DayRules, Requirement
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.market import Book, BoolArray, FloatArray, IntArray, Market
from pipeline.margin.market_state import MarketState, read_state
from pipeline.margin.rule_tail import find_worst_scenarios
from pipeline.margin.shocks import ShockHistory
from pipeline.margin.tail_results import AccountTail
from pipeline.margin.tree import (
    NodeMargins,
    Nodes,
    Positions,
    assemble_tree,
    find_tree_nodes,
    gather_holdings,
    sum_children,
)
from pipeline.margin.unit_margins import unit_margins
from pipeline.terms import Level

Adapter = Callable[[MarketState, ModelDeclaration, BoolArray], DayRules]

# Quantities of nodes are dense, nodes x instruments; so many numbers are held at once.
BLOCK_NUMBERS = 2**20

_ADAPTERS: dict[str, Adapter] = {
    "fixed": adapt_fixed,
    "span": adapt_span,
    "grid": adapt_grid,
    "tims": adapt_tims,
}
_READS_VOLATILITY = frozenset({"fixed", "span"})
# Sums of the fixed model are its margins; margining them again could differ in the last digit.
_NETS_NOTHING = frozenset({"fixed"})


@dataclass(frozen=True)
class RuleModel:
    """A model of rules over all dates.

    Attributes
    ----------
    market, book : Market, Book
        Prices, products and groups.
    model : ModelDeclaration
        The declaration.
    volatility : VolatilityHistory
        One-day moves and their volatility.
    stressed : ndarray of bool, shape (n_dates,)
        Dates in a stress period.
    """

    market: Market
    book: Book
    model: ModelDeclaration
    volatility: VolatilityHistory
    stressed: BoolArray

    @property
    def history(self) -> ShockHistory:
        """One-day moves; see `CoreModel`."""
        return self.volatility.moves

    def patterns(self, date_code: int, instruments: IntArray) -> IntArray:  # noqa: ARG002
        """Return one pattern: a model of rules has no scenario dates; see `CoreModel`."""
        return np.zeros(len(instruments), dtype=np.int64)

    def examine(self, date_code: int, instruments: IntArray) -> Readiness:
        """Tell which instruments can be margined; see `CoreModel`.

        Every risk factor needs ``lookback_days`` one-day moves, an option its implied volatility.
        """
        factor = self.history.series.factor_of[date_code, instruments]
        moves = np.where(factor >= 0, self.history.present_count[date_code + 1, factor], 0)
        ready = (factor >= 0) & (moves >= self.model.scenarios.lookback_days)
        if self.model.scenarios.source in _READS_VOLATILITY:
            ready &= ~np.isnan(self.volatility.absolute_volatility[date_code + 1, factor])
        is_option = self.market.is_option[instruments]
        ready &= ~is_option | ~np.isnan(self.market.volatility[date_code, instruments])
        return Readiness(
            has_history=ready,
            fewest_moves=int(moves.min()) if len(moves) else 0,
            rows=np.empty(0, dtype=np.int64),
        )

    def margin(self, day: DayBook, conditions: Conditions) -> dict[Level, NodeMargins] | None:
        """Compute the tree; see `CoreModel`."""
        adapted = self._adapt(day, conditions)
        if adapted is None:
            return None
        rules, place, size = adapted
        return _compute_tree(day.positions, place, size, rules.margin, self.model)

    def margin_with_tail(
        self, day: DayBook, conditions: Conditions
    ) -> tuple[dict[Level, NodeMargins], AccountTail | None] | None:
        """Compute the tree and the worst scenarios; see `CoreModel`."""
        adapted = self._adapt(day, conditions)
        if adapted is None:
            return None
        rules, place, size = adapted
        nodes = _compute_tree(day.positions, place, size, rules.margin, self.model)
        tail = None
        if self.model.tail.worst_scenarios:
            tail = find_worst_scenarios(
                replace(day.positions, instrument=place[day.positions.instrument]),
                size,
                rules,
                self.book,
                self.model.tail.worst_scenarios,
                max(1, BLOCK_NUMBERS // max(size, 1)),
            )
        return nodes, tail

    def _adapt(self, day: DayBook, conditions: Conditions) -> tuple[DayRules, IntArray, int] | None:
        """Return the rules, the column of each instrument in them, and the number of columns."""
        priced = np.flatnonzero(day.readiness.has_history)
        state = self._read_state(day, conditions, day.instruments[priced])
        if state is None:
            return None
        counts = np.ones(len(self.book.groups), dtype=bool) if day.counts is None else day.counts
        place = np.full(len(day.instruments), -1, dtype=np.int64)
        place[priced] = np.arange(len(priced))
        adapt = _ADAPTERS[self.model.scenarios.source]
        return adapt(state, self.model, counts), place, len(priced)

    def _read_state(
        self, day: DayBook, conditions: Conditions, instruments: IntArray
    ) -> MarketState | None:
        factor = self.history.series.factor_of[day.date_code, instruments]
        if conditions.kind == "current":
            daily = (
                self.volatility.log_volatility[conditions.as_of + 1],
                self.volatility.absolute_volatility[conditions.as_of + 1],
            )
        else:
            rows = rows_of(conditions, self.market, self.model, self.stressed)
            daily = self.volatility.root_mean_square(rows)
        absolute = self._find_absolute(day.date_code)
        known = np.where(absolute[factor], daily[1][factor], daily[0][factor])
        if self.model.scenarios.source in _READS_VOLATILITY and np.isnan(known).any():
            return None
        groups = {str(g): code for code, g in enumerate(self.book.groups)}
        group_of = {str(p): groups[self.model.group_of(str(p))] for p in self.book.products}
        clean = (np.nan_to_num(daily[0]), np.nan_to_num(daily[1]))
        return read_state(
            self.market, day.date_code, instruments, group_of, factor, absolute, clean
        )

    def _find_absolute(self, date_code: int) -> BoolArray:
        """Return the factors that are absolute: declared, or at or below zero in the lookback."""
        first = max(date_code - self.model.scenarios.lookback_days + 1, 0)
        return self.history.is_absolute(first, date_code)


def _compute_tree(
    positions: Positions,
    place: IntArray,
    instruments: int,
    requirement: Requirement,
    model: ModelDeclaration,
) -> dict[Level, NodeMargins]:
    """Margin every node's portfolio; a node with one child has its child's margin."""
    nodes = find_tree_nodes(positions)
    units = unit_margins(requirement, instruments)
    column = place[positions.instrument]
    quantity = positions.quantity
    leaf: FloatArray = np.abs(quantity) * np.where(
        quantity > 0, units.long_amount[column], units.short_amount[column]
    )
    moved = Positions(
        positions.account, positions.group, positions.product, column, positions.quantity
    )
    netted: dict[Level, FloatArray] = {}
    children = leaf
    for level, own in zip((Level.PRODUCT, Level.OFFSET_GROUP, Level.ACCOUNT), nodes, strict=True):
        margins = sum_children(children, own)
        if model.scenarios.source not in _NETS_NOTHING and own.several.any():
            margins[own.several] = _margin_nodes(moved, own, instruments, requirement)
        netted[level] = children = margins
    return assemble_tree(positions, nodes, leaf, netted, model.tree)


def _margin_nodes(
    positions: Positions, nodes: Nodes, instruments: int, requirement: Requirement
) -> FloatArray:
    """Margin the portfolios of the nodes with several children, a block at a time."""
    holdings = gather_holdings(positions, nodes, nodes.several, instruments)
    step = max(1, BLOCK_NUMBERS // max(instruments, 1))
    return np.concatenate(
        [
            requirement(holdings[first : first + step].toarray())
            for first in range(0, holdings.shape[0], step)
        ]
    )


def prepare_rules(market: Market, book: Book, model: ModelDeclaration) -> RuleModel:
    """Compute the one-day moves and volatilities that all dates share.

    Parameters
    ----------
    market, book : Market, Book
        Prices, products and groups.
    model : ModelDeclaration
        A model of source ``fixed``, ``span``, ``grid`` or ``tims``.

    Returns
    -------
    RuleModel
    """
    volatility = build_volatility(market, model, model.scenarios.default_shock)
    return RuleModel(market, book, model, volatility, is_stressed(market, model))
