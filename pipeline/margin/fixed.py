"""Published margin per contract, without offsets: the baseline other models are compared with.

Nothing that nets, groups or reprices belongs here.
"""

import numpy as np

from pipeline.margin.checks import require_finite, require_not_negative
from pipeline.margin.pricing import Array


def fixed_position_margins(quantities: Array, rate: Array) -> Array:
    """Margin of each position: ``|quantity| x rate``.

    Parameters
    ----------
    quantities : ndarray of shape (accounts, instruments)
        Contracts; negative is short. Missing values are refused.
    rate : ndarray of shape (instruments,)
        Published margin per contract, reporting currency, at least 0.

    Returns
    -------
    ndarray of shape (accounts, instruments)

    Raises
    ------
    CheckFailed
        If a quantity or a rate is missing, or a rate is negative.
    """
    require_finite("quantities of the fixed model", quantities)
    require_not_negative("margin per contract", rate)
    return np.asarray(np.abs(quantities) * rate)


def fixed_margin(quantities: Array, rate: Array) -> Array:
    """Margin of each account: sum of ``|quantity| x rate``; standalone and netted are the same.

    Parameters
    ----------
    quantities, rate
        As in `fixed_position_margins`.

    Returns
    -------
    ndarray of shape (accounts,)
    """
    return np.asarray(fixed_position_margins(quantities, rate).sum(axis=1))
