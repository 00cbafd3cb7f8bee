"""Many accounts at once: how many alarms chance gives, and which survive it.

Adjusted p-values and expected false alarms. The tests of one account belong to their own modules;
what shared market days do to counts over all accounts to `shared_days`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.backtest.counts import binomial_upper_tail, check_counts
from pipeline.backtest.outcome import DECISION_CODES, FloatArray, IntArray, TestColumns
from pipeline.backtest.power import critical_count
from pipeline.backtest.traffic_light import cut_offs
from pipeline.errors import WrongUse
from pipeline.terms import Decision


def holm(p_values: ArrayLike) -> FloatArray:
    """Return Holm's adjusted p-values: answers whether any model is wrong.

    Parameters
    ----------
    p_values : array_like of shape (n,)
        NaN where there is none; such entries stay NaN and do not count as tests.

    Returns
    -------
    float array of shape (n,)
        Rejecting those under alpha wrongly accuses any model with probability at most alpha,
        however the tests depend.

    Notes
    -----
    Holm (1979): the i-th smallest times ``m - i + 1``, made non-decreasing, at most 1.
    """
    return _step(p_values, lambda m: np.arange(m, 0, -1, dtype=np.float64), upward=False)


def benjamini_hochberg(p_values: ArrayLike) -> FloatArray:
    """Return Benjamini and Hochberg's adjusted p-values: for a list of accounts to look into.

    Parameters
    ----------
    p_values : array_like of shape (n,)
        NaN where there is none.

    Returns
    -------
    float array of shape (n,)
        Of the accounts under alpha, at most the share alpha is expected to be falsely listed, if
        tests are independent or positively dependent.

    Notes
    -----
    Benjamini and Hochberg (1995): the i-th smallest times ``m / i``, made non-decreasing from
    above, at most 1.
    """
    return _step(p_values, lambda m: m / np.arange(1, m + 1), upward=True)


def benjamini_yekutieli(p_values: ArrayLike) -> FloatArray:
    """Return Benjamini and Yekutieli's adjusted p-values: a list valid under any dependence.

    Parameters
    ----------
    p_values : array_like of shape (n,)
        NaN where there is none.

    Notes
    -----
    Benjamini and Yekutieli (2001): as Benjamini-Hochberg, times ``1 + 1/2 + .. + 1/m``.
    """
    return _step(
        p_values,
        lambda m: m / np.arange(1, m + 1) * (1.0 / np.arange(1, m + 1)).sum(),
        upward=True,
    )


@dataclass(frozen=True)
class FalseAlarms:
    """Alarms to expect if every model is correct.

    Attributes
    ----------
    accounts : int
        Accounts with at least one observation.
    yellow_or_red, red : float
        Expected accounts in these zones of the traffic light.
    rejected : float
        Expected accounts that a test at the given significance rejects.
    rejected_low, rejected_high : int
        Range of the number rejected that independent accounts stay in with 95 % probability;
        accounts that share days spread wider around the same expectation.
    """

    accounts: int
    yellow_or_red: float
    red: float
    rejected: float
    rejected_low: int
    rejected_high: int


UpperTail = Callable[[IntArray, IntArray, FloatArray], FloatArray]
"""Probability of at least c exceedances in T observations at probability p, from c, T and p."""


def expected_false_alarms(
    observations: ArrayLike,
    confidence: ArrayLike,
    significance: float = 0.05,
    upper_tail: UpperTail = binomial_upper_tail,
) -> FalseAlarms:
    """Return how many accounts a correct model lets alarm by chance.

    Parameters
    ----------
    observations, confidence : array_like
        T of each account and its confidence level, broadcast together.
    significance : float
        Level of an exact one-sided test of too many exceedances.
    upper_tail : callable
        Law of the count of one account; the binomial one of independent days by default.

    Notes
    -----
    Expectations add up however accounts depend; the traffic light and the one-sided binomial test
    are exact, so with independent days the counts are too.
    """
    counts = check_counts(0, observations, confidence)
    known = counts.any_observation
    t, p = counts.observations[known], counts.probability[known]
    if t.size == 0:
        return FalseAlarms(0, 0.0, 0.0, 0.0, 0, 0)
    green, yellow = cut_offs(t, 1.0 - p)
    first = critical_count(t, 1.0 - p, significance)
    alarm = upper_tail(first, t, p)
    expected = float(alarm.sum())
    spread = 1.96 * float(np.sqrt((alarm * (1.0 - alarm)).sum()))
    return FalseAlarms(
        accounts=int(t.size),
        yellow_or_red=float(upper_tail(green + 1, t, p).sum()),
        red=float(upper_tail(yellow + 1, t, p).sum()),
        rejected=expected,
        rejected_low=max(int(np.floor(expected - spread)), 0),
        rejected_high=min(int(np.ceil(expected + spread)), int(t.size)),
    )


@dataclass(frozen=True)
class AdjustedTests:
    """p-values of one test over many accounts, adjusted for their number.

    Attributes
    ----------
    p_value, holm, benjamini_hochberg, benjamini_yekutieli : float arrays of shape (n_series,)
        NaN where the test has insufficient data.
    """

    p_value: FloatArray
    holm: FloatArray
    benjamini_hochberg: FloatArray
    benjamini_yekutieli: FloatArray


def adjust(columns: TestColumns, significance: float = 0.05) -> AdjustedTests:
    """Adjust the p-values of one test over many accounts for evidence of too little margin.

    Parameters
    ----------
    columns : TestColumns
        The test. A series whose rejection would be called conservative counts with p-value 1: an
        account is never listed because its margin is too high.
    significance : float
        Level that the test was decided at.
    """
    rejected = columns.decision == DECISION_CODES[Decision.REJECT]
    return adjust_p_values(columns.p_value, columns.null_rejected(significance) & ~rejected)


def adjust_p_values(p_value: ArrayLike, harmless: ArrayLike) -> AdjustedTests:
    """Adjust p-values for their number, as evidence of too little margin.

    Parameters
    ----------
    p_value : array_like of shape (n,)
        NaN where there is none.
    harmless : array_like of bool
        Where the null is rejected in a direction that is no failure of the margin; such entries
        count with p-value 1.
    """
    evidence = np.where(np.asarray(harmless), 1.0, np.asarray(p_value, dtype=np.float64))
    return AdjustedTests(
        evidence, holm(evidence), benjamini_hochberg(evidence), benjamini_yekutieli(evidence)
    )


def _step(p_values: ArrayLike, factors: Callable[[int], FloatArray], *, upward: bool) -> FloatArray:
    """Multiply sorted p-values by factors and make them monotone, leaving NaN alone."""
    values = np.asarray(p_values, dtype=np.float64).reshape(-1)
    tested = np.isfinite(values)
    if np.any((values[tested] < 0.0) | (values[tested] > 1.0)):
        raise WrongUse("A p-value must lie between 0 and 1.")
    result = np.full(values.shape, np.nan)
    if not bool(tested.any()):
        return result
    present = values[tested]
    order = np.argsort(present, kind="stable")
    raised = present[order] * factors(present.size)
    if upward:
        monotone = np.minimum.accumulate(raised[::-1])[::-1]
    else:
        monotone = np.maximum.accumulate(raised)
    adjusted = np.empty(present.size)
    adjusted[order] = np.minimum(monotone, 1.0)
    result[tested] = adjusted
    return result
