"""Reader text from ``reports/wording/``: one TOML file a language, looked up by dotted key.

No sentence of the report is written in Python; a missing key is an error, never an empty string.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import WrongUse

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


class Wording:
    """The text of one language.

    Parameters
    ----------
    language : str
        Language tag, also the name of the file, for example ``"en"``.
    texts : mapping
        The parsed file: nested tables of sentences with ``{named}`` places.
    """

    def __init__(self, language: str, texts: Mapping[str, Any]) -> None:
        self.language = language
        self._texts = texts

    def say(self, key: str, **values: object) -> str:
        """Return the text under a dotted key with its named places filled in."""
        text = self._find(key)
        if not isinstance(text, str):
            msg = f"wording {self.language!r} has no text under {key!r}"
            raise KeyError(msg)
        return text.format_map(values) if values else text

    def has(self, key: str) -> bool:
        """Return whether a text or a table stands under a dotted key."""
        return self._find(key) is not None

    def items(self, key: str) -> list[str]:
        """Return the list of texts under a dotted key."""
        texts = self._find(key)
        if not isinstance(texts, list):
            msg = f"wording {self.language!r} has no list under {key!r}"
            raise KeyError(msg)
        return [str(text) for text in texts]

    def _find(self, key: str) -> Any:
        node: Any = self._texts
        for part in key.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        return node


def load_wording(folder: Path, language: str) -> Wording:
    """Read the wording of a language.

    Raises
    ------
    WrongUse
        When there is no wording for that language.
    """
    path = folder / f"{language}.toml"
    if not _LANGUAGE.fullmatch(language) or not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.toml")))
        msg = f"there is no report wording for the language {language!r}; known are: {known}"
        raise WrongUse(msg)
    return Wording(language, tomllib.loads(path.read_text(encoding="utf-8")))
