"""Run benchmarks and print their ratios: ``python -m bench [NAME...]``.

Exit code 0 where every bound is kept, 1 where one is broken, 2 for an unknown name, 3 where a
library is missing (they are in the dependency group ``bench``).
"""

import sys
import time
from collections.abc import Sequence

from bench.discover import find_benchmarks
from bench.machine import describe_machine
from bench.measurement import Measurement


def main(arguments: Sequence[str]) -> int:
    """Run the named benchmarks, all where none is named, and return the exit code."""
    try:
        benchmarks = find_benchmarks(arguments)
    except KeyError as error:
        print(f"there is no benchmark {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"{error}; it is in the dependency group bench", file=sys.stderr)
        return 3
    for name, value in describe_machine():
        print(f"{name:<14}{value}")
    broken = 0
    for name, run in benchmarks.items():
        begun = time.perf_counter()
        measurements = run()
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
