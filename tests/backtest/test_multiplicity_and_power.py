"""Many accounts, expected false alarms, and what a number of days can show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.backtest.coverage import kupiec_pof_columns
from pipeline.backtest.duration import weibull_duration_columns
from pipeline.backtest.multiplicity import (
    adjust,
    benjamini_hochberg,
    benjamini_yekutieli,
    expected_false_alarms,
    holm,
)
from pipeline.backtest.power import (
    critical_count,
    kupiec_power,
    observations_needed,
    state_power,
    traffic_light_power,
)
from pipeline.backtest.sequences import exceedance_sequences
from pipeline.backtest.shared_days import date_block_bootstrap
from pipeline.errors import WrongUse

from . import oracles
from .published import BENJAMINI_HOCHBERG, GOLDEN, hits_on

p_value_lists = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_published_adjustments():
    p = BENJAMINI_HOCHBERG["p"]
    assert benjamini_hochberg(p) == pytest.approx(BENJAMINI_HOCHBERG["bh"], abs=5.1e-5)
    assert holm(p) == pytest.approx(BENJAMINI_HOCHBERG["holm"], abs=5.1e-4)
    assert benjamini_yekutieli(p)[:3] == pytest.approx(BENJAMINI_HOCHBERG["by"], abs=5.1e-5)
    assert [(a(p) < 0.05).sum() for a in (benjamini_hochberg, holm, benjamini_yekutieli)] == [
        4,
        2,
        1,
    ]


@given(p_value_lists)
def test_adjustments_equal_the_scalar_oracles(p):
    m = len(p)
    assert holm(p) == pytest.approx(oracles.holm(p))
    assert benjamini_hochberg(p) == pytest.approx(oracles.step_up(p, 1.0))
    factor = sum(1 / i for i in range(1, m + 1))
    assert benjamini_yekutieli(p) == pytest.approx(oracles.step_up(p, factor))


@given(p_value_lists)
def test_adjustments_are_ordered(p):
    raw, bh, by = np.array(p), benjamini_hochberg(p), benjamini_yekutieli(p)
    assert np.all(raw <= bh + 1e-12)
    assert np.all(bh <= by + 1e-12)
    assert np.all(bh <= holm(p) + 1e-12)


def test_missing_p_values_stay_missing_and_do_not_count():
    adjusted = holm([0.01, np.nan, 0.04])
    assert adjusted[[0, 2]] == pytest.approx([0.02, 0.04])
    assert np.isnan(adjusted[1])
    assert np.isnan(benjamini_hochberg([np.nan])).all()
    assert holm([]).size == 0
    with pytest.raises(WrongUse, match="between 0 and 1"):
        holm([1.2])


def test_a_margin_that_is_too_high_is_never_listed():
    columns = kupiec_pof_columns([0, 3, 12], 250, 0.99)
    adjusted = adjust(columns)
    assert columns.null_rejected().tolist() == [True, False, True]
    assert adjusted.p_value[0] == 1.0
    assert adjusted.benjamini_hochberg[2] < 0.05
    regular = exceedance_sequences(hits_on(GOLDEN["G1"]["days"]))
    assert adjust(weibull_duration_columns(regular, 0.99)).p_value[0] == 1.0


def test_false_alarms_of_a_thousand_correct_accounts():
    alarms = expected_false_alarms(np.full(1000, 250), 0.99)
    assert alarms.yellow_or_red == pytest.approx(107.8, abs=0.05)
    assert alarms.red == pytest.approx(0.25, abs=0.005)
    assert alarms.accounts == 1000
    counts = np.random.default_rng(1).binomial(250, 0.01, size=(2000, 1000))
    rejected = (counts >= int(critical_count(250, 0.99)[0])).sum(axis=1)
    assert rejected.mean() == pytest.approx(alarms.rejected, rel=0.02)
    inside = (rejected >= alarms.rejected_low) & (rejected <= alarms.rejected_high)
    assert inside.mean() > 0.94


def test_false_alarms_without_observations():
    assert expected_false_alarms([0, 0], 0.99).accounts == 0
    assert expected_false_alarms([0, 250], 0.99).accounts == 1


def shared_day_hits(seed, accounts=200, days=500, p=0.01):
    """Each account exceeds with probability p, half of the time on days bad for everyone."""
    rng = np.random.default_rng(seed)
    bad = rng.random(days) < p
    return np.where(bad, rng.random((accounts, days)) < 0.5, rng.random((accounts, days)) < p / 2)


def test_shared_days_inflate_the_variance_of_the_pooled_count():
    independent = np.random.default_rng(2).random((200, 500)) < 0.01
    alone = date_block_bootstrap(independent, 0.99, seed=3)
    together = date_block_bootstrap(shared_day_hits(2), 0.99, seed=3)
    assert alone.variance_inflation == pytest.approx(1.0, abs=0.35)
    assert together.variance_inflation > 20
    assert together.effective_observations < together.observations / 20
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_any_wrong_keeps_its_level_when_accounts_share_days():
    rejections = [
        date_block_bootstrap(
            shared_day_hits(seed, 60, 500), 0.99, seed=4, replications=199
        ).any_wrong_p_value
        < 0.05
        for seed in range(60)
    ]
    assert np.mean(rejections) <= 0.05


def test_any_wrong_finds_one_bad_account():
    hits = np.random.default_rng(5).random((100, 500)) < 0.01
    hits[17] = np.random.default_rng(6).random(500) < 0.08
    result = date_block_bootstrap(hits, 0.99, seed=7)
    assert result.any_wrong_p_value < 0.05
    assert int(np.argmin(result.adjusted_p_values)) == 17


def test_shared_days_with_missing_and_empty_accounts():
    hits = np.random.default_rng(8).random((5, 300)) < 0.02
    observed = np.random.default_rng(9).random((5, 300)) < 0.8
    observed[3] = False
    result = date_block_bootstrap(hits, 0.98, seed=10, observed=observed)
    assert result.observations == observed.sum()
    assert result.exceedances == (hits & observed).sum()
    assert np.isnan(result.adjusted_p_values[3])
    assert np.isfinite(np.delete(result.adjusted_p_values, 3)).all()
    for nothing in (np.zeros((0, 10), bool), np.zeros((2, 0), bool)):
        empty = date_block_bootstrap(nothing, 0.99, seed=1)
        assert empty.observations == 0
        assert empty.low is None
    blank = date_block_bootstrap(hits, 0.98, seed=1, observed=np.zeros_like(hits))
    assert blank.any_wrong_p_value is None
    quiet = date_block_bootstrap(np.zeros((3, 100), bool), 0.99, seed=1)
    assert quiet.variance_inflation is None
    assert quiet.any_wrong_p_value == 1.0


# --- power ---


def test_basel_power_at_250_days():
    alarm, red = traffic_light_power(250, 0.99, [0.02, 0.03, 0.05])
    assert alarm == pytest.approx([0.561, 0.872, 0.995], abs=5.1e-4)
    assert red == pytest.approx([0.030, 0.221, 0.805], abs=5.1e-4)


def test_kupiec_power_equals_the_sum_over_counts():
    for true in (0.01, 0.02, 0.05):
        rejected = kupiec_pof_columns(np.arange(251), 250, 0.99).null_rejected()
        expected = sum(oracles.binomial_pmf(k, 250, true) for k in np.flatnonzero(rejected))
        assert float(kupiec_power(250, 0.99, true)) == pytest.approx(expected)


@given(st.integers(1, 600), st.sampled_from([0.9, 0.95, 0.99, 0.995]))
def test_critical_count_is_the_smallest_that_rejects(t, confidence):
    count = int(critical_count(t, confidence)[0])
    upper = 1.0
    for k in range(min(count, t + 1)):
        upper -= oracles.binomial_pmf(k, t, 1 - confidence)
    assert upper <= 0.05 + 1e-9
    below = upper + oracles.binomial_pmf(count - 1, t, 1 - confidence)
    assert below > 0.05 - 1e-9


def test_statement_of_what_a_year_can_show():
    year = state_power(250, 0.99)
    assert year.critical_count == 6
    assert year.size == pytest.approx(0.0412, abs=5e-5)
    at_detectable = 1 - sum(oracles.binomial_pmf(k, 250, year.detectable_probability)
                            for k in range(6))  # fmt: skip
    assert at_detectable == pytest.approx(0.8)
    assert not year.lowest_conclusive
    assert "3.14 % instead of 1.00 %" in year.sentence
    strict = state_power(250, 0.995)
    assert strict.proven_at_best == pytest.approx(0.0119, abs=5.1e-5)
    assert state_power(1000, 0.99).lowest_conclusive


def test_statements_of_very_short_windows():
    assert "nothing can be shown" in state_power(0, 0.99).sentence
    one = state_power(1, 0.99)
    assert "1 exceedance or more" in one.sentence
    blind = state_power(1, 0.9)
    assert blind.detectable_probability is None
    assert "no number of exceedances" in blind.sentence


def test_observations_needed_to_see_a_doubling():
    needed = observations_needed(0.99, 0.02)

    def power(t):
        count = int(critical_count(t, 0.99)[0])
        return 1 - sum(oracles.binomial_pmf(k, t, 0.02) for k in range(count))

    assert power(needed) >= 0.8 > power(needed - 1)
    assert all(power(t) >= 0.8 for t in range(needed, needed + 300))
    assert observations_needed(0.99, 0.0101, at_most=500) is None
    with pytest.raises(WrongUse, match="over 1 - confidence"):
        observations_needed(0.99, 0.005)
