"""Grid margin against published worked figures, a scalar oracle and its properties."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import CheckFailed
from pipeline.margin.cap import cap_offset_credit
from pipeline.margin.grid import (
    GridInstruments,
    GridParameters,
    grid_margin,
    grid_unit_margins,
    static_discount,
)
from pipeline.margin.grid_scenarios import (
    Grid,
    VolatilityShock,
    build_grid,
    dampening_factor,
    inverse_scenario_values,
    linear_scenario_values,
    option_scenario_values,
)
from pipeline.margin.option_terms import OptionTerms

# --- Derive (v2-core) worked cases: spot 2,000, perpetual 2,001, volatility 50 %, rate 2 % --------

SPOT, PERPETUAL = 2_000.0, 2_001.0
MOVES = [0.15, 0.10, 0.05, 0.0, -0.05, -0.10, -0.15]
DERIVE_GRID = build_grid(MOVES)
DERIVE_SHOCK = VolatilityShock(range_up=0.45, range_down=0.30, short_power=0.30, long_power=0.13)
# Days to expiry and forward less spot.
EXPIRIES = {"11 January": (10 + 1 / 3, 2.83305), "18 January": (17 + 1 / 3, 4.7545)}
EXPIRIES["27 February"] = (57 + 1 / 3, 15.7696)


def derive_parameters(**changes):
    given_or = {
        "basis_add_factor": 0.25,
        "basis_multiply_factor": 0.01,
        "initial_factor": 1.3,
        "depeg_threshold": 0.98,
        "depeg_factor": 2.0,
    }
    return GridParameters(**(given_or | changes))


def derive_book(options=(), rate_addition=0.05, static_pct=0.02, grid=DERIVE_GRID):
    """One coin, one perpetual and the options given as (expiry, strike, is_call)."""
    names = sorted({name for name, _, _ in options})
    years = np.array([EXPIRIES[name][0] / 365 for name in names])
    expiry = np.array([names.index(name) for name, _, _ in options], dtype=np.int64)
    terms = OptionTerms(
        forward=np.array([SPOT + EXPIRIES[name][1] for name, _, _ in options]),
        strike=np.array([float(strike) for _, strike, _ in options]),
        years=np.array([EXPIRIES[name][0] / 365 for name, _, _ in options]),
        volatility=np.full(len(options), 0.5),
        is_call=np.array([is_call for _, _, is_call in options], dtype=bool),
        multiplier=np.ones(len(options)),
    )
    basis = Grid(np.array([-0.05, 0.05]), np.zeros(2), np.ones(2))
    one = np.ones(1)
    linear = [linear_scenario_values(np.array([p]), one, grid) for p in (SPOT, PERPETUAL)]
    coin = SPOT + linear[0]
    values = [coin, linear[1], option_scenario_values(terms, grid, DERIVE_SHOCK)]
    now = terms.value(terms.forward[:, None], terms.volatility[:, None], 0.0)[:, 0]
    keys = sorted({(name, strike) for name, strike, _ in options})
    n = len(options)
    return GridInstruments(
        underlying=np.zeros(n + 2, dtype=np.int64),
        value=np.concatenate([[SPOT, 0.0], now]),
        scenario_value=np.concatenate(values),
        expiry=np.concatenate([[-1, -1], expiry]).astype(np.int64),
        basis_value=np.concatenate(
            [np.zeros((2, 2)), option_scenario_values(terms, basis, DERIVE_SHOCK)]
        ),
        position_rate=np.concatenate([[static_pct * SPOT] * 2, np.zeros(n)]),
        short_option_rate=np.concatenate([[0, 0], np.full(n, 0.01 * SPOT)]),
        strike=np.array([-1, -1] + [keys.index((a, k)) for a, k, _ in options], dtype=np.int64),
        offset_size=np.zeros(n + 2),
        expiry_years=years,
        expiry_discount=static_discount(0.95, years, 0.02, 4.0, rate_addition),
    )


def margin_balance(quantities, book, unrealised=0.0, stable_price=1.0, **parameters):
    """Value less requirement, maintenance and initial, truncated as the venue prints them."""
    held = np.array([quantities], dtype=float)
    result = grid_margin(held, book, DERIVE_GRID, derive_parameters(**parameters), stable_price)
    value = float(held[0] @ book.value) + unrealised
    return (
        math.trunc(value - result.maintenance_margin[0]),
        math.trunc(value - result.initial_margin[0]),
    )


@pytest.mark.parametrize(
    ("coins", "perpetuals", "unrealised", "maintenance", "initial"),
    [
        (0, 1, 1.0, -349, -454),  # long one perpetual entered at 2,000
        (0, -1, 4.0, -346, -451),  # short one perpetual entered at 2,005
        (1, 0, 0.0, 1_650, 1_545),  # long one coin
        (1, -1, 4.0, 1_903, 1_873),  # coin hedged with the perpetual
    ],
)
def test_derive_closed_form_vectors(coins, perpetuals, unrealised, maintenance, initial):
    book = derive_book(static_pct=0.025)
    balance = margin_balance([coins, perpetuals], book, unrealised)
    assert balance == (maintenance, initial)


def test_derive_hedged_coin_offset_and_cap():
    book = derive_book(static_pct=0.025)
    parameters = derive_parameters()
    hedged = np.array([[1.0, -1.0]])
    netted = grid_margin(hedged, book, DERIVE_GRID, parameters).maintenance_margin
    alone = grid_unit_margins(book, DERIVE_GRID, parameters).of(hedged).sum(axis=1)
    np.testing.assert_allclose(netted, [100.15])
    np.testing.assert_allclose(alone, [700.15])
    assert 1 - netted[0] / alone[0] == pytest.approx(0.857, abs=5e-4)
    np.testing.assert_allclose(cap_offset_credit(alone, netted, 0.80), [220.15])


CASES = [
    # Each leg is a quantity, a strike and 1 for a call; the balances are maintenance and initial.
    ("short ITM call", "18 January", [(-1, 1400, 1)], -925, -1021),
    ("short ITM put", "18 January", [(-1.5, 3000, 0)], -1973, -2118),
    ("long ATM put", "18 January", [(1, 2000, 0)], 1, -23),
    ("long ATM call", "18 January", [(1, 2000, 1)], 0, -26),
    ("long OTM call", "18 January", [(1, 2700, 1)], 0, 0),
    ("short OTM put", "18 January", [(-1, 1700, 0)], -131, -168),
    ("long ITM call spread", "11 January", [(1, 500, 1), (-1, 700, 1)], 169, 160),
    ("long OTM call spread", "11 January", [(1, 3500, 1), (-1, 3700, 1)], -20, -26),
    ("short ITM call spread", "11 January", [(-1, 500, 1), (1, 700, 1)], -220, -226),
    ("short OTM call spread", "11 January", [(-1, 3500, 1), (1, 3700, 1)], -20, -26),
    ("long ITM put spread", "11 January", [(-1, 3500, 0), (1, 3900, 0)], 358, 346),
    ("long OTM put spread", "11 January", [(-1, 800, 0), (1, 900, 0)], -20, -26),
    ("short ATM put spread", "11 January", [(1, 1900, 0), (-1, 2200, 0)], -319, -360),
    ("short OTM put spread", "11 January", [(1, 1600, 0), (-1, 1900, 0)], -213, -270),
]
BOX = [(1, 1000, 1), (1, 2000, 0), (-1, 1000, 0), (-1, 2000, 1)]
CASES.append(("long box", "11 January", BOX, 946, 930))
CASES.append(("short box", "11 January", [(-q, k, c) for q, k, c in BOX], -1000, -1000))


@pytest.mark.parametrize(
    ("expiry", "legs", "maintenance", "initial"),
    [pytest.param(*case[1:], id=case[0].replace(" ", "_")) for case in CASES],
)
def test_derive_option_vectors(expiry, legs, maintenance, initial):
    book = derive_book([(expiry, strike, bool(c)) for _, strike, c in legs])
    balance = margin_balance([0, 0] + [q for q, _, _ in legs], book)
    assert balance == (maintenance, initial)


# The venue's later cases stress the rate by another 12 % and hold 2.5 % against coins.


def test_derive_later_box_vectors():
    legs = [("11 January", k, bool(c)) for _, k, c in BOX]
    book = derive_book(legs, rate_addition=0.12)
    assert margin_balance([0, 0] + [q for q, _, _ in BOX], book) == (944, 928)
    assert margin_balance([0, 0] + [-q for q, _, _ in BOX], book) == (-1000, -1000)


def test_derive_boxes_of_two_expiries():
    legs = [("18 January", -q, k, c) for q, k, c in BOX]
    legs += [("27 February", q, k, c) for q, k, c in BOX]
    book = derive_book([(name, k, bool(c)) for name, _, k, c in legs], rate_addition=0.12)
    assert margin_balance([0, 0] + [q for _, q, _, _ in legs], book) == (-79, -103)


def test_derive_covered_call():
    book = derive_book([("18 January", 2000, True)], rate_addition=0.12, static_pct=0.025)
    assert margin_balance([1, 0, -1], book) == (1602, 1509)


def test_derive_scenario_counts_and_dampened_tails():
    core = [0.15, 0.10, 0.05, 0.0, -0.05, -0.10, -0.15]
    assert len(build_grid(core, volatility_up_only=[0.20, -0.20]).weight) == 23
    tails = [-0.66, -0.33, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0]
    published = [0.21, 0.42, 0.2772, 0.1386, 0.0693, 0.0462, 0.03465, 0.02772]
    weights = dampening_factor(tails, price_range=0.18, fraction=0.77)
    np.testing.assert_allclose(weights, published, rtol=1e-12)
    grid = build_grid(
        [0.135, 0.09, 0.045, 0.0, -0.045, -0.09, -0.135], [0.18, -0.18], tails, list(weights)
    )
    assert len(grid.weight) == 31  # the published 33 less two skew scenarios
    np.testing.assert_allclose(grid.weight[-8:], published)
    assert (grid.volatility_direction[-10:] == 1).all()
    # A linear position counts the same loss at every tail beyond the range.
    gain = linear_scenario_values(np.array([100.0]), np.ones(1), grid)[0]
    np.testing.assert_allclose(np.abs(gain * grid.weight)[-8:], 100 * 0.77 * 0.18)


def test_depeg_adds_to_the_initial_factor():
    book = derive_book(static_pct=0.025)
    held = np.array([[0.0, 1.0]])
    for price, factor in ((1.0, 1.25), (0.99, 1.25), (0.97, 1.33), (0.20, 1.25 + 0.79 * 4)):
        result = grid_margin(
            held,
            book,
            DERIVE_GRID,
            derive_parameters(initial_factor=1.25, depeg_threshold=0.99, depeg_factor=4.0),
            stable_price=price,
        )
        np.testing.assert_allclose(result.maintenance_margin, [350.15])
        np.testing.assert_allclose(result.initial_margin, [factor * 350.15])


# --- Deribit worked figures ----------------------------------------------------------------------


def plain_book(n, **changes):
    """Instruments of one underlying without any risk or charge."""
    given_or = {
        "underlying": np.zeros(n, dtype=np.int64),
        "value": np.zeros(n),
        "scenario_value": np.zeros((n, 1)),
        "expiry": np.full(n, -1),
        "basis_value": np.zeros((n, 2)),
        "position_rate": np.zeros(n),
        "short_option_rate": np.zeros(n),
        "strike": np.full(n, -1),
        "offset_size": np.zeros(n),
        "expiry_years": np.zeros(0),
        "expiry_discount": np.zeros(0),
    }
    return GridInstruments(**(given_or | changes))


STILL = Grid(np.zeros(1), np.zeros(1), np.ones(1))


def test_deribit_contingency_on_offsetting_futures():
    book = plain_book(2, offset_size=np.ones(2))
    held = np.array([[100.0, -100.0], [100.0, 0.0], [100.0, -30.0]])
    result = grid_margin(held, book, STILL, GridParameters(offset_rate=0.02))
    np.testing.assert_allclose(result.maintenance_margin, [2.0, 0.0, 0.6])


def test_deribit_contingency_on_short_options():
    book = plain_book(3, short_option_rate=np.full(3, 0.005), strike=np.array([0, 0, 1]))
    # 200 options sold; 200 sold of which 150 covered at the strike; none covered at another.
    held = np.array([[-200.0, 0.0, 0.0], [-200.0, 150.0, 0.0], [-200.0, 0.0, 200.0]])
    result = grid_margin(held, book, STILL, GridParameters())
    np.testing.assert_allclose(result.maintenance_margin, [1.0, 0.25, 1.0])


def test_deribit_volatility_shock():
    oldest = VolatilityShock(range_up=0.40, range_down=0.40, short_power=0.5, long_power=0.5)
    assert float(oldest.multiplier(15.0, 1) - 1) == pytest.approx(0.566, abs=5e-4)
    historical = VolatilityShock(range_up=0.38, range_down=0.38, short_power=0.30, long_power=0.30)
    np.testing.assert_allclose(
        historical.multiplier([30.0, 60.0], [1, -1]), [1.38, 1 - 0.38 * 0.5**0.30]
    )


# --- Volatility shock at its limits --------------------------------------------------------------


def test_volatility_shock_limits():
    shock = VolatilityShock(0.5, 0.3, short_power=0.3, long_power=0.13, minimum_up_volatility=0.4)
    np.testing.assert_allclose(shock.multiplier([30, 30, 30], [1, 0, -1]), [1.5, 1.0, 0.7])
    # One day at least; the long power beyond thirty days.
    np.testing.assert_allclose(shock.multiplier([0.2, 1.0], 1), 1 + 0.5 * 30**0.3)
    assert float(shock.multiplier(300.0, 1)) == pytest.approx(1 + 0.5 * 0.1**0.13)
    # The shock down stops at zero volatility.
    assert float(VolatilityShock(0.5, 0.9, 0.5).multiplier(1.0, -1)) == 0.0
    # The floor lifts low volatilities in up scenarios only.
    np.testing.assert_allclose(shock.apply(0.2, 30.0, [1, 0, -1]), [0.4, 0.2, 0.14])


# --- Revaluation ---------------------------------------------------------------------------------


def test_inverse_values_by_hand():
    grid = build_grid([0.25, 0.0, -0.20])
    values = inverse_scenario_values(np.array([50_000.0]), np.array([100.0]), grid)
    np.testing.assert_allclose(values[0, ::3], [25.0, 0.0, -20.0])


def test_coin_settled_option_gain_is_valued_at_the_shocked_price():
    terms = OptionTerms(
        forward=np.array([2_000.0]),
        strike=np.array([2_100.0]),
        years=np.array([0.1]),
        volatility=np.array([0.6]),
        is_call=np.array([True]),
        multiplier=np.array([1.0]),
    )
    grid = build_grid([0.15, 0.0, -0.15])
    linear = option_scenario_values(terms, grid, DERIVE_SHOCK)[0]
    inverse = option_scenario_values(terms, grid, DERIVE_SHOCK, coin_settled=True)[0]
    now = float(terms.value(np.array([[2_000.0]]), np.array([[0.6]]), 0.0)[0, 0])
    shocked = 2_000.0 * (1 + grid.price_move)
    gain_in_coin = linear / shocked - now / 2_000.0
    np.testing.assert_allclose(inverse, now + gain_in_coin * shocked)
    np.testing.assert_allclose(inverse[3:6], linear[3:6])


def test_malformed_input_is_refused():
    with pytest.raises(CheckFailed, match="one weight for each of its 2"):
        build_grid([0.0], extended_moves=[1.0, 2.0], extended_weights=[0.5])
    with pytest.raises(CheckFailed, match="above -100"):
        build_grid([-1.0])
    with pytest.raises(CheckFailed, match="below the maintenance factor"):
        GridParameters(maintenance_factor=1.2)
    with pytest.raises(CheckFailed, match="grid value: 1 of 2 values are missing"):
        plain_book(2, value=np.array([np.nan, 1.0]))
    with pytest.raises(CheckFailed, match="grid quantities"):
        grid_margin(np.array([[np.nan]]), plain_book(1), STILL, GridParameters())
    with pytest.raises(CheckFailed, match="stablecoin price"):
        grid_margin(np.ones((1, 1)), plain_book(1), STILL, GridParameters(), stable_price=np.nan)


# --- Oracle and properties -----------------------------------------------------------------------


@st.composite
def books(draw):
    """Two underlyings with futures and options of two expiries and two strikes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, scenarios = 8, 5
    value = np.where(np.arange(n) % 4 < 2, 0.0, np.round(rng.uniform(5, 80, n)))
    instruments = GridInstruments(
        underlying=np.repeat([0, 1], 4),
        value=value,
        scenario_value=value[:, None] + np.round(rng.normal(0, 60, (n, scenarios))),
        expiry=np.array([-1, -1, 0, 1, -1, -1, 0, 1]),
        basis_value=value[:, None] + np.round(rng.normal(0, 30, (n, 2))),
        position_rate=np.array([4.0, 0, 0, 0, 5.0, 0, 0, 0]),
        short_option_rate=np.array([0, 0, 7.0, 7.0, 0, 0, 6.0, 6.0]),
        strike=np.array([-1, -1, 0, 1, -1, -1, 2, 2]),
        offset_size=np.array([10.0, 12.0, 0, 0, 8.0, 9.0, 0, 0]),
        expiry_years=np.array([0.1, 0.5]),
        expiry_discount=np.array([draw(st.sampled_from([1.0, 0.9])), 0.85]),
    )
    grid = Grid(np.zeros(scenarios), np.zeros(scenarios), np.array([1, 1, 1, 0.5, 0.3]))
    parameters = GridParameters(
        basis_add_factor=0.5,
        basis_multiply_factor=2.0,
        offset_rate=0.02,
        maintenance_factor=0.8,
        initial_factor=1.2,
        depeg_threshold=0.99,
        depeg_factor=4.0,
    )
    return rng.integers(-9, 10, (5, n)).astype(float), instruments, grid, parameters


def scalar_risk(q, book, grid, parameters, u):
    """One account and one underlying, one number at a time."""
    inside = [i for i in range(len(q)) if book.underlying[i] == u]
    worst = 0.0
    for s in range(len(grid.weight)):
        loss = 0.0
        for e in (-1, 0, 1):
            legs = [i for i in inside if book.expiry[i] == e]
            then = sum(q[i] * book.scenario_value[i][s] for i in legs)
            if e >= 0 and then > 0:
                then *= book.expiry_discount[e]
            loss += sum(q[i] * book.value[i] for i in legs) - then
        worst = max(worst, grid.weight[s] * loss)
    basis = 0.0
    for e in (0, 1):
        moves = [
            sum(
                q[i] * (book.value[i] - book.basis_value[i][m])
                for i in inside
                if book.expiry[i] == e
            )
            for m in (0, 1)
        ]
        factor = parameters.basis_add_factor
        factor += parameters.basis_multiply_factor * book.expiry_years[e]
        basis += max(0.0, *moves) * factor
    static = sum(abs(q[i]) * book.position_rate[i] for i in inside)
    for k in range(3):
        net = sum(q[i] for i in inside if book.strike[i] == k)
        rate = next((book.short_option_rate[i] for i in inside if book.strike[i] == k), 0.0)
        static += max(-net, 0.0) * rate
    longs = sum(max(q[i], 0) * book.offset_size[i] for i in inside)
    shorts = sum(max(-q[i], 0) * book.offset_size[i] for i in inside)
    return max(worst, basis) + static + parameters.offset_rate * min(longs, shorts)


@given(books(), st.sampled_from([1.0, 0.95]))
@settings(deadline=None, max_examples=60)
def test_vectorised_margin_agrees_with_the_scalar_oracle(book, stable_price):
    quantities, instruments, grid, parameters = book
    result = grid_margin(quantities, instruments, grid, parameters, stable_price)
    risk = np.array(
        [[scalar_risk(q, instruments, grid, parameters, u) for u in (0, 1)] for q in quantities]
    )
    np.testing.assert_allclose(result.risk, risk, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(result.maintenance_margin, 0.8 * risk.sum(axis=1), atol=1e-9)
    factor = 1.2 + (0.04 * 4 if stable_price < 0.99 else 0.0)
    np.testing.assert_allclose(result.initial_margin, factor * risk.sum(axis=1), atol=1e-9)


@given(books(), st.floats(0.01, 100))
@settings(deadline=None, max_examples=40)
def test_scaling_sign_and_floor(book, scale):
    quantities, instruments, grid, parameters = book
    result = grid_margin(quantities, instruments, grid, parameters)
    scaled = grid_margin(scale * quantities, instruments, grid, parameters)
    np.testing.assert_allclose(scaled.risk, scale * result.risk, rtol=1e-9, atol=1e-9 * scale)
    assert (result.risk >= 0).all()
    assert (result.initial_margin >= result.maintenance_margin).all()


@given(books())
@settings(deadline=None, max_examples=40)
def test_worst_scenario_of_merged_accounts_is_at_most_the_sum(book):
    quantities, instruments, grid, parameters = book
    merged = grid_margin(quantities[:1] + quantities[1:2], instruments, grid, parameters)
    apart = grid_margin(quantities[:2], instruments, grid, parameters)
    for part in ("scenario_loss", "basis_contingency"):
        together = getattr(merged, part)
        assert (together <= getattr(apart, part).sum(axis=0) + 1e-9).all()


@given(books())
@settings(deadline=None, max_examples=30)
def test_mirrored_account_has_opposite_scenario_losses_without_discount(book):
    quantities, instruments, grid, parameters = book
    flat = GridInstruments(**(vars(instruments) | {"expiry_discount": np.ones(2)}))
    losses = quantities[:, :4] @ (flat.value[:4, None] - flat.scenario_value[:4]) * grid.weight
    mirrored = grid_margin(-quantities, flat, grid, parameters).scenario_loss[:, 0]
    np.testing.assert_allclose(mirrored, np.maximum((-losses).max(axis=1), 0), atol=1e-9)


@given(books())
@settings(deadline=None, max_examples=20)
def test_unit_margins_are_the_margins_of_single_instruments(book):
    quantities, instruments, grid, parameters = book
    units = grid_unit_margins(instruments, grid, parameters)
    expected = grid_margin(np.diag(quantities[0]), instruments, grid, parameters)
    np.testing.assert_allclose(
        units.of(quantities[0]), expected.maintenance_margin, rtol=1e-9, atol=1e-9
    )
