"""The one place that knows Great Expectations: columns of a contract become a suite and run.

Rules on single values belong here. Great Expectations has no Polars engine and its SQL engine does
not work on DuckDB, so it sees pandas batches of bounded size, and rules between rows or tables are
SQL. Importing it takes seconds, which is why that happens inside the functions.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.contracts.declaration import Contract, ContractColumn, ValueType
from pipeline.findings import Severity

# A million rows of four columns are some 100 MB as pandas; the validation itself takes as much.
BATCH_ROWS = 1_000_000

# The second one sets a level of its own on import.
_CHATTY_LOGGERS = ("great_expectations", "great_expectations.data_context.types.base")

_NOUN = {
    ValueType.TEXT: "a text",
    ValueType.NUMBER: "a number",
    ValueType.INTEGER: "a whole number",
    ValueType.DATE: "a date",
}


@dataclass(frozen=True)
class ColumnCheck:
    """One expectation on the values of one column.

    Attributes
    ----------
    rule, column : str
        Name of the rule in the results, and the column.
    severity : Severity
        What a failing value does.
    problem, expected : str
        Words of the finding, as in `Finding`.
    expectation : str
        Class in ``great_expectations.expectations``.
    arguments : mapping
        Its arguments besides the column.
    """

    rule: str
    column: str
    severity: Severity
    problem: str
    expected: str
    expectation: str
    arguments: Mapping[str, object]


def list_column_checks(contract: Contract) -> tuple[ColumnCheck, ...]:
    """Return the checks that the columns of a contract declare, in column order."""
    return tuple(check for column in contract.columns for check in _check_column(column))


def _check_column(column: ContractColumn) -> Iterator[ColumnCheck]:
    """Yield the checks of a column; missing values fail the first one only."""
    noun = _NOUN[column.type]
    if not column.nullable:
        yield ColumnCheck(
            "value_present",
            column.name,
            column.severity,
            "the value is missing",
            f"{noun} in every row",
            "ExpectColumnValuesToNotBeNull",
            {},
        )
    bounds = _describe_bounds(column)
    if bounds:
        yield ColumnCheck(
            "value_in_range",
            column.name,
            column.severity,
            "the value is out of range",
            f"{noun} {bounds}",
            "ExpectColumnValuesToBeBetween",
            {
                "min_value": column.minimum if column.above is None else column.above,
                "max_value": column.maximum if column.below is None else column.below,
                "strict_min": column.above is not None,
                "strict_max": column.below is not None,
            },
        )
    if column.allowed:
        yield ColumnCheck(
            "value_allowed",
            column.name,
            column.severity,
            "the value is not allowed",
            f"one of {', '.join(column.allowed)}",
            "ExpectColumnValuesToBeInSet",
            {"value_set": list(column.allowed)},
        )
    if column.pattern:
        yield ColumnCheck(
            "value_well_formed",
            column.name,
            column.severity,
            "the value has another form",
            column.form,
            "ExpectColumnValuesToMatchRegex",
            {"regex": column.pattern},
        )


def _describe_bounds(column: ContractColumn) -> str:
    """Say the range of a column in words; empty where there is none."""
    words = (
        ("above", column.above),
        ("of at least", column.minimum),
        ("below", column.below),
        ("of at most", column.maximum),
    )
    return " and ".join(f"{word} {bound:g}" for word, bound in words if bound is not None)


def compile_suite(contract: Contract) -> Any:
    """Compile a contract into an ``ExpectationSuite``."""
    gx = _import_great_expectations()
    return gx.ExpectationSuite(
        name=f"{contract.name} {contract.version}",
        expectations=[
            getattr(gx.expectations, check.expectation)(
                column=check.column, meta={"check": number}, **check.arguments
            )
            for number, check in enumerate(list_column_checks(contract))
        ],
    )


def find_failing_rows(
    contract: Contract, frame: pl.DataFrame, batch_rows: int = BATCH_ROWS
) -> list[tuple[ColumnCheck, NDArray[np.int64]]]:
    """Validate a frame against the columns of its contract.

    Parameters
    ----------
    contract : Contract
        The contract.
    frame : polars.DataFrame
        With the columns of the contract.
    batch_rows : int
        Largest number of rows that are converted to pandas at a time.

    Returns
    -------
    list of (ColumnCheck, ndarray of int64)
        Every check with the positions of the rows that fail it, ascending; empty where it holds.

    Raises
    ------
    RuntimeError
        Great Expectations could not evaluate an expectation, which is never taken for a pass.
    """
    checks = list_column_checks(contract)
    failing: list[list[NDArray[np.int64]]] = [[] for _ in checks]
    if frame.height and checks:
        suite = compile_suite(contract)
        gx = _import_great_expectations()
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        source = context.data_sources.add_pandas("delivery")
        asset = source.add_dataframe_asset(contract.name)
        definition = asset.add_batch_definition_whole_dataframe("rows")
        names = list(dict.fromkeys(check.column for check in checks))
        for start in range(0, frame.height, batch_rows):
            rows = frame.select(names).slice(start, batch_rows).to_pandas()
            batch = definition.get_batch({"dataframe": rows})
            # Without named index columns the positions come back whole; with them, a Python
            # dictionary per failing row makes a million failures take most of a minute.
            validation = batch.validate(suite, result_format={"result_format": "COMPLETE"})
            for result in validation.results:
                number, positions = _read_result(result)
                failing[number].append(positions + start)
    nothing = np.empty(0, dtype=np.int64)
    return [
        (check, np.concatenate([nothing, *positions]))
        for check, positions in zip(checks, failing, strict=True)
    ]


def _read_result(result: Any) -> tuple[int, NDArray[np.int64]]:
    """Return which check a result belongs to and the positions in the batch that fail it."""
    number = int(result.expectation_config.meta["check"])
    if result.success:
        return number, np.empty(0, dtype=np.int64)
    positions = result.result.get("unexpected_index_list")
    if positions is None:
        msg = f"{result.expectation_config.type} could not be evaluated: {result.exception_info}"
        raise RuntimeError(msg)
    return number, np.sort(np.asarray(positions, dtype=np.int64))


def _import_great_expectations() -> Any:
    """Import Great Expectations without telemetry and without its log lines."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    for name in _CHATTY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    return great_expectations
