"""Tests of the tail behind the margin: expected shortfall, and coverage at several levels.

Here the tests of severity meet the rows of an account: its losses against the quantiles and tail
means that the model wrote at several confidences. What they test is the core model before the cap,
so their rows stand under the netted margin. The tests themselves are in `expected_shortfall_tests`
and `multilevel`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.backtest.battery import Battery
from pipeline.backtest.counts import is_above_target
from pipeline.backtest.exceedances import find_exceedances
from pipeline.backtest.expected_shortfall_tests import acerbi_szekely_columns
from pipeline.backtest.losses import LossStatus
from pipeline.backtest.multilevel import MULTILEVEL, multilevel_coverage_columns
from pipeline.backtest.outcome import BoolArray, FloatArray, TestColumns
from pipeline.backtest.overlap import split_phases
from pipeline.backtest.overlap_comparison import combine_tests
from pipeline.backtest.series_tests import SEED, SIGNIFICANCE
from pipeline.backtest.tested_rows import CoverageRule, cut_window
from pipeline.terms import Level, MarginBasis, Track

_SERIES = ["model_id", "mpor_days"]
_DAY = [*_SERIES, "account_id", "business_date"]


def run_tail_tests(
    tested: pl.DataFrame,
    levels: pl.DataFrame,
    rules: Mapping[str, CoverageRule],
    window_days: Sequence[int],
) -> pl.DataFrame:
    """Test every account of the core model against the tail that its model wrote.

    Parameters
    ----------
    tested : polars.DataFrame
        Rows of `tested_rows.compare_every_basis`.
    levels : polars.DataFrame
        business_date, model_id, mpor_days, account_id, confidence_pct, quantile_amount,
        expected_shortfall_amount; a model that writes no tail has no rows and no tests.
    rules : mapping of str to CoverageRule
        By model_id; the tests of expected shortfall are at the coverage target.
    window_days : sequence of int
        Lengths of the rolling windows; the window of all days is always there.

    Returns
    -------
    polars.DataFrame
        Rows of ``out_coverage_tests`` without as_of_date and provenance; no columns where there is
        none. Days without a loss or a tail are no observations. Models whose levels lack their
        coverage target have the multi-level test alone.
    """
    accounts = tested.filter(
        (pl.col("track") == Track.CORE_MODEL.value)
        & (pl.col("margin_basis") == MarginBasis.NETTED.value)
        & (pl.col("scope") == Level.ACCOUNT.value)
    )
    frames = []
    for days in (*window_days, None):
        kept = cut_window(accounts, days).filter(pl.col("status") == LossStatus.OBSERVED.value)
        rows = kept.with_columns(
            pl.col("model_id", "account_id", "window_name").cast(pl.String)
        ).join(levels, on=_DAY, how="inner")
        for (model_id, mpor_days), own in rows.group_by(_SERIES, maintain_order=True):
            frames.append(_test_series(own, str(model_id), int(str(mpor_days)), rules))
    if not frames:
        return pl.DataFrame()
    return pl.concat(frames).sort("model_id", "mpor_days", "account_id", "window_name", "test")


def _test_series(
    rows: pl.DataFrame, model_id: str, mpor_days: int, rules: Mapping[str, CoverageRule]
) -> pl.DataFrame:
    """Test the accounts of one model, horizon and window."""
    rule = rules[model_id]
    accounts = rows["account_id"].unique().sort()
    confidences = rows["confidence_pct"].unique().sort().to_numpy()
    days = _lay_out(rows, accounts, confidences, rule)
    tests = list(_run_tests(days, confidences, rule))
    if mpor_days > 1:
        # Acerbi and Szekely's tests reject on one side only.
        too_high = _is_too_high(days, confidences)
        tests += [
            combine_tests(
                columns,
                columns.p_value,
                mpor_days,
                too_high & (columns.specification.name == MULTILEVEL.name),
                SIGNIFICANCE,
            )
            for columns in _run_tests(days.in_phases(mpor_days), confidences, rule)
        ]
    frame = Battery(()).joined_with(*tests).frame()
    place = frame["series"]
    return frame.select(
        pl.lit(model_id).alias("model_id"),
        pl.lit(Track.CORE_MODEL.value).alias("track"),
        pl.lit(mpor_days, dtype=pl.Int32).alias("mpor_days"),
        pl.lit(MarginBasis.NETTED.value).alias("margin_basis"),
        pl.lit(Level.ACCOUNT.value).alias("scope"),
        accounts.gather(place).alias("scope_id"),
        accounts.gather(place).alias("account_id"),
        pl.lit(rows["window_name"][0]).alias("window_name"),
        pl.col("observations").cast(pl.Int32).alias("window_days"),
        pl.lit(rule.target_pct).alias("confidence_pct"),
        pl.lit("end").alias("loss_basis"),
        pl.all().exclude("series"),
    )


@dataclass(frozen=True)
class _TailDays:
    """Accounts by dates, each array of shape (n_series, n_days).

    Attributes
    ----------
    observed : ndarray of bool
        Days with a loss and a tail.
    exceeds : tuple of ndarray of bool
        Days whose loss is greater than the quantile, by confidence, ascending.
    loss, shortfall : ndarray
        Loss, and expected shortfall at the coverage target; zero on days that are not observed.
    """

    observed: BoolArray
    exceeds: tuple[BoolArray, ...]
    loss: FloatArray
    shortfall: FloatArray

    def in_phases(self, horizon_days: int) -> "_TailDays":
        """Split each account into as many series of days that do not overlap."""
        kept, _ = split_phases(self.observed, horizon_days)
        loss, _ = split_phases(self.loss, horizon_days, np.float64)
        shortfall, _ = split_phases(self.shortfall, horizon_days, np.float64)
        exceeds = tuple(split_phases(one, horizon_days)[0] for one in self.exceeds)
        return _TailDays(kept, exceeds, loss, shortfall)  # type: ignore[arg-type]


def _lay_out(
    rows: pl.DataFrame, accounts: pl.Series, confidences: FloatArray, rule: CoverageRule
) -> _TailDays:
    """Lay the rows of accounts out by date."""
    series = (
        rows["account_id"]
        .replace_strict(accounts, np.arange(len(accounts)), return_dtype=pl.Int64)
        .to_numpy()
    )
    dates, column = np.unique(rows["business_date"].to_numpy(), return_inverse=True)
    level = np.searchsorted(confidences, rows["confidence_pct"].to_numpy())
    exceeds = np.asarray(
        find_exceedances(
            rows["loss"], rows["quantile_amount"], np.full(len(rows), rule.tolerance_amount)
        ).fill_null(value=False)
    )

    def scatter(chosen: BoolArray, values: np.ndarray) -> np.ndarray:
        matrix = np.zeros((len(accounts), len(dates)), dtype=values.dtype)
        matrix[series[chosen], column[chosen]] = values[chosen]
        return matrix

    at_target = np.isclose(confidences[level], rule.target_pct)
    return _TailDays(
        observed=scatter(level == 0, np.ones(len(rows), dtype=np.bool_)),
        exceeds=tuple(scatter(level == n, exceeds) for n in range(len(confidences))),
        loss=scatter(level == 0, rows["loss"].to_numpy()),
        shortfall=scatter(at_target, rows["expected_shortfall_amount"].to_numpy()),
    )


def _run_tests(
    days: _TailDays, confidences: FloatArray, rule: CoverageRule
) -> Iterator[TestColumns]:
    """Yield coverage at every level together, and the tests of expected shortfall."""
    observations = days.observed.sum(axis=1, dtype=np.int64)
    counts = np.column_stack([one.sum(axis=1, dtype=np.int64) for one in days.exceeds])
    yield multilevel_coverage_columns(counts, observations, confidences / 100.0, SIGNIFICANCE)
    for exceeds in np.array(days.exceeds)[np.isclose(confidences, rule.target_pct)]:
        yield from acerbi_szekely_columns(
            exceeds,
            days.loss,
            days.shortfall,
            rule.target_pct / 100.0,
            SIGNIFICANCE,
            seed=SEED,
            observed=days.observed,
        )


def _is_too_high(days: _TailDays, confidences: FloatArray) -> BoolArray:
    """Tell where exceedances of all levels together are fewer than expected."""
    counts = sum(one.sum(axis=1, dtype=np.int64) for one in days.exceeds)
    expected = float((1.0 - confidences / 100.0).sum())
    return is_above_target(counts, days.observed.sum(axis=1), expected)
