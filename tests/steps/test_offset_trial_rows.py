"""What the offset on trial writes agrees with coverage and margins, and with hand figures."""

import pytest

from tests.steps.trial import BACKTEST, BEFORE, DAYS, backfill, deliver_move, read_rows


@pytest.fixture
def written(short_model, marginproof, tmp_path):
    assert marginproof("load", deliver_move(tmp_path / "in"))[0] == 0
    backfill(marginproof)
    return marginproof


def test_at_the_cap_in_force_the_sweep_counts_what_coverage_counts(written):
    joined = read_rows(
        written,
        "SELECT scope, scope_id, mpor_days, window_name, coverage.observations,"
        " coverage.exceedances, sweep.observations AS tried, sweep.exceedances AS found"
        " FROM out_coverage AS coverage JOIN out_cap_sweep AS sweep USING (as_of_date, model_id,"
        " mpor_days, window_name, scope, scope_id) WHERE track = 'core_model'"
        " AND margin_basis = 'capped' AND is_cap_in_force",
    )
    assert {row["scope"] for row in joined} == {"firm", "member", "account", "offset_group"}
    assert len(joined) == 2 * 2 * (1 + 1 + 2 + 2)
    assert any(row["exceedances"] for row in joined)
    assert [
        r for r in joined if (r["observations"], r["exceedances"]) != (r["tried"], r["found"])
    ] == []


def test_the_ends_of_the_sweep_are_the_margins_without_and_with_all_offsets(written):
    (ends,) = read_rows(
        written,
        "WITH margins AS (SELECT avg(cap_base_margin_amount) AS base,"
        " avg(netted_margin_amount) AS netted FROM out_margin WHERE node_level = 'account'"
        f" AND mpor_days = 1 AND business_date < DATE '{BACKTEST[-1]}'),"
        " firm AS (FROM out_cap_sweep WHERE scope = 'firm' AND mpor_days = 1"
        " AND window_name = 'all')"
        " SELECT base, netted,"
        " (SELECT mean_margin_amount FROM firm WHERE cap_pct = 0) AS at_none,"
        " (SELECT mean_margin_amount FROM firm WHERE cap_pct = 100) AS at_all FROM margins",
    )
    assert ends["at_none"] == pytest.approx(ends["base"], abs=1e-3)
    assert ends["at_all"] == pytest.approx(ends["netted"], abs=1e-3)
    assert ends["at_none"] > ends["at_all"] + 1


def test_exceedances_never_fall_and_margin_never_rises_with_the_cap(written):
    disorder = read_rows(
        written,
        "SELECT * FROM (SELECT exceedances - lag(exceedances) OVER series AS more,"
        " mean_margin_amount - lag(mean_margin_amount) OVER series AS dearer FROM out_cap_sweep"
        " WINDOW series AS (PARTITION BY model_id, mpor_days, window_name, scope, scope_id"
        " ORDER BY cap_pct)) WHERE more < 0 OR dearer > 0.001",
    )
    assert disorder == []


def test_the_largest_cap_is_the_last_under_which_the_account_held(written):
    (limit,) = read_rows(
        written,
        "FROM out_cap_limit WHERE scope = 'account' AND scope_id = 'one' AND mpor_days = 1"
        " AND window_name = 'all'",
    )
    (day,) = read_rows(
        written,
        "SELECT loss_amount, cap_base_margin_amount AS base, m.netted_margin_amount AS netted"
        " FROM out_backtest AS b JOIN out_margin AS m USING (business_date, mpor_days, account_id)"
        " WHERE b.scope = 'account' AND track = 'core_model' AND m.node_level = 'account'"
        f" AND account_id = 'one' AND mpor_days = 1 AND business_date = DATE '{BEFORE}'",
    )
    # One exceedance among 19 days misses 99 %, so the cap must be under the one that loses the day.
    breaking = 100 * (day["base"] + 0.005 - day["loss_amount"]) / (day["base"] - day["netted"])
    assert 0 < breaking < 80
    assert limit["largest_cap_pct"] == int(breaking)
    assert limit["proven_cap_pct"] is None
    assert limit["reason"] == "too few observations to prove the target at any cap"


def test_a_pair_is_granted_all_the_credit_of_an_account_with_two_products(written):
    pair = read_rows(written, "FROM out_offset_pairs WHERE mpor_days = 1 AND window_name = 'all'")[
        0
    ]
    (account,) = read_rows(
        written,
        "SELECT avg(cap_base_margin_amount - capped_margin_amount) AS allowed, count(*) AS days,"
        " avg(cap_base_margin_amount) AS base FROM out_margin WHERE account_id = 'one'"
        f" AND node_level = 'account' AND mpor_days = 1 AND business_date < DATE '{BACKTEST[-1]}'",
    )
    assert (pair["product"], pair["other_product"], pair["meets_at"]) == ("AA", "BB", "account")
    assert (pair["accounts"], pair["account_days"]) == (1, account["days"])
    assert pair["mean_allowed_credit_amount"] == pytest.approx(account["allowed"], abs=1e-3)
    assert pair["mean_standalone_margin_amount"] == pytest.approx(account["base"], abs=1e-3)
    # With two products the pair is the account: one date fails, and it is of class offset.
    assert (pair["exceedances"], pair["offset_days"], pair["break_days"]) == (1, 1, 1)
    assert pair["coverage_pct"] == pytest.approx(100 * 18 / 19)
    (loss,) = read_rows(
        written,
        "SELECT loss_amount, shortfall_amount FROM out_backtest WHERE scope = 'account'"
        " AND track = 'core_model' AND mpor_days = 1 AND is_exceedance AND account_id = 'one'",
    )
    assert pair["offset_loss_amount"] == pytest.approx(loss["loss_amount"], abs=1e-3)
    assert pair["shortfall_amount"] == pytest.approx(loss["shortfall_amount"], abs=1e-3)
    # Both legs lost although over the lookback one often offset the other.
    assert 0 < pair["break_share_pct"] < 100


def test_an_earlier_as_of_date_looks_at_nothing_later(written):
    query = (
        f"FROM {{}} WHERE as_of_date = DATE '{DAYS[32]}' ORDER BY ALL"  # before the move is known
    )
    tables = ("out_cap_sweep", "out_cap_limit", "out_offset_pairs", "out_procyclicality")
    assert written("backtest", "--as-of", DAYS[32])[0] == 0
    then = {table: read_rows(written, query.format(table)) for table in tables}
    assert all(then.values())
    assert max(row["exceedances"] for row in then["out_offset_pairs"]) == 0
    assert written("backtest", "--as-of", DAYS[32])[0] == 0
    assert {table: read_rows(written, query.format(table)) for table in tables} == then
    superseded = "SELECT count(*) AS n FROM history.{} WHERE known_to IS NOT NULL"
    assert [read_rows(written, superseded.format(t))[0]["n"] for t in tables] == [0] * 4


def test_a_model_without_a_history_leaves_the_tables_empty(
    short_model, marginproof, tmp_path, home
):
    path = home / "models" / "short.toml"
    path.write_text(path.read_text().replace("lookback_days = 20", "lookback_days = 999"))
    assert marginproof("load", deliver_move(tmp_path / "in"))[0] == 0
    backfill(marginproof)
    assert read_rows(marginproof, "FROM out_cap_sweep") == []
    assert read_rows(marginproof, "FROM out_offset_pairs") == []


def test_margin_calls_of_a_day_add_up_and_show_their_concentration(written):
    rows = read_rows(
        written,
        "SELECT day.*, (SELECT sum(call_amount) FILTER (is_called) FROM out_calls AS call"
        " WHERE (call.business_date, call.model_id, call.mpor_days)"
        " = (day.business_date, day.model_id, day.mpor_days)) AS called"
        " FROM out_margin_calls AS day",
    )
    assert len(rows) == 2 * (len(BACKTEST) - 1)
    assert sum(row["call_amount"] for row in rows) > 100
    for row in rows:
        assert row["call_amount"] == pytest.approx(row["called"] or 0, abs=1e-3)
        # Both accounts belong to one member, who therefore pays every call alone.
        assert row["concentration"] == (1 if row["call_amount"] else None)
        assert row["largest_three_pct"] == (100 if row["call_amount"] else None)
