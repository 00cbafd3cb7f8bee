"""Accounts of the demonstration, named for what they hold.

Here belong the trading strategies, the accounts that follow them and the members they clear with.
How many contracts an account holds on a date belongs in ``positions``.
"""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.demo.contracts import FUTURES, MONEYNESS_GRID, OPTION_TYPES

N_MEMBERS = 8


@dataclass(frozen=True)
class FutureLeg:
    """A future held by an account.

    Attributes
    ----------
    instrument_id : str
        The future.
    weight : float
        Share of the account's notional; negative is short.
    follows_trend : bool
        Whether the side turns with the trend of the price.
    """

    instrument_id: str
    weight: float
    follows_trend: bool = False


@dataclass(frozen=True)
class OptionLeg:
    """An option on the S&P 500 held by an account until the date before expiry, then rolled.

    Attributes
    ----------
    option_type : str
        ``call`` or ``put``.
    moneyness : float
        Strike wanted, as a share of the close on the date of the roll.
    weight : float
        Share of the account's notional, by the notional of the underlying; negative is short.
    months_ahead : int
        1 for the next expiry, 2 for the one after it.
    """

    option_type: str
    moneyness: float
    weight: float
    months_ahead: int = 1


Leg = FutureLeg | OptionLeg


@dataclass(frozen=True)
class Account:
    """An account and how it trades.

    Attributes
    ----------
    account_id, member_id, account_type : str
        As in the input file ``accounts``.
    notional_amount : float
        Usual size, USD.
    rebalance_days : int
        Dates between two trades that change the size.
    legs : tuple of Leg
        What it holds.
    is_option_strategy : bool
        Whether it would not be what its name says without its options.
    """

    account_id: str
    member_id: str
    account_type: str
    notional_amount: float
    rebalance_days: int
    legs: tuple[Leg, ...]
    is_option_strategy: bool


@dataclass(frozen=True)
class Strategy:
    """A way of trading that several accounts share.

    Attributes
    ----------
    name : str
        Becomes part of the account's name.
    account_types : tuple of str
        One per account.
    notional_range : tuple of float
        Smallest and largest notional, million USD.
    legs : tuple of Leg
        Before each account's own variation; empty for the market makers.
    """

    name: str
    account_types: tuple[str, ...]
    notional_range: tuple[float, float]
    legs: tuple[Leg, ...]


HOUSE, OMNIBUS, INDIVIDUAL = "house", "client_omnibus", "client_individual"

STRATEGIES = (
    Strategy("LONG-SP500", (OMNIBUS, OMNIBUS, INDIVIDUAL), (10, 200), (FutureLeg("SP500", 1.0),)),
    Strategy("SHORT-SP500", (INDIVIDUAL,), (5, 30), (FutureLeg("SP500", -1.0),)),
    Strategy("LONG-NASDAQ", (OMNIBUS, INDIVIDUAL), (5, 80), (FutureLeg("NASDAQ", 1.0),)),
    Strategy("LONG-WTI", (OMNIBUS, INDIVIDUAL), (5, 60), (FutureLeg("WTI", 1.0),)),
    Strategy("SHORT-WTI", (INDIVIDUAL,), (5, 60), (FutureLeg("WTI", -1.0),)),
    Strategy(
        "SP500-VS-NASDAQ",
        (HOUSE, INDIVIDUAL, INDIVIDUAL, OMNIBUS),
        (10, 100),
        (FutureLeg("SP500", 1.0), FutureLeg("NASDAQ", -1.0)),
    ),
    Strategy(
        "WTI-VS-SP500",
        (HOUSE, INDIVIDUAL, INDIVIDUAL),
        (5, 60),
        (FutureLeg("WTI", 0.6), FutureLeg("SP500", -1.0)),
    ),
    Strategy(
        "DIVERSIFIED-LONG",
        (OMNIBUS, OMNIBUS),
        (30, 250),
        (FutureLeg("SP500", 0.5), FutureLeg("NASDAQ", 0.3), FutureLeg("WTI", 0.2)),
    ),
    Strategy(
        "TREND",
        (INDIVIDUAL, INDIVIDUAL, HOUSE),
        (10, 80),
        (
            FutureLeg("SP500", 0.5, follows_trend=True),
            FutureLeg("NASDAQ", 0.3, follows_trend=True),
            FutureLeg("WTI", 0.4, follows_trend=True),
        ),
    ),
    Strategy(
        "COVERED-CALL",
        (OMNIBUS, INDIVIDUAL, INDIVIDUAL),
        (10, 100),
        (FutureLeg("SP500", 1.0), OptionLeg("call", 1.05, -1.0)),
    ),
    Strategy(
        "PROTECTIVE-PUT",
        (OMNIBUS, INDIVIDUAL, INDIVIDUAL),
        (10, 150),
        (FutureLeg("SP500", 1.0), OptionLeg("put", 0.95, 1.0)),
    ),
    Strategy(
        "COLLAR",
        (OMNIBUS, INDIVIDUAL),
        (10, 100),
        (
            FutureLeg("SP500", 1.0),
            OptionLeg("put", 0.95, 1.0),
            OptionLeg("call", 1.05, -1.0),
        ),
    ),
    Strategy(
        "SHORT-STRANGLE",
        (HOUSE, INDIVIDUAL, INDIVIDUAL),
        (5, 50),
        (OptionLeg("put", 0.95, -1.0), OptionLeg("call", 1.05, -1.0)),
    ),
    Strategy(
        "LONG-STRADDLE",
        (INDIVIDUAL, INDIVIDUAL),
        (5, 50),
        (OptionLeg("put", 1.0, 1.0), OptionLeg("call", 1.0, 1.0)),
    ),
    Strategy(
        "CALENDAR-CALL",
        (INDIVIDUAL, HOUSE),
        (10, 60),
        (OptionLeg("call", 1.0, -1.0), OptionLeg("call", 1.0, 1.0, months_ahead=2)),
    ),
    Strategy(
        "PUT-SPREAD",
        (INDIVIDUAL,),
        (10, 60),
        (OptionLeg("put", 1.0, -1.0), OptionLeg("put", 0.9, 1.0)),
    ),
    Strategy("MARKET-MAKER", (HOUSE, HOUSE, HOUSE), (40, 120), ()),
)


def _market_maker_legs(generator: np.random.Generator) -> tuple[Leg, ...]:
    """Draw many small option positions that nearly cancel, and small futures against them."""
    series = [
        (kind, moneyness, months)
        for months in (1, 2)
        for moneyness in MONEYNESS_GRID[1:-1]
        for kind in OPTION_TYPES
    ]
    weights = generator.normal(0.0, 0.2, len(series))
    weights -= weights.mean()
    options = [
        OptionLeg(kind, moneyness, float(weight), months)
        for (kind, moneyness, months), weight in zip(series, weights, strict=True)
    ]
    futures = [FutureLeg(name, float(generator.normal(0.0, 0.15))) for name in FUTURES]
    return (*futures, *options)


def _vary(leg: Leg, generator: np.random.Generator) -> Leg:
    """Give an account its own weight, within a tenth of the strategy's."""
    return replace(leg, weight=float(leg.weight * generator.uniform(0.9, 1.1)))


def declare_accounts(generator: np.random.Generator) -> tuple[Account, ...]:
    """Declare every account, the same ones from the same generator state.

    Parameters
    ----------
    generator : numpy.random.Generator
        Seeded by the caller; draws sizes, rhythms, weights and members.

    Returns
    -------
    tuple of Account
        In the order of ``STRATEGIES``, each member with at least one account.
    """
    declared: list[Account] = []
    n_accounts = sum(len(strategy.account_types) for strategy in STRATEGIES)
    members = generator.permutation(np.arange(n_accounts) % N_MEMBERS) + 1
    for strategy in STRATEGIES:
        for number, account_type in enumerate(strategy.account_types, start=1):
            low, high = strategy.notional_range
            # Sizes are spread evenly in logarithm: many small accounts, few large ones.
            notional = np.exp(generator.uniform(np.log(low), np.log(high))) * 1e6
            legs = tuple(_vary(leg, generator) for leg in strategy.legs)
            declared.append(
                Account(
                    account_id=f"ACC-{strategy.name}-{number:02d}",
                    member_id=f"MEMBER-{members[len(declared)]:02d}",
                    account_type=account_type,
                    notional_amount=float(notional),
                    rebalance_days=int(generator.choice([1, 5, 10, 21])),
                    legs=legs or _market_maker_legs(generator),
                    is_option_strategy=any(isinstance(leg, OptionLeg) for leg in strategy.legs),
                )
            )
    return tuple(declared)


def leave_out_options(accounts: tuple[Account, ...]) -> tuple[Account, ...]:
    """Return the accounts as they are in a period without options.

    Market makers keep their futures. Accounts that an option strategy gives its name to are left
    out: a covered call without the call would be an outright position under a wrong name.
    """
    return tuple(
        replace(account, legs=tuple(leg for leg in account.legs if isinstance(leg, FutureLeg)))
        for account in accounts
        if not account.is_option_strategy
    )
