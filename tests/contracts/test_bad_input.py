"""Every kind of bad input gives one sentence: file, column, first rows, and what was expected.

Each case is a delivery of real files that is sound but for one thing, so that a second sentence
about its consequences fails the test.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.contracts import Examination, load_contracts
from pipeline.findings import FileKind, Severity
from tests.contracts.deliveries import SOUND, examine_folder, replaced, sentences

DAY = date(2014, 1, 2)
NEXT_DAY = date(2014, 1, 3)

# rule, changed files, sentence, dates stopped ("all" refuses the delivery, none for a warning)
CASES = {
    "instrument_is_known": (
        replaced("positions", ("2014-01-02,A,OIL", "2014-01-02,A,GOLD")),
        (
            "positions.csv, column instrument_id, row 3 ('GOLD'), business date 2014-01-02: the"
            " instrument is not known; expected an instrument_id delivered in instruments now or"
            " earlier"
        ),
        {DAY},
    ),
    "account_is_known": (
        replaced("positions", ("2014-01-02,B,COIN,100", "2014-01-02,C,COIN,100"))
        | {"margin_called": None},
        (
            "positions.csv, column account_id, row 6 ('C'), business date 2014-01-02: the account"
            " is"
            " not known; expected an account_id delivered in accounts now or earlier"
        ),
        {DAY},
    ),
    "unique_key": (
        replaced("positions", ("2014-01-03,A,IDX,12\n", "2014-01-03,A,IDX,12\n" * 2)),
        (
            "positions.csv, column instrument_id, rows 7 and 8 ('A IDX'), business date 2014-01-03:"
            " the account and the instrument stand more than once on the date; expected one row per"
            " business_date, account_id and instrument_id"
        ),
        {NEXT_DAY},
    ),
    "missing column": (
        replaced("positions", ("instrument_id", "instrument")),
        (
            "positions.csv, column instrument_id: the column is missing; expected the columns"
            " business_date, account_id, instrument_id, quantity"
        ),
        "all",
    ),
    "missing value": (
        replaced("positions", ("2014-01-02,A,OIL,-3", "2014-01-02,A,OIL,")),
        (
            "positions.csv, column quantity, row 3, business date 2014-01-02: the value is missing;"
            " expected a number in every row"
        ),
        {DAY},
    ),
    "held_price_is_present": (
        replaced("prices", ("2014-01-02,OIL,95.5,", "2014-01-02,OIL,,")),
        (
            "prices.csv, column settlement_price, row 3 ('OIL'), business date 2014-01-02: the"
            " price"
            " of a held instrument, or of the underlying of a held option, is missing; expected a"
            " number for every instrument with a position on the date"
        ),
        {DAY},
    ),
    "underlying of a held option": (
        replaced("prices", ("2014-01-03,IDX,1831,", "2014-01-03,IDX,,"))
        | replaced("positions", ("2014-01-03,A,IDX,12\n", "")),
        (
            "prices.csv, column settlement_price, row 8 ('IDX'), business date 2014-01-03: the"
            " price"
            " of a held instrument, or of the underlying of a held option, is missing; expected a"
            " number for every instrument with a position on the date"
        ),
        {NEXT_DAY},
    ),
    "other_price_is_present": (
        replaced("prices", ("2014-01-03,UNHELD,1831,", "2014-01-03,UNHELD,,")),
        (
            "prices.csv, column settlement_price, row 13 ('UNHELD'), business date 2014-01-03: the"
            " price is missing and the row is left out; expected a number"
        ),
        set(),
    ),
    "text in a number": (
        replaced("prices", ("2014-01-02,OIL,95.5,", "2014-01-02,OIL,n/a,")),
        (
            "prices.csv, column settlement_price, row 3 ('n/a'), business date 2014-01-02: not a"
            " finite number; expected a finite number such as -12.5"
        ),
        {DAY},
    ),
    "infinite number": (
        replaced("positions", ("2014-01-02,A,OIL,-3", "2014-01-02,A,OIL,-inf")),
        (
            "positions.csv, column quantity, row 3 ('-inf'), business date 2014-01-02: not a finite"
            " number; expected a finite number such as -12.5"
        ),
        {DAY},
    ),
    "malformed date": (
        replaced("prices", ("2014-01-02,OIL", "02.01.2014,OIL")),
        (
            "prices.csv, column business_date, row 3 ('02.01.2014'): not a date; expected a date"
            " such"
            " as 2014-01-31"
        ),
        "all",
    ),
    "missing date": (
        replaced("positions", ("2014-01-02,A,OIL,-3", ",A,OIL,-3")),
        (
            "positions.csv, column business_date, row 3: the value is missing; expected a date in"
            " every row"
        ),
        "all",
    ),
    "date_has_prices": (
        {"prices": SOUND["prices"].split("2014-01-03")[0]},
        (
            "positions.csv, column business_date, rows 7, 8, 9 and 10, business date 2014-01-03:"
            " there"
            " are positions on the date and no prices at all; expected prices of the date,"
            " delivered"
            " with the positions or earlier"
        ),
        {NEXT_DAY},
    ),
    "held_instrument_has_price": (
        replaced("prices", ("2014-01-02,OIL,95.5,\n", "")),
        (
            "positions.csv, column instrument_id, row 3 ('OIL'), business date 2014-01-02: the held"
            " instrument has no row in the prices of the date; expected a settlement price for"
            " every"
            " instrument with a position on the date"
        ),
        {DAY},
    ),
    "underlying_has_price": (
        replaced("prices", ("2014-01-03,IDX,1831,\n", ""))
        | replaced("positions", ("2014-01-03,A,IDX,12\n", "")),
        (
            "positions.csv, column instrument_id, row 7 ('IDX-C on IDX'), business date 2014-01-03:"
            " the underlying of the held option has no row in the prices of the date; expected a"
            " settlement price for the underlying of every option with a position on the date"
        ),
        {NEXT_DAY},
    ),
    "held_option_has_volatility": (
        replaced("prices", ("2014-01-02,IDX-C,42.5,0.14", "2014-01-02,IDX-C,42.5,")),
        (
            "prices.csv, column implied_vol, row 6 ('IDX-C'), business date 2014-01-02: the implied"
            " volatility of a held option is missing; expected a number such as 0.2 for 20 %"
        ),
        {DAY},
    ),
    "volatility in per cent": (
        replaced("prices", ("2014-01-02,IDX-C,42.5,0.14", "2014-01-02,IDX-C,42.5,14")),
        (
            "prices.csv, column implied_vol, row 6 ('14.0'), business date 2014-01-02: the value is"
            " out of range; expected a number of at least 0 and of at most 8"
        ),
        {DAY},
    ),
    "option_price_is_not_negative": (
        replaced("prices", ("2014-01-02,IDX-C,42.5", "2014-01-02,IDX-C,-42.5")),
        (
            "prices.csv, column settlement_price, row 6 ('IDX-C at -42.5'), business date"
            " 2014-01-02:"
            " the price of an option is negative; expected zero or more"
        ),
        {DAY},
    ),
    "inverse_price_is_positive": (
        replaced("prices", ("2014-01-02,COIN,800", "2014-01-02,COIN,0")),
        (
            "prices.csv, column settlement_price, row 5 ('COIN at 0.0'), business date"
            " 2014-01-02: the"
            " price of an inverse contract is not above zero; expected a price above zero,"
            " because the"
            " contract pays in units of one over it"
        ),
        {DAY},
    ),
    "log_price_is_positive": (
        replaced("prices", ("2014-01-02,IDX,1830", "2014-01-02,IDX,-1")),
        (
            "prices.csv, column settlement_price, row 2 ('IDX at -1.0'), business date"
            " 2014-01-02: the"
            " price is not above zero though the instrument declares logarithmic shocks; expected a"
            " price above zero, or shock_type absolute"
        ),
        set(),
    ),
    "price of an unknown instrument": (
        replaced("prices", ("2014-01-02,UNHELD", "2014-01-02,GOLD")),
        (
            "prices.csv, column instrument_id, row 7 ('GOLD'), business date 2014-01-02: the"
            " instrument is not known; expected an instrument_id delivered in instruments now or"
            " earlier"
        ),
        set(),
    ),
    "currency_has_rate": (
        replaced("fx_rates", ("2014-01-03,EUR,1.36\n", "")),
        (
            "positions.csv, column instrument_id, row 9 ('BUND in EUR'), business date"
            " 2014-01-03: the"
            " currency of the held instrument has no rate on the date; expected a row of fx_rates"
            " for"
            " every currency but the reporting currency"
        ),
        {NEXT_DAY},
    ),
    "instrument_has_not_expired": (
        replaced("instruments", ("2014-01-17", "2014-01-02"))
        | replaced("prices", ("2014-01-03,IDX-C,42.9,0.13\n", "")),
        (
            "positions.csv, column instrument_id, row 8 ('IDX-C expired 2014-01-02'), business date"
            " 2014-01-03: the instrument expired before the date and counts as settled; expected"
            " positions in instruments that have not expired"
        ),
        set(),
    ),
    "expired_instrument_has_no_price": (
        replaced("instruments", ("2014-01-17", "2014-01-02")),
        (
            "positions.csv, column instrument_id, row 8 ('IDX-C expired 2014-01-02'), business date"
            " 2014-01-03: the held instrument still has a price after its expiry date; expected an"
            " expiry_date that is not before the last price"
        ),
        {NEXT_DAY},
    ),
    "option_has_terms": (
        replaced("instruments", ("2014-01-17,1800,call", "2014-01-17,,")),
        (
            "instruments.csv, column kind, row 6 ('IDX-C without strike, option_type'): the option"
            " lacks terms that its value depends on; expected underlying, expiry_date, strike and"
            " option_type for every option"
        ),
        "all",
    ),
    "option_underlying_is_known": (
        replaced("instruments", ("IDX-C,IDX,option,IDX,", "IDX-C,IDX,option,SPX,")),
        (
            "instruments.csv, column underlying, row 6 ('IDX-C on SPX'): the underlying is no known"
            " instrument; expected an instrument_id delivered now or earlier"
        ),
        "all",
    ),
    "option_has_premium_style": (
        replaced("instruments", ("call,upfront,log", "call,,log")),
        (
            "instruments.csv, column premium_style, row 6 ('IDX-C'): the option does not state its"
            " premium style; expected upfront or futures_style for every option"
        ),
        set(),
    ),
    "value that is not allowed": (
        replaced("accounts", ("B,M1,client_omnibus", "B,M1,Omnibus")),
        (
            "accounts.csv, column account_type, row 3 ('Omnibus'): the value is not allowed;"
            " expected"
            " one of house, client_omnibus, client_individual"
        ),
        "all",
    ),
    "repeated instrument": (
        {"instruments": SOUND["instruments"] + "OIL,OIL,future,,OIL,USD,linear,1000,,,,,\n"},
        (
            "instruments.csv, column instrument_id, rows 3 and 8 ('OIL'): the instrument stands"
            " more"
            " than once in the delivery; expected one row per instrument_id"
        ),
        "all",
    ),
    "repeated account": (
        {"accounts": SOUND["accounts"] + "A,M2,house\n"},
        (
            "accounts.csv, column account_id, rows 2 and 4 ('A'): the account stands more than"
            " once in"
            " the delivery; expected one row per account_id"
        ),
        "all",
    ),
    "repeated price": (
        {"prices": SOUND["prices"] + "2014-01-03,OIL,94.2,\n"},
        (
            "prices.csv, column instrument_id, rows 9 and 14 ('OIL'), business date 2014-01-03: the"
            " instrument stands more than once on the date; expected one row per business_date and"
            " instrument_id"
        ),
        {NEXT_DAY},
    ),
    "repeated rate": (
        {"fx_rates": SOUND["fx_rates"] + "2014-01-03,EUR,1.35\n"},
        (
            "fx_rates.csv, column currency, rows 4 and 5 ('EUR'), business date 2014-01-03: the"
            " currency stands more than once on the date; expected one row per business_date and"
            " currency"
        ),
        {NEXT_DAY},
    ),
    "repeated call": (
        {"margin_called": SOUND["margin_called"] + "2014-01-03,A,1\n"},
        (
            "margin_called.csv, column account_id, rows 4 and 6 ('A'), business date 2014-01-03:"
            " the"
            " account stands more than once on the date; expected one row per business_date and"
            " account_id"
        ),
        {NEXT_DAY},
    ),
    "repeated rates": (
        {"rates": SOUND["rates"] + "2014-01-02,USD,30,0.2\n"},
        (
            "rates.csv, column currency, rows 2 and 3 ('USD 30.0'), business date 2014-01-02:"
            " the currency and the tenor stand more than once on the date;"
            " expected one row per business_date, currency and tenor_days"
        ),
        {DAY},
    ),
    "repeated dividends": (
        {"dividends": SOUND["dividends"] + "2014-01-02,UNHELD,0.5\n"},
        (
            "dividends.csv, column instrument_id, rows 2 and 3 ('UNHELD'),"
            " business date 2014-01-02:"
            " the instrument stands more than once on the date;"
            " expected one row per business_date and instrument_id"
        ),
        {DAY},
    ),
    "repeated funding": (
        {"funding": SOUND["funding"] + "2014-01-02,COIN,0.02\n"},
        (
            "funding.csv, column instrument_id, rows 2 and 3 ('COIN'), business date 2014-01-02:"
            " the instrument stands more than once on the date;"
            " expected one row per business_date and instrument_id"
        ),
        {DAY},
    ),
    "repeated adjustments": (
        {"adjustments": SOUND["adjustments"] + "2014-01-02,UNHELD,split,2,0.5,\n"},
        (
            "adjustments.csv, column instrument_id, rows 2 and 3 ('UNHELD'),"
            " business date 2014-01-02:"
            " the instrument stands more than once on the date;"
            " expected one row per business_date and instrument_id"
        ),
        {DAY},
    ),
    "repeated published_margins": (
        {"published_margins": SOUND["published_margins"] + "2014-01-02,nymex,OIL,USD,4000,3500\n"},
        (
            "published_margins.csv, column product, rows 2 and 3 ('nymex OIL'),"
            " business date 2014-01-02:"
            " the exchange and the product stand more than once on the date;"
            " expected one row per business_date, exchange and product"
        ),
        {DAY},
    ),
    "repeated trader_positions": (
        {
            "trader_positions": SOUND["trader_positions"]
            + "2014-01-02,legacy,067651,CRUDE OIL,commercial,1,1,,1000\n"
        },
        (
            "trader_positions.csv, column contract_code, rows 2 and 3"
            " ('legacy 067651 commercial'),"
            " business date 2014-01-02:"
            " the contract and the category stand more than once on the date;"
            " expected one row per business_date, report, contract_code and trader_category"
        ),
        {DAY},
    ),
    "dividend of nothing known": (
        {"dividends": SOUND["dividends"] + "2014-01-02,GOLD,1\n"},
        (
            "dividends.csv, column instrument_id, row 3 ('GOLD'), business date 2014-01-02:"
            " the instrument is not known;"
            " expected an instrument_id delivered in instruments now or earlier"
        ),
        set(),
    ),
    "change of nothing known": (
        {"adjustments": SOUND["adjustments"] + "2014-01-02,GOLD,split,2,0.5,\n"},
        (
            "adjustments.csv, column instrument_id, row 3 ('GOLD'), business date 2014-01-02:"
            " the instrument is not known;"
            " expected an instrument_id delivered in instruments now or earlier"
        ),
        set(),
    ),
    "funding of a future": (
        {"funding": SOUND["funding"] + "2014-01-02,OIL,1\n"},
        (
            "funding.csv, column instrument_id, row 3 ('OIL'), business date 2014-01-02:"
            " the instrument is no known perpetual contract;"
            " expected the instrument_id of a perpetual contract"
        ),
        set(),
    ),
    "split that changes value": (
        {"adjustments": SOUND["adjustments"] + "2014-01-02,OIL,split,2,0.4,\n"},
        (
            "adjustments.csv, column price_factor, row 3 ('OIL'), business date 2014-01-02:"
            " the factors of the split do not multiply to one;"
            " expected price_factor = 1 / quantity_factor"
        ),
        set(),
    ),
    "delisting without price": (
        {"adjustments": SOUND["adjustments"] + "2014-01-02,OIL,delisting,1,1,\n"},
        (
            "adjustments.csv, column final_price, row 3 ('OIL'), business date 2014-01-02:"
            " the final price is missing from a delisting or stands beside another event;"
            " expected a final_price for every delisting and for nothing else"
        ),
        {DAY},
    ),
    "maintenance above initial": (
        {"published_margins": SOUND["published_margins"] + "2014-01-02,nymex,GAS,USD,100,110\n"},
        (
            "published_margins.csv, column maintenance_amount, row 3 ('nymex GAS'),"
            " business date 2014-01-02:"
            " the maintenance margin is above the initial one;"
            " expected a maintenance_amount of at most the initial_amount"
        ),
        set(),
    ),
    "more than the open interest": (
        {
            "trader_positions": SOUND["trader_positions"]
            + "2014-01-02,legacy,067651,CRUDE OIL,other,950,0,100,1000\n"
        },
        (
            "trader_positions.csv, column long_quantity, row 3 ('067651 other'),"
            " business date 2014-01-02:"
            " the category holds more contracts than the open interest;"
            " expected long and short each at most the open interest, spreads included"
        ),
        set(),
    ),
    "repeated collateral": (
        {"collateral": SOUND["collateral"] + "2014-01-02,A,cash,1,0\n"},
        (
            "collateral.csv, column asset, rows 2 and 4 ('A cash'), business date 2014-01-02: the"
            " account and the asset stand more than once on the date; expected one row per"
            " business_date, account_id and asset"
        ),
        {DAY},
    ),
    "reporting_currency_is_one": (
        replaced("fx_rates", ("2014-01-02,USD,1\n", "2014-01-02,USD,0.73\n")),
        (
            "fx_rates.csv, column rate, row 3 ('USD at 0.73'), business date 2014-01-02: the rate"
            " of"
            " the reporting currency is not 1; expected reporting currency per unit of the currency"
        ),
        {DAY},
    ),
    "unknown account called": (
        {"margin_called": SOUND["margin_called"] + "2014-01-03,C,1\n"},
        (
            "margin_called.csv, column account_id, row 6 ('C'), business date 2014-01-03: the"
            " account"
            " is not known; expected an account_id delivered in accounts now or earlier"
        ),
        {NEXT_DAY},
    ),
    "unknown account with collateral": (
        replaced("collateral", ("A,bond", "C,bond")),
        (
            "collateral.csv, column account_id, row 3 ('C'), business date 2014-01-02: the"
            " account is"
            " not known; expected an account_id delivered in accounts now or earlier"
        ),
        {DAY},
    ),
    "every_holder_is_called": (
        replaced("margin_called", ("2014-01-03,B,0\n", "")),
        (
            "margin_called.csv, column account_id ('B'), business date 2014-01-03: an account with"
            " positions has no called margin; expected a row for every account with positions on"
            " the date, 0 where no margin is in force; without a row the account is tested on the"
            " recomputed initial margin"
        ),
        set(),
    ),
    "header only": (
        {"margin_called": "business_date,account_id,called_amount\n"},
        "margin_called.csv: there is no row under the header; expected at least one row",
        "all",
    ),
    "empty file": (
        {"collateral": ""},
        "collateral.csv: the file is empty; expected a header and rows",
        "all",
    ),
    "new column": (
        {"accounts": "account_id,member_id,account_type,desk\nA,M1,house,1\nB,M1,house,2\n"},
        (
            "accounts.csv, column desk: the column is not known; expected no column but account_id,"
            " member_id, account_type"
        ),
        "all",
    ),
}


Examine = Callable[[str], Examination]


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Examine:
    """Examine a case, once for all tests of this module."""
    done: dict[str, Examination] = {}

    def examine_case(case: str) -> Examination:
        if case not in done:
            done[case] = examine_folder(tmp_path_factory.mktemp("case"), CASES[case][0])
        return done[case]

    return examine_case


def test_sound_delivery_passes(tmp_path: Path) -> None:
    examination = examine_folder(tmp_path)
    assert sentences(examination) == []
    assert not examination.is_refused
    assert examination.stopped_dates == frozenset()
    assert examination.quarantine.height == 0
    assert {kind: frame.height for kind, frame in examination.accepted.items()} == {
        kind: len(SOUND[kind].strip().splitlines()) - 1 for kind in FileKind
    }


@pytest.mark.parametrize("case", CASES)
def test_defect_gives_one_sentence(examined: Examine, case: str) -> None:
    _, sentence, stopped = CASES[case]
    examination = examined(case)
    expected = [sentence]
    if case == "missing column":  # the misspelt column is new as well
        expected.append(
            "positions.csv, column instrument: the column is not known; expected no column but"
            " business_date, account_id, instrument_id, quantity"
        )
    assert sentences(examination) == expected
    assert examination.is_refused == (stopped == "all")
    assert examination.stopped_dates == (set() if stopped == "all" else stopped)
    for frame in examination.accepted.values():
        if stopped == "all":
            assert frame.height == 0
        elif "business_date" in frame.columns:
            assert not set(frame["business_date"]) & set(stopped)


def test_every_rule_of_every_contract_is_broken_by_some_case(examined: Examine) -> None:
    broken = set()
    for case in CASES:
        failed = examined(case).results.filter(pl.col("failed_count") > 0)
        broken |= set(failed.select("contract", "rule").rows())
    rules = {
        (contract.name, rule.name)
        for contract in load_contracts().values()
        for rule in contract.rules
    }
    elsewhere = {  # these need rows loaded earlier: see test_examination.py
        ("prices", "earlier_positions_have_prices"),
        ("positions", "held_option_has_volatility"),
    }
    assert rules - broken == elsewhere


def test_prices_at_or_below_zero_are_legal_for_spot_and_futures(tmp_path: Path) -> None:
    changes = replaced(
        "prices", ("2014-01-02,OIL,95.5", "2014-01-02,OIL,-37.63"), ("UNHELD,1830", "UNHELD,0")
    )
    assert sentences(examine_folder(tmp_path, changes)) == []


def test_option_needs_no_volatility_on_its_expiry_date(tmp_path: Path) -> None:
    changes = replaced("instruments", ("2014-01-17", "2014-01-03")) | replaced(
        "prices", ("2014-01-03,IDX-C,42.9,0.13", "2014-01-03,IDX-C,31,")
    )
    assert sentences(examine_folder(tmp_path, changes)) == []


def test_accounts_are_compared_only_where_there_are_any(tmp_path: Path) -> None:
    assert sentences(examine_folder(tmp_path, {"accounts": None})) == []


def test_zero_quantity_is_no_position(tmp_path: Path) -> None:
    changes = replaced("prices", ("2014-01-03,UNHELD,1831,\n", ""))
    assert sentences(examine_folder(tmp_path, changes)) == []


def test_one_defect_on_many_dates_is_one_finding_a_date(tmp_path: Path) -> None:
    examination = examine_folder(tmp_path, replaced("positions", ("A,IDX,", "A,SPX,")))
    assert [(f.rule, f.business_date, f.rows, f.severity) for f in examination.findings] == [
        ("instrument_is_known", DAY, (2,), Severity.STOP),
        ("instrument_is_known", NEXT_DAY, (7,), Severity.STOP),
    ]
