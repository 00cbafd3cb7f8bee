"""Arguments, inputs folder and environment of a task's command."""

import os
import stat
import sys
from datetime import date
from pathlib import Path

import pytest
from command_line import (
    BUSINESS_DATE,
    INPUTS_FOLDER,
    command_environment,
    fill_arguments,
    find_command,
)
from inputs_folder import NoInputsError, resolve_inputs_folder

DAY = date(2026, 1, 5)


def test_folder_of_the_date_is_taken(tmp_path: Path) -> None:
    (tmp_path / "2026-01-05").mkdir()
    (tmp_path / "2026-01-02").mkdir()
    assert resolve_inputs_folder(str(tmp_path), DAY) == tmp_path / "2026-01-05"


def test_inbox_without_folders_per_date_is_taken_itself(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "prices.csv").write_text("")
    assert resolve_inputs_folder(str(tmp_path), DAY) == tmp_path


def test_missing_date_never_falls_back_to_the_whole_inbox(tmp_path: Path) -> None:
    (tmp_path / "2026-01-02").mkdir()
    with pytest.raises(NoInputsError, match="none for 2026-01-05"):
        resolve_inputs_folder(str(tmp_path), DAY)


@pytest.mark.parametrize("inbox", [None, ""])
def test_inbox_must_be_named(inbox: str | None) -> None:
    with pytest.raises(NoInputsError, match="MARGINPROOF_INBOX is not set"):
        resolve_inputs_folder(inbox, DAY)


def test_inbox_must_exist(tmp_path: Path) -> None:
    with pytest.raises(NoInputsError, match="does not exist"):
        resolve_inputs_folder(str(tmp_path / "nowhere"), DAY)


def test_relative_inbox_becomes_absolute_and_is_never_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "--force").mkdir()
    assert fill_arguments(["load", INPUTS_FOLDER], DAY, "--force") == [
        "load",
        str(tmp_path / "--force"),
    ]


def test_placeholders_are_replaced_as_whole_arguments() -> None:
    arguments = ["margin", "--from", BUSINESS_DATE, f"x{BUSINESS_DATE}", "{date}", "$(id)"]
    assert fill_arguments(arguments, DAY, None) == [
        "margin",
        "--from",
        "2026-01-05",
        f"x{BUSINESS_DATE}",
        "{date}",
        "$(id)",
    ]


def test_command_beside_the_interpreter_comes_before_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("environment", "elsewhere"):
        program = tmp_path / folder / "marginproof"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "environment" / "python"))
    assert find_command() == str(tmp_path / "environment" / "marginproof")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert find_command() == str(tmp_path / "elsewhere" / "marginproof")
    monkeypatch.setenv("PATH", os.devnull)
    assert find_command() == "marginproof"


def test_what_belongs_to_airflow_stays_with_airflow() -> None:
    environment = command_environment(
        {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://airflow:secret@host/airflow",
            "AIRFLOW__CORE__FERNET_KEY": "secret",
            "AIRFLOW_CONN_STORE": "secret",
            "_AIRFLOW_PROCESS_CONTEXT": "client",
            "PGPASSWORD": "secret",
            "MARGINPROOF_HOME": "/data",
            "PATH": "/usr/bin",
        }
    )
    assert environment == {
        "MARGINPROOF_HOME": "/data",
        "PATH": "/usr/bin",
        "PYTHONUNBUFFERED": "1",
    }
