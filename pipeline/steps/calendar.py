"""What the committed prices say about a date as a day of business.

There is no calendar to maintain: an exchange's days are the days on which its products had prices,
and crypto trades every day. A holiday cannot be told from a missing delivery by prices alone; this
is for who waits for the files to decide, by a deadline.
"""

from dataclasses import dataclass
from datetime import date

import duckdb

from pipeline.resources import read_sql
from pipeline.settings import Settings
from pipeline.warehouse import open_reader
from pipeline.warehouse.connection import fetch_value


@dataclass(frozen=True)
class CalendarDay:
    """A date as a day of business.

    Attributes
    ----------
    business_date : date
        The date.
    is_expected : bool
        Whether files of the date are expected.
    products : tuple of str
        Products that had a price on this weekday in the four weeks before.
    previous_date : date or None
        Latest date before with a backtest.
    reason : str
        Why files are expected or not, for a person.
    """

    business_date: date
    is_expected: bool
    products: tuple[str, ...]
    previous_date: date | None
    reason: str


def look_up_date(settings: Settings, business_date: date) -> CalendarDay:
    """Look a date up in the newest snapshot.

    Raises
    ------
    EnvironmentFault
        Nothing has been published yet.
    """
    with open_reader(settings) as connection:
        return describe_date(connection, business_date)


def describe_date(connection: duckdb.DuckDBPyConnection, business_date: date) -> CalendarDay:
    """Say whether files of a date are expected, and which date came before it.

    Without any price in the four weeks before there is nothing to judge by, and files are expected.
    """
    parameters = {"business_date": business_date}
    rows = connection.execute(read_sql("queries/traded_on_weekday.sql"), parameters).fetchall()
    products = tuple(str(row[0]) for row in rows)
    recent = fetch_value(
        connection,
        "SELECT count(*) FROM core_prices WHERE business_date < $business_date::DATE"
        " AND business_date >= $business_date::DATE - INTERVAL 28 DAY",
        parameters,
    )
    previous: date | None = fetch_value(
        connection,
        "SELECT max(as_of_date) FROM out_coverage WHERE as_of_date < $business_date",
        parameters,
    )
    weekday = business_date.strftime("%A")
    if products:
        reason = f"{len(products)} products had prices on a {weekday} of the four weeks before"
    elif recent:
        reason = (
            f"{business_date} is a {weekday}, and no product had a price on a {weekday} of the four"
            " weeks before"
        )
    else:
        reason = f"no prices are known of the four weeks before {business_date}"
    return CalendarDay(business_date, bool(products) or not recent, products, previous, reason)
