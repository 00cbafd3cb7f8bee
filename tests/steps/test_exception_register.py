"""The exception register from the backtest to a review, later runs and the report."""

from datetime import timedelta

import pytest

from tests.deliveries import write
from tests.steps.trial import (
    BACKTEST,
    BEFORE,
    DAYS,
    MODEL_FAILS,
    backfill,
    deliver_move,
    read_rows,
)

CORE = "track = 'core_model' AND mpor_days = 1 AND account_id = 'one'"


@pytest.fixture
def register(short_model, marginproof, tmp_path):
    assert marginproof("load", deliver_move(tmp_path / "in"))[0] == 0
    backfill(marginproof)
    return marginproof


def entry(marginproof, where=CORE):
    (row,) = read_rows(marginproof, f"FROM out_exceptions WHERE {where}")
    return row


def review(marginproof, exception_id, *more, status="explained", note="Both legs moved."):
    return marginproof(
        "exception",
        exception_id,
        "--status",
        status,
        "--note",
        note,
        "--reviewer",
        "R. Iver",
        *more,
    )


def test_every_exceedance_of_an_account_has_one_entry(register):
    missing = read_rows(
        register,
        "SELECT * FROM (FROM out_backtest WHERE scope = 'account' AND is_exceedance) AS found"
        " FULL JOIN out_exceptions AS held USING (business_date, model_id, track, account_id,"
        " mpor_days) WHERE held.exception_id IS NULL OR found.loss_amount IS NULL",
    )
    (count,) = read_rows(
        register,
        "SELECT count(*) AS entries, count(DISTINCT exception_id) AS ids,"
        " count(DISTINCT track) AS tracks FROM out_exceptions",
    )
    assert missing == []
    assert count["entries"] == count["ids"] > 2
    assert count["tracks"] == 2


def test_the_cause_names_class_instruments_and_the_level_whose_credit_failed(register):
    row = entry(register)
    legs = read_rows(
        register,
        "SELECT scope_id, loss_amount FROM out_backtest WHERE scope = 'product'"
        f" AND account_id = 'one' AND mpor_days = 1 AND business_date = DATE '{BEFORE}'"
        " ORDER BY loss_amount DESC",
    )
    (credit,) = read_rows(
        register,
        "SELECT level_credit_amount AS granted FROM out_margin WHERE node_level = 'account'"
        f" AND account_id = 'one' AND mpor_days = 1 AND business_date = DATE '{BEFORE}'",
    )
    assert str(row["business_date"]).startswith(str(BEFORE))
    assert (row["exceedance_class"], row["status"], row["review_count"]) == ("offset", "open", 0)
    assert row["largest_instrument_id"] == legs[0]["scope_id"]
    assert row["largest_instrument_loss_amount"] == pytest.approx(legs[0]["loss_amount"], abs=1e-3)
    # Both legs lost, so the losses bore nothing of the credit granted at the account.
    assert row["failed_level"] == "account"
    assert row["failed_credit_amount"] == pytest.approx(credit["granted"], abs=1e-3)
    assert row["cause"] == (
        f"the offset granted was too large; largest losses: {legs[0]['scope_id']}"
        f" {legs[0]['loss_amount']:,.0f}, {legs[1]['scope_id']} {legs[1]['loss_amount']:,.0f};"
        f" credit that failed: {credit['granted']:,.0f}, level account"
    )


def test_a_review_is_a_new_version_and_survives_later_runs(register):
    before = entry(register)
    code, out, err = review(register, before["exception_id"])
    assert code == 0, err
    assert out == (
        f"exception {before['exception_id']} (account one, {BEFORE}): explained,"
        f" known from {BACKTEST[-1]}\n"
    )
    backfill(register)
    assert register("backtest", "--as-of", DAYS[40])[0] == 0
    after = entry(register)
    assert after == {
        **before,
        "status": "explained",
        "note": "Both legs moved.",
        "reviewer": "R. Iver",
        "review_count": 1,
        "known_from": after["known_from"],
    }
    versions = read_rows(
        register,
        "SELECT status, known_from::VARCHAR AS known_from, known_to::VARCHAR AS known_to"
        f" FROM history.out_exceptions WHERE {CORE} ORDER BY review_count",
    )
    assert [v["status"] for v in versions] == ["open", "explained"]
    assert versions[0]["known_to"] == versions[1]["known_from"] == str(BACKTEST[-1])
    assert versions[1]["known_to"] is None


def test_the_same_review_twice_changes_nothing(register):
    exception_id = entry(register)["exception_id"]
    review(register, exception_id)
    once = read_rows(register, "FROM history.out_exceptions ORDER BY ALL")
    code, out, _ = review(register, exception_id)
    assert code == 0
    assert out.endswith("; it stood so already\n")
    assert read_rows(register, "FROM history.out_exceptions ORDER BY ALL") == once


def test_a_corrected_price_opens_a_reviewed_exception_again_or_withdraws_it(register, tmp_path):
    exception_id = entry(register)["exception_id"]
    review(register, exception_id, status="accepted")
    (price,) = read_rows(
        register,
        "SELECT settlement_price AS aa FROM core_prices WHERE instrument_id = 'AA'"
        f" AND business_date = DATE '{DAYS[33]}'",
    )
    for number, (move, standing) in enumerate([(-0.5, True), (9.0, False), (0.0, True)]):
        folder = tmp_path / f"corrected-{number}"
        bb = read_rows(
            register,
            "SELECT settlement_price AS bb FROM core_prices WHERE instrument_id = 'BB'"
            f" AND business_date = DATE '{DAYS[33]}'",
        )[0]["bb"]
        write(
            folder,
            "prices.csv",
            "business_date,instrument_id,settlement_price",
            [f"{DAYS[33]},AA,{price['aa'] + move}", f"{DAYS[33]},BB,{bb}"],
        )
        known_at = BACKTEST[-1] + timedelta(days=number)
        assert register("load", folder, "--known-at", known_at)[0] == 0
        backfill(register)
        row = entry(register, f"exception_id = '{exception_id}'")
        assert row["is_exceedance"] is standing
        assert row["note"] == "Both legs moved."
        if number == 0:
            assert row["status"] == "open"
            review(register, exception_id, status="closed", note="Both legs moved.")
        elif number == 1:
            assert row["status"] == "closed"
            assert str(row["known_from"]).startswith(str(known_at))
        else:
            assert row["status"] == "open"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["0" * 16], "no exception '0000000000000000' in the register"),
        (["ID", "--known-at", str(BEFORE - timedelta(days=1))], "from which the present state"),
        (["ID", "--note", "  "], "--note and --reviewer must say something"),
        (["ID", "--status", "forgotten"], "'forgotten' is not one of"),
    ],
)
def test_a_review_that_cannot_be_is_one_sentence_and_writes_nothing(register, arguments, sentence):
    exception_id = entry(register)["exception_id"]
    before = read_rows(register, "FROM history.out_exceptions ORDER BY ALL")
    code, out, err = review(
        register, *[exception_id if part == "ID" else part for part in arguments]
    )
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert sentence in err
    assert read_rows(register, "FROM history.out_exceptions ORDER BY ALL") == before


def test_the_exceedances_of_the_report_carry_what_the_register_says(register, home):
    from pipeline.settings import load_settings
    from pipeline.steps.report_figures import read_exceedances
    from pipeline.warehouse.connection import open_reader

    held = entry(register)
    review(register, held["exception_id"], status="accepted", note="Seen by the committee.")
    with open_reader(load_settings()) as connection:
        shown = read_exceedances(connection, BACKTEST[-1], ["short"])
    (row,) = [e for e in shown if e.exception_id == held["exception_id"]]
    assert (row.account_id, row.business_date) == ("one", BEFORE)
    assert (row.status, row.reviewer) == ("accepted", "R. Iver")
    assert (row.note, row.cause) == ("Seen by the committee.", held["cause"])
    assert all(e.exception_id for e in shown)


def test_a_loss_that_no_margin_covers_is_laid_at_the_model(short_model, marginproof, tmp_path):
    assert marginproof("load", deliver_move(tmp_path / "in", MODEL_FAILS))[0] == 0
    backfill(marginproof)
    row = entry(marginproof)
    assert row["exceedance_class"] == "model"
    assert row["cause"].startswith("the margin without offsets fails too; largest losses: BB ")


def test_the_cause_names_the_scenario_that_set_the_margin(short_model, home, marginproof, tmp_path):
    model = home / "models" / "short.toml"
    model.write_text(f"{model.read_text()}\n[tail]\nworst_scenarios = 2\n")
    assert marginproof("load", deliver_move(tmp_path / "in"))[0] == 0
    backfill(marginproof)
    row = entry(marginproof)
    binding = read_rows(
        marginproof,
        "SELECT scenario, scenario_loss_amount, netted_margin_amount FROM out_margin_scenarios"
        " JOIN out_margin USING (business_date, model_id, account_id, mpor_days)"
        " WHERE out_margin.node_level = 'account' AND is_binding AND account_id = 'one'"
        f" AND mpor_days = 1 AND business_date = DATE '{BEFORE}' ORDER BY rank",
    )
    assert row["margin_scenario"] == binding[0]["scenario"] < str(BEFORE)
    assert row["margin_scenario_loss_amount"] == binding[0]["scenario_loss_amount"]
    assert row["margin_scenarios"] == len(binding) == 1
    # The measure is the loss under it, before the cap.
    assert binding[0]["scenario_loss_amount"] == pytest.approx(binding[0]["netted_margin_amount"])
    assert row["cause"].endswith(
        f"; margin set by scenario {row['margin_scenario']},"
        f" loss {row['margin_scenario_loss_amount']:,.0f}"
    )
