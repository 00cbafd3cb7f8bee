"""What a model declares of its tail output: further confidences and the worst scenarios.

Computing the tail belongs to `tail`; what the model is measured by to `declaration`.
"""

from dataclasses import dataclass
from itertools import pairwise

from pipeline.margin.declared_values import require_value


@dataclass(frozen=True)
class TailDeclaration:
    """Beside the margin: quantiles and tail means at several confidences, and worst scenarios.

    The defaults ask for nothing. No margin depends on any of them.

    Attributes
    ----------
    confidence_pct : tuple of float
        Confidences, ascending, at which quantile and tail mean of every account are written; the
        model's own is written with them, where its measure has one.
    worst_scenarios : int
        How many of each account's worst scenarios are written.
    """

    confidence_pct: tuple[float, ...] = ()
    worst_scenarios: int = 0

    @property
    def is_used(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.confidence_pct) or self.worst_scenarios > 0

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        bounds = (0.0, *self.confidence_pct, 100.0)
        require_value(
            all(a < b for a, b in pairwise(bounds)),
            f"{where}.confidence_pct",
            "ascending values between 0 and 100, both excluded",
        )
        require_value(self.worst_scenarios >= 0, f"{where}.worst_scenarios", "at least 0")
