"""A small sound delivery as CSV files, and ways to change it; the contract tests share it."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from pipeline.contracts import Examination, examine
from pipeline.landing import find_files, read_file

# Row numbers as findings name them: the header is row 1.
SOUND: dict[str, str] = {
    "instruments": """
instrument_id,product,kind,underlying,risk_factor,currency,settlement,multiplier,expiry_date,strike,option_type,premium_style,shock_type
IDX,IDX,future,,IDX,USD,linear,50,,,,,log
OIL,OIL,future,,OIL,USD,linear,1000,2014-02-20,,,,
BUND,BUND,future,,BUND,EUR,linear,1000,,,,,absolute
COIN,COIN,perpetual,,COIN,USD,inverse,1,,,,,
IDX-C,IDX,option,IDX,IDX,USD,linear,50,2014-01-17,1800,call,upfront,log
UNHELD,IDX,spot,,IDX,USD,linear,1,,,,,
""",
    "accounts": """
account_id,member_id,account_type
A,M1,house
B,M1,client_omnibus
""",
    "prices": """
business_date,instrument_id,settlement_price,implied_vol
2014-01-02,IDX,1830,
2014-01-02,OIL,95.5,
2014-01-02,BUND,139.2,
2014-01-02,COIN,800,
2014-01-02,IDX-C,42.5,0.14
2014-01-02,UNHELD,1830,
2014-01-03,IDX,1831,
2014-01-03,OIL,94.1,
2014-01-03,BUND,139.6,
2014-01-03,COIN,820,
2014-01-03,IDX-C,42.9,0.13
2014-01-03,UNHELD,1831,
""",
    "positions": """
business_date,account_id,instrument_id,quantity
2014-01-02,A,IDX,10
2014-01-02,A,OIL,-3
2014-01-02,A,IDX-C,-5
2014-01-02,B,BUND,7
2014-01-02,B,COIN,100
2014-01-03,A,IDX,12
2014-01-03,A,IDX-C,-5
2014-01-03,B,BUND,7
2014-01-03,B,UNHELD,0
""",
    "fx_rates": """
business_date,currency,rate
2014-01-02,EUR,1.37
2014-01-02,USD,1
2014-01-03,EUR,1.36
""",
    "margin_called": """
business_date,account_id,called_amount
2014-01-02,A,100000
2014-01-02,B,50000
2014-01-03,A,100000
2014-01-03,B,0
""",
    "collateral": """
business_date,account_id,asset,amount,haircut_pct
2014-01-02,A,cash,120000,0
2014-01-02,A,bond,30000,5
""",
    "rates": """
business_date,currency,tenor_days,rate_pct
2014-01-02,USD,30,0.17
""",
    "dividends": """
business_date,instrument_id,dividend_price
2014-01-02,UNHELD,0.45
""",
    "funding": """
business_date,instrument_id,funding_pct
2014-01-02,COIN,0.01
""",
    "adjustments": """
business_date,instrument_id,event,quantity_factor,price_factor,final_price
2014-01-02,UNHELD,split,4,0.25,
""",
    "published_margins": """
business_date,exchange,product,currency,initial_amount,maintenance_amount
2014-01-02,nymex,OIL,USD,3850,3500
""",
    "trader_positions": """
business_date,report,contract_code,contract,trader_category,long_quantity,short_quantity,spread_quantity,open_interest_quantity
2014-01-02,legacy,067651,CRUDE OIL,commercial,400,500,100,1000
""",
}

# The kinds above that have no row on the second date.
ONE_DATE = (
    "collateral",
    "rates",
    "dividends",
    "funding",
    "adjustments",
    "published_margins",
    "trader_positions",
)


def write_delivery(folder: Path, changes: Mapping[str, str | None] | None = None) -> None:
    """Write the sound delivery, with some files replaced, or left out where None."""
    for kind, content in (SOUND | dict(changes or {})).items():
        if content is not None:
            (folder / f"{kind}.csv").write_text(content.lstrip("\n"), encoding="utf-8")


def replaced(kind: str, *pairs: tuple[str, str]) -> dict[str, str | None]:
    """Return the file of a kind with texts replaced, each of which it must hold."""
    content = SOUND[kind]
    for old, new in pairs:
        assert old in content
        content = content.replace(old, new)
    return {kind: content}


def examine_folder(
    folder: Path,
    changes: Mapping[str, str | None] | None = None,
    known: Mapping[str, pl.DataFrame] | None = None,
) -> Examination:
    """Write a delivery and examine it."""
    write_delivery(folder, changes)
    return examine([read_file(file) for file in find_files([folder])], known or {}, "USD")


def sentences(examination: Examination) -> list[str]:
    """Return the sentences of all findings."""
    return [finding.message for finding in examination.findings]
