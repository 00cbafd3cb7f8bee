"""Collateral ratios and margin calls of accounts, as rows.

The formulas are in `collateral`; here frames of margins and collateral are brought together. What
an account must cover is the initial margin of the model, add-ons included.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from pipeline.errors import CheckFailed
from pipeline.margin.collateral import collateral_value, margin_calls, margin_ratio
from pipeline.margin.declaration import ModelDeclaration

_ACCOUNT = ("mpor_days", "account_id")


def value_collateral(
    holdings: pl.DataFrame, model: ModelDeclaration, pegs: Mapping[tuple[date, str], float]
) -> pl.DataFrame:
    """Value the collateral of each account after haircuts and de-pegging.

    Parameters
    ----------
    holdings : polars.DataFrame
        business_date, account_id, asset, amount, haircut_pct, known_from.
    model : ModelDeclaration
        Names the stablecoins and the extra haircut below their peg.
    pegs : mapping of (date, str) to float
        Settlement price of the instruments that show the price of a stablecoin.

    Returns
    -------
    polars.DataFrame
        business_date, account_id, collateral_amount, collateral_value_amount, collateral_known;
        one row per account and date, ordered.

    Raises
    ------
    CheckFailed
        A stablecoin is held and its price is missing: it is never read as par.
    """
    declared = model.collateral
    instrument_of = {item.asset: item.instrument for item in declared.pegged_assets}
    prices = []
    for day, asset in holdings.select("business_date", "asset").iter_rows():
        instrument = instrument_of.get(asset)
        if instrument is not None and (day, instrument) not in pegs:
            msg = (
                f"model {model.model_id}: {asset} is held as collateral on {day} and {instrument}"
                " has no price that day; it is never read as par"
            )
            raise CheckFailed(msg)
        prices.append(1.0 if instrument is None else pegs[day, instrument])
    peg = np.array(prices, dtype=np.float64)
    # The extra haircut is for what has a peg; anything else stands at the threshold.
    at_peg = np.array([asset in instrument_of for asset in holdings["asset"]], dtype=bool)
    values = collateral_value(
        holdings["amount"].to_numpy().astype(np.float64),
        holdings["haircut_pct"].to_numpy().astype(np.float64),
        peg,
        declared.peg_threshold,
        0.0,
    )
    extra = collateral_value(
        holdings["amount"].to_numpy().astype(np.float64),
        holdings["haircut_pct"].to_numpy().astype(np.float64),
        peg,
        declared.peg_threshold,
        declared.depeg_haircut_factor,
    )
    return (
        holdings.with_columns(value=pl.Series(np.where(at_peg, extra, values), dtype=pl.Float64))
        .group_by("business_date", "account_id")
        .agg(
            pl.col("amount").sum().alias("collateral_amount"),
            pl.col("value").sum().alias("collateral_value_amount"),
            pl.col("known_from").max().alias("collateral_known"),
        )
        .sort("business_date", "account_id")
    )


def compare_ratios(
    margins: pl.DataFrame, values: pl.DataFrame, model: ModelDeclaration
) -> pl.DataFrame:
    """Compare collateral with cross and with isolated margin.

    Parameters
    ----------
    margins : polars.DataFrame
        Account rows of ``out_margin`` with known_from.
    values : polars.DataFrame
        From ``value_collateral``.
    model : ModelDeclaration
        The step from maintenance to initial margin.

    Returns
    -------
    polars.DataFrame
        Rows of ``out_collateral_ratio`` but parameter_hash and input_hash, for the dates that have
        collateral.
    """
    rows = (
        margins.join(values.select("business_date").unique(), on="business_date", how="semi")
        .join(values, on=["business_date", "account_id"], how="left")
        .with_columns(pl.col("collateral_amount", "collateral_value_amount").fill_null(0.0))
        .sort("business_date", "mpor_days", "account_id")
    )
    value = rows["collateral_value_amount"].to_numpy()
    initial = rows["initial_margin_amount"].to_numpy()
    maintenance = rows["maintenance_margin_amount"].to_numpy()
    # The factor in force may exceed the declared one while a stablecoin is off its peg.
    factor = np.divide(
        initial - model.initial_buffer_amount,
        maintenance,
        out=np.full(len(rows), model.initial_factor),
        where=maintenance > 0,
    )
    alone = (rows["standalone_margin_amount"] + rows["addon_amount"]).to_numpy()
    isolated = factor * alone + model.initial_buffer_amount
    status = np.where(
        value < maintenance,
        "below_maintenance",
        np.where(value < initial, "below_initial", "covered"),
    )
    return rows.select(
        "business_date",
        *_ACCOUNT,
        "collateral_amount",
        "collateral_value_amount",
        "maintenance_margin_amount",
        "initial_margin_amount",
        initial_buffer_amount=pl.Series(initial - maintenance, dtype=pl.Float64),
        isolated_margin_amount=pl.Series(isolated, dtype=pl.Float64),
        margin_ratio=_ratio(value, initial),
        maintenance_ratio=_ratio(value, maintenance),
        isolated_ratio=_ratio(value, isolated),
        surplus_amount=pl.Series(value - initial, dtype=pl.Float64),
        status=pl.Series(status, dtype=pl.String),
        known_from=pl.max_horizontal("known_from", "collateral_known"),
    )


def _ratio(value: np.ndarray, requirement: np.ndarray) -> pl.Series:
    return pl.Series(margin_ratio(value, requirement), dtype=pl.Float64).fill_nan(None)


def compare_calls(
    margins: pl.DataFrame,
    values: pl.DataFrame,
    model: ModelDeclaration,
    calendar: Sequence[date],
) -> pl.DataFrame:
    """Compare each date's requirement with what was there the day before.

    Parameters
    ----------
    margins : polars.DataFrame
        Account rows of ``out_margin`` with known_from, of the dates and of the days before them.
    values : polars.DataFrame
        From ``value_collateral``, of the same dates.
    model : ModelDeclaration
        The minimum transfer amount.
    calendar : sequence of date
        Ascending; the day before a date is the one before it here.

    Returns
    -------
    polars.DataFrame
        Rows of ``out_calls`` but parameter_hash and input_hash, for the dates whose day before has
        margins.
    """
    following = pl.DataFrame(
        {"previous_date": list(calendar[:-1]), "business_date": list(calendar[1:])},
        schema={"previous_date": pl.Date, "business_date": pl.Date},
    )
    covered = margins.select("business_date").unique()
    pairs = following.join(covered, on="business_date", how="semi").join(
        covered.rename({"business_date": "previous_date"}), on="previous_date", how="semi"
    )
    own = margins.select(
        "business_date", *_ACCOUNT, "known_from", requirement="initial_margin_amount"
    )
    before = own.rename(
        {"business_date": "previous_date", "requirement": "previous", "known_from": "known_before"}
    )
    keys = ["business_date", "previous_date", *_ACCOUNT]
    rows = (
        own.join(pairs, on="business_date", how="inner")
        .join(
            before.join(pairs, on="previous_date", how="inner"), on=keys, how="full", coalesce=True
        )
        .join(
            values.rename({"business_date": "previous_date"}),
            on=["previous_date", "account_id"],
            how="left",
        )
        .with_columns(
            pl.col("requirement", "previous").fill_null(0.0),
            is_known=pl.col("previous_date").is_in(
                values["business_date"].unique().implode(), nulls_equal=False
            ),
        )
        .sort("business_date", *_ACCOUNT)
    )
    held = np.where(
        rows["is_known"].to_numpy(),
        rows["collateral_value_amount"].fill_null(0.0).to_numpy(),
        rows["previous"].to_numpy(),
    )
    requirement, previous = rows["requirement"].to_numpy(), rows["previous"].to_numpy()
    calls = margin_calls(
        np.stack([previous, requirement]),
        np.stack([held, held]),
        model.collateral.minimum_transfer_amount,
    )
    return rows.select(
        *keys,
        requirement_amount="requirement",
        previous_requirement_amount="previous",
        change_amount=pl.Series(calls.change_amount[0], dtype=pl.Float64),
        call_basis=pl.when("is_known").then(pl.lit("collateral")).otherwise(pl.lit("requirement")),
        held_amount=pl.Series(held, dtype=pl.Float64),
        call_amount=pl.Series(calls.call_amount[0], dtype=pl.Float64),
        excess_amount=pl.Series(calls.excess_amount[0], dtype=pl.Float64),
        is_called=pl.Series(calls.is_called[0], dtype=pl.Boolean),
        known_from=pl.max_horizontal("known_from", "known_before", "collateral_known"),
    )
