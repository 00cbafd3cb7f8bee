"""Monte Carlo p-values: statistics referred to those of simulated perfect models.

For horizons over one day the simulated losses overlap as the real ones do, so a perfect model is
rejected as often as the significance says, whatever the test. With a horizon of one day the same
p-values are exact for tests whose asymptotic law is poor with few exceedances.
"""

import numpy as np
from scipy.special import ndtri

from pipeline.backtest.battery import Battery, run_battery
from pipeline.backtest.counts import is_above_target
from pipeline.backtest.duration import WEIBULL_DURATION
from pipeline.backtest.independence import INDEPENDENCE
from pipeline.backtest.outcome import (
    DECISION_CODES,
    BoolArray,
    FloatArray,
    Remarks,
    TestColumns,
    TestSpecification,
    assemble,
    decide,
)
from pipeline.errors import WrongUse
from pipeline.terms import Decision

DEFAULT_SIMULATIONS = 2_000

TWO_SIDED = ("binomial_z",)
"""Tests whose statistic is extreme on both sides, so its size is compared."""
REFERRED = (
    "binomial_z",
    "kupiec_pof",
    "christoffersen_independence",
    "christoffersen_conditional_coverage",
    "kupiec_tuff",
    "haas_tbf",
    "haas_tbfi",
    "duration_weibull",
)
"""Tests that are referred to the simulated null: those with an asymptotic law that needs only
exceedances."""


def simulate_exceedances(
    series: int, n_days: int, confidence: float, *, seed: int, horizon_days: int = 1
) -> BoolArray:
    """Simulate exceedances of a perfect model with independent Gaussian daily returns.

    Parameters
    ----------
    series, n_days : int
        Shape of the result.
    confidence : float
        Confidence level.
    seed : int
        Seed; the stream also depends on the shape and the horizon.
    horizon_days : int
        Days of each loss; the loss of day t covers days t to t + h - 1.

    Returns
    -------
    bool array of shape (series, n_days)
    """
    if horizon_days < 1:
        raise WrongUse("A horizon must be at least one day.")
    rng = np.random.default_rng([seed, series, n_days, horizon_days])
    if horizon_days == 1:
        single: BoolArray = rng.random((series, n_days)) < 1.0 - confidence
        return single
    returns = rng.standard_normal((series, n_days + horizon_days - 1))
    path = np.concatenate((np.zeros((series, 1)), np.cumsum(returns, axis=1)), axis=1)
    loss = (path[:, horizon_days:] - path[:, :-horizon_days]) / np.sqrt(horizon_days)
    exceeded: BoolArray = loss > float(ndtri(confidence))
    return exceeded


def simulate_null_battery(
    n_days: int,
    confidence: float,
    *,
    seed: int,
    horizon_days: int = 1,
    simulations: int = DEFAULT_SIMULATIONS,
) -> Battery:
    """Run the tests on simulated perfect models.

    Parameters
    ----------
    n_days : int
        T.
    confidence : float
        Confidence level.
    seed : int
        Seed.
    horizon_days : int
        Horizon of a loss.
    simulations : int
        Number of simulated histories.
    """
    hits = simulate_exceedances(
        simulations, n_days, confidence, seed=seed, horizon_days=horizon_days
    )
    return run_battery(hits, confidence, exact=False)


def simulated_battery(
    battery: Battery,
    confidence: float,
    *,
    seed: int,
    horizon_days: int = 1,
    significance: float = 0.05,
    simulations: int = DEFAULT_SIMULATIONS,
) -> Battery:
    """Give the tests of a battery Monte Carlo p-values.

    Parameters
    ----------
    battery : Battery
        Results on real series.
    confidence : float
        Confidence level they were tested at.
    seed : int
        Seed.
    horizon_days : int
        Horizon of a loss.
    significance : float
        Level of the tests.
    simulations : int
        Simulated histories for each number of observations that occurs.

    Returns
    -------
    Battery
        The tests in `REFERRED`, in that order, each named ``.._simulated``.

    Notes
    -----
    ``(1 + #{simulated >= observed}) / (1 + #simulated)`` over the simulations in which the test
    could be computed (Dufour 2006): a perfect model is not rejected more often than the
    significance says, whatever the number of simulations.
    """
    tested = [battery[name] for name in REFERRED]
    observations = tested[0].observations
    p_values = {c.specification.name: np.ones(observations.shape) for c in tested}
    for n_days in np.unique(observations[observations > 0]):
        null = simulate_null_battery(
            int(n_days), confidence, seed=seed, horizon_days=horizon_days, simulations=simulations
        )
        same = observations == n_days
        for columns in tested:
            name = columns.specification.name
            p_values[name][same] = _as_extreme(columns, null[name], same)
    note = f"p-value from {simulations} simulated perfect models, horizon {horizon_days} days"
    return Battery(
        tuple(
            _referred(c, p_values[c.specification.name], confidence, significance, note)
            for c in tested
        )
    )


def is_harmless(columns: TestColumns) -> BoolArray:
    """Tell where a test of dependence departs from its null in the direction that is no failure.

    Parameters
    ----------
    columns : TestColumns
        The test; False everywhere unless it is one of dependence.

    Notes
    -----
    A Weibull shape over 1 (too regular), or an exceedance less frequent after an exceedance than
    on other days.
    """
    estimate = np.nan_to_num(columns.estimate, nan=0.0)
    harmless: BoolArray = np.zeros(estimate.shape, dtype=np.bool_)
    if columns.specification.name == WEIBULL_DURATION.name:
        harmless = columns.sufficient & (estimate > 1.0)
    elif columns.specification.name == INDEPENDENCE.name:
        rate = columns.exceedances / np.maximum(columns.observations, 1)
        harmless = columns.sufficient & (estimate <= rate)
    return harmless


def _as_extreme(columns: TestColumns, null: TestColumns, selected: BoolArray) -> FloatArray:
    """Return the share of simulated statistics at least as extreme, the observed one counted."""
    two_sided = columns.specification.name in TWO_SIDED
    simulated = null.statistic[null.sufficient]
    observed = np.where(columns.sufficient, columns.statistic, 0.0)[selected]
    if two_sided:
        simulated, observed = np.abs(simulated), np.abs(observed)
    # Statistics that are equal but for rounding count as equal.
    under = observed * (1.0 - 1e-9) - 1e-9
    as_large = simulated.size - np.searchsorted(np.sort(simulated), under, side="left")
    return np.asarray((1.0 + as_large) / (1.0 + simulated.size), dtype=np.float64)


def _referred(
    columns: TestColumns,
    p_value: FloatArray,
    confidence: float,
    significance: float,
    note: str,
) -> TestColumns:
    known, unknown = columns.sufficient, ~columns.sufficient
    too_high = is_above_target(columns.exceedances, columns.observations, 1.0 - confidence)
    decision = decide(p_value, known, too_high, significance)
    remarks: Remarks = tuple(
        (text, unknown & (columns.reason == code)) for code, text in enumerate(columns.reasons)
    )
    harmless = known & (p_value < significance) & is_harmless(columns)
    decision = np.where(harmless, DECISION_CODES[Decision.ACCEPT], decision).astype(np.int8)
    remarks = (
        *remarks,
        (f"exceedances keep apart, which is not a failure of the margin; {note}", harmless),
    )
    return assemble(
        TestSpecification(
            f"{columns.specification.name}_simulated",
            columns.specification.null,
            f"{columns.specification.reference}; Monte Carlo p-value, Dufour (2006)",
        ),
        columns.statistic,
        p_value,
        decision,
        columns.observations,
        columns.exceedances,
        (*remarks, (note, known)),
        estimate=columns.estimate,
    )
