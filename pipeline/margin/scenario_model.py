"""Historical and filtered historical simulation as one core model.

Scenario rows are chosen here and, for filtered models, rescaled; repricing belongs to
`risk_arrays`, adding up and measuring to `tree`.
"""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.margin.conditions import (
    Conditions,
    VolatilityHistory,
    build_volatility,
    is_stressed,
    rows_of,
)
from pipeline.margin.core_model import DayBook, Readiness
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.market import BoolArray, FloatArray, IntArray, Market
from pipeline.margin.node_measures import ReadRuns
from pipeline.margin.risk_arrays import compute_unit_losses
from pipeline.margin.shocks import ShockHistory, compute_shocks, select_scenarios
from pipeline.margin.tail import TailReader
from pipeline.margin.tail_results import AccountTail
from pipeline.margin.tree import NodeMargins, compute_tree_margins
from pipeline.terms import Level


@dataclass(frozen=True)
class ScenarioModel:
    """Historical simulation over one margin period of risk.

    Attributes
    ----------
    market : Market
        Prices of all dates.
    model : ModelDeclaration
        Scenarios, measure and tree.
    mpor_days : int
        Margin period of risk.
    history : ShockHistory
        Moves over that period; of a filtered model only those with a scale before them.
    volatility : VolatilityHistory or None
        Volatility that filtered scenarios are rescaled to.
    stressed : ndarray of bool, shape (n_dates,)
        Dates in a stress period.
    """

    market: Market
    model: ModelDeclaration
    mpor_days: int
    history: ShockHistory
    volatility: VolatilityHistory | None
    stressed: BoolArray

    def patterns(self, date_code: int, instruments: IntArray) -> IntArray:
        """Tell apart instruments whose factors have gaps on different dates; see `CoreModel`."""
        factors = self._factors_of(date_code, instruments)
        used, position = np.unique(factors, return_inverse=True)
        position = position.reshape(factors.shape)
        end = date_code + 1
        first = max(end - self.model.scenarios.lookback_days, 0)
        known = np.maximum(used, 0)
        moves = self.history.present_count[end, known] - self.history.present_count[first, known]
        has_gaps = (used >= 0) & (moves < end - first)
        pattern = np.zeros(len(used), dtype=np.int64)
        if has_gaps.any():
            seen = self.history.present[:end, used[has_gaps]]
            _, kind = np.unique(seen, axis=1, return_inverse=True)
            pattern[has_gaps] = 1 + kind.reshape(-1)
        _, together = np.unique(pattern[position], axis=0, return_inverse=True)
        return np.asarray(together.reshape(-1), dtype=np.int64)

    def examine(self, date_code: int, instruments: IntArray) -> Readiness:
        """Choose the scenario rows of a date; see `CoreModel`."""
        factors = self._factors_of(date_code, instruments)
        used = np.unique(factors[factors >= 0])
        wanted = self.model.scenarios.lookback_days
        rows, usable = select_scenarios(self.history, date_code, used, wanted)
        ready = np.isin(factors, used[usable]) | (factors < 0)
        moves = self.history.present_count[date_code + 1, used]
        return Readiness(
            has_history=ready.all(axis=1) & (factors[:, 0] >= 0) & (len(rows) > 0),
            fewest_moves=int(moves.min()) if len(moves) else 0,
            rows=rows,
        )

    def margin(self, day: DayBook, conditions: Conditions) -> dict[Level, NodeMargins] | None:
        """Compute the tree under the scenarios of the conditions; see `CoreModel`."""
        repriced = self._reprice(day, conditions)
        return None if repriced is None else self._measure(day, repriced[0])

    def margin_with_tail(
        self, day: DayBook, conditions: Conditions
    ) -> tuple[dict[Level, NodeMargins], AccountTail | None] | None:
        """Compute the tree and the tail from the same losses; see `CoreModel`."""
        repriced = self._reprice(day, conditions)
        if repriced is None:
            return None
        losses, dates = repriced
        if not self.model.tail.is_used:
            return self._measure(day, losses), None
        reader = TailReader(day.positions, self.model, losses.shape[1], day.counts)
        nodes = self._measure(day, losses, reader.runs)
        return nodes, reader.finish(losses, dates)

    def _measure(
        self, day: DayBook, losses: FloatArray, runs: ReadRuns | None = None
    ) -> dict[Level, NodeMargins]:
        return compute_tree_margins(
            day.positions, losses, self.model.measure, self.model.tree, day.counts, runs
        )

    def _reprice(
        self, day: DayBook, conditions: Conditions
    ) -> tuple[FloatArray, np.ndarray] | None:
        """Return the unit losses of the day's instruments, and the last date of each scenario."""
        priced = day.readiness.has_history
        factors = self._factors_of(day.date_code, day.instruments[priced])
        used = np.unique(factors[factors >= 0])
        rows, unscaled = self._choose_rows(day, conditions, used)
        if not len(rows):
            return None
        history, dates = self.history, self.market.dates[rows]
        if self.volatility is not None:
            history = self._rescale(self.volatility, conditions, rows, unscaled, used)
            rows = np.arange(len(rows))
        losses = compute_unit_losses(
            self.market,
            history,
            day.date_code,
            day.instruments[priced],
            rows,
            self.mpor_days,
            time_decay=self.model.scenarios.time_decay,
        )
        if not priced.all():  # instruments that only accounts without a margin hold
            repriced = losses
            losses = np.zeros((len(day.instruments), len(rows)))
            losses[priced] = repriced
        return losses, dates

    def _factors_of(self, date_code: int, instruments: IntArray) -> IntArray:
        """Return price, volatility and rate factor of each instrument, (n_instruments, 3)."""
        series = self.history.series
        return np.column_stack(
            [
                series.factor_of[date_code, instruments],
                series.volatility_of[instruments],
                series.rate_of[instruments],
            ]
        )

    def _choose_rows(
        self, day: DayBook, conditions: Conditions, used: IntArray
    ) -> tuple[IntArray, BoolArray]:
        """Return the scenario rows, ascending, and which enter as they were, unscaled.

        A row on which a factor in use has no move is no scenario.
        """
        if conditions.kind != "current":
            rows = self._complete(rows_of(conditions, self.market, self.model, self.stressed), used)
            return rows, np.full(len(rows), conditions.kind == "stressed")
        rows = day.readiness.rows
        if conditions.as_of != day.date_code:
            wanted = self.model.scenarios.lookback_days
            rows, usable = select_scenarios(self.history, conditions.as_of, used, wanted)
            rows = rows if usable.all() else rows[:0]
        if not self.model.stress.mixed_in or not len(rows):
            return rows, np.zeros(len(rows), dtype=bool)
        stressed = self._complete(
            rows_of(
                Conditions(conditions.as_of, "stressed"), self.market, self.model, self.stressed
            ),
            used,
        )
        mixed = np.union1d(rows, stressed)
        return mixed, np.isin(mixed, stressed)

    def _complete(self, rows: IntArray, used: IntArray) -> IntArray:
        return rows[self.history.present[np.ix_(rows, used)].all(axis=1)]

    def _rescale(
        self,
        volatility: VolatilityHistory,
        conditions: Conditions,
        rows: IntArray,
        unscaled: BoolArray,
        used: IntArray,
    ) -> ShockHistory:
        """Return the chosen moves, rescaled, as a history of their own.

        ``ratio = clip(scale now / scale before the move, floor, cap)``, the scale being the EWMA
        forecast, or under long-run conditions the root mean square of the one-day moves.
        """
        now = (
            volatility.log_volatility[conditions.as_of + 1],
            volatility.absolute_volatility[conditions.as_of + 1],
        )
        if conditions.kind == "long_run":
            now = volatility.root_mean_square(
                rows_of(conditions, self.market, self.model, self.stressed)
            )
        before = rows - self.mpor_days + 1
        parameters = volatility.parameters

        def ratio(scale: FloatArray, series: FloatArray) -> FloatArray:
            least = parameters.minimum_volatility
            then = np.maximum(series[np.ix_(before, used)], least)
            bounded = np.clip(
                np.maximum(scale[used], least) / then, parameters.ratio_floor, parameters.ratio_cap
            )
            bounded[unscaled] = 1.0
            return bounded

        shape = (len(rows), len(self.history.series.names))
        relative, absolute = np.ones(shape), np.zeros(shape)
        chosen = np.ix_(rows, used)
        relative[:, used] = np.exp(
            self.history.log_move[chosen] * ratio(now[0], volatility.log_volatility)
        )
        absolute[:, used] = self.history.absolute_move[chosen] * ratio(
            now[1], volatility.absolute_volatility
        )
        touched = np.zeros((len(rows) + 1, shape[1]), dtype=np.int64)
        counted = self.history.nonpositive_count
        touched[1:] = np.cumsum(counted[rows + 1] - counted[rows], axis=0)
        return replace(
            self.history,
            price_relative=relative,
            absolute_move=absolute,
            present=np.ones(shape, dtype=bool),
            nonpositive_count=touched,
        )


def prepare_scenarios(market: Market, model: ModelDeclaration, mpor_days: int) -> ScenarioModel:
    """Compute the moves that all dates share.

    Parameters
    ----------
    market : Market
        Prices of all dates.
    model : ModelDeclaration
        A model of source ``historical`` or ``filtered``.
    mpor_days : int
        Margin period of risk.

    Returns
    -------
    ScenarioModel
    """
    declared = model.scenarios
    history = compute_shocks(market, mpor_days, declared.default_shock, declared.maturity_days)
    volatility = None
    if declared.source == "filtered":
        volatility = build_volatility(market, model, declared.default_shock)
        history = _keep_scaled(history, volatility, mpor_days)
    return ScenarioModel(market, model, mpor_days, history, volatility, is_stressed(market, model))


def _keep_scaled(
    history: ShockHistory, volatility: VolatilityHistory, mpor_days: int
) -> ShockHistory:
    """Leave out moves without a volatility before them: they cannot be rescaled."""
    rows = len(history.present)
    first = min(max(mpor_days - 1, 0), rows)
    has_scale = np.zeros_like(history.present)
    log_scale = volatility.log_volatility[: rows - first]
    # Where a price is at or below zero there is no log move, and none is rescaled.
    no_log = np.isnan(history.price_relative[first:])
    has_scale[first:] = ~np.isnan(volatility.absolute_volatility[: rows - first]) & (
        ~np.isnan(log_scale) | no_log
    )
    present = history.present & has_scale
    count = np.zeros_like(history.present_count)
    np.cumsum(present, axis=0, out=count[1:])
    return replace(history, present=present, present_count=count)
