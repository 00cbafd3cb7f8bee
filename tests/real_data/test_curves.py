"""Whole futures curves of crude oil, products, gas and Brent, 2007 to 2025, through the engine."""

import os
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from pipeline.margin.declaration import parse_declaration
from pipeline.margin.engine import compute_margins
from pipeline.margin.market import build_book, build_market
from pipeline.margin.shocks import compute_shocks
from tests.margin import oracle
from tests.markets import NO_RATES, SCHEMA

from .importer import VARIABLE, read_curves, real_data_folder

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get(VARIABLE), reason=f"{VARIABLE} does not name a folder of market data"
    ),
]

MULTIPLIERS = {"CL": 1_000.0, "HO": 42_000.0, "NG": 10_000.0, "RB": 42_000.0, "BRN": 1_000.0}
DEPTH = 6  # nearby contracts: what the accounts hold, and a little more
NEGATIVE = date(2020, 4, 20)
# The source gives both months of Brent one last trading date, so that their order is not known.
TIED = {"BRN": {"2024-02", "2024-03"}}


@pytest.fixture(scope="module")
def prices():
    """Closes of the first contracts, by instrument; a contract enters with its nearby number."""
    return (
        read_curves(real_data_folder(), tuple(MULTIPLIERS))
        .prices.filter(pl.col("nearby") <= DEPTH)
        .with_columns(instrument_id=pl.concat_str("root", "contract", separator="-"))
    )


@pytest.fixture(scope="module")
def curves(prices):
    contracts = prices.group_by("instrument_id").agg(pl.first("root", "expiry_date"))
    listed = contracts.select(
        "instrument_id",
        pl.col("root").alias("product"),
        pl.lit("future").alias("kind"),
        pl.lit(None, pl.String).alias("underlying"),
        pl.col("root").alias("risk_factor"),
        pl.lit("USD").alias("currency"),
        pl.lit("linear").alias("settlement"),
        pl.col("root").replace_strict(MULTIPLIERS, return_dtype=pl.Float64).alias("multiplier"),
        "expiry_date",
        pl.lit(None, pl.Float64).alias("strike"),
        *(pl.lit(None, pl.String).alias(c) for c in ("option_type", "premium_style", "shock_type")),
    ).select(list(SCHEMA))
    closes = prices.select(
        "business_date",
        "instrument_id",
        "settlement_price",
        pl.lit(None, pl.Float64).alias("implied_vol"),
    )
    return build_market(listed, closes, NO_RATES, "USD")


@pytest.fixture(scope="module")
def moves(curves):
    return compute_shocks(curves, 1)


def test_the_curves_reach_over_eighteen_years(curves, moves):
    assert curves.dates[0] == np.datetime64("2007-01-02")
    assert curves.dates[-1] >= np.datetime64("2025-09-16")
    assert {name.split("#")[0] for name in moves.series.names} == set(MULTIPLIERS)
    counts = dict(zip(moves.series.names, moves.present_count[-1], strict=True))
    assert min(counts[f"{root}#1"] for root in MULTIPLIERS) > 4_550


def test_moves_are_those_of_one_contract_from_date_to_date(curves, moves, prices):
    """Against a join of the table with itself, contract by contract."""
    dates = curves.dates.astype("datetime64[D]").tolist()
    following = dict(pairwise(dates))
    own = prices.select(
        "root", "contract", "business_date", "nearby", "settlement_price", "expiry_date"
    )
    pairs = own.with_columns(
        end=pl.col("business_date").replace_strict(following, default=None, return_dtype=pl.Date)
    ).join(
        own.select("root", "contract", end="business_date", last="settlement_price"),
        on=["root", "contract", "end"],
        how="inner",
    )
    row = {day: code for code, day in enumerate(dates)}
    column = {name: code for code, name in enumerate(moves.series.names)}
    checked = 0
    for root in MULTIPLIERS:
        for nearby in (1, 2):
            chosen = pairs.filter((pl.col("root") == root) & (pl.col("nearby") == nearby))
            at = [row[day] for day in chosen["end"]]
            got = moves.absolute_move[at, column[f"{root}#{nearby}"]]
            expected = (chosen["last"] - chosen["settlement_price"]).to_numpy()
            differs = ~np.isclose(got, expected, rtol=0, atol=1e-9)
            assert set(chosen["contract"].to_numpy()[differs]) <= TIED.get(root, set()), nearby
            checked += len(at)
    assert checked > 45_000


def test_a_roll_is_no_jump(curves, moves):
    """On the first date after an expiry moves are no larger than on other dates.

    Naive returns of the n-th nearby price would take the slope of the curve for a move.
    """
    for root in MULTIPLIERS:
        front = list(moves.series.names).index(f"{root}#1")
        absolute = np.abs(moves.absolute_move[:, front])
        expiry = np.unique(curves.expiry[(curves.instruments["product"] == root).to_numpy()])
        first = np.searchsorted(curves.dates, expiry, side="right")
        first = first[first < len(absolute)]
        rolls = np.zeros(len(absolute), dtype=bool)
        rolls[first] = True
        known = ~np.isnan(absolute)
        on_rolls = np.median(absolute[rolls & known])
        assert on_rolls < 1.35 * np.median(absolute[~rolls & known]), root


def test_only_the_front_of_crude_oil_fell_below_zero(moves):
    touched = {
        name
        for name, count in zip(moves.series.names, moves.nonpositive_count[-1], strict=True)
        if count
    }
    assert touched == {"CL#1"}


def declare(**scenarios):
    return parse_declaration(
        {
            "model_id": "curves",
            "title": "Curves",
            "version": "1",
            "scenarios": {
                "source": "historical",
                "lookback_days": 250,
                "mpor_days": [1],
                **scenarios,
            },
            "measure": {"name": "expected_shortfall", "confidence_pct": 97.5},
            "offset_groups": [
                {
                    "id": "oil",
                    "products": ["CL", "HO", "RB", "BRN"],
                    "rationale": "Products are refined from crude oil.",
                    "default_fund": "fund",
                    "stress_test": "none",
                }
            ],
        },
        "curves.toml",
    )


ACCOUNTS = {
    "calendar": {("CL", 2): 1.0, ("CL", 3): -1.0},
    "crack": {("CL", 2): -3.0, ("RB", 2): 2.0, ("HO", 2): 1.0},
    "brent": {("CL", 2): 1.0, ("BRN", 2): -1.0},
    "gas": {("NG", 2): 1.0, ("NG", 3): -2.0},
}


def hold(prices, curves, model):
    """The accounts hold their nearby contracts on every date of the table."""
    rows = pl.concat(
        [
            prices.filter((pl.col("root") == root) & (pl.col("nearby") == nearby)).select(
                "business_date",
                pl.lit(account).alias("account_id"),
                "instrument_id",
                pl.lit(quantity).alias("quantity"),
            )
            for account, legs in ACCOUNTS.items()
            for (root, nearby), quantity in legs.items()
        ]
    )
    groups = {p: model.group_of(p) for p in MULTIPLIERS}
    return build_book(rows, curves, groups)


@pytest.mark.parametrize("maturity_days", [[], [30, 60, 90, 120]], ids=["nearby", "constant"])
def test_spreads_are_margined_over_eighteen_years(curves, prices, maturity_days):
    model = declare(maturity_days=maturity_days)
    codes = np.arange(400, len(curves.dates), 50)
    result = compute_margins(curves, hold(prices, curves, model), model, 1, codes)
    rows = result.margins.filter(node_level="account")
    assert rows["business_date"].n_unique() > 0.95 * len(codes)
    assert (rows["netted_margin_amount"] > 0).mean() > 0.99
    crack = rows.filter(pl.col("account_id") == "crack")
    credit = (crack["offset_credit_amount"] / crack["standalone_margin_amount"]).to_numpy()
    assert np.median(credit) > 0.5  # products and crude oil move together
    calendar = rows.filter(pl.col("account_id") == "calendar")
    spread = (calendar["netted_margin_amount"] / calendar["standalone_margin_amount"]).to_numpy()
    assert np.median(spread) < 0.25


def test_a_margin_against_a_scalar_loop_over_the_negative_price(curves, prices):
    """Long the second crude oil contract, short the first, on the day of the negative price.

    The front factor touched a price below zero in the window and is moved by amounts; the second
    never did and is moved by ratios.
    """
    model = declare()
    code = int(np.searchsorted(curves.dates, np.datetime64(NEGATIVE)))
    front, second = (
        prices.filter(
            (pl.col("root") == "CL")
            & (pl.col("business_date") == NEGATIVE)
            & (pl.col("nearby") == n)
        )["instrument_id"][0]
        for n in (1, 2)
    )
    positions = pl.DataFrame(
        {
            "business_date": [NEGATIVE] * 2,
            "account_id": ["spread"] * 2,
            "instrument_id": [front, second],
            "quantity": [-1.0, 1.0],
        }
    )
    held = build_book(positions, curves, {})
    result = compute_margins(curves, held, model, 1, np.array([code]))
    row = result.margins.filter(node_level="account").row(0, named=True)

    table = {
        (day, n): (contract, close)
        for day, contract, n, close in prices.filter(
            (pl.col("root") == "CL") & (pl.col("nearby") <= 3)
        )
        .select("business_date", "contract", "nearby", "settlement_price")
        .iter_rows()
    }
    close_of = {(day, contract): close for (day, _), (contract, close) in table.items()}
    dates = curves.dates.astype("datetime64[D]").tolist()
    price = {n: table[NEGATIVE, n][1] for n in (1, 2)}
    losses = []
    end = code
    while len(losses) < 250:
        start_day, end_day = dates[end - 1], dates[end]
        end -= 1
        pairs = []
        for n in (1, 2):
            start = table.get((start_day, n))
            last = close_of.get((end_day, start[0])) if start else None
            if last is not None:
                pairs.append((start[1], last))
        if len(pairs) < 2:
            continue
        (front_start, front_end), (second_start, second_end) = pairs
        front_gain = front_end - front_start
        second_gain = price[2] * (second_end / second_start - 1)
        losses.append(1_000.0 * (front_gain - second_gain))
    assert price[1] == pytest.approx(-37.63)
    assert row["netted_margin_amount"] == pytest.approx(
        oracle.measure(losses, "expected_shortfall", 97.5), rel=1e-9
    )
