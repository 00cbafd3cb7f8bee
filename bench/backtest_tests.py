"""Speed of the backtest battery: 10,000 accounts and 1,000 days in one pass.

In one run and on one machine it compares

- the tests that ``vartests`` has too (Kupiec, two-sided exact binomial, Weibull duration), ours for
  all accounts at once against a loop of theirs over a sample, scaled up: at least 100 times faster;
- the whole battery (every test, exact ones included) against the same loop;
- the block bootstraps (999 resampled histories of all accounts) against one pass of the battery:
  at most 30 times as long.

Statistics are compared before times are, so that both sides are known to compute the same thing.
"""

import numpy as np
import vartests  # type: ignore[import-untyped]

from bench.measurement import Duration, Measurement, measure_durations
from pipeline.backtest.battery import Severity, run_battery
from pipeline.backtest.block_bootstrap import bootstrap_coverage
from pipeline.backtest.coverage import binomial_exact_columns, kupiec_pof_columns
from pipeline.backtest.duration import weibull_duration_columns
from pipeline.backtest.outcome import BoolArray, FloatArray, TestColumns
from pipeline.backtest.sequences import exceedance_sequences
from pipeline.backtest.shared_days import date_block_bootstrap

ACCOUNTS, DAYS, CONFIDENCE = 10_000, 1_000, 0.99
SAMPLE = 100
SEED = 20240229
LEAST_SPEED_UP = 100.0
MOST_PASSES = 30.0


def make_inputs() -> tuple[BoolArray, FloatArray]:
    """Return exceedances of correct models and margins."""
    rng = np.random.default_rng(SEED)
    return rng.random((ACCOUNTS, DAYS)) < 1 - CONFIDENCE, 1 + rng.random((ACCOUNTS, DAYS))


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


def run() -> list[Measurement]:
    """Measure everything."""
    hits, margin = make_inputs()
    sample = hits[:SAMPLE]
    check_agreement(sample)
    severity = Severity(2 * margin, margin, seed=SEED)
    took = measure_durations(
        {
            "loop": lambda: loop_over_vartests(sample),
            "shared": lambda: run_shared_tests(hits),
            "battery": lambda: run_battery(hits, CONFIDENCE, margin=margin),
            "table": lambda: run_battery(hits, CONFIDENCE, margin=margin).frame(),
            "severity": lambda: run_battery(hits, CONFIDENCE, margin=margin, severity=severity),
            "per account": lambda: bootstrap_coverage(hits, CONFIDENCE, seed=SEED),
            "by date": lambda: date_block_bootstrap(hits, CONFIDENCE, seed=SEED),
        }
    )
    battery = took["battery"]
    scaled = took["loop"].processor * ACCOUNTS / SAMPLE
    loop = f"{scaled:.0f} s (a loop over {SAMPLE} of {ACCOUNTS:,} accounts, scaled)"
    return [
        Measurement(
            "vartests / the same tests",
            scaled / took["shared"].processor,
            LEAST_SPEED_UP,
            f"{loop} against {took['shared']}, {DAYS:,} days",
            at_least=True,
        ),
        Measurement(
            "vartests / whole battery",
            scaled / battery.processor,
            None,
            f"{loop} against {battery}",
        ),
        _in_passes("battery with its table of rows", took["table"], battery),
        _in_passes("battery with the severity tests", took["severity"], battery),
        _in_passes("block bootstrap of every account", took["per account"], battery, MOST_PASSES),
        _in_passes("date-block bootstrap of all accounts", took["by date"], battery, MOST_PASSES),
    ]


def _in_passes(
    what: str, took: Duration, battery: Duration, bound: float | None = None
) -> Measurement:
    """Compare a duration with one pass of the battery."""
    ratio = took.processor / battery.processor
    return Measurement(f"{what} / whole battery", ratio, bound, f"{took} against {battery}")
