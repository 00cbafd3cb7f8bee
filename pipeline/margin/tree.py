"""Aggregation along the netting tree: instrument, product, offset group, account.

Scenario losses of positions are added up level by level and measured at every node; the difference
between the sum over the children and the node itself is the credit that the level earns. The
measure is linear up to scale in a single position, so a leaf's margin is its size times one of two
order statistics of its instrument (long and short), never a pass over its own scenarios.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from pipeline.margin.cap import cap_offset_credit
from pipeline.margin.declaration import TreeDeclaration
from pipeline.margin.market import BoolArray, FloatArray, IntArray
from pipeline.margin.measures import Measure, measure_losses
from pipeline.margin.node_measures import (
    ReadRuns,
    measure_nodes,
    measure_nodes_and_parents,
    read_margins,
)
from pipeline.terms import Level

# Losses of nodes held at once. Small enough to stay in the processor's cache between being summed
# and being measured, and for the allocator to hand out the same memory again for every block.
CHUNK_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Positions:
    """Positions of one date, sorted by account, group, product and instrument.

    Attributes
    ----------
    account, group, product, instrument : ndarray of int64, shape (n_positions,)
        Codes; ``instrument`` is the row of the risk arrays.
    quantity : ndarray of shape (n_positions,)
        Contracts; negative is short.
    """

    account: IntArray
    group: IntArray
    product: IntArray
    instrument: IntArray
    quantity: FloatArray


@dataclass(frozen=True)
class NodeMargins:
    """Margins of the nodes of one level, in reporting currency, each of shape (n_nodes,).

    Attributes
    ----------
    account, node : ndarray of int64
        Account code, and code of the product, group or account.
    standalone : ndarray
        Sum of the measure over the instruments below the node: margin without offsets.
    netted : ndarray
        Measure of the node: margin with every offset below it.
    level_credit : ndarray
        Sum of netted over the children less netted: the credit of this level alone.
    cap_base : ndarray
        Sum of netted over the base level of the cap, netted below that level.
    capped : ndarray
        Margin after the cap.
    """

    account: IntArray
    node: IntArray
    standalone: FloatArray
    netted: FloatArray
    level_credit: FloatArray
    cap_base: FloatArray
    capped: FloatArray


@dataclass(frozen=True)
class Nodes:
    """Nodes of one level, as runs of consecutive children and of consecutive positions.

    Attributes
    ----------
    starts, count : ndarray of int64, shape (n_nodes,)
        First child of each node, and how many it has.
    first_position, positions : ndarray of int64, shape (n_nodes,)
        First position of each node, and how many it has.
    """

    starts: IntArray
    count: IntArray
    first_position: IntArray
    positions: IntArray

    @property
    def several(self) -> BoolArray:
        """Nodes with more than one child: the margin of any other is its child's."""
        return self.count > 1


def _find_nodes(first_position: IntArray, n_positions: int, *keys: IntArray) -> Nodes:
    """Group consecutive children with equal keys; each child begins at a position."""
    change = np.zeros(len(first_position), dtype=bool)
    change[:1] = True
    for key in keys:
        change[1:] |= key[1:] != key[:-1]
    starts = np.flatnonzero(change)
    first = first_position[starts]
    return Nodes(
        starts=starts,
        count=np.diff(starts, append=len(change)),
        first_position=first,
        positions=np.diff(first, append=n_positions),
    )


def compute_leaf_margins(
    positions: Positions, unit_losses: FloatArray, measure: Measure
) -> FloatArray:
    """Return the margin of each position alone: size times the measure of its side.

    Parameters
    ----------
    positions : Positions
        n positions.
    unit_losses : ndarray of shape (n_instruments, n_scenarios)
        Loss of one long unit.
    measure : Measure
        A positively homogeneous measure.

    Returns
    -------
    ndarray of shape (n_positions,)
        Standalone margins.
    """
    long_unit = measure_losses(unit_losses.copy(), measure)
    short_unit = measure_losses(-unit_losses, measure)
    unit = np.where(
        positions.quantity > 0,
        long_unit[positions.instrument],
        short_unit[positions.instrument],
    )
    unit *= np.abs(positions.quantity)
    return unit


TreeNodes = tuple[Nodes, Nodes, Nodes]


def find_tree_nodes(positions: Positions) -> TreeNodes:
    """Return the product, offset group and account nodes of sorted positions."""
    size = len(positions.quantity)
    product = _find_nodes(
        np.arange(size), size, positions.account, positions.group, positions.product
    )
    account_of_product = positions.account[product.starts]
    group_of_product = positions.group[product.starts]
    group = _find_nodes(product.first_position, size, account_of_product, group_of_product)
    account = _find_nodes(group.first_position, size, account_of_product[group.starts])
    return product, group, account


def compute_tree_margins(
    positions: Positions,
    unit_losses: FloatArray,
    measure: Measure,
    tree: TreeDeclaration,
    counts: BoolArray | None = None,
    runs: ReadRuns | None = None,
) -> dict[Level, NodeMargins]:
    """Compute margins at every level above the instrument.

    Parameters
    ----------
    positions : Positions
        Sorted positions of one date; may be empty.
    unit_losses : ndarray of shape (n_instruments, n_scenarios)
        Loss of one long unit of each instrument under each scenario; no NaN.
    measure : Measure
        The risk measure.
    tree : TreeDeclaration
        How levels aggregate, and the cap.
    counts : ndarray of bool, shape (n_groups,), optional
        Offset groups that may offset; the products of any other are added up. All where omitted.
    runs : ReadRuns, optional
        Nodes that are read for more than their margin while their losses are at hand. Those of a
        single position never are: their losses are not added up.

    Returns
    -------
    dict of Level to NodeMargins
        Levels product, offset_group and account, nodes in the order of the positions.
    """
    leaf = compute_leaf_margins(positions, unit_losses, measure)
    nodes = find_tree_nodes(positions)
    netted = _measure_levels(positions, unit_losses, measure, tree, leaf, nodes, counts, runs)
    return assemble_tree(positions, nodes, leaf, netted, tree)


def assemble_tree(
    positions: Positions,
    nodes: TreeNodes,
    leaf: FloatArray,
    netted: dict[Level, FloatArray],
    tree: TreeDeclaration,
) -> dict[Level, NodeMargins]:
    """Derive credits, cap bases and capped margins from the margins of leaves and nodes.

    Parameters
    ----------
    positions : Positions
        Sorted positions of one date.
    nodes : TreeNodes
        Their nodes.
    leaf : ndarray of shape (n_positions,)
        Margin of each position alone.
    netted : dict of Level to ndarray
        Netted margin of the nodes of each level above the instrument.
    tree : TreeDeclaration
        The cap and its base.

    Returns
    -------
    dict of Level to NodeMargins
        As in ``compute_tree_margins``.
    """
    product, group, account = nodes
    account_of_product = positions.account[product.starts]
    group_of_product = positions.group[product.starts]
    standalone = {Level.PRODUCT: sum_children(leaf, product)}
    standalone[Level.OFFSET_GROUP] = sum_children(standalone[Level.PRODUCT], group)
    standalone[Level.ACCOUNT] = sum_children(standalone[Level.OFFSET_GROUP], account)
    children = {
        Level.PRODUCT: standalone[Level.PRODUCT],
        Level.OFFSET_GROUP: sum_children(netted[Level.PRODUCT], group),
        Level.ACCOUNT: sum_children(netted[Level.OFFSET_GROUP], account),
    }
    base = _cap_bases(tree.cap_base, standalone, netted, group, account)
    owner = positions.account[account.first_position]
    holder = {
        Level.PRODUCT: (account_of_product, positions.product[product.starts]),
        Level.OFFSET_GROUP: (account_of_product[group.starts], group_of_product[group.starts]),
        Level.ACCOUNT: (owner, owner),
    }
    return {
        level: NodeMargins(
            account=holder[level][0],
            node=holder[level][1],
            standalone=standalone[level],
            netted=netted[level],
            level_credit=children[level] - netted[level],
            cap_base=base[level],
            capped=cap_offset_credit(base[level], netted[level], tree.cap),
        )
        for level in (Level.PRODUCT, Level.OFFSET_GROUP, Level.ACCOUNT)
    }


def _measure_levels(
    positions: Positions,
    unit_losses: FloatArray,
    measure: Measure,
    tree: TreeDeclaration,
    leaf: FloatArray,
    nodes: TreeNodes,
    counts: BoolArray | None,
    runs: ReadRuns | None,
) -> dict[Level, FloatArray]:
    """Return the netted margin of every node, measuring only those with several children."""
    product, group, account = nodes
    n_instruments, n_scenarios = unit_losses.shape
    block_rows = max(1, CHUNK_BYTES // (8 * max(n_scenarios, 1)))

    plain = read_margins(measure)

    def find_runs(level: Nodes, chosen: BoolArray) -> IntArray:
        first, size = level.first_position[chosen], level.positions[chosen]
        return np.full(len(first), -1) if runs is None else runs.find(first, size)

    def measure_alone(level: Nodes, code: IntArray, chosen: BoolArray) -> FloatArray:
        holdings = gather_holdings(positions, level, chosen, n_instruments)
        # Nodes of one product follow each other, while its instruments are in the cache.
        order = np.argsort(code[level.first_position][chosen], kind="stable")
        places = find_runs(level, chosen)
        margins = np.empty(len(order))
        for read, part in (
            (plain, order[places[order] < 0]),
            (runs.read if runs else plain, order[places[order] >= 0]),
        ):
            margins[part] = measure_nodes(
                holdings[part], unit_losses, read, places[part], block_rows
            )
        return margins

    products = leaf[product.starts]
    products[product.several] = measure_alone(product, positions.product, product.several)
    groups = sum_children(products, group)
    if tree.offset_group == "margins":
        accounts = sum_children(groups, account)
    else:
        netting = account.several & (tree.account == "scenarios")
        inside = np.repeat(netting, account.count)  # groups whose losses the account sums too
        alone = group.several & ~inside
        if counts is not None:
            alone &= counts[positions.group[group.first_position]]
        groups[alone] = measure_alone(group, positions.group, alone)
        shared = group.several & inside
        # A group of one product is not measured: its positions go straight into the account.
        besides = np.repeat(inside & ~group.several, group.positions)
        groups[shared], measured = measure_nodes_and_parents(
            gather_holdings(positions, group, shared, n_instruments),
            _count_in_runs(shared, account.starts, account.count)[netting],
            _hold(
                positions,
                besides,
                _count_in_runs(besides, account.first_position, account.positions)[netting],
                n_instruments,
            ),
            unit_losses,
            measure,
            runs.read if runs else plain,
            find_runs(account, netting),
            block_rows,
        )
        accounts = sum_children(groups, account)
        accounts[netting] = measured
    return {Level.PRODUCT: products, Level.OFFSET_GROUP: groups, Level.ACCOUNT: accounts}


def gather_holdings(
    positions: Positions, nodes: Nodes, chosen: BoolArray, n_instruments: int
) -> csr_array:
    """Return the quantities that the chosen nodes hold, shape (n_chosen, n_instruments)."""
    held = np.repeat(chosen, nodes.positions)
    return _hold(positions, held, nodes.positions[chosen], n_instruments)


def _hold(
    positions: Positions, held: BoolArray, lengths: IntArray, n_instruments: int
) -> csr_array:
    """Put the held positions into rows of the given lengths."""
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    return csr_array(
        (positions.quantity[held], positions.instrument[held], bounds),
        shape=(len(lengths), n_instruments),
    )


def _count_in_runs(marked: BoolArray, starts: IntArray, lengths: IntArray) -> IntArray:
    """Count the marked members of each run."""
    before = np.concatenate([[0], np.cumsum(marked)])
    counted: IntArray = before[starts + lengths] - before[starts]
    return counted


def sum_children(values: FloatArray, nodes: Nodes) -> FloatArray:
    """Sum children into nodes."""
    if not len(values):
        return np.zeros(0)
    total: FloatArray = np.add.reduceat(values, nodes.starts)
    return total


def _cap_bases(
    base_level: Level,
    standalone: dict[Level, FloatArray],
    netted: dict[Level, FloatArray],
    group: Nodes,
    account: Nodes,
) -> dict[Level, FloatArray]:
    """Sum netted margins of the base level upwards; below it a node is its own base."""
    if base_level is Level.INSTRUMENT:
        return standalone
    base = dict(netted)
    if base_level is Level.PRODUCT:
        base[Level.OFFSET_GROUP] = sum_children(netted[Level.PRODUCT], group)
    if base_level in {Level.PRODUCT, Level.OFFSET_GROUP}:
        base[Level.ACCOUNT] = sum_children(base[Level.OFFSET_GROUP], account)
    return base
