"""Declarations: strict keys, checked values in one sentence, a hash over every parameter."""

import copy
import json
import tomllib
from datetime import date

import pytest

from pipeline.errors import WrongUse
from pipeline.margin.declaration import list_parameters, parse_declaration
from pipeline.resources import resource_path

SHIPPED = ["fhs", "fixed", "grid", "hes", "hvar", "span", "tims"]


def read(model_id):
    return tomllib.loads(resource_path(f"models/{model_id}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("model_id", SHIPPED)
def test_shipped_models_parse_and_name_the_source_of_parameters_that_exist(model_id):
    model = parse_declaration(read(model_id), f"{model_id}.toml")
    names = {name for name, _, _ in list_parameters(model)}
    assert set(model.sources) <= names
    assert model.offset_groups[0].rationale
    assert {name for name, _, source in list_parameters(model) if source} == set(model.sources)


def leaves(table, path=()):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        elif not (isinstance(value, list) and value and isinstance(value[0], dict)):
            yield (*path, key)
        else:
            for number, entry in enumerate(value):
                yield from leaves(entry, (*path, key, number))


def changed(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 0.99 if value else 0.01
    if isinstance(value, date):
        return value.replace(day=value.day % 27 + 1)
    if isinstance(value, list):
        return value[1:] if len(value) > 1 else [*value, 7]
    return value + "x"


@pytest.mark.parametrize("model_id", SHIPPED)
def test_the_hash_covers_every_parameter_that_a_file_states(model_id):
    base = parse_declaration(read(model_id), "m.toml").parameter_hash
    checked = 0
    for path in leaves(read(model_id)):
        document = copy.deepcopy(read(model_id))
        table = document
        for key in path[:-1]:
            table = table[key]
        table[path[-1]] = changed(table[path[-1]])
        try:
            other = parse_declaration(document, "m.toml").parameter_hash
        except WrongUse:
            continue  # words such as a method, and values that must fit others
        assert other != base, path
        checked += 1
    assert checked > 10


REFUSED = [
    ("hes", {"scenarios": {"lokback": 1}}, "x.toml: scenarios: unknown key 'lokback'"),
    ("hes", {"scenarios": {"source": "monte_carlo"}}, "x.toml: scenarios.source: expected one of"),
    ("hes", {"scenarios": {"lookback_days": 0}}, "scenarios.lookback_days: expected at least 1"),
    ("hes", {"scenarios": {"lookback_days": 1.5}}, "expected a whole number"),
    ("hes", {"scenarios": {"lookback_days": True}}, "expected a whole number"),
    ("hes", {"scenarios": {"mpor_days": 2}}, "scenarios.mpor_days: expected a list"),
    ("hes", {"scenarios": {"maturity_days": [60, 30]}}, "maturity_days: expected ascending"),
    ("hes", {"measure": {"confidence_pct": "99"}}, "measure.confidence_pct: expected a number"),
    ("hes", {"measure": {"confidence_pct": float("nan")}}, "expected a number"),
    ("hes", {"tree": {"cap": 1.1}}, "tree.cap: expected a value from 0 to 1"),
    ("hes", {"tree": {"cap_base": "desk"}}, "tree.cap_base: expected one of instrument"),
    ("hes", {"initial_factor": 0.9}, "initial_factor: expected at least 1"),
    ("hes", {"fixed": {}}, "fixed: expected a table \\[fixed\\] exactly where"),
    ("hes", {"gate": {"threshold": 0.5}}, "gate: expected tree.account = 'margins'"),
    ("hes", {"gate": {}}, "gate: missing .*threshold"),
    ("hes", {"stress": {"mixed_in": True}}, "stress.mixed_in: expected a stress period"),
    ("hes", {"procyclicality": {"stress_weight": 0.25}}, "expected a stress period to weigh"),
    ("hes", {"procyclicality": {"buffer": -0.1}}, "procyclicality.buffer: expected at least 0"),
    ("hes", {"volatility": {"decay": 1.0}}, "volatility.decay: expected a value between 0 and 1"),
    ("hes", {"volatility": {"ratio_floor": 2.0, "ratio_cap": 1.0}}, "ratio_floor: expected at"),
    ("hes", {"addons": {"contingency_rate": 2.0}}, "contingency_rate: expected a value from 0"),
    (
        "hes",
        {"addons": {"concentration": {"thresholds": [1.0], "rates": [], "liquidity": []}}},
        "concentration.rates: expected one rate",
    ),
    (
        "fhs",
        {"stress": {"periods": [{"id": "p", "first_date": "2020-01-01", "last_date": 1}]}},
        "stress.periods.first_date: expected a date",
    ),
    (
        "fhs",
        {
            "stress": {
                "periods": [
                    {"id": "p", "first_date": date(2020, 2, 1), "last_date": date(2020, 1, 1)}
                ]
            }
        },
        "expected a first_date that is not after",
    ),
    ("fhs", {"gate": {"threshold": 1.5}}, "gate.threshold: expected a value from 0 to 1"),
    ("fhs", {"gate": {"method": "kendall"}}, "gate.method: expected one of pearson, spearman"),
    ("span", {"measure": {"name": "value_at_risk"}}, "measure.name: expected worst_scenario"),
    ("span", {"tree": {"account": "scenarios"}}, "tree.account: expected margins"),
    ("span", {"tree": {"offset_group": "scenarios"}}, "tree.offset_group: expected margins"),
    ("span", {"span": {"extreme_cover_fraction": 1.5}}, "extreme_cover_fraction: expected a value"),
    ("span", {"span": {"price_risk_method": "odd"}}, "price_risk_method: expected one of normal"),
    ("span", {"span": {"price_range": {"deviations": 0.0}}}, "deviations: expected a value above"),
    (
        "span",
        {"span": {"risk_arrays": [{"instrument": "F", "losses": [1.0]}]}},
        "risk_arrays F: expected sixteen losses",
    ),
    ("span", {"offset_groups": []}, "expected legs inside one declared offset group"),
    ("grid", {"grid": {"price_moves": []}}, "grid.price_moves: expected moves above -1"),
    ("grid", {"grid": {"extended_weights": [0.1]}}, "expected one weight from 0 to 1"),
    ("grid", {"procyclicality": {"buffer": 0.25}}, "procyclicality: expected no tool"),
    ("tims", {"tims": {"range_down_pct": 100.0}}, "tims.range_down_pct: expected ranges above 0"),
    ("tims", {"offset_groups": []}, "tims.class_groups us-equity: expected a declared offset"),
    ("fixed", {"fixed": {"rates": [{"product": "A"}]}}, "fixed.rates: missing .*from_date"),
]


@pytest.mark.parametrize(("model_id", "change", "sentence"), REFUSED, ids=lambda v: str(v)[:60])
def test_a_bad_declaration_is_refused_in_one_sentence(model_id, change, sentence):
    document = read(model_id)
    for name, value in change.items():
        inner = isinstance(value, dict) and isinstance(document.get(name), dict)
        if inner and name == "gate" and not value:
            inner = False
        document[name] = {**document[name], **value} if inner else value
    with pytest.raises(WrongUse, match=sentence) as refused:
        parse_declaration(document, "x.toml")
    assert "\n" not in str(refused.value)


def test_parameters_are_plain_values():
    for model_id in SHIPPED:
        model = parse_declaration(read(model_id), f"{model_id}.toml")
        assert json.dumps([(n, v) for n, v, _ in list_parameters(model)], default=str)
