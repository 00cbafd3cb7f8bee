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


@dataclass(frozen=True)
class Duration:
    """How long an action took at its fastest.

    Attributes
    ----------
    processor : float
        Seconds of processor time over all threads. Ratios are taken of these: they are not
        disturbed by what else the machine does, and an action gets no credit for its threads.
    wall : float
        Seconds on the clock.
    """

    processor: float
    wall: float

    def __str__(self) -> str:
        return f"{self.processor:.2f} s ({self.wall:.2f} s on the clock)"


def measure_durations(
    actions: dict[str, Callable[[], object]], rounds: int = 3
) -> dict[str, Duration]:
    """Time actions in turn and return the shortest times of each.

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
    dict of str to Duration
        By the names of the actions.
    """
    least = {name: Duration(float("inf"), float("inf")) for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            gc.collect()
            wall, processor = time.perf_counter(), time.process_time()
            action()
            least[name] = Duration(
                min(least[name].processor, time.process_time() - processor),
                min(least[name].wall, time.perf_counter() - wall),
            )
    return least
