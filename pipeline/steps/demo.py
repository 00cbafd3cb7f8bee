"""The demonstration: write its inputs, then go through the steps any other input goes through."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pipeline.demo import write_demo_inputs
from pipeline.demo.hypothetical import DECLARATION
from pipeline.settings import Settings
from pipeline.steps.daily import DaySummary, compute_range
from pipeline.steps.hypothetical import FILE_NAME
from pipeline.steps.load import load_files, raise_if_stopped
from pipeline.steps.models import load_models
from pipeline.steps.progress import say
from pipeline.steps.report import ReportSummary, write_report
from pipeline.steps.report_data import ReportRequest
from pipeline.steps.session import open_session


@dataclass(frozen=True)
class DemoSummary:
    """What the demonstration ended with."""

    home: Path
    days: DaySummary
    report: ReportSummary


def run_demo(
    settings: Settings,
    period: Literal["standard", "crisis"],
    model_ids: Sequence[str] = (),
) -> DemoSummary:
    """Run the main job on real market history with invented accounts.

    The demonstration has a data home of its own, ``<home>/demo-<period>``, which is made anew, so
    that it never touches a warehouse with real positions.

    Parameters
    ----------
    settings : Settings
        The data home.
    period : {"standard", "crisis"}
        2016 to 2018 with options, or July 2007 to June 2009 without.
    model_ids : sequence of str
        Models to run; those in force where none is named.

    Returns
    -------
    DemoSummary
        Ends with the PDF.
    """
    home = settings.home / f"demo-{period}"
    if home.exists():
        shutil.rmtree(home)
    own = replace(settings, home=home)
    models = load_models(settings, model_ids)
    with tempfile.TemporaryDirectory(prefix="marginproof-demo-") as folder:
        inputs = write_demo_inputs(Path(folder) / "inputs", period)
        say(
            f"real closes {inputs.first_price_date} to {inputs.last_date}, {len(inputs.accounts)}"
            f" accounts; {inputs.excluded_reason}"
        )
        home.mkdir(parents=True, exist_ok=True)
        (home / FILE_NAME).write_text(DECLARATION, encoding="utf-8")
        with open_session(own, publish=True) as connection:
            raise_if_stopped(load_files(connection, own, [inputs.folder]))
            days = compute_range(
                connection, own, models, inputs.first_margin_date, inputs.last_date
            )
    say("rendering the report")
    report = write_report(
        own,
        models,
        ReportRequest(
            as_of_date=inputs.last_date,
            organisation="Marginproof demo",
            is_demonstration=True,
            limitations=(inputs.excluded_reason,),
        ),
    )
    return DemoSummary(home, days, report)
