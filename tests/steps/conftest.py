"""A data home whose model in force needs twenty moves only."""

import pytest

from pipeline.cli.app import run
from tests.deliveries import declare_test_model


@pytest.fixture
def short_model(home, monkeypatch):
    declare_test_model(home)
    monkeypatch.setenv("MARGINPROOF_MODELS", "short")


@pytest.fixture
def marginproof(capsys):
    """Run one command in this process; returns exit code, stdout and stderr."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
