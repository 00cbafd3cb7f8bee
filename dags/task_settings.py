"""What the tasks of every DAG have in common: owner, retries, whom a failure is told."""

from datetime import timedelta
from typing import Any

from alerts import tell_failure

NO_PUBLISH = "--no-publish"
"""Readers get to see a date only when its results have passed their check: one task publishes."""

DEFAULT_ARGUMENTS: dict[str, Any] = {
    "owner": "marginproof",
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=15),
    "on_failure_callback": tell_failure,
}
