"""What every writing command does around its work: open, work, record, publish."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from pipeline.settings import Settings
from pipeline.warehouse import open_writer, publish_snapshot


@contextmanager
def open_session(settings: Settings, *, publish: bool) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for one command and publish a snapshot when it has succeeded.

    Parameters
    ----------
    settings : Settings
        Where the warehouse lies.
    publish : bool
        Whether readers shall see the outcome at once.

    Yields
    ------
    duckdb.DuckDBPyConnection
        The writer. When the block raises, nothing is published.
    """
    with open_writer(settings) as connection:
        yield connection
        if publish:
            publish_snapshot(connection, settings)
