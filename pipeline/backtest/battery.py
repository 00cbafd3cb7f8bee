"""All tests over a matrix of exceedances in one vectorised pass.

Running tests and laying their results out as one table belongs here; every test lives in its own
module.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from pipeline.backtest.coverage import (
    binomial_exact_columns,
    binomial_z_columns,
    kupiec_pof_columns,
    traffic_light_test_columns,
)
from pipeline.backtest.duration import weibull_duration_columns
from pipeline.backtest.dynamic_quantile import dynamic_quantile_columns
from pipeline.backtest.exact import (
    conditional_coverage_exact_columns,
    independence_exact_columns,
    kupiec_exact_columns,
)
from pipeline.backtest.expected_shortfall_tests import (
    STUDENT_TAIL,
    TailShape,
    acerbi_szekely_columns,
)
from pipeline.backtest.independence import conditional_coverage_columns, independence_columns
from pipeline.backtest.multilevel import multilevel_coverage_columns
from pipeline.backtest.outcome import DECISIONS, FloatArray, TestColumns, TestOutcome
from pipeline.backtest.sequences import (
    ExceedanceSequences,
    exceedance_probability,
    exceedance_sequences,
)
from pipeline.backtest.timing import tbf_columns, tbfi_columns, tuff_columns
from pipeline.errors import WrongUse


@dataclass(frozen=True)
class Battery:
    """Results of several tests on the same series.

    Attributes
    ----------
    tests : tuple of TestColumns
        One entry a test, all over the same series.
    """

    tests: tuple[TestColumns, ...]

    def __getitem__(self, name: str) -> TestColumns:
        """Return the columns of the test of that name."""
        for columns in self.tests:
            if columns.specification.name == name:
                return columns
        raise KeyError(name)

    def __iter__(self) -> Iterator[TestColumns]:
        """Go through the tests in order."""
        return iter(self.tests)

    def joined_with(self, *tests: TestColumns) -> "Battery":
        """Return a battery with further tests of the same series added.

        Parameters
        ----------
        *tests : TestColumns
            Results of tests that need more than exceedances, for example on severity.

        Raises
        ------
        WrongUse
            If a test has another number of series.
        """
        sizes = {columns.p_value.size for columns in (*self.tests, *tests)}
        if len(sizes) > 1:
            raise WrongUse("Only tests of the same series can be joined into one battery.")
        return Battery((*self.tests, *tests))

    def outcomes(self, index: int) -> list[TestOutcome]:
        """Return every test's outcome for one series.

        Parameters
        ----------
        index : int
            Position of the series.
        """
        return [columns.outcome(index) for columns in self.tests]

    def frame(self) -> pl.DataFrame:
        """Lay the results out as one row for each series and test.

        Returns
        -------
        polars.DataFrame
            series (position), test, observations, exceedances, statistic, p_value,
            degrees_of_freedom, estimate, decision, reason; sorted by series, then in the order of
            the tests. Null where a value does not exist, never NaN.
        """
        if not self.tests:
            raise WrongUse("A battery without tests has no table.")
        n_series = self.tests[0].p_value.size
        reasons = list(dict.fromkeys(text for test in self.tests for text in test.reasons))
        position = {text: code for code, text in enumerate(reasons)}
        reason = [
            np.array([position[text] for text in test.reasons])[test.reason] for test in self.tests
        ]
        names = [test.specification.name for test in self.tests]

        def column(values: list[NDArray[np.generic]]) -> NDArray[np.generic]:
            return np.stack(values, axis=1).reshape(-1)

        degrees = column([test.degrees_of_freedom for test in self.tests])
        return pl.DataFrame(
            {
                "series": np.repeat(np.arange(n_series), len(names)),
                "test": pl.Series(names).gather(np.tile(np.arange(len(names)), n_series)),
                "observations": column([test.observations for test in self.tests]),
                "exceedances": column([test.exceedances for test in self.tests]),
                "statistic": _nullable(column([test.statistic for test in self.tests])),
                "p_value": _nullable(column([test.p_value for test in self.tests])),
                "degrees_of_freedom": pl.Series(degrees).replace(0, None),
                "estimate": _nullable(column([test.estimate for test in self.tests])),
                "decision": pl.Series([decision.value for decision in DECISIONS]).gather(
                    column([test.decision for test in self.tests])
                ),
                "reason": pl.Series(reasons).gather(column(list(reason))),
            }
        )

    def catalogue(self) -> pl.DataFrame:
        """Return test, null and reference of every test, in order."""
        return pl.DataFrame(
            {
                "test": [test.specification.name for test in self.tests],
                "null": [test.specification.null for test in self.tests],
                "reference": [test.specification.reference for test in self.tests],
            }
        )


@dataclass(frozen=True)
class Severity:
    """What the tests of severity need, beside exceedances.

    Attributes
    ----------
    losses, expected_shortfall : array_like of the shape of the exceedances
        Loss of each day and the expected shortfall forecast for it, at the confidence of the
        margin.
    seed : int
        Seed of the simulated null.
    tail : TailShape
        Shape of the losses beyond the margin under the null.
    """

    losses: ArrayLike
    expected_shortfall: ArrayLike
    seed: int
    tail: TailShape = STUDENT_TAIL


@dataclass(frozen=True)
class Levels:
    """Exceedances of margins at several confidence levels.

    Attributes
    ----------
    exceedances : array_like of int, shape (n_series, n_levels)
        Counts at each level.
    confidences : array_like of float, shape (n_levels,)
        Levels, ascending.
    """

    exceedances: ArrayLike
    confidences: ArrayLike


def run_battery(
    hits: ArrayLike,
    confidence: ArrayLike,
    *,
    observed: ArrayLike | None = None,
    margin: ArrayLike | None = None,
    severity: Severity | None = None,
    levels: Levels | None = None,
    significance: float = 0.05,
    exact: bool = True,
) -> Battery:
    """Run every test that exceedances (and margins) allow, over all series at once.

    Parameters
    ----------
    hits : array_like of bool, shape (n_series, n_days) or (n_days,)
        True where the loss exceeded the margin; series in rows, days ascending in columns.
    confidence : array_like of shape () or (n_series,)
        Confidence level.
    observed : array_like of bool, same shape, optional
        False where there is no observation; such days are left out and never count as days
        without exceedance.
    margin : array_like of shape (n_series, n_days), optional
        Margin of each day; without it the dynamic quantile test is left out.
    severity : Severity, optional
        Losses and expected shortfall; without them Acerbi and Szekely's tests are left out. They
        need one confidence for all series.
    levels : Levels, optional
        Exceedances at several levels; without them the multi-level test is left out.
    significance : float
        Level of every test.
    exact : bool
        Whether to add the exact finite-sample versions of the likelihood-ratio tests.

    Returns
    -------
    Battery
        For any pattern of exceedances every statistic is a number or the outcome is
        insufficient_data with its reason.
    """
    sequences = exceedance_sequences(hits, observed)
    level = 1.0 - exceedance_probability(confidence, sequences.n_series)
    tests = [*_count_tests(sequences, level, significance, exact=exact)]
    tests.append(independence_columns(sequences, level, significance))
    if exact:
        tests.append(independence_exact_columns(sequences, level, significance))
    tests.append(conditional_coverage_columns(sequences, level, significance))
    if exact:
        tests.append(conditional_coverage_exact_columns(sequences, level, significance))
    tests.extend(
        test(sequences, level, significance)
        for test in (tuff_columns, tbf_columns, tbfi_columns, weibull_duration_columns)
    )
    if margin is not None:
        tests.append(
            dynamic_quantile_columns(sequences, level, margin, significance, observed=observed)
        )
    if levels is not None:
        tests.append(
            multilevel_coverage_columns(
                levels.exceedances, sequences.observations, levels.confidences, significance
            )
        )
    if severity is not None:
        tests.extend(_severity_tests(hits, confidence, severity, significance, observed))
    return Battery(()).joined_with(*tests)


def _severity_tests(
    hits: ArrayLike,
    confidence: ArrayLike,
    severity: Severity,
    significance: float,
    observed: ArrayLike | None,
) -> tuple[TestColumns, TestColumns]:
    level = np.unique(np.asarray(confidence, dtype=np.float64))
    if level.size != 1:
        raise WrongUse("The tests of severity need one confidence level for all series.")
    return acerbi_szekely_columns(
        hits,
        severity.losses,
        severity.expected_shortfall,
        float(level[0]),
        significance,
        seed=severity.seed,
        observed=observed,
        tail=severity.tail,
    )


def _count_tests(
    sequences: ExceedanceSequences, level: FloatArray, significance: float, *, exact: bool
) -> Iterator[TestColumns]:
    x, t = sequences.exceedances, sequences.observations
    yield traffic_light_test_columns(x, t, level)
    yield binomial_exact_columns(x, t, level, significance)
    yield binomial_z_columns(x, t, level, significance)
    yield kupiec_pof_columns(x, t, level, significance)
    if exact:
        yield kupiec_exact_columns(x, t, level, significance)


def _nullable(values: NDArray[np.generic]) -> pl.Series:
    """Return values with NaN as null."""
    return pl.Series(values).fill_nan(None)
