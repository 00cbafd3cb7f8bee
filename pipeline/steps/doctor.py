"""Checking the environment before it fails in the middle of a night."""

import ctypes.util
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from pipeline.errors import EnvironmentFault
from pipeline.resources import resource_path
from pipeline.settings import Settings

_PACKAGES = ("duckdb", "polars", "pyarrow", "great-expectations", "jinja2", "weasyprint")
_LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
_LEAST_FREE_BYTES = 2 * 2**30


@dataclass(frozen=True)
class Fitness:
    """One thing looked at.

    Attributes
    ----------
    subject : str
        What was looked at.
    is_fit : bool
        Whether it is as it must be.
    detail : str
        What was seen, or what to do.
    """

    subject: str
    is_fit: bool
    detail: str


def examine_environment(settings: Settings) -> list[Fitness]:
    """Look at packages, system libraries, fonts, data home and disk."""
    findings = []
    for package in _PACKAGES:
        try:
            findings.append(Fitness(package, True, version(package)))
        except PackageNotFoundError:
            findings.append(Fitness(package, False, "not installed; run 'make test' or uv sync"))
    for library, debian in _LIBRARIES.items():
        found = ctypes.util.find_library(library)
        findings.append(
            Fitness(library, bool(found), found or f"missing; install the Debian package {debian}")
        )
    fonts = sorted(p.name for p in resource_path("reports/fonts").glob("*.ttf"))
    findings.append(Fitness("report fonts", bool(fonts), ", ".join(fonts) or "missing"))
    home = settings.home if settings.home.exists() else settings.home.absolute().parent
    writable = os.access(home, os.W_OK)
    findings.append(
        Fitness("data home", writable, f"{settings.home}{'' if writable else ' is not writable'}")
    )
    free = shutil.disk_usage(home).free
    findings.append(Fitness("free disk", free >= _LEAST_FREE_BYTES, f"{free / 2**30:.1f} GiB free"))
    return findings


def raise_if_unfit(findings: Sequence[Fitness]) -> None:
    """Raise the first thing that is not as it must be.

    Raises
    ------
    EnvironmentFault
        With subject and detail.
    """
    unfit = [f for f in findings if not f.is_fit]
    if unfit:
        msg = f"{unfit[0].subject}: {unfit[0].detail}"
        raise EnvironmentFault(msg)
