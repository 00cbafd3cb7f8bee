"""The tail behind the margin of an account: several confidences, and its worst scenarios.

Margins themselves come from `tree` and `rule_model`; nothing here enters them. Scenarios are added
up where the model adds them up: over the account, or over the nodes whose margins are summed to
the account's. Rows of the written tables are arranged in `tail_rows`.
"""

import numpy as np

from pipeline.margin.declaration import ModelDeclaration, TreeDeclaration
from pipeline.margin.market import BoolArray, FloatArray, IntArray
from pipeline.margin.measures import Measure, average_tail
from pipeline.margin.node_measures import ReadRuns, measure_nodes
from pipeline.margin.tail_results import AccountTail, TailLevels, WorstScenarios
from pipeline.margin.tree import CHUNK_BYTES, Nodes, Positions, find_tree_nodes, gather_holdings
from pipeline.terms import Level


class TailReader:
    """Reads the tail of nodes from their losses, while the tree has these at hand.

    The nodes are those on which the tree adds scenarios up for the last time, so that their margins
    make up the account's. With the scenarios of a node sorted from the greatest loss, quantile and
    tail mean are the value at risk and the expected shortfall of `measures.measure_losses`, at each
    confidence. Of an account whose margin is the sum of its nodes' margins they are the sums over
    these nodes. At the model's own confidence one of the two is the account's netted margin.

    Parameters
    ----------
    positions : Positions
        Sorted positions of one date.
    model : ModelDeclaration
        Measure, tree and what is asked for.
    scenarios : int
        Number of scenarios.
    counts : ndarray of bool, shape (n_groups,), optional
        Offset groups that may offset; all where omitted.
    """

    def __init__(
        self,
        positions: Positions,
        model: ModelDeclaration,
        scenarios: int,
        counts: BoolArray | None = None,
    ) -> None:
        self._positions, self._model, self._scenarios = positions, model, scenarios
        self._confidences = _confidences(model)
        self._depth = _depth(model.measure, scenarios, model.tail.worst_scenarios)
        self._needed = max(
            [self._depth, model.measure.largest_needed(scenarios)]
            + [m.largest_needed(scenarios) for c in self._confidences for m in _both(c)]
        )
        self._account, self._level, self._node, nodes = _find_pieces(positions, model.tree, counts)
        self._nodes = nodes
        size = len(self._account)
        self._margins = np.full(size, np.nan)
        self._amounts = np.empty((2, size, len(self._confidences)))
        self._ranks: list[_Ranks] = []

    @property
    def runs(self) -> ReadRuns:
        """The nodes, for the tree to have them read."""
        return ReadRuns(self._nodes.first_position, self._nodes.positions, self.read)

    def read(self, places: IntArray, losses: FloatArray) -> FloatArray:
        """Read some nodes.

        Parameters
        ----------
        places : ndarray of int64, shape (n_nodes,)
            Places among the nodes; each is read once.
        losses : ndarray of shape (n_nodes, n_scenarios)
            Their scenario losses; left as they are.

        Returns
        -------
        ndarray of shape (n_nodes,)
            Their margins, to the bit as `measures.measure_losses` has them.
        """
        measure, scenarios = self._model.measure, self._scenarios
        top = _sort_largest(losses, self._needed)
        for column, confidence in enumerate(self._confidences):
            for kind, own in enumerate(_both(confidence)):
                self._amounts[kind, places, column] = measure_tail(top, scenarios, own)
        margins = measure_tail(top, scenarios, measure)
        self._margins[places] = margins
        if self._depth:
            # Threads append side by side; `finish` puts the nodes in order.
            self._ranks.append(
                _rank(losses, top[:, self._depth - 1], places, self._model, margins > 0)
            )
        return margins

    def finish(self, unit_losses: FloatArray, scenario_dates: np.ndarray) -> AccountTail:
        """Read what the tree had no need to add up, and put the accounts together.

        Parameters
        ----------
        unit_losses : ndarray of shape (n_instruments, n_scenarios)
            Loss of one long unit of each instrument under each scenario; no NaN.
        scenario_dates : ndarray of datetime64[D], shape (n_scenarios,)
            Last date of each scenario's move.

        Returns
        -------
        AccountTail
        """
        unread = np.isnan(self._margins)
        measure_nodes(
            gather_holdings(self._positions, self._nodes, unread, len(unit_losses)),
            unit_losses,
            self.read,
            np.flatnonzero(unread),
            max(1, CHUNK_BYTES // (8 * max(self._scenarios, 1))),
        )
        first = _first_of_runs(self._account)
        accounts = self._account[first]
        quantile, shortfall = (np.add.reduceat(amounts, first) for amounts in self._amounts)
        return AccountTail(
            levels=TailLevels(accounts, self._confidences, self._scenarios, quantile, shortfall)
            if self._confidences
            else None,
            worst=self._find_worst(first) if self._depth else None,
            labels=np.datetime_as_string(scenario_dates, unit="D"),
            dates=scenario_dates,
        )

    def _find_worst(self, first: IntArray) -> WorstScenarios:
        """Keep the scenarios of the costliest node of each account, in order."""
        place, rank, scenario, loss, binds = (
            np.concatenate(parts) for parts in zip(*self._ranks, strict=True)
        )
        costliest = np.zeros(len(self._account), dtype=bool)
        costliest[_greatest_of_runs(self._margins, first)] = True
        kept = np.flatnonzero(costliest[place])
        kept = kept[np.lexsort((rank[kept], place[kept]))]
        own = place[kept]
        return WorstScenarios(
            account=self._account[own],
            level=self._level[own],
            node=self._node[own],
            rank=rank[kept],
            scenario=scenario[kept],
            loss=loss[kept],
            is_binding=binds[kept],
        )


def compute_tail(
    positions: Positions,
    unit_losses: FloatArray,
    model: ModelDeclaration,
    scenario_dates: np.ndarray,
    counts: BoolArray | None = None,
) -> AccountTail:
    """Compute the tail without the margins; see `TailReader` for parameters and formulas."""
    reader = TailReader(positions, model, unit_losses.shape[1], counts)
    return reader.finish(unit_losses, scenario_dates)


def measure_tail(top: FloatArray, scenarios: int, measure: Measure) -> FloatArray:
    """Measure nodes from their greatest losses alone; see `measures.measure_losses`.

    Parameters
    ----------
    top : ndarray of shape (n_nodes, n_largest)
        The greatest losses, descending; at least as many as the measure needs.
    scenarios : int
        Number of scenarios they are the greatest of.
    measure : Measure
        The measure.

    Returns
    -------
    ndarray of shape (n_nodes,)
        The measure, at least zero.
    """
    needed = measure.largest_needed(scenarios)
    boundary: FloatArray = np.maximum(top[:, needed - 1], 0.0)
    if needed == 1 or measure.name != "expected_shortfall":
        return boundary
    beyond = np.ascontiguousarray(top[:, : needed - 1][:, ::-1])
    return average_tail(beyond, top[:, needed - 1], measure.tail_weight(scenarios))


def _confidences(model: ModelDeclaration) -> tuple[float, ...]:
    """Return the declared confidences with the one that the model's measure has, ascending."""
    declared = set(model.tail.confidence_pct)
    if declared and model.measure.name != "worst_scenario":
        declared.add(model.measure.confidence_pct)
    return tuple(sorted(declared))


def _both(confidence_pct: float) -> tuple[Measure, Measure]:
    return Measure("value_at_risk", confidence_pct), Measure("expected_shortfall", confidence_pct)


def _depth(measure: Measure, scenarios: int, wanted: int) -> int:
    """Return how many ranks are looked at: those wanted, and the one that sets value at risk."""
    if not wanted:
        return 0
    binding = measure.largest_needed(scenarios) if measure.name == "value_at_risk" else 1
    return min(max(wanted, binding), scenarios)


def _find_pieces(
    positions: Positions, tree: TreeDeclaration, counts: BoolArray | None
) -> tuple[IntArray, np.ndarray, IntArray, Nodes]:
    """Find the nodes on which the tree sums scenarios for the last time: owner, level, code."""
    product, group, account = find_tree_nodes(positions)
    size = len(positions.quantity)
    begins = np.zeros(size, dtype=bool)
    level = np.full(size, Level.PRODUCT.value, dtype="U12")
    if tree.offset_group == "margins":
        begins[product.first_position] = True
    elif tree.account == "scenarios":
        begins[account.first_position] = True
        level[:] = Level.ACCOUNT.value
    else:
        offsets = np.ones(size, dtype=bool) if counts is None else counts[positions.group]
        begins[group.first_position] = True
        begins[product.first_position] |= ~offsets[product.first_position]
        level[offsets] = Level.OFFSET_GROUP.value
    first = np.flatnonzero(begins)
    code = {
        Level.PRODUCT.value: positions.product,
        Level.OFFSET_GROUP.value: positions.group,
        Level.ACCOUNT.value: positions.account,
    }
    own = level[first]
    node = np.select([own == name for name in code], [code[name][first] for name in code])
    runs = Nodes(first, np.ones(len(first), np.int64), first, np.diff(first, append=size))
    return positions.account[first], own, node, runs


def _sort_largest(losses: FloatArray, needed: int) -> FloatArray:
    """Return the greatest losses of each row, descending, shape (n_rows, needed)."""
    boundary = losses.shape[1] - needed
    part = np.partition(losses, boundary, axis=1)[:, boundary:] if boundary else losses
    return np.ascontiguousarray(np.sort(part, axis=1)[:, ::-1])


def _first_of_runs(codes: IntArray) -> IntArray:
    change = np.ones(len(codes), dtype=bool)
    change[1:] = codes[1:] != codes[:-1]
    return np.flatnonzero(change)


def _greatest_of_runs(values: FloatArray, starts: IntArray) -> IntArray:
    """Return the place of the greatest value of each run, the first of equals."""
    greatest = np.maximum.reduceat(values, starts)
    run = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(values)))
    places = np.flatnonzero(values == greatest[run])
    _, first = np.unique(run[places], return_index=True)
    chosen: IntArray = places[first]
    return chosen


# Node, rank, scenario, loss and whether it binds, one array each.
_Ranks = tuple[IntArray, IntArray, IntArray, FloatArray, BoolArray]


def _rank(
    losses: FloatArray,
    least: FloatArray,
    places: IntArray,
    model: ModelDeclaration,
    has_margin: BoolArray,
) -> _Ranks:
    """Rank the scenarios of some nodes whose loss is at least that of the last rank."""
    # By comparison and not from a partition: which of equal losses that keeps depends on the
    # machine's algorithm.
    row, scenario = np.nonzero(losses >= least[:, None])
    loss = losses[row, scenario]
    order = np.lexsort((scenario, -loss, row))
    row, scenario, loss = row[order], scenario[order], loss[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row) + 1
    measure, scenarios = model.measure, losses.shape[1]
    if measure.name == "value_at_risk":
        binds = rank == measure.largest_needed(scenarios)
        kept = (rank <= model.tail.worst_scenarios) | binds
    else:
        binds = rank <= measure.largest_needed(scenarios)
        kept = rank <= model.tail.worst_scenarios
    binds &= has_margin[row]
    return places[row[kept]], rank[kept], scenario[kept], loss[kept], binds[kept]
