"""The field's words as fixed vocabularies, shared by every layer.

Signs: ``loss > 0`` is money lost by the account, ``margin >= 0``, ``quantity < 0`` is short.
Column names carry the unit: ``_amount`` is reporting currency, ``_pct`` per cent, ``_days`` days.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What an instrument is."""

    SPOT = "spot"
    FUTURE = "future"
    PERPETUAL = "perpetual"
    OPTION = "option"


class Settlement(StrEnum):
    """How an instrument pays: linear in its quote currency, or inverse, in coin."""

    LINEAR = "linear"
    INVERSE = "inverse"


class OptionType(StrEnum):
    """Right to buy or to sell."""

    CALL = "call"
    PUT = "put"


class ShockType(StrEnum):
    """How a risk factor's move is measured: log for positive prices, absolute for any price."""

    LOG = "log"
    ABSOLUTE = "absolute"


class Level(StrEnum):
    """Levels of the netting tree, leaves first."""

    INSTRUMENT = "instrument"
    PRODUCT = "product"
    OFFSET_GROUP = "offset_group"
    ACCOUNT = "account"


FIRM = "firm"
"""Scope of all accounts together: account-days are counted, losses never net."""
MEMBER = "member"
"""Scope of the accounts of one clearing member, pooled like those of the firm."""
HYPOTHETICAL = "hypothetical"
"""Scope of a declared portfolio that nobody needs to hold; in no pool."""


class Track(StrEnum):
    """The two labelled backtests: accuracy of the model, adequacy of the margin in force."""

    CORE_MODEL = "core_model"
    ADEQUACY = "adequacy"


class MarginBasis(StrEnum):
    """Which margin a loss is compared with.

    In the adequacy track: ``called``, or ``initial`` where the margin called is not known and the
    recomputed initial margin, add-ons included, stands for it.
    """

    NETTED = "netted"
    CAPPED = "capped"
    STANDALONE = "standalone"
    CALLED = "called"
    INITIAL = "initial"


class ExceedanceClass(StrEnum):
    """What would have covered a loss above the netted margin."""

    CAPPED = "capped"
    OFFSET = "offset"
    MODEL = "model"
    CALLED = "called"


class Decision(StrEnum):
    """Outcome of a statistical test; a margin that is too high is conservative, never failed."""

    ACCEPT = "accept"
    REJECT = "reject"
    CONSERVATIVE = "conservative"
    INSUFFICIENT_DATA = "insufficient_data"


class Zone(StrEnum):
    """Traffic-light zone of an exceedance count."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
