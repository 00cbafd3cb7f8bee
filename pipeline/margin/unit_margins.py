"""Margin without offsets of a rule-based model, from the model's own code path.

Here belongs only the sum over instruments held alone; each model's rules are in its own module.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.margin.pricing import Array

# Two accounts per instrument and one column per instrument: chunks keep the book of single
# instruments at a few megabytes however many instruments there are.
CHUNK_INSTRUMENTS = 256


@dataclass(frozen=True)
class UnitMargins:
    """Margin of one unit of each instrument held alone.

    Attributes
    ----------
    long_amount, short_amount : ndarray of shape (instruments,)
        Reporting currency per unit bought and per unit sold, at least 0.
    """

    long_amount: Array
    short_amount: Array

    def of(self, quantities: Array) -> Array:
        """Return the standalone margin of each position, shape of ``quantities``.

        ``|quantity|`` times the unit margin of its side. Exact, not an approximation, because the
        models are positively homogeneous: k units alone need k times the margin of one.
        """
        return np.asarray(
            np.maximum(quantities, 0.0) * self.long_amount
            + np.maximum(-quantities, 0.0) * self.short_amount
        )


def unit_margins(netted_margin: Callable[[Array], Array], instruments: int) -> UnitMargins:
    """Compute the margin of one long and one short unit of every instrument held alone.

    Parameters
    ----------
    netted_margin : callable
        Maps quantities of shape (accounts, instruments) to margins of shape (accounts,); must be
        positively homogeneous. It is the function that margins the real accounts, so that margin
        with and without offsets never come from two implementations.
    instruments : int
        Number of instruments.

    Returns
    -------
    UnitMargins
    """
    long_amount, short_amount = np.zeros(instruments), np.zeros(instruments)
    for start in range(0, instruments, CHUNK_INSTRUMENTS):
        columns = np.arange(start, min(start + CHUNK_INSTRUMENTS, instruments))
        alone = np.zeros((len(columns), instruments))
        alone[np.arange(len(columns)), columns] = 1.0
        long_amount[columns] = netted_margin(alone)
        short_amount[columns] = netted_margin(-alone)
    return UnitMargins(long_amount, short_amount)
