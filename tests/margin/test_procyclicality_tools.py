"""The three tools of Art. 28: hand figures, labels, limits and properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.errors import CheckFailed
from pipeline.margin.procyclicality_tools import (
    FloorLabel,
    apply_buffer,
    apply_volatility_floor,
    observation_weights,
    weight_stressed_margin,
)

series = arrays(
    np.float64, st.tuples(st.integers(1, 30), st.integers(1, 3)), elements=st.floats(0, 1e6)
)


def test_buffer_is_whole_in_calm_absorbs_a_rise_and_is_exhausted_in_stress():
    core = np.array([[100.0], [100.0], [110.0], [150.0]])
    result = apply_buffer(core, buffer=0.25, reference_days=2)
    # Reference 100 on the first three dates, 105 on the last.
    np.testing.assert_allclose(result.margin_amount[:, 0], [125.0, 125.0, 125.0, 150.0])
    used = 1 - (125 / 110 - 1) / 0.25
    np.testing.assert_allclose(result.used_share[:, 0], [0.0, 0.0, used, 1.0])
    assert result.meets_article_28


def test_buffer_refills_when_the_rise_is_the_norm():
    core = np.array([[100.0]] * 5 + [[200.0]] * 6)
    result = apply_buffer(core, buffer=0.25, reference_days=3)
    assert result.used_share[5, 0] == 1.0
    np.testing.assert_allclose(result.margin_amount[8:, 0], 250.0)


def test_a_smaller_buffer_does_not_meet_the_article():
    assert not apply_buffer(np.ones((2, 1)), buffer=0.2).meets_article_28
    with pytest.raises(CheckFailed, match="above zero"):
        apply_buffer(np.ones((2, 1)), buffer=0.0)


@given(series, st.integers(1, 10))
@settings(deadline=None)
def test_buffer_bounds_and_no_look_ahead(core, days):
    result = apply_buffer(core, 0.25, days)
    assert (result.margin_amount >= core).all()
    assert (result.margin_amount <= 1.25 * core * (1 + 1e-12)).all()
    assert ((result.used_share >= 0) & (result.used_share <= 1)).all()
    shorter = apply_buffer(core[:-1], 0.25, days)
    np.testing.assert_array_equal(shorter.margin_amount, result.margin_amount[:-1])
    # One date at a time, the slow way.
    for t in range(len(core)):
        past = core[max(t - days, 0) : t]
        reference = past.mean(axis=0) if t else core[0]
        expected = np.minimum(1.25 * core[t], np.maximum(core[t], 1.25 * reference))
        np.testing.assert_allclose(result.margin_amount[t], expected, rtol=1e-9, atol=1e-6)


def test_weight_on_stressed_margin():
    core, stressed = np.array([100.0, 300.0]), np.array([200.0, 200.0])
    result = weight_stressed_margin(core, stressed, 0.25)
    np.testing.assert_allclose(result.margin_amount, [125.0, 275.0])
    assert result.meets_article_28
    none = weight_stressed_margin(core, stressed, 0.0)
    np.testing.assert_array_equal(none.margin_amount, core)
    assert not none.meets_article_28
    np.testing.assert_array_equal(
        weight_stressed_margin(core, stressed, 1.0).margin_amount, stressed
    )
    with pytest.raises(CheckFailed, match="between 0 and 1"):
        weight_stressed_margin(core, stressed, 25.0)


def test_observation_weights():
    weights = observation_weights(np.array([True] * 10 + [False] * 90), 0.25)
    np.testing.assert_allclose(weights[:10], 0.025)
    np.testing.assert_allclose(weights[10:], 0.75 / 90)
    # Stressed observations already weigh enough: all the same.
    equal = observation_weights(np.array([True] * 50 + [False] * 50), 0.25)
    np.testing.assert_allclose(equal, 0.01)
    np.testing.assert_allclose(observation_weights(np.zeros(4, dtype=bool), 0.0), 0.25)
    with pytest.raises(CheckFailed, match="no stressed observation"):
        observation_weights(np.zeros(4, dtype=bool), 0.25)
    with pytest.raises(CheckFailed, match="no observation to weigh"):
        observation_weights(np.zeros(0, dtype=bool), 0.25)


@given(arrays(np.bool_, st.integers(1, 200)), st.floats(0, 1))
@settings(deadline=None)
def test_observation_weights_sum_to_one(is_stressed, weight):
    if not is_stressed.any():
        is_stressed[0] = True
    weights = observation_weights(is_stressed, weight)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0).all()
    assert weights[is_stressed].sum() >= weight - 1e-9


@pytest.mark.parametrize(
    ("years", "label", "meets"),
    [
        (10.0, FloorLabel.TEN_YEAR, True),
        (12.5, FloorLabel.TEN_YEAR, True),
        (9.99, FloorLabel.SHORT_HISTORY, False),
        (0.5, FloorLabel.SHORT_HISTORY, False),
    ],
)
def test_floor_on_a_short_history_is_never_cited_as_article_28(years, label, meets):
    core, floor = np.array([100.0, 80.0]), np.array([90.0, 95.0])
    result = apply_volatility_floor(core, floor, years)
    np.testing.assert_array_equal(result.margin_amount, [100.0, 95.0])
    np.testing.assert_array_equal(result.is_floored, [False, True])
    assert (result.label, result.meets_article_28) == (label, meets)


def test_missing_margins_are_refused():
    bad, good = np.array([[np.nan]]), np.ones((1, 1))
    for call in (
        lambda: apply_buffer(bad),
        lambda: weight_stressed_margin(good, bad),
        lambda: apply_volatility_floor(good, bad, 10),
    ):
        with pytest.raises(CheckFailed, match="missing"):
            call()
