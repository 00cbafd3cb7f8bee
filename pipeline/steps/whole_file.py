"""Writing one file whole or not at all.

What the bytes hold belongs to the steps; nothing is read here.
"""

import os
import tempfile
from pathlib import Path

from pipeline.errors import EnvironmentFault


def write_whole(path: Path, content: bytes, subject: str) -> None:
    """Write a file beside its place and move it there when it is complete.

    Parameters
    ----------
    path : Path
        The file; its folder is made when missing, an older file is replaced at once.
    content : bytes
        What it holds.
    subject : str
        What the file is, for the sentence of an error: "the catalogue".

    Raises
    ------
    EnvironmentFault
        The file cannot be written; an older one stays as it was.
    """
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem[:80]}-", dir=path.parent)
        partial = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        if partial is not None:
            partial.unlink(missing_ok=True)
        msg = f"{subject} {path} cannot be written: {error.strerror}"
        raise EnvironmentFault(msg) from error
