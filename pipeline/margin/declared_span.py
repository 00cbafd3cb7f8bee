"""Parameters of SPAN, and the price range that it shares with the fixed model, as frozen tables.

The rules themselves are in `span`, `span_scan` and `span_spreads`; turning a market into their
inputs is `adapter_span`'s business.
"""

from dataclasses import dataclass, field

from pipeline.margin.declared_values import require_value
from pipeline.margin.span import OptionValueTreatment
from pipeline.margin.span_spreads import PriceRiskMethod


@dataclass(frozen=True)
class RangeOverride:
    """Price range of one product where it differs from the model's.

    Attributes
    ----------
    product : str
        The product.
    floor_pct : float, optional
        Least range in per cent of the price.
    range_pct : float, optional
        Published range in per cent of the price; takes the place of the multiple of volatility.
    range_amount : float, optional
        Published range in reporting currency per contract; takes the place of both.
    """

    product: str
    floor_pct: float | None = None
    range_pct: float | None = None
    range_amount: float | None = None


@dataclass(frozen=True)
class PriceRange:
    """Price range as a multiple of volatility with a floor, or as published.

    ``max(deviations x EWMA volatility x sqrt(horizon_days), floor) x price``

    Attributes
    ----------
    deviations : float
        Multiple of the volatility of one-day moves.
    horizon_days : float
        Days that volatility is scaled to by the square root.
    floor_pct : float
        Least range in per cent of the price.
    products : tuple of RangeOverride
        Products with a range of their own.
    """

    deviations: float = 6.0
    horizon_days: float = 2.0
    floor_pct: float = 0.0
    products: tuple[RangeOverride, ...] = ()

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        require_value(self.deviations > 0, f"{where}.deviations", "a value above 0")
        require_value(self.horizon_days > 0, f"{where}.horizon_days", "a value above 0")
        require_value(self.floor_pct >= 0, f"{where}.floor_pct", "at least 0")
        names = [item.product for item in self.products]
        require_value(len(set(names)) == len(names), f"{where}.products", "each product once")
        for item in self.products:
            for name in ("floor_pct", "range_pct", "range_amount"):
                value = getattr(item, name)
                require_value(
                    value is None or value >= 0,
                    f"{where}.products {item.product} {name}",
                    "at least 0",
                )


@dataclass(frozen=True)
class SpanTier:
    """Contract months of a product that are spread and charged alike.

    Attributes
    ----------
    product : str
        The product.
    tier : int
        Number of the tier, from 1.
    first_month, last_month : int
        Nearby contract months, 1 is the front; months beyond the last tier belong to it.
    delivery_spread_amount, delivery_outright_amount : float
        Delivery charge per delta inside calendar spreads and outside them, while the tier is in
        delivery.
    delivery_days : int
        Calendar days to expiry from which the tier's months are in delivery; 0 for never.
    """

    product: str
    tier: int
    first_month: int
    last_month: int
    delivery_spread_amount: float = 0.0
    delivery_outright_amount: float = 0.0
    delivery_days: int = 0


@dataclass(frozen=True)
class SpanLeg:
    """Leg of a calendar spread.

    Attributes
    ----------
    tier : int
        Number of the tier.
    side : int
        1 or -1: the two sides hold opposite deltas.
    delta_ratio : float
        Deltas of the leg in one spread.
    """

    tier: int
    side: int
    delta_ratio: float = 1.0


@dataclass(frozen=True)
class SpanCalendarSpread:
    """Calendar spread of a product and its charge.

    Attributes
    ----------
    product : str
        The product.
    priority : int
        Lower numbers are formed first.
    legs : tuple of SpanLeg
        Legs by tier.
    charge_amount : float
        Reporting currency per spread.
    charge_pct : float
        The same as per cent of the far leg's value, on top of the amount.
    """

    product: str
    priority: int
    legs: tuple[SpanLeg, ...]
    charge_amount: float = 0.0
    charge_pct: float = 0.0


@dataclass(frozen=True)
class SpanProductLeg:
    """Leg of a spread between products.

    Attributes
    ----------
    product : str
        The product.
    side : int
        1 or -1.
    delta_ratio : float
        Deltas of the leg in one spread.
    """

    product: str
    side: int
    delta_ratio: float = 1.0


@dataclass(frozen=True)
class SpanInterCommoditySpread:
    """Spread between products of one offset group and the credit that it earns.

    Attributes
    ----------
    priority : int
        Lower numbers are formed first.
    credit_rate : float
        Share of each leg's price risk that is credited, 0 to 1.
    legs : tuple of SpanProductLeg
        Legs by product.
    """

    priority: int
    credit_rate: float
    legs: tuple[SpanProductLeg, ...]


@dataclass(frozen=True)
class PublishedRiskArray:
    """Risk array of an instrument as published; takes the place of its revaluation.

    Attributes
    ----------
    instrument : str
        The instrument.
    losses : tuple of float
        Loss of one long unit in the sixteen scenarios, reporting currency.
    delta : float
        Composite delta of one long unit.
    """

    instrument: str
    losses: tuple[float, ...]
    delta: float = 1.0


@dataclass(frozen=True)
class SpanDeclaration:
    """SPAN; the combined commodity is the product.

    Attributes
    ----------
    price_range : PriceRange
        Price scan range.
    volatility_fraction, volatility_floor : float
        Volatility scan range: share of the annualised EWMA volatility of the underlying, and its
        least value, 0.04 for four volatility points.
    look_ahead_days : float
        Calendar days that options age in every scenario.
    extreme_move_multiple, extreme_cover_fraction : float
        Extreme move in scan ranges, and the share of its loss that counts.
    delta_deviations : float
        Standard deviations that the scan range stands for in composite deltas.
    short_option_pct, short_option_amount : float
        Short option minimum per short option: per cent of the underlying's value, plus an amount.
    option_value_treatment : {"pooled", "limited", "none"}
        Where the value of premium-paid options reduces the requirement.
    price_risk_method : {"normal", "scan_range", "scan_range_cap"}
        Price risk of a spread leg.
    calendar_charge_pct : float
        Charge of calendar spreads inside a product without a spread table of its own, per cent of
        the far leg's value.
    tiers, calendar_spreads, inter_commodity_spreads, risk_arrays : tuple
        Tables by product, or by instrument.
    """

    price_range: PriceRange = field(default_factory=PriceRange)
    volatility_fraction: float = 0.25
    volatility_floor: float = 0.04
    look_ahead_days: float = 1.0
    extreme_move_multiple: float = 2.0
    extreme_cover_fraction: float = 0.35
    delta_deviations: float = 2.0
    short_option_pct: float = 0.0
    short_option_amount: float = 0.0
    option_value_treatment: OptionValueTreatment = "limited"
    price_risk_method: PriceRiskMethod = "normal"
    calendar_charge_pct: float = 0.0
    tiers: tuple[SpanTier, ...] = ()
    calendar_spreads: tuple[SpanCalendarSpread, ...] = ()
    inter_commodity_spreads: tuple[SpanInterCommoditySpread, ...] = ()
    risk_arrays: tuple[PublishedRiskArray, ...] = ()

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        self.price_range.check(f"{where}.price_range")
        for name in (
            "volatility_fraction",
            "volatility_floor",
            "look_ahead_days",
            "short_option_pct",
            "short_option_amount",
            "calendar_charge_pct",
        ):
            require_value(getattr(self, name) >= 0, f"{where}.{name}", "at least 0")
        require_value(
            self.extreme_move_multiple > 0, f"{where}.extreme_move_multiple", "a value above 0"
        )
        require_value(self.delta_deviations > 0, f"{where}.delta_deviations", "a value above 0")
        require_value(
            0 <= self.extreme_cover_fraction <= 1,
            f"{where}.extreme_cover_fraction",
            "a value from 0 to 1",
        )
        self._check_tables(where)

    def _check_tables(self, where: str) -> None:
        for tier in self.tiers:
            label = f"{where}.tiers {tier.product}"
            require_value(
                1 <= tier.first_month <= tier.last_month,
                label,
                "months with 1 <= first_month <= last_month",
            )
            require_value(
                tier.tier >= 1 and tier.delivery_days >= 0,
                label,
                "a tier from 1 and delivery_days of at least 0",
            )
        known = {(tier.product, tier.tier) for tier in self.tiers}
        require_value(
            len(known) == len(self.tiers), f"{where}.tiers", "each tier of a product once"
        )
        for calendar in self.calendar_spreads:
            label = f"{where}.calendar_spreads {calendar.product}"
            require_value(
                {leg.side for leg in calendar.legs} == {1, -1}
                and all(leg.delta_ratio > 0 for leg in calendar.legs),
                label,
                "legs on both sides, 1 and -1, with delta_ratio above 0",
            )
            require_value(
                all(
                    (calendar.product, leg.tier) in known or leg.tier == 1 for leg in calendar.legs
                ),
                label,
                "legs in declared tiers",
            )
            require_value(
                calendar.charge_amount >= 0 and calendar.charge_pct >= 0,
                label,
                "charges of at least 0",
            )
        for spread in self.inter_commodity_spreads:
            label = f"{where}.inter_commodity_spreads priority {spread.priority}"
            require_value(
                {leg.side for leg in spread.legs} == {1, -1}
                and all(leg.delta_ratio > 0 for leg in spread.legs)
                and len({leg.product for leg in spread.legs}) == len(spread.legs),
                label,
                "legs of different products on both sides, with delta_ratio above 0",
            )
            require_value(0 <= spread.credit_rate <= 1, label, "a credit_rate from 0 to 1")
        for array in self.risk_arrays:
            require_value(
                len(array.losses) == 16,
                f"{where}.risk_arrays {array.instrument}",
                "sixteen losses",
            )
