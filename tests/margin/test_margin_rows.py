"""Rows of the margin table: their order, their names, one date or many."""

import numpy as np
import polars as pl
import pytest

from pipeline.margin.declaration import parse_declaration
from pipeline.margin.engine import compute_margins
from pipeline.margin.margin_rows import MARGIN_SCHEMA
from tests.markets import book, day, instruments, market, random_walk

DATES = (40, 44, 49)
# Names whose order is not that of the groups: products of one group lie apart.
GROUPS = {"A": "late", "B": "early", "C": "late", "D": "early"}


@pytest.fixture(scope="module")
def given():
    listed = instruments(A={}, B={}, C={}, D={})
    return market(listed, {name: random_walk(at, 50) for at, name in enumerate("ABCD")})


@pytest.fixture(scope="module")
def computed(given):
    rng = np.random.default_rng(1)
    rows = [
        (t, account, name, int(rng.integers(1, 9)))
        for t in DATES
        for account in ("zeta", "Beta", "ärger", "alpha")
        for name in rng.permutation(list("ABCD"))
    ]
    model = parse_declaration(
        {
            "model_id": "rows",
            "title": "Rows",
            "version": "1",
            "scenarios": {"source": "historical", "lookback_days": 20, "mpor_days": [1]},
            "measure": {"name": "worst_scenario"},
        },
        "rows.toml",
    )
    return compute_margins(given, book(given, rows, GROUPS), model, 1, np.array(DATES)).margins


def test_rows_are_in_the_order_of_date_account_level_and_node(computed):
    keys = ["business_date", "account_id", "node_level", "node_id"]
    assert computed.equals(computed.sort(keys))
    assert not computed.select(keys).is_duplicated().any()
    assert len(computed) == len(DATES) * 4 * (1 + 2 + 4)


def test_columns_and_types_are_those_of_the_table(computed):
    assert dict(computed.schema) == MARGIN_SCHEMA


def test_every_node_has_the_name_of_its_level(computed):
    named = computed.group_by("node_level").agg(pl.col("node_id").unique().sort())
    assert dict(named.iter_rows()) == {
        "account": ["Beta", "alpha", "zeta", "ärger"],
        "offset_group": ["early", "late"],
        "product": ["A", "B", "C", "D"],
    }
    accounts = computed.filter(node_level="account")
    assert (accounts["account_id"] == accounts["node_id"]).all()
    assert set(computed["business_date"]) == {day(t) for t in DATES}


def test_a_product_node_carries_the_margin_of_its_product(given, computed):
    held = computed.filter(node_level="product", account_id="zeta", business_date=day(49))
    for name, margin in held.select("node_id", "netted_margin_amount").iter_rows():
        code = given.instruments["instrument_id"].to_list().index(name)
        price = given.price[:, code]
        moves = price[30:50] / price[29:49] - 1
        # Worst fall or rise of one unit times a whole number of contracts.
        units = margin / (price[49] * max(-moves.min(), 0.0))
        assert units == pytest.approx(round(units), abs=1e-6)
        assert 1 <= round(units) <= 8
