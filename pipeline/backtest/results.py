"""Everything that a backtest concludes, from the rows of ``out_backtest``, table by table.

Only the order of the calculations belongs here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from pipeline.backtest.coverage_summary import report_short_history, summarise_coverage
from pipeline.backtest.many_accounts import (
    ManyAccounts,
    adjust_account_tests,
    judge_many_accounts,
)
from pipeline.backtest.series_tests import SeriesWindow, cut_series, run_series_tests
from pipeline.backtest.tail_tests import run_tail_tests
from pipeline.backtest.tested_rows import CoverageRule, compare_every_basis
from pipeline.terms import HYPOTHETICAL, Level

_NOTHING = pl.DataFrame()
_TEST_KEY = ["model_id", "track", "mpor_days", "margin_basis", "scope", "scope_id", "window_name"]


@dataclass(frozen=True)
class BacktestResults:
    """Results of a backtest as of a date; frames without as_of_date and provenance.

    Attributes
    ----------
    coverage : polars.DataFrame
        Rows of ``out_coverage``.
    tests : polars.DataFrame
        Rows of ``out_coverage_tests``.
    many_accounts : ManyAccounts
        What all accounts together say; frames without columns where no horizon has ended.
    """

    coverage: pl.DataFrame
    tests: pl.DataFrame
    many_accounts: ManyAccounts

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """Rows by the name of their table."""
        return {
            "out_coverage": self.coverage,
            "out_coverage_tests": self.tests,
            "out_multiple_tests": self.many_accounts.multiple_tests,
            "out_false_alarms": self.many_accounts.false_alarms,
            "out_coverage_bootstrap": self.many_accounts.coverage_bootstrap,
            "out_power": self.many_accounts.power,
        }


def conclude_backtest(
    rows: pl.DataFrame,
    members: pl.DataFrame,
    excluded: pl.DataFrame,
    rules: Mapping[str, CoverageRule],
    window_days: Sequence[int],
    levels: pl.DataFrame,
) -> BacktestResults:
    """Count, test and judge the exceedances of all models.

    Parameters
    ----------
    rows : polars.DataFrame
        Rows of ``out_backtest``.
    members : polars.DataFrame
        account_id, member_id; may be empty.
    excluded : polars.DataFrame
        model_id, mpor_days, reason of models that have positions but no margin.
    rules : mapping of str to CoverageRule
        By model_id.
    window_days : sequence of int
        Lengths of the rolling windows.
    levels : polars.DataFrame
        Quantiles and tail means at several confidences; see `tail_tests.run_tail_tests`.
    """
    tested = compare_every_basis(rows, rules)
    is_hypothetical = pl.col("scope") == HYPOTHETICAL
    # Apart from the first step on, so that windows of accounts are cut from dates of accounts.
    real = _conclude(tested.filter(~is_hypothetical), members, rules, window_days)
    assumed = _conclude(tested.filter(is_hypothetical), members, rules, window_days)
    reported = report_short_history(
        excluded, {model: rule.target_pct for model, rule in rules.items()}
    )
    tests = [real.tests, assumed.tests, reported.select(real.tests.columns)]
    tail = run_tail_tests(tested, levels, rules, window_days)
    if tail.width:
        tests.append(tail.select(real.tests.columns))
    together = ManyAccounts(_NOTHING, _NOTHING, _NOTHING, _NOTHING)
    if real.windows:
        together = judge_many_accounts(real.windows, real.series, members)
    if assumed.windows:
        family = adjust_account_tests(assumed.series, HYPOTHETICAL)
        families = [frame for frame in (together.multiple_tests, family) if frame.width]
        together = replace(together, multiple_tests=pl.concat(families))
    return BacktestResults(
        coverage=pl.concat([real.coverage, assumed.coverage]),
        tests=pl.concat(tests).sort(*_TEST_KEY, "account_id", "test"),
        many_accounts=together,
    )


@dataclass(frozen=True)
class _Conclusions:
    """What is concluded of some rows, and the series that it rests on."""

    coverage: pl.DataFrame
    tests: pl.DataFrame
    series: pl.DataFrame
    windows: Sequence[SeriesWindow]


def _conclude(
    tested: pl.DataFrame,
    members: pl.DataFrame,
    rules: Mapping[str, CoverageRule],
    window_days: Sequence[int],
) -> _Conclusions:
    summary = summarise_coverage(tested, members, rules, window_days)
    windows = cut_series(tested, rules, window_days)
    series = run_series_tests(windows)
    if not series.width:
        return _Conclusions(summary.coverage, summary.tests, series, windows)
    # The battery counts accounts and portfolios again, with the same result.
    counted = summary.tests["test"].unique()
    added = series.filter(
        (pl.col("scope") == Level.PRODUCT.value) | ~pl.col("test").is_in(counted.implode())
    )
    tests = pl.concat([summary.tests, added.select(summary.tests.columns)])
    return _Conclusions(summary.coverage, tests, series, windows)
