"""Reading a PDF back with tools that had no part in writing it."""

import re
import shutil
import subprocess
from pathlib import Path

import pikepdf


def text_of(path: Path, *, layout: bool = False, page: int | None = None) -> str:
    options = ["-layout"] if layout else []
    if page is not None:
        options += ["-f", str(page), "-l", str(page)]
    return _run("pdftotext", *options, str(path), "-")


def flat_text_of(path: Path, page: int | None = None) -> str:
    return re.sub(r"\s+", " ", text_of(path, page=page))


def fonts_of(path: Path) -> set[str]:
    rows = _run("pdffonts", str(path)).splitlines()[2:]
    assert all(row.split()[-5] == "yes" for row in rows), "a font is not embedded"
    return {row.split()[0].split("+")[1] for row in rows}


def _run(tool: str, *arguments: str) -> str:
    program = shutil.which(tool)
    assert program, f"the tests need {tool}, from the Debian package poppler-utils"
    result = subprocess.run([program, *arguments], capture_output=True, check=True)
    return result.stdout.decode("utf-8")


def attachments_of(path: Path) -> dict[str, bytes]:
    with pikepdf.open(path) as pdf:
        return {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}
