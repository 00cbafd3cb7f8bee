"""Reads a finished report back: the files attached to it and the text on its pages.

What is read is reported as it stands; comparing it with anything belongs to the verification. The
text is that of the page's own drawing operators, in their order, so that a figure somebody changed
on a page is read as it is now printed.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf

from pipeline.errors import CheckFailed, EnvironmentFault

_SHOW = frozenset({"Tj", "TJ", "'", '"'})
_DRAW = frozenset(
    "m l c v y h re f F f* B B* b b* S s n w d cm g G rg RG k K sc SC scn SCN".split()  # noqa: SIM905
)
_RANGE = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*(\[[^\]]*\]|<[0-9a-fA-F]+>)")
_CHARACTER = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_BLOCK = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)


@dataclass(frozen=True)
class PrintedReport:
    """A report as it lies in its file.

    Attributes
    ----------
    attachments : mapping of str to bytes
        Content of each attached file by name.
    descriptions : mapping of str to str
        What the file says of each attached file.
    pages : tuple of tuple of str
        Pieces of text on each page in the order in which they are drawn: a cell, a line.
    drawings : tuple of str
        Checksum of what each page draws beside text: lines, areas, colours.
    """

    attachments: Mapping[str, bytes]
    descriptions: Mapping[str, str]
    pages: tuple[tuple[str, ...], ...]
    drawings: tuple[str, ...]


def read_printed(path: Path) -> PrintedReport:
    """Read attachments and text of a PDF.

    Parameters
    ----------
    path : Path
        The report.

    Raises
    ------
    CheckFailed
        The file is no PDF that can be read.
    EnvironmentFault
        The file cannot be opened.
    """
    try:
        with pikepdf.open(path) as pdf:
            drawings = [hashlib.sha256() for _ in pdf.pages]
            return PrintedReport(
                attachments={
                    name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()
                },
                descriptions={name: spec.description for name, spec in pdf.attachments.items()},
                pages=tuple(
                    tuple(_read_content(page, _resources(page), {}, drawn))
                    for page, drawn in zip(pdf.pages, drawings, strict=True)
                ),
                drawings=tuple(drawn.hexdigest() for drawn in drawings),
            )
    except OSError as error:
        msg = f"the report {path} cannot be read: {error.strerror or error}"
        raise EnvironmentFault(msg) from error
    except pikepdf.PdfError as error:
        msg = f"{path} is no PDF that can be read: {str(error).splitlines()[0]}"
        raise CheckFailed(msg) from error


def _resources(page: pikepdf.Page) -> pikepdf.Object:
    resources: pikepdf.Object = page.obj.get("/Resources", pikepdf.Dictionary())
    return resources


def _read_content(
    holder: Any,
    resources: pikepdf.Object,
    known: dict[tuple[int, int], Mapping[int, str]],
    drawn: Any,
) -> Iterator[str]:
    """Yield the text between two marks or text objects, and that of drawings in their place."""
    fonts = resources.get("/Font", pikepdf.Dictionary())
    drawings = resources.get("/XObject", pikepdf.Dictionary())
    glyphs: Mapping[int, str] = {}
    piece: list[str] = []
    for instruction in pikepdf.parse_content_stream(holder):
        operands, name = instruction.operands, str(instruction.operator)
        if name in ("BDC", "BMC", "EMC", "Do") and piece:
            yield _joined(piece)
            piece = []
        if name == "Tf":
            glyphs = _glyphs_of(fonts[str(operands[0])], known)
        elif name in _SHOW:
            piece.append(_shown(operands[-1], glyphs))
        elif name == "ET":
            piece.append(" ")
        elif name == "Do":
            drawing = drawings[str(operands[0])]
            if drawing.get("/Subtype") == "/Form":
                own = drawing.get("/Resources", resources)
                yield from _read_content(drawing, own, known, drawn)
        if name in _DRAW:
            numbers = " ".join(_rounded(operand) for operand in operands)
            drawn.update(f"{numbers} {name}\n".encode())
    if piece:
        yield _joined(piece)


def _rounded(operand: Any) -> str:
    return f"{float(operand):.3f}" if isinstance(operand, int | float | Decimal) else str(operand)


def _joined(piece: list[str]) -> str:
    return " ".join("".join(piece).split())


def _shown(operand: Any, glyphs: Mapping[int, str]) -> str:
    strings = operand if isinstance(operand, pikepdf.Array) else [operand]
    codes = b"".join(bytes(s) for s in strings if isinstance(s, pikepdf.String))
    return "".join(
        glyphs.get(int.from_bytes(codes[i : i + 2], "big"), "\ufffd")
        for i in range(0, len(codes), 2)
    )


def _glyphs_of(
    font: pikepdf.Object, known: dict[tuple[int, int], Mapping[int, str]]
) -> Mapping[int, str]:
    """Return the text of each glyph of a font, from its own table."""
    key = font.objgen
    if key == (0, 0) or key not in known:
        table = font.get("/ToUnicode")
        known[key] = {} if table is None else _read_table(table.read_bytes())
    return known[key]


def _read_table(table: bytes) -> dict[int, str]:
    glyphs: dict[int, str] = {}
    for kind, body in _BLOCK.findall(table):
        if kind == b"bfchar":
            for code, text in _CHARACTER.findall(body):
                glyphs[int(code, 16)] = _decoded(text)
            continue
        for first, last, target in _RANGE.findall(body):
            codes = range(int(first, 16), int(last, 16) + 1)
            if target.startswith(b"["):
                texts = [_decoded(t) for t in re.findall(rb"<([0-9a-fA-F]+)>", target)]
            else:
                start = _decoded(target.strip(b"<>"))
                texts = [start[:-1] + chr(ord(start[-1]) + i) for i in range(len(codes))]
            glyphs.update(zip(codes, texts, strict=False))
    return glyphs


def _decoded(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be", "replace")
