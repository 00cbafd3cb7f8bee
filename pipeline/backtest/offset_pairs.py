"""The offset on trial pair by pair: what two products of one account earned and what they lost.

Rows of ``out_offset_pairs`` of one series are made here. The dependence that the lookback showed is
measured in `pair_dependence`; the split of a loss by dependence in `dependence`.
"""

import numpy as np
import polars as pl

from pipeline.backtest.dependence import correlation_break, hedge_effectiveness
from pipeline.backtest.intervals import coverage_interval
from pipeline.terms import ExceedanceClass, Level

PAIR = ["product", "other_product"]
_DAY = ["business_date", "account_id"]


def pair_account_days(nodes: pl.DataFrame, groups: dict[str, str]) -> pl.DataFrame:
    """Form every pair of products of each account-day, with its margin, credit and loss.

    Parameters
    ----------
    nodes : polars.DataFrame
        Observed rows of the core track of one model and horizon at every scope: business_date,
        scope, scope_id, account_id, loss_amount, exceedance_class, level_credit_amount,
        cap_base_margin_amount, netted_margin_amount, capped_margin_amount.
    groups : dict of str to str
        Offset group of each product.

    Returns
    -------
    polars.DataFrame
        business_date, account_id, product, other_product, meets_at, leg_loss_amount,
        other_leg_loss_amount, loss_amount, standalone_margin_amount, credit_amount,
        allowed_credit_amount, margin_amount, is_offset_day.

    Notes
    -----
    Two products meet at their offset group, or at the account where their groups differ. The
    credit that this node earns is shared out among the pairs that meet there in proportion to the
    product of their margins,

        c_ij = C m_i m_j / (sum over pairs m_k m_l),

    so that the credits of all pairs add up to what the levels above the product earn, and a node
    with two products gives its pair all of it. The allowed credit is what the cap leaves of it:
    (base - capped) / (base - netted) of the account; all of it where the credit is negative.
    """
    products = nodes.filter(pl.col("scope") == Level.PRODUCT.value).select(
        *_DAY,
        pl.col("scope_id").alias("product"),
        pl.col("scope_id").replace(groups).alias("group"),
        "loss_amount",
        margin="netted_margin_amount",
    )
    accounts = nodes.filter(pl.col("scope") == Level.ACCOUNT.value)
    base, netted = pl.col("cap_base_margin_amount"), pl.col("netted_margin_amount")
    whole = accounts.select(
        *_DAY,
        account_credit="level_credit_amount",
        allowed_share=pl.when(base > netted)
        .then((base - pl.col("capped_margin_amount")) / (base - netted))
        .otherwise(1.0),
        is_offset_day=(pl.col("exceedance_class") == ExceedanceClass.OFFSET.value).fill_null(
            value=False
        ),
    )
    within = nodes.filter(pl.col("scope") == Level.OFFSET_GROUP.value).select(
        *_DAY, pl.col("scope_id").alias("group"), group_credit="level_credit_amount"
    )
    pairs = (
        products.join(products, on=_DAY, suffix="_other")
        .filter(pl.col("product") < pl.col("product_other"))
        .join(whole, on=_DAY, how="inner")
        .join(within, on=[*_DAY, "group"], how="inner")
    )
    same = pl.col("group") == pl.col("group_other")
    node = pl.when(same).then("group").otherwise(pl.lit(""))
    weight = pl.col("margin") * pl.col("margin_other")
    pairs = pairs.with_columns(node=node, weight=weight).with_columns(
        share=pl.when(pl.col("weight") > 0)
        .then(pl.col("weight") / pl.col("weight").sum().over(*_DAY, "node"))
        .otherwise(0.0)
    )
    credit = pl.col("share") * pl.when(same).then("group_credit").otherwise("account_credit")
    return (
        pairs.with_columns(
            other_product="product_other",
            meets_at=pl.when(same)
            .then(pl.lit(Level.OFFSET_GROUP.value))
            .otherwise(pl.lit(Level.ACCOUNT.value)),
            credit_amount=credit,
            allowed_credit_amount=credit * pl.col("allowed_share"),
            standalone_margin_amount=pl.col("margin") + pl.col("margin_other"),
            leg_loss_amount="loss_amount",
            other_leg_loss_amount="loss_amount_other",
        )
        .with_columns(
            loss_amount=pl.col("leg_loss_amount") + pl.col("other_leg_loss_amount"),
            margin_amount=pl.col("standalone_margin_amount") - pl.col("allowed_credit_amount"),
        )
        .select(*_COLUMNS)
        .sort(*_DAY, *PAIR)
    )


_COLUMNS = (
    *_DAY,
    *PAIR,
    "meets_at",
    "leg_loss_amount",
    "other_leg_loss_amount",
    "loss_amount",
    "standalone_margin_amount",
    "credit_amount",
    "allowed_credit_amount",
    "margin_amount",
    "is_offset_day",
)

_SCHEMA = {
    "product": pl.String,
    "other_product": pl.String,
    "meets_at": pl.String,
    "accounts": pl.Int64,
    "account_days": pl.Int64,
    "exceedances": pl.Int64,
    "coverage_pct": pl.Float64,
    "coverage_low_pct": pl.Float64,
    "coverage_high_pct": pl.Float64,
    "shortfall_amount": pl.Float64,
    "mean_standalone_margin_amount": pl.Float64,
    "mean_allowed_credit_amount": pl.Float64,
    "granted_credit_pct": pl.Float64,
    "justified_credit_pct": pl.Float64,
    "variance_reduction_pct": pl.Float64,
    "offset_days": pl.Int64,
    "offset_loss_amount": pl.Float64,
    "offset_credit_amount": pl.Float64,
    "break_days": pl.Int64,
    "break_loss_amount": pl.Float64,
    "break_share_pct": pl.Float64,
}


def list_break_events(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the account-days whose split by dependence is of interest.

    Those of class offset on which the pair lost money: business_date, account_id, product,
    other_product.
    """
    return pairs.filter(pl.col("is_offset_day") & (pl.col("loss_amount") > 0)).select(*_DAY, *PAIR)


def summarise_pairs(
    pairs: pl.DataFrame, correlations: pl.DataFrame, tolerance_amount: float
) -> pl.DataFrame:
    """Count and measure each pair of products over all accounts that hold both.

    Parameters
    ----------
    pairs : polars.DataFrame
        Rows of `pair_account_days` in one window.
    correlations : polars.DataFrame
        business_date, account_id, product, other_product, correlation: how the losses of the two
        legs, as held on that day, moved together over the lookback.
    tolerance_amount : float
        Tolerance of the comparison.

    Returns
    -------
    polars.DataFrame
        Rows of ``out_offset_pairs`` without series and provenance. Figures that do not exist are
        null: the split by dependence where no day of class offset has a correlation.
    """
    if not len(pairs):
        return pl.DataFrame(schema=_SCHEMA)
    exceeds = pl.col("loss_amount") > pl.col("margin_amount") + tolerance_amount
    on_offset = pl.col("is_offset_day")
    counted = (
        pairs.group_by(*PAIR, "meets_at")
        .agg(
            accounts=pl.col("account_id").n_unique().cast(pl.Int64),
            account_days=pl.len().cast(pl.Int64),
            exceedances=exceeds.sum().cast(pl.Int64),
            shortfall_amount=(pl.col("loss_amount") - pl.col("margin_amount"))
            .filter(exceeds)
            .sum(),
            mean_standalone_margin_amount=pl.col("standalone_margin_amount").mean(),
            mean_allowed_credit_amount=pl.col("allowed_credit_amount").mean(),
            offset_days=on_offset.sum().cast(pl.Int64),
            offset_loss_amount=pl.col("loss_amount").filter(on_offset).sum(),
            offset_credit_amount=pl.col("allowed_credit_amount").filter(on_offset).sum(),
        )
        .sort(*PAIR)
    )
    interval = coverage_interval(
        counted["exceedances"].to_numpy(), counted["account_days"].to_numpy()
    )
    granted = pl.col("mean_allowed_credit_amount") / pl.col("mean_standalone_margin_amount")
    return (
        counted.with_columns(
            coverage_pct=pl.Series(100 * interval.coverage),
            coverage_low_pct=pl.Series(100 * interval.low),
            coverage_high_pct=pl.Series(100 * interval.high),
            granted_credit_pct=pl.when(pl.col("mean_standalone_margin_amount") > 0).then(
                100 * granted
            ),
        )
        .join(_measure_hedges(pairs), on=PAIR, how="left", maintain_order="left")
        .join(_split_losses(pairs, correlations), on=PAIR, how="left", maintain_order="left")
        .with_columns(pl.col("break_days").fill_null(0))
        .select(*_SCHEMA)
        .cast(_SCHEMA)  # type: ignore[arg-type]
    )


def _measure_hedges(pairs: pl.DataFrame) -> pl.DataFrame:
    """Measure, over the account-days of each pair, how much the legs offset each other."""
    names = pairs.select(PAIR).unique().sort(PAIR)
    indexed = pairs.join(names.with_row_index("series"), on=PAIR, maintain_order="left").select(
        "series",
        "leg_loss_amount",
        "other_leg_loss_amount",
        place=pl.int_range(pl.len()).over("series"),
    )
    legs = np.full((len(names), int(indexed["place"].max()) + 1, 2), np.nan)  # type: ignore[arg-type]
    series, place = indexed["series"].to_numpy(), indexed["place"].to_numpy()
    legs[series, place, 0] = indexed["leg_loss_amount"].to_numpy()
    legs[series, place, 1] = indexed["other_leg_loss_amount"].to_numpy()
    measured = hedge_effectiveness(legs)
    return names.with_columns(
        variance_reduction_pct=pl.Series(100 * measured.variance_reduction).fill_nan(None),
        justified_credit_pct=pl.Series(100 * measured.tail_reduction).fill_nan(None),
    )


def _split_losses(pairs: pl.DataFrame, correlations: pl.DataFrame) -> pl.DataFrame:
    """Split the losses of the days of class offset by what their dependence explains."""
    events = pairs.join(
        correlations.filter(pl.col("correlation").is_finite()),
        on=[*_DAY, *PAIR],
        how="inner",
        maintain_order="left",
    )
    together = np.clip(events["correlation"].to_numpy(), -1.0, 1.0)
    matrix = np.ones((len(events), 2, 2))
    matrix[:, 0, 1] = matrix[:, 1, 0] = together
    legs = events.select("leg_loss_amount", "other_leg_loss_amount").to_numpy().reshape(-1, 2)
    # The correlation is that of the legs' losses, so both legs have the same sign.
    broken = correlation_break(legs, np.ones(2), matrix)
    return (
        events.select(*PAIR, "loss_amount")
        .with_columns(broken=pl.Series(broken.break_loss, dtype=pl.Float64))
        .group_by(PAIR)
        .agg(
            break_days=pl.len().cast(pl.Int64),
            break_loss_amount=pl.col("broken").sum(),
            break_share_pct=100 * pl.col("broken").sum() / pl.col("loss_amount").sum(),
        )
    )
