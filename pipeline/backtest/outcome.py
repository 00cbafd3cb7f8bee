"""The result every statistical test returns, for one series and for many; no test logic here.

A test over many series returns `TestColumns`: arrays with one entry a series. A test on one series
returns `TestOutcome`, one row of those columns. Both follow one decision rule, `decide`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.terms import Decision

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
CodeArray = NDArray[np.int8]

Remarks = tuple[tuple[str, BoolArray], ...]
"""Sentences and the series to which each applies, most important first."""

DECISIONS: tuple[Decision, ...] = tuple(Decision)
DECISION_CODES: Mapping[Decision, int] = {decision: i for i, decision in enumerate(DECISIONS)}


@dataclass(frozen=True)
class TestSpecification:
    """What a test is called, what it supposes and where it is published.

    Attributes
    ----------
    name : str
        Name of the test as it appears in tables, for example ``"kupiec_pof"``.
    null : str
        The null hypothesis in a plain sentence.
    reference : str
        Where the test is published.
    """

    __test__ = False  # the name starts with "Test", but pytest must not collect it

    name: str
    null: str
    reference: str


@dataclass(frozen=True)
class TestOutcome:
    """Outcome of one statistical test on one series of exceedances.

    Attributes
    ----------
    test : str
        Name of the test, for example ``"kupiec_pof"``.
    statistic : float or None
        Value of the statistic; None where it does not exist (never NaN).
    p_value : float or None
        Probability, under the null, of a statistic at least as extreme.
    decision : Decision
        accept, reject, conservative (rejected, but because margin is too high) or
        insufficient_data.
    null : str
        The null hypothesis in a plain sentence.
    reference : str
        Where the test is published.
    reason : str
        Why data are insufficient, or a remark on reading the result; may be empty.
    observations, exceedances : int
        T and x of the tested series.
    degrees_of_freedom : int or None
        Degrees of freedom of the chi-square law of the statistic, where it has one.
    estimate : float or None
        The estimated parameter that the test is about, where there is one: the Weibull shape of
        the duration test, the probability of an exceedance after an exceedance of the
        independence test.
    """

    __test__ = False  # the name starts with "Test", but pytest must not collect it

    test: str
    statistic: float | None
    p_value: float | None
    decision: Decision
    null: str
    reference: str
    reason: str
    observations: int
    exceedances: int
    degrees_of_freedom: int | None = None
    estimate: float | None = None


@dataclass(frozen=True)
class TestColumns:
    """Outcome of one statistical test on many series, one array entry a series.

    Attributes
    ----------
    specification : TestSpecification
        Name, null and reference, the same for every series.
    statistic, p_value : float arrays of shape (n_series,)
        NaN stands for "does not exist" inside these arrays only, exactly where the decision is
        insufficient_data; `outcome` and the battery's frame turn it into None and null.
    decision : int8 array of shape (n_series,)
        Index into `DECISIONS`.
    reason : int8 array of shape (n_series,)
        Index into `reasons`.
    reasons : tuple of str
        The sentences that occur; the first is the empty one.
    observations, exceedances : int64 arrays of shape (n_series,)
        T and x of each series.
    degrees_of_freedom : int64 array of shape (n_series,)
        0 where the statistic has no chi-square law.
    estimate : float array of shape (n_series,)
        As in `TestOutcome`; NaN where there is none.
    """

    __test__ = False  # the name starts with "Test", but pytest must not collect it

    specification: TestSpecification
    statistic: FloatArray
    p_value: FloatArray
    decision: CodeArray
    reason: CodeArray
    reasons: tuple[str, ...]
    observations: IntArray
    exceedances: IntArray
    degrees_of_freedom: IntArray
    estimate: FloatArray

    @property
    def sufficient(self) -> BoolArray:
        """True where the test could be computed."""
        known: BoolArray = self.decision != DECISION_CODES[Decision.INSUFFICIENT_DATA]
        return known

    def null_rejected(self, significance: float = 0.05) -> BoolArray:
        """Tell where the p-value is under the significance, whatever the direction."""
        rejected: BoolArray = np.nan_to_num(self.p_value, nan=1.0) < significance
        known: BoolArray = self.sufficient & rejected
        return known

    def outcome(self, index: int) -> TestOutcome:
        """Return the outcome of one series.

        Parameters
        ----------
        index : int
            Position of the series.
        """
        return TestOutcome(
            test=self.specification.name,
            statistic=_none_if_nan(self.statistic[index]),
            p_value=_none_if_nan(self.p_value[index]),
            decision=DECISIONS[int(self.decision[index])],
            null=self.specification.null,
            reference=self.specification.reference,
            reason=self.reasons[int(self.reason[index])],
            observations=int(self.observations[index]),
            exceedances=int(self.exceedances[index]),
            degrees_of_freedom=int(self.degrees_of_freedom[index]) or None,
            estimate=_none_if_nan(self.estimate[index]),
        )


def _none_if_nan(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)


def decide(
    p_value: ArrayLike, sufficient: ArrayLike, margin_too_high: ArrayLike, significance: float
) -> CodeArray:
    """Apply the one decision rule to many series.

    Parameters
    ----------
    p_value : array_like of shape (n_series,)
        p-values; ignored where `sufficient` is False.
    sufficient : array_like of bool
        False gives insufficient_data.
    margin_too_high : array_like of bool
        True turns a rejection into conservative: a margin that is too high never fails.
    significance : float
        The null is rejected when the p-value is under this level.

    Returns
    -------
    int8 array of shape (n_series,)
        Index into `DECISIONS`.
    """
    rejected = np.nan_to_num(np.asarray(p_value, dtype=np.float64), nan=1.0) < significance
    codes = np.where(
        np.asarray(sufficient),
        np.where(
            rejected,
            np.where(
                np.asarray(margin_too_high),
                DECISION_CODES[Decision.CONSERVATIVE],
                DECISION_CODES[Decision.REJECT],
            ),
            DECISION_CODES[Decision.ACCEPT],
        ),
        DECISION_CODES[Decision.INSUFFICIENT_DATA],
    )
    return np.atleast_1d(codes).astype(np.int8)


def assemble(
    specification: TestSpecification,
    statistic: FloatArray,
    p_value: FloatArray,
    decision: CodeArray,
    observations: IntArray,
    exceedances: IntArray,
    remarks: Remarks = (),
    *,
    degrees_of_freedom: IntArray | int = 0,
    estimate: FloatArray | float = np.nan,
) -> TestColumns:
    """Put the parts of a test together, blanking what insufficient data leave undefined.

    Parameters
    ----------
    specification : TestSpecification
        Name, null and reference.
    statistic, p_value, decision, observations, exceedances : arrays of shape (n_series,)
        As in `TestColumns`.
    remarks : tuple of (str, bool array)
        Sentences and where each applies, most important first: a series gets the first that
        applies to it.
    degrees_of_freedom, estimate : arrays of shape (n_series,) or scalars
        As in `TestColumns`; none by default.
    """
    insufficient = decision == DECISION_CODES[Decision.INSUFFICIENT_DATA]
    reason = np.zeros(decision.shape, dtype=np.int8)
    for code in range(len(remarks), 0, -1):
        reason[remarks[code - 1][1]] = code
    return TestColumns(
        specification=specification,
        statistic=np.where(insufficient, np.nan, statistic),
        p_value=np.where(insufficient, np.nan, np.clip(p_value, 0.0, 1.0)),
        decision=decision,
        reason=reason,
        reasons=("", *(text for text, _ in remarks)),
        observations=observations.astype(np.int64),
        exceedances=exceedances.astype(np.int64),
        degrees_of_freedom=np.where(insufficient, 0, degrees_of_freedom).astype(np.int64),
        estimate=np.where(insufficient, np.nan, estimate),
    )
