"""What a backfill shares between its dates, and how the time grows with the size of the work."""

import time
from collections.abc import Callable
from dataclasses import replace
from unittest import mock

import numpy as np

from bench.measurement import Measurement, measure_durations
from bench.synthetic import MPOR_DAYS, Size, World, build_world
from pipeline.margin import scenario_model, tree
from pipeline.margin.engine import MarginResult, compute_margins

DAY = Size()
BACKFILL = Size(accounts=100, days=250)
FEW_DAYS = Size(accounts=100, days=50)  # short enough to be timed several times
EVERY = 10
MOST_SHARE = 0.5
MOST_GROWTH = 2.1


def run() -> list[Measurement]:
    """Measure the sharing, then each doubling."""
    return [
        compare_with_single_days(),
        *(
            measure_growth(what, half, whole)
            for what, half, whole in (
                ("accounts", replace(DAY, accounts=DAY.accounts // 2), DAY),
                (
                    "positions",
                    replace(DAY, positions_per_account=DAY.positions_per_account // 2),
                    DAY,
                ),
                ("days", replace(FEW_DAYS, days=FEW_DAYS.days // 2), FEW_DAYS),
            )
        ),
    ]


def compute_dates(world: World, date_codes: np.ndarray) -> MarginResult:
    """Compute some dates in one call, as a backfill does."""
    return compute_margins(world.market, world.book, world.model, MPOR_DAYS, date_codes)


def compare_with_single_days() -> Measurement:
    """Compare one call for all dates with a call for each, outside the kernel.

    The kernel is the netting tree: what every date has to do for itself in either case. Its time
    is taken off both sides.
    """
    world = build_world(BACKFILL)
    codes = world.date_codes
    sample = codes[::EVERY]
    together, kernel = time_outside_kernel(lambda: compute_dates(world, codes))
    apart, _ = time_outside_kernel(
        lambda: [compute_dates(world, np.array([code])) for code in sample]
    )
    apart *= len(codes) / len(sample)
    return Measurement(
        f"{len(codes)} days in one call / {len(codes)} single days, outside the kernel",
        together / apart,
        MOST_SHARE,
        f"{together:.1f} s against {apart:.1f} s (every {EVERY}th day measured, scaled), the"
        f" kernel {kernel:.1f} s in either; {BACKFILL.positions:,} positions a day",
    )


def time_outside_kernel(action: Callable[[], object]) -> tuple[float, float]:
    """Return the processor time of an action outside the netting tree, and inside it."""
    inside = 0.0

    def timed(*arguments: object) -> object:
        nonlocal inside
        begun = time.process_time()
        result = compute(*arguments)
        inside += time.process_time() - begun
        return result

    compute: Callable[..., object] = tree.compute_tree_margins
    with mock.patch.object(scenario_model, "compute_tree_margins", timed):
        begun = time.process_time()
        action()
        total = time.process_time() - begun
    return total - inside, inside


def measure_growth(what: str, half: Size, whole: Size) -> Measurement:
    """Time half of the work and all of it, taking turns."""
    once, twice = build_world(half), build_world(whole)
    took = measure_durations(
        {
            "half": lambda: compute_dates(once, once.date_codes),
            "whole": lambda: compute_dates(twice, twice.date_codes),
        },
        rounds=5,
    )
    return Measurement(
        f"twice the {what} / once",
        took["whole"].processor / took["half"].processor,
        MOST_GROWTH,
        f"{took['whole']} against {took['half']};"
        f" {whole.positions:,} positions a day, {whole.days} days",
    )
