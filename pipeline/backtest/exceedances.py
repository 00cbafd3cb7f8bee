"""Comparing realised losses with margins: exceedances, shortfalls and their class.

Here the rule of `offset_trial` meets the rows of the warehouse, where what is unknown is null;
every count that a reader sees is a count of these rows. Statistics on them do not belong here.
"""

import numpy as np
import polars as pl

from pipeline.backtest.hypothetical_book import split_pool_names
from pipeline.backtest.offset_trial import CLASSES, classify, is_exceedance
from pipeline.backtest.outcome import FloatArray
from pipeline.terms import HYPOTHETICAL, Level, MarginBasis, Track

_NODE = ["business_date", "scope", "scope_id", "account_id", "mpor_days"]
_CLASS_NAMES = pl.Series([c.value if c else None for c in CLASSES], dtype=pl.String)


def find_exceedances(
    loss: pl.Series, margin: pl.Series, tolerance: FloatArray | float
) -> pl.Series:
    """Tell on which rows the loss exceeds the margin.

    Parameters
    ----------
    loss, margin : polars.Series
        In reporting currency; null where unknown.
    tolerance : float or array
        In reporting currency.

    Returns
    -------
    polars.Series of bool
        Null where loss or margin is unknown.
    """
    values, tested = _to_array(loss), _to_array(margin)
    known = np.isfinite(values) & np.isfinite(tested)
    return _where(known, pl.Series(is_exceedance(values, tested, tolerance)))


def compare_core_model(
    losses: pl.DataFrame, margins: pl.DataFrame, tolerance: float
) -> pl.DataFrame:
    """Compare losses with the recomputed margin, add-ons left out.

    Parameters
    ----------
    losses : polars.DataFrame
        Rows of ``compute_losses``.
    margins : polars.DataFrame
        business_date, node_level, node_id, account_id, mpor_days and the margin columns of
        ``out_margin``, of one model.
    tolerance : float
        In reporting currency.

    Returns
    -------
    polars.DataFrame
        One row per loss whose node has a margin, with the capped margin as the tested one.
    """
    rows = losses.join(
        margins.rename({"node_level": "scope", "node_id": "scope_id"}), on=_NODE, how="inner"
    ).with_columns(
        tested_margin_amount=pl.col("capped_margin_amount"),
        margin_basis=pl.lit(MarginBasis.CAPPED.value),
    )
    return _finish(rows, tolerance, Track.CORE_MODEL)


def compare_instruments(
    losses: pl.DataFrame, margins: pl.DataFrame, tolerance: float
) -> pl.DataFrame:
    """Compare the losses of all holders of an instrument's one side with their margins.

    Parameters
    ----------
    losses, margins, tolerance
        As in ``compare_core_model``, of the positions of `hypothetical_book.pool_by_instrument`.

    Returns
    -------
    polars.DataFrame
        One row per date, instrument, side and horizon; account_id is the side.
    """
    return split_pool_names(_compare_whole(losses, margins, tolerance), Level.INSTRUMENT.value)


def compare_hypothetical(
    losses: pl.DataFrame, margins: pl.DataFrame, tolerance: float
) -> pl.DataFrame:
    """Compare the losses of hypothetical portfolios with their margins.

    Parameters
    ----------
    losses, margins, tolerance
        As in ``compare_core_model``; the accounts are the portfolios.

    Returns
    -------
    polars.DataFrame
        One row per date, portfolio and horizon; there is no adequacy of what nobody is margined
        for.
    """
    return _compare_whole(losses, margins, tolerance).with_columns(scope=pl.lit(HYPOTHETICAL))


def _compare_whole(losses: pl.DataFrame, margins: pl.DataFrame, tolerance: float) -> pl.DataFrame:
    whole = pl.col("scope") == Level.ACCOUNT.value
    return compare_core_model(losses.filter(whole), margins, tolerance)


def compare_adequacy(
    losses: pl.DataFrame, margins: pl.DataFrame, called: pl.DataFrame, tolerance: float
) -> pl.DataFrame:
    """Compare the losses of accounts with the margin in force.

    The margin in force is the called one where it is known, otherwise the recomputed requirement
    with its add-ons. An account-day with neither is left out: there is nothing to test.

    Parameters
    ----------
    losses, margins, tolerance
        As in ``compare_core_model``.
    called : polars.DataFrame
        business_date, account_id, called_amount.

    Returns
    -------
    polars.DataFrame
        One row per account-day; the recomputed margins are null where they could not be computed,
        and the class with them.
    """
    accounts = losses.filter(pl.col("scope") == Level.ACCOUNT.value)
    rows = (
        accounts.join(
            margins.rename({"node_level": "scope", "node_id": "scope_id"}), on=_NODE, how="left"
        )
        .join(called, on=["business_date", "account_id"], how="left")
        .with_columns(
            tested_margin_amount=pl.coalesce("called_amount", "initial_margin_amount"),
            margin_basis=pl.when(pl.col("called_amount").is_not_null())
            .then(pl.lit(MarginBasis.CALLED.value))
            .otherwise(pl.lit(MarginBasis.INITIAL.value)),
        )
        .filter(pl.col("tested_margin_amount").is_not_null())
        .drop("called_amount")
    )
    return _finish(rows, tolerance, Track.ADEQUACY)


def _finish(rows: pl.DataFrame, tolerance: float, track: Track) -> pl.DataFrame:
    tested = _to_array(rows["tested_margin_amount"])
    judged = classify(
        _to_array(rows["loss_amount"]),
        _to_array(rows["standalone_margin_amount"]),
        _to_array(rows["netted_margin_amount"]),
        _to_array(rows["capped_margin_amount"]),
        tolerance=tolerance,
        called=tested if track is Track.ADEQUACY else None,
    )
    return rows.with_columns(
        track=pl.lit(track.value),
        loss_basis=pl.lit("end"),
        is_exceedance=_where(judged.observed, pl.Series(judged.is_exceedance)),
        shortfall_amount=_where(judged.observed, pl.Series(judged.shortfall)),
        exceedance_class=_CLASS_NAMES.gather(judged.exceedance_class),
    )


def _to_array(amounts: pl.Series) -> FloatArray:
    """Return amounts as an array in which what is unknown is NaN."""
    return np.asarray(amounts.cast(pl.Float64).to_numpy(), dtype=np.float64)


def _where(known: np.ndarray, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(known)).then(values)).to_series()
