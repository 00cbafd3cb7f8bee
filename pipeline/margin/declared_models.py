"""Parameters of the fixed, grid and TIMS models, each a frozen table; SPAN's in `declared_span`.

The rules themselves are in the modules of the same names; turning a market into their inputs is
the adapters' business (`adapter_fixed`, `adapter_grid`, `adapter_tims`).
"""

from dataclasses import dataclass, field
from datetime import date

from pipeline.margin.declared_span import PriceRange
from pipeline.margin.declared_values import require_value


@dataclass(frozen=True)
class PublishedRate:
    """Margin per contract as published, from a date on.

    Attributes
    ----------
    product : str
        The product.
    from_date : date
        First business date on which it is in force.
    amount : float
        Reporting currency per contract.
    """

    product: str
    from_date: date
    amount: float


@dataclass(frozen=True)
class FixedDeclaration:
    """Margin per contract without offsets.

    Attributes
    ----------
    rates : tuple of PublishedRate
        Published rates; where a product has none on a date its price range takes their place.
    price_range : PriceRange
        Range of products without a published rate.
    """

    rates: tuple[PublishedRate, ...] = ()
    price_range: PriceRange = field(default_factory=PriceRange)

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        require_value(
            all(rate.amount >= 0 for rate in self.rates), f"{where}.rates", "amounts of at least 0"
        )
        keys = [(rate.product, rate.from_date) for rate in self.rates]
        require_value(
            len(set(keys)) == len(keys), f"{where}.rates", "one rate for a product and from_date"
        )
        self.price_range.check(f"{where}.price_range")


@dataclass(frozen=True)
class GridDeclaration:
    """Price and volatility grid; the risk unit is the product, or the offset group.

    Attributes
    ----------
    price_moves : tuple of float
        Relative moves that meet volatility up, unchanged and down.
    volatility_up_moves : tuple of float
        Relative moves with volatility up alone.
    extended_moves, extended_weights : tuple of float
        Tail moves with volatility up and the share of the loss that counts.
    volatility_up, volatility_down : float
        Relative shock of implied volatility at 30 days to expiry.
    short_power, long_power : float
        Exponents of (30 / days to expiry) up to 30 days and beyond.
    minimum_up_volatility : float
        Least volatility in a scenario with volatility up.
    basis_move, basis_add_factor, basis_multiply_factor : float
        Basis contingency: relative move of each expiry, and add + multiply x years of its loss
        that counts.
    position_rate : float
        Contingency per perpetual or coin held, share of the reference price.
    short_option_rate : float
        Contingency per option sold net at its strike, share of the reference price.
    offset_rate : float
        Contingency on futures that offset other futures, share of the reference price.
    maintenance_factor : float
        Maintenance margin as a multiple of the grid's risk.
    """

    price_moves: tuple[float, ...]
    volatility_up_moves: tuple[float, ...] = ()
    extended_moves: tuple[float, ...] = ()
    extended_weights: tuple[float, ...] = ()
    volatility_up: float = 0.0
    volatility_down: float = 0.0
    short_power: float = 0.30
    long_power: float = 0.13
    minimum_up_volatility: float = 0.0
    basis_move: float = 0.05
    basis_add_factor: float = 0.0
    basis_multiply_factor: float = 0.0
    position_rate: float = 0.0
    short_option_rate: float = 0.0
    offset_rate: float = 0.0
    maintenance_factor: float = 1.0

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        moves = (*self.price_moves, *self.volatility_up_moves, *self.extended_moves)
        require_value(
            bool(self.price_moves) and min(moves) > -1, f"{where}.price_moves", "moves above -1"
        )
        require_value(
            len(self.extended_moves) == len(self.extended_weights)
            and all(0 <= w <= 1 for w in self.extended_weights),
            f"{where}.extended_weights",
            "one weight from 0 to 1 for each extended move",
        )
        require_value(0 <= self.basis_move < 1, f"{where}.basis_move", "at least 0 and below 1")
        for name in (
            "volatility_up",
            "volatility_down",
            "minimum_up_volatility",
            "basis_add_factor",
            "basis_multiply_factor",
            "position_rate",
            "short_option_rate",
            "offset_rate",
        ):
            require_value(getattr(self, name) >= 0, f"{where}.{name}", "at least 0")
        require_value(self.maintenance_factor > 0, f"{where}.maintenance_factor", "a value above 0")


@dataclass(frozen=True)
class TimsClass:
    """Valuation range of one class (product) where it differs from the model's.

    Attributes
    ----------
    product : str
        The product.
    range_down_pct, range_up_pct : float
        Widest moves in per cent of the price.
    minimum_per_contract_amount : float
        Least margin per contract held.
    """

    product: str
    range_down_pct: float
    range_up_pct: float
    minimum_per_contract_amount: float = 0.0


@dataclass(frozen=True)
class TimsClassGroup:
    """Offset between the classes of a class group, which is a declared offset group.

    Attributes
    ----------
    group : str
        The offset group.
    offset_pct : float
        Share of gains that offsets losses, 0 to 100.
    product_group : str
        Product group that the class group belongs to; empty for one of its own.
    """

    group: str
    offset_pct: float
    product_group: str = ""


@dataclass(frozen=True)
class TimsProductGroup:
    """Offset between the class groups of a product group.

    Attributes
    ----------
    id : str
        Name of the product group.
    offset_pct : float
        Share of gains that offsets losses, 0 to 100.
    """

    id: str
    offset_pct: float


@dataclass(frozen=True)
class TimsDeclaration:
    """TIMS; the class is the product, the class group the offset group.

    Attributes
    ----------
    range_down_pct, range_up_pct : float
        Widest moves of classes without a range of their own.
    minimum_per_contract_amount : float
        Least margin per contract of such classes.
    classes, class_groups, product_groups : tuple
        Ranges and offsets.
    """

    range_down_pct: float
    range_up_pct: float
    minimum_per_contract_amount: float = 0.0
    classes: tuple[TimsClass, ...] = ()
    class_groups: tuple[TimsClassGroup, ...] = ()
    product_groups: tuple[TimsProductGroup, ...] = ()

    def check(self, where: str) -> None:
        """Refuse values out of range."""
        ranged: tuple[TimsDeclaration | TimsClass, ...] = (self, *self.classes)
        for item in ranged:
            require_value(
                0 < item.range_down_pct < 100 and item.range_up_pct > 0,
                f"{where}.range_down_pct",
                "ranges above 0, the one down below 100",
            )
            require_value(
                item.minimum_per_contract_amount >= 0,
                f"{where}.minimum_per_contract_amount",
                "at least 0",
            )
        offsets: tuple[TimsClassGroup | TimsProductGroup, ...] = (
            *self.class_groups,
            *self.product_groups,
        )
        for offset in offsets:
            require_value(
                0 <= offset.offset_pct <= 100, f"{where} offset_pct", "a value from 0 to 100"
            )
        wider = {item.id: item.offset_pct for item in self.product_groups}
        for group in self.class_groups:
            require_value(
                not group.product_group or group.product_group in wider,
                f"{where}.class_groups {group.group}",
                "a declared product_group",
            )
            require_value(
                wider.get(group.product_group, 0.0) <= group.offset_pct,
                f"{where}.class_groups {group.group}",
                "an offset_pct of at least that of its product_group",
            )
