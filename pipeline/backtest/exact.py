"""Exact finite-sample p-values of the likelihood-ratio tests.

With few expected exceedances the chi-square law is a poor guide; here the statistics are referred
to their own law, which `run_law` gives. The asymptotic tests themselves belong to `coverage` and
`independence`.
"""

import numpy as np
from numpy.typing import ArrayLike

from pipeline.backtest.counts import Counts, binomial_cumulative, binomial_upper_tail, check_counts
from pipeline.backtest.coverage import kupiec_statistic
from pipeline.backtest.independence import (
    ALL_ALIKE,
    ALTERNATING,
    CLUSTERED_BUT_HIGH,
    TOO_SHORT,
    Transitions,
    count_transitions,
    follow_each_other,
    independence_statistic,
)
from pipeline.backtest.outcome import (
    DECISION_CODES,
    FloatArray,
    IntArray,
    TestColumns,
    TestSpecification,
    assemble,
    decide,
)
from pipeline.backtest.run_law import arrangements, log_choose, sequence_law
from pipeline.backtest.sequences import ExceedanceSequences, exceedance_probability
from pipeline.terms import Decision

KUPIEC_EXACT = TestSpecification(
    "kupiec_pof_exact",
    "Exceedances occur with the probability that the confidence level implies.",
    "Kupiec (1995), exact binomial law of the statistic",
)
INDEPENDENCE_EXACT = TestSpecification(
    "christoffersen_independence_exact",
    "Given their number, exceedances fall on any days with equal probability.",
    "Christoffersen (1998), exact law of the statistic given the number of exceedances",
)
CONDITIONAL_COVERAGE_EXACT = TestSpecification(
    "christoffersen_conditional_coverage_exact",
    "Exceedances occur with the probability that the confidence level implies, and independently "
    "of the day before.",
    "Christoffersen (1998), exact law of the statistic",
)

_TOO_HIGH = "fewer exceedances than the target allows"


def kupiec_exact_columns(
    exceedances: ArrayLike,
    observations: ArrayLike,
    confidence: ArrayLike,
    significance: float = 0.05,
) -> TestColumns:
    """Kupiec's test with its exact p-value, for many series.

    Parameters
    ----------
    exceedances, observations, confidence : array_like
        x, T and the confidence level, broadcast together.
    significance : float
        Level of the test; the exact test never rejects a correct model more often.

    Notes
    -----
    ``P(LR(X) >= LR(x))`` for X binomial(T, p).
    """
    counts = check_counts(exceedances, observations, confidence)
    statistic = kupiec_statistic(counts.exceedances, counts.observations, counts.probability)
    p_value = _kupiec_exact(counts, statistic)
    known, high = counts.any_observation, counts.above_target
    decision = decide(p_value, known, high, significance)
    return assemble(
        KUPIEC_EXACT,
        statistic,
        p_value,
        decision,
        counts.observations,
        counts.exceedances,
        (
            ("there is no observation", ~known),
            (_TOO_HIGH, decision == DECISION_CODES[Decision.CONSERVATIVE]),
        ),
    )


def independence_exact_columns(
    sequences: ExceedanceSequences, confidence: ArrayLike, significance: float = 0.05
) -> TestColumns:
    """Christoffersen's independence test with its exact p-value given x, for many series.

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
    Given x, every arrangement is equally likely whatever the exceedance probability, so the
    p-value does not depend on it: the share of arrangements with a statistic at least as large.
    """
    p = exceedance_probability(confidence, sequences.n_series)
    t, x = sequences.observations, sequences.exceedances
    transitions = count_transitions(sequences)
    statistic = _independence(transitions)
    sufficient = (t >= 2) & (x > 0) & (x < t)
    p_value = np.ones(t.shape)
    if bool(sufficient.any()):
        pairs = np.stack((t, x, transitions.n11, transitions.n01, transitions.n10))[:, sufficient]
        distinct, inverse = np.unique(pairs, axis=1, return_inverse=True)
        p_value[sufficient] = independence_exact_p_value(distinct)[inverse.reshape(-1)]
    high = sequences.above_target(p)
    decision = decide(p_value, sufficient, high, significance)
    # Exceedances that avoid each other are no failure of the margin.
    avoiding = sufficient & (p_value < significance) & ~follow_each_other(transitions)
    accepted = np.int8(DECISION_CODES[Decision.ACCEPT])
    decision = np.where(avoiding, accepted, decision).astype(np.int8)
    return assemble(
        INDEPENDENCE_EXACT,
        statistic,
        p_value,
        decision,
        t,
        x,
        (
            (TOO_SHORT, t < 2),
            (ALL_ALIKE, ~sufficient),
            (CLUSTERED_BUT_HIGH, decision == DECISION_CODES[Decision.CONSERVATIVE]),
            (ALTERNATING, avoiding),
        ),
    )


def conditional_coverage_exact_columns(
    sequences: ExceedanceSequences, confidence: ArrayLike, significance: float = 0.05
) -> TestColumns:
    """Christoffersen's conditional coverage test with its exact p-value, for many series.

    Parameters
    ----------
    sequences : ExceedanceSequences
        The exceedances.
    confidence : array_like of shape () or (n_series,)
        Confidence level.
    significance : float
        Level of the test.

    Notes
    -----
    The statistic takes the coverage part over T days and the independence part over T - 1
    transitions, as the asymptotic test does by default.
    """
    p = exceedance_probability(confidence, sequences.n_series)
    t, x = sequences.observations, sequences.exceedances
    statistic = kupiec_statistic(x, t, p) + _independence(count_transitions(sequences))
    sufficient = t >= 2
    p_value = np.ones(t.shape)
    # One law a window length and level, not one an account: few occur.
    settings, inverse = np.unique(np.stack((t.astype(np.float64), p)), axis=1, return_inverse=True)
    inverse = inverse.reshape(-1)
    for index, (length, rate) in enumerate(settings.T):
        if length >= 2:
            same = inverse == index
            p_value[same] = conditional_coverage_exact_p_value(
                int(length), float(rate), statistic[same]
            )
    high = sequences.above_target(p)
    decision = decide(p_value, sufficient, high, significance)
    return assemble(
        CONDITIONAL_COVERAGE_EXACT,
        statistic,
        p_value,
        decision,
        t,
        x,
        (
            (TOO_SHORT, ~sufficient),
            (_TOO_HIGH, decision == DECISION_CODES[Decision.CONSERVATIVE]),
        ),
    )


def _independence(transitions: Transitions) -> FloatArray:
    return independence_statistic(
        transitions.n00, transitions.n01, transitions.n10, transitions.n11
    )


def _under(statistic: FloatArray) -> FloatArray:
    """Return the statistic less rounding, so that equal values computed apart count as equal."""
    return statistic * (1.0 - 1e-9) - 1e-9


def _kupiec_exact(counts: Counts, statistic: FloatArray) -> FloatArray:
    """Return the exact p-value: both tails in which the ratio is at least as large.

    The ratio falls up to x = T p and rises after, so the far tail begins where a bisection finds
    it.
    """
    x, t, p = counts.exceedances, counts.observations, counts.probability
    threshold = _under(statistic)
    centre = np.floor(t * p).astype(np.int64)
    # Largest count up to the centre, and smallest over it, that are at least as extreme.
    low, high = np.full(x.shape, -1, dtype=np.int64), centre.copy()
    while bool(np.any(low < high)):
        middle = (low + high + 1) // 2
        extreme = kupiec_statistic(np.maximum(middle, 0), t, p) >= threshold
        low, high = np.where(extreme, middle, low), np.where(extreme, high, middle - 1)
    lower = binomial_cumulative(low, t, p)
    low, high = centre + 1, t + 1
    while bool(np.any(low < high)):
        middle = (low + high) // 2
        extreme = kupiec_statistic(np.minimum(middle, t), t, p) >= threshold
        low, high = np.where(extreme, low, middle + 1), np.where(extreme, middle, high)
    return np.minimum(lower + binomial_upper_tail(low, t, p), 1.0)


def independence_exact_p_value(pairs: IntArray) -> FloatArray:
    """Return the share of arrangements of x exceedances that are at least as extreme.

    Parameters
    ----------
    pairs : int64 array of shape (5, n)
        Rows T, x, n11, n01, n10 of each series.
    """
    t, x, n11, n01, n10 = pairs
    observed = independence_statistic(t - 1 - n01 - n10 - n11, n01, n10, n11)
    classes = arrangements(t, x)
    extreme = _independence(classes.transitions) >= _under(observed)[classes.group]
    total = log_choose(t, x)[classes.group]
    weight = np.where(extreme, np.exp(classes.log_count - total), 0.0)
    return np.minimum(np.bincount(classes.group, weights=weight, minlength=t.size), 1.0)


def conditional_coverage_exact_p_value(length: int, p: float, statistic: FloatArray) -> FloatArray:
    """Return the probability of an LR_cc at least as large under a correct model.

    Parameters
    ----------
    length : int
        T, at least 2.
    p : float
        Exceedance probability.
    statistic : float array
        Observed LR_cc.
    """
    law = sequence_law(length, p)
    values = kupiec_statistic(law.classes.exceedances, length, p)
    values = values + _independence(law.classes.transitions)
    order = np.argsort(values)
    from_above = np.concatenate((np.cumsum(law.probability[order][::-1])[::-1], [0.0]))
    position = np.searchsorted(values[order], _under(statistic), side="left")
    return np.minimum(from_above[position], 1.0)
