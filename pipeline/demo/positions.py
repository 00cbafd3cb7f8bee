"""How many contracts each account of the demonstration holds on each date.

Here belong the drift of sizes, the rebalancing and the roll of options. Which strategies exist
belongs in ``accounts``.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.demo.accounts import Account, FutureLeg, OptionLeg
from pipeline.demo.contracts import FUTURES, OPTION_TYPES, OPTION_UNDERLYING, OptionChain
from pipeline.demo.market import DemoMarket, FloatArray

IntArray = NDArray[np.int64]

# The logarithm of an account's size wanders around its usual one and comes back by half in about
# half a year; each leg wanders a little on its own, so that hedge ratios are never exact.
SIZE_DEVIATION = 0.35
LEG_DEVIATION = 0.06
HALF_LIFE_DAYS = 120
TREND_DAYS = 60


@dataclass(frozen=True)
class _Legs:
    """Every leg of every account in columns, shape (n_legs,)."""

    account: IntArray
    contract: IntArray
    weight: FloatArray
    notional: FloatArray
    multiplier: FloatArray
    rebalance_days: IntArray
    follows_trend: NDArray[np.bool_]


def build_positions(
    accounts: tuple[Account, ...],
    market: DemoMarket,
    chain: OptionChain | None,
    first_row: int,
    generator: np.random.Generator,
) -> pl.DataFrame:
    """Let sizes drift, rebalance and roll, and return what is held at the end of each date.

    The quantity of a leg is weight x notional x size / (multiplier x close of the underlying), in
    whole contracts and at least one, with size, close and trend as on the account's last
    rebalancing date. Only prices up to a date decide what is held on it.

    Parameters
    ----------
    accounts : tuple of Account
        Accounts with option legs need a chain.
    market : DemoMarket
        Calendar and closes.
    chain : OptionChain or None
        Options listed; expiries before ``first_row`` must be among them.
    first_row : int
        Row of the calendar from which positions are held.
    generator : numpy.random.Generator
        Seeded by the caller.

    Returns
    -------
    polars.DataFrame
        business_date, account_id, instrument_id, quantity; one row per key, no zero quantity, no
        option on or after its expiry date; sorted.
    """
    legs = _tabulate_legs(accounts)
    rows = np.arange(first_row, len(market.dates))
    quantity = _size_legs(legs, market, rows, len(accounts), generator)
    ids = np.broadcast_to(np.array(list(FUTURES))[legs.contract], quantity.shape).astype(object)
    if chain is not None:
        for column, leg in enumerate(leg for account in accounts for leg in account.legs):
            if isinstance(leg, OptionLeg):
                ids[:, column] = _roll_option(leg, market, chain, rows)
    names = np.array([account.account_id for account in accounts], dtype=object)
    return (
        pl.DataFrame(
            {
                "business_date": np.repeat(market.dates[rows], len(legs.weight)),
                "account_id": np.tile(names[legs.account], len(rows)).astype(np.str_),
                "instrument_id": ids.ravel().astype(np.str_),
                "quantity": quantity.ravel(),
            }
        )
        # Two legs of an account may mean the same contract, and then net.
        .group_by("business_date", "account_id", "instrument_id")
        .agg(pl.col("quantity").sum())
        .filter(pl.col("quantity") != 0)
        .sort("business_date", "account_id", "instrument_id")
    )


def _tabulate_legs(accounts: tuple[Account, ...]) -> _Legs:
    """Return the legs as columns; an option leg is sized by the contract it is written on."""
    names = list(FUTURES)
    pairs = [(row, leg) for row, account in enumerate(accounts) for leg in account.legs]
    holders = [accounts[row] for row, _ in pairs]
    contract = [
        names.index(leg.instrument_id if isinstance(leg, FutureLeg) else OPTION_UNDERLYING)
        for _, leg in pairs
    ]
    return _Legs(
        account=np.array([row for row, _ in pairs], dtype=np.int64),
        contract=np.array(contract, dtype=np.int64),
        weight=np.array([leg.weight for _, leg in pairs]),
        notional=np.array([account.notional_amount for account in holders]),
        multiplier=np.array([FUTURES[names[code]].multiplier for code in contract]),
        rebalance_days=np.array([account.rebalance_days for account in holders], dtype=np.int64),
        follows_trend=np.array(
            [isinstance(leg, FutureLeg) and leg.follows_trend for _, leg in pairs]
        ),
    )


def _size_legs(
    legs: _Legs,
    market: DemoMarket,
    rows: IntArray,
    n_accounts: int,
    generator: np.random.Generator,
) -> FloatArray:
    """Return signed whole contracts, shape (n_rows, n_legs)."""
    n_rows = len(rows)
    size = np.exp(
        _wander(generator, n_rows, n_accounts, SIZE_DEVIATION)[:, legs.account]
        + _wander(generator, n_rows, len(legs.weight), LEG_DEVIATION)
    )
    day = np.arange(n_rows)[:, None]
    held = day - day % legs.rebalance_days  # last rebalancing date, counted from the first row
    size = np.take_along_axis(size, held, axis=0)
    trade_row = rows[held]
    close = market.closes[trade_row, legs.contract]
    before = market.closes[np.maximum(trade_row - TREND_DAYS, 0), legs.contract]
    side = np.where(legs.follows_trend & (close < before), -1.0, 1.0)
    contracts = np.abs(legs.weight) * legs.notional * size / (legs.multiplier * close)
    return np.sign(legs.weight) * side * np.maximum(np.rint(contracts), 1.0)


def _wander(
    generator: np.random.Generator, n_rows: int, n_columns: int, deviation: float
) -> FloatArray:
    """Return stationary first-order autoregressive paths of the given standard deviation."""
    decay = 0.5 ** (1.0 / HALF_LIFE_DAYS)
    noise = generator.standard_normal((n_rows, n_columns)) * deviation
    noise[1:] *= np.sqrt(1.0 - decay**2)
    for row in range(1, n_rows):  # a recursion: each date needs the one before, for all columns
        noise[row] += decay * noise[row - 1]
    return noise


def _roll_option(
    leg: OptionLeg, market: DemoMarket, chain: OptionChain, rows: IntArray
) -> NDArray[np.str_]:
    """Return the option a leg holds on each row.

    The next expiry is the first one after the date, so a position is rolled on the expiry date and
    never expires in the account. The strike nearest to the wanted one is chosen on the date of the
    roll and kept.
    """
    following = np.searchsorted(chain.expiries, market.dates[rows], side="right")
    rolled = np.searchsorted(market.dates, chain.expiries[following - 1])
    spot = market.closes[rolled, list(FUTURES).index(OPTION_UNDERLYING)]
    expiry = following + leg.months_ahead - 1
    distance = np.abs(chain.strikes[expiry] - leg.moneyness * spot[:, None])
    nearest = distance.argmin(axis=1)
    kind = OPTION_TYPES.index(leg.option_type)
    ids: NDArray[np.str_] = chain.instrument_ids[expiry, nearest, kind]
    return ids
