"""Filtered historical simulation: past returns rescaled to the volatility known at each date.

EWMA volatility of one-day returns and the rescaled shocks, vectorised over factors, scenarios and
dates. Which returns are scenarios, and what positions lose under them, belongs to `shocks` and
`risk_arrays`.

Formulas, with r_k the return of row k (from k - 1 to k) and lambda the decay::

    s_(k+1)^2 = lambda s_k^2 + (1 - lambda) r_k^2      forecast for k + 1, known at the end of k
    ratio_tk  = clip(max(s_(t+1), v) / max(s_(k-h+1), v), floor, cap)
    shock_tk  = R_k x ratio_tk

where R_k is the return over h rows ending at k, s_(k-h+1) the forecast made before that window
began, and v a least volatility. At date t only s_(t+1) and rows up to t enter: nothing after t is
used. The recursion starts at the mean square of the first ``warm_up`` returns; rows before have no
forecast. (J. Hull and A. White, Incorporating volatility updating into the historical simulation
method, Journal of Risk 1, 1998; the EWMA recursion as in RiskMetrics, 1996.)
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from pipeline.margin.checks import require, require_fraction
from pipeline.margin.market import IntArray
from pipeline.margin.pricing import Array


@dataclass(frozen=True)
class FilterParameters:
    """Parameters of the filter.

    Attributes
    ----------
    decay : float
        Lambda, between 0 and 1.
    warm_up : int
        Returns that start the recursion.
    ratio_floor, ratio_cap : float
        Bounds of the rescaling ratio; a floor of 1 never scales a stressed past down.
    minimum_volatility : float
        Least volatility in the ratio, per row; keeps a factor that did not move at a ratio of 1.
    """

    decay: float = 0.97
    warm_up: int = 20
    ratio_floor: float = 0.0
    ratio_cap: float = np.inf
    minimum_volatility: float = 1e-12

    def __post_init__(self) -> None:
        require_fraction("decay", self.decay)
        require(0.0 < self.decay < 1.0, "decay must lie strictly between 0 and 1")
        require(self.warm_up >= 1, "the warm-up must have at least one return")
        require(
            0.0 <= self.ratio_floor <= self.ratio_cap and self.ratio_cap > 0.0,
            "the ratio floor must not be negative nor above the cap",
        )
        require(self.minimum_volatility > 0.0, "the least volatility must be above zero")


def ewma_volatility(returns: Array, parameters: FilterParameters) -> Array:
    """Volatility forecast of every row, made at the end of the row before it.

    Parameters
    ----------
    returns : ndarray of shape (rows, factors)
        One-row returns; NaN where missing. A missing return leaves the forecast as it was.
    parameters : FilterParameters

    Returns
    -------
    ndarray of shape (rows + 1, factors)
        Row k is the forecast for row k; row t + 1 is the scale known at date t. NaN until
        ``warm_up`` returns are there.
    """
    rows, factors = returns.shape
    volatility = np.full((rows + 1, factors), np.nan)
    present = ~np.isnan(returns)
    complete = present.all(axis=0)
    if complete.any():
        volatility[:, complete] = _recursion(returns[:, complete], parameters)
    for j in np.flatnonzero(~complete):
        # The recursion runs over the returns there are; rows in between repeat the last forecast.
        known = _recursion(returns[present[:, j], j][:, None], parameters)[:, 0]
        volatility[:, j] = known[np.concatenate([[0], np.cumsum(present[:, j])])]
    return volatility


def _recursion(returns: Array, parameters: FilterParameters) -> Array:
    """Forecasts from returns without gaps, shape (rows + 1, factors)."""
    rows, factors = returns.shape
    volatility = np.full((rows + 1, factors), np.nan)
    warm_up = parameters.warm_up
    if rows < warm_up:
        return volatility
    squares = returns**2
    start = squares[:warm_up].mean(axis=0)
    volatility[warm_up] = np.sqrt(start)
    if rows > warm_up:
        variance, _ = lfilter(
            [1.0 - parameters.decay],
            [1.0, -parameters.decay],
            squares[warm_up:],
            axis=0,
            zi=(parameters.decay * start)[None, :],
        )
        volatility[warm_up + 1 :] = np.sqrt(variance)
    return volatility


def rescaling_ratios(
    volatility: Array,
    date_rows: IntArray,
    scenario_rows: IntArray,
    parameters: FilterParameters,
    horizon_rows: int = 1,
) -> Array:
    """Ratio of the scale known at each date to the scale before each scenario.

    Parameters
    ----------
    volatility : ndarray of shape (rows + 1, factors)
        From `ewma_volatility`.
    date_rows : ndarray of int64, shape (dates,)
        Row of each valuation date.
    scenario_rows : ndarray of int64, shape (dates, scenarios)
        Row at which each scenario's return ends, not after its date.
    parameters : FilterParameters
    horizon_rows : int
        Rows that a scenario's return spans.

    Returns
    -------
    ndarray of shape (dates, scenarios, factors)
        NaN where a forecast is missing: such a scenario has no scale and must be left out and
        counted, not used unscaled.

    Raises
    ------
    CheckFailed
        If a scenario ends after its date or begins before the first row.
    """
    require(
        bool((scenario_rows <= date_rows[:, None]).all()),
        "a scenario ends after its valuation date",
    )
    begin = scenario_rows - horizon_rows + 1
    require(bool((begin >= 0).all()), "a scenario begins before the first return")
    least = parameters.minimum_volatility
    now = np.maximum(volatility[date_rows + 1], least)[:, None, :]
    then = np.maximum(volatility[begin], least)
    return np.asarray(np.clip(now / then, parameters.ratio_floor, parameters.ratio_cap))


def filtered_shocks(
    scenario_returns: Array,
    volatility: Array,
    date_rows: IntArray,
    scenario_rows: IntArray,
    parameters: FilterParameters,
    horizon_rows: int = 1,
) -> Array:
    """Rescaled shocks of many dates at once.

    Parameters
    ----------
    scenario_returns : ndarray of shape (rows, factors)
        Returns over ``horizon_rows`` rows ending at each row; NaN where missing.
    volatility, date_rows, scenario_rows, parameters, horizon_rows
        As in `rescaling_ratios`.

    Returns
    -------
    ndarray of shape (dates, scenarios, factors)
        NaN where the return or its scale is missing. Callers with many dates pass them in blocks:
        the result holds dates x scenarios x factors numbers.
    """
    ratio = rescaling_ratios(volatility, date_rows, scenario_rows, parameters, horizon_rows)
    return np.asarray(scenario_returns[scenario_rows] * ratio)


def window_rows(date_rows: IntArray, scenarios: int) -> IntArray:
    """Rows of the last ``scenarios`` returns up to and including each date.

    Parameters
    ----------
    date_rows : ndarray of int64, shape (dates,)
    scenarios : int
        At least 1, and no more than rows there are up to the first date.

    Returns
    -------
    ndarray of int64, shape (dates, scenarios)
        Oldest first.
    """
    require(scenarios >= 1, "a window needs at least one scenario")
    rows = date_rows[:, None] + np.arange(1 - scenarios, 1)
    require(bool((rows >= 0).all()), f"a window of {scenarios} returns begins before the first row")
    return rows.astype(np.int64)
