import numpy as np
import polars as pl
import pytest

from pipeline.backtest.losses import compute_losses
from tests.markets import NO_RATES, book, day, instruments, market


def account_rows(frame):
    return frame.filter(scope="account").sort("business_date", "account_id")


def test_a_loss_is_positive_for_a_long_position_that_falls():
    given = market(instruments(CL={"multiplier": 1000.0}), {"CL": [18.27, -37.63]})
    row = (
        compute_losses(given, book(given, [(0, "LONG", "CL", 1)]), 1)
        .filter(scope="account")
        .row(0, named=True)
    )
    assert row["loss_amount"] == pytest.approx(55_900.0)
    assert row["status"] == "observed"
    assert row["horizon_end_date"] == day(1)


def test_the_end_counts_and_the_worst_point_is_kept_beside_it():
    given = market(instruments(X={}), {"X": [100.0, 80.0, 95.0]})
    row = account_rows(compute_losses(given, book(given, [(0, "a", "X", 1)]), 2)).row(0, named=True)
    assert row["loss_amount"] == pytest.approx(5.0)
    assert row["worst_loss_amount"] == pytest.approx(20.0)


def test_a_horizon_that_has_not_ended_is_pending_without_a_loss():
    given = market(instruments(X={}), {"X": [100.0, 80.0]})
    rows = account_rows(compute_losses(given, book(given, [(0, "a", "X", 1), (1, "a", "X", 1)]), 1))
    assert rows["status"].to_list() == ["observed", "pending"]
    assert rows["loss_amount"].to_list() == [pytest.approx(20.0), None]
    assert rows["horizon_end_date"].to_list() == [day(1), None]
    longer = account_rows(compute_losses(given, book(given, [(0, "a", "X", 1)]), 5))
    assert longer["status"].to_list() == ["pending"]


def test_a_missing_price_is_counted_and_never_a_zero_loss():
    listed = instruments(X={"product": "P"}, OTHER={"product": "P"}, Y={})
    given = market(listed, {"X": [1.0, None, 3.0], "OTHER": [1.0, 1.0, 1.0], "Y": [1.0, 2.0, 3.0]})
    rows = account_rows(compute_losses(given, book(given, [(0, "a", "X", 1), (0, "b", "Y", 1)]), 1))
    assert rows["status"].to_list() == ["missing_price", "observed"]
    assert rows["loss_amount"].to_list() == [None, pytest.approx(-1.0)]
    path = account_rows(compute_losses(given, book(given, [(0, "a", "X", 1)]), 2))
    assert path["loss_amount"].to_list() == [pytest.approx(-2.0)]
    assert path["worst_loss_amount"].to_list() == [None], "a point of the path is unknown"


def test_a_horizon_steps_over_the_days_on_which_a_market_of_the_account_is_closed():
    # The equity jumps over the weekend; a market that is open every day stands beside it.
    given = market(
        instruments(COIN={}, EQUITY={}),
        {"COIN": [1.0, 2.0, 3.0, 4.0, 5.0], "EQUITY": [10.0, None, None, 7.0, 8.0]},
    )
    held = book(
        given,
        [
            (0, "equity", "EQUITY", 1),
            (0, "coin", "COIN", 1),
            (0, "both", "EQUITY", 1),
            (0, "both", "COIN", 1),
        ],
    )
    rows = account_rows(compute_losses(given, held, 1))
    assert rows["account_id"].to_list() == ["both", "coin", "equity"]
    assert rows["loss_amount"].to_list() == pytest.approx([3.0 - 3.0, -1.0, 3.0])
    assert rows["horizon_end_date"].to_list() == [day(3), day(1), day(3)]
    two = account_rows(compute_losses(given, held, 2))
    assert two["horizon_end_date"].to_list() == [day(4), day(2), day(4)]
    assert two["loss_amount"].to_list() == pytest.approx([2.0 - 4.0, -2.0, 2.0])


def test_a_market_that_never_opens_again_leaves_the_horizon_pending():
    given = market(instruments(X={}, Y={}), {"X": [1.0, None, None], "Y": [1.0, 2.0, 3.0]})
    rows = account_rows(compute_losses(given, book(given, [(0, "a", "X", 1)]), 1))
    assert rows["status"].to_list() == ["pending"]


def test_an_option_unquoted_on_its_expiry_date_settles_on_it():
    listed = instruments(
        U={},
        O={
            "kind": "option",
            "product": "U",
            "underlying": "U",
            "risk_factor": "U",
            "strike": 90.0,
            "option_type": "call",
            "expiry_date": day(1),
        },
    )
    given = market(listed, {"U": [100.0, 95.0], "O": [12.0, None]})
    row = account_rows(compute_losses(given, book(given, [(0, "a", "O", 1)]), 1)).row(0, named=True)
    assert row["loss_amount"] == pytest.approx(12.0 - 5.0)


def test_a_spot_holding_in_a_foreign_currency_loses_with_the_rate():
    rates = pl.DataFrame(
        {"business_date": [day(0), day(1)], "currency": ["EUR", "EUR"], "rate": [1.10, 1.00]},
        schema=NO_RATES.schema,
    )
    given = market(
        instruments(S={"kind": "spot", "currency": "EUR"}, F={"currency": "EUR"}),
        {"S": [100.0, 100.0], "F": [100.0, 100.0]},
        rates=rates,
    )
    rows = account_rows(
        compute_losses(given, book(given, [(0, "spot", "S", 1000), (0, "future", "F", 1000)]), 1)
    )
    assert rows["account_id"].to_list() == ["future", "spot"]
    assert rows["loss_amount"].to_list() == pytest.approx([0.0, 10_000.0])


def test_a_future_that_expires_inside_the_horizon_settles_at_its_last_price():
    listed = instruments(F={"expiry_date": day(1)}, OTHER={})
    given = market(listed, {"F": [10.0, 7.0, None], "OTHER": [1.0, 1.0, 1.0]})
    row = account_rows(compute_losses(given, book(given, [(0, "a", "F", 2)]), 2)).row(0, named=True)
    assert row["loss_amount"] == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("kind", "strike", "settled"), [("call", 90.0, 5.0), ("call", 100.0, 0.0), ("put", 100.0, 5.0)]
)
def test_an_option_that_expires_inside_the_horizon_settles_at_intrinsic(kind, strike, settled):
    listed = instruments(
        U={},
        O={
            "kind": "option",
            "underlying": "U",
            "risk_factor": "U",
            "strike": strike,
            "option_type": kind,
            "expiry_date": day(1),
        },
    )
    given = market(listed, {"U": [100.0, 95.0, 50.0], "O": [8.0, 8.0, None]})
    row = account_rows(compute_losses(given, book(given, [(0, "a", "O", 1)]), 2)).row(0, named=True)
    assert row["loss_amount"] == pytest.approx(8.0 - settled)


def test_inverse_contracts_lose_coin_valued_at_the_end():
    given = market(
        instruments(P={"settlement": "inverse", "multiplier": 100.0, "kind": "perpetual"}),
        {"P": [20_000.0, 16_000.0]},
    )
    row = account_rows(compute_losses(given, book(given, [(0, "a", "P", 5)]), 1)).row(0, named=True)
    coin = 500 * (1 / 20_000 - 1 / 16_000)
    assert row["loss_amount"] == pytest.approx(-coin * 16_000)
    assert row["loss_amount"] == pytest.approx(500 * (16_000 / -20_000 + 1))


def test_a_foreign_loss_is_converted_at_the_rate_of_the_end():
    rates = pl.DataFrame(
        {"business_date": [day(0), day(1)], "currency": ["EUR", "EUR"], "rate": [1.10, 1.25]},
        schema=NO_RATES.schema,
    )
    given = market(instruments(X={"currency": "EUR"}), {"X": [100.0, 90.0]}, rates=rates)
    row = account_rows(compute_losses(given, book(given, [(0, "a", "X", 1)]), 1)).row(0, named=True)
    assert row["loss_amount"] == pytest.approx(12.5)


def test_a_missing_rate_is_a_missing_price():
    given = market(instruments(X={"currency": "EUR"}), {"X": [100.0, 90.0]})
    row = account_rows(compute_losses(given, book(given, [(0, "a", "X", 1)]), 1)).row(0, named=True)
    assert row["status"] == "missing_price"


def test_products_of_an_account_add_up_to_it_and_accounts_never_net():
    rng = np.random.default_rng(11)
    names = ["A", "B", "C"]
    given = market(
        instruments(**{n: {} for n in names}), {n: list(rng.normal(100, 5, size=6)) for n in names}
    )
    held = book(
        given,
        [
            (t, account, n, int(rng.integers(-9, 10)) or 1)
            for t in range(5)
            for account in ("x", "y")
            for n in names
        ],
        {"A": "g", "B": "g"},
    )
    frame = compute_losses(given, held, 1)
    totals = {
        scope: frame.filter(scope=scope)
        .group_by("business_date", "account_id")
        .agg(pl.col("loss_amount").sum())
        .sort("business_date", "account_id")["loss_amount"]
        .to_list()
        for scope in ("product", "offset_group", "account")
    }
    assert totals["product"] == pytest.approx(totals["account"])
    assert totals["offset_group"] == pytest.approx(totals["account"])
    assert frame.filter(scope="account").height == 10


def test_an_account_and_its_mirror_have_opposite_losses():
    given = market(instruments(X={}), {"X": [100.0, 93.0]})
    rows = account_rows(
        compute_losses(given, book(given, [(0, "long", "X", 3), (0, "short", "X", -3)]), 1)
    )
    assert rows["loss_amount"].to_list() == pytest.approx([21.0, -21.0])
