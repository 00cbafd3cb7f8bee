"""Our own output is held to its contract like any delivery."""

from datetime import date

import polars as pl
import pytest

from pipeline.contracts import examine_margin

SOUND = pl.DataFrame(
    {
        "business_date": [date(2014, 1, 2)] * 2,
        "model_id": ["hs_es"] * 2,
        "mpor_days": pl.Series([2, 2], dtype=pl.Int32),
        "confidence_pct": [99.0, 99.0],
        "account_id": ["A", "A"],
        "node_level": ["product", "account"],
        "node_id": ["IDX", "A"],
        "standalone_margin_amount": [70.0, 100.0],
        "netted_margin_amount": [70.0, 60.0],
        "offset_credit_amount": [0.0, 40.0],
        "level_credit_amount": [0.0, 40.0],
        "cap_base_margin_amount": [70.0, 100.0],
        "capped_margin_amount": [70.0, 68.0],
        "addon_amount": [0.0, 0.0],
        "initial_margin_amount": [84.0, 81.6],
        "maintenance_margin_amount": [70.0, 68.0],
        "parameter_hash": ["h", "h"],
    }
)


def second(column: str, value: object) -> pl.DataFrame:
    """Return the sound rows with one value of the second row replaced."""
    values = [SOUND[column][0], value]
    return SOUND.with_columns(pl.Series(column, values, dtype=SOUND.schema[column], strict=False))


def test_sound_margin_passes() -> None:
    examination = examine_margin(SOUND)
    assert examination.findings == ()
    assert set(examination.results["failed_count"]) == {0}
    assert set(examination.results["checked_count"]) == {2}
    assert not examination.is_refused


def test_negative_credit_is_legal() -> None:
    frame = SOUND.with_columns(
        netted_margin_amount=pl.Series([70.0, 110.0]), offset_credit_amount=pl.Series([0.0, -10.0])
    )
    assert examine_margin(frame).findings == ()


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        (
            "netted_margin_amount",
            -1.0,
            (
                "out_margin, column netted_margin_amount, row 2 ('-1.0'), business date"
                " 2014-01-02: the"
                " value is out of range; expected a number of at least 0"
            ),
        ),
        (
            "capped_margin_amount",
            None,
            (
                "out_margin, column capped_margin_amount, row 2, business date 2014-01-02: the"
                " value is"
                " missing; expected a number in every row"
            ),
        ),
        (
            "offset_credit_amount",
            41.0,
            (
                "out_margin, column offset_credit_amount, row 2 ('hs_es A account A'), business"
                " date"
                " 2014-01-02: the amounts do not agree with each other; expected offset credit"
                " equal to"
                " standalone less netted margin, initial margin not below maintenance margin"
            ),
        ),
        (
            "initial_margin_amount",
            67.9,
            (
                "out_margin, column offset_credit_amount, row 2 ('hs_es A account A'), business"
                " date"
                " 2014-01-02: the amounts do not agree with each other; expected offset credit"
                " equal to"
                " standalone less netted margin, initial margin not below maintenance margin"
            ),
        ),
        (
            "node_level",
            "desk",
            (
                "out_margin, column node_level, row 2 ('desk'), business date 2014-01-02: the"
                " value is"
                " not allowed; expected one of instrument, product, offset_group, account"
            ),
        ),
    ],
)
def test_breach_of_the_margin_contract(column: str, value: object, sentence: str) -> None:
    messages = [finding.message for finding in examine_margin(second(column, value)).findings]
    assert sentence in messages
    allowed = 2 if column == "netted_margin_amount" else 1  # its credit no longer agrees either
    assert len(messages) == allowed


def test_node_that_stands_twice() -> None:
    examination = examine_margin(pl.concat([SOUND, SOUND.tail(1)]))
    assert [finding.message for finding in examination.findings] == [
        (
            "out_margin, column node_id, rows 2 and 3 ('hs_es 2 A account A'), business date"
            " 2014-01-02:"
            " the node stands more than once; expected one row per date, model, margin period of"
            " risk,"
            " account and node"
        )
    ]
    assert examination.stopped_dates == {date(2014, 1, 2)}
