"""Each defect stops its date with one sentence; the earlier snapshot stays published."""

import json

import pytest

from tests.deliveries import dates, write, write_delivery, write_positions, write_prices

DAYS = dates(4)
POSITIONS = "business_date,account_id,instrument_id,quantity"
PRICES = "business_date,instrument_id,settlement_price"
NEW = DAYS[3]
GOOD_PRICES = [f"{NEW},AA,100.0", f"{NEW},BB,50.0"]


def unknown_instrument(folder):
    write_prices(folder, [NEW])
    write(folder, "positions.csv", POSITIONS, [f"{NEW},one,AA,1", f"{NEW},one,ZZ,1"])
    return "positions.csv", "instrument_id", "'ZZ'"


def duplicate_key(folder):
    write_prices(folder, [NEW])
    write(folder, "positions.csv", POSITIONS, [f"{NEW},one,AA,1", f"{NEW},one,AA,2"])
    return "positions.csv", "2 and 3", "AA"


def missing_column(folder):
    write_prices(folder, [NEW])
    write(folder, "positions.csv", "business_date,account_id,instrument_id", [f"{NEW},one,AA"])
    return "positions.csv", "quantity", "quantity"


def null_price(folder):
    write_positions(folder, [NEW])
    write(folder, "prices.csv", PRICES, [f"{NEW},AA,", f"{NEW},BB,50.0"])
    return "prices.csv", "settlement_price", "row 2"


def text_in_a_number(folder):
    write_prices(folder, [NEW])
    write(folder, "positions.csv", POSITIONS, [f"{NEW},one,AA,1", f"{NEW},one,BB,ten"])
    return "positions.csv", "quantity", "'ten'"


def no_prices(folder):
    write_positions(folder, [NEW])
    return "positions.csv", str(NEW), "price"


def empty_file(folder):
    write_prices(folder, [NEW])
    (folder / "positions.csv").write_bytes(b"")
    return "positions.csv", "positions.csv", "empty"


DEFECTS = [
    unknown_instrument,
    duplicate_key,
    missing_column,
    null_price,
    text_in_a_number,
    no_prices,
    empty_file,
]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: d.__name__)
def test_a_defect_stops_its_date_and_leaves_the_snapshot(
    defect, marginproof, tmp_path, short_model
):
    assert marginproof("load", write_delivery(tmp_path / "good", DAYS[:3], DAYS[:3]))[0] == 0

    def state():
        _, out, _ = marginproof(
            "sql",
            "--format",
            "json",
            "-c",
            "SELECT 'price' AS kind, business_date, count(*) AS n FROM core_prices GROUP BY ALL"
            " UNION ALL SELECT 'position', business_date, count(*) FROM core_positions"
            " GROUP BY ALL ORDER BY ALL",
        )
        return json.loads(out)

    before = state()
    bad = tmp_path / "bad"
    words = defect(bad)
    code, out, err = marginproof("load", bad)
    assert code == 1
    assert out == ""
    sentence = err.strip().splitlines()[-1]
    assert sentence.startswith("marginproof: ")
    assert "Traceback" not in err
    for word in words:
        assert word in sentence
    assert marginproof("publish")[0] == 0
    assert state() == before, "nothing of the date is committed"


def test_the_other_dates_of_a_delivery_are_loaded(marginproof, tmp_path, short_model):
    folder = write_delivery(tmp_path / "in", DAYS, DAYS)
    path = folder / "positions.csv"
    path.write_text(path.read_text() + f"{NEW},one,ZZ,1\n", encoding="utf-8")
    code, _, err = marginproof("load", folder)
    assert code == 1
    assert "'ZZ'" in err
    _, out, _ = marginproof(
        "sql",
        "--format",
        "json",
        "-c",
        "SELECT max(business_date)::VARCHAR AS last FROM core_prices",
    )
    assert json.loads(out) == [{"last": str(DAYS[2])}]


def test_a_folder_without_files_is_said(marginproof, tmp_path):
    (tmp_path / "nothing").mkdir()
    code, _, err = marginproof("load", tmp_path / "nothing")
    assert code == 1
    assert str(tmp_path / "nothing") in err
    code, _, err = marginproof("load", tmp_path / "nowhere")
    assert code in (1, 2)
    assert "nowhere" in err
