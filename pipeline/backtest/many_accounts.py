"""What all accounts together say, as rows: adjusted tests, false alarms, shared days, power.

Rows of ``out_multiple_tests`` and ``out_false_alarms`` are made here, those of
``out_coverage_bootstrap`` and ``out_power`` in `pooled_rows`. A test of one account belongs to
`series_tests`, the methods to `multiplicity`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.backtest.counts import binomial_upper_tail
from pipeline.backtest.multiplicity import UpperTail, adjust_p_values, expected_false_alarms
from pipeline.backtest.outcome import FloatArray, IntArray
from pipeline.backtest.pooled_rows import bootstrap_pooled_coverage, state_pooled_power
from pipeline.backtest.power import critical_count
from pipeline.backtest.series_tests import SEED, SIGNIFICANCE, SeriesWindow
from pipeline.backtest.simulated_null import simulate_exceedances
from pipeline.backtest.traffic_light import cut_offs
from pipeline.terms import Decision, Level

ADJUSTED_TESTS = (
    "binomial_exact",
    "christoffersen_independence_exact",
    "christoffersen_conditional_coverage_exact",
)
"""Tests adjusted for the number of accounts at a horizon of one day: those with an exact law."""
ADJUSTED_OVERLAP_TESTS = (
    "binomial_z_overlap",
    "christoffersen_independence_simulated",
    "christoffersen_conditional_coverage_simulated",
)
"""The same questions at longer horizons, by tests that allow for overlap."""

_POOL = ["model_id", "track", "mpor_days", "margin_basis"]
_FAMILY = ["model_id", "track", "mpor_days", "window_name", "margin_basis", "test"]
_SIMULATED_HISTORIES = 10_000
_BATCH = 1_000


@dataclass(frozen=True)
class ManyAccounts:
    """What all accounts together say; each frame without as_of_date and provenance.

    Attributes
    ----------
    multiple_tests : polars.DataFrame
        Rows of ``out_multiple_tests``.
    false_alarms : polars.DataFrame
        Rows of ``out_false_alarms``.
    coverage_bootstrap : polars.DataFrame
        Rows of ``out_coverage_bootstrap``.
    power : polars.DataFrame
        Rows of ``out_power``.
    """

    multiple_tests: pl.DataFrame
    false_alarms: pl.DataFrame
    coverage_bootstrap: pl.DataFrame
    power: pl.DataFrame


def judge_many_accounts(
    windows: Sequence[SeriesWindow], tests: pl.DataFrame, members: pl.DataFrame
) -> ManyAccounts:
    """Judge all accounts together.

    Parameters
    ----------
    windows : sequence of SeriesWindow
        Result of `series_tests.cut_series`, at least one.
    tests : polars.DataFrame
        Result of `series_tests.run_series_tests` on them.
    members : polars.DataFrame
        account_id, member_id; may be empty.
    """
    bootstrapped = [bootstrap_pooled_coverage(window, members) for window in windows]
    return ManyAccounts(
        multiple_tests=adjust_account_tests(tests),
        false_alarms=count_alarms(windows),
        coverage_bootstrap=pl.concat(bootstrapped),
        power=pl.concat(
            [
                state_pooled_power(window, rows)
                for window, rows in zip(windows, bootstrapped, strict=True)
            ],
            how="vertical_relaxed",
        ),
    )


def adjust_account_tests(tests: pl.DataFrame, scope: str = Level.ACCOUNT.value) -> pl.DataFrame:
    """Adjust the tests of the accounts for the number of accounts.

    Parameters
    ----------
    tests : polars.DataFrame
        Result of `series_tests.run_series_tests`.
    scope : str
        Scope whose series form the families: accounts, or hypothetical portfolios.

    Returns
    -------
    polars.DataFrame
        One row for each account and adjusted test. A family is the accounts of one model, track,
        horizon, window and margin basis under one test; accounts with insufficient data are in no
        family and have nulls. The p-value is 1 where the test rejects because margin is too high.
    """
    overlapping = pl.col("mpor_days") > 1
    chosen = tests.filter(
        (pl.col("scope") == scope)
        & pl.when(overlapping)
        .then(pl.col("test").is_in(ADJUSTED_OVERLAP_TESTS))
        .otherwise(pl.col("test").is_in(ADJUSTED_TESTS))
    )
    families = chosen.sort(*_FAMILY, "scope_id").partition_by(_FAMILY, maintain_order=True)
    return pl.concat([_adjust_family(family) for family in families])


def _adjust_family(family: pl.DataFrame) -> pl.DataFrame:
    p_value = family["p_value"].fill_null(np.nan).to_numpy()
    harmless = (family["decision"] != Decision.REJECT.value).to_numpy() & (p_value < SIGNIFICANCE)
    adjusted = adjust_p_values(p_value, harmless)
    return family.select(
        *_FAMILY,
        "scope",
        "scope_id",
        "observations",
        "exceedances",
        tested_accounts=pl.lit(int(np.isfinite(p_value).sum()), dtype=pl.Int64),
        p_value=pl.Series(adjusted.p_value).fill_nan(None),
        holm_p_value=pl.Series(adjusted.holm).fill_nan(None),
        benjamini_hochberg_p_value=pl.Series(adjusted.benjamini_hochberg).fill_nan(None),
        benjamini_yekutieli_p_value=pl.Series(adjusted.benjamini_yekutieli).fill_nan(None),
    )


def count_alarms(windows: Sequence[SeriesWindow]) -> pl.DataFrame:
    """Count the accounts that alarm, beside those that chance alone would let alarm.

    Parameters
    ----------
    windows : sequence of SeriesWindow
        Result of `series_tests.cut_series`, at least one.

    Returns
    -------
    polars.DataFrame
        Rows of ``out_false_alarms``: one for each model, track, horizon, window and margin basis.

    Notes
    -----
    The law of one account's count under a correct model is binomial at a horizon of one day and
    simulated, with overlapping Gaussian losses, at longer ones.
    """
    longest: dict[int, int] = {}
    for window in windows:
        n_days = window.series.observed.shape[1]
        longest[window.mpor_days] = max(longest.get(window.mpor_days, 0), n_days)
    laws: dict[tuple[int, float], UpperTail] = {}
    rows = []
    for window in windows:
        for group in (
            window.series.keys.with_row_index("row")
            .filter(scope=Level.ACCOUNT.value)
            .partition_by(_POOL, maintain_order=True)
        ):
            row = group["row"].to_numpy()
            mpor_days, confidence = window.mpor_days, float(window.confidence[row[0]])
            if (mpor_days, confidence) not in laws:
                laws[mpor_days, confidence] = (
                    binomial_upper_tail
                    if mpor_days == 1
                    else _simulate_upper_tail(longest[mpor_days], confidence, mpor_days)
                )
            rows.append(
                {
                    **group.select(_POOL).row(0, named=True),
                    "window_name": window.window_name,
                    **_count_pool(
                        window.series.hits[row].sum(axis=1, dtype=np.int64),
                        window.series.observed[row].sum(axis=1, dtype=np.int64),
                        confidence,
                        laws[mpor_days, confidence],
                    ),
                }
            )
    return pl.DataFrame(rows, schema_overrides={"mpor_days": pl.Int32})


def _count_pool(
    exceedances: IntArray, observations: IntArray, confidence: float, law: UpperTail
) -> dict[str, float | int]:
    expected = expected_false_alarms(observations, confidence, SIGNIFICANCE, law)
    green, yellow = cut_offs(observations, confidence)
    critical = critical_count(observations, confidence, SIGNIFICANCE)
    return {
        "accounts": expected.accounts,
        "yellow_or_red_accounts": int((exceedances > green).sum()),
        "expected_yellow_or_red_accounts": expected.yellow_or_red,
        "red_accounts": int((exceedances > yellow).sum()),
        "expected_red_accounts": expected.red,
        "rejected_accounts": int((exceedances >= critical).sum()),
        "expected_rejected_accounts": expected.rejected,
        "expected_rejected_low": expected.rejected_low,
        "expected_rejected_high": expected.rejected_high,
        "significance_pct": 100.0 * SIGNIFICANCE,
    }


def _simulate_upper_tail(longest: int, confidence: float, horizon_days: int) -> UpperTail:
    """Return the law of the exceedance count of a perfect model whose losses overlap.

    Histories are simulated once at the greatest length; shorter ones are their beginnings.
    """
    counts = np.concatenate(
        [
            np.cumsum(
                simulate_exceedances(
                    _BATCH, longest, confidence, seed=SEED + batch, horizon_days=horizon_days
                ),
                axis=1,
                dtype=np.int32,
            )
            for batch in range(_SIMULATED_HISTORIES // _BATCH)
        ]
    )

    def upper_tail(least: IntArray, observations: IntArray, _p: FloatArray) -> FloatArray:
        pairs, inverse = np.unique(np.stack((least, observations)), axis=1, return_inverse=True)
        share = [float((counts[:, t - 1] >= c).mean()) for c, t in pairs.T]
        return np.array(share)[inverse.reshape(-1)]

    return upper_tail
