"""The run log: what each command read, with which parameters and code, and what it wrote.

A run is identified by its inputs, parameters and code, never by the clock, so that the same run
has the same id on every machine.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import duckdb

from pipeline import __version__
from pipeline.margin.declaration import ModelDeclaration
from pipeline.resources import resource_path

_CODE_FOLDERS = ("sql", "reports", "data_contracts", "models")


@dataclass(frozen=True)
class Run:
    """One run of a command.

    Attributes
    ----------
    run_id : str
        Hash of everything below but the row counts and the status.
    command : str
        Name of the command.
    business_date : date or None
        The date it was run for.
    input_checksums : mapping of str to str
        Checksum of each input, by name.
    parameter_hash : str
        Hash over the models' parameters; empty where none was used.
    code_version : str
        Version and content hash of the code.
    row_counts : mapping of str to int
        Rows written, by table.
    status : str
        ``done`` or ``stopped`` (a check refused something).
    """

    run_id: str
    command: str
    business_date: date | None
    input_checksums: Mapping[str, str]
    parameter_hash: str
    code_version: str
    row_counts: Mapping[str, int]
    status: str


@cache
def code_version() -> str:
    """Return the version with a hash of every source file that can change a number or a page."""
    package = resource_path("__init__.py").parent
    digest = hashlib.sha256()
    files = {path.relative_to(package).as_posix(): path for path in package.rglob("*.py")}
    for name in _CODE_FOLDERS:
        folder = resource_path(name)
        files |= {
            f"{name}/{path.relative_to(folder).as_posix()}": path
            for path in folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name].read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:12]}"


def hash_parameters(models: Sequence[ModelDeclaration]) -> str:
    """Return one hash over the parameters of several models, in their order."""
    joined = "/".join(f"{m.model_id}:{m.parameter_hash}" for m in models)
    return hashlib.sha256(joined.encode()).hexdigest()[:16] if models else ""


def describe_run(
    command: str,
    business_date: date | None,
    input_checksums: Mapping[str, str],
    models: Sequence[ModelDeclaration] = (),
    row_counts: Mapping[str, int] | None = None,
    status: str = "done",
) -> Run:
    """Describe a run and give it its id."""
    parameter_hash = hash_parameters(models)
    identity = json.dumps(
        [
            command,
            str(business_date),
            sorted(input_checksums.items()),
            parameter_hash,
            code_version(),
        ]
    )
    return Run(
        run_id=hashlib.sha256(identity.encode()).hexdigest()[:16],
        command=command,
        business_date=business_date,
        input_checksums=dict(sorted(input_checksums.items())),
        parameter_hash=parameter_hash,
        code_version=code_version(),
        row_counts=dict(sorted((row_counts or {}).items())),
        status=status,
    )


def record_run(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Write a run to the log, once; the caller holds the transaction.

    Running the same command on the same inputs again changes its row, it adds none.
    """
    connection.execute("DELETE FROM out_runs WHERE run_id = $1", [run.run_id])
    connection.execute(
        "INSERT INTO out_runs BY NAME SELECT $run_id AS run_id, $command AS command,"
        " $business_date::DATE AS business_date, $checksums AS input_checksums,"
        " $parameter_hash AS parameter_hash, $code_version AS code_version,"
        " $row_counts AS row_counts, $status AS status, $business_date::DATE AS known_from",
        {
            "run_id": run.run_id,
            "command": run.command,
            "business_date": run.business_date,
            "checksums": json.dumps(run.input_checksums),
            "parameter_hash": run.parameter_hash,
            "code_version": run.code_version,
            "row_counts": json.dumps(run.row_counts),
            "status": run.status,
        },
    )
