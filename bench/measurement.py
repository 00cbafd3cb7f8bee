"""What a benchmark reports, and how durations are taken; what is measured belongs elsewhere."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One ratio and what it has to keep to.

    Attributes
    ----------
    name : str
        What is compared with what.
    ratio : float
        Of two durations, or of two amounts of memory, taken in the same run.
    bound : float or None
        Largest ratio allowed, or least if ``at_least``; None for information only.
    detail : str
        Sizes and figures behind the ratio.
    at_least : bool
        Whether the ratio must not be below the bound.
    """

    name: str
    ratio: float
    bound: float | None
    detail: str
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the bound is kept."""
        if self.bound is None:
            return True
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound


def least_seconds(actions: dict[str, Callable[[], object]], rounds: int = 3) -> dict[str, float]:
    """Time actions in turn and return the shortest wall time of each.

    Taking turns lets all of them meet the same load of the machine; the shortest of several runs
    is the one that other programs disturbed least.

    Parameters
    ----------
    actions : dict of str to callable
        What to time, each independent of the others' effects.
    rounds : int
        Runs of each.

    Returns
    -------
    dict of str to float
        Seconds.
    """
    least = dict.fromkeys(actions, float("inf"))
    for _ in range(rounds):
        for name, action in actions.items():
            gc.collect()
            begun = time.perf_counter()
            action()
            least[name] = min(least[name], time.perf_counter() - begun)
    return least
