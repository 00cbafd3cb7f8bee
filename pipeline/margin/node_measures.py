"""Measures of tree nodes from their scenario losses: the numerical kernel of the margin run.

Positions times risk arrays is a sparse matrix times a dense one, a block of nodes at a time, each
block measured in place before the next. Every row of a block is computed on its own and in the
order of its positions, so the size of a block leaves no trace in the result. Which nodes are
measured, and what the margins are added up to, belongs to `tree`.
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from pipeline.margin.market import BoolArray, FloatArray, IntArray
from pipeline.margin.measures import Measure, measure_losses


def measure_nodes(
    holdings: csr_array, unit_losses: FloatArray, measure: Measure, block_rows: int
) -> FloatArray:
    """Measure the scenario losses of nodes that no other node needs.

    Parameters
    ----------
    holdings : csr_array of shape (n_nodes, n_instruments)
        Quantities held by each node.
    unit_losses : ndarray of shape (n_instruments, n_scenarios)
        Loss of one long unit under each scenario.
    measure : Measure
        The risk measure.
    block_rows : int
        Nodes whose losses are held in memory at once.

    Returns
    -------
    ndarray of shape (n_nodes,)
        Margins.
    """
    margins = np.empty(holdings.shape[0])
    for first in range(0, len(margins), block_rows):
        block = slice(first, first + block_rows)
        margins[block] = measure_losses(holdings[block] @ unit_losses, measure)
    return margins


def measure_nodes_and_parents(
    holdings: csr_array,
    children: IntArray,
    measured: BoolArray,
    unit_losses: FloatArray,
    measure: Measure,
    block_rows: int,
) -> tuple[FloatArray, FloatArray]:
    """Measure nodes, and their parents, whose losses are the sums of the nodes' losses.

    Parameters
    ----------
    holdings : csr_array of shape (n_nodes, n_instruments)
        Quantities held by each node; nodes of one parent follow each other.
    children : ndarray of int64, shape (n_parents,)
        Number of nodes of each parent.
    measured : ndarray of bool, shape (n_nodes,)
        Nodes to measure themselves; the others only enter their parent.
    unit_losses, measure, block_rows
        As in ``measure_nodes``; a block holds whole parents, at least one.

    Returns
    -------
    nodes : ndarray of shape (number measured,)
        Margins of the measured nodes.
    parents : ndarray of shape (n_parents,)
        Margins of the parents.
    """
    ends = np.cumsum(children)
    parents = np.empty(len(children))
    nodes = [np.empty(0)]
    for block in _blocks_of_parents(ends, block_rows):
        starts = ends[block] - children[block]
        rows = slice(int(starts[0]), int(ends[block][-1]))
        losses = holdings[rows] @ unit_losses
        parents[block] = measure_losses(_sum_runs(losses, children[block]), measure)
        nodes.append(_measure_chosen(losses, measured[rows], measure))
    return np.concatenate(nodes), parents


def _blocks_of_parents(ends: IntArray, block_rows: int) -> Iterator[slice]:
    """Cut parents into runs of at most ``block_rows`` nodes, or of one parent with more."""
    first = 0
    while first < len(ends):
        begun = ends[first - 1] if first else 0
        last = int(np.searchsorted(ends, begun + block_rows, side="right"))
        last = max(last, first + 1)
        yield slice(first, last)
        first = last


def _sum_runs(losses: FloatArray, lengths: IntArray) -> FloatArray:
    """Add up runs of consecutive rows.

    A product with a matrix of ones: ``np.add.reduceat`` along the first axis strides through
    memory and takes ten times as long.
    """
    n_rows = len(losses)
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    runs = csr_array((np.ones(n_rows), np.arange(n_rows), bounds), shape=(len(lengths), n_rows))
    total: FloatArray = runs @ losses
    return total


def _measure_chosen(losses: FloatArray, chosen: BoolArray, measure: Measure) -> FloatArray:
    """Measure the chosen rows; the losses may be reordered, nothing reads them afterwards."""
    if 2 * np.count_nonzero(chosen) > len(chosen):
        # Measuring some rows for nothing is cheaper than copying most of them.
        return measure_losses(losses, measure)[chosen]
    return measure_losses(losses[chosen], measure)
