"""From a declaration and the market to the grid model: values under the grid on each date."""

import numpy as np

from pipeline.errors import WrongUse
from pipeline.margin.day_rules import DayRules, UnitScenarios
from pipeline.margin.declaration import ModelDeclaration
from pipeline.margin.declared_models import GridDeclaration
from pipeline.margin.grid import GridInstruments, GridParameters, grid_margin
from pipeline.margin.grid_scenarios import (
    Grid,
    VolatilityShock,
    build_grid,
    linear_scenario_values,
    option_scenario_values,
)
from pipeline.margin.market import BoolArray, FloatArray, IntArray
from pipeline.margin.market_state import MarketState
from pipeline.terms import Kind, Level


def adapt_grid(state: MarketState, model: ModelDeclaration, counts: BoolArray) -> DayRules:
    """Return the grid model of a date.

    The risk unit is the product or, where the level offset_group sums scenarios, the offset group:
    its products then make the same relative move. A group that does not count falls back to its
    products.

    Parameters
    ----------
    state : MarketState
        Instruments of the date.
    model : ModelDeclaration
        With a table ``grid``.
    counts : ndarray of bool, shape (n_groups,)
        Offset groups that may offset.

    Returns
    -------
    DayRules
        Maintenance margins; the units of its scenarios are the risk units.
    """
    if model.grid is None:
        msg = f"model {model.model_id}: source grid needs a table [grid]"
        raise WrongUse(msg)
    declared = model.grid
    grid = build_grid(
        declared.price_moves,
        declared.volatility_up_moves,
        declared.extended_moves,
        declared.extended_weights,
    )
    instruments = _value_instruments(state, model, declared, grid, counts)
    parameters = GridParameters(
        basis_add_factor=declared.basis_add_factor,
        basis_multiply_factor=declared.basis_multiply_factor,
        offset_rate=declared.offset_rate,
        maintenance_factor=declared.maintenance_factor,
        initial_factor=declared.maintenance_factor,
    )
    level, name = _name_units(state, model, instruments.underlying)

    def scenarios(quantities: FloatArray) -> UnitScenarios:
        margin = grid_margin(quantities, instruments, grid, parameters)
        binds = (margin.scenario_loss > 0) & (margin.scenario_loss >= margin.basis_contingency)
        return UnitScenarios(margin.counted_losses, np.where(binds, margin.worst_scenario, -1))

    return DayRules(
        margin=lambda quantities: (
            grid_margin(quantities, instruments, grid, parameters).maintenance_margin
        ),
        scenarios=scenarios,
        unit_level=level,
        unit_name=name,
    )


def _value_instruments(
    state: MarketState,
    model: ModelDeclaration,
    declared: GridDeclaration,
    grid: Grid,
    counts: BoolArray,
) -> GridInstruments:
    size = len(state.names)
    # What enters are gains: only a difference of values is ever read, save for the static discount,
    # which is not declared here.
    value = np.zeros(size)
    scenario = linear_scenario_values(np.abs(state.base), state.point_value, grid)
    moves = np.array([-declared.basis_move, declared.basis_move])
    basis_grid = Grid(moves, np.zeros(2), np.ones(2))
    basis = linear_scenario_values(np.abs(state.base), state.point_value, basis_grid)
    shock = VolatilityShock(
        declared.volatility_up,
        declared.volatility_down,
        declared.short_power,
        declared.long_power,
        minimum_up_volatility=declared.minimum_up_volatility,
    )
    for which in state.option_sets():
        terms = state.options(which)
        value[which] = terms.value(terms.forward[:, None], terms.volatility[:, None], 0.0)[:, 0]
        for target, over in ((scenario, grid), (basis, basis_grid)):
            target[which] = option_scenario_values(terms, over, shock)
            coin = state.is_inverse[which, None]
            target[which] -= np.where(coin, value[which, None] * over.price_move, 0.0)
    expiry, expiry_years = _number_expiries(state)
    contract_value = np.abs(state.reference) * state.point_value
    is_held_outright = np.isin(state.kind, [Kind.PERPETUAL.value, Kind.SPOT.value])
    is_spreadable = np.isin(state.kind, ["perpetual", "future"])
    return GridInstruments(
        underlying=_risk_units(state, model, counts),
        value=value,
        scenario_value=scenario,
        expiry=expiry,
        basis_value=basis,
        position_rate=np.where(is_held_outright, declared.position_rate * contract_value, 0.0),
        short_option_rate=np.where(
            state.is_option, declared.short_option_rate * contract_value, 0.0
        ),
        strike=_number_strikes(state),
        offset_size=np.where(is_spreadable, contract_value, 0.0),
        expiry_years=expiry_years,
        expiry_discount=np.ones(len(expiry_years)),
    )


def _risk_units(state: MarketState, model: ModelDeclaration, counts: BoolArray) -> IntArray:
    """Return the risk unit of each instrument: its product, or its group where that counts."""
    joined = (model.tree.offset_group == "scenarios") & counts[state.group]
    unit = np.where(joined, state.group, len(counts) + np.arange(len(state.group)))
    _, number = np.unique(unit, return_inverse=True)
    return np.asarray(number, dtype=np.int64)[state.product]


def _name_units(
    state: MarketState, model: ModelDeclaration, unit: IntArray
) -> tuple[np.ndarray, np.ndarray]:
    """Return level and name of each risk unit.

    A unit of one product has its name, whether its group counts or not: both are the same.
    """
    units = int(unit.max(initial=-1)) + 1
    level = np.full(units, Level.PRODUCT.value, dtype="U12")
    names: list[str] = []
    for number in range(units):
        products = np.unique(state.products[unit == number])
        if len(products) > 1:
            level[number] = Level.OFFSET_GROUP.value
        names.append(str(products[0]) if len(products) == 1 else model.group_of(str(products[0])))
    return level, np.array(names)


def _number_expiries(state: MarketState) -> tuple[IntArray, FloatArray]:
    """Return the expiry of each option, -1 for anything else, and the years to each expiry."""
    number = np.full(len(state.names), -1, dtype=np.int64)
    years, own = np.unique(state.years[state.is_option], return_inverse=True)
    number[state.is_option] = own
    return number, np.maximum(years, 0.0)


def _number_strikes(state: MarketState) -> IntArray:
    """Return one number for the options of one product, strike and expiry, -1 for others."""
    number = np.full(len(state.names), -1, dtype=np.int64)
    which = np.flatnonzero(state.is_option)
    keys = np.column_stack(
        [state.product[which].astype(np.float64), state.strike[which], state.years[which]]
    )
    if len(which):
        _, own = np.unique(keys, axis=0, return_inverse=True)
        number[which] = own.reshape(-1)
    return number
