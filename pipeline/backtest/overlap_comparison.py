"""Raw test results beside those corrected for overlapping horizons.

Three corrections, each by its own means: phases without overlap, perfect models simulated with the
same overlap, and a block bootstrap of coverage. The means themselves belong to `overlap`,
`simulated_null` and `block_bootstrap`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from pipeline.backtest.battery import Battery, run_battery
from pipeline.backtest.block_bootstrap import BootstrapCoverage, bootstrap_coverage
from pipeline.backtest.counts import is_above_target
from pipeline.backtest.outcome import (
    DECISIONS,
    BoolArray,
    FloatArray,
    IntArray,
    TestColumns,
    TestSpecification,
    assemble,
    decide,
)
from pipeline.backtest.overlap import (
    OverlapInflation,
    combine_phases,
    overlap_inflation,
    overlap_z_columns,
    split_phases,
)
from pipeline.backtest.sequences import as_matrix
from pipeline.backtest.simulated_null import (
    DEFAULT_SIMULATIONS,
    REFERRED,
    is_harmless,
    simulated_battery,
)

COVERAGE_TESTS = ("binomial_z", "kupiec_pof")
"""Tests beside which the bootstrap of coverage is shown."""
_NO_PHASE = "no phase without overlap could be tested"


@dataclass(frozen=True)
class OverlapComparison:
    """Raw and corrected results of the same series.

    Attributes
    ----------
    horizon_days : int
        Horizon of a loss.
    inflation : OverlapInflation
        Effect of overlap on a perfect model, under a Gaussian law.
    raw : Battery
        Tests that treat days as independent.
    phases : Battery
        The same tests on h phases without overlap, combined by Bonferroni, named ``.._phases``.
    simulated : Battery
        The raw statistics referred to perfect models with the same overlap, named
        ``.._simulated``.
    bootstrap : BootstrapCoverage
        Coverage by block bootstrap.
    overlap_z : TestColumns
        The z test with its variance inflated.
    """

    horizon_days: int
    inflation: OverlapInflation
    raw: Battery
    phases: Battery
    simulated: Battery
    bootstrap: BootstrapCoverage
    overlap_z: TestColumns

    def frame(self) -> pl.DataFrame:
        """Lay raw and corrected results side by side.

        Returns
        -------
        polars.DataFrame
            One row for each series and test: series, test, observations, exceedances,
            effective_observations, statistic, then p_value and decision raw, by phases, by
            simulation and (coverage tests) by block bootstrap. Null where a value does not exist.
        """
        parts = []
        for position, name in enumerate(REFERRED):
            raw = self.raw[name]
            values: dict[str, pl.Series | pl.Expr] = {
                "series": pl.Series(np.arange(raw.p_value.size)),
                "position": pl.Series(np.full(raw.p_value.size, position)),
                "test": pl.Series([name]).gather(np.zeros(raw.p_value.size, dtype=np.int64)),
                "observations": pl.Series(raw.observations),
                "exceedances": pl.Series(raw.exceedances),
                "effective_observations": pl.Series(
                    self.inflation.effective_observations(raw.observations)
                ),
                "statistic": pl.Series(raw.statistic).fill_nan(None),
            }
            compared = {
                "raw": raw,
                "phases": self.phases[f"{name}_phases"],
                "simulated": self.simulated[f"{name}_simulated"],
                "bootstrap": self.bootstrap.test if name in COVERAGE_TESTS else None,
            }
            for label, columns in compared.items():
                values[f"p_value_{label}"], values[f"decision_{label}"] = _pair(columns, raw)
            parts.append(pl.DataFrame(values))
        return pl.concat(parts).sort("series", "position").drop("position")


def _pair(columns: TestColumns | None, raw: TestColumns) -> tuple[pl.Series, pl.Series]:
    if columns is None:
        size = raw.p_value.size
        return (
            pl.Series([None] * size, dtype=pl.Float64),
            pl.Series([None] * size, dtype=pl.String),
        )
    names = pl.Series([decision.value for decision in DECISIONS])
    return pl.Series(columns.p_value).fill_nan(None), names.gather(columns.decision)


def compare_overlap(
    hits: ArrayLike,
    confidence: float,
    horizon_days: int,
    *,
    seed: int,
    observed: ArrayLike | None = None,
    significance: float = 0.05,
    simulations: int = DEFAULT_SIMULATIONS,
) -> OverlapComparison:
    """Test overlapping exceedances raw and corrected.

    Parameters
    ----------
    hits : array_like of bool, shape (n_series, n_days) or (n_days,)
        Exceedances of losses over `horizon_days`, one for each day.
    confidence : float
        Confidence level.
    horizon_days : int
        Horizon of a loss.
    seed : int
        Seed of simulation and bootstrap.
    observed : array_like of bool, same shape, optional
        Days that count.
    significance : float
        Level of every test.
    simulations : int
        Simulated histories for each number of observations that occurs.
    """
    raw = run_battery(hits, confidence, observed=observed, significance=significance, exact=False)
    first = raw.tests[0]
    return OverlapComparison(
        horizon_days=horizon_days,
        inflation=overlap_inflation(horizon_days, confidence),
        raw=raw,
        phases=phase_battery(
            hits,
            confidence,
            horizon_days,
            seed=seed,
            observed=observed,
            significance=significance,
            simulations=simulations,
        ),
        simulated=simulated_battery(
            raw,
            confidence,
            seed=seed,
            horizon_days=horizon_days,
            significance=significance,
            simulations=simulations,
        ),
        bootstrap=bootstrap_coverage(
            hits,
            confidence,
            seed=seed,
            horizon_days=horizon_days,
            observed=observed,
            significance=significance,
        ),
        overlap_z=overlap_z_columns(
            first.exceedances, first.observations, confidence, horizon_days, significance
        ),
    )


def phase_battery(
    hits: ArrayLike,
    confidence: float,
    horizon_days: int,
    *,
    seed: int,
    observed: ArrayLike | None = None,
    significance: float = 0.05,
    simulations: int = DEFAULT_SIMULATIONS,
) -> Battery:
    """Test each phase without overlap and combine the phases of each series.

    Parameters
    ----------
    hits, confidence, horizon_days, seed, observed, significance, simulations
        As in `compare_overlap`.

    Returns
    -------
    Battery
        The statistic is that of the phase with the smallest p-value; the p-value that smallest
        one times the number of phases that could be tested, at most 1. Observations and
        exceedances are those of all phases together.

    Notes
    -----
    A phase is short (T / h days), so its p-values are Monte Carlo ones; the asymptotic laws would
    reject a perfect model too often.
    """
    split, exists = split_phases(hits, horizon_days)
    if observed is not None:
        kept, _ = split_phases(as_matrix(observed), horizon_days)
        exists = exists & kept.astype(np.bool_, copy=False)
    asymptotic = run_battery(
        split, confidence, observed=exists, significance=significance, exact=False
    )
    battery = simulated_battery(
        asymptotic, confidence, seed=seed, significance=significance, simulations=simulations
    )
    return Battery(
        tuple(
            _combine(asymptotic[name], columns.p_value, horizon_days, confidence, significance)
            for name, columns in zip(REFERRED, battery, strict=True)
        )
    )


def _combine(
    columns: TestColumns,
    p_value: FloatArray,
    horizon_days: int,
    confidence: float,
    significance: float,
) -> TestColumns:
    # A phase whose exceedances keep apart is no evidence against a margin.
    p_value = np.where(is_harmless(columns), 1.0, p_value)
    observations, exceedances = sum_phases(columns, horizon_days)
    too_high = is_above_target(exceedances, observations, 1.0 - confidence)
    return combine_tests(columns, p_value, horizon_days, too_high, significance)


def sum_phases(columns: TestColumns, horizon_days: int) -> tuple[IntArray, IntArray]:
    """Return observations and exceedances of all phases of each series together."""
    return (
        columns.observations.reshape(-1, horizon_days).sum(axis=1),
        columns.exceedances.reshape(-1, horizon_days).sum(axis=1),
    )


def combine_tests(
    columns: TestColumns,
    p_value: FloatArray,
    horizon_days: int,
    too_high: BoolArray,
    significance: float,
) -> TestColumns:
    """Combine a test of h phases of each series into one, by Bonferroni; see `phase_battery`.

    Parameters
    ----------
    columns : TestColumns
        The test of n_series x h phases, those of one series next to each other.
    p_value : float array of shape (n_series * h,)
        Their p-values, read only where a phase had enough data.
    horizon_days : int
        h.
    too_high : bool array of shape (n_series,)
        Series whose margin a rejection calls too high.
    significance : float
        Level of the test.

    Returns
    -------
    TestColumns
        Named ``.._phases``.
    """

    def by_series(values: FloatArray) -> FloatArray:
        return values.reshape(-1, horizon_days)

    phase_p = by_series(np.where(columns.sufficient, p_value, np.nan))
    worst = np.where(np.isfinite(phase_p), phase_p, np.inf).argmin(axis=1)[:, None]
    combined = combine_phases(phase_p)
    known = np.isfinite(combined)
    observations, exceedances = sum_phases(columns, horizon_days)
    return assemble(
        TestSpecification(
            f"{columns.specification.name}_phases",
            columns.specification.null,
            f"{columns.specification.reference}; phases without overlap, Bonferroni",
        ),
        np.take_along_axis(by_series(columns.statistic), worst, axis=1)[:, 0],
        np.where(known, combined, 1.0),
        decide(combined, known, too_high, significance),
        observations,
        exceedances,
        (
            (_NO_PHASE, ~known),
            (f"smallest p-value of {horizon_days} phases, times the phases tested", known),
        ),
        estimate=np.take_along_axis(by_series(columns.estimate), worst, axis=1)[:, 0],
    )
