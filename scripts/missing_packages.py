"""Print the Debian packages whose library or program this machine lacks, one a line."""

import ctypes
import shutil
import sys
from pathlib import Path

# WeasyPrint lays out text with Pango and cuts fonts down with HarfBuzz.
LIBRARIES = {
    "libpango-1.0-0": ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    "libpangoft2-1.0-0": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
    "libharfbuzz-subset0": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.dylib"),
}
# The tests read a PDF back with another program than the one that wrote it.
TEST_PROGRAMS = {"poppler-utils": "pdftotext"}


def can_load(names: tuple[str, ...]) -> bool:
    """Whether the dynamic loader finds a library under one of its names."""
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def find_files(folder: str, pattern: str) -> list[Path]:
    """Return the files of a folder that fit a pattern; none where there is no such folder."""
    return sorted(Path(folder).glob(pattern))


def missing_packages(purpose: str) -> list[str]:
    """Return the packages to install for a purpose: nothing for lint, PDF libraries otherwise."""
    if purpose == "lint":
        return []
    missing = [package for package, names in LIBRARIES.items() if not can_load(names)]
    if purpose == "test":
        missing += [
            package for package, program in TEST_PROGRAMS.items() if shutil.which(program) is None
        ]
        # Outside the PATH on Debian; one of the machine's own is as good.
        if not (find_files("/usr/lib/postgresql", "*/bin/postgres") or shutil.which("postgres")):
            missing.append("postgresql")
    return missing


if __name__ == "__main__":
    for package in missing_packages(sys.argv[1]):
        print(package)
