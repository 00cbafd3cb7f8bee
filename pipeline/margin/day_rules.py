"""What the rules of one date give: margins of portfolios, and the scenario losses behind them.

The adapters build one of these for each date; `rule_model` applies it to the tree.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.margin.market import FloatArray, IntArray

Requirement = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class UnitScenarios:
    """Scenario losses of portfolios, by the units inside which the model adds scenarios up.

    Attributes
    ----------
    losses : ndarray of shape (n_accounts, n_units, n_scenarios)
        Loss as the model counts it (an extreme move in part), in reporting currency.
    binding : ndarray of int64, shape (n_accounts, n_units)
        Index of the scenario that sets the unit's margin; -1 where none does, because a minimum or
        another charge is greater or nothing is lost.
    """

    losses: FloatArray
    binding: IntArray


@dataclass(frozen=True)
class DayRules:
    """A model of rules on one date.

    Attributes
    ----------
    margin : callable
        Quantities (accounts, instruments) to margins (accounts,).
    scenarios : callable or None
        Quantities (accounts, instruments) to ``UnitScenarios``; None where the model has none.
    unit_level, unit_name : ndarray of str, shape (n_units,)
        Level (product or offset group) and name of each unit.
    """

    margin: Requirement
    scenarios: Callable[[FloatArray], UnitScenarios] | None = None
    unit_level: np.ndarray | None = None
    unit_name: np.ndarray | None = None
