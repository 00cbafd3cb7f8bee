"""Speed of the backtest battery: 10,000 accounts and 1,000 days in one pass.

Run ``python bench/backtest_tests.py``. It compares, in one run and on one machine,

- the tests that ``vartests`` has too (Kupiec, two-sided exact binomial, Weibull duration), ours for
  all accounts at once against a loop of theirs over a sample, scaled up: at least 100 times faster;
- the whole battery (every test, exact ones included) against the same loop;
- the block bootstraps (999 resampled histories of all accounts) against one pass of the battery:
  at most 30 times as long.

It ends with exit code 1 if a requirement is missed. Statistics are compared before times are, so
that both sides are known to compute the same thing.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import vartests

from pipeline.backtest.battery import Severity, run_battery
from pipeline.backtest.block_bootstrap import bootstrap_coverage
from pipeline.backtest.coverage import binomial_exact_columns, kupiec_pof_columns
from pipeline.backtest.duration import weibull_duration_columns
from pipeline.backtest.shared_days import date_block_bootstrap
from pipeline.backtest.outcome import BoolArray, FloatArray, TestColumns
from pipeline.backtest.sequences import exceedance_sequences

ACCOUNTS, DAYS, CONFIDENCE = 10_000, 1_000, 0.99
SAMPLE = 100
SEED = 20240229
LEAST_SPEED_UP = 100.0
MOST_PASSES = 30.0


@dataclass(frozen=True)
class Measure:
    """One comparison: what was measured, the ratio, and whether it is good enough."""

    name: str
    ratio: float
    requirement: str
    met: bool


def make_inputs() -> tuple[BoolArray, FloatArray]:
    """Return exceedances of correct models and margins."""
    rng = np.random.default_rng(SEED)
    return rng.random((ACCOUNTS, DAYS)) < 1 - CONFIDENCE, 1 + rng.random((ACCOUNTS, DAYS))


def seconds(action: Callable[[], object], repeats: int = 3) -> float:
    """Return the shortest time of several runs."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def run_shared_tests(hits: BoolArray) -> tuple[TestColumns, TestColumns, TestColumns]:
    """Run, for all accounts, the tests that vartests has too."""
    sequences = exceedance_sequences(hits)
    x, t = sequences.exceedances, sequences.observations
    return (
        kupiec_pof_columns(x, t, CONFIDENCE),
        binomial_exact_columns(x, t, CONFIDENCE),
        weibull_duration_columns(sequences, CONFIDENCE),
    )


def loop_over_vartests(hits: BoolArray) -> list[tuple[float, float]]:
    """Run vartests account by account; return Kupiec and duration statistics."""
    results = []
    for series in hits.astype(int):
        kupiec = vartests.kupiec_test(series, CONFIDENCE)
        vartests.binomial_test(series, CONFIDENCE, alternative="two-sided")
        duration = vartests.duration_test(series)
        results.append((kupiec["statistic"], duration["statistic"]))
    return results


def check_agreement(hits: BoolArray) -> None:
    """Stop unless both sides give the same statistics on the sample."""
    kupiec, _, duration = run_shared_tests(hits)
    theirs = np.array(loop_over_vartests(hits))
    np.testing.assert_allclose(kupiec.statistic, theirs[:, 0], rtol=1e-9, atol=1e-9)
    both = duration.sufficient & np.isfinite(theirs[:, 1])
    np.testing.assert_allclose(duration.statistic[both], theirs[both, 1], rtol=1e-4, atol=1e-4)
    assert both.sum() > hits.shape[0] // 2


def measure() -> list[Measure]:
    """Measure everything and print the times."""
    hits, margin = make_inputs()
    sample = hits[:SAMPLE]
    check_agreement(sample)
    loop = seconds(lambda: loop_over_vartests(sample)) * ACCOUNTS / SAMPLE
    shared = seconds(lambda: run_shared_tests(hits))
    battery = seconds(lambda: run_battery(hits, CONFIDENCE, margin=margin))
    table = seconds(lambda: run_battery(hits, CONFIDENCE, margin=margin).frame())
    severity = Severity(2 * margin, margin, seed=SEED)
    with_severity = seconds(lambda: run_battery(hits, CONFIDENCE, margin=margin, severity=severity))
    per_account = seconds(lambda: bootstrap_coverage(hits, CONFIDENCE, seed=SEED))
    by_date = seconds(lambda: date_block_bootstrap(hits, CONFIDENCE, seed=SEED))
    print(f"{ACCOUNTS} accounts x {DAYS} days, best of 3 runs")
    print(f"vartests, loop over {SAMPLE} accounts scaled to all     {loop:10.2f} s")
    print(f"the same tests in one pass                        {shared:10.3f} s")
    print(f"whole battery in one pass (14 tests)              {battery:10.3f} s")
    print(f"whole battery with its table of 140,000 rows      {table:10.3f} s")
    print(f"whole battery with Acerbi and Szekely's tests      {with_severity:10.3f} s")
    print(f"block bootstrap of every account                  {per_account:10.3f} s")
    print(f"date-block bootstrap of all accounts              {by_date:10.3f} s")
    at_least, at_most = f"at least {LEAST_SPEED_UP:.0f}", f"at most {MOST_PASSES:.0f}"
    return [
        Measure(
            "vartests / the same tests", loop / shared, at_least, loop / shared >= LEAST_SPEED_UP
        ),
        Measure("vartests / whole battery", loop / battery, "for information", met=True),
        Measure(
            "block bootstrap / whole battery",
            per_account / battery,
            at_most,
            per_account / battery <= MOST_PASSES,
        ),
        Measure(
            "date-block bootstrap / whole battery",
            by_date / battery,
            at_most,
            by_date / battery <= MOST_PASSES,
        ),
    ]


def main() -> int:
    """Print the ratios; return 1 if one misses its requirement."""
    results = measure()
    for result in results:
        verdict = "" if result.met else "  MISSED"
        print(f"{result.name:<40}{result.ratio:10.1f}  ({result.requirement}){verdict}")
    return 0 if all(result.met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
