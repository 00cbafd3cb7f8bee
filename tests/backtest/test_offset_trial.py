"""Classes of exceedances, the cap sweep, dependence and hedges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.backtest.dependence import (
    correlation_break,
    hedge_effectiveness,
)
from pipeline.backtest.offset_trial import (
    CLASSES,
    capped_margin,
    classify,
    largest_caps,
    sweep_cap,
)
from pipeline.errors import WrongUse
from pipeline.terms import ExceedanceClass

from . import oracles

amounts = st.floats(0, 1e9, allow_nan=False)


def class_of(loss, standalone, netted, capped, tolerance=0.0, addon=0.0, called=None):
    """Say the class of one day, from the words of the definition."""
    netted, capped, standalone = netted + addon, capped + addon, standalone + addon

    def fails(margin):
        return loss > margin + tolerance

    if called is not None and fails(called) and not fails(capped):
        return ExceedanceClass.CALLED
    if not fails(netted):
        return None
    if not fails(capped):
        return ExceedanceClass.CAPPED
    return ExceedanceClass.MODEL if fails(standalone) else ExceedanceClass.OFFSET


def classes_of(result):
    return [CLASSES[code] for code in np.atleast_1d(result.exceedance_class)]


def test_classes_by_what_would_have_covered_the_loss():
    # Standalone 100, netted 40, capped at 80 %: 52.
    result = classify([40, 45, 52, 60, 100, 101], 100.0, 40.0, 52.0)
    assert classes_of(result) == [
        None,
        ExceedanceClass.CAPPED,
        ExceedanceClass.CAPPED,
        ExceedanceClass.OFFSET,
        ExceedanceClass.OFFSET,
        ExceedanceClass.MODEL,
    ]
    assert result.is_exceedance.tolist() == [False, False, False, True, True, True]
    assert result.shortfall.tolist() == [0, 0, 0, 8, 48, 49]
    assert result.count(ExceedanceClass.OFFSET) == 2


def test_the_tolerance_is_strict_and_the_same_for_every_margin():
    for margin in (40.0, 52.0, 100.0):
        at, over = classify([margin + 0.5, np.nextafter(margin + 0.5, np.inf)], 100.0, 40.0, 52.0,
                            tolerance=0.5).exceedance_class  # fmt: skip
        assert at != over


def test_netting_that_raises_the_requirement_is_never_the_offsets_fault():
    capped = capped_margin(80.0, 100.0, 0.8)
    assert capped == 100.0
    assert classes_of(classify([101.0, 90.0], 80.0, 100.0, capped)) == [
        ExceedanceClass.MODEL,
        None,
    ]


def test_called_margin_below_the_recomputed_one():
    result = classify([30, 45, 60, 60], 100.0, 40.0, 52.0, called=[20, 20, 20, 70])
    assert classes_of(result) == [
        ExceedanceClass.CALLED,
        ExceedanceClass.CALLED,
        ExceedanceClass.OFFSET,
        ExceedanceClass.OFFSET,
    ]
    assert result.is_exceedance.tolist() == [True, True, True, False]
    assert result.shortfall.tolist() == [10, 25, 40, 0]


def test_add_ons_count_in_adequacy():
    assert classes_of(classify(45.0, 100.0, 40.0, 52.0, addon=10.0)) == [None]


def test_pending_and_missing_days_are_not_observations():
    result = classify([np.nan, 50.0, 500.0], 100.0, [40.0, np.nan, 40.0], 52.0)
    assert result.observed.tolist() == [False, False, True]
    assert classes_of(result) == [None, None, ExceedanceClass.MODEL]
    assert result.shortfall.tolist() == [0, 0, 448]


@given(amounts, amounts, amounts, st.floats(0, 1), st.floats(0, 10), st.none() | amounts)
def test_classification_equals_its_definition(loss, standalone, netted, cap, tolerance, called):
    capped = float(capped_margin(standalone, netted, cap))
    result = classify(loss, standalone, netted, capped, tolerance=tolerance, called=called)
    expected = class_of(loss, standalone, netted, capped, tolerance, called=called)
    assert classes_of(result) == [expected]
    tested = capped if called is None else called
    assert bool(result.is_exceedance) == (loss > tested + tolerance)


# --- the cap ---


@given(amounts, amounts)
def test_capped_margin_runs_from_standalone_to_netted(standalone, netted):
    assert capped_margin(standalone, netted, 1.0) == netted
    assert capped_margin(standalone, netted, 0.0) == max(standalone, netted)
    values = capped_margin(standalone, netted, np.linspace(0, 1, 21))
    assert np.all(np.diff(values) <= 1e-6 * max(standalone, 1.0))
    assert np.all(values >= netted)


def test_the_regulatory_cap():
    # 20 % of gross and 80 % of net at a cap of 80 %.
    assert capped_margin(100.0, 40.0, 0.8) == pytest.approx(0.2 * 100 + 0.8 * 40)
    assert capped_margin(100.0, 0.0, 0.8) == pytest.approx(20)
    with pytest.raises(WrongUse, match="between 0 and 1"):
        capped_margin(1.0, 1.0, 1.1)


@settings(deadline=None)
@given(hnp.arrays(np.float64, (30, 3), elements=st.floats(0, 1000)), st.integers(0, 2**16))
def test_sweep_equals_a_loop_and_is_monotone(rows, seed):
    loss, standalone, netted = rows.T
    groups = np.random.default_rng(seed).integers(0, 3, 30)
    sweep = sweep_cap(loss, standalone, netted, tolerance=0.5, groups=groups)
    assert np.all(np.diff(sweep.exceedances, axis=0) >= 0)
    assert np.all(np.diff(sweep.shortfall_amount, axis=0) >= -1e-9)
    for index in (0, 37, 100):
        cap = sweep.caps[index]
        for group in range(sweep.observations.size):
            mine = [
                (row[0], max(row[2], row[1] - cap * (row[1] - row[2])))
                for row, g in zip(rows, groups, strict=True)
                if g == group
            ]
            failed = [loss - margin for loss, margin in mine if loss > margin + 0.5]
            assert sweep.observations[group] == len(mine)
            if cap in (0.0, 1.0):
                assert sweep.exceedances[index, group] == len(failed)
                assert sweep.shortfall_amount[index, group] == pytest.approx(sum(failed))
            if mine:
                mean = sum(margin for _, margin in mine) / len(mine)
                assert sweep.margin_amount[index, group] == pytest.approx(mean)


def test_sweep_ends_are_the_classified_days():
    rng = np.random.default_rng(1)
    netted, standalone = 40 * rng.random(500), 50 + 50 * rng.random(500)
    loss = 120 * rng.random(500)
    sweep = sweep_cap(loss, standalone, netted)
    assert sweep.exceedances[-1, 0] == (loss > netted).sum()
    assert sweep.exceedances[0, 0] == (loss > standalone).sum()
    at_80 = classify(loss, standalone, netted, capped_margin(standalone, netted, sweep.caps[80]))
    assert sweep.exceedances[80, 0] == at_80.is_exceedance.sum()


def test_largest_cap_by_coverage_and_by_its_lower_bound():
    # 1000 days; the loss of day k fails once the cap is over k / 1000 for the last 30 days.
    standalone, netted = np.full(1000, 100.0), np.zeros(1000)
    loss = np.zeros(1000)
    critical = np.linspace(0.505, 0.795, 30)
    loss[:30] = 100.0 * (1 - critical)
    found = largest_caps(sweep_cap(loss, standalone, netted), 0.99)[0]
    # Ten exceedances are 99 %; the lower bound holds 99 % up to four of 1000.
    allowed = max(x for x in range(11) if oracles.clopper_pearson(x, 1000, 0.95)[1] <= 0.01)
    assert found.by_coverage == pytest.approx(np.floor(100 * critical[10]) / 100)
    assert found.by_lower_bound == pytest.approx(np.floor(100 * critical[allowed]) / 100)
    assert found.reason == ""


def test_largest_cap_where_there_is_none():
    clean = largest_caps(sweep_cap(np.zeros(250), np.ones(250), np.zeros(250)), 0.99)[0]
    assert clean.by_coverage == 1.0
    assert clean.by_lower_bound is None
    assert "too few observations" in clean.reason
    hopeless = largest_caps(sweep_cap(np.full(250, 9.0), np.ones(250), np.zeros(250)), 0.99)[0]
    assert hopeless.by_coverage is None
    assert "even without offsets" in hopeless.reason
    doubtful = np.zeros(250)
    doubtful[:2] = 9.0
    found = largest_caps(sweep_cap(doubtful, np.ones(250), np.zeros(250)), 0.99)[0]
    assert found.by_coverage == 1.0
    assert "lower confidence bound" in found.reason
    empty = largest_caps(sweep_cap([np.nan], [1.0], [0.0]), 0.99)[0]
    assert empty.reason == "there is no observation"
    with pytest.raises(WrongUse, match="target"):
        largest_caps(sweep_cap([0.0], [1.0], [0.0]), 1.0)


# --- dependence ---


def test_break_of_a_spread_that_no_longer_offsets():
    # Long and short leg of two factors with correlation 0.9; both legs lose.
    result = correlation_break([[10.0, 8.0]], [1, -1], [[1, 0.9], [0.9, 1]], margin=[12.0])
    implied = np.sqrt(10**2 + 8**2 - 2 * 0.9 * 10 * 8)
    assert result.loss[0] == 18
    assert result.implied_loss[0] == pytest.approx(implied)
    assert result.break_loss[0] == pytest.approx(18 - implied)
    assert result.break_share[0] == pytest.approx((18 - implied) / 18)
    assert result.worst_loss[0] == 18
    assert result.breaking_point[0] == pytest.approx((144 - implied**2) / (18**2 - implied**2))


def test_no_break_where_the_lookback_already_has_the_realised_dependence():
    legs = np.array([[5.0, 7.0, -2.0]])
    signs = np.array([1, -1, 1])
    direction = -np.sign(legs[0]) * signs
    result = correlation_break(legs, signs, np.outer(direction, direction))
    assert result.implied_loss[0] == pytest.approx(abs(legs.sum()))
    assert result.break_loss[0] == pytest.approx(0.0)


@given(
    hnp.arrays(np.float64, (5, 3), elements=st.floats(-100, 100)), st.integers(0, 2**16), amounts
)
def test_break_and_implied_loss_add_up(legs, seed, margin):
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal((3, 4))
    correlation = np.corrcoef(factor)
    result = correlation_break(legs, rng.choice([-1, 1], 3), correlation, np.full(5, margin))
    assert result.implied_loss + result.break_loss == pytest.approx(result.loss)
    assert np.all(result.implied_loss <= result.worst_loss * (1 + 1e-9) + 1e-9)
    assert np.all((result.breaking_point >= 0) & (result.breaking_point <= 1))
    for values in vars(result).values():
        assert np.isfinite(values).all()


def test_bad_dependence_inputs_are_refused():
    with pytest.raises(WrongUse, match="same legs"):
        correlation_break([[1.0, 2.0]], [1, 1], np.eye(3))
    with pytest.raises(WrongUse, match="between -1 and 1"):
        correlation_break([[1.0, 2.0]], [1, 1], [[1, 2], [2, 1]])


def test_hedge_effectiveness_of_perfect_useless_and_harmful_hedges():
    leg = np.random.default_rng(2).standard_normal(500)
    other = np.random.default_rng(3).standard_normal(500)
    pairs = np.stack([np.stack((leg, second), axis=1) for second in (-leg, other, leg)])
    result = hedge_effectiveness(pairs)
    assert result.variance_reduction == pytest.approx([1.0, 0.0, -1.0], abs=0.1)
    assert result.tail_reduction[0] == pytest.approx(1.0)
    assert result.tail_reduction[2] == pytest.approx(0.0)
    worst = np.sort(leg)[-25:].mean()
    both = np.sort(leg + other)[-25:].mean()
    assert result.tail_reduction[1] == pytest.approx(
        1 - both / (worst + np.sort(other)[-25:].mean())
    )


def test_hedge_effectiveness_leaves_out_unknown_days_and_says_when_undefined():
    legs = np.random.default_rng(4).standard_normal((60, 2))
    gappy = legs.copy()
    gappy[::7, 0] = np.nan
    kept = np.isfinite(gappy).all(axis=1)
    with_gaps, without = hedge_effectiveness(gappy), hedge_effectiveness(legs[kept])
    assert with_gaps.variance_reduction[0] == pytest.approx(without.variance_reduction[0])
    assert with_gaps.tail_reduction[0] == pytest.approx(without.tail_reduction[0])
    assert with_gaps.observations[0] == kept.sum()
    assert np.isnan(hedge_effectiveness(np.zeros((5, 2))).variance_reduction[0])
    assert np.isnan(hedge_effectiveness(np.full((5, 2), np.nan)).tail_reduction[0])
