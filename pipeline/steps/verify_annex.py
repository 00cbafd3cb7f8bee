"""Whether the files attached to a report are those it was made with.

Three witnesses: the manifest's checksums, the checksums printed on the pages (the manifest's own
among them), and the tables written anew from the data that the report says it shows.
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

from pipeline.rendering.annex import MANIFEST_NAME, build_attachments, reserved_names
from pipeline.rendering.model import ReportData
from pipeline.rendering.printed import PrintedReport
from pipeline.steps.verify_differences import shorten, state_differences


def check_files(printed: PrintedReport) -> list[str]:
    """Compare the attached files with the manifest and with the checksums on the pages.

    Parameters
    ----------
    printed : PrintedReport
        The report as it lies in its file.

    Returns
    -------
    list of str
        One sentence for each file that is missing, changed, swapped or not announced.
    """
    files = printed.attachments
    if MANIFEST_NAME not in files:
        return [f"the file {MANIFEST_NAME} is not attached, so that no checksum can be compared"]
    try:
        listed = {str(a["name"]): str(a["sha256"]) for a in read_manifest(files)["annexes"]}
    except (ValueError, KeyError, TypeError):
        return [f"the attached {MANIFEST_NAME} is no manifest, so that no checksum can be compared"]
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    owners = {digest: name for name, digest in listed.items()}
    differences = []
    for name, digest in listed.items():
        if name not in files:
            differences.append(f"the file {name}, which the manifest lists, is not attached")
        elif sums[name] != digest:
            owner = owners.get(sums[name])
            swapped = f": it holds the content of {owner}" if owner else ""
            differences.append(
                f"the attached {name} has the checksum {sums[name][:16]}... and the manifest"
                f" gives {digest[:16]}...{swapped}"
            )
    differences += [
        f"the file {name} is attached and the manifest does not list it"
        for name in sorted(set(files) - set(listed) - {MANIFEST_NAME})
    ]
    return differences + _check_printed(printed, sums)


def read_manifest(files: Mapping[str, bytes]) -> Mapping[str, Any]:
    """Read the manifest from the attached files.

    Raises
    ------
    ValueError
        It is no JSON object.
    """
    manifest = json.loads(files[MANIFEST_NAME])
    if not isinstance(manifest, dict):
        msg = "the manifest is no JSON object"
        raise ValueError(msg)
    return manifest


def _check_printed(printed: PrintedReport, sums: Mapping[str, str]) -> list[str]:
    # A long checksum is broken over lines, each a piece of its own.
    text = "".join("".join(piece.split()) for page in printed.pages for piece in page)
    return [
        f"the pages do not print the checksum of the attached {name}"
        for name in sorted(sums)
        if sums[name] not in text
    ]


def compare_tables(files: Mapping[str, bytes], data: ReportData) -> list[str]:
    """Compare the attached tables with those written anew from the report's data.

    Parameters
    ----------
    files : mapping of str to bytes
        Attached files by name.
    data : ReportData
        What the report says it shows.

    Returns
    -------
    list of str
        One sentence for each cell or entry that differs. A column that only one side has is passed
        over: another version of the code may have added it.
    """
    names = reserved_names()
    written = {
        a.name: a.content
        for a in build_attachments(data, dict.fromkeys(names, ""))
        if a.name in names
    }
    differences: list[str] = []
    for name, content in written.items():
        if name not in files or files[name] == content:
            continue
        named = (f"the attached {name}", "the data of the report")
        if name.endswith(".csv"):
            found = _compare_csv(files[name], content, named)
        elif name == MANIFEST_NAME:
            found = _compare_manifest(files, content, named)
        else:
            continue
        differences += shorten(found)
    return differences


def _compare_csv(found: bytes, expected: bytes, named: tuple[str, str]) -> list[str]:
    left, right = _rows(found), _rows(expected)
    if len(left) != len(right):
        return [f"{named[0]} has {len(left)} rows and {named[1]} {len(right)}"]
    return [
        sentence
        for i, (one, other) in enumerate(zip(left, right, strict=True), start=1)
        if one != other
        for sentence in state_differences(one, other, named, f"row {i}")
    ]


def _rows(content: bytes) -> list[dict[str, Any]]:
    text = content.decode("utf-8", "replace")
    return list(csv.DictReader(io.StringIO(text, newline=""), restkey="", restval=""))


def _compare_manifest(
    files: Mapping[str, bytes], content: bytes, named: tuple[str, str]
) -> list[str]:
    try:
        found = dict(read_manifest(files))
    except ValueError:
        return []
    # The files' own checksums are compared with the files.
    found.pop("annexes", None)
    return state_differences(found, json.loads(content), named)
