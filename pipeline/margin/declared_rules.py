"""What a declaration may say beyond scenarios and measure: volatility, stress, gate, rules on top.

Each rule is a frozen table with defaults that have no effect. Applying the rules belongs to
`rules`, `conditions` and `collateral_account`; parameters of single models to `declared_models`.
"""

from dataclasses import dataclass
from datetime import date

from pipeline.margin.declared_values import require_value
from pipeline.margin.dependence import DependenceMethod


@dataclass(frozen=True)
class VolatilityDeclaration:
    """EWMA volatility of one-day moves: of filtered scenarios and of scan ranges.

    Attributes
    ----------
    decay : float
        Lambda of the EWMA recursion, strictly between 0 and 1.
    warm_up_days : int
        One-day moves that start the recursion.
    ratio_floor, ratio_cap : float
        Bounds of the ratio by which filtered scenarios are rescaled; a floor of 1 never scales a
        stressed past down.
    """

    decay: float = 0.97
    warm_up_days: int = 20
    ratio_floor: float = 0.0
    ratio_cap: float = 1e6

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        require_value(
            0 < self.decay < 1, f"{where}.decay", "a value between 0 and 1, both excluded"
        )
        require_value(self.warm_up_days >= 1, f"{where}.warm_up_days", "at least 1")
        require_value(
            0 <= self.ratio_floor <= self.ratio_cap and self.ratio_cap > 0,
            f"{where}.ratio_floor",
            "at least 0 and at most ratio_cap, which is above 0",
        )


@dataclass(frozen=True)
class StressPeriod:
    """A period whose moves count as stressed observations, both dates included.

    Attributes
    ----------
    id : str
        Name of the period.
    first_date, last_date : date
        A move belongs to the period on whose date it ends.
    """

    id: str
    first_date: date
    last_date: date


@dataclass(frozen=True)
class StressDeclaration:
    """The stress periods, and whether their moves are scenarios too.

    Attributes
    ----------
    periods : tuple of StressPeriod
        Only moves up to the business date are ever used: a period that has not begun is empty.
    mixed_in : bool
        Whether stressed moves join the scenarios of the lookback, each weighing the same. Filtered
        models take them as they were, without rescaling.
    """

    periods: tuple[StressPeriod, ...] = ()
    mixed_in: bool = False

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        for period in self.periods:
            require_value(
                period.first_date <= period.last_date,
                f"{where}.periods {period.id}",
                "a first_date that is not after last_date",
            )
        names = [period.id for period in self.periods]
        require_value(len(set(names)) == len(names), f"{where}.periods", "each id once")
        require_value(
            bool(self.periods) or not self.mixed_in,
            f"{where}.mixed_in",
            "a stress period to mix in",
        )


@dataclass(frozen=True)
class GateDeclaration:
    """Least dependence inside an offset group: below it the group earns no credit that day.

    Attributes
    ----------
    threshold : float
        The smallest absolute pairwise dependence of the group's moves must be above it, in the
        lookback and in the stress periods alike; 0 to 1.
    method : {"pearson", "spearman"}
        Product-moment correlation, or the same of ranks.
    minimum_observations : int
        Fewer complete moves in either period than this and the group does not count.
    """

    threshold: float
    method: DependenceMethod = "pearson"
    minimum_observations: int = 30

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        require_value(0 <= self.threshold <= 1, f"{where}.threshold", "a value from 0 to 1")
        require_value(self.minimum_observations >= 3, f"{where}.minimum_observations", "at least 3")


@dataclass(frozen=True)
class ProcyclicalityDeclaration:
    """The three tools against procyclical margin; 0 turns a tool off.

    Attributes
    ----------
    buffer : float
        Buffer on top of margin, 0.25 for 25 %, that absorbs a rise above the reference.
    buffer_anchors, buffer_anchor_days : int
        The reference is the mean margin of today's portfolio under the market's conditions of so
        many earlier dates, each so many dates before the next.
    stress_weight : float
        Weight of the margin under the stress periods, 0 to 1.
    floor_years : float
        Margin is at least that under the volatility of so many years up to the date.
    """

    buffer: float = 0.0
    buffer_anchors: int = 12
    buffer_anchor_days: int = 21
    stress_weight: float = 0.0
    floor_years: float = 0.0

    @property
    def is_used(self) -> bool:
        """Whether any tool is on."""
        return self.buffer > 0 or self.stress_weight > 0 or self.floor_years > 0

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        require_value(self.buffer >= 0, f"{where}.buffer", "at least 0")
        require_value(self.buffer_anchors >= 1, f"{where}.buffer_anchors", "at least 1")
        require_value(self.buffer_anchor_days >= 1, f"{where}.buffer_anchor_days", "at least 1")
        require_value(0 <= self.stress_weight <= 1, f"{where}.stress_weight", "a value from 0 to 1")
        require_value(self.floor_years >= 0, f"{where}.floor_years", "at least 0")


@dataclass(frozen=True)
class ProductLiquidity:
    """Market liquidity of a product.

    Attributes
    ----------
    product : str
        The product.
    volume : float
        Average daily volume or open interest, in contracts.
    """

    product: str
    volume: float


@dataclass(frozen=True)
class ConcentrationDeclaration:
    """Concentration add-on: rates on the part of a net position beyond tiers of liquidity.

    Attributes
    ----------
    thresholds : tuple of float
        Ascending multiples of the product's volume.
    rates : tuple of float
        Share of notional charged on the part between a threshold and the next.
    liquidity : tuple of ProductLiquidity
        Products that are charged; every other product is not.
    """

    thresholds: tuple[float, ...]
    rates: tuple[float, ...]
    liquidity: tuple[ProductLiquidity, ...]

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        require_value(
            len(self.thresholds) == len(self.rates) > 0,
            f"{where}.rates",
            "one rate for each threshold",
        )
        ascending = all(a < b for a, b in zip(self.thresholds, self.thresholds[1:], strict=False))
        require_value(
            ascending and self.thresholds[0] >= 0, f"{where}.thresholds", "ascending from 0 or more"
        )
        require_value(min(self.rates) >= 0, f"{where}.rates", "rates of at least 0")
        require_value(
            all(item.volume >= 0 for item in self.liquidity),
            f"{where}.liquidity",
            "a volume of at least 0",
        )
        products = [item.product for item in self.liquidity]
        require_value(
            len(set(products)) == len(products), f"{where}.liquidity", "each product once"
        )


@dataclass(frozen=True)
class AddonDeclaration:
    """Charges on top of core margin; they stay out of netted and capped margin.

    Attributes
    ----------
    contingency_rate : float
        Share of gross notional that no offset reduces, 0 to 1.
    minimum_per_contract_amount : float
        Least margin per contract held, long or short.
    concentration : ConcentrationDeclaration, optional
        Concentration add-on.
    """

    contingency_rate: float = 0.0
    minimum_per_contract_amount: float = 0.0
    concentration: ConcentrationDeclaration | None = None

    @property
    def is_used(self) -> bool:
        """Whether any charge is on."""
        return (
            self.contingency_rate > 0
            or self.minimum_per_contract_amount > 0
            or self.concentration is not None
        )

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        require_value(
            0 <= self.contingency_rate <= 1, f"{where}.contingency_rate", "a value from 0 to 1"
        )
        require_value(
            self.minimum_per_contract_amount >= 0,
            f"{where}.minimum_per_contract_amount",
            "at least 0",
        )
        if self.concentration is not None:
            self.concentration.check(f"{where}.concentration")


@dataclass(frozen=True)
class PeggedAsset:
    """A stablecoin among the collateral.

    Attributes
    ----------
    asset : str
        Name of the asset in the collateral file.
    instrument : str
        Instrument whose settlement price is its price in its own currency.
    """

    asset: str
    instrument: str


@dataclass(frozen=True)
class CollateralDeclaration:
    """How collateral counts, and which calls are made.

    Attributes
    ----------
    pegged_assets : tuple of PeggedAsset
        Stablecoins; every other asset is worth what the collateral file says.
    peg_threshold, depeg_haircut_factor : float
        Extra haircut on a stablecoin per unit of price below the threshold.
    depeg_initial_factor : float
        The initial factor grows by so much per unit of the lowest peg price below the threshold.
    minimum_transfer_amount : float
        Smaller calls are computed but not made.
    """

    pegged_assets: tuple[PeggedAsset, ...] = ()
    peg_threshold: float = 1.0
    depeg_haircut_factor: float = 0.0
    depeg_initial_factor: float = 0.0
    minimum_transfer_amount: float = 0.0

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        for name in (
            "peg_threshold",
            "depeg_haircut_factor",
            "depeg_initial_factor",
            "minimum_transfer_amount",
        ):
            require_value(getattr(self, name) >= 0, f"{where}.{name}", "at least 0")
        assets = [item.asset for item in self.pegged_assets]
        require_value(len(set(assets)) == len(assets), f"{where}.pegged_assets", "each asset once")
