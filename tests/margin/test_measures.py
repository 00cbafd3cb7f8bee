import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.margin.measures import Measure, measure_losses
from tests.margin import oracle

NAMES = ["value_at_risk", "expected_shortfall", "worst_scenario"]
LOSSES = arrays(
    np.float64,
    st.tuples(st.integers(1, 4), st.integers(1, 60)),
    elements=st.floats(-1e6, 1e6, allow_nan=False),
)


def test_value_at_risk_is_the_sixth_largest_of_500_at_99_pct():
    losses = np.arange(1.0, 501.0)[None, :]
    assert measure_losses(losses, Measure("value_at_risk", 99.0))[0] == 495.0


def test_expected_shortfall_weighs_the_boundary_scenario_by_its_fraction():
    # 97.5 % of 100 scenarios: the worst two whole, half of the third.
    losses = np.arange(1.0, 101.0)[None, :]
    expected = (100.0 + 99.0 + 0.5 * 98.0) / 2.5
    assert measure_losses(losses, Measure("expected_shortfall", 97.5))[0] == pytest.approx(expected)


def test_expected_shortfall_of_a_tail_below_one_scenario_is_the_worst_loss():
    losses = np.arange(1.0, 11.0)[None, :]
    assert measure_losses(losses, Measure("expected_shortfall", 99.0))[0] == 10.0


@pytest.mark.parametrize("name", NAMES)
def test_a_certain_gain_needs_no_margin(name):
    assert measure_losses(-np.ones((1, 50)), Measure(name, 99.0))[0] == 0.0


@pytest.mark.parametrize("confidence", [50.0, 90.0, 95.0, 97.5, 99.0, 99.5, 99.9])
@pytest.mark.parametrize("name", NAMES)
@given(losses=LOSSES)
def test_agrees_with_the_oracle(name, confidence, losses):
    expected = [oracle.measure(list(row), name, confidence) for row in losses]
    got = measure_losses(losses.copy(), Measure(name, confidence))
    assert got == pytest.approx(expected, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
@given(losses=LOSSES, scale=st.floats(1e-3, 1e3))
def test_is_positively_homogeneous(name, losses, scale):
    measure = Measure(name, 97.5)
    scaled = measure_losses(losses * scale, measure)
    assert scaled == pytest.approx(
        scale * measure_losses(losses.copy(), measure), rel=1e-9, abs=1e-6
    )


@pytest.mark.parametrize("name", ["expected_shortfall", "worst_scenario"])
@given(data=st.data(), scenarios=st.integers(1, 60))
def test_coherent_measures_never_charge_more_for_a_merger(name, data, scenarios):
    shape = (1, scenarios)
    values = st.floats(-1e6, 1e6, allow_nan=False)
    one = data.draw(arrays(np.float64, shape, elements=values))
    other = data.draw(arrays(np.float64, shape, elements=values))
    measure = Measure(name, 97.5)
    merged = measure_losses(one + other, measure)[0]
    apart = measure_losses(one.copy(), measure)[0] + measure_losses(other.copy(), measure)[0]
    assert merged <= apart + 1e-6 + 1e-9 * abs(apart)
