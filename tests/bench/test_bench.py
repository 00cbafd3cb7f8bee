"""The benchmarks' own machinery, and that what the engine is compared with computes the same."""

import sys
import types
from unittest import mock

import numpy as np
import pytest

import bench.__main__ as command
from bench import margin_baselines, margin_kernel
from bench.discover import find_benchmarks
from bench.machine import describe_machine
from bench.margin_backfill import time_outside_kernel
from bench.measurement import Measurement, measure_durations
from bench.memory import peak_mebibytes
from bench.synthetic import Size, build_world
from pipeline.terms import Level

SMALL = Size(
    accounts=15,
    positions_per_account=12,
    products=6,
    instruments_per_product=5,
    groups=3,
    scenarios=120,
    days=2,
)


@pytest.fixture(scope="module")
def world():
    return build_world(SMALL)


@pytest.mark.parametrize(
    ("ratio", "bound", "at_least", "holds"),
    [
        (1.4, 1.5, False, True),
        (1.5, 1.5, False, True),
        (1.6, 1.5, False, False),
        (19.0, 20.0, True, False),
        (21.0, 20.0, True, True),
        (1e9, None, False, True),
    ],
)
def test_a_bound_is_an_upper_or_a_lower_one(ratio, bound, at_least, holds):
    assert Measurement("x", ratio, bound, "", at_least).holds is holds


def write_benchmarks(tmp_path, monkeypatch, **sources):
    """A package of benchmarks that the command finds instead of ours."""
    folder = tmp_path / "others"
    folder.mkdir()
    for name, source in {"__init__": "", **sources}.items():
        (folder / f"{name}.py").write_text(source)
    package = types.ModuleType("others")
    package.__path__ = [str(folder)]
    monkeypatch.setitem(sys.modules, "others", package)
    for name in sources:
        monkeypatch.delitem(sys.modules, f"others.{name}", raising=False)
    monkeypatch.setattr(command, "find_benchmarks", lambda names: find_benchmarks(names, package))


GOOD = """
from bench.measurement import Measurement
def run():
    return [Measurement("good against bad", 1.0, 2.0, "one second against one")]
"""
BAD = GOOD.replace("1.0, 2.0", "3.0, 2.0")


def test_every_bound_kept_is_exit_code_0(tmp_path, monkeypatch, capsys):
    write_benchmarks(tmp_path, monkeypatch, good=GOOD, helper="VALUE = 1")
    assert command.main([]) == 0
    printed = capsys.readouterr().out
    assert "good against bad" in printed
    assert "at most 2" in printed
    assert "helper" not in printed


def test_a_broken_bound_is_marked_and_exit_code_1(tmp_path, monkeypatch, capsys):
    write_benchmarks(tmp_path, monkeypatch, good=GOOD, bad=BAD)
    assert command.main([]) == 1
    printed = capsys.readouterr().out
    assert "3.00  at most 2  BROKEN" in printed
    assert "1 bounds broken" in printed
    assert command.main(["good"]) == 0


@pytest.mark.parametrize("name", ["nowhere", "helper"])
def test_an_unknown_name_is_exit_code_2(tmp_path, monkeypatch, capsys, name):
    write_benchmarks(tmp_path, monkeypatch, good=GOOD, helper="VALUE = 1")
    assert command.main([name]) == 2
    assert f"no benchmark {name!r}" in capsys.readouterr().err


def test_a_missing_library_is_exit_code_3(tmp_path, monkeypatch, capsys):
    write_benchmarks(tmp_path, monkeypatch, good=GOOD, needy="import no_such_library")
    assert command.main([]) == 3
    assert "no_such_library" in capsys.readouterr().err


def test_our_benchmarks_are_found():
    assert {"margin_backfill", "margin_kernel"} <= set(
        find_benchmarks(["margin_kernel", "margin_backfill"])
    )


def test_the_shortest_of_several_rounds_counts_and_actions_take_turns():
    order = []
    took = measure_durations(
        {"one": lambda: order.append("one"), "two": lambda: order.append("two")}, rounds=2
    )
    assert order == ["one", "two", "one", "two"]
    assert 0 <= took["one"].processor <= 1
    assert 0 < took["two"].wall < 1


def test_machine_facts_and_memory_are_there():
    facts = dict(describe_machine())
    assert int(facts["cores"]) >= 1
    assert facts["numpy"] == np.__version__
    held = np.ones(4 * 2**20)  # 32 MiB
    assert peak_mebibytes() > held.nbytes / 2**20


def test_the_world_is_seeded_and_of_the_size_it_says(world):
    again = build_world(SMALL)
    assert (world.market.price == again.market.price).sum() > 0
    assert (world.book.quantity == again.book.quantity).all()
    assert len(world.book.quantity) == SMALL.positions * SMALL.days
    assert world.market.price.shape[1] == SMALL.instruments
    assert len(world.book.groups) == SMALL.groups


def test_pandas_computes_what_the_engine_does(world):
    given = margin_kernel.record_kernel_input(world)
    measure, cap = world.model.measure, world.model.tree.cap
    tail = float(measure.tail_weight(SMALL.scenarios))
    accounts, groups = margin_baselines.compute_with_pandas(given, tail, cap)
    ours = margin_kernel.compute_day(world).margins
    last = ours.filter(business_date=ours["business_date"].max())
    account = last.filter(node_level=Level.ACCOUNT.value)
    for name in ("standalone", "netted", "capped"):
        np.testing.assert_allclose(account[f"{name}_margin_amount"], accounts[name], rtol=1e-9)
    group = last.filter(node_level=Level.OFFSET_GROUP.value)
    np.testing.assert_allclose(group["netted_margin_amount"], groups["netted"], rtol=1e-9)


def test_the_bare_kernel_has_the_nodes_that_the_engine_measures(world):
    given = margin_kernel.record_kernel_input(world)
    levels = margin_baselines.prepare_levels(given)
    positions = given.positions
    rows = list(
        zip(
            positions.account, positions.group, positions.product, positions.instrument, strict=True
        )
    )
    for holdings, depth in zip(levels, (3, 2, 1), strict=True):
        children = {}
        for row in rows:
            children.setdefault(row[:depth], set()).add(row[: depth + 1])
        several = [node for node, below in children.items() if len(below) > 1]
        assert holdings.shape[0] == len(several)
        held = [sum(row[:depth] == node for row in rows) for node in several]
        assert np.diff(holdings.indptr).tolist() == held
    blocks = list(margin_baselines._losses_by_block(levels, given.unit_losses))
    assert sum(len(block) for block in blocks) == sum(holdings.shape[0] for holdings in levels)


def test_time_in_the_tree_is_told_apart_from_the_rest(world):
    with mock.patch("bench.margin_backfill.time.process_time", side_effect=[0.0, 2.0, 5.0, 9.0]):
        one = build_world(Size(**{**SMALL.__dict__, "days": 1}))
        outside, inside = time_outside_kernel(lambda: margin_kernel.compute_day(one))
    assert (outside, inside) == (6.0, 3.0)
