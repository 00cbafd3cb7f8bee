"""Aggregation along the netting tree: instrument, product, offset group, account.

Scenario losses of positions are added up level by level and measured at every node; the difference
between the sum over the children and the node itself is the credit that the level earns. The
measure is linear up to scale in a single position, so a leaf's margin is its size times one of two
order statistics of its instrument (long and short), never a pass over its own scenarios.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from pipeline.margin.cap import cap_offset_credit
from pipeline.margin.declaration import TreeDeclaration
from pipeline.margin.market import BoolArray, FloatArray, IntArray
from pipeline.margin.measures import Measure, measure_losses
from pipeline.terms import Level

CHUNK_BYTES = 64 * 2**20


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
class _Nodes:
    """Nodes of one level: where each starts among its children and how many it has."""

    starts: IntArray
    count: IntArray

    @property
    def parents(self) -> BoolArray:
        """Nodes with more than one child: only these can differ from their child."""
        return self.count > 1


def _nodes(*keys: IntArray) -> _Nodes:
    """Group consecutive children with equal keys."""
    change = np.zeros(len(keys[0]), dtype=bool)
    change[:1] = True
    for key in keys:
        change[1:] |= key[1:] != key[:-1]
    starts = np.flatnonzero(change)
    return _Nodes(starts, np.diff(np.append(starts, len(change))))


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
    unit = np.where(positions.quantity > 0, long_unit[positions.instrument], 0.0)
    unit = np.where(positions.quantity < 0, short_unit[positions.instrument], unit)
    return np.abs(positions.quantity) * unit


def compute_tree_margins(
    positions: Positions,
    unit_losses: FloatArray,
    measure: Measure,
    tree: TreeDeclaration,
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

    Returns
    -------
    dict of Level to NodeMargins
        Levels product, offset_group and account, nodes in the order of the positions.
    """
    leaf = compute_leaf_margins(positions, unit_losses, measure)
    product = _nodes(positions.account, positions.group, positions.product)
    account_of_product = positions.account[product.starts]
    group_of_product = positions.group[product.starts]
    group = _nodes(account_of_product, group_of_product)
    account = _nodes(account_of_product[group.starts])

    # A node with one child has the child's margin; the others are measured below.
    products = _single_children(leaf, product)
    groups = np.full(len(group.starts), np.nan)
    accounts = np.full(len(account.starts), np.nan)
    for chunk in _chunks(product, group, account, unit_losses.shape[1]):
        _measure_chunk(
            positions,
            unit_losses,
            measure,
            tree,
            (product, group, account),
            (products, groups, accounts),
            chunk,
        )
    groups = np.where(group.parents & ~np.isnan(groups), groups, _sum(products, group))
    accounts = np.where(account.parents & ~np.isnan(accounts), accounts, _sum(groups, account))

    standalone = {Level.PRODUCT: _sum(leaf, product)}
    standalone[Level.OFFSET_GROUP] = _sum(standalone[Level.PRODUCT], group)
    standalone[Level.ACCOUNT] = _sum(standalone[Level.OFFSET_GROUP], account)
    children = {
        Level.PRODUCT: standalone[Level.PRODUCT],
        Level.OFFSET_GROUP: _sum(products, group),
        Level.ACCOUNT: _sum(groups, account),
    }
    netted = {Level.PRODUCT: products, Level.OFFSET_GROUP: groups, Level.ACCOUNT: accounts}
    base = _cap_bases(tree.cap_base, standalone, netted, group, account)
    holder = {
        Level.PRODUCT: (account_of_product, positions.product[product.starts]),
        Level.OFFSET_GROUP: (
            account_of_product[group.starts],
            group_of_product[group.starts],
        ),
    }
    owner = account_of_product[group.starts][account.starts]
    holder[Level.ACCOUNT] = (owner, owner)
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


def _sum(values: FloatArray, nodes: _Nodes) -> FloatArray:
    """Sum children into nodes."""
    if not len(values):
        return np.zeros(0)
    total: FloatArray = np.add.reduceat(values, nodes.starts)
    return total


def _single_children(leaf: FloatArray, product: _Nodes) -> FloatArray:
    margins = np.full(len(product.starts), np.nan)
    single = ~product.parents
    margins[single] = leaf[product.starts[single]]
    return margins


def _cap_bases(
    base_level: Level,
    standalone: dict[Level, FloatArray],
    netted: dict[Level, FloatArray],
    group: _Nodes,
    account: _Nodes,
) -> dict[Level, FloatArray]:
    """Sum netted margins of the base level upwards; below it a node is its own base."""
    if base_level is Level.INSTRUMENT:
        return standalone
    base = dict(netted)
    if base_level is Level.PRODUCT:
        base[Level.OFFSET_GROUP] = _sum(netted[Level.PRODUCT], group)
    if base_level in {Level.PRODUCT, Level.OFFSET_GROUP}:
        base[Level.ACCOUNT] = _sum(base[Level.OFFSET_GROUP], account)
    return base


@dataclass(frozen=True)
class _Chunk:
    """A run of whole accounts, as slices of accounts, groups and products."""

    accounts: slice
    groups: slice
    products: slice


def _chunks(product: _Nodes, group: _Nodes, account: _Nodes, scenarios: int) -> Iterator[_Chunk]:
    """Cut the accounts into runs whose product nodes fit into a fixed amount of memory."""
    if not len(account.starts):
        return
    most = max(1, CHUNK_BYTES // (8 * max(scenarios, 1)))
    group_ends = np.append(account.starts[1:], len(group.starts))
    product_ends = np.append(group.starts[1:], len(product.starts))[group_ends - 1]
    first = 0
    while first < len(account.starts):
        begun = product_ends[first - 1] if first else 0
        last = int(np.searchsorted(product_ends, begun + most, side="right"))
        last = max(last, first + 1)
        group_slice = slice(int(account.starts[first]), int(group_ends[last - 1]))
        yield _Chunk(
            slice(first, last), group_slice, slice(int(begun), int(product_ends[last - 1]))
        )
        first = last


def _measure_chunk(
    positions: Positions,
    unit_losses: FloatArray,
    measure: Measure,
    tree: TreeDeclaration,
    nodes: tuple[_Nodes, _Nodes, _Nodes],
    margins: tuple[FloatArray, FloatArray, FloatArray],
    chunk: _Chunk,
) -> None:
    """Measure the nodes of one run of accounts that have more than one child."""
    product, group, account = nodes
    starts = product.starts[chunk.products]
    end = int(starts[-1] + product.count[chunk.products][-1])
    begin = int(starts[0])
    indptr = np.append(starts, end) - begin
    losses = (
        csr_array(
            (positions.quantity[begin:end], positions.instrument[begin:end], indptr),
            shape=(len(starts), unit_losses.shape[0]),
        )
        @ unit_losses
    )
    group_losses = account_losses = None
    several_groups = account.parents[chunk.accounts]
    if tree.offset_group == "scenarios":
        several_products = group.parents[chunk.groups]
        needs_account = tree.account == "scenarios" and several_groups.any()
        if several_products.any() or needs_account:
            group_losses = np.add.reduceat(
                losses, group.starts[chunk.groups] - chunk.products.start, axis=0
            )
        if needs_account and group_losses is not None:
            account_losses = np.add.reduceat(
                group_losses, account.starts[chunk.accounts] - chunk.groups.start, axis=0
            )
            _measure_into(margins[2][chunk.accounts], account_losses, several_groups, measure)
        if group_losses is not None:
            _measure_into(margins[1][chunk.groups], group_losses, several_products, measure)
    _measure_into(margins[0][chunk.products], losses, product.parents[chunk.products], measure)


def _measure_into(
    target: FloatArray, losses: FloatArray, which: BoolArray, measure: Measure
) -> None:
    """Measure the chosen rows; the losses may be reordered, nothing reads them afterwards."""
    if not which.any():
        return
    target[which] = measure_losses(losses if which.all() else losses[which], measure)
