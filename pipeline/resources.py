"""Where the product's own files are: SQL, report templates, data contracts, model declarations.

In a checkout they lie beside the package, in an installed wheel inside it. Nothing here reads
user data or settings.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_path(name: str) -> Path:
    """Return the path of a resource folder or file.

    Parameters
    ----------
    name : str
        Path below the project's top level, for example ``"sql/migrations"``.

    Returns
    -------
    Path
        An existing path, in the installed package or in the checkout.

    Raises
    ------
    FileNotFoundError
        When the resource is in neither place, which means a broken installation.
    """
    for base in (_PACKAGE / "_resources", _PACKAGE, _PACKAGE.parent):
        candidate = base / name
        if candidate.exists():
            return candidate
    msg = f"resource {name!r} is missing from the installation"
    raise FileNotFoundError(msg)


def read_sql(name: str) -> str:
    """Return the text of one SQL file below ``sql/``, for example ``"queries/coverage.sql"``."""
    return resource_path(f"sql/{name}").read_text(encoding="utf-8")
