"""The worst scenarios of accounts under a model of rules; margins are in `rule_model`."""

import numpy as np

from pipeline.margin.day_rules import DayRules, UnitScenarios
from pipeline.margin.market import Book, FloatArray, IntArray
from pipeline.margin.tail_results import AccountTail, WorstScenarios, join_worst
from pipeline.margin.tree import Positions, find_tree_nodes, gather_holdings
from pipeline.terms import Level


def find_worst_scenarios(
    positions: Positions,
    instruments: int,
    rules: DayRules,
    book: Book,
    wanted: int,
    block_rows: int,
) -> AccountTail | None:
    """Rank the scenarios of the unit of each account that loses most under any of its scenarios.

    Scenarios of one unit (a combined commodity, a risk unit, a class group) do not meet those of
    another, so that an account as a whole has none.

    Parameters
    ----------
    positions : Positions
        Sorted positions of one date; ``instrument`` is the column of the rules' quantities.
    instruments : int
        Number of these columns.
    rules : DayRules
        The rules of the date.
    book : Book
        Codes of products and groups.
    wanted : int
        How many scenarios of an account are kept, beside the one that binds.
    block_rows : int
        Accounts whose quantities are held at once.

    Returns
    -------
    AccountTail or None
        None where the model has no scenarios.
    """
    if rules.scenarios is None or rules.unit_level is None or rules.unit_name is None:
        return None
    _, _, nodes = find_tree_nodes(positions)
    account = positions.account[nodes.first_position]
    holdings = gather_holdings(positions, nodes, np.ones(len(account), dtype=bool), instruments)
    unit_node = _number_units(rules.unit_level, rules.unit_name, book)
    parts: list[WorstScenarios] = []
    scenarios = 0
    for first in range(0, len(account), block_rows):
        block = slice(first, first + block_rows)
        found = rules.scenarios(holdings[block].toarray())
        scenarios = found.losses.shape[2]
        parts.append(_rank(found, account[block], rules.unit_level, unit_node, wanted))
    return AccountTail(
        levels=None,
        worst=join_worst(parts),
        labels=np.arange(1, scenarios + 1).astype(str),
        dates=np.full(scenarios, "NaT", dtype="datetime64[D]"),
    )


def _number_units(level: np.ndarray, name: np.ndarray, book: Book) -> IntArray:
    """Return the code of each unit among the products or the groups of the book."""
    products = {str(product): code for code, product in enumerate(book.products)}
    groups = {str(group): code for code, group in enumerate(book.groups)}
    return np.array(
        [
            (products if one == Level.PRODUCT.value else groups)[str(own)]
            for one, own in zip(level, name, strict=True)
        ],
        dtype=np.int64,
    )


def _rank(
    found: UnitScenarios, account: IntArray, level: np.ndarray, node: IntArray, wanted: int
) -> WorstScenarios:
    """Rank the scenarios of the costliest unit of some accounts."""
    rows = np.arange(len(account))
    unit = found.losses.max(axis=2).argmax(axis=1)
    losses: FloatArray = found.losses[rows, unit]
    binding = found.binding[rows, unit]
    scenario = np.argsort(-losses, axis=1, kind="stable")
    rank = np.broadcast_to(np.arange(1, losses.shape[1] + 1), scenario.shape)
    binds = scenario == binding[:, None]
    row, place = np.nonzero((rank <= wanted) | binds)
    chosen = scenario[row, place]
    return WorstScenarios(
        account=account[row],
        level=level[unit[row]],
        node=node[unit[row]],
        rank=rank[row, place],
        scenario=chosen,
        loss=losses[row, chosen],
        is_binding=binds[row, place],
    )
