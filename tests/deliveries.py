"""Small deliveries of input files for tests, good ones and ones with a defect."""

from datetime import date, timedelta
from pathlib import Path

from tests.markets import random_walk

FIRST = date(2024, 1, 1)

TEST_MODEL = """
model_id = "short"
title = "Short history, for tests"
version = "1"
[scenarios]
source = "historical"
lookback_days = 20
mpor_days = [1, 2]
[measure]
name = "expected_shortfall"
confidence_pct = 95.0
"""


def dates(count: int) -> list[date]:
    return [FIRST + timedelta(days=n) for n in range(count)]


def write(folder: Path, name: str, header: str, rows: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def write_reference(folder: Path) -> None:
    write(
        folder,
        "instruments.csv",
        "instrument_id,product,kind,underlying,risk_factor,currency,settlement,multiplier",
        ["AA,AA,future,,AA,USD,linear,10", "BB,BB,future,,BB,USD,linear,5"],
    )
    write(
        folder,
        "accounts.csv",
        "account_id,member_id,account_type",
        ["one,M1,house", "two,M1,client_individual"],
    )


def write_prices(folder: Path, days: list[date], name: str = "prices.csv") -> None:
    series = {"AA": random_walk(1, 200), "BB": random_walk(2, 200)}
    write(
        folder,
        name,
        "business_date,instrument_id,settlement_price",
        [
            f"{day},{instrument},{values[(day - FIRST).days]:.4f}"
            for day in days
            for instrument, values in series.items()
        ],
    )


def write_positions(folder: Path, days: list[date], name: str = "positions.csv") -> None:
    write(
        folder,
        name,
        "business_date,account_id,instrument_id,quantity",
        [
            f"{day},{account},{instrument},{quantity + (day - FIRST).days % 3}"
            for day in days
            for account, instrument, quantity in (
                ("one", "AA", 10),
                ("one", "BB", -25),
                ("two", "AA", 4),
            )
        ],
    )


def write_delivery(folder: Path, price_days: list[date], position_days: list[date]) -> Path:
    write_reference(folder)
    write_prices(folder, price_days)
    write_positions(folder, position_days)
    return folder


def declare_test_model(home: Path) -> None:
    models = home / "models"
    models.mkdir(parents=True, exist_ok=True)
    (models / "short.toml").write_text(TEST_MODEL, encoding="utf-8")
