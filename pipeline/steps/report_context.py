"""What stands around the report's figures: data quality, declarations, manifest, limitations."""

from collections.abc import Sequence
from datetime import date
from importlib.metadata import version

import duckdb

from pipeline.margin.declaration import SCENARIO_SOURCES, ModelDeclaration, list_parameters
from pipeline.rendering import model as report
from pipeline.steps.describe import OWN_CHOICE, write_value
from pipeline.steps.report_figures import fetch_rows
from pipeline.steps.runs import code_version, describe_run, hash_parameters

NOT_STATED = "not stated"

_LIBRARIES = ("duckdb", "matplotlib", "numpy", "polars", "scipy", "weasyprint")


def read_quality(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, model_id: str, mpor_days: int
) -> report.DataQuality:
    """Read what the figures rest on and what was left out."""
    series = {"as_of_date": as_of_date, "model_id": model_id, "mpor_days": mpor_days}
    counts = fetch_rows(connection, "data_quality", series)[0]
    contracts = fetch_rows(connection, "contract_results", {"as_of_date": as_of_date})
    excluded = fetch_rows(connection, "excluded_days", series)
    return report.DataQuality(
        **counts,
        contract_results=tuple(report.ContractResult(**row) for row in contracts),
        excluded_days=tuple(report.ExcludedDay(**row) for row in excluded),
    )


def build_manifest(
    connection: duckdb.DuckDBPyConnection,
    models: Sequence[ModelDeclaration],
    as_of_date: date,
    window_name: str,
) -> report.RunManifest:
    """Describe what fixes the figures: inputs, parameters, code, libraries."""
    inputs = tuple(report.InputFile(**row) for row in fetch_rows(connection, "input_files", {}))
    run = describe_run(
        f"report/{window_name}",
        as_of_date,
        {f"{i.kind}/{i.name}/{i.sha256[:8]}": i.sha256 for i in inputs},
        models,
    )
    return report.RunManifest(
        run_id=run.run_id,
        parameter_hash=hash_parameters(models),
        code_version=code_version(),
        inputs=inputs,
        libraries=tuple(report.LibraryVersion(name, version(name)) for name in _LIBRARIES),
    )


def describe_model(model: ModelDeclaration, is_champion: bool) -> report.ModelDeclaration:
    """Describe a declaration with the source of each parameter."""
    parameters = [
        report.Parameter(name=name, value=write_value(value), source=source or OWN_CHOICE)
        for name, value, source in list_parameters(model)
    ]
    return report.ModelDeclaration(
        model_id=model.model_id,
        title=model.title,
        role="champion" if is_champion else "challenger",
        version=model.version,
        parameter_hash=model.parameter_hash,
        parameters=tuple(parameters),
        offset_groups=tuple(
            report.OffsetGroup(g.id, g.products, g.rationale, g.default_fund, g.stress_test)
            for g in model.offset_groups
        ),
    )


def state_limitations(champion: ModelDeclaration, quality: report.DataQuality) -> tuple[str, ...]:
    """State what the figures cannot show, from what was declared and observed."""
    lookback = champion.scenarios.lookback_days
    longest = max(champion.scenarios.mpor_days)
    limitations = [
        (
            f"Scenarios are the last {lookback} moves; what did not happen in them is not in the"
            " margin."
        ),
        (
            "Exceedances of different accounts on one date share the same market move: account-days"
            " are not independent, so intervals that count them are narrower than the evidence."
        ),
        (
            "Positions are frozen over the horizon; trading, liquidation costs and price impact are"
            " outside the loss."
        ),
        (
            "The calendar is the set of dates with prices. Moves and horizons step over dates on"
            " which a market has no price: such a move spans more than the stated days."
        ),
        (
            "A risk factor with a price at or below zero in its lookback moves by amounts, any"
            " other in proportion to its price unless declared otherwise: when the first such price"
            " enters the lookback, margin steps to the other measure until it leaves."
        ),
        (
            "All options on one curve share one volatility move, that of the option nearest to"
            " the money and to thirty days; changes of skew and term structure are not in the"
            " margin."
        ),
    ]
    if champion.scenarios.source in SCENARIO_SOURCES and champion.tree.account == "scenarios":
        limitations.append(
            "Accounts net across offset groups too, for which no economic rationale is declared;"
            " what that is worth stands in the section on offsets, at the level of the account."
        )
    limitations += [
        f"No stress test result is declared for the offset group {group.id}."
        for group in champion.offset_groups
        if group.stress_test == NOT_STATED
    ]
    if longest > 1:
        limitations.append(
            f"Horizons of {longest} days overlap, so their exceedances come in clusters even where"
            " the margin is right; tests that assume independent days overstate the evidence."
        )
    if quality.pending_account_days:
        limitations.append(
            f"{quality.pending_account_days} account-days are pending because their horizon has"
            " not ended; they are outside the observations."
        )
    return tuple(limitations)
