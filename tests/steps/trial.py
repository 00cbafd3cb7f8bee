"""A small book whose backtest has exceedances, for tests of what rests on them."""

import json

from tests.deliveries import FIRST, dates, write, write_delivery, write_prices
from tests.markets import random_walk

DAYS = dates(45)
BACKTEST = DAYS[25:]
BEFORE = DAYS[32]
"""The date whose positions meet the move of the next one."""
OFFSET_FAILS = (-2.0, 2.0)
"""Moves of AA and BB by which account one, long AA and short BB, loses more than its capped margin
but less than its margin without offsets."""
MODEL_FAILS = (-20.0, 30.0)
"""Moves that no margin of it covers."""


def deliver_move(folder, moves=OFFSET_FAILS):
    """Two products that move on one date, and hardly from there on."""
    write_delivery(folder, DAYS, BACKTEST)
    write_prices(folder, [day for day in DAYS if day <= BEFORE])
    last = (BEFORE - FIRST).days
    levels = {
        name: random_walk(seed, 200)[last] + move
        for name, seed, move in (("AA", 1, moves[0]), ("BB", 2, moves[1]))
    }
    write(
        folder,
        "prices-after.csv",
        "business_date,instrument_id,settlement_price",
        [
            f"{day},{name},{level + (day - FIRST).days % 2:.4f}"
            for day in DAYS
            if day > BEFORE
            for name, level in levels.items()
        ],
    )
    return folder


def read_rows(marginproof, query):
    code, out, err = marginproof("sql", "--format", "json", "-c", query)
    assert code == 0, err
    return json.loads(out)


def backfill(marginproof, last=BACKTEST[-1]):
    code, out, err = marginproof("backfill", "--from", BACKTEST[0], "--to", last)
    assert code == 0, err
    return out
