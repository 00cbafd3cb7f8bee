"""Seeded markets and books of a chosen size, for measurement only; nothing here is market data.

What is timed, and against what, belongs to the benchmark modules.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.margin.declaration import ModelDeclaration, parse_declaration
from pipeline.margin.market import Book, Market, build_book, build_market

FIRST_DATE = date(2015, 1, 1)
NO_RATES = pl.DataFrame(
    schema={"business_date": pl.Date, "currency": pl.String, "rate": pl.Float64}
)
OPTIONS_PER_TEN = 2


@dataclass(frozen=True)
class Size:
    """How much there is of everything.

    Attributes
    ----------
    accounts, positions_per_account : int
        Every account holds the same number of distinct instruments.
    products, instruments_per_product, groups : int
        The netting tree; two instruments in ten are options.
    scenarios : int
        Lookback of the model.
    days : int
        Dates with positions, the last ones of the calendar.
    """

    accounts: int = 10_000
    positions_per_account: int = 100
    products: int = 200
    instruments_per_product: int = 10
    groups: int = 30
    scenarios: int = 1_000
    days: int = 1

    @property
    def instruments(self) -> int:
        """Number of instruments."""
        return self.products * self.instruments_per_product

    @property
    def positions(self) -> int:
        """Number of positions on one day."""
        return self.accounts * self.positions_per_account


@dataclass(frozen=True)
class World:
    """All that the engine needs, and the frames it was built from.

    Attributes
    ----------
    market, book, model
        Arguments of ``compute_margins``.
    date_codes : ndarray of int64, shape (days,)
        Dates with positions.
    """

    market: Market
    book: Book
    model: ModelDeclaration
    date_codes: np.ndarray


MPOR_DAYS = 2


def build_world(size: Size, seed: int = 20240229) -> World:
    """Build a market of random walks and a book of random portfolios.

    Parameters
    ----------
    size : Size
    seed : int

    Returns
    -------
    World
        The calendar has ``scenarios + mpor_days + days`` dates.
    """
    rng = np.random.default_rng(seed)
    n_dates = size.scenarios + MPOR_DAYS + size.days
    model = declare_model(size)
    market = build_market(_instruments(size, n_dates), _prices(size, n_dates, rng), NO_RATES, "USD")
    codes = np.arange(n_dates - size.days, n_dates)
    groups = {product: model.group_of(product) for product in _product_ids(size)}
    book = build_book(_positions(size, market, codes, rng), market, groups)
    return World(market, book, model, codes)


def declare_model(size: Size) -> ModelDeclaration:
    """Declare expected shortfall at 97.5 % with every product in one of the offset groups."""
    members: dict[str, list[str]] = {}
    for number, product in enumerate(_product_ids(size)):
        members.setdefault(f"GROUP{number % size.groups:02d}", []).append(product)
    return parse_declaration(
        {
            "model_id": "bench",
            "title": "Historical expected shortfall",
            "version": "1",
            "scenarios": {
                "source": "historical",
                "lookback_days": size.scenarios,
                "mpor_days": [MPOR_DAYS],
            },
            "measure": {"name": "expected_shortfall", "confidence_pct": 97.5},
            "offset_groups": [
                {
                    "id": group,
                    "products": products,
                    "rationale": "measurement only",
                    "default_fund": "measurement only",
                    "stress_test": "measurement only",
                }
                for group, products in members.items()
            ],
        },
        "bench",
    )


def _product_ids(size: Size) -> list[str]:
    return [f"P{number:03d}" for number in range(size.products)]


def _options_of(size: Size) -> int:
    return size.instruments_per_product * OPTIONS_PER_TEN // 10


def _instruments(size: Size, n_dates: int) -> pl.DataFrame:
    """Futures with staggered expiries after the calendar, options on the first of each product."""
    rows = []
    futures = size.instruments_per_product - _options_of(size)
    for product in _product_ids(size):
        for number in range(size.instruments_per_product):
            is_option = number >= futures
            rows.append(
                {
                    "instrument_id": f"{product}-{number:02d}",
                    "product": product,
                    "kind": "option" if is_option else "future",
                    "underlying": f"{product}-00" if is_option else None,
                    "risk_factor": product,
                    "currency": "USD",
                    "settlement": "linear",
                    "multiplier": 50.0,
                    "expiry_date": FIRST_DATE + timedelta(days=n_dates + 30 * (number + 1)),
                    "strike": 100.0 if is_option else None,
                    "option_type": ("call", "put")[number % 2] if is_option else None,
                    "premium_style": None,
                    "shock_type": None,
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def _prices(size: Size, n_dates: int, rng: np.random.Generator) -> pl.DataFrame:
    """One common factor, one per product and noise per instrument, in daily log returns."""
    common = rng.normal(scale=0.006, size=(n_dates, 1, 1))
    product = rng.normal(scale=0.008, size=(n_dates, size.products, 1))
    own = rng.normal(scale=0.003, size=(n_dates, size.products, size.instruments_per_product))
    moves = (common + product + own).reshape(n_dates, size.instruments)
    price = 100.0 * np.exp(np.cumsum(moves, axis=0))
    volatility = 0.2 * np.exp(rng.normal(scale=0.05, size=(n_dates, size.products)))
    volatility = np.repeat(volatility, size.instruments_per_product, axis=1)
    number = np.arange(size.instruments) % size.instruments_per_product
    is_option = number >= size.instruments_per_product - _options_of(size)
    price[:, is_option] = 5.0
    volatility[:, ~is_option] = np.nan
    ids = np.array(
        [f"{p}-{n:02d}" for p in _product_ids(size) for n in range(size.instruments_per_product)]
    )
    dates = np.datetime64(FIRST_DATE, "D") + np.arange(n_dates)
    names = pl.Series("instrument_id", ids)
    return pl.DataFrame(
        {
            "business_date": np.repeat(dates, size.instruments),
            "instrument_id": names.gather(np.tile(np.arange(size.instruments), n_dates)),
            "settlement_price": price.ravel(),
            "implied_vol": volatility.ravel(),
        }
    ).with_columns(pl.col("implied_vol").fill_nan(None))


def _positions(
    size: Size, market: Market, codes: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    """Draw distinct instruments for every account; the portfolio changes from day to day."""
    draws = rng.random((size.accounts, size.instruments), dtype=np.float32)
    held = np.argpartition(draws, size.positions_per_account, axis=1)
    held = held[:, : size.positions_per_account]
    del draws
    per_day = size.positions
    quantity = rng.integers(1, 50, size=(size.days, per_day)).astype(np.float64)
    quantity *= np.where(rng.random((size.days, per_day)) < 0.5, -1.0, 1.0)
    account_names = pl.Series([f"A{number:06d}" for number in range(size.accounts)])
    instrument_names = market.instruments["instrument_id"]
    account = np.repeat(np.arange(size.accounts), size.positions_per_account)
    return pl.DataFrame(
        {
            "business_date": np.repeat(market.dates[codes], per_day),
            "account_id": account_names.gather(np.tile(account, size.days)),
            "instrument_id": instrument_names.gather(np.tile(held.ravel(), size.days)),
            "quantity": quantity.ravel(),
        }
    )
