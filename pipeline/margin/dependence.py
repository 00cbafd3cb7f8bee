"""Gate of offset groups: dependence must be strong in the lookback and in the stress period.

Delegated Regulation (EU) 153/2013, Art. 27(1) and (2), allows offsets between instruments whose
price risk is significantly and reliably correlated, or linked by an equivalent statistic of
dependence, over the lookback period and under stress. The threshold is a parameter; the credit
itself belongs to the netting tree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from pipeline.margin.checks import require, require_fraction
from pipeline.margin.pricing import Array

DependenceMethod = Literal["pearson", "spearman"]


@dataclass(frozen=True)
class PeriodDependence:
    """Dependence within one group over one period.

    Attributes
    ----------
    observations : int
        Rows on which every factor of the group has a return.
    missing : int
        Rows left out because a return is missing.
    least_dependence : float or None
        Smallest absolute pairwise dependence; None where it does not exist.
    weakest_pair : tuple of str or None
        The two factors it belongs to.
    reason : str
        Why it does not exist; empty otherwise.
    """

    observations: int
    missing: int
    least_dependence: float | None
    weakest_pair: tuple[str, str] | None
    reason: str


@dataclass(frozen=True)
class GroupGate:
    """Whether an offset group counts, and the values behind it.

    Attributes
    ----------
    group : str
    method : {"pearson", "spearman"}
    threshold : float
    lookback, stress : PeriodDependence
    sign_changes : int or None
        Pairs whose dependence has opposite signs in the two periods; None where a period has none.
    counts : bool
        True only while the group may earn offset credit.
    reason : str
        Why it does not count; empty where it counts.
    """

    group: str
    method: DependenceMethod
    threshold: float
    lookback: PeriodDependence
    stress: PeriodDependence
    sign_changes: int | None
    counts: bool
    reason: str


def dependence_matrix(returns: Array, method: DependenceMethod) -> Array:
    """Pairwise dependence of columns.

    Pearson's product-moment correlation, or the same of mid-ranks (Spearman).

    Parameters
    ----------
    returns : ndarray of shape (observations, factors)
        Without missing values, at least two rows.
    method : {"pearson", "spearman"}

    Returns
    -------
    ndarray of shape (factors, factors)
        NaN in the rows and columns of factors that do not vary.
    """
    values = rankdata(returns, axis=0) if method == "spearman" else returns
    # A constant column may leave rounding noise around its mean; it is recognised exactly here.
    varies = np.ptp(returns, axis=0) > 0.0
    centred = values - values.mean(axis=0)
    scale = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, scale, out=np.full_like(centred, np.nan), where=varies & (scale > 0))
    return np.asarray(np.clip(unit.T @ unit, -1.0, 1.0))


def gate_offset_groups(
    returns: Array,
    factor_ids: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    lookback: NDArray[np.bool_],
    stress: NDArray[np.bool_],
    threshold: float,
    method: DependenceMethod = "pearson",
    minimum_observations: int = 30,
) -> tuple[GroupGate, ...]:
    """Decide for each offset group whether it counts.

    A group counts only while, in the lookback period and in the stress period alike, the smallest
    absolute pairwise dependence of its factors is above the threshold and no pair changes its sign
    between the periods (a hedge that turns into a doubling is not reliable however strong).

    Parameters
    ----------
    returns : ndarray of shape (dates, factors)
        Returns up to the date of the decision; NaN where missing. Rows with a missing return of a
        group's factor are left out for that group and counted.
    factor_ids : sequence of str
        Names of the columns.
    groups : mapping of str to sequence of str
        Factors of each offset group.
    lookback, stress : ndarray of bool, shape (dates,)
        Rows of each period; they may overlap.
    threshold : float
        0 to 1.
    method : {"pearson", "spearman"}
    minimum_observations : int
        Fewer complete rows in a period than this and the group does not count.

    Returns
    -------
    tuple of GroupGate
        In the order of ``groups``. A group with fewer than two factors has nothing to offset
        between and does not count.

    Raises
    ------
    CheckFailed
        If a group names a factor without a column, or the threshold is out of range.
    """
    require_fraction("dependence threshold", threshold)
    require(minimum_observations >= 3, "a dependence needs at least three observations")
    column = {name: i for i, name in enumerate(factor_ids)}
    gates = []
    for group, factors in groups.items():
        unknown = sorted(set(factors) - set(column))
        require(not unknown, f"offset group {group} names factors without returns: {unknown}")
        names = sorted(set(factors))
        held = returns[:, [column[name] for name in names]]
        periods, signs = [], []
        for rows in (lookback, stress):
            period, matrix = _measure(held[rows], names, method, minimum_observations)
            periods.append(period)
            signs.append(np.sign(matrix))
        missing = any(period.least_dependence is None for period in periods)
        changes = None if missing else int(np.count_nonzero(signs[0] * signs[1] < 0)) // 2
        reason = _reason(periods, changes, threshold)
        gates.append(
            GroupGate(group, method, threshold, periods[0], periods[1], changes, not reason, reason)
        )
    return tuple(gates)


def _measure(
    returns: Array, names: Sequence[str], method: DependenceMethod, minimum_observations: int
) -> tuple[PeriodDependence, Array]:
    complete = returns[np.isfinite(returns).all(axis=1)]
    observations, missing = len(complete), len(returns) - len(complete)
    none = np.full((len(names), len(names)), np.nan)
    if len(names) < 2:
        return PeriodDependence(observations, missing, None, None, "fewer than two factors"), none
    if observations < minimum_observations:
        reason = f"{observations} complete observations, {minimum_observations} needed"
        return PeriodDependence(observations, missing, None, None, reason), none
    matrix = dependence_matrix(complete, method)
    first, second = np.triu_indices(len(names), k=1)
    pairs = np.abs(matrix[first, second])
    if np.isnan(pairs).any():
        still = [name for name, v in zip(names, np.diag(matrix), strict=True) if np.isnan(v)]
        reason = f"no variation in {', '.join(still)}"
        return PeriodDependence(observations, missing, None, None, reason), none
    weakest = int(pairs.argmin())
    pair = (names[first[weakest]], names[second[weakest]])
    return PeriodDependence(observations, missing, float(pairs[weakest]), pair, ""), matrix


def _reason(periods: Sequence[PeriodDependence], changes: int | None, threshold: float) -> str:
    for name, period in zip(("lookback", "stress period"), periods, strict=True):
        if period.least_dependence is None:
            return f"{name}: {period.reason}"
        if period.least_dependence <= threshold:
            return (
                f"{name}: least dependence {period.least_dependence:.4f} is not above {threshold:g}"
            )
    if changes:
        return f"{changes} of the pairs change sign between lookback and stress period"
    return ""
