"""Coverage by scope, window and margin basis, with the tests that counts alone allow.

Rows of ``out_backtest`` come in, rows of ``out_coverage`` and ``out_coverage_tests`` go out. Tests
that need the order of the days belong to the modules of those tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import polars.selectors as cs

from pipeline.backtest.coverage import binomial_exact_columns, kupiec_pof_columns
from pipeline.backtest.intervals import coverage_interval
from pipeline.backtest.losses import LossStatus
from pipeline.backtest.outcome import DECISIONS, TestColumns
from pipeline.backtest.tested_rows import ALL_DAYS, SERIES, CoverageRule, cut_window, name_scope
from pipeline.backtest.traffic_light import (
    ZONES,
    traffic_light_columns,
    traffic_light_test_columns,
)
from pipeline.terms import FIRM, HYPOTHETICAL, MEMBER, Decision, Level, MarginBasis, Track

_GROUP = [*SERIES, "scope", "scope_id", "window_name"]


@dataclass(frozen=True)
class CoverageSummary:
    """Coverage and count tests.

    Attributes
    ----------
    coverage : polars.DataFrame
        Rows of ``out_coverage`` without as_of_date and provenance.
    tests : polars.DataFrame
        Rows of ``out_coverage_tests`` without as_of_date and provenance.
    """

    coverage: pl.DataFrame
    tests: pl.DataFrame


def summarise_coverage(
    tested: pl.DataFrame,
    members: pl.DataFrame,
    rules: Mapping[str, CoverageRule],
    window_days: Sequence[int],
) -> CoverageSummary:
    """Count exceedances by scope and window and test the counts.

    Losses never net across accounts: at firm and member scope the account-days are counted and
    the shortfalls summed.

    Parameters
    ----------
    tested : polars.DataFrame
        Rows of `tested_rows.compare_every_basis`.
    members : polars.DataFrame
        account_id, member_id; may be empty.
    rules : mapping of str to CoverageRule
        By model_id.
    window_days : sequence of int
        Lengths of the rolling windows, in dates whose horizon has ended; the window of all days
        is always there.

    Returns
    -------
    CoverageSummary
        Sorted rows.
    """
    counted = pl.concat(
        [_count(_by_scope(cut_window(tested, days), members)) for days in (*window_days, None)]
    )
    counts = counted.with_columns(cs.categorical().cast(pl.String)).sort(_GROUP)
    targets = pl.DataFrame(
        {
            "model_id": list(rules),
            "target_pct": [rule.target_pct for rule in rules.values()],
        },
        schema={"model_id": pl.String, "target_pct": pl.Float64},
    )
    counts = counts.join(targets, on="model_id", how="left", maintain_order="left").rename(
        {"target_pct": "confidence_pct"}
    )
    return CoverageSummary(_describe(counts), _test(counts))


def _by_scope(tested: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    accounts = tested.filter(pl.col("scope") == "account")
    firm = accounts.with_columns(**name_scope(FIRM, FIRM))
    by_member = (
        accounts.join(
            members.with_columns(pl.col("account_id").cast(pl.Categorical)),
            on="account_id",
            how="inner",
            maintain_order="left",
        )
        .with_columns(**name_scope(MEMBER, pl.col("member_id")))
        .select(tested.columns)
    )
    return pl.concat([tested, firm, by_member])


def _count(window: pl.DataFrame) -> pl.DataFrame:
    observed = pl.col("status") == LossStatus.OBSERVED.value
    return window.group_by(_GROUP, maintain_order=True).agg(
        window_days=pl.col("business_date").filter(observed).n_unique().cast(pl.Int32),
        observations=observed.sum().cast(pl.Int64),
        exceedances=pl.col("exceeds").sum().cast(pl.Int64),
        largest_shortfall_amount=pl.col("shortfall").max(),
        total_shortfall_amount=pl.col("shortfall").sum(),
        pending_count=(pl.col("status") == LossStatus.PENDING.value).sum().cast(pl.Int64),
        missing_price_count=(pl.col("status") == LossStatus.MISSING_PRICE.value)
        .sum()
        .cast(pl.Int64),
    )


def _describe(counts: pl.DataFrame) -> pl.DataFrame:
    x, t = counts["exceedances"].to_numpy(), counts["observations"].to_numpy()
    confidence = counts["confidence_pct"].to_numpy() / 100.0
    interval = coverage_interval(x, t)
    zone = traffic_light_columns(x, t, confidence).zone
    known = t > 0
    return counts.with_columns(
        loss_basis=pl.lit("end"),
        expected_exceedances=pl.Series(t * (1.0 - confidence)),
        coverage_pct=_nullable(100.0 * interval.coverage, known),
        coverage_low_pct=_nullable(100.0 * interval.low, known),
        coverage_high_pct=_nullable(100.0 * interval.high, known),
        zone=pl.Series([ZONES[int(z)].value if z >= 0 else None for z in zone], dtype=pl.String),
    )


def _nullable(values: np.ndarray, known: np.ndarray) -> pl.Series:
    return pl.Series(np.where(known, values, np.nan), dtype=pl.Float64).fill_nan(None)


def _test(counts: pl.DataFrame) -> pl.DataFrame:
    x, t = counts["exceedances"].to_numpy(), counts["observations"].to_numpy()
    confidence = counts["confidence_pct"].to_numpy() / 100.0
    outcomes = (
        traffic_light_test_columns(x, t, confidence),
        kupiec_pof_columns(x, t, confidence),
        binomial_exact_columns(x, t, confidence),
    )
    keys = counts.select(
        *_GROUP, "window_days", "confidence_pct", "observations", "exceedances"
    ).with_columns(loss_basis=pl.lit("end"))
    return pl.concat([_rows(keys, columns) for columns in outcomes]).sort(*_GROUP, "test")


def _rows(keys: pl.DataFrame, columns: TestColumns) -> pl.DataFrame:
    return keys.with_columns(
        test=pl.lit(columns.specification.name),
        statistic=pl.Series(columns.statistic, dtype=pl.Float64).fill_nan(None),
        p_value=pl.Series(columns.p_value, dtype=pl.Float64).fill_nan(None),
        decision=pl.Series([DECISIONS[int(d)].value for d in columns.decision], dtype=pl.String),
        reason=pl.Series([columns.reasons[int(r)] for r in columns.reason], dtype=pl.String),
        account_id=pl.when(pl.col("scope").is_in([Level.ACCOUNT.value, HYPOTHETICAL])).then(
            pl.col("scope_id")
        ),
        degrees_of_freedom=pl.Series(columns.degrees_of_freedom).replace(0, None),
        estimate=pl.Series(columns.estimate, dtype=pl.Float64).fill_nan(None),
    )


def report_short_history(excluded: pl.DataFrame, target_pct: Mapping[str, float]) -> pl.DataFrame:
    """Return test rows that say why the core track of a model has nothing to test.

    Parameters
    ----------
    excluded : polars.DataFrame
        model_id, mpor_days, reason of models that have account-days but no margin.
    target_pct : mapping of str to float
        Coverage target by model_id.

    Returns
    -------
    polars.DataFrame
        One ``kupiec_pof`` row per model and horizon at firm scope, decision insufficient_data.
    """
    return excluded.select(
        "model_id",
        pl.lit(Track.CORE_MODEL.value).alias("track"),
        "mpor_days",
        pl.lit(MarginBasis.CAPPED.value).alias("margin_basis"),
        pl.lit(FIRM).alias("scope"),
        pl.lit(FIRM).alias("scope_id"),
        pl.lit(ALL_DAYS).alias("window_name"),
        pl.lit(0, dtype=pl.Int32).alias("window_days"),
        pl.col("model_id")
        .replace_strict(target_pct, return_dtype=pl.Float64)
        .alias("confidence_pct"),
        pl.lit(0, dtype=pl.Int64).alias("observations"),
        pl.lit(0, dtype=pl.Int64).alias("exceedances"),
        pl.lit("end").alias("loss_basis"),
        pl.lit("kupiec_pof").alias("test"),
        pl.lit(None, dtype=pl.Float64).alias("statistic"),
        pl.lit(None, dtype=pl.Float64).alias("p_value"),
        pl.lit(Decision.INSUFFICIENT_DATA.value).alias("decision"),
        "reason",
        pl.lit(None, dtype=pl.String).alias("account_id"),
        pl.lit(None, dtype=pl.Int64).alias("degrees_of_freedom"),
        pl.lit(None, dtype=pl.Float64).alias("estimate"),
    )
