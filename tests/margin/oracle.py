"""A second, slow and obvious implementation of historical margin: plain Python, no arrays.

Only for comparison in tests. One account at a time, one scenario at a time, sorting instead of
partitioning.
"""

import math
from fractions import Fraction


def sorted_losses(losses):
    return sorted(losses, reverse=True)


def measure(losses, name, confidence_pct):
    """Value at risk, expected shortfall or worst scenario of a list of losses."""
    ordered = sorted_losses(losses)
    tail = len(ordered) * (1 - Fraction(str(confidence_pct)) / 100)
    if name == "worst_scenario":
        value = ordered[0]
    elif name == "value_at_risk":
        value = ordered[min(len(ordered) - 1, math.floor(tail))]
    else:
        whole = math.floor(tail)
        if tail < 1:
            value = ordered[0]
        else:
            total = sum(ordered[:whole])
            if whole < len(ordered):
                total += float(tail - whole) * ordered[whole]
            value = total / float(tail)
    return max(value, 0.0)


def node_losses(positions, unit_losses):
    """Scenario losses of some (instrument, quantity) pairs."""
    scenarios = len(unit_losses[0])
    return [
        sum(quantity * unit_losses[instrument][k] for instrument, quantity in positions)
        for k in range(scenarios)
    ]


def account_margin(positions, unit_losses, name, confidence_pct, cap, cap_base):
    """Margins of one account.

    positions: list of (group, product, instrument, quantity).
    Returns standalone, netted, capped.
    """

    def margin_of(chosen):
        return measure(
            node_losses([(i, q) for _, _, i, q in chosen], unit_losses), name, confidence_pct
        )

    standalone = sum(margin_of([p]) for p in positions)
    netted = margin_of(positions)
    groups = sorted({p[0] for p in positions})
    products = sorted({(p[0], p[1]) for p in positions})
    base = {
        "instrument": standalone,
        "product": sum(
            margin_of([p for p in positions if (p[0], p[1]) == product]) for product in products
        ),
        "offset_group": sum(margin_of([p for p in positions if p[0] == group]) for group in groups),
        "account": netted,
    }[cap_base]
    capped = max(netted, base - cap * (base - netted))
    return standalone, netted, capped
