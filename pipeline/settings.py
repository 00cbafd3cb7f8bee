"""Settings from the environment, frozen; the only module that reads environment variables.

Model parameters do not belong here: they are declared in ``pipeline/models/*.toml``.
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import WrongUse


@dataclass(frozen=True)
class Settings:
    """Where the data home is and what a connection may use.

    Attributes
    ----------
    home : Path
        Data home: warehouse, snapshots, reports (``MARGINPROOF_HOME``, default ``var``).
    memory_limit : str
        Memory limit of every DuckDB connection (``MARGINPROOF_MEMORY_LIMIT``, default ``4GB``).
    temp_limit : str
        Largest spill to disk of a connection (``MARGINPROOF_TEMP_LIMIT``, default ``20GB``).
    threads : int
        Threads of a connection (``MARGINPROOF_THREADS``, default 2).
    reporting_currency : str
        Currency of every ``_amount`` column (``MARGINPROOF_REPORTING_CURRENCY``, default USD).
    models : tuple of str
        Models in force, champion first (``MARGINPROOF_MODELS``, default ``hes,hvar``).
    kept_snapshots : int
        Dated snapshots that housekeeping keeps (``MARGINPROOF_KEPT_SNAPSHOTS``, default 30).
    signing_p12 : Path or None
        PKCS#12 file that signs reports (``MARGINPROOF_SIGNING_P12``); None leaves them unsigned.
    signing_passphrase : str or None
        What opens it (``MARGINPROOF_SIGNING_PASSPHRASE``); never shown.
    """

    home: Path
    memory_limit: str = "4GB"
    temp_limit: str = "20GB"
    threads: int = 2
    reporting_currency: str = "USD"
    models: tuple[str, ...] = ("hes", "hvar")
    kept_snapshots: int = 30
    signing_p12: Path | None = None
    signing_passphrase: str | None = field(default=None, repr=False)

    @property
    def warehouse_path(self) -> Path:
        """The warehouse file, which one writer at a time opens."""
        return self.home / "warehouse.duckdb"

    @property
    def snapshots(self) -> Path:
        """Folder of the published read-only snapshots."""
        return self.home / "snapshots"

    @property
    def snapshot_path(self) -> Path:
        """The newest published snapshot, which reports and analysts read."""
        return self.snapshots / "current.duckdb"

    @property
    def reports(self) -> Path:
        """Folder of rendered reports."""
        return self.home / "reports"

    @property
    def temp_directory(self) -> Path:
        """Folder that a connection spills to."""
        return self.home / "tmp"


def load_settings() -> Settings:
    """Read the settings from the environment; an empty value counts as unset.

    Raises
    ------
    WrongUse
        A value is not of its form; the sentence names the variable.
    """
    threads = _read("THREADS", "2", r"[1-9]\d{0,3}", "a whole number of at least 1")
    kept = _read("KEPT_SNAPSHOTS", "30", r"[1-9]\d{0,3}", "a whole number of at least 1")
    size = r"\d+(\.\d+)?\s*([KMGT]i?B|B)"
    models = _read("MODELS", "hes,hvar", r"[\w,\s-]+", "names of models, parted by commas")
    certificate = os.environ.get("MARGINPROOF_SIGNING_P12")
    return Settings(
        home=Path(os.environ.get("MARGINPROOF_HOME") or "var"),
        memory_limit=_read("MEMORY_LIMIT", "4GB", size, "a size such as 4GB"),
        temp_limit=_read("TEMP_LIMIT", "20GB", size, "a size such as 20GB"),
        threads=int(threads),
        reporting_currency=_read(
            "REPORTING_CURRENCY", "USD", r"[A-Z0-9]{3,10}", "a currency code such as USD"
        ),
        models=tuple(model.strip() for model in models.split(",") if model.strip()),
        kept_snapshots=int(kept),
        signing_p12=Path(certificate) if certificate else None,
        signing_passphrase=os.environ.get("MARGINPROOF_SIGNING_PASSPHRASE") or None,
    )


def _read(name: str, default: str, form: str, expected: str) -> str:
    """Read one variable and hold it to its form."""
    variable = f"MARGINPROOF_{name}"
    value = (os.environ.get(variable) or default).strip()
    if not re.fullmatch(form, value):
        msg = f"the environment variable {variable} is {value!r}; expected {expected}"
        raise WrongUse(msg)
    return value
