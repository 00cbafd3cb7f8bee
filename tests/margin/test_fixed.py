"""The fixed model: hand figures, refusal of missing values, invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.errors import CheckFailed
from pipeline.margin.fixed import fixed_margin, fixed_position_margins

RATE = np.array([12_000.0, 500.0, 0.0])
positions = arrays(np.float64, (4, 3), elements=st.floats(-1e6, 1e6).map(lambda x: round(x, 4)))


def test_hedges_earn_nothing():
    quantities = np.array([[2.0, -3.0, 7.0], [-2.0, 3.0, -7.0], [0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(fixed_margin(quantities, RATE), [25_500, 25_500, 0])
    np.testing.assert_array_equal(fixed_position_margins(quantities, RATE)[0], [24_000, 1_500, 0])


def test_missing_or_negative_values_are_refused():
    with pytest.raises(CheckFailed, match="1 of 3 values are missing"):
        fixed_margin(np.array([[1.0, np.nan, 0.0]]), RATE)
    with pytest.raises(CheckFailed, match="margin per contract: 1 of 3"):
        fixed_margin(np.ones((1, 3)), np.array([1.0, np.nan, 1.0]))
    with pytest.raises(CheckFailed, match="must not be negative"):
        fixed_margin(np.ones((1, 3)), -RATE)


@given(positions, st.floats(0.01, 100))
@settings(deadline=None)
def test_scaling_mirror_and_merging(quantities, scale):
    margin = fixed_margin(quantities, RATE)
    np.testing.assert_allclose(fixed_margin(scale * quantities, RATE), scale * margin)
    np.testing.assert_array_equal(fixed_margin(-quantities, RATE), margin)
    merged = fixed_margin(quantities[:1] + quantities[1:2], RATE)
    assert merged[0] <= (margin[0] + margin[1]) * (1 + 1e-12) + 1e-9
    assert (margin >= 0).all()
