"""Comparing realised losses with margins: exceedances, shortfalls and their class.

This is the one definition of an exceedance; every count that a reader sees is a count of its
rows. Statistics on those rows do not belong here.
"""

import polars as pl

from pipeline.terms import ExceedanceClass, Level, MarginBasis, Track

_NODE = ["business_date", "scope", "scope_id", "account_id", "mpor_days"]


def _fails(margin: str, tolerance: float) -> pl.Expr:
    """Tell whether the loss is strictly greater than margin + tolerance; null where unknown."""
    return pl.col("loss_amount") > pl.col(margin) + tolerance


def classify_core(tolerance: float) -> pl.Expr:
    """Class of a day whose loss exceeds the netted margin: what would have covered it.

    ``capped``: the capped margin holds; ``offset``: the capped one fails and the margin without
    offsets holds; ``model``: that fails too. Null where the netted margin holds.
    """
    return (
        pl.when(_fails("netted_margin_amount", tolerance).not_())
        .then(None)
        .when(_fails("capped_margin_amount", tolerance).not_())
        .then(pl.lit(ExceedanceClass.CAPPED.value))
        .when(_fails("standalone_margin_amount", tolerance).not_())
        .then(pl.lit(ExceedanceClass.OFFSET.value))
        .when(_fails("standalone_margin_amount", tolerance))
        .then(pl.lit(ExceedanceClass.MODEL.value))
    )


def _finish(rows: pl.DataFrame, tolerance: float, track: Track) -> pl.DataFrame:
    exceeds = _fails("tested_margin_amount", tolerance)
    classes = classify_core(tolerance)
    if track is Track.ADEQUACY:
        classes = (
            pl.when(exceeds & _fails("capped_margin_amount", tolerance).not_())
            .then(pl.lit(ExceedanceClass.CALLED.value))
            .otherwise(classes)
        )
    return rows.with_columns(
        track=pl.lit(track.value),
        loss_basis=pl.lit("end"),
        is_exceedance=exceeds,
        shortfall_amount=pl.when(exceeds)
        .then(pl.col("loss_amount") - pl.col("tested_margin_amount"))
        .when(exceeds.is_not_null())
        .then(0.0),
        exceedance_class=classes.cast(pl.String),
    )


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
        One row per account-day; the recomputed margins are null where they could not be computed.
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
            .otherwise(pl.lit(MarginBasis.CAPPED.value)),
        )
        .filter(pl.col("tested_margin_amount").is_not_null())
        .drop("called_amount")
    )
    return _finish(rows, tolerance, Track.ADEQUACY)
