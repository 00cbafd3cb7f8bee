"""Unpacking gzip, Zstandard and zip files, told by how their bytes begin.

What the bytes then mean belongs to the readers.
"""

import fnmatch
import gzip
import io
import zipfile
import zlib
from dataclasses import dataclass

import pyarrow as pa

from pipeline.findings import Finding
from pipeline.landing.header import refuse_file

# What an archive may grow to; more is taken for damage or malice rather than for data.
LARGEST_MEMBER_BYTES = 4 * 1024**3
_MOST = LARGEST_MEMBER_BYTES + 1


@dataclass(frozen=True)
class Member:
    """The bytes of one file, unpacked.

    Attributes
    ----------
    name : str
        Name of the file, ``archive.zip/member.csv`` inside an archive.
    content : bytes
        What it holds.
    """

    name: str
    content: bytes


def unpack(name: str, content: bytes, names: str) -> list[Member] | Finding:
    """Unpack gzip, Zstandard and zip, told by how the bytes begin.

    Parameters
    ----------
    name : str
        Name of the file.
    content : bytes
        What it holds.
    names : str
        Pattern, as in a shell, of the members taken from an archive.

    Returns
    -------
    list of Member or Finding
        The members by name, or why the file cannot be unpacked.
    """
    try:
        if content.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(content)) as packed:
                return [Member(name, _bound(packed.read(_MOST)))]
        if content.startswith(b"\x28\xb5\x2f\xfd"):
            with pa.input_stream(pa.BufferReader(content), compression="zstd") as packed:
                return [Member(name, _bound(packed.read(_MOST)))]
        if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return _unpack_zip(name, content, names)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return refuse_file(
            name, "unpacks", f"the file does not unpack ({reason})", "a complete archive"
        )
    except NotImplementedError as error:
        return refuse_file(
            name, "unpacks", f"the file does not unpack ({error})", "deflated members"
        )
    return [Member(name, content)]


def _bound(content: bytes) -> bytes:
    """Refuse what was read beyond the bound."""
    if len(content) > LARGEST_MEMBER_BYTES:
        raise OSError("it grows beyond 4 GiB")
    return content


def _unpack_zip(name: str, content: bytes, names: str) -> list[Member] | Finding:
    """Unpack the members of an archive whose names fit."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = []
        for each in sorted(archive.namelist()):
            base = each.rsplit("/", 1)[-1]
            inner = "*" if names.endswith(".zip") else names
            if base and fnmatch.fnmatchcase(base, inner):
                with archive.open(each) as packed:
                    members.append(Member(f"{name}/{each}", _bound(packed.read(_MOST))))
        if not members:
            return refuse_file(
                name, "members", "no member of the archive has a name that fits", names
            )
        return members
