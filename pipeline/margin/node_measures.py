"""Measures of tree nodes from their scenario losses: the numerical kernel of the margin run.

Positions times risk arrays is a sparse matrix times a dense one, a block of nodes at a time, each
block measured in place while it is still in the processor's cache. Every row of a block is
computed on its own, in the order of its positions, and blocks write to places of their own:
neither the size of a block nor the number of threads leaves a trace in the result. Which nodes
are measured, and what the margins are added up to, belongs to `tree`.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from pipeline.margin.market import FloatArray, IntArray
from pipeline.margin.measures import Measure, measure_losses

# Margins of some nodes, given their places and their scenario losses, which may be reordered.
ReadNodes = Callable[[IntArray, FloatArray], FloatArray]


@dataclass(frozen=True)
class ReadRuns:
    """Nodes of which more than the margin is wanted, known by their run of positions.

    Attributes
    ----------
    first_position, positions : ndarray of int64, shape (n_runs,)
        First position of each run, ascending, and how many it has; no two runs overlap.
    read : callable
        Measures some of these nodes in place of the measure, given their places among the runs.
    """

    first_position: IntArray
    positions: IntArray
    read: ReadNodes

    def find(self, first_position: IntArray, positions: IntArray) -> IntArray:
        """Return the place of the run that is the same positions, -1 where there is none."""
        place = np.searchsorted(self.first_position, first_position, side="right") - 1
        same = (self.first_position[place] == first_position) & (self.positions[place] == positions)
        return np.where(same, place, -1)


def read_margins(measure: Measure) -> ReadNodes:
    """Return the plain reading of nodes: their measure and nothing besides."""
    return lambda _, losses: measure_losses(losses, measure)


def measure_nodes(
    holdings: csr_array,
    unit_losses: FloatArray,
    read: ReadNodes,
    places: IntArray,
    block_rows: int,
) -> FloatArray:
    """Measure the scenario losses of nodes that no other node needs.

    Parameters
    ----------
    holdings : csr_array of shape (n_nodes, n_instruments)
        Quantities held by each node.
    unit_losses : ndarray of shape (n_instruments, n_scenarios)
        Loss of one long unit under each scenario.
    read : callable
        What measures the losses of a block.
    places : ndarray of int64, shape (n_nodes,)
        What `read` knows the nodes by.
    block_rows : int
        Nodes whose losses are held in memory at once.

    Returns
    -------
    ndarray of shape (n_nodes,)
        Margins.
    """
    margins = np.empty(holdings.shape[0])

    def measure_block(block: slice) -> None:
        margins[block] = read(places[block], holdings[block] @ unit_losses)

    firsts = range(0, len(margins), block_rows)
    work_on_blocks(measure_block, [slice(first, first + block_rows) for first in firsts])
    return margins


def measure_nodes_and_parents(
    holdings: csr_array,
    children: IntArray,
    held_besides: csr_array,
    unit_losses: FloatArray,
    measure: Measure,
    read_parents: ReadNodes,
    places: IntArray,
    block_rows: int,
) -> tuple[FloatArray, FloatArray]:
    """Measure nodes, and their parents, whose losses are the sums of the nodes' losses.

    Parameters
    ----------
    holdings : csr_array of shape (n_nodes, n_instruments)
        Quantities held by each node; nodes of one parent follow each other.
    children : ndarray of int64, shape (n_parents,)
        Number of nodes of each parent; may be zero.
    held_besides : csr_array of shape (n_parents, n_instruments)
        What each parent holds outside of these nodes.
    unit_losses, block_rows
        As in ``measure_nodes``; a block holds whole parents, at least one.
    measure : Measure
        The risk measure of the nodes.
    read_parents : callable
        What measures the losses of the parents.
    places : ndarray of int64, shape (n_parents,)
        What `read_parents` knows them by.

    Returns
    -------
    nodes : ndarray of shape (n_nodes,)
        Margins of the nodes.
    parents : ndarray of shape (n_parents,)
        Margins of the parents.
    """
    ends = np.cumsum(children)
    nodes, parents = np.empty(holdings.shape[0]), np.empty(len(children))

    def measure_block(block: slice) -> None:
        first = int(ends[block.start] - children[block.start])
        rows = slice(first, int(ends[block.stop - 1]))
        losses = holdings[rows] @ unit_losses
        total = held_besides[block] @ unit_losses
        total += _sum_runs(losses, children[block])
        parents[block] = read_parents(places[block], total)
        nodes[rows] = measure_losses(losses, measure)

    work_on_blocks(measure_block, cut_parents(children + 1, block_rows))
    return nodes, parents


def work_on_blocks(work: Callable[[slice], None], blocks: Sequence[slice]) -> None:
    """Work on blocks side by side, on as many threads as Polars has (POLARS_MAX_THREADS).

    Products, partitions and sums release the interpreter, so threads share the work evenly.
    """
    if len(blocks) < 2:
        for block in blocks:
            work(block)
        return
    with ThreadPoolExecutor(min(pl.thread_pool_size(), len(blocks))) as threads:
        list(threads.map(work, blocks))  # the list raises what a block raised


def cut_parents(rows: IntArray, block_rows: int) -> list[slice]:
    """Cut parents into runs with at most ``block_rows`` rows, or of one parent with more."""
    ends = np.cumsum(rows)
    blocks: list[slice] = []
    first = 0
    while first < len(ends):
        begun = ends[first - 1] if first else 0
        last = int(np.searchsorted(ends, begun + block_rows, side="right"))
        last = max(last, first + 1)
        blocks.append(slice(first, last))
        first = last
    return blocks


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
