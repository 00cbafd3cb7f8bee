"""Hypothetical portfolios: what a file may declare, and the positions that come of it."""

import tomllib
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from pipeline.backtest.hypothetical import (
    HypotheticalLeg,
    HypotheticalPortfolio,
    hash_portfolios,
    parse_portfolios,
)
from pipeline.backtest.hypothetical_book import (
    build_hypothetical_positions,
    pool_by_instrument,
    split_pool_names,
)
from pipeline.errors import WrongUse
from tests.markets import book, day, instruments, market

GOOD = """
[[portfolio]]
id = "spread"
title = "Calendar spread"
reason = "Offset inside a product"
roll_days = 3
[[portfolio.leg]]
product = "CL"
nearby = 1
notional_amount = 1000
[[portfolio.leg]]
product = "CL"
maturity_days = 60
notional_amount = -1000.0
"""
LEG = '[[portfolio.leg]]\nproduct = "CL"\nnotional_amount = 1\n'
HEAD = '[[portfolio]]\nid = "a"\ntitle = "t"\nreason = "r"\n'


def parse(text):
    return parse_portfolios(tomllib.loads(text), "h.toml")


def declare(*legs, roll_days=0, name="p"):
    return HypotheticalPortfolio(name, "t", "r", legs, roll_days)


def test_a_good_declaration():
    (one,) = parse(GOOD)
    assert one == HypotheticalPortfolio(
        "spread",
        "Calendar spread",
        "Offset inside a product",
        (HypotheticalLeg("CL", 1000.0), HypotheticalLeg("CL", -1000.0, 0, 60)),
        3,
    )
    assert one.composition == "long 1,000 of CL, nearby 1; short 1,000 of CL, 60 days"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "h.toml: no [[portfolio]] table; expected at least one"),
        ("portfolio = 3", "h.toml: no [[portfolio]] table; expected at least one"),
        ("book = 1\n" + HEAD, "h.toml: unknown key 'book'; the keys are portfolio"),
        (HEAD, "h.toml: portfolio 'a': no [[leg]] table; expected at least one"),
        (
            HEAD + LEG + HEAD + LEG,
            "h.toml: the id 'a' stands twice; each portfolio needs an id of its own",
        ),
        (
            HEAD.replace('"a"', '"a b"') + LEG,
            (
                "h.toml: portfolio 1: id is 'a b'; expected letters, digits, dots, dashes and"
                " underscores"
            ),
        ),
        (
            HEAD.replace('"r"', '" "') + LEG,
            "h.toml: portfolio 'a': reason is ' '; expected a text",
        ),
        (
            HEAD + LEG + "nearby = 0",
            "h.toml: portfolio 'a', leg 1: nearby is 0; expected a whole number of at least 1",
        ),
        (
            HEAD + LEG + "nearby = true",
            "h.toml: portfolio 'a', leg 1: nearby is True; expected a whole number of at least 1",
        ),
        (
            HEAD + LEG + "nearby = 1\nmaturity_days = 30",
            (
                "h.toml: portfolio 'a', leg 1: both nearby and maturity_days are given; expected"
                " one of them"
            ),
        ),
        (
            HEAD + LEG.replace("= 1", "= 0"),
            "h.toml: portfolio 'a', leg 1: notional_amount is 0; expected a number other than 0",
        ),
        (
            HEAD + LEG.replace("= 1", "= nan"),
            "h.toml: portfolio 'a', leg 1: notional_amount is nan; expected a number other than 0",
        ),
        (
            HEAD + LEG.replace("= 1", '= "x"'),
            "h.toml: portfolio 'a', leg 1: notional_amount is 'x'; expected a number other than 0",
        ),
        (
            HEAD + LEG + "notional = 2",
            (
                "h.toml: portfolio 'a', leg 1: unknown key 'notional'; the keys are product,"
                " nearby, maturity_days, notional_amount"
            ),
        ),
    ],
)
def test_a_bad_declaration_is_one_sentence(text, sentence):
    with pytest.raises(WrongUse) as raised:
        parse(text)
    assert str(raised.value) == sentence


def test_the_hash_is_of_what_is_held():
    (one,) = parse(GOOD)
    (renamed,) = parse(GOOD.replace("Calendar spread", "Another title") + "# a comment\n")
    (larger,) = parse(GOOD.replace("-1000.0", "-1000.5"))
    assert hash_portfolios([one]) == hash_portfolios([renamed])
    assert len({hash_portfolios(of) for of in ([one], [larger], [])}) == 3
    other = declare(HypotheticalLeg("CL", 1.0))
    assert hash_portfolios([one, other]) == hash_portfolios([other, one])


def curve():
    """Three crude contracts that expire after 10, 40 and 70 days, and an option on the first."""
    listed = instruments(
        **{
            name: {"product": "CL", "expiry_date": day(after), "multiplier": 10.0}
            for name, after in (("CL1", 10), ("CL2", 40), ("CL3", 70))
        },
        CLO={"product": "CL", "kind": "option", "underlying": "CL1", "expiry_date": day(9)},
    )
    series = {
        "CL1": [50.0, 51.0, 52.0],
        "CL2": [60.0, None, -1.0],
        "CL3": [80.0, 81.0, 82.0],
        "CLO": [1.0, 1.0, 1.0],
    }
    return market(listed, series)


def held(built, name="p"):
    return {
        (row["business_date"], row["instrument_id"]): row["quantity"]
        for row in built.positions.filter(account_id=name).iter_rows(named=True)
    }


def test_the_nth_contract_by_expiry_at_its_notional():
    legs = (HypotheticalLeg("CL", 1000.0), HypotheticalLeg("CL", -1200.0, 2))
    built = build_hypothetical_positions(curve(), [declare(*legs)], np.arange(3))
    # Where the second has no price, or none above 0, the third is the second to expire.
    assert held(built) == {
        (day(0), "CL1"): pytest.approx(1000 / 500),
        (day(0), "CL2"): pytest.approx(-1200 / 600),
        (day(1), "CL1"): pytest.approx(1000 / 510),
        (day(1), "CL3"): pytest.approx(-1200 / 810),
        (day(2), "CL1"): pytest.approx(1000 / 520),
        (day(2), "CL3"): pytest.approx(-1200 / 820),
    }
    assert len(built.excluded) == 0


def test_a_contract_close_to_its_expiry_is_not_taken():
    leg = HypotheticalLeg("CL", 1000.0)
    built = build_hypothetical_positions(curve(), [declare(leg, roll_days=10)], np.arange(2))
    assert list(held(built)) == [(day(0), "CL1"), (day(1), "CL3")]


def test_a_constant_maturity_is_held_in_the_two_contracts_around_it():
    leg = HypotheticalLeg("CL", -900.0, 0, 20)
    built = build_hypothetical_positions(curve(), [declare(leg)], np.arange(3))
    near, far = (40 - 20) / 30, (20 - 10) / 30
    assert held(built) == {
        (day(0), "CL1"): pytest.approx(-900 * near / 500),
        (day(0), "CL2"): pytest.approx(-900 * far / 600),
        (day(1), "CL1"): pytest.approx(-900 * (69 - 20) / 60 / 510),
        (day(1), "CL3"): pytest.approx(-900 * (20 - 9) / 60 / 810),
        (day(2), "CL1"): pytest.approx(-900 * (68 - 20) / 60 / 520),
        (day(2), "CL3"): pytest.approx(-900 * (20 - 8) / 60 / 820),
    }


def test_a_date_without_one_leg_is_excluded_with_the_reason():
    portfolios = [
        declare(HypotheticalLeg("CL", 1.0), HypotheticalLeg("CL", -1.0, 3)),
        declare(HypotheticalLeg("CL", 1.0, 0, 5), name="q"),
    ]
    built = build_hypothetical_positions(curve(), portfolios, np.arange(2))
    assert built.excluded.filter(account_id="p").rows() == [
        (day(1), "p", "CL: no contract 3 by expiry with a price above 0")
    ]
    assert built.excluded.filter(account_id="q")["reason"].unique().to_list() == [
        "CL: no two contracts with a price above 0 around 5 days"
    ]
    assert {key[0] for key in held(built)} == {day(0)}
    assert held(built, "q") == {}


def test_currency_and_inverse_contracts():
    rates = pl.DataFrame(
        {"business_date": [day(0)], "currency": ["EUR"], "rate": [1.25]},
        schema_overrides={"business_date": pl.Date},
    )
    listed = instruments(
        DAX={"currency": "EUR", "multiplier": 25.0},
        BTC={"kind": "perpetual", "settlement": "inverse", "multiplier": 100.0},
    )
    found = market(listed, {"DAX": [10_000.0], "BTC": [30_000.0]}, rates=rates)
    legs = (HypotheticalLeg("DAX", 1e6), HypotheticalLeg("BTC", -1e6))
    built = build_hypothetical_positions(found, [declare(*legs)], np.arange(1))
    assert held(built) == {
        (day(0), "DAX"): pytest.approx(1e6 / (10_000 * 25 * 1.25)),
        (day(0), "BTC"): pytest.approx(-1e6 / 100),
    }


def test_two_legs_in_one_contract_are_one_position():
    legs = (HypotheticalLeg("CL", 1000.0), HypotheticalLeg("CL", -400.0))
    built = build_hypothetical_positions(curve(), [declare(*legs)], np.arange(1))
    assert held(built) == {(day(0), "CL1"): pytest.approx(600 / 500)}


def test_an_unknown_product_is_one_sentence():
    with pytest.raises(
        WrongUse, match=r"^hypothetical portfolio 'p': no future, perpetual or spot"
    ):
        build_hypothetical_positions(curve(), [declare(HypotheticalLeg("GC", 1.0))], np.arange(1))


def test_all_holders_of_a_side_are_added_up():
    found = curve()
    positions = [(0, "a", "CL1", 2), (0, "b", "CL1", 3), (0, "c", "CL1", -4), (1, "a", "CL3", 1)]
    pooled = pool_by_instrument(found, book(found, positions))
    assert pooled.rows() == [
        (day(0), "all long/CL1", "CL1", 5.0),
        (day(0), "all short/CL1", "CL1", -4.0),
        (day(0) + timedelta(days=1), "all long/CL3", "CL3", 1.0),
    ]
    named = split_pool_names(pooled, "instrument")
    assert named.select("scope", "scope_id", "account_id").rows()[1] == (
        "instrument",
        "CL1",
        "all short",
    )
