"""Peak memory of one margin day, in a process of its own so that nothing else is counted.

``python -m bench.memory`` prints two numbers of mebibytes: the peak before and after the day.
"""

import subprocess
import sys
from pathlib import Path

from bench.synthetic import MPOR_DAYS, Size, build_world
from pipeline.margin.engine import compute_margins


def peak_mebibytes() -> float:
    """Return the largest resident memory of this process so far.

    Raises
    ------
    OSError
        The system does not tell it under ``/proc``.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kibibytes = status.split("VmHWM:")[1].split()[0]
    return int(kibibytes) / 1024


def measure_day_in_own_process() -> tuple[float, float]:
    """Return the peak before and after one margin day, in mebibytes."""
    output = subprocess.run(
        [sys.executable, "-m", "bench.memory"], check=True, capture_output=True, text=True
    ).stdout
    before, after = (float(number) for number in output.split())
    return before, after


def main() -> None:
    """Build the inputs, compute the day, print the peaks."""
    world = build_world(Size())
    before = peak_mebibytes()
    compute_margins(world.market, world.book, world.model, MPOR_DAYS, world.date_codes)
    print(before, peak_mebibytes())


if __name__ == "__main__":
    main()
