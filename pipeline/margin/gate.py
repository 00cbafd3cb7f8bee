"""The correlation gate of a date: which offset groups count, from the moves up to that date.

The rule itself is in `dependence`; here its inputs are taken from the market. A product is
represented by the risk factor of its contract that expires next.
"""

import numpy as np

from pipeline.margin.declaration import ModelDeclaration, OffsetGroup
from pipeline.margin.dependence import GroupGate, PeriodDependence, gate_offset_groups
from pipeline.margin.market import Book, BoolArray, IntArray, Market
from pipeline.margin.shocks import ShockHistory


def judge_groups(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    history: ShockHistory,
    stressed: BoolArray,
    date_code: int,
) -> tuple[BoolArray | None, list[GroupGate]]:
    """Decide which offset groups may offset on a date.

    Parameters
    ----------
    market, book : Market, Book
        Instruments, products and groups.
    model : ModelDeclaration
        Declares the gate, or none.
    history : ShockHistory
        Moves of the risk factors.
    stressed : ndarray of bool, shape (n_dates,)
        Dates in a stress period.
    date_code : int
        Business date; no later move is read.

    Returns
    -------
    counts : ndarray of bool, shape (n_groups,), or None
        None where the model has no gate. A product in no declared group has nothing to offset
        with and counts.
    gates : list of GroupGate
        The values behind it, in the order of the declared groups.
    """
    if model.gate is None:
        return None, []
    counts = np.ones(len(book.groups), dtype=bool)
    gates = []
    for group in model.offset_groups:
        gate = _judge(market, book, model, history, stressed, date_code, group)
        gates.append(gate)
        counts[book.groups == group.id] = gate.counts
    return counts, gates


def _judge(
    market: Market,
    book: Book,
    model: ModelDeclaration,
    history: ShockHistory,
    stressed: BoolArray,
    date_code: int,
    group: OffsetGroup,
) -> GroupGate:
    declared = model.gate
    if declared is None:
        msg = "a group is judged only where the model has a gate"
        raise ValueError(msg)
    factors = _front_factors(market, book, history, date_code, group)
    rows = np.arange(date_code + 1)
    lookback = rows >= len(rows) - model.scenarios.lookback_days
    if len(factors) == 1:
        # One risk factor moves every product of the group: there is no dependence to doubt.
        whole = PeriodDependence(int(lookback.sum()), 0, 1.0, None, "")
        return GroupGate(
            group.id, declared.method, declared.threshold, whole, whole, 0, counts=True, reason=""
        )
    window = rows[lookback]
    absolute = history.is_absolute(int(window[0]), date_code)[factors]
    moves = np.where(
        absolute, history.absolute_move[rows][:, factors], history.log_move[rows][:, factors]
    )
    names = [history.series.names[f] for f in factors]
    return gate_offset_groups(
        moves,
        names,
        {group.id: names},
        lookback,
        stressed[rows],
        declared.threshold,
        declared.method,
        declared.minimum_observations,
    )[0]


def _front_factors(
    market: Market, book: Book, history: ShockHistory, date_code: int, group: OffsetGroup
) -> IntArray:
    """Return the distinct factors of the group's products, one of each product."""
    factor_of = history.series.factor_of[date_code]
    found = []
    for product in group.products:
        code = np.flatnonzero(book.products == product)
        members = np.flatnonzero(np.isin(book.product_of, code) & ~market.is_option)
        alive = factor_of[members][factor_of[members] >= 0]
        found += [int(alive.min())] if len(alive) else []
    return np.unique(np.array(found, dtype=np.int64))
