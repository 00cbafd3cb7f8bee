"""SPAN against McMillan's worked example, NSE's parameters, a scalar oracle and its properties."""

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import CheckFailed
from pipeline.margin.cap import cap_offset_credit
from pipeline.margin.option_terms import OptionTerms
from pipeline.margin.span import (
    SpanInstruments,
    SpanParameters,
    scanning_risk,
    span_margin,
    span_unit_margins,
)
from pipeline.margin.span_scan import (
    SpanScenarios,
    composite_delta,
    futures_risk_array,
    option_risk_array,
    price_scan_range,
    volatility_scan_range,
)
from pipeline.margin.span_spreads import (
    CalendarSpread,
    InterCommoditySpread,
    SpreadLeg,
    calendar_charge_rate,
    form_calendar_spreads,
    form_inter_commodity_spreads,
    weighted_price_risk,
)

# McMillan, Options as a Strategic Investment, ch. 34: gains of one long unit in scenarios 1 to 16,
# S&P 500 future at 500 dollars a point with a price scan range of 20 points.
# fmt: off
FUTURE_GAIN = np.array([
    0, 0, 3330, 3330, -3330, -3330, 6670, 6670, -6670, -6670,
    10000, 10000, -10000, -10000, 7000, -7000,
], dtype=float)
CALL_GAIN = np.array([
    460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430,
    8060, 7640, -3380, -3990, 3130, -1500,
], dtype=float)
COVERED_WRITE_GAIN = np.array([
    -460, 610, 690, 1600, -2060, -990, 1460, 2130, -4130, -3240,
    1940, 2360, -6620, -6010, 3870, -5500,
], dtype=float)
# fmt: on


def one_commodity(risk_array, **changes):
    """Instruments of a single combined commodity, all in one month and one tier."""
    n = len(risk_array)
    given_or = {
        "commodity": np.zeros(n, dtype=np.int64),
        "month": np.zeros(n, dtype=np.int64),
        "risk_array": np.asarray(risk_array, dtype=float),
        "delta": np.zeros(n),
        "option_value": np.zeros(n),
        "short_option_rate": np.zeros(n),
        "month_tier": np.zeros(1, dtype=np.int64),
        "tier_commodity": np.zeros(1, dtype=np.int64),
        "delivery_rate_spread": np.zeros(1),
        "delivery_rate_outright": np.zeros(1),
        "price_scan_range": np.ones(1),
    }
    return SpanInstruments(**(given_or | changes))


MCMILLAN = one_commodity(-np.array([FUTURE_GAIN, CALL_GAIN]))


# --- Published figures ---------------------------------------------------------------------------


def test_scenarios_are_the_published_sixteen():
    scenarios = SpanScenarios()
    thirds = [0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3, 6, -6]
    np.testing.assert_allclose(scenarios.price_fraction, np.array(thirds) / 3)
    volatility = [1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 0, 0]
    np.testing.assert_array_equal(scenarios.volatility_fraction, volatility)
    np.testing.assert_array_equal(scenarios.weight, [1.0] * 14 + [0.35, 0.35])


def test_mcmillan_futures_array_follows_from_the_scan_range():
    array = futures_risk_array([400.0], [20.0], SpanScenarios(), multiplier=[500.0])
    # Printed to the nearest ten dollars.
    np.testing.assert_array_equal(np.round(-array[0], -1), FUTURE_GAIN)


def test_mcmillan_covered_write():
    quantities = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0], [0.0, -1.0]])
    result = span_margin(quantities, MCMILLAN, SpanParameters())
    np.testing.assert_array_equal(
        -(quantities[2] @ MCMILLAN.risk_array), COVERED_WRITE_GAIN
    )  # all sixteen scenarios
    np.testing.assert_array_equal(result.requirement, [10_000, 3_990, 6_620, 8_060])
    np.testing.assert_array_equal(result.active_scenario[:, 0], [13, 14, 13, 11])

    gross = span_unit_margins(MCMILLAN, SpanParameters()).of(quantities[2:3]).sum(axis=1)
    np.testing.assert_array_equal(gross, [18_060])
    np.testing.assert_allclose(cap_offset_credit(gross, result.requirement[2:3], 0.80), [8_908])
    assert pytest.approx(0.6334, abs=5e-5) == 1 - 6_620 / 18_060


def test_nse_scan_parameters():
    # Six deviations of 1.2 % over two days exceed the index floor, 0.8 % does not.
    ranges = price_scan_range(20_000.0, [0.012, 0.008], 0.093)
    np.testing.assert_allclose(ranges, [20_000 * 6 * 0.012 * 2**0.5, 1_860.0])
    np.testing.assert_allclose(price_scan_range(1_000.0, 0.01, [0.142, 0.177]), [142.0, 177.0])
    # A quarter of 24 % is above the index floor of four points and below the stock floor of ten.
    np.testing.assert_allclose(volatility_scan_range([0.24, 0.12], 0.04), [0.06, 0.04])
    np.testing.assert_allclose(volatility_scan_range([0.24, 0.60], 0.10), [0.10, 0.15])
    # 1.75 % (index) and 2.2 % (stock) of the far month.
    np.testing.assert_allclose(
        calendar_charge_rate([20_000.0, 1_500.0], [0.0175, 0.022], [50.0, 400.0]), [17_500, 13_200]
    )


# --- Risk arrays and deltas by repricing ---------------------------------------------------------


def option_terms(**changes):
    terms = {
        "forward": np.array([100.0]),
        "strike": np.array([105.0]),
        "years": np.array([0.25]),
        "volatility": np.array([0.2]),
        "is_call": np.array([True]),
        "multiplier": np.array([10.0]),
    }
    return OptionTerms(**(terms | changes))


@pytest.mark.parametrize("is_call", [True, False])
def test_option_risk_array_is_full_revaluation(is_call):
    terms = option_terms(is_call=np.array([is_call]))
    scenarios = SpanScenarios()
    array = option_risk_array(terms, np.array([8.0]), np.array([0.05]), scenarios)
    kind = ql.Option.Call if is_call else ql.Option.Put
    now = ql.blackFormula(kind, 105.0, 100.0, 0.2 * 0.25**0.5)
    later = (0.25 - 1 / 365) ** 0.5
    for s in range(16):
        forward = 100.0 + 8.0 * scenarios.price_fraction[s]
        volatility = 0.2 + 0.05 * scenarios.volatility_fraction[s]
        value = ql.blackFormula(kind, 105.0, forward, volatility * later)
        expected = 10.0 * (now - value) * scenarios.weight[s]
        assert array[0, s] == pytest.approx(expected, abs=1e-9)


def test_prices_and_volatilities_stop_at_zero_and_expired_options_are_intrinsic():
    array = option_risk_array(
        option_terms(is_call=np.array([False]), years=np.array([0.0])),
        np.array([80.0]),
        np.array([0.9]),
        SpanScenarios(),
    )
    # Expired put: 5 in the money now; at a price of zero worth its strike of 105.
    assert array[0, 15] == pytest.approx(0.35 * 10 * (5 - 105))
    assert array[0, 14] == pytest.approx(0.35 * 10 * 5)
    normal = option_terms(model="normal", volatility=np.array([20.0]))
    assert np.isfinite(
        option_risk_array(normal, np.array([80.0]), np.array([30.0]), SpanScenarios())
    ).all()


def test_composite_delta_is_the_weighted_mean_of_quantlib_deltas():
    fractions = np.array([0, 1, -1, 2, -2, 3, -3]) / 3
    weights = np.exp(-0.5 * (2 * fractions) ** 2)
    weights /= weights.sum()
    later = 0.25 - 1 / 365
    deltas = []
    for f in fractions:
        calculator = ql.BlackCalculator(
            ql.PlainVanillaPayoff(ql.Option.Call, 105.0), 100.0 + 8.0 * f, 0.2 * later**0.5, 1.0
        )
        deltas.append(calculator.deltaForward())
    ours = composite_delta(option_terms(), np.array([8.0]))
    assert float(ours[0]) == pytest.approx(float(weights @ deltas), abs=1e-6)


def test_composite_delta_limits():
    deep = option_terms(strike=np.array([1.0]))
    assert float(composite_delta(deep, np.array([8.0]))[0]) == pytest.approx(1.0)
    put = option_terms(strike=np.array([1_000.0]), is_call=np.array([False]))
    assert float(composite_delta(put, np.array([8.0]))[0]) == pytest.approx(-1.0)
    with pytest.raises(CheckFailed, match="above zero"):
        composite_delta(option_terms(), np.array([0.0]))


# --- Spreads by hand -----------------------------------------------------------------------------


def test_calendar_spreads_by_priority_and_tier():
    # Account 0: long 10 in tier 0, short 4 in tier 1, short 5 in tier 2. Account 1 is its mirror.
    # Account 2 is long everywhere. Account 3 is long 3 and short 2 inside tier 0.
    long_delta = np.array([[10.0, 0, 0], [0, 4, 5], [1, 1, 1], [3, 0, 0]])
    short_delta = np.array([[0.0, 4, 5], [10, 0, 0], [0, 0, 0], [2, 0, 0]])
    spreads = (
        CalendarSpread(0, 3, 50.0, (SpreadLeg(0, 1), SpreadLeg(2, -1))),
        CalendarSpread(0, 2, 30.0, (SpreadLeg(0, 1), SpreadLeg(1, -1))),
        CalendarSpread(0, 1, 10.0, (SpreadLeg(0, 1), SpreadLeg(0, -1))),
    )
    result = form_calendar_spreads(long_delta, short_delta, 1, spreads)
    # 4 spreads at 30, then 5 at 50, one delta left over.
    np.testing.assert_array_equal(result.charge[:, 0], [370, 370, 0, 20])
    np.testing.assert_array_equal(result.remaining_long[0], [1, 0, 0])
    np.testing.assert_array_equal(result.remaining_short[1], [1, 0, 0])
    np.testing.assert_array_equal(result.remaining_long[2], [1, 1, 1])
    np.testing.assert_array_equal(result.spread_delta[0], [9, 4, 5])


def test_calendar_spread_with_delta_ratios():
    # A butterfly: one long in tier 0 and tier 2 against two short in tier 1.
    fly = CalendarSpread(0, 1, 7.0, (SpreadLeg(0, 1), SpreadLeg(1, -1, 2.0), SpreadLeg(2, 1)))
    result = form_calendar_spreads(np.array([[3.0, 0, 5.0]]), np.array([[0.0, 4.0, 0]]), 1, (fly,))
    assert result.charge[0, 0] == 14.0
    np.testing.assert_array_equal(result.remaining_long[0], [1, 0, 3])


def test_inter_commodity_credit_by_hand():
    # Crush: 10 of commodity 0 against 11 of 1 and 9 of 2, ratio 10 : 11 : 9.
    crush = InterCommoditySpread(
        1, 0.75, (SpreadLeg(0, 1, 10.0), SpreadLeg(1, -1, 11.0), SpreadLeg(2, -1, 9.0))
    )
    net = np.array([[20.0, -11.0, -30.0], [-20.0, 11.0, 30.0], [20.0, 11.0, -30.0]])
    risk = np.array([[100.0, 200.0, 50.0]] * 3)
    credit = form_inter_commodity_spreads(net, risk, (crush,))
    expected = np.array([10 * 100, 11 * 200, 9 * 50]) * 0.75
    np.testing.assert_allclose(credit, [expected, expected, np.zeros(3)])
    # A second spread of lower priority only gets what is left: 10 of commodity 0, 21 of 2.
    second = InterCommoditySpread(2, 0.5, (SpreadLeg(0, 1), SpreadLeg(2, -1)))
    both = form_inter_commodity_spreads(net[:1], risk[:1], (second, crush))
    np.testing.assert_allclose(both[0], expected + np.array([500.0, 0, 250.0]))


def test_weighted_price_risk_by_hand():
    losses = np.zeros((1, 1, 16))
    losses[0, 0, :2] = [100.0, 60.0]  # time risk 80
    losses[0, 0, 12:14] = [1_000.0, 900.0]  # volatility-adjusted 950
    active = np.array([[13]])
    delta, limit = np.array([[-5.0]]), np.array([150.0])
    assert weighted_price_risk(losses, active, delta, limit, "normal") == 870 / 5
    assert weighted_price_risk(losses, active, delta, limit, "scan_range") == 150
    assert weighted_price_risk(losses, active, delta, limit, "scan_range_cap") == 150
    assert weighted_price_risk(losses, active, 0 * delta, limit, "normal") == 0
    # An extreme scenario is its own twin, and a price risk is never negative.
    losses[0, 0, 15] = 2_000.0
    assert weighted_price_risk(losses, np.array([[16]]), delta, limit, "normal") == 1_920 / 5
    assert weighted_price_risk(-losses, np.array([[16]]), delta, limit, "normal") == 0


def test_deltas_that_cancel_earn_no_credit():
    # 0.1 + 0.2 - 0.3 leaves 5.6e-17, which must not carry a whole price risk into a credit.
    losses = np.zeros((4, 16))
    losses[0, 12] = 500.0
    book = SpanInstruments(
        commodity=np.array([0, 0, 0, 1]),
        month=np.array([0, 0, 0, 1]),
        risk_array=losses,
        delta=np.array([0.1, 0.2, 0.3, 1.0]),
        option_value=np.zeros(4),
        short_option_rate=np.zeros(4),
        month_tier=np.array([0, 1]),
        tier_commodity=np.array([0, 1]),
        delivery_rate_spread=np.zeros(2),
        delivery_rate_outright=np.zeros(2),
        price_scan_range=np.ones(2),
    )
    spread = InterCommoditySpread(1, 0.8, (SpreadLeg(0, 1), SpreadLeg(1, -1)))
    parameters = SpanParameters(inter_commodity_spreads=(spread,))
    held = np.array([[1.0, 1.0, -1.0, -5.0], [2.0, 1.0, -1.0, -5.0]])
    credit = span_margin(held, book, parameters).inter_commodity_credit
    assert credit[0, 0] == 0.0
    # With a tenth of a delta left, the normal method spreads the whole price risk over it.
    assert credit[1, 0] == pytest.approx(0.8 * 1_000 * 0.5)


def test_malformed_spreads_are_refused():
    with pytest.raises(CheckFailed, match="each of its two sides"):
        CalendarSpread(0, 1, 1.0, (SpreadLeg(0, 1), SpreadLeg(1, 1)))
    with pytest.raises(CheckFailed, match="same leg twice"):
        CalendarSpread(0, 1, 1.0, (SpreadLeg(0, 1), SpreadLeg(0, 1), SpreadLeg(1, -1)))
    with pytest.raises(CheckFailed, match="names a commodity twice"):
        InterCommoditySpread(1, 0.5, (SpreadLeg(0, 1), SpreadLeg(0, -1)))
    with pytest.raises(CheckFailed, match="between 0 and 1"):
        InterCommoditySpread(1, 75.0, (SpreadLeg(0, 1), SpreadLeg(1, -1)))
    with pytest.raises(CheckFailed, match="1 of 2 values are missing"):
        span_margin(np.array([[1.0, np.nan]]), MCMILLAN, SpanParameters())


# --- Total: minimum, delivery, option value ------------------------------------------------------


def test_short_option_minimum_and_option_value():
    flat = np.zeros((2, 16))
    flat[0, 10] = -5.0
    flat[1, 12] = 300.0
    book = one_commodity(
        flat, option_value=np.array([40.0, 0.0]), short_option_rate=np.array([25.0, 0.0])
    )
    quantities = np.array([[-10.0, 0.0], [10.0, 0.0], [10.0, 2.0]])
    plain = span_margin(quantities, book, SpanParameters(option_value_treatment="none"))
    np.testing.assert_array_equal(plain.scanning_risk[:, 0], [50, 0, 600])
    np.testing.assert_array_equal(plain.requirement, [250, 0, 600])
    # A short option's value is owed, a long one's pays for the futures' risk.
    pooled = span_margin(quantities, book, SpanParameters())
    np.testing.assert_array_equal(pooled.requirement, [650, 0, 200])


def test_excess_option_value_stays_in_its_commodity_when_limited():
    arrays = np.zeros((2, 16))
    arrays[1, 12] = 300.0
    book = SpanInstruments(
        commodity=np.array([0, 1]),
        month=np.array([0, 1]),
        risk_array=arrays,
        delta=np.zeros(2),
        option_value=np.array([40.0, 0.0]),
        short_option_rate=np.zeros(2),
        month_tier=np.array([0, 1]),
        tier_commodity=np.array([0, 1]),
        delivery_rate_spread=np.zeros(2),
        delivery_rate_outright=np.zeros(2),
        price_scan_range=np.ones(2),
    )
    held = np.array([[5.0, 1.0]])
    margin = {
        how: float(
            span_margin(held, book, SpanParameters(option_value_treatment=how)).requirement[0]
        )
        for how in ("pooled", "limited", "none")
    }
    assert margin == {"pooled": 100.0, "limited": 300.0, "none": 300.0}


def test_delivery_charge_on_spread_and_outright_deltas():
    book = one_commodity(
        np.zeros((2, 16)),
        month=np.array([0, 1]),
        delta=np.ones(2),
        month_tier=np.array([0, 1]),
        tier_commodity=np.array([0, 0]),
        delivery_rate_spread=np.array([20.0, 0.0]),
        delivery_rate_outright=np.array([50.0, 0.0]),
    )
    spread = CalendarSpread(0, 1, 5.0, (SpreadLeg(0, 1), SpreadLeg(1, -1)))
    result = span_margin(np.array([[10.0, -4.0]]), book, SpanParameters((spread,)))
    assert result.delivery_charge[0, 0] == 4 * 20 + 6 * 50
    assert result.calendar_charge[0, 0] == 20
    assert result.requirement[0] == 400


# --- Oracle and properties -----------------------------------------------------------------------


@st.composite
def books(draw):
    """Two commodities of two tiers, futures and options, all charges and credits in force."""
    n = 6
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    commodity = np.array([0, 0, 0, 1, 1, 1])
    month = np.array([0, 1, 1, 2, 3, 3])
    options = np.array([0, 0, 1, 0, 0, 1])
    instruments = SpanInstruments(
        commodity=commodity,
        month=month,
        risk_array=np.round(rng.normal(0, 100, (n, 16))),
        delta=np.where(options, np.round(rng.uniform(-1, 1, n), 2), 1.0),
        option_value=options * np.round(rng.uniform(0, 50, n)),
        short_option_rate=options * np.round(rng.uniform(0, 60, n)),
        month_tier=np.array([0, 1, 2, 3]),
        tier_commodity=np.array([0, 0, 1, 1]),
        delivery_rate_spread=np.array([3.0, 0, 0, 0]),
        delivery_rate_outright=np.array([8.0, 0, 0, 0]),
        price_scan_range=np.array([90.0, 120.0]),
    )
    parameters = SpanParameters(
        calendar_spreads=(
            CalendarSpread(0, 1, 11.0, (SpreadLeg(0, 1), SpreadLeg(1, -1))),
            CalendarSpread(1, 1, 13.0, (SpreadLeg(2, 1), SpreadLeg(3, -1))),
        ),
        inter_commodity_spreads=(
            InterCommoditySpread(1, 0.6, (SpreadLeg(0, 1, 2.0), SpreadLeg(1, -1, 1.0))),
        ),
        price_risk_method=draw(st.sampled_from(["normal", "scan_range", "scan_range_cap"])),
        option_value_treatment=draw(st.sampled_from(["pooled", "limited", "none"])),
    )
    quantities = rng.integers(-20, 21, (5, n)).astype(float)
    return quantities, instruments, parameters


def scalar_span(quantity, book, parameters):  # noqa: C901 -- an oracle is one plain story
    """One account, one number at a time."""
    commodities, tiers = len(book.price_scan_range), len(book.tier_commodity)
    losses = [
        [
            sum(q * book.risk_array[i][s] for i, q in enumerate(quantity) if book.commodity[i] == c)
            for s in range(16)
        ]
        for c in range(commodities)
    ]
    months = [0.0] * len(book.month_tier)
    for i, q in enumerate(quantity):
        months[book.month[i]] += q * book.delta[i]
    long_d, short_d = [0.0] * tiers, [0.0] * tiers
    for m, d in enumerate(months):
        (long_d if d > 0 else short_d)[book.month_tier[m]] += abs(d)
    calendar, delivery, used = [0.0] * commodities, [0.0] * commodities, [0.0] * tiers
    for spread in sorted(parameters.calendar_spreads, key=lambda s: s.priority):
        for first, second in ((long_d, short_d), (short_d, long_d)):
            pools = [first if leg.side == 1 else second for leg in spread.legs]
            count = min(
                p[leg.node] / leg.delta_ratio for p, leg in zip(pools, spread.legs, strict=True)
            )
            calendar[spread.commodity] += count * spread.charge_rate
            for p, leg in zip(pools, spread.legs, strict=True):
                p[leg.node] -= count * leg.delta_ratio
                used[leg.node] += count * leg.delta_ratio
    for t in range(tiers):
        delivery[book.tier_commodity[t]] += used[t] * book.delivery_rate_spread[t]
        delivery[book.tier_commodity[t]] += (long_d[t] + short_d[t]) * book.delivery_rate_outright[
            t
        ]
    price_risk = []
    for c in range(commodities):
        active = max(range(16), key=lambda s: losses[c][s])
        twin = active if active > 13 else active + 1 - 2 * (active % 2)
        normal = max(
            (losses[c][active] + losses[c][twin]) / 2 - (losses[c][0] + losses[c][1]) / 2, 0.0
        )
        net = abs(
            sum(d for m, d in enumerate(months) if book.tier_commodity[book.month_tier[m]] == c)
        )
        normal = normal / net if net else 0.0
        scan = book.price_scan_range[c]
        price_risk.append(
            {"normal": normal, "scan_range": scan, "scan_range_cap": min(normal, scan)}[
                parameters.price_risk_method
            ]
        )
    left = [
        sum(long_d[t] - short_d[t] for t in range(tiers) if book.tier_commodity[t] == c)
        for c in range(commodities)
    ]
    credit = [0.0] * commodities
    for spread in sorted(parameters.inter_commodity_spreads, key=lambda s: s.priority):
        for way in (1, -1):
            count = min(
                max(way * leg.side * left[leg.node], 0) / leg.delta_ratio for leg in spread.legs
            )
            for leg in spread.legs:
                left[leg.node] -= way * leg.side * count * leg.delta_ratio
                credit[leg.node] += (
                    count * leg.delta_ratio * price_risk[leg.node] * spread.credit_rate
                )
    risk, value = [], []
    for c in range(commodities):
        inside = [i for i in range(len(quantity)) if book.commodity[i] == c]
        minimum = sum(max(-quantity[i], 0) * book.short_option_rate[i] for i in inside)
        scan = max(0.0, *losses[c])
        risk.append(max(scan + calendar[c] + delivery[c] - credit[c], minimum))
        value.append(sum(quantity[i] * book.option_value[i] for i in inside))
    if parameters.option_value_treatment == "none":
        return sum(risk)
    if parameters.option_value_treatment == "limited":
        return sum(max(r - v, 0.0) for r, v in zip(risk, value, strict=True))
    return max(sum(risk) - sum(value), 0.0)


@given(books())
@settings(deadline=None, max_examples=60)
def test_vectorised_requirement_agrees_with_the_scalar_oracle(book):
    quantities, instruments, parameters = book
    result = span_margin(quantities, instruments, parameters)
    oracle = [scalar_span(list(q), instruments, parameters) for q in quantities]
    np.testing.assert_allclose(result.requirement, oracle, rtol=1e-9, atol=1e-7)


# Powers of two scale without rounding, so that no tie between scenarios is broken another way.
@given(books(), st.sampled_from([2.0**k for k in (-6, -1, 3, 7)]))
@settings(deadline=None, max_examples=40)
def test_scaling_and_bounds(book, scale):
    quantities, instruments, parameters = book
    result = span_margin(quantities, instruments, parameters)
    scaled = span_margin(scale * quantities, instruments, parameters)
    np.testing.assert_allclose(
        scaled.requirement, scale * result.requirement, rtol=1e-9, atol=1e-6 * scale
    )
    assert (result.requirement >= 0).all()
    assert (result.inter_commodity_credit >= 0).all()
    assert (result.credited_risk <= result.commodity_risk + 1e-9).all()
    assert (result.credited_risk >= result.short_option_minimum).all()


@given(books())
@settings(deadline=None, max_examples=40)
def test_scanning_risk_of_merged_accounts_is_at_most_the_sum(book):
    quantities, instruments, parameters = book
    merged = span_margin(quantities[:1] + quantities[1:2], instruments, parameters)
    apart = span_margin(quantities[:2], instruments, parameters)
    assert (merged.scanning_risk <= apart.scanning_risk.sum(axis=0) + 1e-9).all()
    assert (merged.short_option_minimum <= apart.short_option_minimum.sum(axis=0) + 1e-9).all()


@given(books())
@settings(deadline=None, max_examples=30)
def test_mirrored_account_has_opposite_scenario_losses(book):
    quantities, instruments, parameters = book
    losses = quantities @ instruments.risk_array
    mirror_worst, _ = scanning_risk(-losses)
    np.testing.assert_array_equal(mirror_worst, np.maximum(-(losses.min(axis=1)), 0.0))
    calendar = span_margin(quantities, instruments, parameters).calendar_charge
    mirrored = span_margin(-quantities, instruments, parameters).calendar_charge
    np.testing.assert_allclose(calendar, mirrored, atol=1e-9)


@given(books())
@settings(deadline=None, max_examples=20)
def test_unit_margins_are_the_margins_of_single_instruments(book):
    quantities, instruments, parameters = book
    units = span_unit_margins(instruments, parameters)
    alone = np.diag(quantities[0])
    expected = span_margin(alone, instruments, parameters).requirement
    np.testing.assert_allclose(units.of(quantities[0]), expected, rtol=1e-9, atol=1e-9)


def test_accounts_do_not_see_each_other():
    rng = np.random.default_rng(7)
    quantities = rng.integers(-9, 10, (50, 2)).astype(float)
    together = span_margin(quantities, MCMILLAN, SpanParameters()).requirement
    alone = [
        float(span_margin(row[None], MCMILLAN, SpanParameters()).requirement[0])
        for row in quantities
    ]
    np.testing.assert_array_equal(together, alone)
    assert span_margin(np.empty((0, 2)), MCMILLAN, SpanParameters()).requirement.shape == (0,)
