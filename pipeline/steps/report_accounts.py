"""The report's sections on tests of single accounts and on horizons that overlap.

Reads the tables that say what all accounts together tell and lays them out; selection for the
verdict belongs to ``report_data``.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb

from pipeline.rendering.model import Column, ColumnFormat, FurtherSection, Table
from pipeline.steps.report_figures import fetch_rows

SIGNIFICANCE = 0.05
_MOST_LISTED = 20
_METHODS = (
    ("p_value", "Alone"),
    ("holm_p_value", "Holm"),
    ("benjamini_hochberg_p_value", "Benjamini-Hochberg"),
    ("benjamini_yekutieli_p_value", "Benjamini-Yekutieli"),
)
_DECISIONS = ("accepted", "rejected", "conservative", "undecided")
_VARIANTS = ("_phases", "_simulated")
_OVERLAP_ONLY = ("binomial_z_overlap", "coverage_block_bootstrap")
_OVERLAP = (
    "Losses over several days share days with their neighbours, so exceedances come in runs even"
    " where the margin is right. Each test is shown as if days were independent and then allowing"
    " for the overlap: on days as far apart as the horizon is long (phases), and against simulated"
    " margins that are right and whose losses overlap as much (simulated)."
)
_TEST = Column("Test", ColumnFormat.TEST, share=3.2)

Rows = Sequence[dict[str, Any]]


def describe_accounts(
    connection: duckdb.DuckDBPyConnection,
    as_of_date: date,
    model_id: str,
    mpor_days: int,
    window_name: str,
) -> tuple[FurtherSection, ...]:
    """Describe what the tests of single accounts say, alone and together.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A published snapshot, read-only.
    as_of_date : date
        Date of the backtest.
    model_id, mpor_days, window_name
        The verdict's series; track and margin are the core model's and the capped one.

    Returns
    -------
    tuple of FurtherSection
        Single accounts at the verdict's horizon, then every horizon over one day; empty where
        nothing was tested.
    """
    series = {"as_of_date": as_of_date, "model_id": model_id, "window_name": window_name}
    tests = fetch_rows(connection, "account_tests", series)
    if not tests:
        return ()
    adjusted = fetch_rows(connection, "multiple_tests", series)
    alarms = fetch_rows(connection, "false_alarms", series)
    shared = fetch_rows(connection, "shared_days", series)
    power = fetch_rows(connection, "power", series)
    sections = [
        FurtherSection(
            key="accounts",
            title="Tests of single accounts",
            paragraphs=(
                *_power_sentences(_at(power, mpor_days)),
                *_shared_sentences(_at(shared, mpor_days)),
            ),
            tables=(
                _alarm_table(_at(alarms, mpor_days)),
                _correction_table(_at(adjusted, mpor_days)),
                _listed_table(_at(adjusted, mpor_days)),
                _decision_table(_at(tests, mpor_days)),
                _shared_table(_at(shared, mpor_days)),
            ),
            after="tests",
        )
    ]
    longer = [t for t in tests if t["mpor_days"] > 1]
    if longer:
        sections.append(
            FurtherSection(
                key="overlap",
                title="Horizons that overlap",
                paragraphs=(_OVERLAP,),
                tables=tuple(
                    _overlap_table(_at(longer, days), days)
                    for days in sorted({t["mpor_days"] for t in longer})
                ),
                after="tests",
            )
        )
    return tuple(sections)


def _at(rows: Rows, mpor_days: int) -> Rows:
    return [row for row in rows if row["mpor_days"] == mpor_days]


def _power_sentences(power: Rows) -> list[str]:
    return [f"One account: {row['sentence']}" for row in power if row["scope"] == "account"]


def _shared_sentences(shared: Rows) -> list[str]:
    sentences = []
    for row in shared:
        if row["scope"] != "firm":
            continue
        if row["effective_observations"] is not None:
            sentences.append(
                f"All accounts: they lose on the same dates, so that {row['observations']:,}"
                f" account-days tell as much as {row['effective_observations']:,.0f} independent"
                f" ones. With that, coverage lies between {row['coverage_low_pct']:.2f} and"
                f" {row['coverage_high_pct']:.2f} % with 95 % confidence."
            )
        if row["any_wrong_p_value"] is not None:
            sentences.append(
                "That no account has more exceedances than its target allows has a p-value of"
                f" {row['any_wrong_p_value']:.3f}, all accounts judged together on shared dates."
            )
    return sentences


def _alarm_table(alarms: Rows) -> Table:
    rows = []
    for row in alarms:
        level = f"{row['significance_pct']:.0f} %"
        for title, name in (
            ("Yellow or red zone", "yellow_or_red_accounts"),
            ("Red zone", "red_accounts"),
            (f"Too many exceedances, exact test at {level}", "rejected_accounts"),
        ):
            rows.append((title, row["accounts"], row[name], row[f"expected_{name}"]))
    return Table(
        "Accounts that alarm, and how many would by chance if every margin were right",
        (
            Column("Alarm", share=3.2),
            Column("Accounts", ColumnFormat.COUNT),
            Column("Alarming", ColumnFormat.COUNT),
            Column("Expected by chance", ColumnFormat.NUMBER, share=1.4),
        ),
        tuple(rows),
    )


def _correction_table(adjusted: Rows) -> Table:
    tests = dict.fromkeys(row["test"] for row in adjusted)
    rows = []
    for test in tests:
        own = [row for row in adjusted if row["test"] == test]
        rejected = [
            sum(row[column] is not None and row[column] < SIGNIFICANCE for row in own)
            for column, _ in _METHODS
        ]
        rows.append((test, own[0]["tested_accounts"], *rejected))
    return Table(
        "Accounts rejected at 5 %, before and after allowing for the number of accounts",
        (
            _TEST,
            Column("Tested", ColumnFormat.COUNT),
            *(Column(title, ColumnFormat.COUNT, share=1.3) for _, title in _METHODS),
        ),
        tuple(rows),
        "Holm answers whether any margin is wrong; the other two make lists of which at most 5 % is"
        " expected to be there by chance, Benjamini-Yekutieli however accounts depend.",
    )


def _listed_table(adjusted: Rows) -> Table:
    listed = sorted(
        (
            row
            for row in adjusted
            if row["benjamini_hochberg_p_value"] is not None
            and row["benjamini_hochberg_p_value"] < SIGNIFICANCE
            and row["test"].startswith("binomial")
        ),
        key=lambda row: (row["p_value"], row["account_id"]),
    )
    shown = listed[:_MOST_LISTED]
    note = "" if len(shown) == len(listed) else f"The first {len(shown)} of {len(listed)} accounts."
    return Table(
        "Accounts whose number of exceedances stands out after correction (Benjamini-Hochberg)",
        (
            Column("Account", share=2.4),
            Column("Observations", ColumnFormat.COUNT, share=1.2),
            Column("Exceedances", ColumnFormat.COUNT, share=1.2),
            *(Column(f"{title}, p", ColumnFormat.P_VALUE, share=1.3) for _, title in _METHODS),
        ),
        tuple(
            (
                row["account_id"],
                row["observations"],
                row["exceedances"],
                *(row[column] for column, _ in _METHODS),
            )
            for row in shown
        ),
        note,
    )


def _decision_table(tests: Rows) -> Table:
    return Table(
        "Tests of single accounts, counted by decision",
        (
            _TEST,
            Column("Accept", ColumnFormat.COUNT),
            Column("Reject", ColumnFormat.COUNT),
            Column("Conservative", ColumnFormat.COUNT, share=1.2),
            Column("Not enough data", ColumnFormat.COUNT, share=1.4),
        ),
        tuple(
            (row["test"], row["accepted"], row["rejected"], row["conservative"], row["undecided"])
            for row in tests
            if not _is_corrected(row["test"])
        ),
        "Each test by itself at 5 %; some reject by chance.",
    )


def _shared_table(shared: Rows) -> Table:
    return Table(
        "Coverage with its 95 % interval, account-days taken as independent and on shared dates",
        (
            Column("Pool", share=1.4),
            Column("Observations", ColumnFormat.COUNT, share=1.3),
            Column("Exceedances", ColumnFormat.COUNT, share=1.2),
            Column("Coverage", ColumnFormat.COVERAGE, share=1.1),
            Column("Independent, from", ColumnFormat.COVERAGE, share=1.5),
            Column("to", ColumnFormat.COVERAGE),
            Column("Shared dates, from", ColumnFormat.COVERAGE, share=1.5),
            Column("to", ColumnFormat.COVERAGE),
        ),
        tuple(
            (
                "All accounts" if row["scope"] == "firm" else row["scope_id"],
                row["observations"],
                row["exceedances"],
                row["coverage_pct"],
                row["independent_low_pct"],
                row["independent_high_pct"],
                row["coverage_low_pct"],
                row["coverage_high_pct"],
            )
            for row in shared[: 2 * _MOST_LISTED]
        ),
        ""
        if len(shared) <= 2 * _MOST_LISTED
        else f"The first {2 * _MOST_LISTED} of {len(shared)} pools.",
    )


def _overlap_table(tests: Rows, mpor_days: int) -> Table:
    rejected = {row["test"]: row["rejected"] for row in tests}
    rows: list[tuple[str | int | None, ...]] = [
        (test, count, *(rejected.get(f"{test}{variant}") for variant in _VARIANTS))
        for test, count in rejected.items()
        if f"{test}{_VARIANTS[0]}" in rejected
    ]
    rows += [(test, None, None, rejected[test]) for test in _OVERLAP_ONLY if test in rejected]
    tested = max(sum(row[name] for name in _DECISIONS) for row in tests)
    return Table(
        f"Accounts rejected at 5 % of {tested:,}, horizon of {mpor_days} days: raw and corrected",
        (
            _TEST,
            Column("Raw", ColumnFormat.COUNT),
            Column("Phases", ColumnFormat.COUNT),
            Column("Simulated or resampled", ColumnFormat.COUNT, share=1.6),
        ),
        tuple(rows),
    )


def _is_corrected(test: str) -> bool:
    return test.endswith(_VARIANTS) or test in _OVERLAP_ONLY
