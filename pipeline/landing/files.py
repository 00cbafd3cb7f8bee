"""Finding input files: which files a path stands for and what each of them holds.

Reading them belongs to the sibling modules.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CheckFailed, EnvironmentFault, WrongUse
from pipeline.findings import FileKind

SUFFIXES = (".csv", ".parquet")
PACKED = (".gz", ".zst", ".zip")


@dataclass(frozen=True)
class InputFile:
    """A file and what it holds.

    Attributes
    ----------
    kind : FileKind
        Told by how the file's name begins.
    path : Path
        Where it lies.
    """

    kind: FileKind
    path: Path


def find_files(paths: Iterable[Path]) -> list[InputFile]:
    """Find the input files that paths stand for.

    A directory stands for the CSV and Parquet files directly in it, packed ones included; other
    and hidden files there are ignored, and `list_ignored` names those that look like input.
    Capital letters in names make no difference.

    Parameters
    ----------
    paths : iterable of Path
        Directories and files.

    Returns
    -------
    list of InputFile
        By kind, then by path; each file once.

    Raises
    ------
    WrongUse
        A path does not exist, or a named file is neither CSV nor Parquet.
    CheckFailed
        The name of a CSV or Parquet file begins with no known kind, or a directory holds no such
        file.
    EnvironmentFault
        A directory cannot be read.
    """
    found: dict[Path, InputFile] = {}
    for path in paths:
        for file in _list_directory(path) if path.is_dir() else [_require_file(path)]:
            found.setdefault(file.resolve(), InputFile(_tell_kind(file), file))
    order = list(FileKind)
    return sorted(found.values(), key=lambda file: (order.index(file.kind), str(file.path)))


def _list_directory(directory: Path) -> list[Path]:
    """List the CSV and Parquet files directly in a directory."""
    try:
        files = [
            path
            for path in directory.iterdir()
            if _is_input(path) and not path.name.startswith(".") and path.is_file()
        ]
    except OSError as error:
        msg = f"the directory {directory} cannot be read: {error.strerror}"
        raise EnvironmentFault(msg) from error
    if not files:
        msg = (
            f"the directory {directory} holds no input file; expected CSV or Parquet files whose"
            f" names begin with {_name_kinds()}"
        )
        raise CheckFailed(msg)
    return sorted(files)


def _is_input(path: Path) -> bool:
    """Tell whether a name is that of a CSV or Parquet file, plain or packed."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in SUFFIXES


def list_ignored(paths: Iterable[Path]) -> tuple[str, ...]:
    """Name the files of directories that begin like input and are none, such as ``prices.xlsx``.

    Parameters
    ----------
    paths : iterable of Path
        Directories and files, as for `find_files`.

    Returns
    -------
    tuple of str
        One sentence a file.
    """
    kinds = tuple(str(kind) for kind in FileKind)
    return tuple(
        f"{path.name}: the file is not read; expected a name that ends with .csv or .parquet"
        for directory in paths
        if directory.is_dir()
        for path in sorted(directory.iterdir())
        if path.is_file() and path.name.lower().startswith(kinds) and not _is_input(path)
    )


def _require_file(path: Path) -> Path:
    """Return a path that was named by itself, if it is a CSV or Parquet file."""
    if not path.exists():
        msg = f"{path} does not exist; expected a directory or a CSV or Parquet file"
        raise WrongUse(msg)
    if not _is_input(path):
        msg = f"{path} is no input file; expected a name that ends with .csv or .parquet"
        raise WrongUse(msg)
    return path


def _tell_kind(path: Path) -> FileKind:
    """Tell what a file holds by how its name begins."""
    name = path.name.lower()
    for kind in FileKind:
        if name.startswith(kind):
            return kind
    msg = (
        f"what {path} holds cannot be told from its name; expected a name that begins with"
        f" {_name_kinds()}"
    )
    raise CheckFailed(msg)


def _name_kinds() -> str:
    """Name the known kinds."""
    kinds = [str(kind) for kind in FileKind]
    return f"{', '.join(kinds[:-1])} or {kinds[-1]}"
