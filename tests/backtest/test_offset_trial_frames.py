"""Cap sweep by scope, pairs of products, causes and procyclicality against hand figures."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.backtest.cap_counterfactual import CapRule, try_caps
from pipeline.backtest.exception_causes import explain_exceedances, identify_exceptions
from pipeline.backtest.offset_pairs import list_break_events, pair_account_days, summarise_pairs
from pipeline.backtest.offset_trial import capped_margin, is_exceedance
from pipeline.backtest.portfolio_procyclicality import (
    FixedBook,
    Portfolio,
    choose_fixed_positions,
    describe_procyclicality,
)

DAY = date(2024, 3, 1)


def account_rows(rows, cap=0.8):
    frame = pl.DataFrame(
        rows,
        schema={
            "account_id": pl.String,
            "loss_amount": pl.Float64,
            "cap_base_margin_amount": pl.Float64,
            "netted_margin_amount": pl.Float64,
        },
        orient="row",
    )
    capped = capped_margin(frame["cap_base_margin_amount"], frame["netted_margin_amount"], cap)
    return frame.with_columns(
        scope=pl.lit("account"),
        scope_id=pl.col("account_id"),
        capped_margin_amount=pl.Series(capped),
    )


def swept(trial, scope, scope_id, cap_pct):
    return trial.sweep.filter(scope=scope, scope_id=scope_id, cap_pct=cap_pct).row(0, named=True)


def test_a_loss_between_both_margins_fails_from_the_cap_that_gives_it_away():
    # Base 100, netted 60: the margin at cap c is 100 - 40 c, under the loss of 83 from 42.5 % on.
    rows = account_rows(
        [("a", 83.0, 100.0, 60.0), ("a", 10.0, 100.0, 60.0), ("b", 1.0, 50.0, 70.0)]
    )
    members = pl.DataFrame({"account_id": ["a", "b"], "member_id": ["M", "M"]})
    trial = try_caps(rows, members, CapRule(0.8, 0.6, 0.0))
    assert swept(trial, "account", "a", 40)["exceedances"] == 0
    first = swept(trial, "account", "a", 45)
    assert (first["exceedances"], first["observations"], first["coverage_pct"]) == (1, 2, 50.0)
    assert first["shortfall_amount"] == pytest.approx(83 - (100 - 0.45 * 40))
    assert first["mean_margin_amount"] == pytest.approx(82.0)
    # Where netting raises the requirement no cap changes the margin.
    assert {swept(trial, "account", "b", cap)["mean_margin_amount"] for cap in (0, 50, 100)} == {
        70.0
    }
    for scope, name in (("member", "M"), ("firm", "firm")):
        row = swept(trial, scope, name, 100)
        assert (row["exceedances"], row["observations"]) == (1, 3)
        assert row["mean_margin_amount"] == pytest.approx((60 + 60 + 70) / 3)
    limits = {row["scope_id"]: row for row in trial.limits.iter_rows(named=True)}
    assert limits["a"]["largest_cap_pct"] == 42
    assert limits["b"]["largest_cap_pct"] == 100
    assert limits["firm"]["largest_cap_pct"] == 100  # 2 of 3 days held are above 60 %
    assert trial.sweep["is_cap_in_force"].sum() == 4
    assert (limits["a"]["cap_in_force_pct"], limits["a"]["target_pct"]) == (80, 60)


def test_a_cap_between_the_steps_has_its_own_row_with_the_written_margin():
    rows = account_rows([("a", 65.0, 100.0, 60.0)], cap=0.873)
    rows = rows.with_columns(capped_margin_amount=pl.lit(64.0))  # as written, not as recomputed
    trial = try_caps(
        rows,
        pl.DataFrame(schema={"account_id": pl.String, "member_id": pl.String}),
        CapRule(0.873, 0.99, 0.0),
    )
    own = trial.sweep.filter("is_cap_in_force", scope="firm").row(0, named=True)
    assert own["cap_pct"] == pytest.approx(87.3)
    assert (own["exceedances"], own["mean_margin_amount"]) == (1, 64.0)
    assert len(trial.sweep.filter(scope="firm")) == 22
    assert trial.sweep.filter(scope="member").is_empty()


def test_nothing_observed_gives_nothing():
    none = account_rows([])
    assert try_caps(none, pl.DataFrame(), CapRule(0.8, 0.99, 0.0)).sweep.is_empty()
    assert pair_account_days(nodes_of([], []), {}).is_empty()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.floats(-100, 300),
            st.floats(0, 200),
            st.floats(0, 200),
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([0.0, 0.5, 0.8, 1.0]),
)
def test_the_sweep_is_what_a_loop_over_account_days_finds(rows, cap):
    frame = account_rows(rows, cap)
    members = pl.DataFrame({"account_id": list("abc"), "member_id": list("MMN")})
    trial = try_caps(frame, members, CapRule(cap, 0.9, 0.01))
    for row in trial.sweep.iter_rows(named=True):
        own = {
            "account": {row["scope_id"]},
            "member": {"M": {"a", "b"}, "N": {"c"}}.get(row["scope_id"]),
            "firm": set("abc"),
        }[row["scope"]]
        exceedances, shortfall, margins = 0, 0.0, []
        for account, loss, base, netted in rows:
            if account in own:
                margin = max(netted, base - row["cap_pct"] / 100 * (base - netted))
                margins.append(margin)
                if bool(
                    is_exceedance(
                        loss, float(capped_margin(base, netted, row["cap_pct"] / 100)), 0.01
                    )
                ):
                    exceedances += 1
                    shortfall += loss - margin
        assert row["exceedances"] == exceedances
        assert row["observations"] == len(margins)
        assert row["shortfall_amount"] == pytest.approx(shortfall, abs=1e-6)
        assert row["mean_margin_amount"] == pytest.approx(
            sum(margins) / max(len(margins), 1), abs=1e-6
        )


NODE = {
    "business_date": pl.Date,
    "scope": pl.String,
    "scope_id": pl.String,
    "account_id": pl.String,
    "mpor_days": pl.Int32,
    "loss_amount": pl.Float64,
    "exceedance_class": pl.String,
    "level_credit_amount": pl.Float64,
    "cap_base_margin_amount": pl.Float64,
    "netted_margin_amount": pl.Float64,
    "capped_margin_amount": pl.Float64,
}


def nodes_of(products, above, day=DAY):
    """Products as (name, loss, margin); nodes above as (scope, name, loss, credit, base, netted,
    capped, class)."""
    rows = [
        (day, "product", name, "x", 1, loss, None, 0.0, margin, margin, margin)
        for name, loss, margin in products
    ]
    rows += [
        (day, scope, name, "x", 1, loss, kind, credit, base, netted, capped)
        for scope, name, loss, credit, base, netted, capped, kind in above
    ]
    return pl.DataFrame(rows, schema=NODE, orient="row")


# Products A and B form group G and earn 30 there; C meets them at the account, which earns 24.
PRODUCTS = [("A", 50.0, 100.0), ("B", -10.0, 50.0), ("C", 40.0, 20.0)]
ABOVE = [
    ("offset_group", "G", 40.0, 30.0, 150.0, 120.0, 126.0, None),
    ("offset_group", "C", 40.0, 0.0, 20.0, 20.0, 20.0, None),
    ("account", "x", 80.0, 24.0, 170.0, 116.0, 126.8, "offset"),
]
GROUPS = {"A": "G", "B": "G", "C": "C"}


def test_credits_of_pairs_add_up_to_what_the_levels_earn():
    pairs = pair_account_days(nodes_of(PRODUCTS, ABOVE), GROUPS)
    names = pairs.select("product", "other_product", "meets_at").rows()
    assert names == [("A", "B", "offset_group"), ("A", "C", "account"), ("B", "C", "account")]
    # At the account 24 is shared 100 x 20 to 50 x 20, that is two to one.
    assert pairs["credit_amount"].to_list() == pytest.approx([30.0, 16.0, 8.0])
    assert pairs["credit_amount"].sum() == pytest.approx(170.0 - 116.0)
    # The cap leaves (170 - 126.8) / (170 - 116) = 80 % of it.
    assert pairs["allowed_credit_amount"].to_list() == pytest.approx([24.0, 12.8, 6.4])
    assert pairs["loss_amount"].to_list() == [40.0, 90.0, 30.0]
    assert pairs["margin_amount"].to_list() == pytest.approx([126.0, 107.2, 63.6])
    assert pairs["is_offset_day"].all()


def test_a_negative_credit_is_not_capped():
    above = [
        ("offset_group", "A", 1.0, 0.0, 10.0, 10.0, 10.0, None),
        ("offset_group", "B", 1.0, 0.0, 10.0, 10.0, 10.0, None),
        ("account", "x", 2.0, -4.0, 20.0, 24.0, 24.0, None),
    ]
    pairs = pair_account_days(nodes_of([("A", 1.0, 10.0), ("B", 1.0, 10.0)], above), {})
    assert pairs["allowed_credit_amount"].to_list() == [-4.0]
    assert pairs["margin_amount"].to_list() == [24.0]


def test_a_pair_is_summarised_by_hand_figures():
    frame = pl.concat(
        [
            nodes_of(PRODUCTS, ABOVE),
            nodes_of(
                [("A", 90.0, 100.0), ("B", 60.0, 50.0)],
                [
                    ("offset_group", "G", 150.0, 30.0, 150.0, 120.0, 126.0, "model"),
                    ("account", "x", 150.0, 0.0, 150.0, 120.0, 126.0, "model"),
                ],
                DAY + timedelta(days=1),
            ),
        ]
    )
    pairs = pair_account_days(frame, GROUPS)
    events = list_break_events(pairs)
    assert events["business_date"].to_list() == [DAY] * 3
    correlations = events.with_columns(correlation=pl.Series([-0.5, 0.0, float("nan")]))
    summary = {
        (r["product"], r["other_product"]): r
        for r in summarise_pairs(pairs, correlations, 0.005).iter_rows(named=True)
    }
    first = summary["A", "B"]
    assert (first["account_days"], first["accounts"], first["exceedances"]) == (2, 1, 1)
    assert first["shortfall_amount"] == pytest.approx(150 - 126)
    assert first["granted_credit_pct"] == pytest.approx(100 * 24 / 150)
    assert (first["offset_days"], first["offset_loss_amount"]) == (1, 40.0)
    assert first["offset_credit_amount"] == pytest.approx(24.0)
    # Legs of 50 and 10 with correlation -0.5 typically add up to sqrt(2500 + 100 - 500).
    implied = np.sqrt(50**2 + 10**2 - 50 * 10)
    assert first["break_loss_amount"] == pytest.approx(40 - implied)
    assert first["break_share_pct"] == pytest.approx(100 * (40 - implied) / 40)
    # Losses of 40 and 150 lie 55 from their mean, those of the legs 20 and 35.
    assert first["variance_reduction_pct"] == pytest.approx(100 * (1 - 55**2 / (20**2 + 35**2)))
    assert first["justified_credit_pct"] == pytest.approx(100 * (1 - 150 / (90 + 60)))
    assert summary["A", "C"]["break_share_pct"] == pytest.approx(100 * (90 - np.hypot(50, 40)) / 90)
    last = summary["B", "C"]
    assert (last["break_days"], last["break_loss_amount"], last["break_share_pct"]) == (
        0,
        None,
        None,
    )


EXCEEDANCE = pl.DataFrame(
    {
        "business_date": [DAY],
        "model_id": ["m"],
        "track": ["core_model"],
        "account_id": ["x"],
        "mpor_days": pl.Series([1], dtype=pl.Int32),
        "exceedance_class": ["offset"],
    }
)


def scenarios_of(*rows):
    return pl.DataFrame(
        [(DAY, "x", 1, *row) for row in rows],
        schema={
            "business_date": pl.Date,
            "account_id": pl.String,
            "mpor_days": pl.Int32,
            "margin_scenario": pl.String,
            "margin_scenario_loss_amount": pl.Float64,
            "margin_scenarios": pl.Int64,
        },
        orient="row",
    )


def instrument_losses(rows):
    return pl.DataFrame(
        [(DAY, "x", 1, name, loss) for name, loss in rows],
        schema={
            "business_date": pl.Date,
            "account_id": pl.String,
            "mpor_days": pl.Int32,
            "instrument_id": pl.String,
            "loss_amount": pl.Float64,
        },
        orient="row",
    )


def test_the_level_that_failed_is_where_losses_bore_least_of_the_credit():
    losses = instrument_losses([("A1", 80.0), ("A2", -30.0), ("B", -10.0), ("C", 40.0)])
    row = explain_exceedances(EXCEEDANCE, losses, nodes_of(PRODUCTS, ABOVE), scenarios_of()).row(
        0, named=True
    )
    # Group: granted 30, borne (50 + 0 + 40) - (40 + 40) = 10, so 20 failed; account: granted 24,
    # borne (40 + 40) - 80 = 0, so 24 failed.
    assert (row["failed_level"], row["failed_credit_amount"]) == ("account", pytest.approx(24.0))
    assert (row["largest_instrument_id"], row["largest_instrument_loss_amount"]) == ("A1", 80.0)
    assert row["cause"] == (
        "the offset granted was too large; largest losses: A1 80, C 40;"
        " credit that failed: 24, level account"
    )


def test_without_a_recomputed_margin_the_cause_names_the_instruments_alone():
    called = EXCEEDANCE.with_columns(exceedance_class=pl.lit(None, dtype=pl.String))
    losses = instrument_losses([("A", 5.0)])
    row = explain_exceedances(called, losses, nodes_of([], []), scenarios_of()).row(0, named=True)
    assert (row["failed_level"], row["failed_credit_amount"]) == (None, None)
    assert row["cause"] == "no recomputed margin to compare with; largest losses: A 5"


@pytest.mark.parametrize(
    ("scenarios", "words"),
    [(1, "scenario 2023-02-05"), (4, "a tail, its worst scenario 2023-02-05")],
)
def test_the_cause_names_the_scenario_that_set_the_margin(scenarios, words):
    row = explain_exceedances(
        EXCEEDANCE,
        instrument_losses([("A", 5.0)]),
        nodes_of([], []),
        scenarios_of(("2023-02-05", 1234.4, scenarios)),
    ).row(0, named=True)
    assert row["cause"].endswith(f"; margin set by {words}, loss 1,234")
    assert (row["margin_scenario"], row["margin_scenario_loss_amount"]) == ("2023-02-05", 1234.4)


def test_an_identifier_depends_on_the_exceedance_alone():
    (known,) = identify_exceptions(EXCEEDANCE)
    assert known == "d57fb9e8ccfc5e97"  # SHA-256 of 2024-03-01/m/core_model/x/1
    assert identify_exceptions(EXCEEDANCE.with_columns(loss_amount=pl.lit(5.0)))[0] == known
    for name, other in (
        ("business_date", DAY + timedelta(days=1)),
        ("model_id", "n"),
        ("track", "adequacy"),
        ("account_id", "y"),
        ("mpor_days", 2),
    ):
        assert identify_exceptions(EXCEEDANCE.with_columns(pl.lit(other).alias(name)))[0] != known


def margins(series, start=DAY):
    return pl.DataFrame(
        [
            (start + timedelta(days=n), account, value)
            for account, values in series.items()
            for n, value in enumerate(values)
            if value is not None
        ],
        schema={"business_date": pl.Date, "account_id": pl.String, "margin_amount": pl.Float64},
        orient="row",
    )


def test_parameter_and_position_effect_add_up_to_the_change():
    dates = [DAY + timedelta(days=n) for n in range(3)]
    actual = margins({"a": [10.0, 20.0, 15.0], "b": [None, 5.0, 10.0]})
    counts = pl.DataFrame({"account_id": ["a"], "held": [4], "kept": [3]})
    first = FixedBook(Portfolio.FIRST, DAY, margins({"a": [10.0, 12.0, 11.0]}), counts)
    rows = {
        (r["scope_id"], r["portfolio"]): r
        for r in describe_procyclicality(actual, [first], dates).iter_rows(named=True)
    }
    firm = rows["firm", "actual"]
    assert (firm["first_margin_amount"], firm["last_margin_amount"]) == (10.0, 25.0)
    assert (firm["parameter_effect_amount"], firm["position_effect_amount"]) == (1.0, 14.0)
    assert firm["peak_to_trough"] == 2.5
    assert (firm["peak_date"], firm["trough_date"]) == (dates[1], DAY)
    assert firm["increase_1_days_pct"] == pytest.approx(150.0)
    assert firm["increase_5_days_pct"] is None
    assert rows["b", "actual"]["margin_days"] == 2
    assert rows["b", "actual"]["parameter_effect_amount"] is None
    fixed = rows["a", "fixed_first"]
    assert (fixed["book_date"], fixed["left_out_pct"]) == (DAY, 25.0)
    assert (fixed["peak_to_trough"], fixed["parameter_effect_amount"]) == (1.2, None)
    assert rows["firm", "fixed_first"]["left_out_pct"] == 25.0


def test_only_instruments_priced_on_every_date_are_held():
    positions = pl.DataFrame(
        {
            "account_id": ["a", "a", "b"],
            "instrument_id": ["I", "J", "J"],
            "quantity": [1.0, 2.0, 3.0],
        }
    )
    priced = pl.DataFrame({"instrument_id": ["I", "J"], "price_days": [2, 1]})
    dates = [DAY, DAY + timedelta(days=1)]
    held, counts = choose_fixed_positions(positions, priced, dates)
    assert held.rows() == [(day, "a", "I", 1.0) for day in dates]
    assert counts.rows() == [("a", 2, 1), ("b", 1, 0)]
