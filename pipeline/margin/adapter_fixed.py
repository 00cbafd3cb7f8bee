"""From a declaration and the market to the fixed model: a rate per contract on each date."""

import numpy as np

from pipeline.margin.day_rules import DayRules
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.declared_models import FixedDeclaration
from pipeline.margin.fixed import fixed_margin
from pipeline.margin.market import BoolArray
from pipeline.margin.market_state import MarketState


def adapt_fixed(
    state: MarketState,
    model: ModelDeclaration,
    counts: BoolArray,  # noqa: ARG001 - the signature all adapters share
) -> DayRules:
    """Return the fixed model of a date.

    The rate of a contract is the published one in force, else its price range in money; an option
    has the rate of its underlying, bought or sold.

    Parameters
    ----------
    state : MarketState
        Instruments of the date.
    model : ModelDeclaration
        With a table ``fixed``.
    counts : ndarray of bool
        Not used: the model has no offsets.

    Returns
    -------
    DayRules
        Margins of quantities (accounts, instruments); the model has no scenarios.
    """
    declared = model.fixed or FixedDeclaration()
    rate = state.price_range(declared.price_range) * state.point_value
    for item in sorted(declared.rates, key=lambda r: r.from_date):
        if np.datetime64(item.from_date, "D") <= state.date:
            rate[state.products == item.product] = item.amount
    return DayRules(lambda quantities: fixed_margin(quantities, rate))
