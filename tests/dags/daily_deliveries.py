"""Deliveries for the tests of a running Airflow: one folder a date, up to yesterday evening.

The schedule fires for the real calendar, so the dates end with its latest firing; prices and
positions depend on the number of a day only.
"""

import math
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.deliveries import write, write_reference

HISTORY_DAYS = 40
START = {"AA": 100.0, "BB": 50.0}


def latest_firing() -> date:
    """Return the UTC date of the latest 22:00 UTC."""
    return (datetime.now(UTC) - timedelta(hours=22)).date()


def price_rows(dates: list[date]) -> dict[date, list[str]]:
    """Return the price rows of each date: random walks from a fixed seed."""
    draw = random.Random(7)
    level = dict(START)
    rows: dict[date, list[str]] = {}
    for day in dates:
        rows[day] = []
        for instrument in START:
            level[instrument] *= math.exp(draw.gauss(0.0, 0.01))
            rows[day].append(f"{day},{instrument},{level[instrument]:.4f}")
    return rows


def write_inbox(inbox: Path, dates: list[date], first_position: int) -> None:
    """Write a folder for each date from ``first_position`` on; the first one has the history."""
    prices = price_rows(dates)
    header = "business_date,instrument_id,settlement_price"
    for number, day in enumerate(dates[first_position:]):
        folder = inbox / str(day)
        days = dates[: first_position + 1] if number == 0 else [day]
        if number == 0:
            write_reference(folder)
        write(folder, "prices.csv", header, [row for d in days for row in prices[d]])
        write_day_positions(folder, day, number)


def write_day_positions(folder: Path, day: date, number: int) -> None:
    held = (("one", "AA", 10), ("one", "BB", -25), ("two", "AA", 4))
    write(
        folder,
        "positions.csv",
        "business_date,account_id,instrument_id,quantity",
        [f"{day},{account},{name},{count + number % 3}" for account, name, count in held],
    )


def write_broken_positions(folder: Path, day: date) -> None:
    """Write positions without their quantities, as a sender's fault would."""
    header = "business_date,account_id,instrument_id"
    write(folder, "positions.csv", header, [f"{day},one,AA"])
