"""Hypothetical portfolios as declared: what they are, and refusing what they cannot be.

Turning them into positions belongs to `hypothetical_book`; nothing here reads a file.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from pipeline.errors import WrongUse

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PORTFOLIO_KEYS = ("id", "title", "reason", "roll_days", "leg")
_LEG_KEYS = ("product", "nearby", "maturity_days", "notional_amount")
DEFAULT_ROLL_DAYS = 5
"""Calendar days before its expiry from which a contract is no longer taken; chosen, so that no
horizon of a few days runs into the delivery month."""


@dataclass(frozen=True)
class HypotheticalLeg:
    """One leg of a hypothetical portfolio.

    Attributes
    ----------
    product : str
        Product whose contracts are held; options are never among them.
    notional_amount : float
        Value held, in reporting currency; negative is short, never 0.
    nearby : int
        Which contract by expiry, 1 for the next to expire; 0 where `maturity_days` says it.
    maturity_days : int
        Constant maturity in calendar days, held in the two contracts around it; 0 where `nearby`
        says it.
    """

    product: str
    notional_amount: float
    nearby: int = 1
    maturity_days: int = 0

    @property
    def label(self) -> str:
        """The leg in words, for a reader."""
        side = "long" if self.notional_amount > 0 else "short"
        which = f"{self.maturity_days} days" if self.maturity_days else f"nearby {self.nearby}"
        amount = abs(self.notional_amount)
        said = f"{amount:,.0f}" if amount.is_integer() else f"{amount:,}"
        return f"{side} {said} of {self.product}, {which}"


@dataclass(frozen=True)
class HypotheticalPortfolio:
    """A portfolio of constant make-up that nobody needs to hold.

    Attributes
    ----------
    portfolio_id, title, reason : str
        Name, what it is and why it is tested.
    legs : tuple of HypotheticalLeg
        At least one.
    roll_days : int
        A contract with fewer calendar days to its expiry is not taken.
    """

    portfolio_id: str
    title: str
    reason: str
    legs: tuple[HypotheticalLeg, ...]
    roll_days: int = DEFAULT_ROLL_DAYS

    @property
    def composition(self) -> str:
        """The legs in words."""
        return "; ".join(leg.label for leg in self.legs)


def hash_portfolios(portfolios: Sequence[HypotheticalPortfolio]) -> str:
    """Return a hash of what the portfolios hold: 16 hexadecimal digits of a SHA-256.

    Titles and reasons, the order of portfolios and comments of a file have no part in it, as no
    figure depends on them.

    Parameters
    ----------
    portfolios : sequence of HypotheticalPortfolio
        All that are declared.
    """
    content = sorted(
        [one.portfolio_id, one.roll_days, [asdict(leg) for leg in one.legs]] for one in portfolios
    )
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def parse_portfolios(document: Mapping[str, object], where: str) -> list[HypotheticalPortfolio]:
    """Read the portfolios of a declaration.

    Parameters
    ----------
    document : mapping
        The parsed TOML: ``[[portfolio]]`` tables with ``[[portfolio.leg]]`` tables in them.
    where : str
        Name of the file, for the sentence of an error.

    Returns
    -------
    list of HypotheticalPortfolio
        In the order of the file.

    Raises
    ------
    WrongUse
        Something is missing, unknown or out of range; the sentence names portfolio, leg and key.
    """
    _refuse_strangers(document, ("portfolio",), where)
    tables = _read_tables(document, "portfolio", where)
    portfolios = [_parse_portfolio(table, f"{where}: portfolio {i}") for i, table in tables]
    names = [one.portfolio_id for one in portfolios]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        msg = f"{where}: the id {twice!r} stands twice; each portfolio needs an id of its own"
        raise WrongUse(msg)
    return portfolios


def _parse_portfolio(table: Mapping[str, object], where: str) -> HypotheticalPortfolio:
    name = _read_text(table, "id", where)
    if not _NAME.fullmatch(name):
        msg = f"{where}: id is {name!r}; expected letters, digits, dots, dashes and underscores"
        raise WrongUse(msg)
    named = f"{where.partition(':')[0]}: portfolio {name!r}"
    _refuse_strangers(table, _PORTFOLIO_KEYS, named)
    roll_days = _read_whole(table, "roll_days", named, DEFAULT_ROLL_DAYS, least=0)
    return HypotheticalPortfolio(
        portfolio_id=name,
        title=_read_text(table, "title", named),
        reason=_read_text(table, "reason", named),
        legs=tuple(
            _parse_leg(leg, f"{named}, leg {i}") for i, leg in _read_tables(table, "leg", named)
        ),
        roll_days=roll_days,
    )


def _parse_leg(table: Mapping[str, object], where: str) -> HypotheticalLeg:
    _refuse_strangers(table, _LEG_KEYS, where)
    notional = table.get("notional_amount")
    is_number = isinstance(notional, int | float) and not isinstance(notional, bool)
    if not is_number or not math.isfinite(notional) or notional == 0:  # type: ignore[arg-type]
        msg = f"{where}: notional_amount is {notional!r}; expected a number other than 0"
        raise WrongUse(msg)
    if "nearby" in table and "maturity_days" in table:
        msg = f"{where}: both nearby and maturity_days are given; expected one of them"
        raise WrongUse(msg)
    maturity = _read_whole(table, "maturity_days", where, 0, least=1)
    return HypotheticalLeg(
        product=_read_text(table, "product", where),
        notional_amount=float(notional),  # type: ignore[arg-type]
        nearby=0 if maturity else _read_whole(table, "nearby", where, 1, least=1),
        maturity_days=maturity,
    )


def _refuse_strangers(table: Mapping[str, object], known: Sequence[str], where: str) -> None:
    stranger = next((key for key in table if key not in known), None)
    if stranger is not None:
        msg = f"{where}: unknown key {stranger!r}; the keys are {', '.join(known)}"
        raise WrongUse(msg)


def _read_tables(
    table: Mapping[str, object], key: str, where: str
) -> list[tuple[int, Mapping[str, object]]]:
    found = table.get(key)
    if not isinstance(found, list) or not found or not all(isinstance(t, dict) for t in found):
        msg = f"{where}: no [[{key}]] table; expected at least one"
        raise WrongUse(msg)
    return list(enumerate(found, start=1))


def _read_text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        msg = f"{where}: {key} is {value!r}; expected a text"
        raise WrongUse(msg)
    return value.strip()


def _read_whole(
    table: Mapping[str, object], key: str, where: str, default: int, *, least: int
) -> int:
    if key not in table:
        return default
    value = table[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        msg = f"{where}: {key} is {value!r}; expected a whole number of at least {least}"
        raise WrongUse(msg)
    return value
