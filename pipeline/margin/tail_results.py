"""What the tail behind a margin consists of; it is read in `tail` and `rule_tail`."""

from dataclasses import dataclass

import numpy as np

from pipeline.margin.market import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class TailLevels:
    """Quantile and tail mean of accounts at several confidences.

    Attributes
    ----------
    account : ndarray of int64, shape (n_accounts,)
        Account codes, ascending.
    confidence_pct : tuple of float
        Confidences, ascending.
    scenarios : int
        Number of scenarios.
    quantile, shortfall : ndarray of shape (n_accounts, n_confidences)
        Order statistic and mean of the tail, at least zero, in reporting currency.
    """

    account: IntArray
    confidence_pct: tuple[float, ...]
    scenarios: int
    quantile: FloatArray
    shortfall: FloatArray


@dataclass(frozen=True)
class WorstScenarios:
    """The worst scenarios of accounts, each array of shape (n_rows,), by account and rank.

    Attributes
    ----------
    account : ndarray of int64
        Account code.
    level : ndarray of str
        Level of the node on which the losses are: the account, or its costliest node where the
        margins of nodes are summed.
    node : ndarray of int64
        Code of that node.
    rank : ndarray of int64
        1 is the greatest loss; of equal losses the earlier scenario comes first.
    scenario : ndarray of int64
        Index of the scenario.
    loss : ndarray of float64
        Loss of the node in reporting currency; negative is a gain.
    is_binding : ndarray of bool
        Whether the scenario set the margin of the node, alone or as part of the tail that its mean
        is taken over.
    """

    account: IntArray
    level: np.ndarray
    node: IntArray
    rank: IntArray
    scenario: IntArray
    loss: FloatArray
    is_binding: BoolArray


@dataclass(frozen=True)
class AccountTail:
    """Tail of the accounts of one date; a part that is not asked for is None.

    Attributes
    ----------
    levels : TailLevels or None
        At several confidences.
    worst : WorstScenarios or None
        The worst scenarios.
    labels : ndarray of str, shape (n_scenarios,)
        Name of each scenario: the last date of a historical move, or the scenario's number.
    dates : ndarray of datetime64[D], shape (n_scenarios,)
        Last date of a historical move, NaT elsewhere.
    """

    levels: TailLevels | None
    worst: WorstScenarios | None
    labels: np.ndarray
    dates: np.ndarray


def join_worst(parts: list[WorstScenarios]) -> WorstScenarios:
    """Put the worst scenarios of several blocks of accounts one after the other."""
    names = WorstScenarios.__dataclass_fields__
    return WorstScenarios(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    )
