"""Portfolios of three positions worked out by hand, one file a case in tests/golden.

Each file states its intent, the working and the expected amounts of the account; prices are given
as patterns that repeat. The declaration goes through the parser and the engine, so that a parameter
which parses but has no effect fails here.
"""

import json
from datetime import date
from itertools import chain, cycle, islice
from pathlib import Path

import numpy as np
import pytest

from pipeline.margin.declaration import parse_declaration
from pipeline.margin.engine import compute_margins
from tests.markets import book, instruments, market

FOLDER = Path(__file__).parents[1] / "golden"
CASES = sorted(FOLDER.glob("*.json"))
BASE = {
    "model_id": "golden",
    "title": "Golden",
    "version": "1",
    "scenarios": {"mpor_days": [1]},
    "measure": {"name": "worst_scenario"},
}
DATES = {"first_date", "last_date", "from_date"}


def read_dates(value):
    """Dates are text in JSON; the parser wants what TOML yields."""
    if isinstance(value, dict):
        return {k: date.fromisoformat(v) if k in DATES else read_dates(v) for k, v in value.items()}
    if isinstance(value, list):
        return [read_dates(v) for v in value]
    return value


def declare(case):
    given = read_dates(case["model"])
    document = {**BASE, **given, "scenarios": {**BASE["scenarios"], **given["scenarios"]}}
    return parse_declaration(document, "golden.toml")


def lay_out(case):
    listed = instruments(
        **{
            name: {k: date.fromisoformat(v) if k == "expiry_date" else v for k, v in given.items()}
            for name, given in case["instruments"].items()
        }
    )
    series = {
        name: list(chain.from_iterable(islice(cycle(p["repeat"]), p["days"]) for p in pieces))
        for name, pieces in case["prices"].items()
    }
    vols = {
        name: [level] * len(series[name]) for name, level in case.get("implied_vols", {}).items()
    }
    return market(listed, series, vols)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path):
    case = json.loads(path.read_text(encoding="utf-8"))
    model, given = declare(case), lay_out(case)
    last = len(given.dates) - 1
    groups = {p: model.group_of(p) for p in given.instruments["product"].unique()}
    rows = [(last, "acc", name, quantity) for name, quantity in case["positions"].items()]
    result = compute_margins(given, book(given, rows, groups), model, 1, np.array([last]))
    assert result.excluded.is_empty()
    account = result.margins.filter(node_level="account").row(0, named=True)
    expected = dict(case["expected"])
    labels = expected.pop("labels", None)
    got = {
        name: account[f"{name}_amount" if name.endswith("_margin") else f"{name}_margin_amount"]
        if name != "addon"
        else account["addon_amount"]
        for name in expected
    }
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-6), case["working"]
    if labels is not None:
        assert result.rules["label"].to_list() == labels


def test_every_case_states_its_working():
    for path in CASES:
        case = json.loads(path.read_text(encoding="utf-8"))
        assert case["intent"], path.name
        assert case["working"], path.name
    assert len(CASES) >= 60
