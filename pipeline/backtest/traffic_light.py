"""The traffic light for any number of observations and any confidence.

Zones, cut-offs and the capital multiplier that goes with them; two-sided tests of the same counts
belong to `coverage`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom

from pipeline.backtest.counts import (
    NO_OBSERVATIONS,
    Counts,
    binomial_cumulative,
    binomial_upper_tail,
    check_counts,
)
from pipeline.backtest.outcome import (
    DECISION_CODES,
    CodeArray,
    FloatArray,
    IntArray,
    TestColumns,
    TestSpecification,
    assemble,
)
from pipeline.terms import Decision, Zone

YELLOW_FROM = 0.95
"""Cumulative probability at which yellow begins (Basel Committee 1996)."""
RED_FROM = 0.9999
"""Cumulative probability at which red begins (Basel Committee 1996)."""

ZONES: tuple[Zone, ...] = (Zone.GREEN, Zone.YELLOW, Zone.RED)

TRAFFIC_LIGHT = TestSpecification(
    "traffic_light",
    "Exceedances occur with at most the probability that the confidence level implies.",
    "Basel Committee on Banking Supervision (1996)",
)


@dataclass(frozen=True)
class TrafficLight:
    """Traffic light of one series.

    Attributes
    ----------
    zone : Zone or None
        None where there is no observation.
    cumulative_probability : float or None
        P(X <= x) under a correct model; the zone follows from it.
    type_one_error : float or None
        P(X >= x) under a correct model.
    """

    zone: Zone | None
    cumulative_probability: float | None
    type_one_error: float | None


@dataclass(frozen=True)
class TrafficLightColumns:
    """Traffic lights of many series, arrays of shape (n_series,).

    Attributes
    ----------
    zone : int8 array
        Index into `ZONES`; -1 where there is no observation.
    cumulative_probability, type_one_error : float arrays
        As in `TrafficLight`; 0 and 1 where there is no observation, so neither can alarm.
    counts : Counts
        The checked inputs.
    """

    zone: CodeArray
    cumulative_probability: FloatArray
    type_one_error: FloatArray
    counts: Counts


def traffic_light_columns(
    exceedances: ArrayLike, observations: ArrayLike, confidence: ArrayLike
) -> TrafficLightColumns:
    """Give each series its zone, for any number of observations and any confidence.

    Parameters
    ----------
    exceedances, observations, confidence : array_like
        x, T and the confidence level, broadcast together.

    Notes
    -----
    Green while P(X <= x) < 95 %, yellow from there, red from 99.99 %, with X binomial(T, p): the
    rule of the Basel Committee (1996) for 250 days at 99 %, applied to any T and p. Series without
    observation get zone -1.
    """
    counts = check_counts(exceedances, observations, confidence)
    cumulative = binomial_cumulative(counts.exceedances, counts.observations, counts.probability)
    type_one = binomial_upper_tail(counts.exceedances, counts.observations, counts.probability)
    zone = (cumulative >= YELLOW_FROM).astype(np.int8) + (cumulative >= RED_FROM).astype(np.int8)
    # With few days P(X <= x) reaches 99.99 % or even 1 at x = 0 under a tiny p; no exceedance
    # is never evidence against a margin.
    zone = np.where(counts.exceedances == 0, 0, zone)
    known = counts.any_observation
    return TrafficLightColumns(
        zone=np.where(known, zone, -1).astype(np.int8),
        cumulative_probability=np.where(known, cumulative, 0.0),
        type_one_error=np.where(known, type_one, 1.0),
        counts=counts,
    )


def traffic_light(exceedances: int, observations: int, confidence: float) -> TrafficLight:
    """Give one series its zone; see `traffic_light_columns`.

    Parameters
    ----------
    exceedances, observations : int
        x and T.
    confidence : float
        Confidence level, for example 0.99.
    """
    lights = traffic_light_columns(exceedances, observations, confidence)
    if int(lights.zone[0]) < 0:
        return TrafficLight(None, None, None)
    return TrafficLight(
        ZONES[int(lights.zone[0])],
        float(lights.cumulative_probability[0]),
        float(lights.type_one_error[0]),
    )


def traffic_light_test_columns(
    exceedances: ArrayLike, observations: ArrayLike, confidence: ArrayLike
) -> TestColumns:
    """Traffic light as a test: statistic P(X <= x), p-value P(X >= x), rejected in red only.

    Parameters
    ----------
    exceedances, observations, confidence : array_like
        x, T and the confidence level, broadcast together.
    """
    lights = traffic_light_columns(exceedances, observations, confidence)
    known = lights.counts.any_observation
    decision = np.where(
        lights.zone == 2, DECISION_CODES[Decision.REJECT], DECISION_CODES[Decision.ACCEPT]
    )
    decision = np.where(known, decision, DECISION_CODES[Decision.INSUFFICIENT_DATA])
    return assemble(
        TRAFFIC_LIGHT,
        lights.cumulative_probability,
        lights.type_one_error,
        decision.astype(np.int8),
        lights.counts.observations,
        lights.counts.exceedances,
        (
            (NO_OBSERVATIONS, ~known),
            ("yellow: an accurate margin seldom gives this many", lights.zone == 1),
            ("red: an accurate margin would hardly ever give this many", lights.zone == 2),
        ),
    )


def cut_offs(observations: ArrayLike, confidence: ArrayLike) -> tuple[IntArray, IntArray]:
    """Return the largest green and the largest yellow exceedance count of each T.

    Parameters
    ----------
    observations, confidence : array_like
        T (at least 1) and the confidence level, broadcast together.
    """
    counts = check_counts(0, observations, confidence)
    t, p = counts.observations, counts.probability

    def largest_under(probability: float) -> IntArray:
        candidate = np.asarray(binom.ppf(probability, t, p)).astype(np.int64)
        # ppf gives the smallest x with P(X <= x) >= probability, up to rounding of its search.
        reached = binomial_cumulative(candidate - 1, t, p) >= probability
        return np.maximum(np.where(reached, candidate - 2, candidate - 1), 0)

    return largest_under(YELLOW_FROM), largest_under(RED_FROM)


_BASEL_MULTIPLIERS = (1.50, 1.50, 1.50, 1.50, 1.50, 1.70, 1.76, 1.83, 1.88, 1.92, 2.00)


def basel_multiplier(exceedances: int, observations: int, confidence: float) -> float | None:
    """Return the capital multiplier of the Basel framework, or None where it is not defined.

    Parameters
    ----------
    exceedances, observations : int
        x and T.
    confidence : float
        Confidence level.

    Notes
    -----
    Defined for 250 observations at 99 % only (Basel framework, MAR33: base 1.5); it is a capital
    rule, so it is information here and never part of a decision.
    """
    if observations != 250 or abs(confidence - 0.99) > 1e-12:
        return None
    return _BASEL_MULTIPLIERS[min(exceedances, 10)]
