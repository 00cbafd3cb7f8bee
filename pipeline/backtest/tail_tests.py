"""Tests of the tail behind the margin: expected shortfall, and coverage at several levels.

Here the tests of severity meet the rows of an account: its losses against the quantiles and tail
means that the model wrote at several confidences. What they test is the core model before the cap,
so their rows stand under the netted margin. The tests themselves are in `expected_shortfall_tests`
and `multilevel`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.backtest.battery import Battery
from pipeline.backtest.exceedances import find_exceedances
from pipeline.backtest.expected_shortfall_tests import acerbi_szekely_columns
from pipeline.backtest.losses import LossStatus
from pipeline.backtest.multilevel import multilevel_coverage_columns
from pipeline.backtest.outcome import IntArray, TestColumns
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
    series = (
        rows["account_id"]
        .replace_strict(accounts, np.arange(len(accounts)), return_dtype=pl.Int64)
        .to_numpy()
    )
    level = np.searchsorted(confidences, rows["confidence_pct"].to_numpy())
    exceeds = np.asarray(
        find_exceedances(
            rows["loss"], rows["quantile_amount"], np.full(len(rows), rule.tolerance_amount)
        ).fill_null(value=False)
    )
    counts = np.zeros((len(accounts), len(confidences)), dtype=np.int64)
    np.add.at(counts, (series[exceeds], level[exceeds]), 1)
    observations = np.bincount(series[level == 0], minlength=len(accounts)).astype(np.int64)
    tests = [multilevel_coverage_columns(counts, observations, confidences / 100.0, SIGNIFICANCE)]
    at_target = np.flatnonzero(np.isclose(confidences, rule.target_pct))
    if at_target.size:
        chosen = level == at_target[0]
        tests += _test_shortfall(
            rows.filter(pl.Series(chosen)), series[chosen], exceeds[chosen], rule, len(accounts)
        )
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


def _test_shortfall(
    rows: pl.DataFrame,
    series: IntArray,
    exceeds: np.ndarray,
    rule: CoverageRule,
    n_series: int,
) -> list[TestColumns]:
    """Run Acerbi and Szekely's tests on rows at the coverage target."""
    dates, column = np.unique(rows["business_date"].to_numpy(), return_inverse=True)

    def scatter(values: np.ndarray, dtype: type[np.generic]) -> np.ndarray:
        matrix = np.zeros((n_series, len(dates)), dtype=dtype)
        matrix[series, column] = values
        return matrix

    return [
        *acerbi_szekely_columns(
            scatter(exceeds, np.bool_),
            scatter(rows["loss"].to_numpy(), np.float64),
            scatter(rows["expected_shortfall_amount"].to_numpy(), np.float64),
            rule.target_pct / 100.0,
            SIGNIFICANCE,
            seed=SEED,
            observed=scatter(np.ones(len(rows), dtype=np.bool_), np.bool_),
        )
    ]
