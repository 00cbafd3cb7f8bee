"""Correlation of two legs over the lookback, against NumPy on moves computed by hand."""

import numpy as np
import polars as pl
import pytest

from pipeline.backtest.pair_dependence import correlate_legs
from pipeline.margin.declaration import parse_declaration
from tests.markets import book, day, instruments, market, random_walk

LOOKBACK = 15
MODEL = parse_declaration(
    {
        "model_id": "m",
        "title": "t",
        "version": "1",
        "scenarios": {"source": "historical", "lookback_days": LOOKBACK, "mpor_days": [1]},
        "measure": {"name": "expected_shortfall", "confidence_pct": 95.0},
    },
    "m",
)
A, B = random_walk(1, 30), random_walk(2, 30)
MARKET = market(instruments(A={}, B={}, C={}), {"A": A, "B": B, "C": [50.0] * 30})


def event(t, product, other):
    return {"business_date": day(t), "account_id": "x", "product": product, "other_product": other}


def frame(*events):
    return pl.DataFrame(list(events), schema_overrides={"business_date": pl.Date})


def expected(t):
    """Correlation of the simple moves of A and B over the window that ends on day t."""
    window = slice(t - LOOKBACK, t + 1)
    return np.corrcoef(*[np.diff(s) / s[:-1] for s in (np.array(A)[window], np.array(B)[window])])[
        0, 1
    ]


@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1)])
def test_the_legs_as_held_are_correlated_over_the_lookback(signs):
    positions = [
        (t, "x", name, 3.0 * sign) for t in (20, 25) for name, sign in zip("AB", signs, strict=True)
    ]
    held = book(MARKET, [*positions, (20, "x", "C", 1.0), (25, "y", "A", 7.0)])
    found = correlate_legs(MARKET, held, MODEL, 1, frame(event(25, "A", "B"), event(20, "A", "B")))
    same = signs[0] * signs[1]
    for t, value in zip((25, 20), found["correlation"], strict=True):
        assert value == pytest.approx(same * expected(t), abs=1e-9)


def test_a_leg_that_does_not_move_and_a_short_history_have_no_correlation():
    held = book(MARKET, [(t, "x", name, 1.0) for t in (5, 20) for name in "ABC"])
    found = correlate_legs(MARKET, held, MODEL, 1, frame(event(20, "A", "C"), event(5, "A", "B")))
    assert found["correlation"].is_nan().all()
    none = correlate_legs(MARKET, held, MODEL, 1, frame(event(5, "A", "B")).clear())
    assert none.is_empty()
    assert "correlation" in none.columns
