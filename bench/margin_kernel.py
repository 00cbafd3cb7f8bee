"""One margin day of 10,000 accounts against the bare kernel and against plain pandas."""

from collections.abc import Callable
from unittest import mock

import numpy as np
import polars as pl

from bench.margin_baselines import (
    KernelInput,
    compute_with_pandas,
    prepare_levels,
    run_bare_kernel,
)
from bench.measurement import Measurement, measure_durations
from bench.memory import measure_day_in_own_process
from bench.synthetic import MPOR_DAYS, Size, World, build_world
from pipeline.margin import engine, measures, scenario_model, tree
from pipeline.terms import Level

MOST_KERNELS = 1.5
LEAST_SPEED_UP = 20.0
LIMIT_MEBIBYTES = 4096.0
SAMPLE_SHARE = 10


def run() -> list[Measurement]:
    """Measure the day."""
    world = build_world(Size())
    given = record_kernel_input(world)
    return [
        *compare_with_kernel(world, given),
        measure_memory(),
        compare_with_pandas(world),
        *measure_standalone(world, given),
    ]


def compute_day(world: World) -> engine.MarginResult:
    """Compute all that the margin step computes, from prices and positions to rows."""
    return engine.compute_margins(
        world.market, world.book, world.model, MPOR_DAYS, world.date_codes
    )


def record_kernel_input(world: World) -> KernelInput:
    """Run the day once and keep the arrays that reach the netting tree."""
    with mock.patch.object(
        scenario_model, "compute_tree_margins", side_effect=tree.compute_tree_margins
    ) as traced:
        compute_day(world)
    positions, unit_losses, *_ = traced.call_args.args
    return KernelInput(positions, unit_losses)


def compare_with_kernel(world: World, given: KernelInput) -> list[Measurement]:
    """Time the whole recompute against the kernel on the same arrays, taking turns.

    The bound is for the engine on one thread, as the kernel is; what its threads gain on the
    clock is for information.
    """
    levels = prepare_levels(given)
    measure = world.model.measure
    tail = measure.largest_needed(given.unit_losses.shape[1])
    took = measure_durations(
        {
            "one thread": lambda: compute_day_on_one_thread(world),
            "kernel": lambda: run_bare_kernel(levels, given.unit_losses, tail),
            "threads": lambda: compute_day(world),
        },
        rounds=5,
    )
    nodes = " + ".join(f"{holdings.shape[0]:,}" for holdings in levels)
    return [
        Measurement(
            "margin day on one thread / bare kernel",
            took["one thread"].processor / took["kernel"].processor,
            MOST_KERNELS,
            f"{took['one thread']} against {took['kernel']} for {nodes} nodes of products, groups"
            f" and accounts, {len(given.positions.quantity):,} positions",
        ),
        Measurement(
            f"margin day on {pl.thread_pool_size()} threads / bare kernel, on the clock",
            took["threads"].wall / took["kernel"].wall,
            None,
            f"{took['threads']} against {took['kernel']}",
        ),
    ]


def compute_day_on_one_thread(world: World) -> engine.MarginResult:
    """Compute the day with the netting tree on one thread."""
    with mock.patch.object(pl, "thread_pool_size", return_value=1):
        return compute_day(world)


def measure_memory() -> Measurement:
    """Compare the peak of a process that only computes the day with 4 GiB."""
    before, after = measure_day_in_own_process()
    return Measurement(
        "peak memory of a margin day / 4 GiB",
        after / LIMIT_MEBIBYTES,
        1.0,
        f"{after:.0f} MiB, of which {before:.0f} MiB before the day began (libraries, inputs)",
    )


def compare_with_pandas(world: World) -> Measurement:
    """Time pandas on a tenth of the accounts, scaled; first show that both sides agree."""
    tenth = build_world(Size(accounts=Size().accounts // SAMPLE_SHARE))
    given = record_kernel_input(tenth)
    tail = float(tenth.model.measure.tail_weight(given.unit_losses.shape[1]))
    cap = tenth.model.tree.cap
    accounts, _ = compute_with_pandas(given, tail, cap)
    ours = compute_day(tenth).margins.filter(node_level=Level.ACCOUNT.value)
    for name in ("standalone", "netted", "capped"):
        np.testing.assert_allclose(
            ours[f"{name}_margin_amount"].to_numpy(), accounts[name].to_numpy(), rtol=1e-9
        )
    took = measure_durations(
        {
            "day": lambda: compute_day(world),
            "pandas": lambda: compute_with_pandas(given, tail, cap),
        },
        rounds=2,
    )
    scaled = took["pandas"].processor * SAMPLE_SHARE
    return Measurement(
        "plain pandas / margin day",
        scaled / took["day"].processor,
        LEAST_SPEED_UP,
        f"{scaled:.0f} s (a tenth of the accounts took {took['pandas']}, scaled by"
        f" {SAMPLE_SHARE}) against {took['day']}",
        at_least=True,
    )


def measure_standalone(world: World, given: KernelInput) -> list[Measurement]:
    """Show that margins without offsets cost two order statistics an instrument.

    Rows that are measured are counted; and the time for half of the positions is compared with
    that for all.
    """
    measure = world.model.measure
    rows = 0

    def counted(losses: np.ndarray, *rest: object) -> np.ndarray:
        nonlocal rows
        rows += len(losses)
        return measured(losses, *rest)

    measured: Callable[..., np.ndarray] = measures.measure_losses
    with mock.patch.object(tree, "measure_losses", counted):
        tree.compute_leaf_margins(given.positions, given.unit_losses, measure)
    instruments, size = len(given.unit_losses), len(given.positions.quantity)
    took = measure_durations(
        {
            "leaves": lambda: tree.compute_leaf_margins(
                given.positions, given.unit_losses, measure
            ),
            "one by one": lambda: _measure_each_position(world, given),
        }
    )
    return [
        Measurement(
            "order statistics of margins without offsets / instrument",
            rows / instruments,
            2.0,
            f"{rows:,} rows measured for {size:,} positions in {instruments:,} instruments",
        ),
        Measurement(
            "margins without offsets / one measure a position",
            took["leaves"].processor / took["one by one"].processor,
            None,
            f"{took['leaves']} against {took['one by one']}",
        ),
    ]


def _measure_each_position(world: World, given: KernelInput, block: int = 1_000) -> None:
    """Measure every position's own scenario losses."""
    positions = given.positions
    for first in range(0, len(positions.quantity), block):
        rows = slice(first, first + block)
        losses = positions.quantity[rows, None] * given.unit_losses[positions.instrument[rows]]
        measures.measure_losses(losses, world.model.measure)
