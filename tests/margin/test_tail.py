"""The tail behind the margin against a scalar recomputation, and against the margin itself."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import WrongUse
from pipeline.margin import tail
from pipeline.margin.declaration import parse_declaration
from pipeline.margin.engine import compute_margins
from pipeline.margin.tree import Positions, compute_tree_margins
from tests.margin import oracle
from tests.margin.test_rule_models import LONG_CALL, LONG_FUTURE, RULES
from tests.markets import book, day, instruments, market, random_walk

CONFIDENCES = [90.0, 95.0, 99.0]
PAIR = {
    "id": "pair",
    "products": ["A", "B"],
    "rationale": "test",
    "default_fund": "fund",
    "stress_test": "none",
}
ROWS = [
    *(("long", "A", 2.0), ("long", "B", 1.0), ("long", "C", 3.0)),
    *(("mixed", "A", 4.0), ("mixed", "B", -3.0), ("mixed", "C", -1.0)),
    ("one", "C", -2.0),
]
TREES = {
    "whole account": {},
    "groups added up": {"account": "margins"},
    "products added up": {"account": "margins", "offset_group": "margins"},
}


def declare(measure="value_at_risk", confidence=97.5, tree=None, **asked):
    return parse_declaration(
        {
            "model_id": "test",
            "title": "Test",
            "version": "1",
            "scenarios": {"source": "historical", "lookback_days": 60, "mpor_days": [2]},
            "measure": {"name": measure, "confidence_pct": confidence},
            "tree": tree or {},
            "offset_groups": [PAIR],
            "tail": asked,
        },
        "test.toml",
    )


@pytest.fixture(scope="module")
def three_products():
    listed = instruments(A={}, B={}, C={})
    return market(listed, {name: random_walk(n, 80) for n, name in enumerate("ABC")})


def compute(given_market, model, rows=ROWS, code=79):
    groups = {p: model.group_of(p) for p in given_market.instruments["product"].unique()}
    held = book(given_market, [(code, *row) for row in rows], groups)
    return compute_margins(given_market, held, model, 2, np.array([code]))


def scenario_losses(given_market, holdings, code=79):
    """Loss of some (column, quantity) pairs on each scenario date, one at a time."""
    price = given_market.price
    return {
        t: -sum(q * price[code, c] * (price[t, c] / price[t - 2, c] - 1) for c, q in holdings)
        for t in range(code - 59, code + 1)
    }


def pieces_of(account, tree):
    """Holdings of an account, cut as the tree cuts them."""
    held = {name: quantity for owner, name, quantity in ROWS if owner == account}
    cuts = {
        "whole account": [list(held)],
        "groups added up": [[n for n in held if n in "AB"], [n for n in held if n == "C"]],
        "products added up": [[n] for n in held],
    }[tree]
    return [[("ABC".index(n), held[n]) for n in cut] for cut in cuts if cut]


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("measure", ["value_at_risk", "expected_shortfall"])
def test_every_level_against_the_oracle(three_products, tree, measure):
    model = declare(measure, tree=TREES[tree], confidence_pct=CONFIDENCES)
    levels = compute(three_products, model).levels
    assert sorted(set(levels["account_id"])) == ["long", "mixed", "one"]
    assert len(levels) == 3 * 4
    for row in levels.iter_rows(named=True):
        losses = [
            list(scenario_losses(three_products, piece).values())
            for piece in pieces_of(row["account_id"], tree)
        ]
        for column, name in (
            ("quantile_amount", "value_at_risk"),
            ("expected_shortfall_amount", "expected_shortfall"),
        ):
            expected = sum(oracle.measure(one, name, row["confidence_pct"]) for one in losses)
            assert row[column] == pytest.approx(expected, rel=1e-10)
        assert row["scenarios"] == 60
        assert row["is_model_confidence"] == (row["confidence_pct"] == 97.5)


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("measure", ["value_at_risk", "expected_shortfall"])
def test_at_the_models_own_confidence_the_figure_is_the_netted_margin(
    three_products, tree, measure
):
    model = declare(measure, tree=TREES[tree], confidence_pct=CONFIDENCES)
    result = compute(three_products, model)
    own = result.levels.filter("is_model_confidence").sort("account_id")
    netted = result.margins.filter(node_level="account").sort("account_id")
    column = "quantile_amount" if measure == "value_at_risk" else "expected_shortfall_amount"
    assert own[column].round(2).to_list() == netted["netted_margin_amount"].round(2).to_list()
    assert (own[column] > 0).all()


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize(
    ("measure", "confidence", "binding"),
    [
        ("value_at_risk", 97.5, {2}),  # 60 x 2.5 % = 1.5: the second greatest
        ("value_at_risk", 90.0, {7}),  # beyond the three wanted, and written all the same
        ("expected_shortfall", 97.5, {1, 2}),
        ("expected_shortfall", 90.0, {1, 2, 3}),
        ("worst_scenario", 97.5, {1}),
    ],
)
def test_worst_scenarios_against_the_oracle(three_products, tree, measure, confidence, binding):
    model = declare(measure, confidence, TREES[tree], worst_scenarios=3)
    result = compute(three_products, model)
    assert len(result.levels) == 0
    for account in ("long", "mixed", "one"):
        costliest = max(
            pieces_of(account, tree),
            key=lambda piece: oracle.measure(
                list(scenario_losses(three_products, piece).values()), measure, confidence
            ),
        )
        losses = scenario_losses(three_products, costliest)
        ordered = sorted(losses, key=lambda t: (-losses[t], t))
        rows = result.scenarios.filter(account_id=account)
        assert rows["rank"].to_list() == sorted({1, 2, 3} | binding)
        assert set(rows.filter("is_binding")["rank"]) == binding
        for row in rows.iter_rows(named=True):
            date_code = ordered[row["rank"] - 1]
            assert row["scenario_date"] == day(date_code)
            assert row["scenario"] == day(date_code).isoformat()
            assert row["scenario_loss_amount"] == pytest.approx(losses[date_code], rel=1e-10)
        level = {"whole account": "account", "products added up": "product"}.get(tree)
        inside = "product" if level else "offset_group"
        if level == "account":
            assert rows.select("node_level", "node_id").unique().rows() == [("account", account)]
        else:
            columns = {"ABC"[column] for column, _ in costliest}
            name = "pair" if inside == "offset_group" and columns & {"A", "B"} else min(columns)
            assert rows.select("node_level", "node_id").unique().rows() == [(inside, name)]


def test_a_group_that_may_not_offset_is_seen_by_product():
    positions = Positions(
        account=np.array([0, 0, 0]),
        group=np.array([0, 0, 1]),
        product=np.array([0, 1, 2]),
        instrument=np.array([0, 1, 2]),
        quantity=np.array([1.0, -1.0, 0.1]),
    )
    losses = np.random.default_rng(3).normal(size=(3, 60))
    model = declare(tree={"account": "margins"}, confidence_pct=[95.0], worst_scenarios=1)
    dates = np.arange("2020-01-01", "2020-03-01", dtype="datetime64[D]")
    got = tail.compute_tail(positions, losses, model, dates, counts=np.array([False, True]))
    alone = [losses[0], -losses[1], 0.1 * losses[2]]
    expected = [sum(oracle.measure(list(x), "value_at_risk", c) for x in alone) for c in (95, 97.5)]
    assert got.levels.quantile[0] == pytest.approx(expected)
    assert got.worst.level[0] == "product"


def test_equal_losses_are_ranked_by_their_date_and_a_certain_gain_binds_nothing():
    positions = Positions(*(np.array([0, 1]),) * 3, np.array([0, 1]), np.array([1.0, 1.0]))
    losses = np.vstack([np.full(60, 7.0), np.full(60, -7.0)])
    dates = np.arange("2020-01-01", "2020-03-01", dtype="datetime64[D]")
    worst = tail.compute_tail(positions, losses, declare(worst_scenarios=4), dates).worst
    assert worst.scenario.tolist() == [0, 1, 2, 3] * 2
    assert worst.is_binding.tolist() == [False, True, False, False] + [False] * 4


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**16),
    accounts=st.integers(1, 6),
    scenarios=st.integers(1, 40),
    measure=st.sampled_from(["value_at_risk", "expected_shortfall"]),
    chunk=st.sampled_from([1, 4000, 2**23]),
)
def test_the_size_of_a_block_leaves_no_trace(seed, accounts, scenarios, measure, chunk):
    random = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), 3)
    product = np.tile(np.arange(3), accounts)
    positions = Positions(account, product, product, product, random.integers(-3, 4, 3 * accounts))
    losses = np.round(random.normal(size=(3, scenarios)), 1)
    dates = np.datetime64("2020-01-01") + np.arange(scenarios)
    model = declare(measure, confidence_pct=CONFIDENCES, worst_scenarios=3)
    whole = tail.compute_tail(positions, losses, model, dates)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "CHUNK_BYTES", chunk)
        parts = tail.compute_tail(positions, losses, model, dates)
    assert np.array_equal(whole.levels.quantile, parts.levels.quantile)
    assert np.array_equal(whole.levels.shortfall, parts.levels.shortfall)
    for name in ("account", "rank", "scenario", "loss", "is_binding"):
        assert np.array_equal(getattr(whole.worst, name), getattr(parts.worst, name))
    assert (whole.levels.shortfall >= whole.levels.quantile - 1e-12).all()
    assert (np.diff(whole.levels.quantile, axis=1) >= 0).all()


def test_a_model_that_asks_for_nothing_has_no_tail(three_products):
    result = compute(three_products, declare())
    assert len(result.levels) == len(result.scenarios) == 0


def declare_rules(source, table, asked=2, **changes):
    return parse_declaration(
        {
            **RULES,
            "scenarios": {"source": source, "lookback_days": 5, "mpor_days": [2]},
            "volatility": {"warm_up_days": 5},
            "tail": {"worst_scenarios": asked},
            source: table,
            **changes,
        },
        "r.toml",
    )


def test_published_covered_write_names_its_scenario():
    listed = instruments(
        F={"multiplier": 500.0},
        C={
            "kind": "option",
            "underlying": "F",
            "product": "F",
            "risk_factor": "F",
            "multiplier": 500.0,
            "strike": 410.0,
            "option_type": "call",
            "expiry_date": day(60),
            "premium_style": "upfront",
        },
    )
    given_market = market(listed, {"F": [420.0] * 30, "C": [15.0] * 30}, {"C": [0.15] * 30})
    arrays = [
        {"instrument": "F", "losses": list(LONG_FUTURE)},
        {"instrument": "C", "losses": list(LONG_CALL), "delta": 0.6},
    ]
    model = declare_rules("span", {"option_value_treatment": "none", "risk_arrays": arrays})
    rows = compute(given_market, model, [("acc", "F", 1.0), ("acc", "C", -1.0)], 29).scenarios
    net = [future - call for future, call in zip(LONG_FUTURE, LONG_CALL, strict=True)]
    ordered = sorted(range(16), key=lambda s: (-net[s], s))
    assert rows["scenario"].to_list() == [str(s + 1) for s in ordered[:2]]
    assert rows["scenario_loss_amount"].to_list() == [net[s] for s in ordered[:2]]
    assert rows["scenario_loss_amount"][0] == 6_620
    assert rows["is_binding"].to_list() == [True, False]
    assert rows["scenario_date"].to_list() == [None, None]
    assert rows.select("node_level", "node_id").unique().rows() == [("product", "F")]


def test_a_grid_names_the_move_of_its_costliest_unit(three_products):
    moves = [-0.16, -0.12, -0.08, -0.04, 0.0, 0.04, 0.08, 0.12, 0.16]
    model = declare_rules("grid", {"price_moves": moves, "position_rate": 0.0})
    rows = compute(three_products, model).scenarios
    price = three_products.price[79]
    for account in ("long", "mixed", "one"):
        held = {n: q for owner, n, q in ROWS if owner == account}
        losses = {n: [-q * price["ABC".index(n)] * m for m in moves] for n, q in held.items()}
        unit = max(sorted(losses), key=lambda n: max(losses[n]))
        own = rows.filter(account_id=account)
        assert set(own["node_id"]) == {unit}
        # Each move comes with volatility up and down, which futures do not feel.
        assert own["scenario_loss_amount"].to_list() == pytest.approx([max(losses[unit])] * 2)
        assert own["is_binding"].to_list() == [True, False]


def test_tims_names_the_point_of_its_class_group(three_products):
    table = {
        "range_down_pct": 10.0,
        "range_up_pct": 5.0,
        "class_groups": [{"group": "pair", "offset_pct": 50.0}],
    }
    model = declare_rules("tims", table, offset_groups=[PAIR])
    rows = compute(three_products, model).scenarios.filter(account_id="mixed")
    a, b, _ = three_products.price[79]
    points = [-0.10, -0.08, -0.06, -0.04, -0.02, 0.01, 0.02, 0.03, 0.04, 0.05]
    by_point = []
    for move in points:
        gains = [4.0 * a * move, -3.0 * b * move]
        loss, gain = (sum(max(sign * g, 0) for g in gains) for sign in (-1, 1))
        net = loss - 0.5 * gain
        by_point.append(net if net > 0 else net / 0.5)
    best = sorted(range(10), key=lambda k: (-by_point[k], k))
    assert rows["scenario"].to_list() == [str(k + 1) for k in best[:2]]
    assert rows["scenario_loss_amount"].to_list() == pytest.approx([by_point[k] for k in best[:2]])
    assert rows.select("node_level", "node_id").unique().rows() == [("offset_group", "pair")]
    assert rows["is_binding"].to_list() == [True, False]


def test_where_a_minimum_is_greater_no_scenario_binds(three_products):
    table = {"range_down_pct": 10.0, "range_up_pct": 5.0, "minimum_per_contract_amount": 1e6}
    rows = compute(three_products, declare_rules("tims", table)).scenarios
    assert len(rows) == 6
    assert not rows["is_binding"].any()


def test_the_fixed_model_has_no_scenarios(three_products):
    table = {"rates": [{"product": n, "from_date": day(0), "amount": 1.0} for n in "ABC"]}
    result = compute(three_products, declare_rules("fixed", table))
    assert result.scenarios.schema["scenario_date"] == pl.Date
    assert len(result.scenarios) == 0


@pytest.mark.parametrize("confidences", [[95.0, 95.0], [99.0, 95.0], [0.0], [100.0]])
def test_confidences_out_of_order_or_range_are_refused(confidences):
    with pytest.raises(WrongUse, match=r"tail\.confidence_pct: expected ascending"):
        declare(confidence_pct=confidences)


def test_a_model_of_rules_has_no_confidences():
    with pytest.raises(WrongUse, match=r"tail\.confidence_pct: expected none"):
        declare_rules("fixed", {}, tail={"confidence_pct": [95.0]})


def test_a_worst_scenario_has_no_confidence_of_its_own(three_products):
    model = declare("worst_scenario", 97.5, confidence_pct=[95.0])
    levels = compute(three_products, model).levels
    assert levels["confidence_pct"].to_list() == [95.0] * 3
    assert not levels["is_model_confidence"].any()


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**16),
    tree=st.sampled_from(sorted(TREES)),
    measure=st.sampled_from(["value_at_risk", "expected_shortfall", "worst_scenario"]),
    gated=st.booleans(),
)
def test_reading_along_the_tree_leaves_the_margins_and_finds_the_same_tail(
    seed, tree, measure, gated
):
    random = np.random.default_rng(seed)
    held = [
        (account, product // 2, product, instrument)
        for account in range(5)
        for product in range(4)
        for instrument in (2 * product, 2 * product + 1)
        if random.random() < (0.15, 0.3, 0.6, 0.9, 1.0)[account]
    ] or [(0, 0, 0, 0)]
    positions = Positions(*np.array(held).T, random.choice([-2.0, -1.0, 1.0, 3.0], len(held)))
    losses = np.round(random.normal(size=(8, 50)), 1)
    dates = np.datetime64("2020-01-01") + np.arange(50)
    model = declare(measure, tree=TREES[tree], confidence_pct=CONFIDENCES, worst_scenarios=3)
    counts = np.array([False, True]) if gated and tree == "groups added up" else None

    plain = compute_tree_margins(positions, losses, model.measure, model.tree, counts)
    reader = tail.TailReader(positions, model, 50, counts)
    along = compute_tree_margins(positions, losses, model.measure, model.tree, counts, reader.runs)
    for level, nodes in plain.items():
        assert np.array_equal(nodes.netted, along[level].netted)
    got, alone = (
        reader.finish(losses, dates),
        tail.compute_tail(positions, losses, model, dates, counts),
    )
    # The tree adds an account up by its groups, the tail alone by its positions.
    np.testing.assert_allclose(got.levels.quantile, alone.levels.quantile, atol=1e-12)
    np.testing.assert_allclose(got.levels.shortfall, alone.levels.shortfall, atol=1e-12)
    first = got.worst.rank == 1
    np.testing.assert_allclose(
        got.worst.loss[first], alone.worst.loss[alone.worst.rank == 1], atol=1e-12
    )
    assert np.array_equal(got.worst.account[first], alone.worst.account[alone.worst.rank == 1])


def test_what_the_tree_has_added_up_is_not_added_up_again():
    positions = Positions(
        *np.array([(0, 0, 0, 0), (0, 1, 1, 1), (1, 0, 0, 0)]).T, np.array([1.0, 2.0, 3.0])
    )
    losses = np.random.default_rng(1).normal(size=(2, 60))
    model = declare(confidence_pct=CONFIDENCES)
    reader = tail.TailReader(positions, model, 60)
    compute_tree_margins(positions, losses, model.measure, model.tree, None, reader.runs)
    added_up = []
    with pytest.MonkeyPatch.context() as patch:
        measured = tail.measure_nodes

        def count(holdings, *rest):
            added_up.append(holdings.shape[0])
            return measured(holdings, *rest)

        patch.setattr(tail, "measure_nodes", count)
        reader.finish(losses, np.datetime64("2020-01-01") + np.arange(60))
    assert added_up == [1]  # the account of a single position
