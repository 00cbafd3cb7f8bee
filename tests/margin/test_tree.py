import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipeline.margin.tree as tree_module
from pipeline.margin import node_measures
from pipeline.margin.declaration import TreeDeclaration
from pipeline.margin.measures import Measure, measure_losses
from pipeline.margin.tree import Positions, compute_leaf_margins, compute_tree_margins
from pipeline.terms import Level
from tests.margin import oracle

PRODUCT_OF = np.array([0, 0, 1, 1, 2, 3])  # of six instruments
GROUP_OF = np.array([0, 0, 1, 2])  # of four products


def arrange(rows):
    """Positions from (account, instrument, quantity) rows, sorted as the engine wants them."""
    rows = sorted(rows, key=lambda r: (r[0], GROUP_OF[PRODUCT_OF[r[1]]], PRODUCT_OF[r[1]], r[1]))
    account = np.array([r[0] for r in rows], dtype=np.int64)
    instrument = np.array([r[1] for r in rows], dtype=np.int64)
    product = PRODUCT_OF[instrument]
    return Positions(
        account=account,
        group=GROUP_OF[product],
        product=product,
        instrument=instrument,
        quantity=np.array([float(r[2]) for r in rows]),
    )


@st.composite
def books(draw):
    accounts = draw(st.integers(1, 5))
    rows = []
    for account in range(accounts):
        held = draw(st.lists(st.integers(0, 5), min_size=1, max_size=6, unique=True))
        rows += [(account, i, draw(st.integers(-50, 50).filter(lambda q: q != 0))) for i in held]
    scenarios = draw(st.integers(1, 40))
    seed = draw(st.integers(0, 2**32 - 1))
    losses = np.random.default_rng(seed).normal(size=(6, scenarios)) * 1000
    return rows, losses


MEASURES = st.sampled_from(["value_at_risk", "expected_shortfall", "worst_scenario"])


@settings(max_examples=200)
@given(book=books(), name=MEASURES, cap=st.floats(0, 1), base=st.sampled_from(list(Level)))
def test_agrees_with_the_oracle(book, name, cap, base):
    rows, losses = book
    result = compute_tree_margins(
        arrange(rows), losses, Measure(name, 97.5), TreeDeclaration(cap=cap, cap_base=base)
    )[Level.ACCOUNT]
    for at, account in enumerate(result.account):
        held = [
            (int(GROUP_OF[PRODUCT_OF[i]]), int(PRODUCT_OF[i]), i, q)
            for a, i, q in rows
            if a == account
        ]
        standalone, netted, capped = oracle.account_margin(
            held, losses.tolist(), name, 97.5, cap, base.value
        )
        assert result.standalone[at] == pytest.approx(standalone, rel=1e-9, abs=1e-6)
        assert result.netted[at] == pytest.approx(netted, rel=1e-9, abs=1e-6)
        assert result.capped[at] == pytest.approx(capped, rel=1e-9, abs=1e-6)


@given(book=books(), name=MEASURES)
def test_credits_of_the_levels_add_up(book, name):
    rows, losses = book
    levels = compute_tree_margins(arrange(rows), losses, Measure(name, 99.0), TreeDeclaration())
    account = levels[Level.ACCOUNT]
    for at, code in enumerate(account.account):
        earned = sum(node.level_credit[node.account == code].sum() for node in levels.values())
        assert earned == pytest.approx(account.standalone[at] - account.netted[at], abs=1e-5)


@given(book=books(), name=MEASURES)
def test_capped_margin_falls_from_base_to_netted_as_the_cap_rises(book, name):
    rows, losses = book
    caps = np.linspace(0, 1, 6)
    swept = [
        compute_tree_margins(
            arrange(rows),
            losses,
            Measure(name, 99.0),
            TreeDeclaration(cap=float(cap), cap_base=Level.INSTRUMENT),
        )[Level.ACCOUNT]
        for cap in caps
    ]
    granted = swept[0].standalone >= swept[0].netted
    capped = np.array([s.capped for s in swept])
    assert (np.diff(capped, axis=0) <= 1e-6).all()
    assert capped[0][granted] == pytest.approx(swept[0].standalone[granted])
    assert capped[-1] == pytest.approx(swept[0].netted)
    assert capped[:, ~granted] == pytest.approx(np.tile(swept[0].netted[~granted], (6, 1)))


@given(book=books(), name=MEASURES, scale=st.integers(1, 100))
def test_margin_scales_with_quantity(book, name, scale):
    rows, losses = book
    once = compute_tree_margins(arrange(rows), losses, Measure(name, 99.0), TreeDeclaration())
    many = compute_tree_margins(
        arrange([(a, i, scale * q) for a, i, q in rows]),
        losses,
        Measure(name, 99.0),
        TreeDeclaration(),
    )
    for level in once:
        assert many[level].capped == pytest.approx(scale * once[level].capped, rel=1e-9, abs=1e-4)


@given(book=books())
def test_merging_two_accounts_never_raises_expected_shortfall(book):
    rows, losses = book
    measure = Measure("expected_shortfall", 97.5)
    apart = compute_tree_margins(arrange(rows), losses, measure, TreeDeclaration())
    together: dict[int, int] = {}
    for _, instrument, quantity in rows:
        together[instrument] = together.get(instrument, 0) + quantity
    merged_rows = [(0, i, q) for i, q in together.items() if q]
    if not merged_rows:
        return
    merged = compute_tree_margins(arrange(merged_rows), losses, measure, TreeDeclaration())
    total = apart[Level.ACCOUNT].netted.sum()
    assert merged[Level.ACCOUNT].netted[0] <= total + 1e-6 + 1e-9 * total


def test_a_perfect_hedge_costs_nothing_before_the_cap_and_a_fifth_after_it():
    # Instruments 0 and 2 move as one; products 0 and 1 in one group.
    losses = np.tile(np.linspace(-100, 100, 21), (6, 1))
    result = compute_tree_margins(
        arrange([(0, 0, 1), (0, 2, -1)]),
        losses,
        Measure("worst_scenario"),
        TreeDeclaration(cap=0.8, cap_base=Level.PRODUCT),
    )[Level.ACCOUNT]
    assert result.standalone[0] == 200.0
    assert result.netted[0] == 0.0
    assert result.capped[0] == pytest.approx(40.0)


def test_levels_that_sum_margins_give_no_credit():
    losses = np.tile(np.linspace(-100, 100, 21), (6, 1))
    rows = [(0, 0, 1), (0, 2, -1), (0, 4, -1)]
    levels = compute_tree_margins(
        arrange(rows),
        losses,
        Measure("worst_scenario"),
        TreeDeclaration(offset_group="margins", account="margins"),
    )
    assert levels[Level.ACCOUNT].netted[0] == 300.0
    assert levels[Level.OFFSET_GROUP].level_credit.sum() == 0.0
    groups_only = compute_tree_margins(
        arrange(rows), losses, Measure("worst_scenario"), TreeDeclaration(account="margins")
    )
    assert groups_only[Level.ACCOUNT].netted[0] == 100.0
    assert groups_only[Level.ACCOUNT].level_credit[0] == 0.0


def test_the_size_of_a_chunk_leaves_no_trace(monkeypatch):
    rng = np.random.default_rng(7)
    rows = [
        (a, int(i), int(rng.integers(1, 9)))
        for a in range(40)
        for i in rng.choice(6, size=4, replace=False)
    ]
    losses = rng.normal(size=(6, 50))
    whole = compute_tree_margins(
        arrange(rows), losses, Measure("expected_shortfall", 97.5), TreeDeclaration()
    )
    monkeypatch.setattr(tree_module, "CHUNK_BYTES", 8 * 50 * 3)
    parts = compute_tree_margins(
        arrange(rows), losses, Measure("expected_shortfall", 97.5), TreeDeclaration()
    )
    for level, node in whole.items():
        assert (node.netted == parts[level].netted).all()


def test_no_positions_give_no_nodes():
    empty = arrange([])
    levels = compute_tree_margins(
        empty, np.zeros((6, 5)), Measure("value_at_risk"), TreeDeclaration()
    )
    assert all(len(node.netted) == 0 for node in levels.values())


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("name", ["value_at_risk", "expected_shortfall", "worst_scenario"])
def test_the_number_of_threads_leaves_no_trace(monkeypatch, threads, name):
    rng = np.random.default_rng(11)
    rows = [
        (a, int(i), int(rng.integers(1, 9)))
        for a in range(60)
        for i in rng.choice(6, size=rng.integers(1, 7), replace=False)
    ]
    losses = rng.normal(size=(6, 80))
    whole = compute_tree_margins(arrange(rows), losses, Measure(name, 97.5), TreeDeclaration())
    monkeypatch.setattr(node_measures.pl, "thread_pool_size", lambda: threads)
    monkeypatch.setattr(tree_module, "CHUNK_BYTES", 8 * 80 * 4)
    shared = compute_tree_margins(arrange(rows), losses, Measure(name, 97.5), TreeDeclaration())
    for level, node in whole.items():
        assert (node.netted == shared[level].netted).all()


def test_what_fails_in_a_thread_is_not_lost(monkeypatch):
    rows = [(a, i, 1) for a in range(20) for i in range(6)]
    losses = np.random.default_rng(3).normal(size=(6, 20))
    measured = node_measures.measure_losses

    def fail_on_small_blocks(losses, measure):
        if len(losses) < 3:
            raise FloatingPointError("block")
        return measured(losses, measure)

    monkeypatch.setattr(node_measures, "measure_losses", fail_on_small_blocks)
    monkeypatch.setattr(tree_module, "CHUNK_BYTES", 8 * 20 * 3)
    with pytest.raises(FloatingPointError, match="block"):
        compute_tree_margins(arrange(rows), losses, Measure("worst_scenario"), TreeDeclaration())


def test_margins_without_offsets_cost_two_order_statistics_an_instrument(monkeypatch):
    rows = [(a, i, 1 + a) for a in range(50) for i in range(6)]
    losses = np.random.default_rng(5).normal(size=(6, 40))
    measured = []

    def counted(losses, measure):
        measured.append(len(losses))
        return measure_losses(losses, measure)

    monkeypatch.setattr(tree_module, "measure_losses", counted)
    leaf = compute_leaf_margins(arrange(rows), losses, Measure("expected_shortfall", 97.5))
    assert sum(measured) == 2 * len(losses)
    assert len(leaf) == len(rows)
    for (_, instrument, quantity), margin in zip(rows, leaf, strict=True):
        alone = oracle.measure(list(quantity * losses[instrument]), "expected_shortfall", 97.5)
        assert margin == pytest.approx(alone, rel=1e-12)


def test_only_nodes_with_several_children_are_measured(monkeypatch):
    # One account: product 0 with two instruments, products 1 and 2 with one; group 0 with
    # products 0 and 1, group 1 with product 2. A second account with a single position.
    rows = [(0, 0, 1), (0, 1, -2), (0, 2, 3), (0, 4, 4), (1, 5, 1)]
    losses = np.random.default_rng(6).normal(size=(6, 40))
    measured = []

    def counted(losses, measure):
        measured.append(len(losses))
        return measure_losses(losses, measure)

    monkeypatch.setattr(node_measures, "measure_losses", counted)
    compute_tree_margins(arrange(rows), losses, Measure("worst_scenario"), TreeDeclaration())
    # Product 0; the account; group 0. With half of the groups to measure they are copied.
    assert sum(measured) == 3


@given(book=books(), name=MEASURES)
def test_accounts_that_sum_margins_agree_with_the_oracle(book, name):
    rows, losses = book
    levels = compute_tree_margins(
        arrange(rows), losses, Measure(name, 97.5), TreeDeclaration(account="margins")
    )
    groups = levels[Level.OFFSET_GROUP]
    for at, (account, group) in enumerate(zip(groups.account, groups.node, strict=True)):
        held = [(i, q) for a, i, q in rows if a == account and GROUP_OF[PRODUCT_OF[i]] == group]
        expected = oracle.measure(oracle.node_losses(held, losses.tolist()), name, 97.5)
        assert groups.netted[at] == pytest.approx(expected, rel=1e-9, abs=1e-6)
    accounts = levels[Level.ACCOUNT]
    for at, account in enumerate(accounts.account):
        assert accounts.netted[at] == pytest.approx(groups.netted[groups.account == account].sum())
