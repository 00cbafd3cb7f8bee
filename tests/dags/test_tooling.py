"""Makefile, setup script and CI script: what they would run, and what they say when they cannot."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which("bash") or "/bin/bash"
MAKE = shutil.which("make")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # These tests run under make themselves, which tells its children so.
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, text=True)


def recipe(*arguments: str) -> str:
    if MAKE is None:
        pytest.skip("make is not installed")
    result = run(MAKE, "--dry-run", *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_help_is_the_default_and_names_every_verb() -> None:
    text = recipe()
    for verb in ("demo", "test", "lint", "bench", "docs"):
        assert re.search(rf"make {verb}\b", text)


@pytest.mark.parametrize(
    ("arguments", "purpose", "command"),
    [
        (("demo",), "demo", "run --no-sync marginproof demo"),
        (("demo", "PERIOD=crisis"), "demo", "run --no-sync marginproof demo --period crisis"),
        (
            ("test",),
            "test",
            "run --no-sync pytest --numprocesses auto --dist loadfile",
        ),
        (("lint",), "lint", "run --no-sync sqlfluff lint sql"),
        (("bench",), "bench", "run --no-sync python -m bench"),
        (
            ("docs",),
            "demo",
            "run --no-sync marginproof catalogue --output docs/catalogue.md",
        ),
    ],
)
def test_each_verb_sets_up_its_purpose_and_runs_in_what_was_set_up(
    arguments: tuple[str, ...], purpose: str, command: str
) -> None:
    lines = [line.rstrip() for line in recipe(*arguments).splitlines()]
    assert lines[0] == f"scripts/setup.sh {purpose}"
    assert any(line.endswith(command) for line in lines[1:])


@pytest.mark.parametrize("purpose", [[], ["production"]])
def test_setup_refuses_an_unknown_purpose(purpose: list[str]) -> None:
    result = run(BASH, "scripts/setup.sh", *purpose)
    assert result.returncode == 2
    assert result.stderr == "Name the purpose: scripts/setup.sh demo|lint|test|bench\n"


def test_setup_installs_the_lock_and_removes_nothing() -> None:
    text = (ROOT / "scripts/setup.sh").read_text()
    assert "sync --quiet --frozen --inexact" in text
    assert "demo) groups=(--no-dev --group demo)" in text


@pytest.mark.parametrize("script", ["scripts/setup.sh", ".ci/run"])
def test_script_is_executable_and_parses(script: str) -> None:
    assert (ROOT / script).stat().st_mode & 0o111
    result = run(BASH, "-n", script)
    assert result.returncode == 0, result.stderr


@pytest.fixture
def missing_packages() -> ModuleType:
    path = ROOT / "scripts/missing_packages.py"
    specification = importlib.util.spec_from_file_location("missing_packages", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_missing_libraries_are_named_by_their_package(
    missing_packages: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str) -> None:
        if "harfbuzz" in name:
            raise OSError(name)

    monkeypatch.setattr(missing_packages.ctypes, "CDLL", load)
    monkeypatch.setattr(missing_packages.shutil, "which", lambda _: None)
    assert missing_packages.missing_packages("demo") == ["libharfbuzz-subset0"]
    assert missing_packages.missing_packages("test") == ["libharfbuzz-subset0", "poppler-utils"]
    assert missing_packages.missing_packages("lint") == []


def test_this_machine_lacks_nothing_that_a_demonstration_needs(
    missing_packages: ModuleType,
) -> None:
    assert missing_packages.missing_packages("demo") == []


def test_image_installs_the_same_libraries(missing_packages: ModuleType) -> None:
    dockerfile = (ROOT / "docker/Dockerfile").read_text()
    for package in missing_packages.LIBRARIES:
        assert package in dockerfile
