"""The cap sweep and the largest cap by scope, as rows of ``out_cap_sweep`` and ``out_cap_limit``.

Which scopes there are and how account-days pool into them belongs here; the sweep itself belongs to
`offset_trial`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.backtest.intervals import CoverageInterval, coverage_interval
from pipeline.backtest.offset_trial import CapSweep, is_exceedance, largest_caps, sweep_cap
from pipeline.backtest.outcome import BoolArray, FloatArray, IntArray
from pipeline.terms import FIRM, HYPOTHETICAL, MEMBER, Level

STEP_PCT = 5
"""Distance of the caps in ``out_cap_sweep``, in percentage points."""
SCOPES = (Level.ACCOUNT.value, Level.OFFSET_GROUP.value, HYPOTHETICAL)
_GRID = np.arange(101) / 100.0
_SAME_CAP = 1e-9


@dataclass(frozen=True)
class CapRule:
    """What the caps of a model are held to, as fractions.

    Attributes
    ----------
    cap : float
        The cap in force.
    target : float
        Coverage target.
    tolerance_amount : float
        Tolerance of the comparison, in reporting currency.
    """

    cap: float
    target: float
    tolerance_amount: float


@dataclass(frozen=True)
class CapTrial:
    """Rows of ``out_cap_sweep`` and ``out_cap_limit`` of one series, scope and scope_id first."""

    sweep: pl.DataFrame
    limits: pl.DataFrame


def try_caps(rows: pl.DataFrame, members: pl.DataFrame, rule: CapRule) -> CapTrial:
    """Sweep the cap at firm, member, account, offset group and hypothetical scope.

    Losses never net across accounts: the sweep of a member or of the firm adds the account-days,
    exceedances and shortfalls of its accounts, and averages their margins.

    Parameters
    ----------
    rows : polars.DataFrame
        Observed rows of one model, horizon and window: scope (account, offset_group or
        hypothetical), scope_id, account_id, loss_amount, cap_base_margin_amount,
        netted_margin_amount, capped_margin_amount.
    members : polars.DataFrame
        account_id, member_id; may be empty.
    rule : CapRule
        Cap in force, target and tolerance.

    Returns
    -------
    CapTrial
        Caps every `STEP_PCT` points and the cap in force; the largest cap is looked for in steps
        of one point. At the cap in force the capped margin is the written one, so that the counts
        are those of the coverage.
    """
    keys = rows.select("scope", "scope_id").unique().sort("scope", "scope_id")
    if not len(keys):
        return CapTrial(pl.DataFrame(schema=_SWEEP), pl.DataFrame(schema=_LIMITS))
    group = rows.join(
        keys.with_row_index("group"), on=["scope", "scope_id"], how="left", maintain_order="left"
    )["group"].to_numpy()
    sweep = _sweep_with_cap_in_force(rows, group.astype(np.int64), rule)
    parts = [(keys, sweep), *_pool_accounts(keys, sweep, members)]
    return CapTrial(
        pl.concat([_arrange_sweep(names, part, rule) for names, part in parts]).sort(
            "scope", "scope_id", "cap_pct"
        ),
        pl.concat([_arrange_limits(names, part, rule) for names, part in parts]).sort(
            "scope", "scope_id"
        ),
    )


def _sweep_with_cap_in_force(rows: pl.DataFrame, group: IntArray, rule: CapRule) -> CapSweep:
    loss, base, netted, capped = (
        rows[name].to_numpy()
        for name in (
            "loss_amount",
            "cap_base_margin_amount",
            "netted_margin_amount",
            "capped_margin_amount",
        )
    )
    n_groups = int(group.max()) + 1
    place = int(np.searchsorted(_GRID, rule.cap - _SAME_CAP))
    is_in_grid = abs(_GRID[min(place, len(_GRID) - 1)] - rule.cap) < _SAME_CAP
    caps = _GRID if is_in_grid else np.insert(_GRID, place, rule.cap)
    # No cap makes the margin less than the netted one: only losses above that can ever exceed it.
    # One row without a loss keeps the number of groups.
    over = is_exceedance(loss, netted, rule.tolerance_amount)
    losers = np.append(np.flatnonzero(over), len(loss) - 1)
    groups = np.append(group[over], n_groups - 1)
    loss = np.append(loss[over], np.nan)
    swept = sweep_cap(
        loss,
        base[losers],
        netted[losers],
        tolerance=rule.tolerance_amount,
        caps=caps,
        groups=groups,
    )
    # With the written capped margin at both ends every cap gives that margin.
    own = sweep_cap(
        loss,
        capped[losers],
        capped[losers],
        tolerance=rule.tolerance_amount,
        caps=[rule.cap],
        groups=groups,
    )
    swept.exceedances[place] = own.exceedances[0]
    swept.shortfall_amount[place] = own.shortfall_amount[0]
    observations = np.bincount(group, minlength=n_groups).astype(np.int64)
    # Summed over account-days the margin is linear in the cap, where the credit is not negative.
    high = np.bincount(group, weights=np.maximum(base, netted), minlength=n_groups)
    low = np.bincount(group, weights=netted, minlength=n_groups)
    total: FloatArray = np.asarray(high - caps[:, None] * (high - low), dtype=np.float64)
    total[place] = np.bincount(group, weights=capped, minlength=n_groups)
    return _with_coverage(caps, observations, swept.exceedances, swept.shortfall_amount, total)


def _with_coverage(
    caps: FloatArray,
    observations: IntArray,
    exceedances: IntArray,
    shortfall: FloatArray,
    margin: FloatArray,
) -> CapSweep:
    """Put a sweep together from counts and sums of shape (n_caps, n_groups)."""
    shape = exceedances.shape
    interval = coverage_interval(exceedances.reshape(-1), np.tile(observations, len(caps)))
    return CapSweep(
        caps=caps,
        observations=observations,
        exceedances=exceedances,
        shortfall_amount=shortfall,
        margin_amount=margin / np.maximum(observations, 1),
        coverage=CoverageInterval(
            interval.coverage.reshape(shape),
            interval.low.reshape(shape),
            interval.high.reshape(shape),
        ),
    )


def _pool_accounts(
    keys: pl.DataFrame, sweep: CapSweep, members: pl.DataFrame
) -> list[tuple[pl.DataFrame, CapSweep]]:
    """Add the sweeps of accounts up to the firm and to each member."""
    is_account = (keys["scope"] == Level.ACCOUNT.value).to_numpy()
    if not is_account.any():
        return []
    owner = keys.join(
        members.rename({"account_id": "scope_id"}).select("scope_id", "member_id"),
        on="scope_id",
        how="left",
        maintain_order="left",
    ).with_columns(member_id=pl.when(pl.col("scope") == Level.ACCOUNT.value).then("member_id"))[
        "member_id"
    ]
    names = owner.drop_nulls().unique().sort()
    code = owner.cast(pl.Enum(names)).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    firm = pl.DataFrame({"scope": [FIRM], "scope_id": [FIRM]})
    by_member = pl.DataFrame({"scope_id": names}, schema={"scope_id": pl.String}).select(
        pl.lit(MEMBER).alias("scope"), "scope_id"
    )
    pooled = [(firm, _pool(sweep, np.where(is_account, 0, -1), 1))]
    return [*pooled, (by_member, _pool(sweep, code, len(names)))] if len(names) else pooled


def _pool(sweep: CapSweep, parent: IntArray, n_parents: int) -> CapSweep:
    belongs = (parent[:, None] == np.arange(n_parents)).astype(np.int64)
    weights = belongs.astype(np.float64)
    return _with_coverage(
        sweep.caps,
        sweep.observations @ belongs,
        sweep.exceedances @ belongs,
        sweep.shortfall_amount @ weights,
        (sweep.margin_amount * sweep.observations) @ weights,
    )


_SWEEP = {
    "scope": pl.String,
    "scope_id": pl.String,
    "cap_pct": pl.Float64,
    "is_cap_in_force": pl.Boolean,
    "observations": pl.Int64,
    "exceedances": pl.Int64,
    "coverage_pct": pl.Float64,
    "coverage_low_pct": pl.Float64,
    "coverage_high_pct": pl.Float64,
    "shortfall_amount": pl.Float64,
    "mean_margin_amount": pl.Float64,
}
_LIMITS = {
    "scope": pl.String,
    "scope_id": pl.String,
    "target_pct": pl.Float64,
    "cap_in_force_pct": pl.Float64,
    "observations": pl.Int64,
    "largest_cap_pct": pl.Float64,
    "proven_cap_pct": pl.Float64,
    "reason": pl.String,
}


def _arrange_sweep(names: pl.DataFrame, sweep: CapSweep, rule: CapRule) -> pl.DataFrame:
    in_force: BoolArray = np.abs(sweep.caps - rule.cap) < _SAME_CAP
    shown = in_force | (np.rint(100 * sweep.caps) % STEP_PCT == 0)
    n_caps, n_groups = int(shown.sum()), len(names)

    def flat(values: FloatArray | IntArray) -> pl.Series:
        return pl.Series(values[shown].reshape(-1))

    frame = names.select(pl.all().gather(np.tile(np.arange(n_groups), n_caps)))
    return frame.with_columns(
        cap_pct=pl.Series(np.round(100 * np.repeat(sweep.caps[shown], n_groups), 6)),
        is_cap_in_force=pl.Series(np.repeat(in_force[shown], n_groups)),
        observations=pl.Series(np.tile(sweep.observations, n_caps)),
        exceedances=flat(sweep.exceedances),
        coverage_pct=(100 * flat(sweep.coverage.coverage)),
        coverage_low_pct=(100 * flat(sweep.coverage.low)),
        coverage_high_pct=(100 * flat(sweep.coverage.high)),
        shortfall_amount=flat(sweep.shortfall_amount),
        mean_margin_amount=flat(sweep.margin_amount),
    ).cast(_SWEEP)  # type: ignore[arg-type]


def _arrange_limits(names: pl.DataFrame, sweep: CapSweep, rule: CapRule) -> pl.DataFrame:
    limits = largest_caps(sweep, rule.target)

    def percent(values: list[float | None]) -> pl.Series:
        return (100 * pl.Series(values, dtype=pl.Float64)).round(6)

    return names.with_columns(
        target_pct=pl.lit(100 * rule.target).round(6),
        cap_in_force_pct=pl.lit(100 * rule.cap).round(6),
        observations=pl.Series(sweep.observations),
        largest_cap_pct=percent([limit.by_coverage for limit in limits]),
        proven_cap_pct=percent([limit.by_lower_bound for limit in limits]),
        reason=pl.Series([limit.reason for limit in limits], dtype=pl.String),
    ).cast(_LIMITS)  # type: ignore[arg-type]
