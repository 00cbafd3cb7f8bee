"""What the statistical tests can and cannot show, as a page for whoever relies on them.

Sizes and power are computed in `backtest.size_study` and `backtest.power`; only their arrangement
belongs here. Nothing is read from a warehouse: the page is about the tests, not about any data.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.backtest.power import (
    kupiec_power,
    observations_needed,
    state_power,
    traffic_light_power,
)
from pipeline.backtest.size_study import study_sizes
from pipeline.errors import WrongUse
from pipeline.steps.whole_file import write_whole

PERSISTENCE = 0.2
"""Probability of an exceedance on the day after one, in the clustered models."""
TIMES_TOO_OFTEN = (1.0, 1.5, 2.0, 3.0, 5.0)
SMALLEST_STUDY = 100


@dataclass(frozen=True)
class PowerStudy:
    """What is studied.

    Attributes
    ----------
    observations : tuple of int
        Lengths of window.
    confidence_pct : float
        Confidence that the margin is meant to have.
    series : int
        Simulated models of each kind.
    seed : int
        Seed of the simulation.
    """

    observations: tuple[int, ...] = (250, 500, 1000)
    confidence_pct: float = 99.0
    series: int = 10_000
    seed: int = 20_240_229


def write_power(study: PowerStudy, output: Path) -> None:
    """Write the page to a file."""
    write_whole(output, format_power(study).encode(), "page on the tests")


def format_power(study: PowerStudy) -> str:
    """Return the page as Markdown.

    Raises
    ------
    WrongUse
        The confidence, a window or the number of series is out of range.
    """
    if not 50.0 <= study.confidence_pct < 100.0:
        raise WrongUse("--confidence must be at least 50 and under 100, in per cent")
    if any(t < 2 for t in study.observations):
        raise WrongUse("--observations must be at least 2")
    if study.series < SMALLEST_STUDY:
        raise WrongUse(f"--series must be at least {SMALLEST_STUDY}")
    parts = [
        _INTRODUCTION.format(
            study=study,
            miss=f"{100 - study.confidence_pct:g} %",
            persistence=f"{100 * PERSISTENCE:.0f} %",
        )
    ]
    for observations in study.observations:
        parts.append(f"## {observations:,} observations")
        parts.append(state_power(observations, study.confidence_pct / 100).sentence)
        parts.append(_size_table(study, observations))
        parts.append(_power_table(study, observations))
    parts += ["## Days that are needed", _days_table(study)]
    return "\n\n".join(parts) + "\n"


_INTRODUCTION = """# What the tests can and cannot show

Written by `marginproof power`. Every test of the backtest is run on {study.series:,} simulated
models that are right (each day an exceedance with probability {miss}, whatever came before) and on
as many whose exceedances are as frequent but follow each other: on the day after one, another comes
with probability {persistence}. Seed {study.seed}.

- *Nominal* is the level at which the test is read. *Exact* is the probability with which it really
  rejects a right model, from the law of the counts or of the runs; a dash where that law is not
  known in closed form. A count is a whole number, so the two differ: at 250 days and 99 % Kupiec's
  test rejects a right model 9.5 % of the time, because no exceedance at all rejects too.
- *Simulated* is the share of right models rejected, *band* where that share falls with 99.9 %
  probability if the exact size is right.
- *Clustered* is the share of clustered models rejected: the power against clustering. Tests of the
  count alone hardly see it."""


def _size_table(study: PowerStudy, observations: int) -> str:
    frame = study_sizes(
        observations,
        study.confidence_pct / 100,
        seed=study.seed,
        series=study.series,
        persistence=PERSISTENCE,
    ).frame
    rows = [
        (
            f"`{row['test']}`",
            _per_cent(row["nominal_size"]),
            _per_cent(row["exact_size"]),
            _per_cent(row["simulated_size"]),
            "-"
            if row["band_low"] is None
            else f"{_per_cent(max(row['band_low'], 0.0))} to {_per_cent(row['band_high'])}",
            _per_cent(row["clustered_rejection_rate"]),
        )
        for row in frame.iter_rows(named=True)
    ]
    return _table(("Test", "Nominal %", "Exact %", "Simulated %", "Band %", "Clustered %"), rows)


def _power_table(study: PowerStudy, observations: int) -> str:
    """Return the power of the counts against margins that fail too often, exactly."""
    confidence = study.confidence_pct / 100
    true = [(1 - confidence) * times for times in TIMES_TOO_OFTEN]
    yellow, red = traffic_light_power(observations, confidence, true)
    kupiec = kupiec_power(observations, confidence, true)
    rows = [
        (_per_cent(p), _per_cent(k), _per_cent(y), _per_cent(r))
        for p, k, y, r in zip(true, kupiec, yellow, red, strict=True)
    ]
    head = ("True exceedance probability %", "Kupiec rejects %", "Yellow or red %", "Red %")
    return _table(head, rows)


def _days_table(study: PowerStudy) -> str:
    confidence = study.confidence_pct / 100
    rows = []
    for times in TIMES_TOO_OFTEN[1:]:
        true = (1 - confidence) * times
        days = observations_needed(confidence, true)
        rows.append((_per_cent(true), "more than 20,000" if days is None else f"{days:,}"))
    head = ("True exceedance probability %", "Observations for a power of 80 % at level 5 %")
    return _table(head, rows)


def _per_cent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
