"""Data contracts as declared in ``data_contracts/*.yaml``, read strictly.

A contract says in a data owner's words what a table must satisfy. Here belong the shapes of a
declaration and reading it; an unknown or missing word is an error, so that no rule is lost to a
misspelling. Compiling and running the rules belongs to the sibling modules.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

import polars as pl
import yaml

from pipeline.contracts.fields import Fields
from pipeline.errors import WrongUse
from pipeline.findings import FileKind, Severity
from pipeline.resources import resource_path

_FOLDER = "data_contracts"
MARGIN = "margin"


class ValueType(Enum):
    """Type of a column of a contract."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"

    @property
    def dtype(self) -> type[pl.DataType]:
        """Type of the column in a frame."""
        return {
            "text": pl.String,
            "number": pl.Float64,
            "integer": pl.Int64,
            "date": pl.Date,
        }[self.value]


@dataclass(frozen=True)
class ContractColumn:
    """What a column must satisfy.

    Attributes
    ----------
    name, description : str
        Name in the file and its meaning.
    type : ValueType
        Type of the values.
    required : bool
        Whether a file must have the column.
    nullable : bool
        Whether a row may leave it empty.
    severity : Severity
        What a failing value does.
    unit : str
        Unit of a number; empty for other types.
    minimum, maximum, above, below : float or None
        Range; ``above`` and ``below`` leave the bound itself out.
    allowed : tuple of str
        Allowed values; empty allows any.
    pattern, form : str
        Regular expression of the whole value, and what it means in words; empty where none.
    """

    name: str
    description: str
    type: ValueType
    required: bool
    nullable: bool
    severity: Severity
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""


@dataclass(frozen=True)
class TableRule:
    """A rule between rows or tables: an SQL check that returns the offending rows.

    Attributes
    ----------
    name, description : str
        Name in the results and the rule in words.
    sql : str
        File below ``sql/checks``.
    column : str
        Column that a finding names.
    severity : Severity
        What an offending row does.
    problem, expected : str
        Words of the finding, as in `Finding`.
    reads : tuple of FileKind
        Other kinds that the check reads; it is not run where one of them could not be read.
    quarantine : bool
        Whether offending rows are left out.
    """

    name: str
    description: str
    sql: str
    column: str
    severity: Severity
    problem: str
    expected: str
    reads: tuple[FileKind, ...] = ()
    quarantine: bool = False


@dataclass(frozen=True)
class Change:
    """One entry of a contract's change log."""

    version: str
    date: date
    note: str


@dataclass(frozen=True)
class Contract:
    """What a table must satisfy, and who answers for it.

    Attributes
    ----------
    name : str
        Name of the contract: a kind of file, or ``margin``.
    version, owner, description : str
        Version, data owner and meaning.
    changes : tuple of Change
        Change log, newest first.
    key : tuple of str
        Columns that no two rows share.
    columns : tuple of ContractColumn
        Columns in order.
    rules : tuple of TableRule
        Rules between rows and tables.
    """

    name: str
    version: str
    owner: str
    description: str
    changes: tuple[Change, ...]
    key: tuple[str, ...]
    columns: tuple[ContractColumn, ...]
    rules: tuple[TableRule, ...]

    @property
    def schema(self) -> dict[str, type[pl.DataType]]:
        """Columns of a frame of the table."""
        return {column.name: column.type.dtype for column in self.columns}

    @property
    def is_dated(self) -> bool:
        """Whether rows belong to a business date."""
        return "business_date" in self.schema


def load_contract(name: str) -> Contract:
    """Load a contract by name.

    Parameters
    ----------
    name : str
        A kind of file, or ``margin``.

    Raises
    ------
    WrongUse
        The file does not declare a contract; the sentence names file and field.
    """
    file_name = f"{name}.yaml"
    text = resource_path(f"{_FOLDER}/{file_name}").read_text(encoding="utf-8")
    return parse_contract(text, file_name)


def load_contracts() -> dict[FileKind, Contract]:
    """Load the contracts of every kind of file."""
    return {kind: load_contract(kind) for kind in FileKind}


def parse_contract(text: str, file_name: str) -> Contract:
    """Parse the text of a contract.

    Parameters
    ----------
    text : str
        YAML.
    file_name : str
        For messages.

    Raises
    ------
    WrongUse
        The text does not declare a contract.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        msg = f"the data contract {file_name} is not valid YAML: {' '.join(str(error).split())}"
        raise WrongUse(msg) from error
    contract = Fields(document, file_name)
    parsed = Contract(
        name=contract.text("contract"),
        version=contract.text("version"),
        owner=contract.text("owner"),
        description=contract.text("description").strip(),
        changes=tuple(_parse_change(entry) for entry in contract.entries("changes")),
        key=contract.texts("key"),
        columns=tuple(_parse_column(entry) for entry in contract.entries("columns")),
        rules=tuple(_parse_rule(entry) for entry in contract.entries("rules")),
    )
    contract.finish()
    _check_references(parsed, file_name)
    return parsed


def _parse_change(entry: Fields) -> Change:
    """Parse an entry of the change log."""
    change = Change(entry.text("version"), entry.day("date"), entry.text("note"))
    entry.finish()
    return change


def _parse_column(entry: Fields) -> ContractColumn:
    """Parse a column."""
    column = ContractColumn(
        name=entry.text("name"),
        description=entry.text("description").strip(),
        type=ValueType(entry.word("type", [t.value for t in ValueType])),
        required=entry.flag("required"),
        nullable=entry.flag("nullable"),
        severity=Severity(entry.word("severity", list(Severity))),
        unit=entry.text("unit", ""),
        minimum=entry.number("minimum"),
        maximum=entry.number("maximum"),
        above=entry.number("above"),
        below=entry.number("below"),
        allowed=entry.texts("allowed", ()),
        pattern=entry.text("pattern", ""),
        form=entry.text("form", ""),
    )
    entry.finish()
    return column


def _parse_rule(entry: Fields) -> TableRule:
    """Parse a rule between rows or tables."""
    rule = TableRule(
        name=entry.text("name"),
        description=entry.text("description").strip(),
        sql=entry.text("sql"),
        column=entry.text("column"),
        severity=Severity(entry.word("severity", list(Severity))),
        problem=entry.text("problem"),
        expected=entry.text("expected"),
        reads=tuple(FileKind(kind) for kind in entry.words("reads", list(FileKind))),
        quarantine=entry.flag("quarantine", default=False),
    )
    entry.finish()
    return rule


def _check_references(contract: Contract, file_name: str) -> None:
    """Check that what a contract refers to is there."""
    columns = [column.name for column in contract.columns]
    if not contract.changes or contract.changes[0].version != contract.version:
        msg = (
            f"the data contract {file_name} has version {contract.version}, which its change log"
            " does not begin with; expected an entry for it"
        )
        raise WrongUse(msg)
    for name in [*contract.key, *(rule.column for rule in contract.rules)]:
        if name not in columns:
            msg = f"the data contract {file_name} refers to {name!r}; expected one of its columns"
            raise WrongUse(msg)
    for column in contract.columns:
        if column.pattern and not column.form:
            msg = (
                f"the data contract {file_name}, column {column.name}, has a pattern; expected"
                " its meaning in words under 'form'"
            )
            raise WrongUse(msg)
    checks = resource_path("sql/checks")
    for rule in contract.rules:
        if not (checks / rule.sql).is_file():
            msg = f"the data contract {file_name}, rule {rule.name}: there is no SQL {rule.sql!r}"
            raise WrongUse(msg)
