"""Risk measures of scenario losses: value at risk, expected shortfall, worst scenario.

Which nodes are measured, and what is done with the measure, does not belong here.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MeasureName = Literal["value_at_risk", "expected_shortfall", "worst_scenario"]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """A risk measure and its confidence.

    Attributes
    ----------
    name : {"value_at_risk", "expected_shortfall", "worst_scenario"}
        Which measure.
    confidence_pct : float
        One-tailed confidence in per cent; not used by the worst scenario.
    """

    name: MeasureName
    confidence_pct: float = 99.0

    def tail_weight(self, scenarios: int) -> Fraction:
        """Return the number of scenarios in the tail, ``K (1 - confidence)``, exactly.

        The confidence is read as the decimal it is written as, so that 99 % of 500 scenarios is 5
        and not 5.000000000000004, which would move the order statistic.
        """
        return _tail_weight(scenarios, self.confidence_pct)

    def largest_needed(self, scenarios: int) -> int:
        """Return how many of the largest losses the measure reads, at least one."""
        if self.name == "worst_scenario":
            return 1
        tail = self.tail_weight(scenarios)
        if self.name == "value_at_risk":
            return min(scenarios, floor(tail) + 1)
        return min(scenarios, max(1, ceil(tail)))


@cache
def _tail_weight(scenarios: int, confidence_pct: float) -> Fraction:
    return scenarios * (1 - Fraction(str(confidence_pct)) / 100)


def measure_losses(losses: FloatArray, measure: Measure) -> FloatArray:
    """Measure each row of scenario losses, floored at zero.

    With K scenarios, tail weight w = K (1 - confidence) and losses sorted from the largest,
    L(1) >= L(2) >= ...:

    - value at risk is L(floor(w) + 1): the smallest loss x with at least the confidence of the
      scenarios at or below x, so that at most w scenarios exceed it; no interpolation;
    - expected shortfall is (L(1) + ... + L(m) + (w - m) L(m + 1)) / w with m = floor(w): the mean
      of the tail with its fractional weight (Acerbi and Tasche, 2002), which is subadditive. Where
      w < 1 it is the worst loss;
    - worst scenario is L(1).

    Parameters
    ----------
    losses : ndarray of shape (n_nodes, n_scenarios)
        Loss > 0 is money lost. The array is reordered in place, row by row. No NaN is allowed:
        the caller drops incomplete scenarios first.
    measure : Measure
        The measure.

    Returns
    -------
    ndarray of shape (n_nodes,)
        The measure, at least zero.
    """
    scenarios = losses.shape[1]
    needed = measure.largest_needed(scenarios)
    if needed == 1:
        worst: FloatArray = np.maximum(losses.max(axis=1), 0.0)
        return worst
    boundary = scenarios - needed
    losses.partition(boundary, axis=1)
    if measure.name == "value_at_risk":
        order_statistic: FloatArray = np.maximum(losses[:, boundary], 0.0)
        return order_statistic
    # The partition leaves the tail in whatever order its algorithm does on the machine at hand.
    beyond = np.sort(losses[:, boundary + 1 :], axis=1)
    return average_tail(beyond, losses[:, boundary], measure.tail_weight(scenarios))


def average_tail(beyond: FloatArray, boundary: FloatArray, weight: Fraction) -> FloatArray:
    """Return the mean of a tail with its fractional weight, floored at zero.

    Parameters
    ----------
    beyond : ndarray of shape (n_nodes, n_beyond)
        The losses that count in full, ascending, so that all add up in the same order.
    boundary : ndarray of shape (n_nodes,)
        The next greatest loss, which counts with the rest of the weight.
    weight : Fraction
        Tail weight, in scenarios.
    """
    total = beyond.sum(axis=1) + float(weight - beyond.shape[1]) * boundary
    mean: FloatArray = np.maximum(total / float(weight), 0.0)
    return mean
