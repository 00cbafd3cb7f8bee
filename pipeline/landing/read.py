"""Reading one input file, whatever its format.

The checksum and the change of a file while it is read are dealt with here; formats are not.
"""

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl

from pipeline.errors import CheckFailed, EnvironmentFault
from pipeline.findings import FileKind, Finding, LandedFile
from pipeline.landing.columnar import read_columns
from pipeline.landing.files import PACKED, InputFile
from pipeline.landing.header import refuse_file
from pipeline.landing.rows import Separation, empty_separation
from pipeline.landing.schema import DECIMAL_POINT, TextDialect
from pipeline.landing.text import read_text
from pipeline.landing.unpacking import unpack


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
        separation = (
            _read_packed(file, sha256, dialect)
            if path.suffix.lower() in PACKED
            else _read_plain(file.kind, path, sha256, dialect)
        )
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


def _read_plain(kind: FileKind, path: Path, sha256: str, dialect: TextDialect) -> Separation:
    """Read a file as it stands."""
    if path.suffix.lower() == ".parquet":
        return read_columns(kind, path, sha256)
    return read_text(kind, path, sha256, dialect)


def _read_packed(file: InputFile, sha256: str, dialect: TextDialect) -> Separation:
    """Read the one file that a packed file holds, under the packed file's name."""
    path = file.path
    members = unpack(path.name, path.read_bytes(), "*")
    if not isinstance(members, Finding) and len(members) > 1:
        members = refuse_file(
            path.name, "members", f"the archive holds {len(members)} files", "one file"
        )
    if isinstance(members, Finding):
        return empty_separation(file.kind, [members])
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / path.stem
        plain.write_bytes(members[0].content)
        separation = _read_plain(file.kind, plain, sha256, dialect)
    renamed = tuple(replace(f, file_name=path.name) for f in separation.findings)
    refused = separation.refused.with_columns(file_name=pl.lit(path.name))
    return replace(separation, findings=renamed, refused=refused)


def _state(path: Path) -> tuple[int, int]:
    """Return what changes when a file is written."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns
