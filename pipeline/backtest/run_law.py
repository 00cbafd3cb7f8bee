"""The law of exceedances and their runs under a correct model, by counting arrangements.

A series of T days with x exceedances in r runs is one of equally likely arrangements, and its
transition counts follow from x, r and whether it opens and closes with an exceedance. Counting
arrangements (Mood 1940) therefore gives the law of every statistic of x and the transitions.
Statistics and p-values belong to `exact`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from pipeline.backtest.counts import binomial_cumulative, binomial_upper_tail
from pipeline.backtest.independence import Transitions
from pipeline.backtest.outcome import FloatArray, IntArray

_TAIL = 1e-14
"""Probability of the exceedance counts left out at each end of a law."""


@dataclass(frozen=True)
class Arrangements:
    """Classes of equally likely arrangements, arrays of shape (n_classes,).

    Attributes
    ----------
    length : int64 array
        T.
    exceedances : int64 array
        x.
    transitions : Transitions
        Transition counts of every arrangement in the class.
    log_count : float array
        Logarithm of the number of arrangements in the class.
    group : int64 array
        Position of the (T, x) pair that the class belongs to.
    """

    length: IntArray
    exceedances: IntArray
    transitions: Transitions
    log_count: FloatArray
    group: IntArray


def arrangements(length: IntArray, exceedances: IntArray) -> Arrangements:
    """Count the arrangements of x exceedances on T days by their transitions.

    Parameters
    ----------
    length, exceedances : int64 arrays of shape (n_pairs,)
        T and x of each pair, ``0 <= x <= T``, T at least 1.

    Notes
    -----
    With r runs of exceedances, a = 1 if the first day is one and b = 1 if the last is, there are
    z = r + 1 - a - b runs of other days and ``C(x - 1, r - 1) C(T - x - 1, z - 1)`` arrangements;
    n11 = x - r, n01 = r - a, n10 = r - b.
    """
    most_runs = np.maximum(np.minimum(exceedances, length - exceedances + 1), 1)
    classes = 4 * most_runs
    group = np.repeat(np.arange(length.size), classes)
    within = np.arange(group.size) - np.repeat(np.cumsum(classes) - classes, classes)
    t, x = length[group], exceedances[group]
    runs, opens, closes = within // 4 + 1, (within // 2) % 2, within % 2
    others = runs + 1 - opens - closes
    none, every = x == 0, x == t
    possible = np.where(
        none | every,
        (runs == 1) & (opens == every) & (closes == every),
        (others >= 1) & (others <= t - x) & (runs <= x),
    )
    group, t, x = group[possible], t[possible], x[possible]
    opens, closes, others = opens[possible], closes[possible], others[possible]
    runs = np.where(x == 0, 0, runs[possible])
    mixed = (x > 0) & (x < t)
    log_count = np.where(
        mixed, log_choose(x - 1, runs - 1) + log_choose(t - x - 1, others - 1), 0.0
    )
    n01, n10, n11 = runs - opens, runs - closes, x - runs
    n00 = t - 1 - n01 - n10 - n11
    return Arrangements(t, x, Transitions(n00, n01, n10, n11), log_count, group)


@dataclass(frozen=True)
class SequenceLaw:
    """Law of a series of T independent days with exceedance probability p.

    Attributes
    ----------
    classes : Arrangements
        What can happen, up to a probability of 1e-14 at each end.
    probability : float array of shape (n_classes,)
        Probability of each class.
    """

    classes: Arrangements
    probability: FloatArray


def sequence_law(length: int, p: float) -> SequenceLaw:
    """Return the law of exceedances and transitions under a correct model.

    Parameters
    ----------
    length : int
        T, at least 1.
    p : float
        Exceedance probability.
    """
    counts = np.arange(length + 1)
    kept = (binomial_cumulative(counts, length, p) > _TAIL) & (
        binomial_upper_tail(counts, length, p) > _TAIL
    )
    x = counts[kept]
    classes = arrangements(np.full(x.size, length, dtype=np.int64), x)
    held = classes.exceedances
    log_probability = classes.log_count + xlogy(held, p) + xlog1py(length - held, -p)
    return SequenceLaw(classes, np.exp(np.asarray(log_probability, dtype=np.float64)))


def log_choose(n: IntArray, k: IntArray) -> FloatArray:
    """Return ln C(n, k); arguments out of range are the caller's to mask.

    Parameters
    ----------
    n, k : int64 arrays
        Size of the set and of the choice.
    """
    top, low = np.maximum(n, 0), np.clip(k, 0, np.maximum(n, 0))
    value = gammaln(top + 1.0) - gammaln(low + 1.0) - gammaln(top - low + 1.0)
    return np.asarray(value, dtype=np.float64)
