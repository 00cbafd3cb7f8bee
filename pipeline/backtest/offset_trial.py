"""The offset on trial: which exceedances netting and the cap account for, and what cap would hold.

Classes of exceedances, the cap sweep and the largest cap that keeps the target. How dependence
changed on a day of loss belongs to `dependence`; comparing losses with margins in the warehouse to
`exceedances`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.backtest.intervals import CoverageInterval, coverage_interval
from pipeline.backtest.outcome import BoolArray, FloatArray, IntArray
from pipeline.errors import WrongUse
from pipeline.margin.cap import cap_offset_credit
from pipeline.terms import ExceedanceClass

CLASSES: tuple[ExceedanceClass | None, ...] = (None, *ExceedanceClass)
"""Meaning of a class code; code 0 is "no class"."""
_CODE = {name: code for code, name in enumerate(CLASSES)}


def capped_margin(standalone: ArrayLike, netted: ArrayLike, cap: ArrayLike) -> FloatArray:
    """Return the margin after the cap on offset credit.

    Parameters
    ----------
    standalone, netted : array_like
        Margin without and with offsets.
    cap : array_like
        Largest share of the offset credit that is allowed, 0 to 1.

    Notes
    -----
    The formula of the margin engine, with standalone as the base of the cap.
    """
    share = np.asarray(cap, dtype=np.float64)
    if not bool(np.all((share >= 0.0) & (share <= 1.0))):
        raise WrongUse("The cap on offset credit must lie between 0 and 1.")
    return cap_offset_credit(np.asarray(standalone), np.asarray(netted), share)


def is_exceedance(loss: ArrayLike, margin: ArrayLike, tolerance: ArrayLike = 0.0) -> BoolArray:
    """Tell whether a loss exceeds a margin: strictly more than margin plus tolerance.

    Parameters
    ----------
    loss, margin : array_like
        Loss, positive when money is lost, and margin in the same currency. NaN is never an
        exceedance; the caller counts it as not observed.
    tolerance : array_like
        Tolerance in the same currency, at least 0.
    """
    exceeded: BoolArray = np.asarray(loss) > np.asarray(margin) + np.asarray(tolerance)
    return exceeded


@dataclass(frozen=True)
class Classification:
    """Exceedances and their classes, arrays of the shape of the losses.

    Attributes
    ----------
    observed : bool array
        True where the loss and the tested margin are known; in the core-model track every margin
        must be.
    is_exceedance : bool array
        True where the loss exceeds the tested margin.
    exceedance_class : int8 array
        Index into `CLASSES`.
    shortfall : float array
        Loss less tested margin on exceedances, else 0.
    """

    observed: BoolArray
    is_exceedance: BoolArray
    exceedance_class: NDArray[np.int8]
    shortfall: FloatArray

    def count(self, exceedance_class: ExceedanceClass) -> int:
        """Return how many days have the class.

        Parameters
        ----------
        exceedance_class : ExceedanceClass
            The class to count.
        """
        return int((self.exceedance_class == _CODE[exceedance_class]).sum())


def classify(
    loss: ArrayLike,
    standalone: ArrayLike,
    netted: ArrayLike,
    capped: ArrayLike,
    *,
    tolerance: float = 0.0,
    addon: ArrayLike = 0.0,
    called: ArrayLike | None = None,
) -> Classification:
    """Say of each day whether the margin held, and what would have covered the loss.

    Parameters
    ----------
    loss : array_like
        Loss at the end of the horizon; NaN where pending or missing.
    standalone, netted, capped : array_like of the same shape
        Margin without offsets, with offsets, and with offsets under the cap in force.
    tolerance : float
        One tolerance for every comparison.
    addon : array_like
        Add-ons counted in (adequacy track); 0 in the core-model track.
    called : array_like, optional
        Margin really in force (adequacy track). It is tested instead of the capped margin and
        holds its own add-ons.

    Returns
    -------
    Classification
        Class on every day on which the loss exceeds the netted margin: ``capped`` where the
        capped margin holds, ``offset`` where it fails and the standalone one holds, ``model``
        where that fails too. ``called`` where the recomputed (capped) margin holds and the called
        one fails. Where a recomputed margin is unknown nothing tells what would have covered the
        loss, so there is no class; the called margin is tested all the same.
    """
    values = np.asarray(loss, dtype=np.float64)
    extra = np.asarray(addon, dtype=np.float64)
    margins = [np.asarray(m, dtype=np.float64) + extra for m in (netted, capped, standalone)]
    tested = margins[1] if called is None else np.asarray(called, dtype=np.float64)
    recomputed = np.isfinite(margins[0]) & np.isfinite(margins[1]) & np.isfinite(margins[2])
    observed = np.isfinite(values) & np.isfinite(tested)
    if called is None:
        observed = observed & recomputed
    over_netted, over_capped, over_standalone = (
        is_exceedance(values, margin, tolerance) for margin in margins
    )
    exceeded = observed & is_exceedance(values, tested, tolerance)
    code = np.select(
        [
            ~(observed & recomputed),
            exceeded & ~over_capped,
            ~over_netted,
            ~over_capped,
            ~over_standalone,
        ],
        [
            _CODE[None],
            _CODE[ExceedanceClass.CALLED],
            _CODE[None],
            _CODE[ExceedanceClass.CAPPED],
            _CODE[ExceedanceClass.OFFSET],
        ],
        default=_CODE[ExceedanceClass.MODEL],
    )
    return Classification(
        observed=observed,
        is_exceedance=exceeded,
        exceedance_class=code.astype(np.int8),
        shortfall=np.where(exceeded, values - np.where(observed, tested, 0.0), 0.0),
    )


@dataclass(frozen=True)
class CapSweep:
    """Counterfactual results at every cap, arrays of shape (n_caps, n_groups).

    Attributes
    ----------
    caps : float array of shape (n_caps,)
        Caps, ascending.
    observations : int64 array of shape (n_groups,)
        Observed days.
    exceedances : int64 array
        Days on which the loss exceeds the margin at that cap; never falls as the cap rises.
    shortfall_amount : float array
        Sum of what those losses exceed the margin by.
    margin_amount : float array
        Average margin over observed days; 0 where there is none.
    coverage : CoverageInterval
        Coverage with its Clopper-Pearson interval, arrays of the same shape.
    """

    caps: FloatArray
    observations: IntArray
    exceedances: IntArray
    shortfall_amount: FloatArray
    margin_amount: FloatArray
    coverage: CoverageInterval


def sweep_cap(
    loss: ArrayLike,
    standalone: ArrayLike,
    netted: ArrayLike,
    *,
    tolerance: float = 0.0,
    caps: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    level: float = 0.95,
) -> CapSweep:
    """Recompute exceedances, shortfall and margin at caps from 0 to 1.

    Parameters
    ----------
    loss, standalone, netted : array_like of shape (n_rows,)
        One account-day a row; rows with NaN are left out.
    tolerance : float
        Tolerance of the comparison.
    caps : array_like, optional
        Caps to look at; 0, 0.01, .. 1 by default.
    groups : array_like of int, shape (n_rows,), optional
        Group (account, member, model) of each row, numbered from 0; one group by default.
    level : float
        Confidence of the coverage interval.
    """
    grid = np.linspace(0.0, 1.0, 101) if caps is None else np.sort(np.asarray(caps, np.float64))
    values, alone, net = (
        np.asarray(a, dtype=np.float64).reshape(-1) for a in (loss, standalone, netted)
    )
    known = np.isfinite(values) & np.isfinite(alone) & np.isfinite(net)
    group = np.zeros(values.size, np.int64) if groups is None else np.asarray(groups).reshape(-1)
    n_groups = int(group.max(initial=0)) + 1
    values, alone, net, group = values[known], alone[known], net[known], group[known]
    t = np.bincount(group, minlength=n_groups).astype(np.int64)
    exceedances = np.zeros((grid.size, n_groups), dtype=np.int64)
    shortfall = np.zeros((grid.size, n_groups))
    margins = np.zeros((grid.size, n_groups))
    for index, cap in enumerate(grid):
        margin = capped_margin(alone, net, cap)
        exceeded = is_exceedance(values, margin, tolerance)
        over = np.where(exceeded, values - margin, 0.0)
        exceedances[index] = np.bincount(group[exceeded], minlength=n_groups)
        shortfall[index] = np.bincount(group, weights=over, minlength=n_groups)
        margins[index] = np.bincount(group, weights=margin, minlength=n_groups)
    interval = coverage_interval(exceedances.reshape(-1), np.tile(t, grid.size), level)
    shape = exceedances.shape
    return CapSweep(
        caps=grid,
        observations=t,
        exceedances=exceedances,
        shortfall_amount=shortfall,
        margin_amount=margins / np.maximum(t, 1),
        coverage=CoverageInterval(
            interval.coverage.reshape(shape),
            interval.low.reshape(shape),
            interval.high.reshape(shape),
        ),
    )


@dataclass(frozen=True)
class LargestCap:
    """The largest cap that keeps the target.

    Attributes
    ----------
    by_coverage : float or None
        Largest cap whose observed coverage is at least the target; None if even a cap of 0 fails.
    by_lower_bound : float or None
        Largest cap whose lower confidence bound is at least the target; None if none has.
    reason : str
        Why a cap is missing; empty otherwise.
    """

    by_coverage: float | None
    by_lower_bound: float | None
    reason: str


def largest_caps(sweep: CapSweep, target: float) -> list[LargestCap]:
    """Find, for each group, the largest cap of a sweep that keeps the target.

    Parameters
    ----------
    sweep : CapSweep
        The sweep.
    target : float
        Coverage target as a fraction, for example 0.99.
    """
    if not 0.0 < target < 1.0:
        raise WrongUse("A coverage target must lie strictly between 0 and 1.")
    kept = sweep.exceedances <= sweep.observations * (1.0 - target) + 1e-9
    kept &= sweep.observations > 0
    proven = (sweep.coverage.low >= target) & (sweep.observations > 0)
    results = []
    for group in range(sweep.observations.size):
        by_coverage = _largest(sweep.caps, kept[:, group])
        by_bound = _largest(sweep.caps, proven[:, group])
        if sweep.observations[group] == 0:
            reason = "there is no observation"
        elif by_coverage is None:
            reason = "the target is missed even without offsets"
        elif by_bound is None:
            reason = (
                "too few observations to prove the target at any cap"
                if sweep.exceedances[0, group] == 0
                else "the lower confidence bound is under the target at every cap"
            )
        else:
            reason = ""
        results.append(LargestCap(by_coverage, by_bound, reason))
    return results


def _largest(caps: FloatArray, kept: BoolArray) -> float | None:
    """Return the largest cap up to which every cap is kept (exceedances rise with the cap)."""
    failing = np.flatnonzero(~kept)
    if failing.size == 0:
        return float(caps[-1])
    return float(caps[failing[0] - 1]) if failing[0] > 0 else None
