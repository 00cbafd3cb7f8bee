"""How a command answers: a sentence for people, one JSON object for machines (``--json``)."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value


def answer(sentence: str, detail: Mapping[str, Any], *, as_json: bool) -> None:
    """Write the outcome of a command to stdout.

    Parameters
    ----------
    sentence : str
        What a person reads.
    detail : mapping
        What a machine reads, in place of the sentence.
    as_json : bool
        Which of the two is written.
    """
    if as_json:
        text = json.dumps({k: _plain(v) for k, v in detail.items()}, default=str, sort_keys=True)
    else:
        text = sentence
    sys.stdout.write(text + "\n")
