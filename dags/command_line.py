"""What a task puts on the command line: program, arguments, environment.

Only the standard library belongs here. Placeholders are replaced as whole arguments, never by
formatting, and what replaces them is a validated date or an absolute path.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from inputs_folder import resolve_inputs_folder

COMMAND = "marginproof"

COMMAND_VARIABLE = "MARGINPROOF_COMMAND"
"""Environment variable with the command's path, where it lives apart from Airflow's packages."""

BUSINESS_DATE = "<business date>"
"""Stands in an argument list for the run's business date; replaced as a whole argument."""

FIRST_DATE = "<first date>"
"""Stands in an argument list for the first date of a range, whose last is the business date."""

INPUTS_FOLDER = "<inputs folder>"
"""Stands in an argument list for the folder to load; replaced as a whole argument."""

# The metadata database, its password and Airflow's keys are none of the command's business.
_HIDDEN_PREFIXES = ("AIRFLOW_", "_AIRFLOW_", "PGPASS")


def fill_arguments(arguments: Sequence[str], day: date, inbox: str | None) -> list[str]:
    """Replace the placeholders of an argument list; the inbox is looked at only where needed."""
    filled = []
    for argument in arguments:
        if argument == BUSINESS_DATE:
            filled.append(day.isoformat())
        elif argument == INPUTS_FOLDER:
            filled.append(str(resolve_inputs_folder(inbox, day)))
        else:
            filled.append(argument)
    return filled


def find_command() -> str:
    """Return the command that is named, else the one beside this interpreter, else on the PATH."""
    named = os.environ.get(COMMAND_VARIABLE)
    if named:
        return named
    beside = Path(sys.executable).with_name(COMMAND)
    if beside.exists():
        return str(beside)
    return shutil.which(COMMAND) or COMMAND


def command_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command: this one without what belongs to Airflow alone."""
    kept = {
        name: value for name, value in environment.items() if not name.startswith(_HIDDEN_PREFIXES)
    }
    # Lines reach the task log as they are written, not when the command ends.
    kept["PYTHONUNBUFFERED"] = "1"
    return kept
