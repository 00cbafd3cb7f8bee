"""Landing: finding input files and reading them with the declared types, every row accounted for.

Here belong file names, formats, text dialects and types. What the values must satisfy belongs to
``pipeline.contracts``, storing them to the warehouse.
"""

from pipeline.findings import LandedFile
from pipeline.landing.files import InputFile, find_files, list_ignored
from pipeline.landing.read import read_file
from pipeline.landing.schema import COLUMNS, DECIMAL_COMMA, DECIMAL_POINT, Column, TextDialect
from pipeline.landing.source import Source, list_sources, load_source
from pipeline.landing.source_files import find_source_files
from pipeline.landing.source_rows import read_source

__all__ = [
    "COLUMNS",
    "DECIMAL_COMMA",
    "DECIMAL_POINT",
    "Column",
    "InputFile",
    "LandedFile",
    "Source",
    "TextDialect",
    "find_files",
    "find_source_files",
    "list_ignored",
    "list_sources",
    "load_source",
    "read_file",
    "read_source",
]
