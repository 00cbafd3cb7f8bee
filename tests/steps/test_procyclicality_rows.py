"""Procyclicality of written margins and of positions held constant, against plain loops."""

from datetime import date

import pytest

from pipeline.settings import load_settings
from pipeline.steps.inputs import read_book, read_market
from pipeline.steps.models import load_models
from pipeline.warehouse.connection import fetch_frame, open_reader
from tests.deliveries import write
from tests.steps.trial import BACKTEST, DAYS, backfill, deliver_move, read_rows


@pytest.fixture
def written(short_model, marginproof, tmp_path):
    assert marginproof("load", deliver_move(tmp_path / "in"))[0] == 0
    backfill(marginproof)
    return marginproof


def series(marginproof, mpor_days, account=None):
    chosen = f" AND account_id = '{account}'" if account else ""
    rows = read_rows(
        marginproof,
        "SELECT business_date, sum(capped_margin_amount) AS margin FROM out_margin"
        f" WHERE node_level = 'account' AND mpor_days = {mpor_days}{chosen}"
        " GROUP BY business_date ORDER BY business_date",
    )
    return [row["margin"] for row in rows]


@pytest.mark.parametrize("account", [None, "one", "two"])
@pytest.mark.parametrize("mpor_days", [1, 2])
def test_the_actual_portfolio_is_measured_as_a_loop_measures_it(written, mpor_days, account):
    margins = series(written, mpor_days, account)
    (row,) = read_rows(
        written,
        f"FROM out_procyclicality WHERE portfolio = 'actual' AND mpor_days = {mpor_days}"
        f" AND window_name = 'all' AND scope_id = '{account or 'firm'}'",
    )
    assert row["margin_days"] == len(margins) == len(BACKTEST)
    assert row["peak_to_trough"] == pytest.approx(max(margins) / min(margins))
    for days in (1, 5, 10):
        largest = max(
            later / margin - 1 for margin, later in zip(margins, margins[days:], strict=False)
        )
        assert row[f"increase_{days}_days_pct"] == pytest.approx(100 * largest, abs=1e-6)
    assert row["increase_30_days_pct"] is None
    assert row["first_margin_amount"] == pytest.approx(margins[0], abs=1e-3)
    assert row["last_margin_amount"] == pytest.approx(margins[-1], abs=1e-3)


def test_a_fixed_book_on_its_own_date_has_the_margin_that_was_written(written):
    rows = read_rows(
        written,
        "FROM out_procyclicality WHERE mpor_days = 1 AND window_name = 'last_250'"
        " ORDER BY scope_id, portfolio",
    )
    assert len(rows) == 3 * 3
    by_key = {(r["scope_id"], r["portfolio"]): r for r in rows}
    for name in ("one", "two", "firm"):
        actual, first, last = (
            by_key[name, portfolio] for portfolio in ("actual", "fixed_first", "fixed_last")
        )
        assert first["first_margin_amount"] == pytest.approx(
            actual["first_margin_amount"], abs=1e-3
        )
        assert last["last_margin_amount"] == pytest.approx(actual["last_margin_amount"], abs=1e-3)
        assert (first["left_out_pct"], last["left_out_pct"]) == (0, 0)
        change = actual["last_margin_amount"] - actual["first_margin_amount"]
        assert actual["parameter_effect_amount"] == pytest.approx(
            first["last_margin_amount"] - first["first_margin_amount"], abs=1e-3
        )
        assert actual["parameter_effect_amount"] + actual[
            "position_effect_amount"
        ] == pytest.approx(change, abs=1e-3)
        # A multiple of the same position has the same relative moves.
    assert by_key["two", "fixed_first"]["peak_to_trough"] == pytest.approx(
        by_key["two", "fixed_last"]["peak_to_trough"], rel=1e-5
    )


def test_a_position_that_cannot_be_held_is_counted_and_left_out(short_model, marginproof, tmp_path):
    folder = deliver_move(tmp_path / "in")
    write(
        folder,
        "instruments-more.csv",
        "instrument_id,product,kind,underlying,risk_factor,currency,settlement,multiplier,expiry_date",
        [f"OLD,OLD,future,,OLD,USD,linear,1,{DAYS[30]}"],
    )
    write(
        folder,
        "prices-more.csv",
        "business_date,instrument_id,settlement_price",
        [f"{day},OLD,{50 + day.day % 5}" for day in DAYS[:31]],
    )
    write(
        folder,
        "positions-more.csv",
        "business_date,account_id,instrument_id,quantity",
        [f"{day},two,OLD,3" for day in DAYS[25:30]],
    )
    assert marginproof("load", folder)[0] == 0
    backfill(marginproof)
    rows = read_rows(
        marginproof,
        "SELECT scope_id, left_out_pct FROM out_procyclicality WHERE portfolio = 'fixed_first'"
        " ORDER BY scope_id",
    )
    assert {r["scope_id"]: r["left_out_pct"] for r in rows} == {
        "firm": pytest.approx(25.0),  # one position of four
        "one": 0.0,
        "two": pytest.approx(50.0),
    }


def test_margins_of_the_fixed_book_come_from_the_engine(written):
    import numpy as np

    from pipeline.margin.engine import compute_margins

    settings = load_settings()
    (model,) = load_models(settings)
    with open_reader(settings) as connection:
        market = read_market(connection, settings, date.max)
        code = int(np.searchsorted(market.dates, np.datetime64(BACKTEST[0])))
        book = read_book(connection, market, model, BACKTEST[0], BACKTEST[0])
        # The first positions, moved to the last date.
        moved = type(book)(**{**vars(book), "date": np.full_like(book.date, len(market.dates) - 1)})
        result = compute_margins(market, moved, model, 1, np.array([len(market.dates) - 1]))
        shown = fetch_frame(
            connection,
            "SELECT scope_id, last_margin_amount FROM out_procyclicality WHERE scope = 'account'"
            " AND portfolio = 'fixed_first' AND mpor_days = 1 ORDER BY scope_id",
        )
    assert code == 25
    expected = result.margins.filter(node_level="account").sort("account_id")
    np.testing.assert_allclose(
        shown["last_margin_amount"], expected["capped_margin_amount"], atol=1e-3
    )
