"""The commands that only read: models, catalogue, the environment.

Nothing here opens the warehouse for writing.
"""

import sys
from pathlib import Path

import click

from pipeline.cli.options import json_option
from pipeline.cli.output import answer
from pipeline.errors import WrongUse
from pipeline.settings import load_settings


@click.command("models")
@json_option
def list_models(as_json: bool) -> None:
    """List the models with their parameters and the source of each."""
    from pipeline.steps.describe import describe_models

    sentence, detail = describe_models(load_settings())
    answer(sentence, detail, as_json=as_json)


@click.command()
@click.argument("table", required=False)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Markdown file to write; standard output where omitted.",
)
def catalogue(table: str | None, output: Path | None) -> None:
    """Describe every table and its columns as Markdown, or one TABLE as text."""
    from pipeline.steps import catalogue as step

    if table is not None and output is not None:
        raise WrongUse("--output takes the whole catalogue; leave out TABLE or --output")
    if output is not None:
        step.write_catalogue(output)
        sys.stdout.write(f"{output}\n")
    elif table is not None:
        sys.stdout.write(step.describe_table(table))
    else:
        sys.stdout.write(step.format_catalogue(step.describe_tables()))


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check the environment: libraries, data home, fonts, disk."""
    from pipeline.steps.doctor import examine_environment, raise_if_unfit

    findings = examine_environment(load_settings())
    lines = [f"{'ok  ' if f.is_fit else 'FAIL'} {f.subject}: {f.detail}" for f in findings]
    answer("\n".join(lines), {"doctor": [vars(f) for f in findings]}, as_json=as_json)
    raise_if_unfit(findings)


@click.command()
@click.option(
    "--observations",
    type=int,
    multiple=True,
    help="Length of a window in days; may be given several times.",
)
@click.option("--confidence", type=float, help="Confidence of the margin in per cent.")
@click.option("--series", type=int, help="Simulated models of each kind.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the simulation.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Markdown file to write; standard output where omitted.",
)
def power(
    observations: tuple[int, ...],
    confidence: float | None,
    series: int | None,
    seed: int | None,
    output: Path | None,
) -> None:
    """Show how often each statistical test rejects a right model, and a clustered one."""
    from pipeline.steps import power as step

    given = {
        "observations": observations or None,
        "confidence_pct": confidence,
        "series": series,
        "seed": seed,
    }
    study = step.PowerStudy(**{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    if output is None:
        sys.stdout.write(step.format_power(study))
    else:
        step.write_power(study, output)
        sys.stdout.write(f"{output}\n")


COMMANDS = (list_models, catalogue, doctor, power)
