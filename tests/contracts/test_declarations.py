"""The contracts as declared: complete, consistent with what is read and stored, read strictly."""

import re

import duckdb
import polars as pl
import pytest

from pipeline.contracts import load_contract, load_contracts
from pipeline.contracts.adapter import compile_suite, list_column_checks
from pipeline.contracts.declaration import parse_contract
from pipeline.errors import WrongUse
from pipeline.findings import FileKind
from pipeline.landing import COLUMNS
from pipeline.resources import read_sql, resource_path

NAMES = sorted(path.stem for path in resource_path("data_contracts").glob("*.yaml"))
CHECKS = sorted(path.name for path in resource_path("sql/checks").glob("*.sql"))

STORED = {
    "VARCHAR": pl.String,
    "DOUBLE": pl.Float64,
    "DATE": pl.Date,
    "INTEGER": pl.Int64,
}


def stored_columns(table: str) -> dict[str, tuple[type[pl.DataType], bool]]:
    """Return type and nullability of the columns of a table, as the migrations make it."""
    with duckdb.connect() as connection:
        connection.execute(read_sql("migrations/0001_schema.sql"))
        connection.execute(read_sql("migrations/0009_further_inputs.sql"))
        rows = connection.execute(
            "SELECT column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'history' AND table_name = $1 ORDER BY ordinal_position",
            [table],
        ).fetchall()
    ignored = {"file_sha256", "known_from", "known_to", "parameter_hash", "input_hash"}
    return {name: (STORED[kind], null == "YES") for name, kind, null in rows if name not in ignored}


def test_every_kind_of_file_and_the_margin_have_a_contract() -> None:
    assert sorted([*FileKind, "margin"]) == NAMES
    assert list(load_contracts()) == list(FileKind)


@pytest.mark.parametrize("name", NAMES)
def test_contract_compiles_into_a_suite(name: str) -> None:
    contract = load_contract(name)
    checks = list_column_checks(contract)
    suite = compile_suite(contract)
    assert contract.name == name
    assert len(suite.expectations) == len(checks) > 0
    assert {expectation.meta["check"] for expectation in suite.expectations} == set(
        range(len(checks))
    )


@pytest.mark.parametrize("kind", FileKind)
def test_contract_reader_and_table_agree(kind: FileKind) -> None:
    contract = load_contract(kind)
    assert [(c.name, c.type.dtype, c.required) for c in contract.columns] == [
        (c.name, c.type.dtype, not c.is_optional) for c in COLUMNS[kind]
    ]
    table = stored_columns(f"raw_{kind}")
    assert {name: dtype for name, (dtype, _) in table.items()} == contract.schema
    for column in contract.columns:
        # A missing price stops its date or is left out, so that the table has none.
        allowed_in_file_only = (kind, column.name) == (FileKind.PRICES, "settlement_price")
        assert table[column.name][1] == (column.nullable and not allowed_in_file_only)


def test_contract_of_the_margin_agrees_with_its_table() -> None:
    table = stored_columns("out_margin")
    contract = load_contract("margin")
    assert {name: dtype for name, (dtype, _) in table.items()} == contract.schema
    assert not any(column.nullable for column in contract.columns)


@pytest.mark.parametrize("name", NAMES)
def test_number_states_its_unit_and_keys_are_checked(name: str) -> None:
    contract = load_contract(name)
    for column in contract.columns:
        assert bool(column.unit) == (column.type.value in {"number", "integer"})
    assert contract.key
    rule = next(rule for rule in contract.rules if rule.name == "unique_key")
    grouped = re.search(r"GROUP BY ([a-z_, ]+)", read_sql(f"checks/{rule.sql}"))
    assert grouped is not None
    assert tuple(grouped[1].split(", ")) == contract.key


def test_every_check_is_used_and_introduces_itself() -> None:
    used = {rule.sql for name in NAMES for rule in load_contract(name).rules}
    assert sorted(used) == CHECKS
    for check in CHECKS:
        header = re.match(r"(?:-- .*\n)+", read_sql(f"checks/{check}"))
        assert header is not None
        assert all(word in header[0] for word in ("Grain:", "Inputs:", "Use:", "zero rows = pass"))


@pytest.mark.parametrize("name", NAMES)
def test_rule_declares_every_other_kind_that_its_check_reads(name: str) -> None:
    shared = {
        "accounts_in_force": {"accounts"},
        "fx_rates_in_force": {"fx_rates"},
        "held": {"positions"},
        "instruments_in_force": {"instruments"},
        "needed": {"positions", "instruments"},
        "position_dates": {"positions"},
        "price_dates": {"prices"},
        "prices_in_force": {"prices"},
    }
    for rule in load_contract(name).rules:
        text = re.sub(r"--.*", "", read_sql(f"checks/{rule.sql}"))
        tables = re.findall(r"\b(?:FROM|JOIN)\s+([a-z_]+)", text)
        read: set[str] = set()
        for table in tables:
            prefix = re.match(r"(?:landed|known)_(.+)", table)
            read |= {prefix[1]} if prefix else shared.get(table, set())
        assert read - {name} == set(rule.reads), rule.name


SMALL = """
contract: accounts
version: 1.0.0
owner: Operations
description: Accounts.
changes:
  - {version: 1.0.0, date: 2026-01-02, note: First version.}
key: [account_id]
columns:
  - name: account_id
    description: Identifier.
    type: text
    required: true
    nullable: false
    severity: stop
rules:
  - name: unique_key
    description: Once.
    sql: unique_accounts.sql
    column: account_id
    severity: stop
    problem: it stands more than once
    expected: one row
"""


def test_small_contract_parses() -> None:
    contract = parse_contract(SMALL, "accounts.yaml")
    assert contract.key == ("account_id",)
    assert contract.rules[0].reads == ()
    assert not contract.is_dated


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "    nullable: false",
            "    nullabel: false",
            (
                "the data contract accounts.yaml, columns, account_id: nullable is missing;"
                " expected"
                " true or false"
            ),
        ),
        (
            "    severity: stop\nrules",
            "    severity: stop\n    minimun: 0\nrules",
            "the data contract accounts.yaml, columns, account_id has the unknown field 'minimun'",
        ),
        (
            "    severity: stop\nrules",
            "    severity: halt\nrules",
            (
                "the data contract accounts.yaml, columns, account_id: severity is 'halt'; expected"
                " one of stop, warn"
            ),
        ),
        (
            "    required: true",
            "    required: 1",
            (
                "the data contract accounts.yaml, columns, account_id: required is 1; expected"
                " true or"
                " false"
            ),
        ),
        (
            "    severity: stop\nrules",
            "    severity: stop\n    minimum: low\nrules",
            (
                "the data contract accounts.yaml, columns, account_id: minimum is 'low'; expected a"
                " number"
            ),
        ),
        (
            "    severity: stop\nrules",
            "    severity: stop\n    pattern: '^A'\nrules",
            (
                "the data contract accounts.yaml, column account_id, has a pattern; expected its"
                " meaning in words under 'form'"
            ),
        ),
        (
            "key: [account_id]",
            "key: [account]",
            "the data contract accounts.yaml refers to 'account'; expected one of its columns",
        ),
        (
            "unique_accounts.sql",
            "unique_account.sql",
            (
                "the data contract accounts.yaml, rule unique_key: there is no SQL"
                " 'unique_account.sql'"
            ),
        ),
        (
            "version: 1.0.0\nowner",
            "version: 1.1.0\nowner",
            (
                "the data contract accounts.yaml has version 1.1.0, which its change log does not"
                " begin with; expected an entry for it"
            ),
        ),
        (
            "    expected: one row",
            "    expected: one row\n    reads: [trades]",
            (
                "the data contract accounts.yaml, rules, unique_key: reads is 'trades'; expected"
                " one"
                " of instruments, accounts, prices, positions, fx_rates, margin_called, collateral,"
                " rates, dividends, funding, adjustments, published_margins, trader_positions"
            ),
        ),
        (
            "key: [account_id]",
            "key: [1]",
            "the data contract accounts.yaml: key is [1]; expected texts",
        ),
    ],
)
def test_declaration_that_does_not_hold_together(old: str, new: str, sentence: str) -> None:
    assert old in SMALL
    with pytest.raises(WrongUse) as caught:
        parse_contract(SMALL.replace(old, new, 1), "accounts.yaml")
    assert str(caught.value) == sentence


@pytest.mark.parametrize("text", ["", "- a", "contract: [", "contract: {a: b: c}"])
def test_text_that_is_no_declaration(text: str) -> None:
    with pytest.raises(WrongUse, match=r"^the data contract accounts\.yaml [^\n]*$"):
        parse_contract(text, "accounts.yaml")


def test_change_logs_are_dated() -> None:
    for name in NAMES:
        dates = [change.date for change in load_contract(name).changes]
        assert dates == sorted(dates, reverse=True)
