"""What the engine asks of a model: which instruments it can margin, and the margins of the tree.

Scenario models are in `scenario_model`, models of rules in `rule_model`; rules on top of core
margin in `rules`.
"""

from dataclasses import dataclass
from typing import Protocol

from pipeline.margin.conditions import Conditions
from pipeline.margin.market import BoolArray, IntArray
from pipeline.margin.shocks import ShockHistory
from pipeline.margin.tail_results import AccountTail
from pipeline.margin.tree import NodeMargins, Positions
from pipeline.terms import Level


@dataclass(frozen=True)
class Readiness:
    """Which instruments of a date have the history that the model needs.

    Attributes
    ----------
    has_history : ndarray of bool, shape (n_instruments,)
        Instruments that can be margined.
    fewest_moves : int
        Moves of the least known risk factor in use.
    rows : ndarray of int64
        Scenario rows, empty for models without historical scenarios.
    """

    has_history: BoolArray
    fewest_moves: int
    rows: IntArray


@dataclass(frozen=True)
class DayBook:
    """Positions of the accounts that can be margined on one date.

    Attributes
    ----------
    date_code : int
        Row of the market.
    instruments : ndarray of int64, shape (n_instruments,)
        Instrument codes; ``positions.instrument`` indexes them.
    positions : Positions
        Sorted positions.
    readiness : Readiness
        Of these instruments.
    counts : ndarray of bool, shape (n_groups,), or None
        Offset groups that may offset on this date; None where all may.
    """

    date_code: int
    instruments: IntArray
    positions: Positions
    readiness: Readiness
    counts: BoolArray | None = None


class CoreModel(Protocol):
    """A prepared model: everything that all dates share is computed once."""

    @property
    def history(self) -> ShockHistory:
        """Moves that the dependence of offset groups is measured on."""

    def patterns(self, date_code: int, instruments: IntArray) -> IntArray:
        """Return a number per instrument, equal where the dates of their scenarios are.

        Accounts are margined together only with accounts of the same patterns, so that a market
        with gaps never moves the lookback of an account that does not hold it.
        """

    def examine(self, date_code: int, instruments: IntArray) -> Readiness:
        """Tell which instruments can be margined on a date."""

    def margin(self, day: DayBook, conditions: Conditions) -> dict[Level, NodeMargins] | None:
        """Return the margins of the tree, or None where the conditions have no history."""

    def margin_with_tail(
        self, day: DayBook, conditions: Conditions
    ) -> tuple[dict[Level, NodeMargins], AccountTail | None] | None:
        """Return the same margins and, where the model declares one, the tail behind them."""
