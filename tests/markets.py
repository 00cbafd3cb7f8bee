"""Small synthetic markets for tests, built from readable tables."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.margin.market import Market, build_book, build_market

START = date(2020, 1, 1)

INSTRUMENT_DEFAULTS = {
    "kind": "future",
    "underlying": None,
    "currency": "USD",
    "settlement": "linear",
    "multiplier": 1.0,
    "expiry_date": None,
    "strike": None,
    "option_type": None,
    "premium_style": None,
    "shock_type": None,
}
SCHEMA = {
    "instrument_id": pl.String,
    "product": pl.String,
    "kind": pl.String,
    "underlying": pl.String,
    "risk_factor": pl.String,
    "currency": pl.String,
    "settlement": pl.String,
    "multiplier": pl.Float64,
    "expiry_date": pl.Date,
    "strike": pl.Float64,
    "option_type": pl.String,
    "premium_style": pl.String,
    "shock_type": pl.String,
}
NO_RATES = pl.DataFrame(
    schema={"business_date": pl.Date, "currency": pl.String, "rate": pl.Float64}
)


def day(number: int) -> date:
    return START + timedelta(days=number)


def instruments(**rows) -> pl.DataFrame:
    """Instruments by id, each a dict of what differs from a plain linear future."""
    return pl.DataFrame(
        [
            {
                "instrument_id": name,
                "product": name,
                "risk_factor": name,
                **INSTRUMENT_DEFAULTS,
                **given,
            }
            for name, given in rows.items()
        ],
        schema=SCHEMA,
    )


def prices(series: dict[str, list[float | None]], vols: dict[str, list[float]] | None = None):
    """Price rows from one list per instrument; None is a missing row."""
    rows = [
        {
            "business_date": day(t),
            "instrument_id": name,
            "settlement_price": value,
            "implied_vol": (vols or {}).get(name, [None] * len(values))[t],
        }
        for name, values in series.items()
        for t, value in enumerate(values)
        if value is not None
    ]
    return pl.DataFrame(
        rows,
        schema={
            "business_date": pl.Date,
            "instrument_id": pl.String,
            "settlement_price": pl.Float64,
            "implied_vol": pl.Float64,
        },
    )


def market(listed: pl.DataFrame, series, vols=None, rates=NO_RATES) -> Market:
    return build_market(listed, prices(series, vols), rates, "USD")


def positions(rows: list[tuple[int, str, str, float]]) -> pl.DataFrame:
    """Positions from (day number, account, instrument, quantity)."""
    return pl.DataFrame(
        [(day(t), a, i, float(q)) for t, a, i, q in rows],
        schema={
            "business_date": pl.Date,
            "account_id": pl.String,
            "instrument_id": pl.String,
            "quantity": pl.Float64,
        },
        orient="row",
    )


def book(market_: Market, rows, groups=None):
    return build_book(positions(rows), market_, groups or {})


def random_walk(seed: int, length: int, start: float = 100.0, step: float = 0.01) -> list[float]:
    rng = np.random.default_rng(seed)
    return list(start * np.exp(np.cumsum(rng.normal(scale=step, size=length))))
