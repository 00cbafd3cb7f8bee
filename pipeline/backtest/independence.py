"""Whether exceedances follow each other: Christoffersen's tests, first-order Markov.

Tests of the time between exceedances belong to `timing`; exact p-values to `exact`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

from pipeline.backtest.counts import FEW_EXPECTED, chi_square_tail
from pipeline.backtest.coverage import kupiec_statistic
from pipeline.backtest.outcome import (
    DECISION_CODES,
    BoolArray,
    FloatArray,
    IntArray,
    TestColumns,
    TestSpecification,
    assemble,
    decide,
)
from pipeline.backtest.sequences import (
    ExceedanceSequences,
    exceedance_probability,
)
from pipeline.terms import Decision

INDEPENDENCE = TestSpecification(
    "christoffersen_independence",
    "An exceedance is as likely after an exceedance as after a day without one.",
    "Christoffersen (1998)",
)
CONDITIONAL_COVERAGE = TestSpecification(
    "christoffersen_conditional_coverage",
    "Exceedances occur with the probability that the confidence level implies, and independently "
    "of the day before.",
    "Christoffersen (1998)",
)

TOO_SHORT = "fewer than two observations, so there is no transition between days"
ALL_ALIKE = "every day is alike (none or all exceeded), so dependence cannot be seen"
CLUSTERED_BUT_HIGH = (
    "exceedances follow each other, although there are fewer than the target allows"
)
_NO_FOLLOWER = "no day follows or precedes an exceedance within the window: the statistic is 0"
_NO_DEPENDENCE_PART = "every day is alike, so the independence part is 0: only coverage is tested"
ALTERNATING = (
    "exceedances follow each other less often than chance would have it, which is not a failure "
    "of the margin"
)


@dataclass(frozen=True)
class Transitions:
    """Counts of day-to-day transitions, arrays of shape (n_series,).

    Attributes
    ----------
    n00, n01, n10, n11 : int64 arrays
        Pairs of neighbouring observed days: the first digit is 1 if the earlier day was an
        exceedance, the second if the later was. They add up to T - 1.
    """

    n00: IntArray
    n01: IntArray
    n10: IntArray
    n11: IntArray


def count_transitions(sequences: ExceedanceSequences) -> Transitions:
    """Count the transitions of each series.

    Parameters
    ----------
    sequences : ExceedanceSequences
        The exceedances.
    """
    x, t = sequences.exceedances, sequences.observations
    n11 = sequences.count_by_series((sequences.gap == 1) & ~sequences.is_first)
    starts_with_hit = sequences.first_day == 1
    ends_with_hit = (sequences.last_day == t) & (x > 0)
    n01 = x - starts_with_hit - n11
    n10 = x - ends_with_hit - n11
    n00 = np.maximum(t - 1, 0) - n01 - n10 - n11
    # A window of one day has no transition, whatever the day.
    enough = t >= 2
    return Transitions(
        *(np.where(enough, count, 0).astype(np.int64) for count in (n00, n01, n10, n11))
    )


def independence_statistic(
    n00: ArrayLike, n01: ArrayLike, n10: ArrayLike, n11: ArrayLike
) -> FloatArray:
    """Return Christoffersen's LR_ind from transition counts, an array of the broadcast shape.

    Parameters
    ----------
    n00, n01, n10, n11 : array_like
        Transition counts; real-valued counts are allowed.

    Notes
    -----
    The likelihood ratio of a first-order Markov chain against independence, over the T - 1
    transitions: ``2 sum_ij n_ij ln(n_ij n / (n_i. n_.j))`` with ``0 ln 0 = 0``, which is the
    published ratio with its powers taken to logarithms. An empty row or column gives 0.
    """
    cells = [[np.asarray(c, dtype=np.float64) for c in row] for row in ((n00, n01), (n10, n11))]
    rows = [cells[0][0] + cells[0][1], cells[1][0] + cells[1][1]]
    columns = [cells[0][0] + cells[1][0], cells[0][1] + cells[1][1]]
    total = rows[0] + rows[1]
    ratio = np.zeros(np.broadcast_shapes(*(c.shape for row in cells for c in row)))
    for i in (0, 1):
        for j in (0, 1):
            expected = rows[i] * columns[j]
            # A cell with an empty margin is itself empty and adds nothing.
            share = cells[i][j] * total / np.where(expected > 0, expected, 1.0)
            ratio = ratio + xlogy(cells[i][j], share)
    return np.maximum(2.0 * ratio, 0.0)


def follow_each_other(transitions: Transitions) -> BoolArray:
    """Tell where an exceedance is more frequent after an exceedance than after another day.

    Parameters
    ----------
    transitions : Transitions
        Transition counts.
    """
    after_hit = np.maximum(transitions.n10 + transitions.n11, 1)
    after_none = np.maximum(transitions.n00 + transitions.n01, 1)
    clustered: BoolArray = transitions.n11 / after_hit > transitions.n01 / after_none
    return clustered


def independence_columns(
    sequences: ExceedanceSequences, confidence: ArrayLike, significance: float = 0.05
) -> TestColumns:
    """Christoffersen's independence test of many series, chi-square(1).

    Parameters
    ----------
    sequences : ExceedanceSequences
        The exceedances.
    confidence : array_like of shape () or (n_series,)
        Confidence level; it decides only whether a rejection is called conservative.
    significance : float
        Level of the test.

    Notes
    -----
    The estimate is the observed probability of an exceedance on the day after one. A significant
    statistic because exceedances avoid each other is said in the reason and never a failure.
    """
    p = exceedance_probability(confidence, sequences.n_series)
    transitions = count_transitions(sequences)
    statistic = _statistic(transitions)
    p_value = chi_square_tail(statistic, 1)
    t, x = sequences.observations, sequences.exceedances
    sufficient = (t >= 2) & (x > 0) & (x < t)
    high = sequences.above_target(p)
    decision = decide(p_value, sufficient, high, significance)
    clustered = follow_each_other(transitions)
    rejected = sufficient & (p_value < significance)
    # Exceedances that avoid each other are no failure of the margin.
    accepted = np.int8(DECISION_CODES[Decision.ACCEPT])
    decision = np.where(rejected & ~clustered, accepted, decision).astype(np.int8)
    followers = (transitions.n10 + transitions.n11 == 0) | (transitions.n01 + transitions.n11 == 0)
    return assemble(
        INDEPENDENCE,
        statistic,
        p_value,
        decision,
        t,
        x,
        (
            (TOO_SHORT, t < 2),
            (ALL_ALIKE, ~sufficient),
            (CLUSTERED_BUT_HIGH, rejected & clustered & high),
            (ALTERNATING, rejected & ~clustered),
            (_NO_FOLLOWER, sufficient & followers),
            (FEW_EXPECTED, sufficient & (t * p < 5.0)),
        ),
        degrees_of_freedom=1,
        estimate=_persistence(transitions),
    )


def conditional_coverage_columns(
    sequences: ExceedanceSequences,
    confidence: ArrayLike,
    significance: float = 0.05,
    *,
    drop_first_day: bool = False,
) -> TestColumns:
    """Christoffersen's conditional coverage test of many series, chi-square(2).

    Parameters
    ----------
    sequences : ExceedanceSequences
        The exceedances.
    confidence : array_like of shape () or (n_series,)
        Confidence level.
    significance : float
        Level of the test.
    drop_first_day : bool
        False (the usual practice) takes the coverage part over all T days and the independence
        part over the T - 1 transitions; True drops the first day from both, which makes the sum
        one nested likelihood ratio.

    Notes
    -----
    ``LR_cc = LR_uc + LR_ind``. Where the independence part is undefined it counts as 0.
    """
    p = exceedance_probability(confidence, sequences.n_series)
    transitions = count_transitions(sequences)
    t, x = sequences.observations, sequences.exceedances
    tested_x = transitions.n01 + transitions.n11 if drop_first_day else x
    tested_t = np.maximum(t - 1, 0) if drop_first_day else t
    dependence = _statistic(transitions)
    statistic = kupiec_statistic(tested_x, tested_t, p) + dependence
    p_value = chi_square_tail(statistic, 2)
    sufficient = t >= 2
    high = sequences.above_target(p)
    decision = decide(p_value, sufficient, high, significance)
    clustered = follow_each_other(transitions)
    dependent = chi_square_tail(dependence, 1) < significance
    conservative = decision == DECISION_CODES[Decision.CONSERVATIVE]
    return assemble(
        CONDITIONAL_COVERAGE,
        statistic,
        p_value,
        decision,
        t,
        x,
        (
            (TOO_SHORT, ~sufficient),
            (CLUSTERED_BUT_HIGH, conservative & clustered & dependent),
            ("fewer exceedances than the target allows", conservative),
            (_NO_DEPENDENCE_PART, (x == 0) | (x == t)),
            (FEW_EXPECTED, t * p < 5.0),
        ),
        degrees_of_freedom=2,
    )


def _statistic(transitions: Transitions) -> FloatArray:
    return independence_statistic(
        transitions.n00, transitions.n01, transitions.n10, transitions.n11
    )


def _persistence(transitions: Transitions) -> FloatArray:
    """Return P(exceedance | exceedance the day before), NaN where no day follows one."""
    after_hit = transitions.n10 + transitions.n11
    return np.where(after_hit > 0, transitions.n11 / np.maximum(after_hit, 1), np.nan)
