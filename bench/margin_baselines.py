"""What the margin engine is compared with: the bare numerical kernel, and plain pandas.

Neither shares code with the engine. The kernel is the floor that no implementation on the same
libraries gets far below; pandas is what is written first when nobody minds the time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from pipeline.margin.tree import Positions

BLOCK_BYTES = 8 * 2**20


@dataclass(frozen=True)
class KernelInput:
    """Positions of one date and the losses of one unit of each instrument.

    Attributes
    ----------
    positions : Positions
        Sorted by account, group, product and instrument.
    unit_losses : ndarray of shape (n_instruments, n_scenarios)
        Loss of one long unit.
    """

    positions: Positions
    unit_losses: np.ndarray


def prepare_levels(given: KernelInput) -> list[csr_array]:
    """Return the holdings of the nodes to measure at each level: product, group, account.

    Only nodes with several children are in, as in the engine: product nodes with several
    instruments, group nodes with several products, account nodes with several groups.
    """
    positions = given.positions
    keys = [positions.account, positions.group, positions.product, positions.instrument]
    starts = [_starts(keys[:depth]) for depth in (1, 2, 3, 4)]
    return [
        _holdings(given, starts[depth], starts[depth + 1], len(positions.quantity))
        for depth in (2, 1, 0)
    ]


def _starts(keys: list[np.ndarray]) -> np.ndarray:
    change = np.zeros(len(keys[0]), dtype=bool)
    change[0] = True
    for key in keys:
        change[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(change)


def _holdings(
    given: KernelInput, starts: np.ndarray, child_starts: np.ndarray, size: int
) -> csr_array:
    ends = np.append(starts[1:], size)
    children = np.searchsorted(child_starts, ends) - np.searchsorted(child_starts, starts)
    chosen = children > 1
    held = np.repeat(chosen, ends - starts)
    bounds = np.append(0, np.cumsum((ends - starts)[chosen]))
    return csr_array(
        (given.positions.quantity[held], given.positions.instrument[held], bounds),
        shape=(int(chosen.sum()), len(given.unit_losses)),
    )


def run_bare_kernel(levels: list[csr_array], unit_losses: np.ndarray, tail: int) -> None:
    """Multiply and partition block by block, every level on its own; keep nothing.

    Parameters
    ----------
    levels : list of csr_array
        From ``prepare_levels``, whose cost is not part of the kernel.
    unit_losses : ndarray of shape (n_instruments, n_scenarios)
        Loss of one long unit.
    tail : int
        How many of the largest losses the measure reads.
    """
    scenarios = unit_losses.shape[1]
    for losses in _losses_by_block(levels, unit_losses):
        losses.partition(scenarios - tail, axis=1)


def _losses_by_block(levels: list[csr_array], unit_losses: np.ndarray) -> Iterator[np.ndarray]:
    rows = max(1, BLOCK_BYTES // (8 * unit_losses.shape[1]))
    for holdings in levels:
        for first in range(0, holdings.shape[0], rows):
            yield holdings[first : first + rows] @ unit_losses


def compute_with_pandas(
    given: KernelInput, tail: float, cap: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute the margins of every account with ``groupby``, the cap's base at the products.

    Parameters
    ----------
    given : KernelInput
        Positions and unit losses.
    tail : float
        Scenarios in the tail of the expected shortfall, with its fraction.
    cap : float
        Share of the offset credit that is granted.

    Returns
    -------
    accounts, groups : pandas.DataFrame
        Standalone, netted and capped margin by account; netted margin by account and group.
    """
    positions = given.positions
    keys = pd.MultiIndex.from_arrays(
        [positions.account, positions.group, positions.product, positions.instrument],
        names=["account", "group", "product", "instrument"],
    )
    unit = pd.DataFrame(given.unit_losses)
    quantity = pd.Series(positions.quantity, index=keys)
    losses = unit.loc[positions.instrument].set_axis(keys).mul(quantity, axis=0)

    def margin(frame: pd.DataFrame) -> pd.Series:
        whole = int(tail)
        ordered = np.sort(frame.to_numpy(), axis=1)[:, ::-1]
        total = ordered[:, :whole].sum(axis=1) + (tail - whole) * ordered[:, whole]
        return pd.Series(total / tail, index=frame.index).clip(lower=0.0)

    by_product = losses.groupby(["account", "group", "product"]).sum()
    by_group = losses.groupby(["account", "group"]).sum()
    by_account = losses.groupby("account").sum()
    accounts = pd.DataFrame(
        {
            "standalone": margin(losses).groupby("account").sum(),
            "base": margin(by_product).groupby("account").sum(),
            "netted": margin(by_account),
        }
    )
    granted = accounts["base"] - cap * (accounts["base"] - accounts["netted"])
    accounts["capped"] = np.maximum(accounts["netted"], granted)
    return accounts, margin(by_group).to_frame("netted")
