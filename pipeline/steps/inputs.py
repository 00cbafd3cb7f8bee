"""Reading the warehouse into the arrays and hashes that the steps work on."""

import hashlib
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipeline import __version__
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.market import Book, Market, build_book, build_market
from pipeline.resources import read_sql
from pipeline.settings import Settings
from pipeline.warehouse.connection import fetch_frame

# A horizon steps over days on which a market of the account is closed; so many at the most are
# looked at to tell whether its inputs have changed.
CLOSED_DAYS = 10


@dataclass(frozen=True)
class DateInputs:
    """What is in force on each date of the calendar, by content.

    Attributes
    ----------
    frame : polars.DataFrame
        One row per date: business_date, price_hash, position_hash, called_hash and when each was
        known; ordered by date.
    """

    frame: pl.DataFrame

    @property
    def dates(self) -> list[date]:
        """The calendar: every date with a price."""
        return self.frame["business_date"].to_list()

    def hash_margins(self, model: ModelDeclaration) -> pl.DataFrame:
        """Return, for each date with positions, the hash of all that its margin depends on.

        The price hashes are chained, so that the hash of a date covers every earlier price: the
        lookback may reach back over gaps of any length.
        """
        chain = hashlib.sha256(f"{__version__}/{model.parameter_hash}".encode())
        hashes, known = [], []
        latest: date | None = None
        for row in self.frame.iter_rows(named=True):
            chain.update(row["price_hash"].encode())
            latest = _later(latest, row["price_known_from"])
            own = chain.copy()
            own.update(str(row["position_hash"]).encode())
            hashes.append(own.hexdigest()[:16])
            known.append(_later(latest, row["position_known_from"]))
        return (
            self.frame.select("business_date", "position_hash")
            .with_columns(
                input_hash=pl.Series(hashes, dtype=pl.String),
                known_from=pl.Series(known, dtype=pl.Date),
            )
            .filter(pl.col("position_hash").is_not_null())
        )

    def hash_backtests(self, model: ModelDeclaration) -> pl.DataFrame:
        """Return, for each date with positions, the hash of margin, called margin and horizon."""
        longest = max(model.scenarios.mpor_days)
        margins = self.hash_margins(model)
        horizon = self.frame.select(
            "business_date",
            "called_hash",
            "called_known_from",
            *(
                pl.col("price_hash").shift(-days).alias(f"price_{days}")
                for days in range(1, longest + CLOSED_DAYS + 1)
            ),
            *(
                pl.col("price_known_from").shift(-days).alias(f"known_{days}")
                for days in range(1, longest + 1)
            ),
        )
        joined = margins.join(horizon, on="business_date", how="left", maintain_order="left")
        parts = [
            "input_hash",
            "called_hash",
            *(f"price_{d}" for d in range(1, longest + CLOSED_DAYS + 1)),
        ]
        known = ["known_from", "called_known_from", *(f"known_{d}" for d in range(1, longest + 1))]
        text = joined.select(
            pl.concat_str([pl.col(p).fill_null("") for p in parts], separator="/")
        ).to_series()
        return joined.select(
            "business_date",
            input_hash=pl.Series(
                [hashlib.sha256(t.encode()).hexdigest()[:16] for t in text], dtype=pl.String
            ),
            known_from=pl.max_horizontal(known),
        )


def _later(one: date | None, other: date | None) -> date | None:
    known = [d for d in (one, other) if d is not None]
    return max(known) if known else None


def read_date_inputs(connection: duckdb.DuckDBPyConnection, last_date: date) -> DateInputs:
    """Read the content hash of every date up to ``last_date``."""
    frame = fetch_frame(connection, read_sql("queries/date_hashes.sql"))
    return DateInputs(frame.filter(pl.col("business_date") <= last_date))


def read_held_results(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Read which results are in force: result, business_date, model_id, input_hash."""
    return fetch_frame(connection, read_sql("queries/held_results.sql"))


def read_market(
    connection: duckdb.DuckDBPyConnection, settings: Settings, last_date: date
) -> Market:
    """Read every price up to ``last_date`` as a market."""
    prices = fetch_frame(connection, read_sql("queries/read_prices.sql"), {"last_date": last_date})
    instruments = fetch_frame(connection, "FROM core_instruments")
    rates = fetch_frame(connection, "FROM core_fx_rates")
    return build_market(instruments, prices, rates, settings.reporting_currency)


def read_book(
    connection: duckdb.DuckDBPyConnection,
    market: Market,
    model: ModelDeclaration,
    first_date: date,
    last_date: date,
) -> Book:
    """Read the positions of a range of dates."""
    positions = fetch_frame(
        connection,
        read_sql("queries/read_positions.sql"),
        {"first_date": first_date, "last_date": last_date},
    )
    return build_book(positions, market, group_products(market, model))


def group_products(market: Market, model: ModelDeclaration) -> dict[str, str]:
    """Return the offset group of every product of the market under a model."""
    return {p: model.group_of(p) for p in market.instruments["product"].unique().to_list()}
