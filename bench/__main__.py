"""Run benchmarks and print their ratios: ``python -m bench [NAME...]``.

Exit code 0 where every bound is kept, 1 where one is broken, 2 for an unknown name.
"""

import sys
import time
from collections.abc import Sequence

from bench.discover import find_benchmarks
from bench.machine import describe_machine
from bench.measurement import Measurement


def main(arguments: Sequence[str]) -> int:
    """Run the named benchmarks, all where none is named, and return the exit code."""
    benchmarks = find_benchmarks()
    unknown = sorted(set(arguments) - set(benchmarks))
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are {', '.join(benchmarks)}", file=sys.stderr)
        return 2
    for name, value in describe_machine():
        print(f"{name:<14}{value}")
    broken = 0
    for name in arguments or benchmarks:
        begun = time.perf_counter()
        measurements = benchmarks[name]()
        print(f"\n{name} ({time.perf_counter() - begun:.0f} s)")
        for measurement in measurements:
            print("\n".join(format_measurement(measurement)), flush=True)
        broken += sum(not measurement.holds for measurement in measurements)
    print(f"\n{broken} bounds broken" if broken else "\nevery bound is kept")
    return 1 if broken else 0


def format_measurement(measurement: Measurement) -> list[str]:
    """Return the line of figures and the line of details."""
    if measurement.bound is None:
        verdict = "for information"
    else:
        limit = "at least" if measurement.at_least else "at most"
        verdict = f"{limit} {measurement.bound:g}"
        verdict += "" if measurement.holds else "  BROKEN"
    return [
        f"  {measurement.name:<66}{measurement.ratio:>9.2f}  {verdict}",
        f"    {measurement.detail}",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
