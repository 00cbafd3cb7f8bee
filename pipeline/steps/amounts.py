"""Rounding amounts once, where they are written."""

import polars as pl
import polars.selectors as cs

AMOUNT_DECIMALS = 4


def round_amounts(frame: pl.DataFrame) -> pl.DataFrame:
    """Round every ``_amount`` column to a hundredth of a cent.

    Sums of floating-point numbers differ in their last digits with the order of addition. Rounding
    before anything is compared makes every flag and count reproducible from the written rows.
    """
    return frame.with_columns(cs.ends_with("_amount").cast(pl.Float64).round(AMOUNT_DECIMALS))
