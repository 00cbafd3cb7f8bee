"""Disclosure figures and ISO 20022 messages agree with the warehouse and with their schemas."""

import csv
from datetime import date

import pytest
from lxml import etree

from pipeline.errors import CheckFailed
from pipeline.rendering.messages import Methodology, MonthlyResult, write_definition, write_results
from pipeline.resources import resource_path
from pipeline.steps.export import twelve_months_before
from tests.steps.trial import BACKTEST, MODEL_FAILS, backfill, deliver_move, read_rows

LAST = BACKTEST[-1]
NAMES = {
    name: {None: f"urn:iso:std:iso:20022:tech:xsd:{name}.001.01"}
    for name in ("auth.065", "auth.066")
}


def schema(name):
    return etree.XMLSchema(file=str(resource_path(f"reports/schemas/{name}.001.01.xsd")))


def validate(name, content):
    document = etree.fromstring(content)
    schema(name).assertValid(document)
    return document


@pytest.fixture
def exported(short_model, marginproof, tmp_path):
    assert marginproof("load", deliver_move(tmp_path / "in", MODEL_FAILS))[0] == 0
    backfill(marginproof)
    code, out, err = marginproof("export", "--as-of", LAST, "--output", tmp_path / "out")
    assert code == 0, err
    folder = tmp_path / "out"
    assert out.split() == [
        str(folder / name)
        for name in (
            f"disclosure-{LAST}.csv",
            f"auth.065-{LAST}.xml",
            f"auth.066-short-{LAST}.xml",
        )
    ]
    return folder


def test_the_disclosure_is_what_the_warehouse_counts(exported, marginproof):
    with (exported / f"disclosure-{LAST}.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["item"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["6.5.1", "6.5.2", "6.5.3", "6.5.4", "6.5.5", "6.6.1", "6.7.1", "6.8.1"]
    assert {row["report_date"] for row in rows.values()} == {str(LAST)}
    assert {row["period_start_date"] for row in rows.values()} == {"2023-02-15"}
    (counted,) = read_rows(
        marginproof,
        "SELECT count_if(is_exceedance) AS x, count(*) AS n,"
        " max(shortfall_amount) AS peak, sum(shortfall_amount) AS total FROM out_backtest"
        " WHERE scope = 'account' AND track = 'adequacy' AND mpor_days = 1 AND status = 'observed'",
    )
    paid = [
        row["paid"]
        for row in read_rows(
            marginproof,
            "SELECT horizon_end_date, sum(greatest(loss_amount, 0)) AS paid FROM out_backtest"
            " WHERE scope = 'account' AND track = 'adequacy' AND mpor_days = 1"
            " AND status = 'observed' GROUP BY ALL",
        )
    ]
    (called,) = read_rows(
        marginproof, "SELECT max(call_amount) AS most FROM out_margin_calls WHERE mpor_days = 1"
    )
    value = {item: float(row["value"]) for item, row in rows.items()}
    assert (value["6.5.1"], value["6.5.2"]) == (counted["x"], counted["n"])
    assert counted["x"] == 2
    assert value["6.5.3"] == pytest.approx(100 * (1 - counted["x"] / counted["n"]), abs=1e-4)
    assert value["6.5.4"] == pytest.approx(counted["peak"], abs=1e-4)
    assert value["6.5.5"] == pytest.approx(counted["total"] / counted["x"], abs=1e-4)
    assert value["6.6.1"] == pytest.approx(sum(paid) / len(paid), abs=1e-4)
    assert value["6.7.1"] == pytest.approx(max(paid), abs=1e-4)
    assert value["6.8.1"] == pytest.approx(called["most"], abs=1e-4)
    assert [row["unit"] for row in rows.values()] == ["count", "count", "pct", *["USD"] * 5]
    assert all(len(row["label"]) > 20 for row in rows.values())


def test_the_messages_are_valid_and_carry_the_months_of_the_core_model(exported, marginproof):
    definition = validate("auth.065", (exported / f"auth.065-{LAST}.xml").read_bytes())
    assert definition.findtext(".//Prtry/Id", namespaces=NAMES["auth.065"]) == "short"
    assert definition.findtext(".//MdlCnfdncLvl", namespaces=NAMES["auth.065"]) == "0.99"
    result = validate("auth.066", (exported / f"auth.066-short-{LAST}.xml").read_bytes())
    months = result.findall(".//MnthlyRslt", namespaces=NAMES["auth.066"])
    expected = read_rows(
        marginproof,
        "SELECT count(*) AS n, count_if(is_exceedance) AS x,"
        " coalesce(max(shortfall_amount), 0) AS most FROM out_backtest WHERE scope = 'account'"
        " AND track = 'core_model' AND mpor_days = 1 AND status = 'observed'"
        " GROUP BY date_trunc('month', horizon_end_date)"
        " ORDER BY date_trunc('month', horizon_end_date)",
    )
    assert len(months) == len(expected) == 2
    for month, row in zip(months, expected, strict=True):
        text = {child.tag.partition("}")[2]: child.text for child in month}
        assert (int(text["NbOfObsrvtns"]), int(text["NbOfXcptns"])) == (row["n"], row["x"])
        assert float(text["Cvrg"]) == pytest.approx(1 - row["x"] / row["n"], abs=1e-10)
        assert float(text["LrgstXcptn"]) == pytest.approx(row["most"], abs=1e-4)
    (entry,) = read_rows(
        marginproof,
        "SELECT exception_id FROM out_exceptions WHERE track = 'core_model' AND mpor_days = 1"
        " ORDER BY shortfall_amount DESC LIMIT 1",
    )
    named = result.findall(".//LrgstXcptnId/Id", namespaces=NAMES["auth.066"])
    assert [node.text for node in named] == [entry["exception_id"]]


def test_exporting_twice_gives_the_same_bytes_and_leaves_nothing_else(exported, marginproof):
    before = {path.name: path.read_bytes() for path in exported.iterdir()}
    assert len(before) == 3
    assert marginproof("export", "--as-of", LAST, "--output", exported)[0] == 0
    assert {path.name: path.read_bytes() for path in exported.iterdir()} == before


def test_a_date_without_a_backtest_is_one_sentence(exported, marginproof, tmp_path):
    code, out, err = marginproof("export", "--as-of", "2024-01-10", "--output", tmp_path / "none")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "no backtest is published as of 2024-01-10" in err
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(exported, marginproof, tmp_path):
    (tmp_path / "file").write_text("in the way")
    code, _, err = marginproof("export", "--as-of", LAST, "--output", tmp_path / "file" / "deeper")
    assert (code, err.count("\n")) == (3, 1)
    assert "cannot be written" in err


@pytest.mark.parametrize(
    ("last", "first"),
    [
        (date(2018, 12, 28), date(2017, 12, 29)),
        (date(2023, 12, 31), date(2023, 1, 1)),
        (date(2024, 2, 29), date(2023, 3, 1)),
        (date(2025, 2, 28), date(2024, 2, 29)),
    ],
)
def test_twelve_months_begin_the_day_after_the_same_day_a_year_ago(last, first):
    assert twelve_months_before(last) == first


AWKWARD = [
    MonthlyResult(1, 1, 0.000004, 0.000004, "x" * 300, "ü<&>\x00" * 60),
    MonthlyResult(3, 1, 12_345_678_901_234.56, 99_999_999_999_999.999_99),
    MonthlyResult(10**9, 10**9 - 1, 1e17, 1.5),
    MonthlyResult(7, 0, 0.0, 0.0),
]


def test_awkward_numbers_and_texts_still_make_a_valid_message():
    document = validate("auth.066", write_results(AWKWARD, "USD", "I" * 50))
    coverage = document.findall(".//Cvrg", namespaces=NAMES["auth.066"])
    assert [node.text for node in coverage] == ["0", "0.6666666667", "0.000000001", "1"]
    largest = document.findall(".//LrgstXcptn", namespaces=NAMES["auth.066"])
    assert [node.text for node in largest] == [
        "0",
        "12345678901234.56",
        "100000000000000000",
        "0",
    ]
    methods = [
        Methodology("m" * 40, "i", 0.999, False, "d" * 3000),
        Methodology("a", "b", 1, True, ""),
    ]
    definition = validate("auth.065", write_definition(methods))
    clean = definition.findall(".//VartnMrgnCleanInd", namespaces=NAMES["auth.065"])
    assert [node.text for node in clean] == ["false", "true"]


@pytest.mark.parametrize(
    "write",
    [
        lambda: write_definition([]),
        lambda: write_results([], "USD", "i"),
        lambda: write_results([MonthlyResult(0, 0, 0.0, 0.0)], "USD", "i"),
        lambda: write_results([MonthlyResult(1, 1, 1e20, 1.0)], "USD", "i"),
        lambda: write_results([MonthlyResult(1, 1, 1.0, 1.0)], "BITCOIN", "i"),
    ],
)
def test_what_no_message_can_say_is_refused(write):
    with pytest.raises(CheckFailed, match=r"message|auth\.06"):
        write()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("auth.066", b"<Document/>"),
        (
            "auth.066",
            write_results([MonthlyResult(1, 1, 1.0, 1.0)], "USD", "i").replace(
                b"<NbOfObsrvtns>1", b"<NbOfObsrvtns>0"
            ),
        ),
        (
            "auth.066",
            write_results([MonthlyResult(1, 1, 1.0, 1.0)], "USD", "i").replace(b'Ccy="USD"', b""),
        ),
        (
            "auth.065",
            write_definition([Methodology("m", "i", 0.99, True, "d")]).replace(b"0.99", b"1.01"),
        ),
    ],
)
def test_the_schemas_refuse_what_the_message_does_not_allow(name, content):
    assert not schema(name).validate(etree.fromstring(content))
