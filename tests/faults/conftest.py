"""An undisturbed run, made once, that every disturbed one must equal."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.processes import RANGE, copy_home, here, prepare, read_home


@dataclass(frozen=True)
class Undisturbed:
    """Homes of an undisturbed run after its steps, to be copied, and what they hold."""

    delivery: Path
    empty: Path
    loaded: Path
    finished: Path
    contents: tuple[dict[str, str], dict[str, str]]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    delivery, home = prepare(folder)
    empty = copy_home(home, folder / "empty")
    with pytest.MonkeyPatch.context() as patch:
        assert here(patch, home, "load", delivery) == 0
        loaded = copy_home(home, folder / "loaded")
        assert here(patch, home, "backfill", *RANGE) == 0
    return Undisturbed(delivery, empty, loaded, home, read_home(home))
