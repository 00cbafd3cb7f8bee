"""Reading one input file, whatever its format.

The checksum and the change of a file while it is read are dealt with here; formats are not.
"""

import hashlib
from pathlib import Path

from pipeline.errors import CheckFailed, EnvironmentFault
from pipeline.findings import LandedFile
from pipeline.landing.columnar import read_columns
from pipeline.landing.files import InputFile
from pipeline.landing.schema import DECIMAL_POINT, TextDialect
from pipeline.landing.text import read_text


def read_file(file: InputFile, dialect: TextDialect = DECIMAL_POINT) -> LandedFile:
    """Read an input file with the declared types, every row accounted for.

    Parameters
    ----------
    file : InputFile
        The file and what it holds.
    dialect : TextDialect
        Separator and decimal mark of text files; Parquet has none.

    Returns
    -------
    LandedFile
        Rows, refused rows and findings. Empty text is null; a row without any value is blank and
        no row; numbers are finite.

    Raises
    ------
    EnvironmentFault
        The file cannot be opened or read.
    CheckFailed
        The file was changed while it was read.
    """
    path = file.path
    try:
        before = _state(path)
        with path.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        if path.suffix.lower() == ".parquet":
            separation = read_columns(file.kind, path, sha256)
        else:
            separation = read_text(file.kind, path, sha256, dialect)
        after = _state(path)
    except OSError as error:
        msg = f"the file {path} cannot be read: {error.strerror or error}"
        raise EnvironmentFault(msg) from error
    if before != after:
        msg = f"the file {path} was changed while it was read; load it again once it is complete"
        raise CheckFailed(msg)
    return LandedFile(
        kind=file.kind,
        path=path,
        name=path.name,
        sha256=sha256,
        row_count=separation.row_count,
        frame=separation.frame,
        refused=separation.refused,
        findings=separation.findings,
    )


def _state(path: Path) -> tuple[int, int]:
    """Return what changes when a file is written."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns
