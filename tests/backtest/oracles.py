"""Slow, obvious, scalar versions of the formulas; loops over days, one series at a time.

Written from the published formulas with plain logarithms, apart from the product's kernels.
"""

import math
from itertools import pairwise

import numpy as np
from scipy import optimize, stats


def xlogy(x, y):
    return 0.0 if x == 0 else x * math.log(y)


def kupiec(x, t, p):
    rate = x / t
    null = xlogy(t - x, 1 - p) + xlogy(x, p)
    alternative = xlogy(t - x, 1 - rate) + xlogy(x, rate)
    return -2 * (null - alternative)


def transitions(hits):
    counts = {(0, 0): 0, (0, 1): 0, (1, 0): 0, (1, 1): 0}
    for before, after in pairwise(int(hit) for hit in hits):
        counts[before, after] += 1
    return counts[0, 0], counts[0, 1], counts[1, 0], counts[1, 1]


def independence(n00, n01, n10, n11):
    def rate(hit, other):
        return hit / (hit + other) if hit + other else 0.0

    pi01, pi11 = rate(n01, n00), rate(n11, n10)
    pi = rate(n01 + n11, n00 + n10)
    null = xlogy(n00 + n10, 1 - pi) + xlogy(n01 + n11, pi)
    alternative = xlogy(n00, 1 - pi01) + xlogy(n01, pi01) + xlogy(n10, 1 - pi11) + xlogy(n11, pi11)
    return -2 * (null - alternative)


def waiting_time(n, p):
    null = math.log(p) + xlogy(n - 1, 1 - p)
    alternative = math.log(1 / n) + xlogy(n - 1, 1 - 1 / n if n > 1 else 1.0)
    return -2 * (null - alternative)


def hit_days(hits):
    return [day for day, hit in enumerate(hits, start=1) if hit]


def gaps(hits):
    days = hit_days(hits)
    return [after - before for before, after in pairwise([0, *days])]


def tbfi(hits, p):
    return sum(waiting_time(gap, p) for gap in gaps(hits))


def durations(hits):
    """Return (length, is_complete) of each duration."""
    days, t = hit_days(hits), len(hits)
    found = []
    if days[0] > 1:
        found.append((days[0], False))
    found.extend((after - before, True) for before, after in pairwise(days))
    if days[-1] < t:
        found.append((t - days[-1], False))
    return found


def weibull_log_likelihood(b, found):
    complete = sum(1 for _, whole in found if whole)
    a = (complete / sum(length**b for length, _ in found)) ** (1 / b)
    total = 0.0
    for length, whole in found:
        total -= (a * length) ** b
        if whole:
            total += b * math.log(a) + math.log(b) + (b - 1) * math.log(length)
    return total


def weibull(hits, bound=10.0):
    """Return (b, likelihood ratio) by numerical maximisation of the full likelihood."""
    found = durations(hits)
    best = optimize.minimize_scalar(
        lambda b: -weibull_log_likelihood(b, found),
        bounds=(0.01, bound),
        method="bounded",
        options={"xatol": 1e-10},
    )
    b, value = float(best.x), -float(best.fun)
    if weibull_log_likelihood(bound, found) >= value:
        b, value = bound, weibull_log_likelihood(bound, found)
    return b, 2 * (value - weibull_log_likelihood(1.0, found))


def dynamic_quantile(hits, margin, p, lags=4):
    """Return (DQ, rank) by an explicit regression."""
    rows, target = [], []
    for t in range(lags, len(hits)):
        lagged = [float(hits[t - k]) - p for k in range(1, lags + 1)]
        rows.append([1.0, *lagged, float(margin[t])])
        target.append(float(hits[t]) - p)
    x, y = np.array(rows), np.array(target)
    rank = int(np.linalg.matrix_rank(x, tol=1e-8 * np.abs(x).max() * len(rows)))
    fitted = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return float(y @ fitted) / (p * (1 - p)), rank


def binomial_pmf(k, t, p):
    return math.comb(t, k) * p**k * (1 - p) ** (t - k)


def kupiec_exact(x, t, p):
    observed = kupiec(x, t, p)
    return sum(binomial_pmf(k, t, p) for k in range(t + 1) if kupiec(k, t, p) >= observed - 1e-9)


def law_by_recursion(t, p):
    """Return {(x, n00, n01, n10, n11): probability}, one day at a time."""
    states = {(0, 0, 0, 0, 0, 0): 1 - p, (1, 1, 0, 0, 0, 0): p}
    for _ in range(t - 1):
        following = {}
        for (last, x, n00, n01, n10, n11), probability in states.items():
            for hit, chance in ((0, 1 - p), (1, p)):
                counts = [n00, n01, n10, n11]
                counts[2 * last + hit] += 1
                key = (hit, x + hit, *counts)
                following[key] = following.get(key, 0.0) + probability * chance
        states = following
    law = {}
    for (_, *key), probability in states.items():
        law[tuple(key)] = law.get(tuple(key), 0.0) + probability
    return law


def acerbi_szekely(losses, shortfalls, hits, p):
    ratios = [
        loss / shortfall
        for loss, shortfall, hit in zip(losses, shortfalls, hits, strict=True)
        if hit
    ]
    z1 = 1 - sum(ratios) / len(ratios) if ratios else None
    return z1, 1 - sum(ratios) / (len(hits) * p)


def holm(p_values):
    m, order = len(p_values), np.argsort(p_values, kind="stable")
    adjusted, running = [0.0] * m, 0.0
    for rank, index in enumerate(order):
        running = max(running, (m - rank) * p_values[index])
        adjusted[index] = min(running, 1.0)
    return adjusted


def step_up(p_values, factor):
    m, order = len(p_values), np.argsort(p_values, kind="stable")
    adjusted, running = [0.0] * m, 1.0
    for rank in range(m, 0, -1):
        index = order[rank - 1]
        running = min(running, factor * m / rank * p_values[index])
        adjusted[index] = running
    return adjusted


def clopper_pearson(x, t, level):
    tail = (1 - level) / 2
    low = 0.0 if x == 0 else float(stats.beta.ppf(tail, x, t - x + 1))
    high = 1.0 if x == t else float(stats.beta.ppf(1 - tail, x + 1, t - x))
    return low, high
