"""TIMS by hand, each parameter at its least and greatest value, an oracle and its properties."""

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import CheckFailed
from pipeline.margin.option_terms import OptionTerms
from pipeline.margin.tims import (
    TimsInstruments,
    linear_point_losses,
    option_point_losses,
    tims_margin,
    tims_unit_margins,
    valuation_points,
)

POINTS = valuation_points(0.15, 0.15)


def two_indices(**changes):
    """Two indices in one product group, each its own class group, and a third group apart.

    Prices 100, 100 and 50 with multipliers 1, 1 and 2: one unit of each loses 15 at -15 %.
    """
    given_or = {
        "product_class": np.array([0, 1, 2]),
        "class_group": np.array([0, 1, 2]),
        "product_group": np.array([0, 0, 1]),
        "point_losses": linear_point_losses(
            np.array([100.0, 100.0, 50.0]), np.array([1.0, 1.0, 2.0]), POINTS
        ),
        "minimum_charge": np.zeros(3),
        "class_group_offset": np.ones(3),
        "product_group_offset": np.array([0.9, 0.0]),
    }
    return TimsInstruments(**(given_or | changes))


def requirement(quantities, **changes):
    result = tims_margin(np.array([quantities], dtype=float), two_indices(**changes))
    return float(result.requirement[0])


def test_ten_equidistant_points():
    np.testing.assert_allclose(
        POINTS, [-0.15, -0.12, -0.09, -0.06, -0.03, 0.03, 0.06, 0.09, 0.12, 0.15]
    )
    np.testing.assert_allclose(
        valuation_points(0.08, 0.06)[[0, 4, 5, 9]], [-0.08, -0.016, 0.012, 0.06]
    )
    with pytest.raises(CheckFailed, match="TIMS ranges"):
        valuation_points(1.0, 0.1)


def test_option_losses_are_full_revaluations():
    terms = OptionTerms(
        forward=np.array([100.0]),
        strike=np.array([95.0]),
        years=np.array([0.5]),
        volatility=np.array([0.3]),
        is_call=np.array([False]),
        multiplier=np.array([100.0]),
    )
    losses = option_point_losses(terms, POINTS)[0]
    deviation = 0.3 * 0.5**0.5
    now = ql.blackFormula(ql.Option.Put, 95.0, 100.0, deviation)
    for move, loss in zip(POINTS, losses, strict=True):
        then = ql.blackFormula(ql.Option.Put, 95.0, 100.0 * (1 + move), deviation)
        assert loss == pytest.approx(100 * (now - then), abs=1e-9)


def test_one_class_offsets_in_full():
    # An index future against an index option-like instrument of the same class.
    book = two_indices(product_class=np.array([0, 0, 2]), class_group=np.array([0, 1, 2]))
    result = tims_margin(np.array([[10.0, -10.0, 0.0], [10.0, -4.0, 0.0]]), book)
    np.testing.assert_allclose(result.requirement, [0.0, 90.0])
    np.testing.assert_array_equal(result.worst_point[1], [1, 1])


@pytest.mark.parametrize(
    ("offset", "expected"),
    [(0.0, 150.0), (0.75, 150 - 0.75 * 150), (0.9, 15.0), (1.0, 0.0)],
)
def test_product_group_offset_from_least_to_greatest(offset, expected):
    # Long 10 of one index, short 10 of the other: at -15 % a loss of 150 and a gain of 150.
    share = np.array([offset, 0.0])
    assert requirement([10, -10, 0], product_group_offset=share) == pytest.approx(expected)


@pytest.mark.parametrize(("offset", "expected"), [(0.0, 150.0), (0.5, 75.0), (1.0, 0.0)])
def test_class_group_offset_from_least_to_greatest(offset, expected):
    book = {
        "class_group": np.array([0, 0, 1]),
        "product_group": np.array([0, 1]),
        "class_group_offset": np.array([offset, 1.0]),
        "product_group_offset": np.zeros(2),
    }
    assert requirement([10, -10, 0], **book) == pytest.approx(expected)


def test_no_offset_between_product_groups():
    assert requirement([10, 0, -10]) == pytest.approx(300.0)


def test_unused_gain_passes_on_undiminished():
    # Long 10, short 4 in one class group at 50 %: at -15 % the loss of 150 uses the gain of 60 at
    # half, 120 left. At +15 % the loss of 60 uses 120 of the gain of 150; 30 may still offset
    # another class group at 40 %.
    book = TimsInstruments(
        product_class=np.array([0, 1, 2]),
        class_group=np.array([0, 0, 1]),
        product_group=np.array([0, 0]),
        point_losses=linear_point_losses(np.full(3, 100.0), np.ones(3), POINTS),
        minimum_charge=np.zeros(3),
        class_group_offset=np.array([0.5, 1.0]),
        product_group_offset=np.array([0.4]),
    )
    result = tims_margin(np.array([[10.0, -4.0, 0.0], [10.0, -4.0, -20.0]]), book)
    np.testing.assert_allclose(result.class_group_risk[0], [120.0, 0.0])
    # At +15 %: 300 lost on the third class less 40 % of 30 = 288.
    np.testing.assert_allclose(result.requirement, [120.0, 288.0])


@pytest.mark.parametrize(("charge", "expected"), [(0.0, 15.0), (0.75, 15.0), (37.5, 750.0)])
def test_minimum_charge_from_none_to_binding(charge, expected):
    rate = np.full(3, charge)
    assert requirement([10, -10, 0], minimum_charge=rate) == pytest.approx(expected)


def test_malformed_input_is_refused():
    with pytest.raises(CheckFailed, match="exceeds the class group offset"):
        two_indices(class_group_offset=np.array([0.5, 1, 1]))
    with pytest.raises(CheckFailed, match="must not exceed 1"):
        two_indices(product_group_offset=np.array([90.0, 0]))
    with pytest.raises(CheckFailed, match="1 of 3 values are missing"):
        requirement([np.nan, 0, 0])


# --- Oracle and properties -----------------------------------------------------------------------


@st.composite
def books(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    product_group = np.array([0, 0, 1])
    product_offset = np.array([draw(st.sampled_from([0.0, 0.4, 0.9])), 0.5])
    class_offset = np.maximum(
        product_offset[product_group], [draw(st.sampled_from([0.0, 0.5, 1.0])), 0.95, 0.6]
    )
    book = TimsInstruments(
        product_class=np.array([0, 0, 1, 2, 2, 3, 4]),
        class_group=np.array([0, 0, 1, 2, 2]),
        product_group=product_group,
        point_losses=np.round(rng.normal(0, 50, (7, 10))),
        minimum_charge=np.round(rng.uniform(0, 20, 7), 2),
        class_group_offset=class_offset,
        product_group_offset=product_offset,
    )
    return rng.integers(-9, 10, (6, 7)).astype(float), book


def scalar_net(losses, share):
    """Net a list of signed losses, as a story: use gains up, the rest passes on."""
    loss = sum(x for x in losses if x > 0)
    gain = -sum(x for x in losses if x < 0)
    if loss > share * gain or (loss > 0 and share == 0):
        return loss - share * gain
    return -(gain - (loss / share if share else 0.0))


def scalar_tims(q, book):
    worst = [0.0] * len(book.product_group_offset)
    minimum = [0.0] * len(book.product_group_offset)
    for j in range(10):
        classes = [0.0] * len(book.class_group)
        for i, units in enumerate(q):
            classes[book.product_class[i]] += units * book.point_losses[i][j]
        groups = [
            scalar_net(
                [x for c, x in enumerate(classes) if book.class_group[c] == g],
                book.class_group_offset[g],
            )
            for g in range(len(book.product_group))
        ]
        for p in range(len(worst)):
            inside = [x for g, x in enumerate(groups) if book.product_group[g] == p]
            worst[p] = max(worst[p], scalar_net(inside, book.product_group_offset[p]))
    for i, units in enumerate(q):
        p = book.product_group[book.class_group[book.product_class[i]]]
        minimum[p] += abs(units) * book.minimum_charge[i]
    return sum(max(w, m) for w, m in zip(worst, minimum, strict=True))


@given(books())
@settings(deadline=None, max_examples=60)
def test_vectorised_requirement_agrees_with_the_scalar_oracle(pair):
    quantities, book = pair
    oracle = [scalar_tims(list(q), book) for q in quantities]
    np.testing.assert_allclose(
        tims_margin(quantities, book).requirement, oracle, rtol=1e-9, atol=1e-9
    )


@given(books(), st.floats(0.01, 100))
@settings(deadline=None, max_examples=40)
def test_scaling_merging_and_levels(pair, scale):
    quantities, book = pair
    result = tims_margin(quantities, book)
    scaled = tims_margin(scale * quantities, book).requirement
    np.testing.assert_allclose(scaled, scale * result.requirement, rtol=1e-9, atol=1e-9 * scale)
    # Convex while a wider group never grants more than a narrower one: merging never costs more.
    merged = tims_margin(quantities[:3] + quantities[3:], book).requirement
    assert (merged <= result.requirement[:3] + result.requirement[3:] + 1e-9).all()
    # Each level nets at least as much as the one below it.
    assert (result.class_group_risk.sum(axis=1) <= result.class_risk.sum(axis=1) + 1e-9).all()
    assert (
        result.product_group_risk.sum(axis=1) <= result.class_group_risk.sum(axis=1) + 1e-9
    ).all()
    assert (result.requirement >= result.minimum_charge.sum(axis=1) - 1e-9).all()


@given(books())
@settings(deadline=None, max_examples=30)
def test_margin_without_offsets_is_never_below_the_requirement(pair):
    quantities, book = pair
    alone = tims_unit_margins(book).of(quantities)
    assert (tims_margin(quantities, book).requirement <= alone.sum(axis=1) + 1e-9).all()
    single = tims_margin(np.diag(quantities[0]), book).requirement
    np.testing.assert_allclose(alone[0], single, rtol=1e-9, atol=1e-9)


@given(books())
@settings(deadline=None, max_examples=20)
def test_mirrored_account_has_opposite_losses_in_its_classes(pair):
    quantities, book = pair
    mirrored = tims_margin(-quantities, book).class_risk
    losses = np.zeros((6, 10, 5))
    for i in range(7):
        losses[:, :, book.product_class[i]] += quantities[:, i, None] * book.point_losses[i]
    np.testing.assert_allclose(mirrored, np.maximum((-losses).max(axis=1), 0), atol=1e-9)
