"""Checks of arrays and parameters shared by the margin rules, each failing in one sentence.

Checks of files, rows and schemas belong to the contracts, not here.
"""

import numpy as np

from pipeline.errors import CheckFailed
from pipeline.margin.pricing import Array


def require(condition: bool, message: str) -> None:
    """Raise `CheckFailed` with the message unless the condition holds."""
    if not condition:
        raise CheckFailed(message)


def require_finite(what: str, values: Array) -> None:
    """Raise `CheckFailed` if any value is NaN or infinite.

    The rules compare and floor their inputs, and a missing value must not pass a comparison as
    "no loss": callers leave out, and count, what has no price before they come here.
    """
    bad = values.size - int(np.count_nonzero(np.isfinite(values)))
    require(bad == 0, f"{what}: {bad} of {values.size} values are missing or infinite")


def require_fraction(what: str, value: float) -> None:
    """Raise `CheckFailed` unless 0 <= value <= 1."""
    require(0.0 <= value <= 1.0, f"{what} must lie between 0 and 1, got {value:g}")


def require_not_negative(what: str, values: Array) -> None:
    """Raise `CheckFailed` if any value is missing, infinite or below zero."""
    require_finite(what, values)
    lowest = float(values.min(initial=0.0))
    require(lowest >= 0.0, f"{what} must not be negative, lowest is {lowest:g}")
