"""The business date of every kind of run, from one pure rule."""

import contextlib
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from business_date import NoBusinessDateError, resolve_business_date
from hypothesis import given
from hypothesis import strategies as st

EVENING = datetime(2026, 1, 5, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize("run_type", ["scheduled", "backfill", "manual", "operator_triggered"])
def test_run_with_a_logical_date_is_for_that_date(run_type: str) -> None:
    assert resolve_business_date(run_type=run_type, logical_date=EVENING) == date(2026, 1, 5)


def test_logical_date_is_read_in_utc() -> None:
    singapore = timezone(timedelta(hours=8))
    logical_date = datetime(2026, 1, 6, 6, 0, tzinfo=singapore)
    assert resolve_business_date(run_type="manual", logical_date=logical_date) == date(2026, 1, 5)


@pytest.mark.parametrize("run_type", ["manual", "scheduled", "backfill", "asset_triggered"])
@pytest.mark.parametrize("logical_date", [None, EVENING])
def test_requested_date_wins(run_type: str, logical_date: datetime | None) -> None:
    day = resolve_business_date(
        run_type=run_type,
        logical_date=logical_date,
        requested="2020-03-12",
        asset_extras=[{"business_date": "2026-01-02"}],
    )
    assert day == date(2020, 3, 12)


@pytest.mark.parametrize("run_type", ["manual", "operator_triggered", "asset_materialization"])
def test_run_without_any_date_is_refused(run_type: str) -> None:
    with pytest.raises(NoBusinessDateError, match=r"no logical date .* business_date set to YYYY"):
        resolve_business_date(run_type=run_type, logical_date=None)


def test_logical_date_without_time_zone_is_refused() -> None:
    with pytest.raises(NoBusinessDateError, match="no time zone"):
        resolve_business_date(run_type="manual", logical_date=EVENING.replace(tzinfo=None))


def test_asset_event_names_the_date() -> None:
    day = resolve_business_date(
        run_type="asset_triggered",
        logical_date=None,
        asset_extras=[{"business_date": "2026-01-02", "files": 4}, {"business_date": "2026-01-02"}],
    )
    assert day == date(2026, 1, 2)


@pytest.mark.parametrize(
    ("extras", "message"),
    [
        ([], "no asset event"),
        ([{}], "without naming a date"),
        ([{"business_date": "2026-01-02"}, {"files": 3}], "without naming a date"),
        ([{"business_date": 20260102}], "not a date of the form YYYY-MM-DD"),
        (
            [{"business_date": "2026-01-05"}, {"business_date": "2026-01-02"}],
            r"2 business dates \(2026-01-02, 2026-01-05\)",
        ),
    ],
)
def test_asset_run_without_one_clear_date_is_refused(
    extras: list[dict[str, object]], message: str
) -> None:
    # The logical date must not stand in: it says when the event came, not what it is about.
    with pytest.raises(NoBusinessDateError, match=message):
        resolve_business_date(run_type="asset_triggered", logical_date=EVENING, asset_extras=extras)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-1-5",
        "20260105",
        "2026-W01-1",
        "2026-02-30",
        "05.01.2026",
        " 2026-01-05",
        "2026-01-05\n",
        "２０２６-01-05",
        "2026-01-05; rm -rf /",
        "2026-01-05' OR '1'='1",
        "--help",
        "{{ ds }}",
        20260105,
        True,
    ],
)
def test_text_that_is_not_a_plain_date_is_refused(text: object) -> None:
    with pytest.raises(NoBusinessDateError, match="not a date of the form YYYY-MM-DD"):
        resolve_business_date(run_type="manual", logical_date=EVENING, requested=text)


@given(st.one_of(st.text(), st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")))
def test_whatever_is_accepted_is_the_date_itself(text: str) -> None:
    accepted = None
    with contextlib.suppress(NoBusinessDateError):
        accepted = resolve_business_date(run_type="manual", logical_date=None, requested=text)
    assert accepted is None or accepted.isoformat() == text
