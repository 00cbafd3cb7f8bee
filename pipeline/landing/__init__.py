"""Landing: finding input files and reading them with the declared types, every row accounted for.

Here belong file names, formats, text dialects and types. What the values must satisfy belongs to
``pipeline.contracts``, storing them to the warehouse.
"""

from pipeline.findings import LandedFile
from pipeline.landing.files import InputFile, find_files
from pipeline.landing.read import read_file
from pipeline.landing.schema import COLUMNS, DECIMAL_COMMA, DECIMAL_POINT, Column, TextDialect

__all__ = [
    "COLUMNS",
    "DECIMAL_COMMA",
    "DECIMAL_POINT",
    "Column",
    "InputFile",
    "LandedFile",
    "TextDialect",
    "find_files",
    "read_file",
]
