"""The report's sections beside those it always has: offset on trial, procyclicality, calls.

Reads finished rows of a published snapshot; the sections are laid out in ``report_offset_sections``
and ``report_margin_sections``.
"""

import duckdb

from pipeline.rendering.model import FurtherSection
from pipeline.rendering.wording import load_wording
from pipeline.resources import resource_path
from pipeline.steps.report_figures import fetch_rows
from pipeline.steps.report_layout import TrialRequest
from pipeline.steps.report_margin_sections import describe_calls, describe_procyclicality
from pipeline.steps.report_offset_sections import describe_cap, describe_pairs


def describe_trial(
    connection: duckdb.DuckDBPyConnection, request: TrialRequest, language: str = "en"
) -> tuple[FurtherSection, ...]:
    """Lay out cap sweep, pairs of products, procyclicality and margin calls.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A published snapshot, read-only.
    request : TrialRequest
        What to show.
    language : str
        Name of the wording.

    Returns
    -------
    tuple of FurtherSection
        In the order of the report; without the cap where nothing was swept.
    """
    wording = load_wording(resource_path("reports/wording"), language)
    sweep = fetch_rows(connection, "cap_sweep", request.series)
    limits = fetch_rows(connection, "cap_limits", request.series)
    pairs = fetch_rows(connection, "offset_pairs", request.series)
    moves = fetch_rows(
        connection,
        "procyclicality",
        {
            "as_of_date": request.as_of_date,
            "model_ids": list(request.model_ids),
            "mpor_days": request.mpor_days,
            "window_name": request.window_name,
        },
    )
    calls = fetch_rows(
        connection,
        "margin_calls",
        {
            "model_id": request.champion,
            "mpor_days": request.mpor_days,
            "first_date": request.first_date,
            "as_of_date": request.as_of_date,
        },
    )
    cap = (describe_cap(sweep, limits, request, wording),) if sweep else ()
    return (
        *cap,
        describe_pairs(pairs, wording),
        describe_procyclicality(moves, request, wording),
        describe_calls(calls, request, wording),
    )
