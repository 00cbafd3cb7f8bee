"""What a margin model declares: scenarios, measure, netting tree, cap, each with its source.

A declaration is parsed strictly from the mapping that a TOML file yields; reading the file does
not belong here. Unknown keys are errors, so that a misspelt parameter never goes unnoticed. The
tables of rules and of single models are in `declared_rules`, `declared_models` and `declared_span`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pipeline.margin.declared_models import (
    FixedDeclaration,
    GridDeclaration,
    TimsDeclaration,
)
from pipeline.margin.declared_rules import (
    AddonDeclaration,
    CollateralDeclaration,
    GateDeclaration,
    ProcyclicalityDeclaration,
    StressDeclaration,
    VolatilityDeclaration,
)
from pipeline.margin.declared_span import SpanDeclaration
from pipeline.margin.declared_tail import TailDeclaration
from pipeline.margin.declared_values import build, require_value
from pipeline.margin.measures import Measure
from pipeline.terms import Level, ShockType

Aggregation = Literal["scenarios", "margins"]
Source = Literal["historical", "filtered", "fixed", "span", "grid", "tims"]
SCENARIO_SOURCES = frozenset({"historical", "filtered"})


@dataclass(frozen=True)
class ScenarioDeclaration:
    """Where scenarios come from.

    Attributes
    ----------
    source : str
        ``historical``: overlapping moves over ``mpor_days`` of each risk factor; ``filtered``: the
        same, rescaled to the volatility of the day; ``fixed``, ``span``, ``grid``, ``tims``: the
        rules of the table of that name.
    lookback_days : int
        Number of scenarios, ending at the business date. In models of rules the number of one-day
        moves that must be there before volatility, or anything else, is read from prices.
    mpor_days : tuple of int
        Margin periods of risk; each gives its own rows. Models of rules have no horizon in days:
        there they are the horizons that the backtest compares the margin with.
    default_shock : ShockType
        How moves are measured where the instrument does not say; a factor with a price at or
        below zero inside the window is always absolute.
    time_decay : bool
        Whether options are revalued at the end of the horizon (True) or at once.
    maturity_days : tuple of int
        Constant maturities, in calendar days, that are the risk factors of futures curves; where
        it is empty a curve's factors are its nearby contracts.
    """

    source: Source
    lookback_days: int
    mpor_days: tuple[int, ...]
    default_shock: ShockType = ShockType.LOG
    time_decay: bool = True
    maturity_days: tuple[int, ...] = ()


@dataclass(frozen=True)
class TreeDeclaration:
    """The netting tree and the cap on offset credit.

    Attributes
    ----------
    cap : float
        Largest share of the offset credit that is granted, 0 to 1.
    cap_base : Level
        The level whose margins are summed as the base of the cap.
    offset_group, account : {"scenarios", "margins"}
        Whether the level sums scenario losses (and measures the sum) or margins (no offset but
        the credits that the model's rules grant between the nodes).
    """

    cap: float = 0.80
    cap_base: Level = Level.PRODUCT
    offset_group: Aggregation = "scenarios"
    account: Aggregation = "scenarios"


@dataclass(frozen=True)
class OffsetGroup:
    """Products whose offset is declared, with the grounds that the regulation asks for.

    Attributes
    ----------
    id : str
        Name of the group.
    products : tuple of str
        Its products; a product in no group forms one of its own.
    rationale : str
        Economic reason for the relation between the prices.
    default_fund : str
        The default fund that covers every product of the group.
    stress_test : str
        Result of the stress test of the offset.
    """

    id: str
    products: tuple[str, ...]
    rationale: str
    default_fund: str
    stress_test: str


@dataclass(frozen=True)
class CoverageTarget:
    """What the backtest holds the model to.

    Attributes
    ----------
    target_pct : float
        Coverage that the margin must reach, in per cent.
    tolerance_amount : float
        A loss is an exceedance only where it is greater than margin + tolerance.
    """

    target_pct: float = 99.0
    tolerance_amount: float = 0.005


@dataclass(frozen=True)
class ModelDeclaration:
    """One versioned margin model.

    Attributes
    ----------
    model_id : str
        Short name, also in every output row.
    title, version : str
        For the reader.
    scenarios, measure, tree, coverage : declarations
        The stages.
    offset_groups : tuple of OffsetGroup
        Declared groups.
    initial_factor : float
        Initial margin over maintenance margin.
    initial_buffer_amount : float
        Added to the initial margin of every account, on top of the factor.
    volatility, stress, gate, procyclicality, addons, collateral : declarations
        Rules; see `declared_rules`.
    tail : TailDeclaration
        What is written of the tail beside the margin.
    fixed, span, grid, tims : declarations
        Parameters of the model that ``scenarios.source`` names.
    sources : mapping of str to str
        Where each parameter comes from.
    """

    model_id: str
    title: str
    version: str
    scenarios: ScenarioDeclaration
    measure: Measure
    tree: TreeDeclaration = field(default_factory=TreeDeclaration)
    coverage: CoverageTarget = field(default_factory=CoverageTarget)
    offset_groups: tuple[OffsetGroup, ...] = ()
    initial_factor: float = 1.0
    initial_buffer_amount: float = 0.0
    volatility: VolatilityDeclaration = field(default_factory=VolatilityDeclaration)
    stress: StressDeclaration = field(default_factory=StressDeclaration)
    gate: GateDeclaration | None = None
    procyclicality: ProcyclicalityDeclaration = field(default_factory=ProcyclicalityDeclaration)
    addons: AddonDeclaration = field(default_factory=AddonDeclaration)
    collateral: CollateralDeclaration = field(default_factory=CollateralDeclaration)
    tail: TailDeclaration = field(default_factory=TailDeclaration)
    fixed: FixedDeclaration | None = None
    span: SpanDeclaration | None = None
    grid: GridDeclaration | None = None
    tims: TimsDeclaration | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

    def group_of(self, product: str) -> str:
        """Return the offset group of a product; a product in none is its own group."""
        for group in self.offset_groups:
            if product in group.products:
                return group.id
        return product

    @property
    def parameter_hash(self) -> str:
        """SHA-256 of every parameter, in a canonical form, shortened to 16 hexadecimal digits."""
        canonical = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def parse_declaration(document: Mapping[str, Any], where: str) -> ModelDeclaration:
    """Parse one model document.

    Parameters
    ----------
    document : mapping
        What the TOML file holds.
    where : str
        Name of the file, for the error sentence.

    Returns
    -------
    ModelDeclaration
        The declaration, its values checked.

    Raises
    ------
    WrongUse
        An unknown or missing key, or a value out of range; the sentence names it.
    """
    given = {"measure": {}, "scenarios": {}, **document}
    model = build(ModelDeclaration, given, where)
    _check_values(model, where)
    _check_rules(model, where)
    return model


def list_parameters(model: ModelDeclaration) -> list[tuple[str, Any, str]]:
    """List every declared parameter, for people to read.

    Parameters
    ----------
    model : ModelDeclaration
        The model.

    Returns
    -------
    list of (str, object, str)
        Dotted name, value and source (empty where none is stated); tables in the order in which a
        model is computed, tables of models that the source does not name left out.
    """
    declared = asdict(model)
    listed: list[tuple[str, Any, str]] = []
    for part in ("scenarios", "measure", "coverage", "tree", *_TABLES):
        if declared[part] is None:
            continue
        if part in _WITHOUT_EFFECT and (declared[part] == asdict(type(getattr(model, part))())):
            continue
        _flatten(part, declared[part], model.sources, listed)
    listed += [
        (name, declared[name], model.sources.get(name, ""))
        for name in ("initial_factor", "initial_buffer_amount")
    ]
    return listed


_TABLES = (
    "volatility",
    "stress",
    "gate",
    "fixed",
    "span",
    "grid",
    "tims",
    "procyclicality",
    "addons",
    "collateral",
    "tail",
)
# Tables whose defaults have no effect; such a table is not listed.
_WITHOUT_EFFECT = frozenset(
    {"volatility", "stress", "procyclicality", "addons", "collateral", "tail"}
)


def _flatten(
    prefix: str,
    table: Mapping[str, Any],
    sources: Mapping[str, str],
    listed: list[tuple[str, Any, str]],
) -> None:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, Mapping):
            _flatten(key, value, sources, listed)
        elif value is not None:
            listed.append((key, value, sources.get(key, "")))


def _check_values(model: ModelDeclaration, where: str) -> None:
    scenarios, tree = model.scenarios, model.tree
    require_value(scenarios.lookback_days >= 1, f"{where}: scenarios.lookback_days", "at least 1")
    require_value(
        bool(scenarios.mpor_days) and min(scenarios.mpor_days) >= 1,
        f"{where}: scenarios.mpor_days",
        "a list of horizons of at least 1 day",
    )
    require_value(
        all(
            a < b
            for a, b in zip((0, *scenarios.maturity_days), scenarios.maturity_days, strict=False)
        ),
        f"{where}: scenarios.maturity_days",
        "ascending calendar days of at least 1",
    )
    require_value(
        0 < model.measure.confidence_pct < 100,
        f"{where}: measure.confidence_pct",
        "a value between 0 and 100, both excluded",
    )
    require_value(0 <= tree.cap <= 1, f"{where}: tree.cap", "a value from 0 to 1")
    require_value(
        0 < model.coverage.target_pct < 100,
        f"{where}: coverage.target_pct",
        "a value between 0 and 100, both excluded",
    )
    require_value(model.initial_factor >= 1, f"{where}: initial_factor", "at least 1")
    require_value(model.initial_buffer_amount >= 0, f"{where}: initial_buffer_amount", "at least 0")
    products = [product for group in model.offset_groups for product in group.products]
    require_value(
        len(products) == len(set(products)), f"{where}: offset_groups", "each product in one group"
    )
    for name in _TABLES:
        table = getattr(model, name)
        if table is not None:
            table.check(f"{where}: {name}")


def _check_rules(model: ModelDeclaration, where: str) -> None:
    """Check what one table means for another."""
    source, tree = model.scenarios.source, model.tree
    by_rules = source not in SCENARIO_SOURCES
    for name in ("fixed", "span", "grid", "tims"):
        require_value(
            (getattr(model, name) is not None) == (name == source),
            f"{where}: {name}",
            f"a table [{name}] exactly where scenarios.source is {name!r}",
        )
    require_value(
        not by_rules or model.measure.name == "worst_scenario",
        f"{where}: measure.name",
        f"worst_scenario, the measure of source {source!r}",
    )
    require_value(
        not by_rules or tree.account == "margins",
        f"{where}: tree.account",
        f"margins: scenarios of source {source!r} do not meet across offset groups",
    )
    require_value(
        source not in {"fixed", "span", "tims"} or tree.offset_group == "margins",
        f"{where}: tree.offset_group",
        f"margins: scenarios of source {source!r} do not meet across products",
    )
    require_value(
        model.gate is None or tree.account == "margins",
        f"{where}: gate",
        "tree.account = 'margins', as the account would offset what the gate refuses",
    )
    require_value(
        model.gate is None or bool(model.stress.periods),
        f"{where}: gate",
        "a stress period to hold the dependence to",
    )
    tools = model.procyclicality
    require_value(
        tools.stress_weight == 0 or bool(model.stress.periods),
        f"{where}: procyclicality.stress_weight",
        "a stress period to weigh",
    )
    require_value(
        not tools.is_used or source not in {"grid", "tims"},
        f"{where}: procyclicality",
        f"no tool: the ranges of source {source!r} are declared and follow no volatility",
    )
    require_value(
        not model.stress.mixed_in or not by_rules,
        f"{where}: stress.mixed_in",
        f"false: source {source!r} has no historical scenarios",
    )
    require_value(
        not model.tail.confidence_pct or not by_rules,
        f"{where}: tail.confidence_pct",
        f"none: source {source!r} has no historical scenarios",
    )
    if model.span is not None:
        for spread in model.span.inter_commodity_spreads:
            require_value(
                len({model.group_of(leg.product) for leg in spread.legs}) == 1,
                f"{where}: span.inter_commodity_spreads priority {spread.priority}",
                "legs inside one declared offset group",
            )
    if model.tims is not None:
        declared = {group.id for group in model.offset_groups}
        for item in model.tims.class_groups:
            require_value(
                item.group in declared or not item.offset_pct,
                f"{where}: tims.class_groups {item.group}",
                "a declared offset group",
            )
