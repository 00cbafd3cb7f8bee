"""Tests of every series of exceedances as rows of ``out_coverage_tests``.

Here the battery meets the rows: all tests on accounts and their products, and for horizons over
one day the same tests corrected for overlap. Counts over pooled scopes belong to
`coverage_summary`, conclusions over many accounts to `many_accounts`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipeline.backtest.battery import Battery, run_battery
from pipeline.backtest.outcome import FloatArray, IntArray
from pipeline.backtest.overlap_comparison import compare_overlap
from pipeline.backtest.series_matrix import SERIES_KEY, SeriesMatrix, arrange_series
from pipeline.backtest.tested_rows import ALL_DAYS, CoverageRule, map_names, name_window
from pipeline.terms import Level, MarginBasis

SIGNIFICANCE = 0.05
"""Level of every test."""
SEED = 153
"""Seed of every simulation and resampling that the job does: fixed, so that the same inputs give
the same p-values. Any number would do."""


_COUNTED_ONLY = [MarginBasis.STANDALONE.value, MarginBasis.NETTED.value]


@dataclass(frozen=True)
class SeriesWindow:
    """The series of one horizon in one window.

    Attributes
    ----------
    window_name : str
        Name of the window.
    mpor_days : int
        Horizon.
    series : SeriesMatrix
        Series with at least one observation in the window.
    target_pct : float array of shape (n_series,)
        Coverage target of each series in per cent.
    """

    window_name: str
    mpor_days: int
    series: SeriesMatrix
    target_pct: FloatArray

    @property
    def confidence(self) -> FloatArray:
        """Coverage targets as fractions."""
        return self.target_pct / 100.0


def cut_series(
    tested: pl.DataFrame,
    rules: Mapping[str, CoverageRule],
    window_days: Sequence[int],
) -> list[SeriesWindow]:
    """Arrange the series of every horizon and window.

    Parameters
    ----------
    tested : polars.DataFrame
        Rows of `tested_rows.compare_every_basis`.
    rules : mapping of str to CoverageRule
        By model_id.
    window_days : sequence of int
        Lengths of the rolling windows; the window of all days is always there.

    Returns
    -------
    list of SeriesWindow
        By horizon, then window; those without a series are left out.
    """
    targets = {model: rule.target_pct for model, rule in rules.items()}
    windows = []
    for mpor_days in tested["mpor_days"].unique().sort():
        matrix = arrange_series(tested.filter(pl.col("mpor_days") == mpor_days))
        for days in (*window_days, None):
            cut = matrix.cut(days)
            if not len(cut.keys):
                continue
            target_pct = map_names(cut.keys["model_id"], targets)
            windows.append(SeriesWindow(name_window(days), int(mpor_days), cut, target_pct))
    return windows


def run_series_tests(windows: Sequence[SeriesWindow]) -> pl.DataFrame:
    """Run every test on every series.

    Parameters
    ----------
    windows : sequence of SeriesWindow
        Result of `cut_series`.

    Returns
    -------
    polars.DataFrame
        Rows of ``out_coverage_tests`` without as_of_date and provenance, sorted; no columns where
        there is no series.

    Notes
    -----
    Only what somebody reads is tested: accounts and hypothetical portfolios under the capped margin
    or the one in force, and products of an account over all days at the model's shortest horizon.
    Other margins and horizons of them are counted in the coverage.

    One pass over a matrix for each horizon and window. Corrections for overlap take one confidence
    at a time, so that series of equal target share the simulated perfect models.
    """
    frames = []
    shortest = _find_shortest_horizons(windows)
    for whole in windows:
        window = _keep_read(whole, shortest)
        series = window.series
        if not len(series.keys):
            continue
        battery = run_battery(
            series.hits, window.confidence, observed=series.observed, margin=series.margin
        )
        frames.append(_arrange(battery, window, np.arange(len(series.keys))))
        if window.mpor_days > 1:
            frames.extend(_correct_overlap(window))
    if not frames:
        return pl.DataFrame()
    return pl.concat(frames).sort(*SERIES_KEY, "window_name", "test")


def _find_shortest_horizons(windows: Sequence[SeriesWindow]) -> dict[str, int]:
    shortest: dict[str, int] = {}
    for window in windows:
        for model_id in window.series.keys["model_id"].unique():
            shortest[model_id] = min(shortest.get(model_id, window.mpor_days), window.mpor_days)
    return shortest


def _keep_read(window: SeriesWindow, shortest: Mapping[str, int]) -> SeriesWindow:
    """Leave out the series whose tests nobody reads."""
    keys = window.series.keys
    is_tested = ~keys["margin_basis"].is_in(_COUNTED_ONLY)
    if len(keys):
        at_shortest = keys["model_id"].replace_strict(shortest) == window.mpor_days
        if window.window_name != ALL_DAYS:
            at_shortest &= False
        is_tested &= (keys["scope"] != Level.PRODUCT.value) | at_shortest
    kept = is_tested.to_numpy()
    return replace(window, series=window.series.select(kept), target_pct=window.target_pct[kept])


def _correct_overlap(window: SeriesWindow) -> Iterator[pl.DataFrame]:
    """Yield the tests corrected for overlap: phases, simulated law, bootstrap, inflated z."""
    for target_pct in np.unique(window.target_pct):
        same = window.target_pct == target_pct
        series = window.series.select(same)
        compared = compare_overlap(
            series.hits,
            float(target_pct) / 100.0,
            window.mpor_days,
            seed=SEED,
            observed=series.observed,
        )
        corrected = Battery((*compared.phases, *compared.simulated)).joined_with(
            compared.bootstrap.test, compared.overlap_z
        )
        yield _arrange(corrected, window, np.flatnonzero(same))


def _arrange(battery: Battery, window: SeriesWindow, rows: IntArray) -> pl.DataFrame:
    """Lay a battery out as rows; ``rows`` are the places of its series in the window."""
    frame = battery.frame()
    place = pl.Series(rows).gather(frame["series"])
    named = window.series.keys.select(pl.all().gather(place))
    return pl.concat(
        [
            named,
            frame.select(
                pl.lit(window.window_name).alias("window_name"),
                pl.col("observations").cast(pl.Int32).alias("window_days"),
                pl.Series("confidence_pct", window.target_pct).gather(place),
                pl.lit("end").alias("loss_basis"),
                pl.all().exclude("series"),
            ),
        ],
        how="horizontal",
    )
