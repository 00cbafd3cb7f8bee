"""Frames to arrays: codes, order, what is missing and what is unknown."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import CheckFailed
from pipeline.margin.market import build_book
from tests.markets import book, day, instruments, market, positions

LISTED = instruments(B={"multiplier": 5.0}, A={}, C={"currency": "EUR"})
NAMES = "ABC"


@pytest.fixture(scope="module")
def given_market():
    rates = pl.DataFrame({"business_date": [day(1)], "currency": ["EUR"], "rate": [1.1]})
    return market(
        LISTED, {"B": [1.0, None, 3.0], "A": [4.0, 5.0, 6.0], "C": [7.0, 8.0, 9.0]}, None, rates
    )


def test_prices_stand_by_date_and_instrument_in_the_order_of_names(given_market):
    assert given_market.instruments["instrument_id"].to_list() == ["A", "B", "C"]
    expected = [[4.0, 1.0, 7.0], [5.0, np.nan, 8.0], [6.0, 3.0, 9.0]]
    np.testing.assert_array_equal(given_market.price, expected)
    np.testing.assert_array_equal(given_market.rate[:, 0], 1.0)
    np.testing.assert_array_equal(given_market.rate[:, 2], [np.nan, 1.1, np.nan])
    assert np.isnan(given_market.volatility).all()
    assert given_market.multiplier.tolist() == [1.0, 5.0, 1.0]


def test_prices_of_unlisted_instruments_are_left_out():
    listed = LISTED.filter(pl.col("currency") == "USD")
    built = market(listed, {"A": [1.0, 2.0], "ZZZ": [3.0, 4.0], "0": [5.0, 6.0]})
    np.testing.assert_array_equal(built.price, [[1.0, np.nan], [2.0, np.nan]])


def test_columns_are_computed_once_and_a_changed_market_has_its_own(given_market):
    assert given_market.multiplier is given_market.multiplier
    doubled = replace(
        given_market,
        instruments=given_market.instruments.with_columns(pl.col("multiplier") * 2),
    )
    assert doubled.multiplier.tolist() == [2.0, 10.0, 2.0]
    assert given_market.multiplier.tolist() == [1.0, 5.0, 1.0]


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from(["x", "Y", "zz", "é"]),
            st.sampled_from(NAMES),
            st.integers(-3, 3),
        ),
        max_size=30,
        unique_by=lambda row: row[:3],
    ),
    groups=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["one", "two"])),
)
def test_the_book_holds_every_position_in_the_order_of_the_tree(rows, groups):
    there = market(
        LISTED.with_columns(currency=pl.lit("USD")), {name: [1.0, 1.0, 1.0] for name in NAMES}
    )
    held = book(there, rows, groups)
    expected = sorted(
        (t, account, groups.get(name, name), name, name, float(quantity))
        for t, account, name, quantity in rows
        if quantity
    )
    product = held.product_of[held.instrument]
    got = [
        (int(t), held.accounts[a], held.groups[g], held.products[p], NAMES[i], float(q))
        for t, a, g, p, i, q in zip(
            held.date,
            held.account,
            held.group_of[product],
            product,
            held.instrument,
            held.quantity,
            strict=True,
        )
    ]
    assert got == expected
    for t in range(3):
        assert len(held.quantity[held.on_date(t)]) == sum(row[0] == t for row in expected)


def test_a_position_in_an_unknown_instrument_is_named(given_market):
    rows = positions([(0, "acc", "A", 1), (0, "acc", "GHOST", 2)])
    with pytest.raises(CheckFailed, match="instrument 'GHOST' is not among the instruments"):
        build_book(rows, given_market, {})
