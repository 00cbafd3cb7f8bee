"""Coverage-guided fuzzing of the loaders by hand.

Run ``python -m tests.fuzz.loaders -max_total_time=60``.

Whatever the bytes, a loader ends with rows and findings: no traceback, no number that is not
finite, and as many rows as it took and refused. What is found here becomes a case of a test.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pipeline.landing"]):
    from pipeline.findings import FileKind, LandedFile
    from pipeline.landing import read_file, read_source
    from pipeline.landing.files import InputFile
    from pipeline.landing.source import parse_source
    from tests.landing.test_sources import ANY_TEXT

SOURCE = parse_source(ANY_TEXT, "vendor")
SUFFIXES = ("positions.csv", "positions.parquet", "positions.csv.gz", "source.csv")


def check(landed: LandedFile) -> None:
    """Raise where a row is lost or a number is none."""
    if landed.findings and not landed.frame.height and not landed.refused.height:
        return  # refused whole: its rows may not be told apart
    if landed.row_count != landed.frame.height + landed.refused_count:
        raise AssertionError("a row is lost")
    if landed.refused_count != landed.refused.height:
        raise AssertionError("a row is left out without a reason")
    for column in landed.frame.get_columns():
        if column.dtype.is_float() and not column.is_finite().fill_null(value=True).all():
            raise AssertionError("a number is not finite")


def load_bytes(content: bytes) -> None:
    """Load bytes as each form of file; the first byte chooses."""
    if not content:
        return
    name = SUFFIXES[content[0] % len(SUFFIXES)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content[1:])
        if name.startswith("source"):
            for landed in read_source(path, SOURCE):
                check(landed)
        else:
            check(read_file(InputFile(FileKind.POSITIONS, path)))


if __name__ == "__main__":
    atheris.Setup(sys.argv, load_bytes)
    atheris.Fuzz()
