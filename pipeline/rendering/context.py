"""What stands around the figures: data quality, model declarations, sign-off, run manifest.

Frozen dataclasses alone; see ``model.py`` for signs, units and the rule that fields are only added.
"""

from dataclasses import dataclass
from datetime import date

from pipeline.rendering.further import NamedValue


@dataclass(frozen=True)
class ContractResult:
    """One rule of a data contract: how many rows it checked and how many failed."""

    contract: str
    rule: str
    column_name: str
    severity: str  # "error" stops the date, "warning" is counted
    checked_count: int
    failed_count: int
    message: str = ""


@dataclass(frozen=True)
class ExcludedDay:
    """A business date left out of the observations, and why."""

    business_date: date
    reason: str
    account_days: int | None = None


@dataclass(frozen=True)
class MissingPrice:
    """A price that was absent, and the account-days it took out of the observations."""

    business_date: date
    instrument_id: str
    account_days: int
    reason: str = ""


@dataclass(frozen=True)
class DataQuality:
    """What the numbers rest on and what was left out."""

    first_date: date
    last_date: date
    business_dates: int
    accounts: int
    instruments: int
    pending_account_days: int
    missing_price_account_days: int
    quarantined_rows: int
    contract_results: tuple[ContractResult, ...] = ()
    excluded_days: tuple[ExcludedDay, ...] = ()
    missing_prices: tuple[MissingPrice, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """A parameter as declared, with the source of its value."""

    name: str
    value: str
    source: str
    unit: str = ""


@dataclass(frozen=True)
class OffsetGroup:
    """What a model declares about one offset group."""

    group_id: str
    products: tuple[str, ...]
    rationale: str
    default_fund: str
    stress_test_result: str


@dataclass(frozen=True)
class ModelDeclaration:
    """One margin model as declared in its versioned file."""

    model_id: str
    title: str
    role: str  # "champion" or "challenger"
    version: str
    parameter_hash: str
    parameters: tuple[Parameter, ...]
    offset_groups: tuple[OffsetGroup, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Signatory:
    """One line of the sign-off block; an empty name leaves a line to write on."""

    role: str
    name: str = ""


@dataclass(frozen=True)
class InputFile:
    """One input file of the run."""

    name: str
    kind: str
    sha256: str
    rows: int
    is_superseded: bool = False  # True: later files replaced every row of it


@dataclass(frozen=True)
class LibraryVersion:
    """A library whose version can change the numbers or the bytes of the report."""

    name: str
    version: str


@dataclass(frozen=True)
class RunManifest:
    """What fixes the numbers: inputs, parameters, code. No clock, no host, no user."""

    run_id: str
    parameter_hash: str
    code_version: str
    inputs: tuple[InputFile, ...]
    libraries: tuple[LibraryVersion, ...] = ()
    settings: tuple[NamedValue, ...] = ()
