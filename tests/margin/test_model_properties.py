"""What must hold of every shipped model, on random portfolios of futures and options."""

import tomllib
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.margin.declaration import parse_declaration
from pipeline.margin.engine import compute_margins
from pipeline.resources import resource_path
from tests.markets import book, day, instruments, market, random_walk

MODELS = ["hes", "hvar", "fhs", "span", "grid", "fixed", "tims"]
# Fewer moves than the shipped declarations ask for, so that a small market is enough.
LOOKBACK = {"hes": 80, "hvar": 80, "fhs": 80, "span": 60, "fixed": 60, "grid": 1, "tims": 1}
NAMES = ["SP500", "NASDAQ", "WTI", "CALL", "PUT"]
LAST = 199
EACH_MODEL = pytest.mark.parametrize("model_id", MODELS)


@cache
def the_market():
    option = {
        "kind": "option",
        "underlying": "SP500",
        "product": "SP500",
        "risk_factor": "SP500",
        "multiplier": 50.0,
        "strike": 2000.0,
        "expiry_date": day(LAST + 40),
        "premium_style": "upfront",
    }
    listed = instruments(
        SP500={"multiplier": 50.0},
        NASDAQ={"multiplier": 20.0},
        WTI={"multiplier": 1000.0},
        CALL={**option, "option_type": "call"},
        PUT={**option, "option_type": "put"},
    )
    index = np.array(random_walk(1, LAST + 1, start=2000.0))
    follower = index * 2.2 * np.exp(np.array(random_walk(2, LAST + 1, start=1.0, step=0.003)) - 1.0)
    vols = list(np.clip(np.array(random_walk(4, LAST + 1, start=0.2, step=0.03)), 0.05, 0.8))
    return market(
        listed,
        {
            "SP500": list(index),
            "NASDAQ": list(follower),
            "WTI": random_walk(3, LAST + 1, start=50.0, step=0.02),
            "CALL": [60.0] * (LAST + 1),
            "PUT": [60.0] * (LAST + 1),
        },
        {"CALL": vols, "PUT": vols},
    )


def declare(model_id, **changes):
    text = resource_path(f"models/{model_id}.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    document["scenarios"]["lookback_days"] = LOOKBACK[model_id]
    if "stress" in document:
        document["stress"]["periods"] = [
            {"id": "early", "first_date": day(70), "last_date": day(140)}
        ]
    for name, value in changes.items():
        document[name] = {**document.get(name, {}), **value}
    return parse_declaration(document, f"{model_id}.toml")


def margin_rows(model, accounts):
    given_market = the_market()
    rows = [
        (LAST, name, instrument, float(quantity))
        for name, quantities in accounts.items()
        for instrument, quantity in zip(NAMES, quantities, strict=True)
    ]
    groups = {p: model.group_of(p) for p in ("SP500", "NASDAQ", "WTI")}
    held = book(given_market, rows, groups)
    return compute_margins(given_market, held, model, 2, np.array([LAST])).margins


def by_account(margins, column):
    rows = margins.filter(node_level="account")
    return dict(zip(rows["account_id"], rows[column], strict=True))


quantities = st.tuples(*[st.integers(-20, 20) for _ in NAMES])
portfolios = quantities.filter(any)
few = settings(max_examples=15)


@EACH_MODEL
@few
@given(held=portfolios, factor=st.sampled_from([0.25, 2.0, 3.0, 10.0]))
def test_scaling_positions_scales_the_core_margin(model_id, held, factor):
    rows = margin_rows(declare(model_id), {"one": held, "more": [factor * q for q in held]})
    for column in (
        "standalone_margin_amount",
        "netted_margin_amount",
        "capped_margin_amount",
        "maintenance_margin_amount",
    ):
        got = by_account(rows, column)
        assert got["more"] == pytest.approx(factor * got["one"], rel=1e-9, abs=1e-6)


@EACH_MODEL
@few
@given(held=portfolios)
def test_credits_of_the_levels_add_up(model_id, held):
    rows = margin_rows(declare(model_id), {"acc": held})
    account = rows.filter(node_level="account").row(0, named=True)
    assert rows["level_credit_amount"].sum() == pytest.approx(
        account["standalone_margin_amount"] - account["netted_margin_amount"], rel=1e-9, abs=1e-5
    )
    assert account["offset_credit_amount"] == pytest.approx(
        rows["level_credit_amount"].sum(), rel=1e-9, abs=1e-5
    )


@EACH_MODEL
@few
@given(held=portfolios)
def test_standalone_margin_is_the_sum_over_positions_alone(model_id, held):
    model = declare(model_id)
    alone = {
        f"only-{name}": [q if name == other else 0 for other in NAMES]
        for name, q in zip(NAMES, held, strict=True)
        if q
    }
    rows = margin_rows(model, {"all": held, **alone})
    netted = by_account(rows, "netted_margin_amount")
    total = sum(amount for account, amount in netted.items() if account != "all")
    assert by_account(rows, "standalone_margin_amount")["all"] == pytest.approx(total, rel=1e-9)


@EACH_MODEL
@few
@given(held=portfolios)
def test_capped_margin_falls_as_the_cap_rises(model_id, held):
    capped = []
    for cap in (0.0, 0.3, 0.8, 1.0):
        model = declare(model_id, tree={"cap": cap, "cap_base": "instrument"})
        row = margin_rows(model, {"acc": held}).filter(node_level="account").row(0, named=True)
        capped.append(row["capped_margin_amount"])
    netted, standalone = row["netted_margin_amount"], row["standalone_margin_amount"]
    if netted <= standalone:
        assert capped[0] == pytest.approx(standalone)
        assert all(low <= high + 1e-6 for high, low in pairwise(capped))
    assert capped[-1] == pytest.approx(netted)


@pytest.mark.parametrize("model_id", ["hes", "fhs"])
@pytest.mark.parametrize("measure", ["expected_shortfall", "worst_scenario"])
@few
@given(first=portfolios, second=portfolios)
def test_merging_accounts_needs_no_more(model_id, measure, first, second):
    """Where every level sums scenarios and the measure is subadditive."""
    model = declare(
        "hes",
        measure={"name": measure},
        scenarios={"source": "filtered" if model_id == "fhs" else "historical"},
        volatility={"warm_up_days": 30},
    )
    merged = [a + b for a, b in zip(first, second, strict=True)]
    accounts = {"first": first, "second": second}
    if any(merged):
        accounts["merged"] = merged
    netted = by_account(margin_rows(model, accounts), "netted_margin_amount")
    assert netted.get("merged", 0.0) <= netted["first"] + netted["second"] + 1e-6


@pytest.mark.parametrize("model_id", ["hes", "fhs"])
@few
@given(held=portfolios)
def test_an_account_and_its_mirror_have_opposite_losses(model_id, held):
    """Of one scenario the worst loss of one is the best gain of the other, floored at zero."""
    model = declare(
        "hes",
        measure={"name": "worst_scenario"},
        scenarios={
            "source": "filtered" if model_id == "fhs" else "historical",
            "lookback_days": 1,
        },
        volatility={"warm_up_days": 30},
    )
    rows = margin_rows(model, {"one": held, "mirror": [-q for q in held]})
    netted = by_account(rows, "netted_margin_amount")
    assert min(netted.values()) == 0.0 or max(netted.values()) == 0.0
    one = {
        row["node_id"]: row["netted_margin_amount"]
        for row in rows.filter(node_level="product", account_id="one").iter_rows(named=True)
    }
    for row in rows.filter(node_level="product", account_id="mirror").iter_rows(named=True):
        assert min(row["netted_margin_amount"], one[row["node_id"]]) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("model_id", ["fixed", "grid", "tims"])
@few
@given(held=st.tuples(*[st.integers(-20, 20) for _ in range(3)]).filter(any))
def test_symmetric_ranges_margin_futures_and_their_mirror_alike(model_id, held):
    changes = {
        "fixed": {},
        "grid": {"grid": {"extended_moves": [], "extended_weights": []}},
        "tims": {"tims": {"range_down_pct": 10.0, "range_up_pct": 10.0, "classes": []}},
    }[model_id]
    futures = [*held, 0, 0]
    rows = margin_rows(
        declare(model_id, **changes), {"one": futures, "mirror": [-q for q in futures]}
    )
    netted = by_account(rows, "netted_margin_amount")
    assert netted["one"] == pytest.approx(netted["mirror"])


@EACH_MODEL
@few
@given(held=portfolios)
def test_maintenance_is_capped_margin_plus_addons(model_id, held):
    rows = margin_rows(declare(model_id), {"acc": held})
    total = rows["capped_margin_amount"] + rows["addon_amount"]
    assert rows["maintenance_margin_amount"].to_list() == pytest.approx(total.to_list())
    assert (rows["addon_amount"] >= 0).all()
    assert (rows["initial_margin_amount"] >= rows["maintenance_margin_amount"] - 1e-9).all()
