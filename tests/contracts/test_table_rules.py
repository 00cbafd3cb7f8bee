"""The SQL rules between tables agree with the obvious row-by-row reading of each rule."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.contracts import load_contracts
from pipeline.contracts.checks import find_offending_rows, open_tables
from pipeline.findings import FileKind

DAYS = (date(2014, 1, 2), date(2014, 1, 3))
NAMES = ("FUT", "EUF", "OPT", "GHOST")
DRAWN_NAMES = (*NAMES, "OPT", "OPT")  # more options, which the most particular rules are about
Row = tuple[object, ...]
Tables = Mapping[str, list[Row]]

CONTRACTS = load_contracts()


def frame(kind: FileKind, rows: list[Row], *, numbered: bool) -> pl.DataFrame:
    schema = CONTRACTS[kind].schema
    table = pl.DataFrame(rows, schema=schema, orient="row")
    if not numbered:
        return table
    return table.select(
        pl.lit(0, pl.Int32).alias("file_number"),
        pl.int_range(pl.len()).alias("row_number"),
        *schema,
    )


def instrument(name: str, expiry: date | None) -> Row:
    is_option = name == "OPT"
    return (
        name,
        "P",
        "option" if is_option else "future",
        "FUT" if is_option else None,
        "F",
        "EUR" if name == "EUF" else "USD",
        "linear",
        1.0,
        expiry,
        100.0 if is_option else None,
        "call" if is_option else None,
        "upfront" if is_option else None,
        None,
    )


def some(*values: object) -> st.SearchStrategy[object]:
    return st.sampled_from(values)


expiries = some(None, date(2014, 1, 1), DAYS[0], date(2014, 2, 1))
instruments = st.lists(
    st.builds(
        lambda name, expiry: instrument(
            name, expiry if name != "OPT" else expiry or date(2014, 2, 1)
        ),
        some("FUT", "EUF", "OPT"),
        expiries,
    ),
    max_size=3,
    unique_by=lambda row: row[0],  # which of two rows of one instrument counts is not defined
)
prices = st.lists(
    st.tuples(some(*DAYS), some(*DRAWN_NAMES), some(None, 100.0, -1.0), some(None, 0.2)), max_size=6
)
known_prices = st.lists(
    st.tuples(some(*DAYS), some(*DRAWN_NAMES), some(100.0), some(None, 0.2)), max_size=5
)
positions = st.lists(
    st.tuples(some(*DAYS), some("A", "B"), some(*DRAWN_NAMES), some(0.0, 5.0, -2.0)), max_size=6
)
rates = st.lists(st.tuples(some(*DAYS), some("EUR"), some(1.3)), max_size=2)
accounts = st.lists(st.tuples(some("A", "B"), some("M"), some("house")), max_size=2)


@dataclass(frozen=True)
class World:
    """The tables, and what the rules mean by in force, held and needed."""

    landed: Tables
    known: Tables

    def in_force(self, kind: str) -> list[Row]:
        landed, known = self.landed[kind], self.known[kind]
        taken = {row[0] for row in landed}  # the key of reference data, or the date
        return landed + [row for row in known if row[0] not in taken]

    def instrument(self, name: object) -> Row | None:
        return next((row for row in self.in_force("instruments") if row[0] == name), None)

    def price(self, day: object, name: object) -> Row | None:
        return next((r for r in self.in_force("prices") if r[:2] == (day, name)), None)

    def has_prices(self, day: object) -> bool:
        return any(row[0] == day for row in self.in_force("prices"))

    def is_held(self, day: object, name: object) -> bool:
        return any(
            row[0] == day and row[2] == name and row[3] != 0 for row in self.in_force("positions")
        )

    def is_needed(self, day: object, name: object) -> bool:
        if self.is_held(day, name):
            return True
        return any(
            option[2] == "option"
            and option[3] == name
            and self.is_held(day, option[0])
            and not expired(option, day)
            for option in map(self.instrument, NAMES)
            if option is not None
        )

    def rows(self, kind: str) -> list[tuple[int, Row]]:
        return list(enumerate(self.landed[kind]))


def expired(row: Row, day: object) -> bool:
    return row[8] is not None and row[8] < day  # type: ignore[operator]


def held_positions(world: World) -> list[tuple[int, Row, Row]]:
    return [
        (number, row, described)
        for number, row in world.rows("positions")
        if row[3] != 0
        for described in [world.instrument(row[2])]
        if described is not None
    ]


def described_prices(world: World) -> list[tuple[int, Row, Row]]:
    return [
        (number, row, described)
        for number, row in world.rows("prices")
        for described in [world.instrument(row[1])]
        if described is not None
    ]


def repeated(kind: str, width: int) -> Callable[[World], set[int]]:
    def find(world: World) -> set[int]:
        keys = [row[:width] for row in world.landed[kind]]
        return {number for number, key in enumerate(keys) if keys.count(key) > 1}

    return find


def any_price(world: World, row: Row, name: object) -> bool:
    return world.price(row[0], name) is not None


def number_present(world: World, day: object, name: object) -> bool:
    return any(r[:2] == (day, name) and r[2] is not None for r in world.in_force("prices"))


ORACLES: dict[str, Callable[[World], set[int]]] = {
    "unique_positions.sql": repeated("positions", 3),
    "unique_prices.sql": repeated("prices", 2),
    "unique_fx_rates.sql": repeated("fx_rates", 2),
    "unique_accounts.sql": repeated("accounts", 1),
    "unknown_instrument.sql": lambda w: {
        n for n, row in w.rows("positions") if w.instrument(row[2]) is None
    },
    "unknown_account_in_positions.sql": lambda w: {
        n
        for n, row in w.rows("positions")
        if w.in_force("accounts") and row[1] not in {a[0] for a in w.in_force("accounts")}
    },
    "price_of_unknown_instrument.sql": lambda w: {
        n for n, row in w.rows("prices") if w.instrument(row[1]) is None
    },
    "date_without_prices.sql": lambda w: {
        n for n, row in w.rows("positions") if not w.has_prices(row[0])
    },
    "held_without_price.sql": lambda w: {
        n
        for n, row, described in held_positions(w)
        if w.has_prices(row[0]) and not expired(described, row[0]) and not any_price(w, row, row[2])
    },
    "underlying_without_price.sql": lambda w: {
        n
        for n, row, described in held_positions(w)
        if w.has_prices(row[0])
        and described[2] == "option"
        and not expired(described, row[0])
        and w.instrument(described[3]) is not None
        and not any_price(w, row, described[3])
    },
    "currency_without_rate.sql": lambda w: {
        n
        for n, row, described in held_positions(w)
        if described[5] != "USD"
        and (row[0], described[5]) not in {r[:2] for r in w.in_force("fx_rates")}
    },
    "expired_position.sql": lambda w: {
        n
        for n, row, described in held_positions(w)
        if expired(described, row[0]) and not number_present(w, row[0], row[2])
    },
    "expired_position_with_price.sql": lambda w: {
        n
        for n, row, described in held_positions(w)
        if expired(described, row[0]) and number_present(w, row[0], row[2])
    },
    "held_option_without_known_vol.sql": lambda w: {
        n
        for n, row, described in held_positions(w)
        if described[2] == "option"
        and described[8] > row[0]  # type: ignore[operator]
        and row[0] not in {r[0] for r in w.landed["prices"]}
        and any(r[:2] == (row[0], row[2]) and r[3] is None for r in w.in_force("prices"))
    },
    "option_price_without_vol.sql": lambda w: {
        n
        for n, row, described in described_prices(w)
        if described[2] == "option"
        and described[8] > row[0]  # type: ignore[operator]
        and w.is_held(row[0], row[1])
        and row[2] is not None
        and row[3] is None
    },
    "null_price_held.sql": lambda w: {
        n for n, row in w.rows("prices") if row[2] is None and w.is_needed(row[0], row[1])
    },
    "null_price_not_held.sql": lambda w: {
        n for n, row in w.rows("prices") if row[2] is None and not w.is_needed(row[0], row[1])
    },
    "negative_option_price.sql": lambda w: {
        n
        for n, row, described in described_prices(w)
        if described[2] == "option" and row[2] is not None and row[2] < 0  # type: ignore[operator]
    },
    "option_underlying_unknown.sql": lambda w: {
        n for n, row in w.rows("instruments") if row[2] == "option" and w.instrument(row[3]) is None
    },
}


def missing_for_known_positions(world: World) -> set[tuple[object, object]]:
    """Return date and instrument that delivered prices lack and known positions need."""
    landed_dates = {row[0] for row in world.landed["positions"]}
    return {
        (day, name)
        for day in {row[0] for row in world.landed["prices"]} - landed_dates
        for name in NAMES
        for described in [world.instrument(name)]
        if described is not None
        and world.is_needed(day, name)
        and not expired(described, day)
        and (day, name) not in {row[:2] for row in world.landed["prices"]}
    }


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "instruments": instruments,
            "accounts": accounts,
            "prices": prices,
            "positions": positions,
            "fx_rates": rates,
        }
    ),
    st.fixed_dictionaries(
        {
            "instruments": instruments,
            "accounts": accounts,
            "prices": known_prices,
            "positions": positions,
            "fx_rates": rates,
        }
    ),
)
def test_rules_agree_with_the_oracle(landed: Tables, known: Tables) -> None:
    world = World(landed, known)
    tables = {f"landed_{k}": frame(k, list(landed.get(k, [])), numbered=True) for k in FileKind} | {
        f"known_{k}": frame(k, list(known.get(k, [])), numbered=False) for k in FileKind
    }
    with open_tables(tables) as connection:
        for name, oracle in ORACLES.items():
            found = find_offending_rows(connection, name, {"reporting_currency": "USD"})
            assert found["row_number"].to_list() == sorted(oracle(world)), name
        found = find_offending_rows(connection, "known_position_without_price.sql", {})
        assert set(found["row_number"]) <= {None}
        assert set(found.select("business_date", "value").rows()) == (
            missing_for_known_positions(world)
        )
