"""Facts about the machine and the libraries that a figure depends on; nothing is measured here."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("numpy", "scipy", "polars", "pandas")


def describe_machine() -> list[tuple[str, str]]:
    """Return the facts as names and values, in the order to print."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return [
        ("processor", _processor()),
        ("cores", str(len(os.sched_getaffinity(0)))),
        ("memory", f"{_memory_gibibytes():.0f} GiB"),
        ("load average", load),
        ("system", platform.platform(terse=True)),
        ("python", platform.python_version()),
        *((name, version(name)) for name in LIBRARIES),
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory_gibibytes() -> float:
    pages: int = os.sysconf("SC_PHYS_PAGES")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**30
