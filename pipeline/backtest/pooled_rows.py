"""Coverage of pooled accounts as rows, with what shared days leave of it, and what it can show.

Rows of ``out_coverage_bootstrap`` and ``out_power``. The resampling belongs to `shared_days`, the
power to `power`.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipeline.backtest.block_bootstrap import (
    DEFAULT_REPLICATIONS,
    day_weights,
    default_block_days,
)
from pipeline.backtest.outcome import BoolArray, FloatArray
from pipeline.backtest.overlap import overlap_inflation
from pipeline.backtest.power import state_power
from pipeline.backtest.series_matrix import SeriesMatrix
from pipeline.backtest.series_tests import SEED, SeriesWindow
from pipeline.backtest.shared_days import bootstrap_pools, date_block_bootstrap
from pipeline.terms import FIRM, MEMBER, Level

_SERIES = ["model_id", "track", "mpor_days", "window_name", "margin_basis"]


def bootstrap_pooled_coverage(window: SeriesWindow, members: pl.DataFrame) -> pl.DataFrame:
    """Bracket coverage of the firm and of each member by resampling blocks of dates.

    Parameters
    ----------
    window : SeriesWindow
        Series of one horizon and window.
    members : polars.DataFrame
        account_id, member_id; may be empty.

    Returns
    -------
    polars.DataFrame
        Rows of ``out_coverage_bootstrap`` without as_of_date and provenance. Dates are those of
        the model and track; every pool of a model and track is resampled on the same dates.
    """
    accounts = window.series.select(_is_account(window.series))
    target = window.target_pct[_is_account(window.series)]
    drawn: dict[int, NDArray[np.float32]] = {}
    frames = []
    for calendar in np.unique(accounts.calendar):
        same = accounts.calendar == calendar
        own = accounts.select(same)
        days = accounts.ended[calendar]
        n_days = int(days.sum())
        block_days = default_block_days(n_days, window.mpor_days)
        if n_days not in drawn:
            drawn[n_days] = day_weights(n_days, block_days, DEFAULT_REPLICATIONS, SEED)
        frames.append(
            _bootstrap_calendar(
                own.keys,
                own.hits[:, days],
                own.observed[:, days],
                target[same],
                members,
                drawn[n_days],
                window,
            ).with_columns(
                block_days=pl.lit(block_days, dtype=pl.Int32),
                replications=pl.lit(DEFAULT_REPLICATIONS, dtype=pl.Int32),
            )
        )
    return pl.concat(frames)


def _bootstrap_calendar(
    keys: pl.DataFrame,
    hits: BoolArray,
    observed: BoolArray,
    target_pct: FloatArray,
    members: pl.DataFrame,
    weights: NDArray[np.float32],
    window: SeriesWindow,
) -> pl.DataFrame:
    """Return the rows of one model and track."""
    listed = keys.with_row_index("row").with_columns(
        pl.Series("confidence_pct", target_pct),
        window_name=pl.lit(window.window_name),
    )
    by_member = listed.join(members, on="account_id", how="inner", maintain_order="left")
    pooled = pl.concat(
        [
            listed.with_columns(pool=pl.lit(FIRM), pool_id=pl.lit(FIRM)),
            by_member.with_columns(pool=pl.lit(MEMBER), pool_id=pl.col("member_id")).drop(
                "member_id"
            ),
        ]
    )
    names = [*_SERIES, "confidence_pct", "pool", "pool_id"]
    pools = pooled.select(names).unique().sort(names)
    place = pooled.join(pools.with_row_index("place"), on=names, how="left", maintain_order="left")
    row, pool = place["row"].to_numpy(), place["place"].to_numpy()
    belongs = csr_array((np.ones(len(row)), (pool, row)), shape=(len(pools), len(keys)))
    coverage = bootstrap_pools(
        belongs @ hits.astype(np.float64), belongs @ observed.astype(np.float64), weights
    )
    any_wrong = np.full(len(pools), np.nan)
    for firm in np.flatnonzero(pools["pool"] == FIRM):
        rows = row[pool == firm]
        p_value = date_block_bootstrap(
            hits[rows],
            target_pct[rows] / 100.0,
            seed=SEED,
            observed=observed[rows],
            weights=weights,
        ).any_wrong_p_value
        any_wrong[firm] = np.nan if p_value is None else p_value
    share = 1.0 - coverage.exceedances / np.maximum(coverage.observations, 1)
    return pools.rename({"pool": "scope", "pool_id": "scope_id"}).with_columns(
        accounts=pl.Series(np.bincount(pool, minlength=len(pools)).astype(np.int64)),
        observations=pl.Series(coverage.observations),
        exceedances=pl.Series(coverage.exceedances),
        coverage_pct=_to_pct(np.where(coverage.observations > 0, share, np.nan)),
        coverage_low_pct=_to_pct(coverage.low),
        coverage_high_pct=_to_pct(coverage.high),
        variance_inflation=pl.Series(coverage.variance_inflation).fill_nan(None),
        effective_observations=pl.Series(coverage.effective_observations).fill_nan(None),
        any_wrong_p_value=pl.Series(any_wrong).fill_nan(None),
    )


def state_pooled_power(window: SeriesWindow, bootstrapped: pl.DataFrame) -> pl.DataFrame:
    """State what a window can show of one account, and of all accounts together.

    Parameters
    ----------
    window : SeriesWindow
        Series of one horizon and window.
    bootstrapped : polars.DataFrame
        Rows of `bootstrap_pooled_coverage` of the same window.

    Returns
    -------
    polars.DataFrame
        Rows of ``out_power`` without as_of_date and provenance: scope account, for an account
        observed on every date, and scope firm.

    Notes
    -----
    Effective observations of an account are its dates over the inflation of overlapping Gaussian
    losses. Those of the firm come from the bootstrap and are at most its account-days; where no
    exceedance lets them be estimated they are those of one account, the most cautious count.
    """
    dates = _count_dates(window.series)
    rows = []
    for firm in bootstrapped.filter(scope=FIRM).iter_rows(named=True):
        confidence = firm["confidence_pct"] / 100.0
        n_dates = dates[firm["model_id"], firm["track"]]
        inflation = overlap_inflation(window.mpor_days, confidence)
        of_account = float(inflation.effective_observations(n_dates))
        of_firm = firm["effective_observations"]
        of_firm = of_account if of_firm is None else min(of_firm, float(firm["observations"]))
        for scope, observations, effective in (
            (Level.ACCOUNT.value, n_dates, of_account),
            (FIRM, firm["observations"], of_firm),
        ):
            rows.append(
                {
                    **{name: firm[name] for name in (*_SERIES, "confidence_pct")},
                    "scope": scope,
                    "observations": observations,
                    **_state(effective, confidence),
                }
            )
    return pl.DataFrame(rows, schema_overrides={"mpor_days": pl.Int32})


def _state(effective: float, confidence: float) -> dict[str, float | int | bool | str | None]:
    statement = state_power(int(effective), confidence)
    detectable = statement.detectable_probability
    return {
        "effective_observations": effective,
        "critical_count": statement.critical_count,
        "size_pct": 100.0 * statement.size,
        "detectable_pct": None if detectable is None else 100.0 * detectable,
        "proven_at_best_pct": 100.0 * statement.proven_at_best,
        "is_lowest_conclusive": statement.lowest_conclusive,
        "power_pct": 100.0 * statement.power,
        "significance_pct": 100.0 * statement.significance,
        "sentence": statement.sentence,
    }


def _count_dates(series: SeriesMatrix) -> Mapping[tuple[str, str], int]:
    counts = series.ended.sum(axis=1)
    named = series.keys.with_columns(pl.Series("dates", counts[series.calendar]))
    return {
        (model_id, track): int(n)
        for model_id, track, n in named.select("model_id", "track", "dates").unique().iter_rows()
    }


def _is_account(series: SeriesMatrix) -> BoolArray:
    return (series.keys["scope"] == Level.ACCOUNT.value).to_numpy()


def _to_pct(shares: FloatArray) -> pl.Series:
    return pl.Series(100.0 * shares, dtype=pl.Float64).fill_nan(None)
