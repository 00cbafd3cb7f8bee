"""Columns of each kind of file and the dialects of text files.

The declared types are those of the ``raw_*`` tables; every file is read with them and none is
inferred, so that a file cannot change a type. Ranges and allowed values belong to the contracts.
"""

from dataclasses import dataclass
from enum import Enum

import polars as pl

from pipeline.findings import FileKind

ROW_NUMBER = "row_number"


class ColumnType(Enum):
    """Type of a column: what it is stored as, and what a reader is told to expect."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"

    @property
    def dtype(self) -> type[pl.DataType]:
        """Type of the column in a frame."""
        return {"text": pl.String, "number": pl.Float64, "date": pl.Date}[self.value]


@dataclass(frozen=True)
class Column:
    """One column of a kind of file.

    Attributes
    ----------
    name : str
        Name in the header.
    type : ColumnType
        Declared type.
    is_optional : bool
        Whether a file may lack the column, which is then null throughout.
    """

    name: str
    type: ColumnType
    is_optional: bool = False


def _text(name: str, *, is_optional: bool = False) -> Column:
    return Column(name, ColumnType.TEXT, is_optional)


def _number(name: str, *, is_optional: bool = False) -> Column:
    return Column(name, ColumnType.NUMBER, is_optional)


def _date(name: str, *, is_optional: bool = False) -> Column:
    return Column(name, ColumnType.DATE, is_optional)


COLUMNS: dict[FileKind, tuple[Column, ...]] = {
    FileKind.INSTRUMENTS: (
        _text("instrument_id"),
        _text("product"),
        _text("kind"),
        _text("underlying", is_optional=True),
        _text("risk_factor"),
        _text("currency"),
        _text("settlement"),
        _number("multiplier"),
        _date("expiry_date", is_optional=True),
        _number("strike", is_optional=True),
        _text("option_type", is_optional=True),
        _text("premium_style", is_optional=True),
        _text("shock_type", is_optional=True),
    ),
    FileKind.ACCOUNTS: (_text("account_id"), _text("member_id"), _text("account_type")),
    FileKind.PRICES: (
        _date("business_date"),
        _text("instrument_id"),
        _number("settlement_price"),
        _number("implied_vol", is_optional=True),
    ),
    FileKind.POSITIONS: (
        _date("business_date"),
        _text("account_id"),
        _text("instrument_id"),
        _number("quantity"),
    ),
    FileKind.FX_RATES: (_date("business_date"), _text("currency"), _number("rate")),
    FileKind.MARGIN_CALLED: (
        _date("business_date"),
        _text("account_id"),
        _number("called_amount"),
    ),
    FileKind.COLLATERAL: (
        _date("business_date"),
        _text("account_id"),
        _text("asset"),
        _number("amount"),
        _number("haircut_pct"),
    ),
    FileKind.RATES: (
        _date("business_date"),
        _text("currency"),
        _number("tenor_days"),
        _number("rate_pct"),
    ),
    FileKind.DIVIDENDS: (
        _date("business_date"),
        _text("instrument_id"),
        _number("dividend_price"),
    ),
    FileKind.FUNDING: (_date("business_date"), _text("instrument_id"), _number("funding_pct")),
    FileKind.ADJUSTMENTS: (
        _date("business_date"),
        _text("instrument_id"),
        _text("event"),
        _number("quantity_factor"),
        _number("price_factor"),
        _number("final_price", is_optional=True),
    ),
    FileKind.PUBLISHED_MARGINS: (
        _date("business_date"),
        _text("exchange"),
        _text("product"),
        _text("currency", is_optional=True),
        _number("initial_amount"),
        _number("maintenance_amount", is_optional=True),
    ),
    FileKind.TRADER_POSITIONS: (
        _date("business_date"),
        _text("report"),
        _text("contract_code"),
        _text("contract"),
        _text("trader_category"),
        _number("long_quantity"),
        _number("short_quantity"),
        _number("spread_quantity", is_optional=True),
        _number("open_interest_quantity"),
    ),
}


@dataclass(frozen=True)
class TextDialect:
    """How a text file separates fields and marks decimals.

    Attributes
    ----------
    separator : str
        One character between fields.
    decimal_mark : str
        ``.`` or ``,``; the other one is refused in a number, never read as a thousands mark.
    """

    separator: str
    decimal_mark: str


DECIMAL_POINT = TextDialect(",", ".")
DECIMAL_COMMA = TextDialect(";", ",")


def frame_schema(kind: FileKind) -> dict[str, type[pl.DataType]]:
    """Return the columns of a landed frame: the row number, then those of the kind."""
    return {ROW_NUMBER: pl.Int64} | {column.name: column.type.dtype for column in COLUMNS[kind]}
