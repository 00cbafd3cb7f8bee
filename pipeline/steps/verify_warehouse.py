"""The report's figures gathered anew from the newest snapshot.

The warehouse may know more than the report did: files that came later and changed parameters are
stated beside what differs, so that a reader can tell a correction from a falsification.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from pipeline.errors import CheckFailed, WrongUse
from pipeline.margin.declaration import ModelDeclaration
from pipeline.rendering.codec import encode
from pipeline.rendering.model import ReportData
from pipeline.settings import Settings
from pipeline.steps.models import load_models
from pipeline.steps.report_data import ReportRequest, gather_report
from pipeline.steps.report_scope import ReportLevel, ReportScope, restrict
from pipeline.steps.verify_differences import shorten, state_differences
from pipeline.warehouse.connection import open_reader

_NAMED = ("the report", "the warehouse")
# What identifies the run and not its figures, and what the caller of the report handed in.
_PASSED_OVER = (
    "organisation",
    "limitations",
    "signatories",
    "annexes",
    "language",
    "is_demonstration",
)


@dataclass(frozen=True)
class WarehouseComparison:
    """What the comparison with the warehouse found.

    Attributes
    ----------
    differences : tuple of str
        One sentence for each figure that differs.
    statements : tuple of str
        What was compared, or why nothing was.
    """

    differences: tuple[str, ...]
    statements: tuple[str, ...]


def compare_with_warehouse(settings: Settings, data: ReportData) -> WarehouseComparison:
    """Gather the report's figures from the newest snapshot and compare them.

    Parameters
    ----------
    settings : Settings
        Where the snapshots lie.
    data : ReportData
        What the report says it shows.

    Raises
    ------
    EnvironmentFault
        The snapshot is there and cannot be opened.
    """
    if not settings.snapshot_path.exists():
        return WarehouseComparison(
            (), (f"no snapshot is published in {settings.home}: not compared with a warehouse",)
        )
    try:
        models = load_models(settings, [m.model_id for m in data.models])
    except WrongUse as error:
        return WarehouseComparison((), (f"not compared with the warehouse: {error}",))
    changed = [
        m.model_id
        for m, declared in zip(models, data.models, strict=True)
        if m.parameter_hash != declared.parameter_hash
    ]
    if changed:
        sentence = (
            f"the parameters of {', '.join(changed)} are declared differently now than the report"
            " says"
        )
        return WarehouseComparison(
            (sentence,),
            ("not compared with the warehouse, whose margins follow from other parameters",),
        )
    request = ReportRequest(
        as_of_date=data.as_of_date,
        window_name=data.verdict.window_name,
        organisation=data.organisation,
        is_demonstration=data.is_demonstration,
        scope=ReportScope(ReportLevel(data.scope), data.scope_id),
        language=data.language,
    )
    if data.layout == "exception":
        return WarehouseComparison(
            (), ("a report of one exceedance is compared with its own annex alone",)
        )
    with open_reader(settings) as connection:
        return _compare(connection, settings, models, request, data)


def _compare(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    models: list[ModelDeclaration],
    request: ReportRequest,
    data: ReportData,
) -> WarehouseComparison:
    try:
        restrict(connection, request.scope)
        gathered = gather_report(connection, settings, models, request)
    except (CheckFailed, WrongUse) as error:
        return WarehouseComparison((), (f"not compared with the warehouse: {error}",))
    differences = state_differences(_figures(data), _figures(gathered), _NAMED)
    return WarehouseComparison(
        tuple(shorten(differences)),
        (
            f"the figures were gathered anew from the warehouse as of {data.as_of_date}",
            *_compare_inputs(data, gathered),
        ),
    )


def _figures(data: ReportData) -> dict[str, Any]:
    bare = replace(data, annexes=())
    tree: dict[str, Any] = json.loads(encode(bare))
    # The inputs are stated apart: a later file is no wrong figure.
    for name in (*_PASSED_OVER, "manifest"):
        tree.pop(name)
    return tree


def _compare_inputs(data: ReportData, gathered: ReportData) -> list[str]:
    known = {(f.kind, f.name, f.sha256) for f in data.manifest.inputs}
    held = {(f.kind, f.name, f.sha256) for f in gathered.manifest.inputs}
    statements = []
    if held - known:
        statements.append(
            f"the warehouse has {len(held - known)} input files that came after the report, such as"
            f" {min(held - known)[1]}; figures that they correct differ"
        )
    if known - held:
        statements.append(
            f"the warehouse lacks {len(known - held)} input files that the report rests on, such as"
            f" {min(known - held)[1]}"
        )
    return statements
