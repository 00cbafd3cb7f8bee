"""The data catalogue is complete and current; whether it is true belongs to test_catalogue_rows."""

import re
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.cli.app import run
from pipeline.contracts import load_contract
from pipeline.errors import EnvironmentFault, WrongUse
from pipeline.findings import FileKind
from pipeline.steps import catalogue
from pipeline.warehouse.connection import apply_migrations, fetch_frame
from pipeline.warehouse.views import create_views

CATALOGUE = Path(__file__).parents[2] / "docs" / "catalogue.md"
TABLES = {table.name: table for table in catalogue.describe_tables()}
COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]
BY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)


def grain_columns(table: catalogue.TableDescription) -> list[str]:
    words = re.findall(r"\w+", table.grain.removeprefix("One row per "))
    return [word for word in words if word != "and"]


@pytest.fixture(scope="module")
def migrated():
    with duckdb.connect(":memory:") as connection:
        apply_migrations(connection)
        create_views(connection)
        yield connection


def test_every_layer_is_described_and_nothing_in_schema_main_is_left_out(migrated):
    names = fetch_frame(
        migrated, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
    )["table_name"]
    assert set(TABLES) == set(names) - {"schema_migrations"}
    assert {table.layer for table in TABLES.values()} == {"raw", "core", "out", "star"}


@BY_TABLE
def test_every_table_states_its_grain_in_its_own_columns_and_more(table):
    assert table.grain.startswith("One row per ")
    assert set(grain_columns(table)) <= {column.name for column in table.columns}
    assert len(table.meaning.split()) > 3


@BY_TABLE
def test_every_column_is_described_by_more_than_its_name(table):
    for column in table.columns:
        words = set(re.findall(r"[a-z]+", column.meaning.lower()))
        assert len(words - set(column.name.split("_"))) >= 3, column.name
        assert column.meaning.endswith("."), column.name


def test_every_amount_states_its_currency():
    stated = [c for _, c in COLUMNS if c.name.endswith("_amount")]
    assert stated
    assert [c.name for c in stated if "in reporting currency" not in c.meaning] == []


@pytest.mark.parametrize("kind", FileKind)
def test_the_grain_of_an_input_is_the_key_of_its_contract(kind):
    key = list(load_contract(kind).key)
    assert grain_columns(TABLES[f"core_{kind}"]) == key
    assert grain_columns(TABLES[f"raw_{kind}"]) == key


def test_the_grain_of_margins_is_the_key_of_their_contract():
    assert grain_columns(TABLES["out_margin"]) == list(load_contract("margin").key)


def test_a_table_of_versions_says_what_its_view_says(migrated):
    comments = fetch_frame(
        migrated,
        "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns()"
        " WHERE NOT internal AND database_name = current_database()",
    )
    versions = comments.filter(pl.col("schema_name") == "history")
    views = comments.filter(pl.col("schema_name") == "main")
    both = versions.join(views, on=["table_name", "column_name"], how="left", suffix="_view")
    differing = both.filter(pl.col("comment").ne_missing(pl.col("comment_view")))
    assert len(versions) > 150
    assert set(differing["column_name"]) == {"known_to"}
    assert differing["comment"].str.contains("null while the row is in force").all()
    grains = fetch_frame(
        migrated, "SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'history'"
    )
    for name, comment in grains.iter_rows():
        stated = comment.partition(". ")[0].removeprefix("One row per ")
        assert re.findall(r"\w+", stated.replace(" and ", ", ")) == [
            *grain_columns(TABLES[name]),
            "version",
        ]


@pytest.mark.parametrize("kind", FileKind)
def test_a_validated_input_says_what_the_received_one_says(kind):
    received = {column.name: column for column in TABLES[f"raw_{kind}"].columns}
    validated = {column.name: column for column in TABLES[f"core_{kind}"].columns}
    assert set(received) - set(validated) == {"file_sha256", "known_to"}
    assert validated == {name: received[name] for name in validated}


def test_the_catalogue_in_docs_is_what_the_comments_say():
    assert CATALOGUE.read_text(encoding="utf-8") == catalogue.format_catalogue(
        catalogue.describe_tables()
    ), "docs/catalogue.md is stale; run 'make docs'"


def test_the_catalogue_is_markdown_with_one_row_a_column():
    text = CATALOGUE.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == len(COLUMNS)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)
    assert [line[4:] for line in text.splitlines() if line.startswith("### ")] == list(TABLES)


def test_markup_in_a_comment_stays_text():
    column = catalogue.ColumnDescription("a", "DOUBLE", "a | b *c* `d` <e> \\f")
    table = catalogue.TableDescription("out_x", "out", "One row per a.", "", (column,))
    assert r"| `a` | DOUBLE | a \| b \*c\* \`d\` \<e> \\f |" in catalogue.format_catalogue([table])


def test_writing_twice_gives_the_same_bytes_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "new" / "catalogue.md"
    catalogue.write_catalogue(path)
    first = path.read_bytes()
    catalogue.write_catalogue(path)
    assert path.read_bytes() == first == CATALOGUE.read_bytes()
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_one_sentence_and_nothing_half_written(tmp_path):
    (tmp_path / "catalogue.md").mkdir()
    with pytest.raises(EnvironmentFault, match=r"catalogue\.md cannot be written: "):
        catalogue.write_catalogue(tmp_path / "catalogue.md")
    assert list(tmp_path.iterdir()) == [tmp_path / "catalogue.md"]


def test_one_table_reads_as_text():
    text = catalogue.describe_table("out_margin")
    words = " ".join(text.split())
    assert text.startswith("out_margin\n")
    assert max(map(len, text.splitlines())) <= 96
    for column in TABLES["out_margin"].columns:
        assert f"{column.name} {column.type} {column.meaning}" in words


def test_an_unknown_table_is_wrong_use_and_the_known_ones_are_named():
    with pytest.raises(WrongUse, match=r"no table 'margin'; the tables are raw_.*out_margin"):
        catalogue.describe_table("margin")


def test_the_command_writes_the_file_or_prints(tmp_path, capsys):
    path = tmp_path / "catalogue.md"
    assert run(["catalogue", "--output", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert run(["catalogue"]) == 0
    assert capsys.readouterr().out == path.read_text(encoding="utf-8")
    assert run(["catalogue", "core_prices"]) == 0
    assert capsys.readouterr().out == catalogue.describe_table("core_prices")


@pytest.mark.parametrize("arguments", [["nothing"], ["out_margin", "--output", "never.md"]])
def test_the_command_refuses_wrong_use_in_one_sentence(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["catalogue", *arguments]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert list(tmp_path.iterdir()) == []
