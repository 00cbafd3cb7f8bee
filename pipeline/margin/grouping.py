"""Sums of columns by group, the one aggregation that the rule-based models share.

The netting tree of scenario models is in `tree`; nothing about margin belongs here.
"""

import numpy as np
from scipy.sparse import csr_array

from pipeline.margin.market import IntArray
from pipeline.margin.pricing import Array


def sum_by(values: Array, group: IntArray, groups: int) -> Array:
    """Add up columns by group.

    Parameters
    ----------
    values : ndarray of shape (rows, columns)
    group : ndarray of int64, shape (columns,)
        Group of each column, from 0.
    groups : int
        Number of groups; a group without columns sums to 0.

    Returns
    -------
    ndarray of shape (rows, groups)
    """
    rows = np.arange(len(group))
    membership = csr_array((np.ones(len(group)), (rows, group)), shape=(len(group), groups))
    return np.asarray(values @ membership)
