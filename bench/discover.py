"""Finding benchmarks: every module of the package that has a function ``run``.

A module is imported to find out, so that a benchmark needs no entry in a list. Modules that cannot
be imported are errors, never left out.
"""

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType

import bench
from bench.measurement import Measurement

Benchmark = Callable[[], list[Measurement]]


def find_benchmarks(package: ModuleType = bench) -> dict[str, Benchmark]:
    """Return the benchmarks of a package by module name, in alphabetical order."""
    found: dict[str, Benchmark] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if module.name == "__main__":
            continue
        imported = importlib.import_module(f"{package.__name__}.{module.name}")
        if hasattr(imported, "run"):
            found[module.name] = imported.run
    return found
