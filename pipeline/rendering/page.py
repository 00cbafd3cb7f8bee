"""A page of finished text and tables: what an explanation or a comparison says.

It knows no number and no database; it goes to a terminal or, in a process of its own, to a PDF.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PageSection:
    """One part of a page.

    Attributes
    ----------
    title, note : str
        Heading, and a sentence below it that may be empty.
    columns : tuple of str
        Headings of the columns; empty where the section has no table.
    numeric : tuple of bool
        Which columns hold numbers, and are set flush right.
    rows : tuple of tuple of str
        Finished cells.
    """

    title: str
    note: str = ""
    columns: tuple[str, ...] = ()
    numeric: tuple[bool, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes
    ----------
    title, subtitle : str
        Heading and what it rests on.
    date : str
        Date that the file is dated with, as YYYY-MM-DD.
    lead : tuple of str
        Sentences before the first section.
    sections : tuple of PageSection
        In their order.
    """

    title: str
    subtitle: str
    date: str
    lead: tuple[str, ...]
    sections: tuple[PageSection, ...]
