"""Whether losses beyond the margin are as large as the expected shortfall says.

Acerbi and Szekely's Z1 and Z2 with simulated p-values. How often losses exceed the margin is for
`coverage`; here their size counts.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, ndtri, stdtrit

from pipeline.backtest.outcome import (
    BoolArray,
    FloatArray,
    IntArray,
    TestColumns,
    TestSpecification,
    assemble,
    decide,
)
from pipeline.backtest.sequences import as_matrix, exceedance_probability
from pipeline.errors import WrongUse

CONDITIONAL = TestSpecification(
    "acerbi_szekely_z1",
    "On days beyond the margin, the loss is on average the expected shortfall.",
    "Acerbi and Szekely (2014)",
)
UNCONDITIONAL = TestSpecification(
    "acerbi_szekely_z2",
    "Losses beyond the margin are neither more frequent nor on average larger than the model's "
    "expected shortfall says.",
    "Acerbi and Szekely (2014)",
)
DEFAULT_SIMULATIONS = 10_000

_NO_OBSERVATION = "there is no observation"
_NO_EXCEEDANCE = "there is no loss beyond the margin, so its size cannot be tested"
_NOT_POSITIVE = (
    "on a day beyond the margin the loss is missing or the expected shortfall is not positive"
)


@dataclass(frozen=True)
class TailShape:
    """Shape of the losses beyond the margin under the null.

    Attributes
    ----------
    law : {"normal", "student_t", "empirical"}
        Law of the losses; its scale does not matter.
    degrees_of_freedom : float
        Of the Student t, over 1; unused otherwise.
    ratios : float array
        For "empirical": losses over expected shortfall beyond the margin in the model's own
        scenarios, with mean 1 if the expected shortfall is theirs.
    """

    law: Literal["normal", "student_t", "empirical"]
    degrees_of_freedom: float = np.inf
    ratios: FloatArray = field(default_factory=lambda: np.empty(0))

    @property
    def label(self) -> str:
        """The shape in words."""
        if self.law == "student_t":
            return f"a Student t with {self.degrees_of_freedom:g} degrees of freedom"
        return "a normal law" if self.law == "normal" else "the model's own scenarios"


NORMAL_TAIL = TailShape("normal")
STUDENT_TAIL = TailShape("student_t", 3.0)
"""The default: a heavy tail, so that a rejection does not rest on assuming a light one."""


@dataclass(frozen=True)
class NullDistribution:
    """Simulated Z1 and Z2 under the null, ascending.

    Attributes
    ----------
    conditional : float array
        Z1; draws without a loss beyond the margin are left out.
    unconditional : float array of shape (simulations,)
        Z2.
    """

    conditional: FloatArray
    unconditional: FloatArray


def tail_ratios(tail: TailShape, uniform: FloatArray, p: float) -> FloatArray:
    """Turn uniform numbers into losses beyond the margin over expected shortfall.

    Parameters
    ----------
    tail : TailShape
        Shape of the losses.
    uniform : float array
        Numbers between 0 and 1.
    p : float
        Probability of a loss beyond the margin.

    Raises
    ------
    WrongUse
        If a Student t has too few degrees of freedom, or an empirical tail has no ratio.

    Notes
    -----
    With q the quantile at p: normal expected shortfall ``phi(q) / p``; Student t
    ``f(q) (v + q^2) / ((v - 1) p)``.
    """
    probability = np.maximum(uniform, np.finfo(np.float64).tiny) * p
    if tail.law == "empirical":
        if tail.ratios.size == 0:
            raise WrongUse("An empirical tail needs at least one ratio of loss to shortfall.")
        index = np.minimum((uniform * tail.ratios.size).astype(np.int64), tail.ratios.size - 1)
        return tail.ratios[index]
    if tail.law == "normal":
        quantile = float(ndtri(p))
        shortfall = float(np.exp(-0.5 * quantile**2) / np.sqrt(2.0 * np.pi)) / p
        return np.asarray(-ndtri(probability) / shortfall, dtype=np.float64)
    v = tail.degrees_of_freedom
    if not 1.0 < v < np.inf:
        raise WrongUse("A Student t tail needs a finite number of degrees of freedom over 1.")
    quantile = float(stdtrit(v, p))
    log_density = (
        gammaln((v + 1.0) / 2.0)
        - gammaln(v / 2.0)
        - 0.5 * np.log(v * np.pi)
        - (v + 1.0) / 2.0 * np.log1p(quantile**2 / v)
    )
    shortfall = float(np.exp(log_density)) * (v + quantile**2) / ((v - 1.0) * p)
    return np.asarray(-stdtrit(v, probability) / shortfall, dtype=np.float64)


def simulate_null(
    observations: int,
    p: float,
    tail: TailShape = STUDENT_TAIL,
    simulations: int = DEFAULT_SIMULATIONS,
    *,
    seed: int,
) -> NullDistribution:
    """Simulate Z1 and Z2 of a correct model.

    Parameters
    ----------
    observations : int
        T, at least 1.
    p : float
        Probability of a loss beyond the margin.
    tail : TailShape
        Shape of the losses beyond the margin.
    simulations : int
        Number of simulated histories.
    seed : int
        Seed; the stream also depends on T, so a result does not depend on which other series
        are tested.
    """
    rng = np.random.default_rng([seed, observations])
    counts = rng.binomial(observations, p, size=simulations)
    ratios = tail_ratios(tail, rng.random(int(counts.sum())), p)
    history = np.repeat(np.arange(simulations), counts)
    sums = np.bincount(history, weights=ratios, minlength=simulations)
    some = counts > 0
    return NullDistribution(
        conditional=np.sort(1.0 - sums[some] / counts[some]),
        unconditional=np.sort(1.0 - sums / (observations * p)),
    )


def acerbi_szekely_columns(
    hits: ArrayLike,
    losses: ArrayLike,
    expected_shortfall: ArrayLike,
    confidence: float,
    significance: float = 0.05,
    *,
    seed: int,
    observed: ArrayLike | None = None,
    tail: TailShape = STUDENT_TAIL,
    simulations: int = DEFAULT_SIMULATIONS,
) -> tuple[TestColumns, TestColumns]:
    """Acerbi and Szekely's Z1 and Z2 of many series.

    Parameters
    ----------
    hits : array_like of bool, shape (n_series, n_days) or (n_days,)
        True where the loss exceeded the margin.
    losses, expected_shortfall : array_like of the same shape
        Loss of each day, positive when money is lost, and the expected shortfall forecast for it,
        in the same currency. Read on days of exceedance only.
    confidence : float
        Confidence level of margin and expected shortfall.
    significance : float
        Level of the test.
    seed : int
        Seed of the simulated null.
    observed : array_like of bool, same shape, optional
        Days that count.
    tail : TailShape
        Shape of the losses beyond the margin under the null; verdicts depend on it.
    simulations : int
        Number of simulated histories.

    Returns
    -------
    (TestColumns, TestColumns)
        Z1 and Z2. Both are one-sided: only losses beyond the expected shortfall reject.

    Notes
    -----
    ``Z1 = 1 - mean(L / ES on days beyond the margin)``,
    ``Z2 = 1 - sum(L / ES on those days) / (T p)``; 0 under the null, negative when expected
    shortfall is too low. p-value ``(1 + #{simulated <= observed}) / (1 + simulations)``.
    """
    exceeded: BoolArray = as_matrix(hits).astype(np.bool_, copy=False)
    loss = as_matrix(losses, np.float64).astype(np.float64, copy=False)
    shortfall = as_matrix(expected_shortfall, np.float64).astype(np.float64, copy=False)
    if not exceeded.shape == loss.shape == shortfall.shape:
        raise WrongUse("Losses and expected shortfall must have the shape of the exceedances.")
    p = float(exceedance_probability(confidence, 1)[0])
    n_series, n_days = exceeded.shape
    t = np.full(n_series, n_days, dtype=np.int64)
    if observed is not None:
        mask: BoolArray = as_matrix(observed).astype(np.bool_, copy=False)
        exceeded = exceeded & mask
        t = mask.sum(axis=1, dtype=np.int64)
    rows, columns = np.nonzero(exceeded)
    x = np.bincount(rows, minlength=n_series).astype(np.int64)
    event_loss, event_shortfall = loss[rows, columns], shortfall[rows, columns]
    usable = np.isfinite(event_loss) & np.isfinite(event_shortfall) & (event_shortfall > 0)
    broken = np.bincount(rows[~usable], minlength=n_series) > 0
    ratio = np.where(usable, event_loss, 0.0) / np.where(usable, event_shortfall, 1.0)
    total = np.bincount(rows, weights=ratio, minlength=n_series)
    z1 = 1.0 - total / np.maximum(x, 1)
    z2 = 1.0 - total / np.maximum(t * p, np.finfo(np.float64).tiny)
    p1, p2 = _simulated_p_values(z1, z2, t, p, tail, simulations, seed)
    enough = ~broken & (t > 0)
    note = (
        f"p-value from {simulations} simulated histories, losses beyond the margin shaped like "
        f"{tail.label}"
    )

    def result(
        specification: TestSpecification, z: FloatArray, p_value: FloatArray, sufficient: BoolArray
    ) -> TestColumns:
        never_too_high = np.zeros(n_series, dtype=np.bool_)
        return assemble(
            specification,
            z,
            p_value,
            decide(p_value, sufficient, never_too_high, significance),
            t,
            x,
            (
                (_NO_OBSERVATION, t == 0),
                (_NOT_POSITIVE, broken),
                (_NO_EXCEEDANCE, ~sufficient),
                (note, sufficient),
            ),
        )

    return (
        result(CONDITIONAL, z1, p1, enough & (x > 0)),
        result(UNCONDITIONAL, z2, p2, enough),
    )


def _simulated_p_values(
    z1: FloatArray,
    z2: FloatArray,
    observations: IntArray,
    p: float,
    tail: TailShape,
    simulations: int,
    seed: int,
) -> tuple[FloatArray, FloatArray]:
    p1, p2 = np.ones(z1.shape), np.ones(z2.shape)
    # One null a window length, not one an account: few lengths occur.
    for length in np.unique(observations[observations > 0]):
        null = simulate_null(int(length), p, tail, simulations, seed=seed)
        same = observations == length
        for values, simulated, result in (
            (z1, null.conditional, p1),
            (z2, null.unconditional, p2),
        ):
            as_low = np.searchsorted(simulated, values[same], side="right")
            result[same] = (1.0 + as_low) / (1.0 + simulated.size)
    return p1, p2
