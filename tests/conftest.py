"""Shared by all tests: settings of a data home in a temporary folder."""

import os
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from pipeline.settings import Settings

# A machine shared with other work may be slow for a moment; that is no failure of a property.
# Where a change is judged (CI is set) the same examples are tried every time; a search for new ones
# belongs on a developer's machine.
hypothesis_settings.register_profile(
    "patient", deadline=None, derandomize=bool(os.environ.get("CI"))
)
hypothesis_settings.load_profile("patient")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data home of the test's own, also for processes that it starts."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MARGINPROOF_HOME", str(folder))
    return folder


@pytest.fixture
def own_settings(home: Path) -> Settings:
    """Settings with that data home and small limits."""
    return Settings(home=home, memory_limit="1GB", temp_limit="1GB")
