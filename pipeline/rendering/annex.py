"""The files attached to the report: the exact numbers as CSV, and the run manifest as JSON.

Text is written as it was received and numbers unrounded, so that a figure of the report can be
recomputed from its own attachment. Nothing is read from disk and nothing is selected: what the body
shortens stands here in full.
"""

import csv
import hashlib
import io
import json
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any

from pipeline.rendering.codec import decode, encode
from pipeline.rendering.model import (
    AnnexFile,
    ClassTotal,
    ContractResult,
    CoverageRow,
    Exceedance,
    ExcludedDay,
    MissingPrice,
    ReportData,
    SeverityRow,
    TestResult,
)

MANIFEST_NAME = "manifest.json"
EXCEEDANCES_NAME = "exceedances.csv"
REPORT_DATA_NAME = "report_data.json"
_JSON = "application/json"


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF, with the checksum that the report prints."""

    name: str
    description: str
    content: bytes
    media_type: str
    rows: int | None

    @property
    def sha256(self) -> str:
        """Checksum of the content in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def build_attachments(data: ReportData, descriptions: dict[str, str]) -> tuple[Attachment, ...]:
    """Return all files to attach, the manifest last.

    Parameters
    ----------
    data : ReportData
        The report's data.
    descriptions : dict of str to str
        Reader text by file name, for the files written here.

    Returns
    -------
    tuple of Attachment
        CSV files in UTF-8 with a header and line feeds, then the caller's files, then the manifest.
    """
    quality = data.data_quality
    tables: list[tuple[str, type, Sequence[Any]]] = [
        (EXCEEDANCES_NAME, Exceedance, _sorted_log(data.exceedances)),
        ("coverage.csv", CoverageRow, data.coverage + data.coverage_by_scope),
        ("tests.csv", TestResult, data.tests),
        ("classes.csv", ClassTotal, data.class_totals),
        ("severity.csv", SeverityRow, data.severity),
        ("contract_results.csv", ContractResult, quality.contract_results),
        ("excluded_days.csv", ExcludedDay, quality.excluded_days),
        ("missing_prices.csv", MissingPrice, quality.missing_prices),
    ]
    written = [
        Attachment(name, descriptions[name], _csv(kind, rows), "text/csv", len(rows))
        for name, kind, rows in tables
    ]
    written += [_given(annex) for annex in data.annexes]
    everything = (_whole(data) + "\n").encode("utf-8")
    written.append(
        Attachment(REPORT_DATA_NAME, descriptions[REPORT_DATA_NAME], everything, _JSON, None)
    )
    manifest = _manifest(data, written)
    written.append(Attachment(MANIFEST_NAME, descriptions[MANIFEST_NAME], manifest, _JSON, None))
    return tuple(written)


def _whole(data: ReportData) -> str:
    """Write all that the report shows; files the caller gave are attached by themselves."""
    return encode(replace(data, annexes=tuple(replace(a, content=b"") for a in data.annexes)))


def read_report_data(files: Mapping[str, bytes]) -> ReportData:
    """Read back everything a report shows from the files attached to it.

    Parameters
    ----------
    files : mapping of str to bytes
        Attached files by name, among them the one written under `REPORT_DATA_NAME`.

    Raises
    ------
    KeyError, TypeError, ValueError
        The file is missing or is not what `build_attachments` writes.
    """
    data = decode(files[REPORT_DATA_NAME].decode("utf-8"))
    annexes = tuple(replace(a, content=files.get(a.name, b"")) for a in data.annexes)
    return replace(data, annexes=annexes)


def reserved_names() -> frozenset[str]:
    """Return the names of the files written here, which a caller's file must not take."""
    return frozenset(
        {
            EXCEEDANCES_NAME,
            "coverage.csv",
            "tests.csv",
            "classes.csv",
            "severity.csv",
            "contract_results.csv",
            "excluded_days.csv",
            "missing_prices.csv",
            REPORT_DATA_NAME,
            MANIFEST_NAME,
        }
    )


def _given(annex: AnnexFile) -> Attachment:
    return Attachment(annex.name, annex.description, annex.content, annex.media_type, None)


def _sorted_log(log: tuple[Exceedance, ...]) -> list[Exceedance]:
    key = attrgetter("model_id", "track", "mpor_days", "margin_basis", "business_date")
    return sorted(log, key=lambda e: (*key(e), e.account_id))


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(typing.cast(Any, kind)))


def _csv(kind: type, rows: Sequence[Any]) -> bytes:
    names = _names(kind)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_written(getattr(row, name)) for name in names] for row in rows)
    return text.getvalue().encode("utf-8")


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return repr(float(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _manifest(data: ReportData, written: Sequence[Attachment]) -> bytes:
    run, verdict = data.manifest, data.verdict
    content = {
        "organisation": data.organisation,
        "as_of_date": data.as_of_date.isoformat(),
        "currency": data.currency,
        "is_demonstration": data.is_demonstration,
        "run_id": run.run_id,
        "parameter_hash": run.parameter_hash,
        "code_version": run.code_version,
        "inputs": [
            {
                "name": f.name,
                "kind": f.kind,
                "sha256": f.sha256,
                "rows": f.rows,
                "is_superseded": f.is_superseded,
            }
            for f in run.inputs
        ],
        "libraries": {library.name: library.version for library in run.libraries},
        "settings": {s.name: _plain(s.value) for s in run.settings},
        "models": {m.model_id: m.parameter_hash for m in data.models},
        "verdict": {
            f.name: _plain(getattr(verdict, f.name)) for f in fields(verdict) if f.name != "reasons"
        },
        "reasons": [
            {"code": r.code.value, **{v.name: _plain(v.value) for v in r.values}}
            for r in verdict.reasons
        ],
        "annexes": [{"name": a.name, "sha256": a.sha256, "bytes": len(a.content)} for a in written],
    }
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
