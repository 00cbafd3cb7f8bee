"""Terms of a set of options and their full revaluation, shared by the grid and SPAN models.

Which states of the market are revalued, and what a loss is, belongs to the models.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.margin.pricing import Array, bachelier, black76

PricingModel = Literal["lognormal", "normal"]


@dataclass(frozen=True)
class OptionTerms:
    """Terms and market state of options on futures (or on a forward), arrays (instruments,).

    Attributes
    ----------
    forward, strike : ndarray
        In price units of the underlying.
    years : ndarray
        Time to expiry; zero or less is expired.
    volatility : ndarray
        Annualised; lognormal, or in price units for the normal model.
    is_call : ndarray of bool
    multiplier : ndarray
        Currency per point.
    model : {"lognormal", "normal"}
    """

    forward: Array
    strike: Array
    years: Array
    volatility: Array
    is_call: Array
    multiplier: Array
    model: PricingModel = "lognormal"

    def value(self, forward: Array, volatility: Array, elapsed_years: float) -> Array:
        """Revalue every option, in currency per unit.

        Parameters
        ----------
        forward, volatility : ndarray of shape (instruments, states)
        elapsed_years : float
            Time passed since now.

        Returns
        -------
        ndarray of shape (instruments, states)
        """
        price = black76 if self.model == "lognormal" else bachelier
        strike, years, is_call, size = (
            np.asarray(x)[..., None]
            for x in (self.strike, self.years, self.is_call, self.multiplier)
        )
        return size * price(forward, strike, years - elapsed_years, volatility, is_call)
