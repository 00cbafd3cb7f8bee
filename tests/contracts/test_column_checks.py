"""Great Expectations behind the adapter: sound values pass, each check catches its own breach."""

import logging
import os
import subprocess
import sys
from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.contracts import load_contract
from pipeline.contracts.adapter import ColumnCheck, find_failing_rows, list_column_checks
from pipeline.contracts.declaration import Contract, ContractColumn, ValueType
from pipeline.findings import FileKind

CONTRACTS = {name: load_contract(name) for name in [*FileKind, "margin"]}
BREACHES = [
    (name, check) for name, contract in CONTRACTS.items() for check in list_column_checks(contract)
]


def sound_value(column: ContractColumn) -> object:
    """Return a value that satisfies every check of a column."""
    if column.allowed:
        return column.allowed[0]
    if column.type is ValueType.DATE:
        return date(2014, 1, 2)
    if column.type is ValueType.TEXT:
        return "USD"
    low = column.minimum if column.above is None else column.above + 1
    return 1 if low is None else low


def sound_frame(contract: Contract, rows: int) -> pl.DataFrame:
    return pl.DataFrame(
        {column.name: [sound_value(column)] * rows for column in contract.columns},
        schema=contract.schema,
        strict=False,
    )


def breach_value(check: ColumnCheck) -> object:
    """Return a value that fails this check and no other one of its column."""
    if check.rule == "value_present":
        return None
    if check.rule == "value_in_range":
        low = check.arguments["min_value"]
        assert isinstance(low, float)
        return low if check.arguments["strict_min"] else low - 1
    return "no such word" if check.rule == "value_allowed" else " usd "


@pytest.mark.parametrize(
    ("name", "check"), BREACHES, ids=[f"{n}-{c.column}-{c.rule}" for n, c in BREACHES]
)
def test_deliberate_breach_is_caught_in_its_row(name: str, check: ColumnCheck) -> None:
    contract = CONTRACTS[name]
    frame = sound_frame(contract, 4)
    values = frame[check.column].to_list()
    values[2] = breach_value(check)
    broken = frame.with_columns(
        pl.Series(check.column, values, dtype=contract.schema[check.column], strict=False)
    )
    failing = {
        (found.column, found.rule): positions.tolist()
        for found, positions in find_failing_rows(contract, broken)
        if len(positions)
    }
    assert failing == {(check.column, check.rule): [2]}


@pytest.mark.parametrize("name", CONTRACTS)
def test_sound_values_pass(name: str) -> None:
    contract = CONTRACTS[name]
    outcomes = find_failing_rows(contract, sound_frame(contract, 3))
    assert [check for check, _ in outcomes] == list(list_column_checks(contract))
    assert all(len(positions) == 0 for _, positions in outcomes)


def test_upper_bound_is_included() -> None:
    contract = CONTRACTS[FileKind.COLLATERAL]
    frame = sound_frame(contract, 3).with_columns(haircut_pct=pl.Series([0.0, 100.0, 100.5]))
    failing = [(c.column, p.tolist()) for c, p in find_failing_rows(contract, frame) if len(p)]
    assert failing == [("haircut_pct", [2])]


@pytest.mark.parametrize("batch_rows", [1, 3, 7, 50])
def test_batches_do_not_change_the_outcome(batch_rows: int) -> None:
    contract = CONTRACTS[FileKind.POSITIONS]
    quantity = [None if i % 4 == 1 else float(i) for i in range(23)]
    frame = sound_frame(contract, 23).with_columns(quantity=pl.Series(quantity))
    failing = {c.column: p for c, p in find_failing_rows(contract, frame, batch_rows)}
    np.testing.assert_array_equal(failing["quantity"], np.arange(1, 23, 4))
    assert len(failing["account_id"]) == 0


def test_more_failing_rows_than_great_expectations_lists_values() -> None:
    contract = CONTRACTS[FileKind.POSITIONS]
    frame = sound_frame(contract, 5_000).with_columns(quantity=pl.lit(None, pl.Float64))
    failing = {c.column: p for c, p in find_failing_rows(contract, frame)}
    np.testing.assert_array_equal(failing["quantity"], np.arange(5_000))


def test_no_rows_are_no_failure() -> None:
    contract = CONTRACTS[FileKind.POSITIONS]
    assert [len(p) for _, p in find_failing_rows(contract, sound_frame(contract, 0))] == [0] * 4


def test_expectation_that_cannot_be_evaluated_is_never_a_pass() -> None:
    contract = CONTRACTS[FileKind.FX_RATES]
    frame = sound_frame(contract, 2).with_columns(rate=pl.Series(["high", "low"]))
    with pytest.raises(RuntimeError, match="expect_column_values_to_be_between"):
        find_failing_rows(contract, frame)


def test_validation_is_quiet(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    contract = CONTRACTS[FileKind.ACCOUNTS]
    with caplog.at_level(logging.INFO):
        find_failing_rows(contract, sound_frame(contract, 2))
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def test_great_expectations_is_imported_only_when_it_runs() -> None:
    code = "import sys, pipeline.contracts; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
