from datetime import date

import duckdb
import polars as pl
import pytest

from pipeline.warehouse.connection import apply_migrations, transaction
from pipeline.warehouse.partitions import replace_partitions

D1, D2, LATER = date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 9)


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        apply_migrations(opened)
        yield opened


def prices(*rows, known_from=None):
    return pl.DataFrame(
        [(d, i, float(p), None, "file", known_from or d) for d, i, p in rows],
        schema={
            "business_date": pl.Date,
            "instrument_id": pl.String,
            "settlement_price": pl.Float64,
            "implied_vol": pl.Float64,
            "file_sha256": pl.String,
            "known_from": pl.Date,
        },
        orient="row",
    )


def versions(connection):
    return connection.execute(
        "SELECT business_date, instrument_id, settlement_price, known_from, known_to"
        " FROM history.raw_prices ORDER BY ALL"
    ).fetchall()


def replace(connection, frame, **options):
    return replace_partitions(connection, "raw_prices", frame, ("business_date",), **options)


def test_writing_twice_ends_with_the_same_rows(connection):
    frame = prices((D1, "A", 1), (D1, "B", 2), (D2, "A", 3))
    assert replace(connection, frame) == 2
    once = versions(connection)
    assert replace(connection, frame.reverse()) == 0
    assert versions(connection) == once


def test_the_same_rows_from_another_file_are_no_change(connection):
    frame = prices((D1, "A", 1))
    replace(connection, frame)
    assert replace(connection, frame.with_columns(file_sha256=pl.lit("other"))) == 0


def test_a_correction_closes_what_it_supersedes_and_keeps_it(connection):
    replace(connection, prices((D1, "A", 1), (D1, "B", 2), (D2, "A", 3)))
    assert replace(connection, prices((D1, "A", 9), known_from=LATER)) == 1
    assert versions(connection) == [
        (D1, "A", 1.0, D1, LATER),
        (D1, "A", 9.0, LATER, None),
        (D1, "B", 2.0, D1, LATER),
        (D2, "A", 3.0, D2, None),
    ]
    assert connection.execute("SELECT count(*) FROM core_prices").fetchall() == [(2,)]


def test_a_partition_can_end_up_empty(connection):
    replace(connection, prices((D1, "A", 1)))
    emptied = pl.DataFrame({"business_date": [D1], "known_from": [LATER]})
    assert replace(connection, prices((D1, "A", 1)).clear(), partitions=emptied) == 1
    assert versions(connection) == [(D1, "A", 1.0, D1, LATER)]


def test_one_changed_duplicate_is_seen(connection):
    replace(connection, prices((D1, "A", 1), (D1, "A", 1)))
    assert replace(connection, prices((D1, "A", 1))) == 1


def test_a_failure_between_closing_and_inserting_leaves_the_table_as_it_was(connection):
    replace(connection, prices((D1, "A", 1)))
    before = versions(connection)
    broken = prices((D1, "A", 2)).with_columns(instrument_id=pl.lit(None, dtype=pl.String))
    with pytest.raises(duckdb.ConstraintException), transaction(connection):
        replace(connection, broken)
    assert versions(connection) == before
    assert replace(connection, prices((D1, "A", 2), known_from=LATER)) == 1, "and can go on"
