"""Constant maturities of a futures curve: moves at a fixed time to expiry, of the same contracts.

The value at maturity m is interpolated between the two contracts that expire around it; the move
over a horizon follows these two contracts with the weights of its beginning, so that neither a roll
nor the passing of time is a move. Nearby contracts belong to `risk_factors`.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.margin.market import FloatArray, IntArray


def constant_maturity_moves(
    price: FloatArray,
    settled: FloatArray,
    expiry: NDArray[np.datetime64],
    dates: NDArray[np.datetime64],
    maturity_days: tuple[int, ...],
    mpor_days: int,
) -> tuple[FloatArray, FloatArray]:
    """Return start and end value of the moves at each maturity.

    With contracts a and b that expire d_a <= m < d_b days after the start date s, and the weight
    w = (m - d_a) / (d_b - d_a)::

        start = (1 - w) P_a(s) + w P_b(s)
        end   = (1 - w) P_a(s + h) + w P_b(s + h)

    Where only one of the two is listed with a price at the start it is taken alone. A contract that
    expires inside the horizon ends at its settlement.

    Parameters
    ----------
    price, settled : ndarray of shape (n_dates, n_contracts)
        Prices as they are, and with expired contracts at their settlement; contracts by expiry.
    expiry : ndarray of datetime64[D], shape (n_contracts,)
        Ascending.
    dates : ndarray of datetime64[D], shape (n_dates,)
        The calendar.
    maturity_days : tuple of int
        Maturities in calendar days.
    mpor_days : int
        Length of a move in dates.

    Returns
    -------
    start, end : ndarray of shape (n_maturities, n_dates)
        At the date on which the move ends; NaN where a price is missing.
    """
    n_dates, n_contracts = price.shape
    maturities = np.asarray(maturity_days, dtype=np.int64)
    start = np.full((len(maturities), n_dates), np.nan)
    end = np.full_like(start, np.nan)
    begins = np.arange(max(n_dates - mpor_days, 0))
    if not n_contracts or not len(begins):
        return start, end
    days = (expiry[None, :] - dates[begins, None]).astype(np.float64)
    alive = (days >= 0) & ~np.isnan(price[begins])
    # Contracts without a price at the start are no neighbours: they sort beyond both ends.
    place = np.arange(n_contracts)
    for number, maturity in enumerate(maturities):  # a handful of maturities, never of dates
        before = np.where(alive & (days <= maturity), place, -1).max(axis=1)
        after = np.where(alive & (days > maturity), place, n_contracts).min(axis=1)
        has_before, has_after = before >= 0, after < n_contracts
        first = np.where(has_before, before, after)
        second = np.where(has_after, after, before)
        known = has_before | has_after
        rows, a, b = begins[known], first[known], second[known]
        gap = days[known, b] - days[known, a]
        weight = np.divide(maturity - days[known, a], gap, out=np.zeros(len(rows)), where=gap > 0)
        ends = rows + mpor_days
        start[number, ends] = (1.0 - weight) * price[rows, a] + weight * price[rows, b]
        end[number, ends] = (1.0 - weight) * settled[ends, a] + weight * settled[ends, b]
    return start, end


def nearest_maturity(
    expiry: NDArray[np.datetime64],
    dates: NDArray[np.datetime64],
    maturity_days: tuple[int, ...],
) -> IntArray:
    """Return, for each date and contract, the number of the maturity nearest to its expiry.

    Parameters
    ----------
    expiry : ndarray of datetime64[D], shape (n_contracts,)
        Expiry dates.
    dates : ndarray of datetime64[D], shape (n_dates,)
        The calendar.
    maturity_days : tuple of int
        Ascending maturities in calendar days.

    Returns
    -------
    ndarray of int64, shape (n_dates, n_contracts)
        -1 once expired; half-way between two the shorter one.
    """
    days = (expiry[None, :] - dates[:, None]).astype(np.int64)
    maturities = np.asarray(maturity_days, dtype=np.float64)
    middles = 0.5 * (maturities[1:] + maturities[:-1])
    nearest = np.searchsorted(middles, days.astype(np.float64), side="left")
    return np.where(days >= 0, nearest, -1).astype(np.int64)
