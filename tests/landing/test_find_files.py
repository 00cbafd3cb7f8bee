import os
from pathlib import Path

import pytest

from pipeline.errors import CheckFailed, EnvironmentFault, WrongUse
from pipeline.findings import FileKind
from pipeline.landing import find_files

KINDS = (
    "instruments, accounts, prices, positions, fx_rates, margin_called, collateral, rates,"
    " dividends, funding, adjustments, published_margins or trader_positions"
)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"")


def test_kind_is_told_by_how_the_name_begins(tmp_path: Path) -> None:
    names = [
        "Positions_2014.CSV",
        "accounts.csv",
        "collateral-b.parquet",
        "fx_rates.csv",
        "instruments.parquet",
        "margin_called.csv",
        "positions_2015.parquet",
        "prices2014.csv",
    ]
    touch(tmp_path, *names)
    found = [(file.kind, file.path.name) for file in find_files([tmp_path])]
    assert found == [
        (FileKind.INSTRUMENTS, "instruments.parquet"),
        (FileKind.ACCOUNTS, "accounts.csv"),
        (FileKind.PRICES, "prices2014.csv"),
        (FileKind.POSITIONS, "Positions_2014.CSV"),
        (FileKind.POSITIONS, "positions_2015.parquet"),
        (FileKind.FX_RATES, "fx_rates.csv"),
        (FileKind.MARGIN_CALLED, "margin_called.csv"),
        (FileKind.COLLATERAL, "collateral-b.parquet"),
    ]


def test_other_files_hidden_files_and_subfolders_are_ignored(tmp_path: Path) -> None:
    touch(tmp_path, "README.md", "positions.csv.md5", "._positions.csv", "prices.csv")
    (tmp_path / "archive.csv").mkdir()
    assert [file.path.name for file in find_files([tmp_path])] == ["prices.csv"]


def test_a_file_named_twice_is_found_once(tmp_path: Path) -> None:
    touch(tmp_path, "prices.csv")
    file = tmp_path / "prices.csv"
    assert len(find_files([tmp_path, file, tmp_path / "." / "prices.csv"])) == 1


def test_folder_without_input_files(tmp_path: Path) -> None:
    touch(tmp_path, "notes.txt")
    expected = (
        f"the directory {tmp_path} holds no input file; expected CSV or Parquet files whose names"
        f" begin with {KINDS}"
    )
    with pytest.raises(CheckFailed) as caught:
        find_files([tmp_path])
    assert str(caught.value) == expected


def test_unknown_kind_names_the_known_ones(tmp_path: Path) -> None:
    touch(tmp_path, "prices.csv", "trades.csv")
    expected = (
        f"what {tmp_path / 'trades.csv'} holds cannot be told from its name; expected a name that"
        f" begins with {KINDS}"
    )
    with pytest.raises(CheckFailed) as caught:
        find_files([tmp_path])
    assert str(caught.value) == expected


def test_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"nowhere does not exist; expected a directory or a CSV"):
        find_files([tmp_path / "nowhere"])


def test_named_file_of_another_format(tmp_path: Path) -> None:
    touch(tmp_path, "positions.xlsx")
    with pytest.raises(WrongUse, match=r"positions\.xlsx is no input file; expected a name that"):
        find_files([tmp_path / "positions.xlsx"])


def test_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, os.strerror(13), str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(EnvironmentFault, match=r"cannot be read: Permission denied"):
        find_files([tmp_path])
