"""How much of a loss came from the way things moved together, and whether hedges held.

The correlation break of a day of loss, hedge effectiveness, and drift of a correlation between
lookback and realised window. Exceedances and caps belong to `offset_trial`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.backtest.outcome import BoolArray, FloatArray
from pipeline.errors import WrongUse


@dataclass(frozen=True)
class CorrelationBreak:
    """Realised losses split into size of moves and their dependence, arrays of shape (n_events,).

    Attributes
    ----------
    loss : float array
        Realised loss, the sum over legs.
    implied_loss : float array
        Loss that moves of the realised sizes would typically give under the lookback's
        correlations; at least 0.
    break_loss : float array
        ``loss - implied_loss``: the part that realised dependence, against the lookback's,
        explains; negative where legs offset each other better than usual.
    break_share : float array
        ``break_loss / loss`` where the loss is positive, else 0.
    worst_loss : float array
        Loss if every leg had moved against the account, the sum of absolute leg losses.
    breaking_point : float array
        How far, from the lookback's correlations (0) to every leg moving against the account (1),
        dependence must move for the implied loss to reach the margin; 0 where it already does, 1
        where not even the worst loss exceeds the margin or no margin is given.
    """

    loss: FloatArray
    implied_loss: FloatArray
    break_loss: FloatArray
    break_share: FloatArray
    worst_loss: FloatArray
    breaking_point: FloatArray


def correlation_break(
    leg_losses: ArrayLike,
    leg_sensitivities: ArrayLike,
    correlation: ArrayLike,
    margin: ArrayLike | None = None,
) -> CorrelationBreak:
    """Split losses of several legs into what the sizes and what the dependence of moves explain.

    Parameters
    ----------
    leg_losses : array_like of shape (n_events, n_legs)
        Loss of each leg on each day of loss, positive when money is lost.
    leg_sensitivities : array_like of shape (n_legs,) or (n_events, n_legs)
        Sign (or size) of each leg's gain when its risk factor rises; only the sign counts.
    correlation : array_like of shape (n_legs, n_legs) or (n_events, n_legs, n_legs)
        Correlation of the risk factors over the lookback.
    margin : array_like of shape (n_events,), optional
        Margin, for the breaking point.

    Raises
    ------
    WrongUse
        If shapes do not fit or a correlation is not finite or not between -1 and 1.

    Notes
    -----
    Each leg's move keeps its realised size (marginals fixed); only dependence changes. With
    ``a_i = sign_i |l_i|`` the loss under correlations R is ``sqrt(a' R a)``: with the realised
    dependence, in which every factor moved for certain in its direction (R_ij = s_i s_j with s_i
    the direction), it is exactly ``|sum l_i|``, and with the lookback's R it is what moves of
    these sizes typically add up to. The difference is the correlation break. Moving from R
    towards the worst case W_ij = sign(a_i a_j) gives
    ``sqrt(a' ((1 - d) R + d W) a)``, hence the breaking point in closed form.
    """
    losses = np.atleast_2d(np.asarray(leg_losses, dtype=np.float64))
    n_legs = losses.shape[1]
    matrix = np.asarray(correlation, dtype=np.float64)
    signs = np.sign(np.asarray(leg_sensitivities, dtype=np.float64))
    if matrix.shape[-2:] != (n_legs, n_legs) or signs.shape[-1] != n_legs:
        raise WrongUse("Leg losses, sensitivities and correlations must have the same legs.")
    if not bool(np.all(np.isfinite(matrix) & (np.abs(matrix) <= 1.0 + 1e-12))):
        raise WrongUse("Correlations must lie between -1 and 1.")
    exposure = signs * np.abs(losses)
    matrices = np.broadcast_to(matrix, (losses.shape[0], n_legs, n_legs))
    variance = np.einsum("ei,eij,ej->e", exposure, matrices, exposure)
    implied = np.sqrt(np.maximum(variance, 0.0))
    loss = losses.sum(axis=1)
    worst = np.abs(losses).sum(axis=1)
    gap = loss - implied
    point = np.ones(losses.shape[0])
    if margin is not None:
        needed = np.asarray(margin, dtype=np.float64) ** 2 - implied**2
        room = worst**2 - implied**2
        reachable = (room > 0) & (needed < room)
        with np.errstate(over="ignore"):  # a room of next to nothing: the share is clipped at 1
            share = np.clip(needed / np.where(room > 0, room, 1.0), 0, 1)
        point = np.where(reachable, share, 1.0)
        point = np.where(needed <= 0, 0.0, point)
    return CorrelationBreak(
        loss=loss,
        implied_loss=implied,
        break_loss=gap,
        break_share=np.where(loss > 0, gap / np.where(loss > 0, loss, 1.0), 0.0),
        worst_loss=worst,
        breaking_point=point,
    )


@dataclass(frozen=True)
class HedgeEffectiveness:
    """How much risk the offsets really removed, arrays of shape (n_series,).

    Attributes
    ----------
    variance_reduction : float array
        1 - variance of the netted loss over the sum of the legs' variances; 0 where legs behave
        as independent, 1 for a perfect hedge, negative where they add up; NaN where undefined.
    tail_reduction : float array
        1 - tail mean of the netted loss over the sum of the legs' tail means: the offset credit
        that realised losses would have justified; NaN where undefined.
    observations : int64 array
        Days on which every leg is known.
    """

    variance_reduction: FloatArray
    tail_reduction: FloatArray
    observations: np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def hedge_effectiveness(leg_losses: ArrayLike, tail_share: float = 0.05) -> HedgeEffectiveness:
    """Measure how much the legs of each series offset each other.

    Parameters
    ----------
    leg_losses : array_like of shape (n_series, n_days, n_legs) or (n_days, n_legs)
        Loss of each leg; days on which a leg is NaN are left out for that series.
    tail_share : float
        Share of the worst days in the tail mean, at least one day.

    Notes
    -----
    Ederington (1979) in its form for any number of legs. Undefined with fewer than two days or
    where no leg moves.
    """
    losses = np.asarray(leg_losses, dtype=np.float64)
    losses = losses[None] if losses.ndim == 2 else losses
    known: BoolArray = np.asarray(np.isfinite(losses).all(axis=2))
    days = known.sum(axis=1).astype(np.int64)
    values = np.where(known[:, :, None], losses, 0.0)
    count = np.maximum(days, 1)
    mean = values.sum(axis=1) / count[:, None]
    centred = np.where(known[:, :, None], values - mean[:, None, :], 0.0)
    legs = (centred**2).sum(axis=1).sum(axis=1)
    net = (centred.sum(axis=2) ** 2).sum(axis=1)
    enough = days >= 2
    moving = enough & (legs > 0)
    leg_tail = _tail_mean(losses, known, tail_share).sum(axis=1)
    net_tail = _tail_mean(values.sum(axis=2, keepdims=True), known, tail_share)[:, 0]
    lossy = enough & (leg_tail > 0)
    return HedgeEffectiveness(
        variance_reduction=np.where(moving, 1.0 - net / np.where(moving, legs, 1.0), np.nan),
        tail_reduction=np.where(lossy, 1.0 - net_tail / np.where(lossy, leg_tail, 1.0), np.nan),
        observations=days,
    )


def _tail_mean(losses: FloatArray, known: BoolArray, share: float) -> FloatArray:
    """Return the mean of the worst days of each column, floored at 0 as margins are."""
    ordered = -np.sort(np.where(known[:, :, None], -losses, np.inf), axis=1)
    worst = np.maximum(np.ceil(share * known.sum(axis=1)), 1.0)
    inside = np.arange(losses.shape[1])[None, :, None] < worst[:, None, None]
    total = np.where(inside & np.isfinite(ordered), ordered, 0.0).sum(axis=1)
    mean: FloatArray = np.maximum(total / worst[:, None], 0.0)
    return mean
