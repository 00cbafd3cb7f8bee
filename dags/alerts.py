"""Telling somebody: a task that failed for good, a day whose files are late.

An alert is one line of JSON. It goes to the task's log and, where `MARGINPROOF_ALERT_COMMAND` names
a program, to that program's standard input: what mails, pages or posts is the site's own choice.
Nothing here imports Airflow; the DAGs hand these functions to it as callbacks.
"""

import json
import logging
import os
import subprocess
from collections.abc import Mapping
from typing import Any

from command_line import command_environment

VARIABLE = "MARGINPROOF_ALERT_COMMAND"
"""Environment variable that names the program which receives alerts on its standard input."""

_TIME_LIMIT_SECONDS = 30

log = logging.getLogger(__name__)


def send_alert(kind: str, sentence: str, facts: Mapping[str, object]) -> None:
    """Log an alert and hand it to the site's program.

    An alert that cannot be delivered is logged and changes nothing about the run it speaks of.

    Parameters
    ----------
    kind : str
        ``failed``, ``late`` or ``no_data``.
    sentence : str
        What happened, for a person.
    facts : mapping
        Names of DAG, run and task.
    """
    line = json.dumps({"alert": kind, "sentence": sentence, **facts}, sort_keys=True, default=str)
    log.warning("Alert: %s", line)
    program = os.environ.get(VARIABLE)
    if not program:
        return
    try:
        subprocess.run(
            [program],
            input=line + "\n",
            text=True,
            check=True,
            capture_output=True,
            timeout=_TIME_LIMIT_SECONDS,
            env=command_environment(os.environ),
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("The alert could not be handed to %s: %s", program, error)


def tell_failure(context: Mapping[str, Any]) -> None:
    """Alert that a task failed for good, with the sentence its command wrote to stderr."""
    task = context["task_instance"]
    error = context.get("exception")
    send_alert(
        "failed",
        str(error) if error else "The task ended without a word.",
        {
            "dag_id": task.dag_id,
            "run_id": task.run_id,
            "task_id": task.task_id,
            "try_number": task.try_number,
        },
    )


def tell_late(context: Mapping[str, Any] | None = None, **_: object) -> None:
    """Alert that a run has not ended by its deadline; a backfill is late by nature."""
    run = (context or {}).get("dag_run") or {}
    facts = {name: run.get(name) for name in ("dag_id", "dag_run_id", "run_id", "run_type")}
    facts = {name: value for name, value in facts.items() if value is not None}
    if "backfill" in str(facts.get("run_type", "")):
        log.info("No alert: a backfill is late by nature.")
        return
    send_alert("late", "The day's figures are not published by their deadline.", facts)
