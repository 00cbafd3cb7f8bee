"""Finding benchmarks: every module of the package that has a function ``run``.

A module that is asked for and cannot be imported is an error, never left out.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from types import ModuleType

import bench
from bench.measurement import Measurement

Benchmark = Callable[[], list[Measurement]]


def find_benchmarks(names: Sequence[str] = (), package: ModuleType = bench) -> dict[str, Benchmark]:
    """Return the named benchmarks of a package, or all of them in alphabetical order.

    Parameters
    ----------
    names : sequence of str
        Modules; only these are imported. All where none is named.
    package : module
        Where to look.

    Returns
    -------
    dict of str to callable
        ``run`` of each module.

    Raises
    ------
    KeyError
        A name that is no benchmark of the package.
    ModuleNotFoundError
        A benchmark needs a library that is not installed.
    """
    there = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    found: dict[str, Benchmark] = {}
    for name in names or [name for name in there if name != "__main__"]:
        if name not in there:
            raise KeyError(name)
        run = getattr(importlib.import_module(f"{package.__name__}.{name}"), "run", None)
        if run is not None:
            found[name] = run
        elif name in names:
            raise KeyError(name)
    return found
