"""The tail behind the margin of an account: several confidences, and its worst scenarios.

Margins themselves come from `tree` and `rule_model`; nothing here enters them. Scenarios are added
up where the model adds them up: over the account, or over the nodes whose margins are summed to
the account's. Rows of the written tables are arranged in `tail_rows`.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.margin.declaration import ModelDeclaration, TreeDeclaration
from pipeline.margin.market import BoolArray, FloatArray, IntArray
from pipeline.margin.measures import Measure, average_tail
from pipeline.margin.node_measures import cut_parents, work_on_blocks
from pipeline.margin.tree import CHUNK_BYTES, Nodes, Positions, find_tree_nodes, gather_holdings
from pipeline.terms import Level


@dataclass(frozen=True)
class TailLevels:
    """Quantile and tail mean of accounts at several confidences.

    Attributes
    ----------
    account : ndarray of int64, shape (n_accounts,)
        Account codes, ascending.
    confidence_pct : tuple of float
        Confidences, ascending.
    scenarios : int
        Number of scenarios.
    quantile, shortfall : ndarray of shape (n_accounts, n_confidences)
        Order statistic and mean of the tail, at least zero, in reporting currency.
    """

    account: IntArray
    confidence_pct: tuple[float, ...]
    scenarios: int
    quantile: FloatArray
    shortfall: FloatArray


@dataclass(frozen=True)
class WorstScenarios:
    """The worst scenarios of accounts, each array of shape (n_rows,), by account and rank.

    Attributes
    ----------
    account : ndarray of int64
        Account code.
    level : ndarray of str
        Level of the node on which the losses are: the account, or its costliest node where the
        margins of nodes are summed.
    node : ndarray of int64
        Code of that node.
    rank : ndarray of int64
        1 is the greatest loss; of equal losses the earlier scenario comes first.
    scenario : ndarray of int64
        Index of the scenario.
    loss : ndarray of float64
        Loss of the node in reporting currency; negative is a gain.
    is_binding : ndarray of bool
        Whether the scenario set the margin of the node, alone or as part of the tail that its mean
        is taken over.
    """

    account: IntArray
    level: np.ndarray
    node: IntArray
    rank: IntArray
    scenario: IntArray
    loss: FloatArray
    is_binding: BoolArray


@dataclass(frozen=True)
class AccountTail:
    """Tail of the accounts of one date; a part that is not asked for is None.

    Attributes
    ----------
    levels : TailLevels or None
        At several confidences.
    worst : WorstScenarios or None
        The worst scenarios.
    labels : ndarray of str, shape (n_scenarios,)
        Name of each scenario: the last date of a historical move, or the scenario's number.
    dates : ndarray of datetime64[D], shape (n_scenarios,)
        Last date of a historical move, NaT elsewhere.
    """

    levels: TailLevels | None
    worst: WorstScenarios | None
    labels: np.ndarray
    dates: np.ndarray


@dataclass(frozen=True)
class _Pieces:
    """The nodes whose scenario losses are added up, and whose margins make up the account's."""

    nodes: Nodes
    account: IntArray
    level: np.ndarray
    node: IntArray


def compute_tail(
    positions: Positions,
    unit_losses: FloatArray,
    model: ModelDeclaration,
    scenario_dates: np.ndarray,
    counts: BoolArray | None = None,
) -> AccountTail:
    """Compute the tail that a scenario model declares.

    With the scenarios of a node sorted from the greatest loss, quantile and tail mean are the
    value at risk and the expected shortfall of `measures.measure_losses`, at each confidence. Of an
    account whose margin is the sum of its nodes' margins they are the sums over these nodes. At the
    model's own confidence one of the two is the account's netted margin.

    Parameters
    ----------
    positions : Positions
        Sorted positions of one date.
    unit_losses : ndarray of shape (n_instruments, n_scenarios)
        Loss of one long unit of each instrument under each scenario; no NaN.
    model : ModelDeclaration
        Measure, tree and what is asked for.
    scenario_dates : ndarray of datetime64[D], shape (n_scenarios,)
        Last date of each scenario's move.
    counts : ndarray of bool, shape (n_groups,), optional
        Offset groups that may offset; all where omitted.

    Returns
    -------
    AccountTail
    """
    pieces = _find_pieces(positions, model.tree, counts)
    measure, declared = model.measure, model.tail
    n_instruments, n_scenarios = unit_losses.shape
    confidences = _confidences(model)
    first = _first_of_runs(pieces.account)
    per_account = np.diff(first, append=len(pieces.account))
    ends = first + per_account
    amounts = np.empty((2, len(first), len(confidences)))
    depth = _depth(measure, n_scenarios, declared.worst_scenarios)
    needed = max(
        [depth, measure.largest_needed(n_scenarios)]
        + [m.largest_needed(n_scenarios) for c in confidences for m in _both(c)]
    )
    holdings = gather_holdings(
        positions, pieces.nodes, np.ones(len(pieces.account), dtype=bool), n_instruments
    )
    blocks = cut_parents(per_account, max(1, CHUNK_BYTES // (8 * max(n_scenarios, 1))))
    found: dict[int, WorstScenarios] = {}

    def work(block: slice) -> None:
        rows = slice(int(first[block.start]), int(ends[block.stop - 1]))
        losses = holdings[rows] @ unit_losses
        top = _sort_largest(losses, needed)
        starts = first[block] - rows.start
        for place, confidence in enumerate(confidences):
            for kind, own in enumerate(_both(confidence)):
                amounts[kind, block, place] = np.add.reduceat(
                    measure_tail(top, n_scenarios, own), starts
                )
        if depth:
            margins = measure_tail(top, n_scenarios, measure)
            costliest = _greatest_of_runs(margins, starts)
            found[block.start] = _rank(
                losses[costliest],
                top[costliest, depth - 1],
                pieces,
                rows.start + costliest,
                model,
                margins[costliest] > 0,
            )

    work_on_blocks(work, blocks)
    levels = TailLevels(pieces.account[first], confidences, n_scenarios, amounts[0], amounts[1])
    worst = [found[block.start] for block in blocks if depth]
    return AccountTail(
        levels=levels if confidences else None,
        worst=join_worst(worst) if depth else None,
        labels=np.datetime_as_string(scenario_dates, unit="D"),
        dates=scenario_dates,
    )


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


def join_worst(parts: list[WorstScenarios]) -> WorstScenarios:
    """Put the worst scenarios of several blocks of accounts one after the other."""
    names = WorstScenarios.__dataclass_fields__
    return WorstScenarios(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    )


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


def _find_pieces(positions: Positions, tree: TreeDeclaration, counts: BoolArray | None) -> _Pieces:
    """Find the nodes on which the tree sums scenarios for the last time, in order."""
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
    return _Pieces(
        nodes=Nodes(first, np.ones(len(first), np.int64), first, np.diff(first, append=size)),
        account=positions.account[first],
        level=own,
        node=np.select([own == name for name in code], [code[name][first] for name in code]),
    )


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


def _rank(
    losses: FloatArray,
    least: FloatArray,
    pieces: _Pieces,
    place: IntArray,
    model: ModelDeclaration,
    has_margin: BoolArray,
) -> WorstScenarios:
    """Rank the scenarios of some pieces whose loss is at least that of the last rank."""
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
    own = place[row[kept]]
    return WorstScenarios(
        account=pieces.account[own],
        level=pieces.level[own],
        node=pieces.node[own],
        rank=rank[kept],
        scenario=scenario[kept],
        loss=loss[kept],
        is_binding=binds[kept],
    )
