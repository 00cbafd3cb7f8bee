"""Which business date a DAG run is for: one pure rule for every way a run can start.

Nothing here reads a clock, a data interval or an earlier run, and nothing imports Airflow: the
operator takes the four facts from the task's context and hands them over. Only the standard
library belongs here.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

EXTRA_KEY = "business_date"
"""Key of an asset event's extra under which a delivery names its business date."""

RUN_TYPE_KEY = "run_type"
"""Key of a snapshot event's extra that tells what kind of run published it."""

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class NoBusinessDateError(ValueError):
    """The run does not say which business date it is for; the message is one clear sentence."""


def parse_business_date(text: object, source: str) -> date:
    """Read a date written as YYYY-MM-DD and nothing else.

    Parameters
    ----------
    text : object
        What the run was given; only a string of exactly that form is accepted.
    source : str
        Where it came from, for the error message.

    Returns
    -------
    date
        The date, so that no text of the caller's reaches a command line.

    Raises
    ------
    NoBusinessDateError
        When the text is not such a date.
    """
    if isinstance(text, str) and _ISO_DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    msg = f"{source} is {text!r}, which is not a date of the form YYYY-MM-DD."
    raise NoBusinessDateError(msg)


def resolve_business_date(
    *,
    run_type: str,
    logical_date: datetime | None,
    requested: object = None,
    asset_extras: Iterable[Mapping[str, object]] = (),
) -> date:
    """Return the business date of a run.

    A date asked for in the run's parameters wins over everything else. A run that an asset event
    started takes the date from the event's extra. Any other run (scheduled, backfill, manual with
    a logical date) takes the UTC date of its logical date: the schedule fires on the evening of
    the business date itself, so no interval arithmetic is involved.

    Parameters
    ----------
    run_type : str
        Airflow's run type: ``scheduled``, ``backfill``, ``manual``, ``asset_triggered`` and so on.
    logical_date : datetime or None
        The run's logical date with its time zone; None for asset-triggered runs and for manual
        runs started without one.
    requested : object
        The run's parameter ``business_date``: None or a string YYYY-MM-DD.
    asset_extras : iterable of mapping
        The extra of each asset event that the run consumes.

    Returns
    -------
    date
        The business date.

    Raises
    ------
    NoBusinessDateError
        When the run names no date, an unreadable one, or several different ones.
    """
    if requested is not None:
        return parse_business_date(requested, "The parameter business_date")
    if run_type == "asset_triggered":
        return _date_of_events(asset_extras)
    if logical_date is None:
        msg = (
            f"This {run_type} run has no logical date and no parameter business_date: start it "
            "again with business_date set to YYYY-MM-DD."
        )
        raise NoBusinessDateError(msg)
    if logical_date.tzinfo is None:
        msg = f"The logical date {logical_date.isoformat()} has no time zone."
        raise NoBusinessDateError(msg)
    return logical_date.astimezone(UTC).date()


def _date_of_events(asset_extras: Iterable[Mapping[str, object]]) -> date:
    """Return the one date that all events name."""
    dates: set[date] = set()
    for extra in asset_extras:
        if EXTRA_KEY not in extra:
            msg = (
                "An asset event started this run without naming a date: put business_date "
                "(YYYY-MM-DD) into the event's extra."
            )
            raise NoBusinessDateError(msg)
        dates.add(parse_business_date(extra[EXTRA_KEY], "The asset event's business_date"))
    if not dates:
        msg = "This run was started by an asset but carries no asset event to take the date from."
        raise NoBusinessDateError(msg)
    if len(dates) > 1:
        named = ", ".join(day.isoformat() for day in sorted(dates))
        msg = (
            f"The asset events of this run name {len(dates)} business dates ({named}): start one "
            "run for each with the parameter business_date."
        )
        raise NoBusinessDateError(msg)
    return dates.pop()
