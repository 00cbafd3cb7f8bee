"""What a margin model declares: scenarios, measure, netting tree, cap, each with its source.

A declaration is parsed strictly from the mapping that a TOML file yields; reading the file does
not belong here. Unknown keys are errors, so that a misspelt parameter never goes unnoticed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar, get_args

from pipeline.errors import WrongUse
from pipeline.margin.measures import Measure, MeasureName
from pipeline.terms import Level, ShockType

Aggregation = Literal["scenarios", "margins"]


@dataclass(frozen=True)
class ScenarioDeclaration:
    """Where scenarios come from.

    Attributes
    ----------
    source : str
        ``historical``: overlapping moves over ``mpor_days`` of each risk factor.
    lookback_days : int
        Number of scenarios, ending at the business date.
    mpor_days : tuple of int
        Margin periods of risk; each gives its own rows.
    default_shock : ShockType
        How moves are measured where the instrument does not say; a factor with a price at or
        below zero inside the window is always absolute.
    time_decay : bool
        Whether options are revalued at the end of the horizon (True) or at once.
    """

    source: Literal["historical"]
    lookback_days: int
    mpor_days: tuple[int, ...]
    default_shock: ShockType = ShockType.LOG
    time_decay: bool = True


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
        Whether the level sums scenario losses (and measures the sum) or margins (no offset).
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
    sources : mapping of str to str
        Where each parameter comes from.
    """

    model_id: str
    title: str
    version: str
    scenarios: ScenarioDeclaration
    measure: Measure
    tree: TreeDeclaration
    coverage: CoverageTarget
    offset_groups: tuple[OffsetGroup, ...] = ()
    initial_factor: float = 1.0
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


_Declared = TypeVar("_Declared")


def _build(kind: type[_Declared], given: Mapping[str, Any], where: str) -> _Declared:
    """Build a declaration from a mapping, refusing unknown and missing keys by name."""
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(given) - set(known))
    if unknown:
        msg = f"{where}: unknown key {unknown[0]!r}; known keys are {', '.join(sorted(known))}"
        raise WrongUse(msg)
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    try:
        return kind(**values)
    except TypeError as error:
        msg = f"{where}: {str(error).split(') ')[-1]}"
        raise WrongUse(msg) from error


def _require(condition: bool, where: str, expected: str) -> None:
    if not condition:
        msg = f"{where}: expected {expected}"
        raise WrongUse(msg)


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
    given = dict(document)
    scenarios = dict(given.pop("scenarios", {}))
    if "default_shock" in scenarios:
        _require(
            scenarios["default_shock"] in set(ShockType),
            f"{where}: scenarios.default_shock",
            "log or absolute",
        )
        scenarios["default_shock"] = ShockType(scenarios["default_shock"])
    tree = dict(given.pop("tree", {}))
    if "cap_base" in tree:
        _require(tree["cap_base"] in set(Level), f"{where}: tree.cap_base", "a tree level")
        tree["cap_base"] = Level(tree["cap_base"])
    groups = tuple(
        _build(OffsetGroup, group, f"{where}: offset_groups")
        for group in given.pop("offset_groups", [])
    )
    given["scenarios"] = _build(ScenarioDeclaration, scenarios, f"{where}: scenarios")
    given["measure"] = _build(Measure, given.pop("measure", {}), f"{where}: measure")
    given["tree"] = _build(TreeDeclaration, tree, f"{where}: tree")
    given["coverage"] = _build(CoverageTarget, given.pop("coverage", {}), f"{where}: coverage")
    model = _build(ModelDeclaration, {**given, "offset_groups": groups}, where)
    _check_values(model, where)
    return model


def _check_values(model: ModelDeclaration, where: str) -> None:
    scenarios, tree = model.scenarios, model.tree
    _require(scenarios.source == "historical", f"{where}: scenarios.source", "historical")
    _require(scenarios.lookback_days >= 1, f"{where}: scenarios.lookback_days", "at least 1")
    _require(
        bool(scenarios.mpor_days) and min(scenarios.mpor_days) >= 1,
        f"{where}: scenarios.mpor_days",
        "a list of horizons of at least 1 day",
    )
    _require(
        model.measure.name in get_args(MeasureName),
        f"{where}: measure.name",
        f"one of {', '.join(get_args(MeasureName))}",
    )
    _require(
        0 < model.measure.confidence_pct < 100,
        f"{where}: measure.confidence_pct",
        "a value between 0 and 100, both excluded",
    )
    _require(0 <= tree.cap <= 1, f"{where}: tree.cap", "a value from 0 to 1")
    _require(
        tree.offset_group in get_args(Aggregation) and tree.account in get_args(Aggregation),
        f"{where}: tree",
        "scenarios or margins at the levels offset_group and account",
    )
    _require(
        0 < model.coverage.target_pct < 100,
        f"{where}: coverage.target_pct",
        "a value between 0 and 100, both excluded",
    )
    _require(model.initial_factor >= 1, f"{where}: initial_factor", "at least 1")
    products = [product for group in model.offset_groups for product in group.products]
    _require(
        len(products) == len(set(products)), f"{where}: offset_groups", "each product in one group"
    )
