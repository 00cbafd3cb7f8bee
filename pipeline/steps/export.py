"""The export step: disclosure figures as CSV, back-test results as ISO 20022 messages."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipeline.errors import CheckFailed, EnvironmentFault
from pipeline.margin.declaration import ModelDeclaration
from pipeline.rendering.messages import (
    Methodology,
    MonthlyResult,
    write_definition,
    write_results,
)
from pipeline.rendering.wording import Wording, load_wording
from pipeline.resources import resource_path
from pipeline.settings import Settings
from pipeline.steps.report_figures import fetch_rows
from pipeline.warehouse.connection import fetch_value, open_reader

_ITEMS = {
    "6.5.1": "exceedances",
    "6.5.2": "observations",
    "6.5.3": "coverage_pct",
    "6.5.4": "peak_amount",
    "6.5.5": "average_amount",
    "6.6.1": "average_paid_amount",
    "6.7.1": "largest_paid_amount",
    "6.8.1": "largest_call_amount",
}
"""Item of the quantitative disclosure and the figure that answers it."""
_HEADER = (
    "report_date",
    "period_start_date",
    "model_id",
    "mpor_days",
    "item",
    "label",
    "unit",
    "value",
)
_COUNTS = frozenset({"exceedances", "observations"})


@dataclass(frozen=True)
class ExportSummary:
    """What was written.

    Attributes
    ----------
    folder : Path
        Where.
    files : tuple of str
        Names, in order.
    """

    folder: Path
    files: tuple[str, ...]


def write_export(
    settings: Settings,
    models: Sequence[ModelDeclaration],
    as_of_date: date,
    output: Path | None = None,
) -> ExportSummary:
    """Write the machine-readable results as of a date from the newest snapshot.

    Parameters
    ----------
    settings : Settings
        Snapshot, data home and reporting currency.
    models : sequence of ModelDeclaration
        Models, the champion first: the disclosure figures are its own, at its first horizon.
    as_of_date : date
        Date of the backtest.
    output : Path, optional
        Folder; ``<home>/exports/<as-of date>`` where omitted.

    Returns
    -------
    ExportSummary
        Folder and files.

    Raises
    ------
    CheckFailed
        No backtest is published as of the date, or nothing was observed in twelve months.
    EnvironmentFault
        The folder cannot be written; files that were there before stay as they were.
    """
    wording = load_wording(resource_path("reports/wording"), "en")
    with open_reader(settings) as connection:
        _require_backtest(connection, as_of_date)
        files = {
            f"disclosure-{as_of_date}.csv": _write_disclosure(
                connection, settings, models[0], as_of_date, wording
            ),
            f"auth.065-{as_of_date}.xml": write_definition(
                [_describe_method(model, wording) for model in models]
            ),
        }
        for model in models:
            months = _read_months(connection, model, as_of_date, wording)
            if months:
                files[f"auth.066-{model.model_id}-{as_of_date}.xml"] = write_results(
                    months, settings.reporting_currency, wording.say("export.issuer")
                )
    if len(files) < 3:
        msg = f"no model has an observation in the twelve months up to {as_of_date}"
        raise CheckFailed(msg)
    folder = output or settings.home / "exports" / str(as_of_date)
    _write_all(folder, files)
    return ExportSummary(folder, tuple(files))


def _require_backtest(connection: duckdb.DuckDBPyConnection, as_of_date: date) -> None:
    known = fetch_value(
        connection, "SELECT count(*) FROM out_coverage WHERE as_of_date = $1", [as_of_date]
    )
    if not known:
        msg = (
            f"no backtest is published as of {as_of_date}; run 'marginproof backtest --as-of"
            f" {as_of_date}' first"
        )
        raise CheckFailed(msg)


def _series(model: ModelDeclaration, first_date: date, as_of_date: date) -> dict[str, Any]:
    return {
        "model_id": model.model_id,
        "mpor_days": model.scenarios.mpor_days[0],
        "first_date": first_date,
        "as_of_date": as_of_date,
    }


def twelve_months_before(last_date: date) -> date:
    """Return the first date of the twelve months that end with a date.

    Parameters
    ----------
    last_date : date
        Last date of the period; the 29 February counts like the 28.
    """
    is_leap_day = (last_date.month, last_date.day) == (2, 29)
    day = 28 if is_leap_day else last_date.day
    return last_date.replace(year=last_date.year - 1, day=day) + timedelta(days=1)


def _write_disclosure(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    model: ModelDeclaration,
    as_of_date: date,
    wording: Wording,
) -> bytes:
    first = twelve_months_before(as_of_date)
    (figures,) = fetch_rows(connection, "disclosure", _series(model, first, as_of_date))
    observed = figures["observations"]
    figures["coverage_pct"] = (
        100.0 * (1.0 - figures["exceedances"] / observed) if observed else None
    )
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "report_date",
            "period_start_date",
            "model_id",
            "mpor_days",
            "item",
            "label",
            "unit",
            "value",
        ]
    )
    for item, name in _ITEMS.items():
        unit = "count" if name in _COUNTS else "pct" if name == "coverage_pct" else ""
        writer.writerow(
            [
                as_of_date,
                first,
                model.model_id,
                model.scenarios.mpor_days[0],
                item,
                wording.say(f"export.items.{name}"),
                unit or settings.reporting_currency,
                _plain(figures[name]),
            ]
        )
    return text.getvalue().encode()


def _plain(value: float | None) -> str:
    """Write a number for a machine; an empty field where it does not exist."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{round(value, 4):.4f}"


def _describe_method(model: ModelDeclaration, wording: Wording) -> Methodology:
    return Methodology(
        model_id=model.model_id,
        issuer=wording.say("export.issuer"),
        confidence=round(model.coverage.target_pct / 100.0, 10),
        is_clean=True,
        description=wording.say(
            "export.method",
            title=model.title,
            version=model.version,
            horizon=model.scenarios.mpor_days[0],
            lookback=model.scenarios.lookback_days,
            measure=model.measure.name.replace("_", " "),
            level=f"{model.measure.confidence_pct:g}",
            hash=model.parameter_hash,
        ),
    )


def _read_months(
    connection: duckdb.DuckDBPyConnection,
    model: ModelDeclaration,
    as_of_date: date,
    wording: Wording,
) -> list[MonthlyResult]:
    """Read the twelve calendar months that end with the month of a date."""
    first = date(as_of_date.year - (as_of_date.month < 12), as_of_date.month % 12 + 1, 1)
    rows = fetch_rows(connection, "monthly_results", _series(model, first, as_of_date))
    return [
        MonthlyResult(
            observations=row["observations"],
            exceedances=row["exceedances"],
            largest_amount=row["largest_amount"],
            average_amount=row["average_amount"],
            largest_id=row["exception_id"] or "",
            largest_description=(
                wording.say("export.largest", account=row["account_id"], date=row["business_date"])
                if row["account_id"]
                else ""
            ),
        )
        for row in rows
    ]


def _write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write every file beside its place first, then put all in their places."""
    partial = {folder / f".{name}.partial": folder / name for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for (path, _), content in zip(partial.items(), files.values(), strict=True):
            with path.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path, place in partial.items():
            path.replace(place)
    except OSError as error:
        msg = f"the folder {folder} cannot be written: {error.strerror}"
        raise EnvironmentFault(msg) from error
    finally:
        if folder.is_dir():
            for path in partial:
                path.unlink(missing_ok=True)
